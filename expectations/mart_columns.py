"""Helper columns that the suites of several marts share: a place, the value above it, the change between editions.

What belongs here: what compares a row with its neighbours. What does not: a rule.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestration.domain.perimeter import perimeter_names

if TYPE_CHECKING:
    import pandas as pd


def places(frame: "pd.DataFrame", value: str) -> dict[str, Iterable[object]]:
    """What a ranking of each edition is judged by.

    `_place`: 1 to n in the order of `rank`. `_value`: the value it is ranked by, -1 where unknown (unknown comes last).
    `_value_above`: the same of the row above, none for the first. `_is_known_perimeter`.
    """
    known = frame[value].astype("float64").fillna(-1.0)
    editions = frame.assign(_value=known).sort_values(["edition", "rank"], kind="stable").groupby("edition", sort=False)
    return {
        "_place": (editions.cumcount() + 1).reindex(frame.index),
        "_value": known,
        "_value_above": editions["_value"].shift().reindex(frame.index),
        "_is_known_perimeter": [perimeter in perimeter_names() for perimeter in frame["perimeter"]],
    }


def change_since_previous(frame: "pd.DataFrame", column: str) -> "pd.Series[float]":
    """The relative change of a figure against the latest earlier edition that has it; none for the first."""
    figures = frame[column].astype("float64").loc[frame["edition"].sort_values().index]
    return figures[figures > 0].pct_change().reindex(frame.index)
