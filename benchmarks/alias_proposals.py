"""How well proposals find real renamings: `python benchmarks/alias_proposals.py HOME RENAMES.csv`.

HOME is a home over which the real waves were replayed; RENAMES.csv is a human's reading of them, in order. The register
is put aside for the measure; then the names that it and folding join between consecutive editions are counted.
"""

import csv
import shutil
import sys
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.consolidation import build as consolidation
from orchestration.domain.folding import fold_name
from orchestration.settings import Settings


def main(home: Path, renames: Path) -> None:
    """Print how many renamings are proposed, and how many proposals are right, at each threshold; then the counts."""
    first: dict[str, str] = {}
    with renames.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            old, new = fold_name(row["old_name"]), fold_name(row["new_name"])
            first[new] = first.get(old, old)
    proposals = []
    for row in _without_register(home):
        name, other = (fold_name(row[which]) for which in ("name", "candidate_name"))
        proposals.append((row["score"], first.get(name, name) == first.get(other, other), (row["edition"], name)))
    renamed = {new for _, is_true, new in proposals if is_true}
    for threshold in (0, 50, 57, 65, 75, 85, 95):
        shown = [(is_true, new) for score, is_true, new in proposals if score >= threshold]
        found = {new for is_true, new in shown if is_true}
        right = sum(is_true for is_true, _ in shown)
        print(f"from {threshold} on: {len(found)} of {len(renamed)} found, {right} of {len(shown)} proposals right")
    portfolio = pq.read_table(home / "warehouse" / "marts" / "portfolio.parquet").to_pylist()
    names = {(row["edition"], row["project_id"]): row["name"] for row in portfolio}
    for before, now in pairwise(sorted({edition for edition, _ in names})):
        means = Counter[str]()
        for old, new in ((names.get((before, one)), name) for (edition, one), name in names.items() if edition == now):
            if old is not None:
                means["text" if old == new else "folding" if fold_name(old) == fold_name(new) else "register"] += 1
        print(f"{before} to {now}:", ", ".join(f"{means[by]} by {by}" for by in ("text", "folding", "register")))


def _without_register(home: Path) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(home / "lake", Path(folder) / "lake")
        consolidation.DBT_PROJECT = shutil.copytree(consolidation.DBT_PROJECT, Path(folder) / "dbt_project")
        register = consolidation.DBT_PROJECT / "seeds" / "project_aliases.csv"
        register.write_text(register.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
        consolidation.build(Settings(home=Path(folder)), vars={"alias_likeness_threshold": 0})
        return pq.read_table(Path(folder) / "warehouse" / "marts" / "alias_proposals.parquet").to_pylist()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
