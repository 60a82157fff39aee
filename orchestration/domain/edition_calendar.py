"""The calendar of the editions: the days of the seed `edition_calendar`, which a person reviews (docs/rules.md §1).

What belongs here: reading and checking them. What does not: the rule for an edition that the seed does not name
(`edition`), and what is done on a day (`orchestration.intake.calendar`).
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from orchestration.domain import reference_data

_SEED = "edition_calendar"


class CalendarDays(NamedTuple):
    """The days that the seed gives an edition; `None` for one that it leaves blank, which is the rule's."""

    opening: date | None
    deadline: date | None
    publication: date | None


_NONE = CalendarDays(None, None, None)


def days_of(edition: str) -> CalendarDays:
    """The days that the seed gives an edition, by its code. Raise `ValueError` for a cell that is not a day."""
    # A service reads the seed anew once it is edited: an extension must not wait for a restart.
    path = reference_data.SEEDS / f"{_SEED}.csv"
    seen = path.stat()
    return _read(path, seen.st_mtime_ns, seen.st_size).get(edition, _NONE)


@lru_cache(maxsize=1)
def _read(_path: Path, _mtime_ns: int, _size: int) -> Mapping[str, CalendarDays]:
    rows = reference_data.seed_rows(_SEED)
    return {row["edition"]: CalendarDays(*(_day(row, name) for name in CalendarDays._fields)) for row in rows}


def _day(row: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(row[name]) if row[name] else None
    except ValueError as error:
        raise ValueError(f"{_SEED}.csv: the {name} of {row['edition']}, {row[name]!r}, is not a day") from error
