"""What open data costs: `python -m benchmarks.open_data HOME`, over a home that was replayed.

Seconds of processor, each of the best of three: the five formats of every edition's tables, the tree over editions
from nothing and where nothing changed, and `verify` of all that was released; then the most memory that it took.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.intake.ledger import Ledger
from orchestration.publication.open_data.shown import shown_revisions
from orchestration.publication.open_data.tree import publish_tree, tree_files
from orchestration.publication.revision_check import manifest_digests
from orchestration.publication.table_formats import data_files
from orchestration.publication.tables import read_tables
from orchestration.settings import Settings
from orchestration.verification.verifier import verify


def measure(home: Path) -> dict[str, float]:
    """Seconds by step, and the memory."""
    settings = Settings(home=home)
    with Ledger(settings.ledger) as ledger:
        digests = manifest_digests(ledger.engine)
    found: dict[str, float] = {}
    for one in shown_revisions(settings.releases, digests):
        rows = {name: table.to_pylist() for name, table in read_tables(settings.marts, one.edition).items()}
        found[f"tables of {one.edition}"] = _best(lambda rows=rows: data_files(rows))
    found["tree from nothing"] = _best(
        lambda: tree_files(settings, shown_revisions(settings.releases, digests), digests)
    )
    with TemporaryDirectory() as folder:
        elsewhere = settings.model_copy(update={"home": Path(folder)})
        for name in ("releases", "warehouse", "ledger.sqlite"):
            (elsewhere.home / name).symlink_to(home / name)
        publish_tree(elsewhere)
        found["tree where nothing changed"] = _best(lambda: publish_tree(elsewhere))
    found["verify all"] = _best(lambda: verify(settings.releases))
    found["memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def _best(step: Callable[[], object]) -> float:
    took = []
    for _ in range(3):
        began = time.process_time()
        step()
        took.append(time.process_time() - began)
    return min(took)


if __name__ == "__main__":
    result = measure(Path(sys.argv[1]).absolute())
    for name, value in result.items():
        print(f"  {name:32} {value:8.2f}")
    print(json.dumps(result))
