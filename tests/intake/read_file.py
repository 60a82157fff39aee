"""A file's bytes opened, read and said, in one step: what tests of reading look at."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

from orchestration.intake.findings.finding import Finding
from orchestration.intake.findings.rules import finding_of
from orchestration.intake.opening.formats import Refused, Sheet
from orchestration.intake.opening.open_file import open_file
from orchestration.intake.reading import read as reading
from orchestration.intake.reading.read import Reading


@dataclass(frozen=True)
class ReadFile(Reading):
    """A reading with its observations said as findings."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the agent would be told of it."""
        return tuple(map(finding_of, self.observations))

    @classmethod
    def of(cls, read: Reading) -> Self:
        """The same reading."""
        return cls(**{field.name: getattr(read, field.name) for field in fields(Reading)})


def read(data: bytes) -> ReadFile:
    """What the bytes of a drop say."""
    try:
        return ReadFile.of(reading.read(open_file(data)))
    except Refused as refused:
        return ReadFile.of(Reading.refused(refused.observation))


def sheets_of(data: bytes) -> Sequence[Sheet]:
    """What can be opened of the bytes of a drop."""
    try:
        return open_file(data).sheets
    except Refused:
        return ()
