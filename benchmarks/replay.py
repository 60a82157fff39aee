"""How long a whole replay takes and how much memory it needs: `python benchmarks/replay.py ../shared/data/drops.csv`.

The target is 45 s and 1 GiB for the eight real waves, on two cores that do nothing else.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import dagster as dg


def main(listing: Path) -> None:
    """Replay into a home of its own; print the time, the memory, and the seconds that each step of the passes took."""
    with tempfile.TemporaryDirectory() as home:
        began = time.monotonic()
        jalons = Path(sys.executable).with_name("jalons")
        subprocess.run([jalons, "replay", listing, "--home", home], check=True, stdout=sys.stderr)
        seconds = time.monotonic() - began
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        with dg.DagsterInstance.from_config(str(Path(home) / "dagster")) as instance:
            runs = list(reversed(instance.get_run_records()))
            steps: dict[str, float] = {}
            for run in runs:
                for step in instance.get_run_step_stats(run.dagster_run.run_id):
                    steps[step.step_key] = steps.get(step.step_key, 0) + (step.end_time or 0) - (step.start_time or 0)
    print(f"{len(runs)} passes in {seconds:.1f} s ({usage.ru_utime + usage.ru_stime:.1f} s of CPU)")
    print(f"{usage.ru_maxrss / 1024:.0f} MiB at most")
    for step, total in sorted(steps.items(), key=lambda item: -item[1]):
        print(f"  {step}: {total:.1f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
