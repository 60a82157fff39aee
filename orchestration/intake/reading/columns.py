"""The columns of a sheet: their cells that differ, whichever way the sheet is held.

What belongs here: seeing rows of cells by column. What does not: holding them (`orchestration.intake.opening.grid`), or
what a cell means.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from orchestration.contracts.cells.cell import Cell
from orchestration.intake.opening.grid import Grid

if TYPE_CHECKING:
    from orchestration.intake.opening.grid import Array


def distinct_cells(rows: Sequence[Sequence[Cell]], place: int) -> "tuple[list[Cell], Array]":
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


def take_rows(rows: Sequence[Sequence[Cell]], places: "Array") -> Sequence[Sequence[Cell]]:
    """The rows at these places."""
    return rows.take(places) if isinstance(rows, Grid) else [rows[place] for place in places.tolist()]


def width_of(rows: Sequence[Sequence[Cell]]) -> int:
    """How many cells the longest row has."""
    return len(rows.columns) if isinstance(rows, Grid) else max(map(len, rows), default=0)
