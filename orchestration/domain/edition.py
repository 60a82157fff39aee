"""An edition: one semester of the half-yearly reports, and its calendar (docs/rules.md §1).

What belongs here: the arithmetic of semesters, and the days of an edition that the seed does not name. What does not:
the days that it names (`edition_calendar`), whether an edition is open or closed (the ledger says so) and the clock.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from orchestration.domain.edition_calendar import days_of

_CODE = re.compile(r"(?P<year>20\d\d)-S(?P<semester>[12])")


@dataclass(frozen=True, order=True)
class Edition:
    """A semester: `2021-S1` is the state on 30 June, `2021-S2` the state on 31 December."""

    year: int
    semester: int

    @classmethod
    def parse(cls, code: str) -> Self:
        """Read a code such as `2021-S2`; raise `ValueError` for anything else."""
        match = _CODE.fullmatch(code)
        if match is None:
            raise ValueError(f"{code!r} is not an edition: write for example 2021-S1 or 2021-S2")
        return cls(int(match["year"]), int(match["semester"]))

    @property
    def code(self) -> str:
        """The stable code, as in the drop zone's folders."""
        return f"{self.year}-S{self.semester}"

    @property
    def as_of(self) -> date:
        """The day whose state the edition describes."""
        return date(self.year, 6, 30) if self.semester == 1 else date(self.year, 12, 31)

    @property
    def opening(self) -> date:
        """The first day on which ministries are expected to file."""
        return days_of(self.code).opening or (date(self.year, 4, 1) if self.semester == 1 else date(self.year, 10, 1))

    @property
    def deadline(self) -> date:
        """The last day on which ministries are expected to file."""
        return days_of(self.code).deadline or self.as_of

    @property
    def publication(self) -> date:
        """The day by which the edition is meant to be out."""
        by_rule = date(self.year, 7, 15) if self.semester == 1 else date(self.year + 1, 1, 15)
        return days_of(self.code).publication or by_rule

    @property
    def closing(self) -> date:
        """The first day on which nobody waits for the edition: the next one opens, and the deadline has passed."""
        return max(self.next().opening, self.deadline + timedelta(1))

    @property
    def is_named(self) -> bool:
        """Whether the seed gives it a day of its own."""
        return any(days_of(self.code))

    @classmethod
    def filed_on(cls, day: date) -> list[Self]:
        """The editions that are being filed on a day, from the opening until the closing; mostly one, in order."""
        near = [cls(day.year + years, semester) for years in (-1, 0, 1) for semester in (1, 2)]
        return [edition for edition in near if edition.opening <= day < edition.closing]

    def is_late(self, day: date) -> bool:
        """Whether what is said of it on a day comes late: nobody waits for it any more, and it is of neither the
        semester that the day is in nor the one before.
        """
        semester = type(self)(day.year, 1 if day.month <= 6 else 2)
        return self < semester.previous() and day >= self.closing

    def previous(self) -> "Edition":
        """The semester before this one."""
        return Edition(self.year, 1) if self.semester == 2 else Edition(self.year - 1, 2)

    def next(self) -> "Edition":
        """The semester after this one."""
        return Edition(self.year, 2) if self.semester == 1 else Edition(self.year + 1, 1)

    def __str__(self) -> str:
        return self.code


def day_begins(day: date) -> datetime:
    """When a day of the calendar begins (UTC), which is when what it asks for is owed."""
    return datetime.combine(day, time(), UTC)
