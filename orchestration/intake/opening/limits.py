"""Limits: how much of a file is read, whatever its format (docs/rules.md §4), counted row by row before more is taken.

What belongs here: the limits and the count. What does not: opening a format, or the words that refuse a file.
The child process that opens workbooks imports this, so that nothing comes in: `typing` alone takes five milliseconds.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    Limit = Literal["bytes", "unpacked", "rows", "columns", "cells", "values", "characters", "cell", "memory", "time"]
    SheetRow = list[Any] | tuple[()]

MAX_BYTES = 50 * 2**20
# Of a package.
MAX_UNPACKED_BYTES = 256 * 2**20
MAX_SHEETS = 20
# Under the header.
MAX_ROWS = 100_000
MAX_COLUMNS = 1_000
MAX_CELLS = 2_400_000
# Cells that repeat none of the first values met: each takes two hundred bytes, and some microseconds, to be judged.
MAX_VALUES = 1_200_000
_MAX_SHARED = 20_000
MAX_CHARACTERS = 50 * 2**20
# The most that Excel lets into one cell.
MAX_CELL = 32_767
# The status with which the child ends where it has more to say than it may.
ANSWER_TOO_LONG = 3


class Damaged(Exception):
    """The file cannot be made out."""


class TooLarge(Exception):
    """A limit is passed: which one, in which sheet, and at which 0-based row and column."""

    def __init__(self, limit: "Limit", sheet: str | None = None, row: int = 0, column: int = 0) -> None:
        super().__init__(limit, sheet, row, column)
        self.limit, self.sheet, self.row, self.column = limit, sheet, row, column


class Tally:
    """What was taken of a file so far, over all of its sheets."""

    def __init__(self) -> None:
        self._rows = self._cells = self._values = self._characters = 0
        self._shared: dict[str, str] = {}

    def take(self, row: "list[Any]", sheet: str | None, number: int) -> "SheetRow":
        """The row as it is kept, an empty tuple for a blank one; raise `TooLarge`. `number` counts from 0."""
        for cell in row:
            if cell != "" and cell is not None:
                break
        else:
            return ()
        if len(row) > MAX_COLUMNS:
            while row[-1] == "" or row[-1] is None:
                row.pop()
            if len(row) > MAX_COLUMNS:
                raise TooLarge("columns", sheet, number, len(row) - 1)
        self._rows += 1
        self._cells += len(row)
        if self._rows > MAX_ROWS + 1:
            raise TooLarge("rows", sheet, number)
        if self._cells > MAX_CELLS:
            raise TooLarge("cells", sheet, number)
        return row

    def share(self, row: list[str], number: int) -> list[str]:
        """A text’s row, each value that repeats an early one held once; raise `TooLarge` if too many do not."""
        if len(self._shared) < _MAX_SHARED:
            return [self._shared.setdefault(cell, cell) for cell in row]
        self._values += len(row) - sum(map(self._shared.__contains__, row))
        if self._values > MAX_VALUES:
            raise TooLarge("values", None, number)
        return list(map(self._shared.get, row, row))

    def measure(self, row: "SheetRow", sheet: str | None, number: int) -> None:
        """Count the values of a row, and the characters, of which a package holds more than bytes; raise `TooLarge`."""
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                self._characters += len(cell)
                if len(cell) > MAX_CELL:
                    raise TooLarge("cell", sheet, number, column)
        self._values += len(row) - row.count("") - row.count(None)
        if self._values > MAX_VALUES:
            raise TooLarge("values", sheet, number)
        if self._characters > MAX_CHARACTERS:
            raise TooLarge("characters", sheet, number)
