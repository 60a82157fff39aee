"""Running sums: whether an amount of a row is the sum of those of the rows that stand right above it.

What belongs here: adding up, once for all rows of a table and only where a row asks. What does not: which rows are
aggregates for it (`row_classification`).
"""

from collections.abc import Collection, Sequence
from decimal import Decimal

from orchestration.contracts.cells.cell import Cell
from orchestration.intake.opening.grid import Grid
from orchestration.intake.reading.row_classification import Landmarks

_MIN_ROWS = 2
# Numbers that a spreadsheet adds up as floats agree so far.
_DECIMALS = 6


class RunningSums:
    """The sums of each column of amounts, over the rows that are data, down to the row that was asked for last."""

    def __init__(self, rows: Sequence[Sequence[Cell]], landmarks: Landmarks) -> None:
        self._rows, self._landmarks, self._next = rows, landmarks, 0
        # The sum of the first so many amounts of a column, and after how many it was first reached.
        self._sums = {position: (Decimal(), 0) for position in landmarks.amounts}
        self._reached = {position: {Decimal(): 0} for position in landmarks.amounts}

    def is_sum(self, place: int, aside: Collection[int]) -> bool:
        """Whether an amount of the row is the sum of at least two right above it, the rows `aside` left out."""
        amounts = {position: self._amount(position, self._rows[place]) for position in self._landmarks.amounts}
        if not any(amounts.values()):
            return False
        for position in self._landmarks.amounts:
            self._add_up(position, self._next, place, aside)
        self._next = place
        for position, amount in amounts.items():
            total, count = self._sums[position]
            before = self._reached[position].get(total - amount) if amount else None
            if before is not None and count - before >= _MIN_ROWS:
                return True
        return False

    def _add_up(self, position: int, start: int, end: int, aside: Collection[int]) -> None:
        total, count = self._sums[position]
        rows: Sequence[Sequence[Cell]] = self._rows
        if isinstance(rows, Grid):
            cells: Sequence[Cell] = rows.columns[position].slice(start, end - start).to_pylist()
        else:
            cells = [row[position] if position < len(row) else None for row in rows[start:end]]
        for place, cell in enumerate(cells, start):
            amount = self._read(position, cell) if place not in aside else Decimal()
            if amount:
                total, count = total + amount, count + 1
                self._reached[position].setdefault(total, count)
        self._sums[position] = (total, count)

    def _amount(self, position: int, cells: Sequence[Cell]) -> Decimal:
        return self._read(position, cells[position] if position < len(cells) else None)

    def _read(self, position: int, cell: Cell) -> Decimal:
        value = self._landmarks.parsers[position](cell).value
        return round(Decimal(value), _DECIMALS) if isinstance(value, int | Decimal) else Decimal()
