"""An edition: one semester of the half-yearly reports, and its calendar (docs/rules.md §1).

What belongs here: the arithmetic of semesters. What does not: whether an edition is open or closed (the ledger says
so) and the clock.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

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
        return date(self.year, 4, 1) if self.semester == 1 else date(self.year, 10, 1)

    @property
    def deadline(self) -> date:
        """The last day on which ministries are expected to file."""
        return self.as_of

    @property
    def publication(self) -> date:
        """The day by which the edition is meant to be out."""
        return date(self.year, 7, 15) if self.semester == 1 else date(self.year + 1, 1, 15)

    def previous(self) -> "Edition":
        """The semester before this one."""
        return Edition(self.year, 1) if self.semester == 2 else Edition(self.year - 1, 2)

    def next(self) -> "Edition":
        """The semester after this one."""
        return Edition(self.year, 2) if self.semester == 1 else Edition(self.year + 1, 1)

    def __str__(self) -> str:
        return self.code
