"""The trends of projects, for the cards about them.

What belongs here: reading them from the mart `portfolio`. What does not: drawing them (`orchestration.drawing`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.drawing.trend import Point, Trend
from orchestration.settings import Settings
from orchestration.store.marts import MartRow, read_mart

_COLUMNS = (
    "edition",
    "project_id",
    "current_cost_meur",
    "planned_end_date",
    "baseline_cost_meur",
    "baseline_end_date",
)


@dataclass(frozen=True)
class Trends:
    """What every edition says of each project: rows of the mart in the order of the editions, by project id."""

    rows: Mapping[str, Sequence[MartRow]]

    def of(self, project_id: str, edition: str) -> Trend | None:
        """The trend of a project as an edition shows it: nothing later than it, and it is the last point."""
        rows = [row for row in self.rows.get(project_id, ()) if row["edition"] <= edition]
        return _trend(rows, edition) if rows else None


def trends(settings: Settings) -> Trends:
    """Read the mart; no trend before the first pass."""
    found: dict[str, list[MartRow]] = {}
    rows = read_mart(settings.marts, "portfolio", columns=_COLUMNS)
    for row in sorted(rows, key=lambda row: (row["project_id"], row["edition"])):
        found.setdefault(row["project_id"], []).append(row)
    return Trends(found)


def _trend(rows: Sequence[MartRow], edition: str) -> Trend:
    points = [Point(row["edition"], row["current_cost_meur"], row["planned_end_date"]) for row in rows]
    # A project that is not declared any more: the picture ends with an empty place.
    missing = [Point(edition, None, None)] if points[-1].edition < edition else []
    latest = rows[-1]
    return Trend((*points, *missing), latest["baseline_cost_meur"], latest["baseline_end_date"])
