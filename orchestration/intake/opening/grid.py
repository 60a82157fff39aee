"""The grid: the cells of a sheet, seen by row or by column.

What belongs here: holding the cells of a large text by column, where the library leaves them. What does not: opening a
file (`formats`), or reading a column (`orchestration.intake.reading.columns`).
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from orchestration.contracts.cells.cell import Cell

if TYPE_CHECKING:
    import pyarrow as pa

    Array = np.ndarray[tuple[int], np.dtype[Any]]

_ROWS_AT_ONCE = 1_000


class Grid(Sequence[Sequence[Cell]]):
    """Rows of as many texts each, held as columns; a blank row is empty."""

    def __init__(self, columns: "Sequence[pa.StringArray]") -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns[0])

    @overload
    def __getitem__(self, index: int) -> Sequence[Cell]: ...
    @overload
    def __getitem__(self, index: slice) -> "Grid": ...
    def __getitem__(self, index: int | slice) -> "Sequence[Cell] | Grid":
        if isinstance(index, slice):
            return Grid([column[index] for column in self.columns])
        return _row([column[index].as_py() for column in self.columns])

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        for start in range(0, len(self), _ROWS_AT_ONCE):
            some = [column.slice(start, _ROWS_AT_ONCE).to_pylist() for column in self.columns]
            yield from map(_row, map(list, zip(*some, strict=True)))

    def take(self, places: "Array") -> "Grid":
        """The rows at these places."""
        return Grid([column.take(places) for column in self.columns])


def _row(cells: list[Cell]) -> Sequence[Cell]:
    return cells if any(cells) else ()
