"""The eleven ministerial perimeters and the ministry names that map to them (docs/rules.md §1).

What belongs here: looking a name up in the reviewed reference data of `dbt_project/seeds/`. What does not: the names
themselves.
"""

from functools import cache, lru_cache

from orchestration.domain.folding import fold_name
from orchestration.domain.reference_data import seed_rows


@cache
def perimeter_names() -> dict[str, str]:
    """Map each of the eleven codes to its French name, in the order of the seed."""
    return {row["perimeter"]: row["perimeter_name"] for row in seed_rows("perimeters")}


@cache
def _by_folded_name() -> dict[str, str]:
    known = {fold_name(name): code for code, name in perimeter_names().items()}
    return known | {fold_name(row["ministry_name"]): row["perimeter"] for row in seed_rows("ministry_names")}


@lru_cache(maxsize=1024)
def perimeter_of(ministry_name: str) -> str | None:
    """The perimeter that a ministry's or a perimeter's French name stands for, `None` if it was never seen."""
    return _by_folded_name().get(fold_name(ministry_name))


def ministry_names(perimeter: str) -> list[str]:
    """The ministry names that stand for a perimeter, in the order of the seed."""
    return [row["ministry_name"] for row in seed_rows("ministry_names") if row["perimeter"] == perimeter]
