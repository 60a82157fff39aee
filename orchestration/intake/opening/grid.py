"""The grid: the cells of a sheet, seen by row or by column.

What belongs here: holding the cells of a large text by column, where the library leaves them, and finding the cells of
a column that differ. What does not: opening a file (formats) or what a cell means (cells).
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


def coded(rows: Sequence[Sequence[Cell]], place: int) -> "tuple[list[Cell], Array]":
    """The different cells of a column, and for each row which of them is its own."""
    if isinstance(rows, Grid):
        encoded = rows.columns[place].dictionary_encode()
        return encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    cells = [row[place] if place < len(row) else None for row in rows]
    keys: Sequence[object] = cells
    if not set(map(type, cells)) <= {str, type(None)}:
        # One, 1.0 and true are equal, and not the same.
        keys = [(type(cell), cell) for cell in cells]
    different = dict(zip(keys, cells, strict=True))
    order = {key: code for code, key in enumerate(different)}
    return list(different.values()), np.fromiter(map(order.__getitem__, keys), dtype=np.intp, count=len(keys))


def take(rows: Sequence[Sequence[Cell]], places: "Array") -> Sequence[Sequence[Cell]]:
    """The rows at these places."""
    return rows.take(places) if isinstance(rows, Grid) else [rows[place] for place in places.tolist()]


def width(rows: Sequence[Sequence[Cell]]) -> int:
    """How many cells the longest row has."""
    return len(rows.columns) if isinstance(rows, Grid) else max(map(len, rows), default=0)
