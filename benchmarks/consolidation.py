"""How long one dbt build of everything takes in a warm process: `python benchmarks/consolidation.py HOME`.

HOME holds a history, such as the real waves that `jalons replay` filed; its tables are built anew, to the same content.
The target is 5 s for the real waves, on two cores that do nothing else.
"""

import sys
import time
from pathlib import Path

from orchestration.consolidation.build import build
from orchestration.settings import Settings

BUILDS = 4
SLOWEST = 10


def main(home: Path) -> None:
    """Build several times in this process; print each time, then where the last one went."""
    settings = Settings(home=home.absolute())
    for number in range(BUILDS):
        began, worked = time.monotonic(), time.process_time()
        result = build(settings)
        seconds, cpu = time.monotonic() - began, time.process_time() - worked
        kind = "cold" if number == 0 else "warm"
        print(f"{kind}: {len(result.nodes)} nodes in {seconds:.1f} s ({cpu:.1f} s of CPU), {len(result.broken)} broken")
    for node in sorted(result.nodes, key=lambda node: -node.seconds)[:SLOWEST]:
        print(f"  {node.seconds:.2f} s {node.unique_id}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
