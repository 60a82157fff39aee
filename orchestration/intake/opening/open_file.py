"""Opening a drop: its bytes become sheets of cells, with what its workbook does to them beside their values.

What belongs here: the one way in. What does not: telling formats apart (`formats`), what a cell means (reading).
"""

from dataclasses import dataclass

from orchestration.intake.opening.formats import Sheet, open_sheets
from orchestration.intake.opening.structure import Structure, hidden_sheets, sheet_structure


@dataclass(frozen=True)
class OpenedFile:
    """The sheets of a file in their order, and the names of those that its workbook hides."""

    data: bytes
    sheets: tuple[Sheet, ...]
    hidden: frozenset[str]

    def structure_of(self, sheet: Sheet) -> Structure:
        """What the workbook does to the cells of a sheet: hidden, filtered, merged, computed."""
        return sheet_structure(self.data, sheet.name)


def open_file(data: bytes) -> OpenedFile:
    """Open the bytes of a drop; raise `Refused` when they are not a table that we read."""
    return OpenedFile(data, tuple(open_sheets(data)), hidden_sheets(data))
