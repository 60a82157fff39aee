"""As shown: the cells of a sheet as the agent sees them, where the values that a file holds are others.

What belongs here: what a workbook's structure blanks or replaces. What does not: seeing the structure (`opening`), what
a cell means (`contracts.cells`), or what is said of it (`read`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from orchestration.contracts.cells.cell import Cell
from orchestration.contracts.cells.number_format import PERCENT, ShownNumber
from orchestration.contracts.contract import NUMBERS
from orchestration.domain.spreadsheets import address_place
from orchestration.intake.opening.formats import Sheet
from orchestration.intake.opening.limits import MAX_CELLS
from orchestration.intake.opening.structure import Structure
from orchestration.intake.reading.columns import width_of
from orchestration.intake.reading.header import FoundTable, find_table

# A cell that is shown otherwise: its 0-based column, its 1-based row, and what it shows.
ShownCell = tuple[int, int, Cell]


def as_shown(sheet: Sheet, structure: Structure) -> Sheet:
    """The sheet with each failed formula as its error, and nothing where one was never calculated or under a merge."""
    blank = [(*address_place(address), None) for address in structure.uncalculated]
    errors = [(*address_place(address), error) for address, error in structure.errors.items()]
    return _with_cells(sheet, [*blank, *errors, *_under_merges(sheet, structure)])


def with_number_formats(table: FoundTable, structure: Structure) -> FoundTable:
    """The table with each number as its format shows it, in columns of numbers; a rate in percent is left as it is."""
    return replace(table, sheet=_with_cells(table.sheet, _shown_numbers(table, structure, has_rates=False)))


def as_seen(sheet: Sheet, structure: Structure) -> Sheet:
    """The sheet as it was read, rates in percent included: what a copy that has no format of its own must say."""
    shown = as_shown(sheet, structure)
    table = find_table(shown)
    return _with_cells(shown, _shown_numbers(table, structure, has_rates=True)) if table else shown


def _shown_numbers(table: FoundTable, structure: Structure, *, has_rates: bool) -> Iterator[ShownCell]:
    rows, columns = table.sheet.rows, table.matching.columns
    for position, number, number_format in structure.formatted:
        column = columns.get(position)
        if column is None or column.type not in NUMBERS or not table.start < number <= len(rows):
            continue
        if column.type == "rate" and number_format == PERCENT and not has_rates:
            continue
        cell = rows[number - 1][position] if position < len(rows[number - 1]) else None
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            shown = ShownNumber.of(cell, number_format)
            if shown is not None:
                yield position, number, shown


def _with_cells(sheet: Sheet, cells: Iterable[ShownCell]) -> Sheet:
    """The sheet with other cells in some places; the rows that it was made of stay as they are."""
    changed: dict[int, list[Cell]] = {}
    for position, number, cell in cells:
        if 0 < number <= len(sheet.rows) and position < len(sheet.rows[number - 1]):
            if number not in changed:
                changed[number] = list(sheet.rows[number - 1])
            changed[number][position] = cell
    if not changed:
        return sheet
    return replace(sheet, rows=[changed.get(number, row) for number, row in enumerate(sheet.rows, start=1)])


def _under_merges(sheet: Sheet, structure: Structure) -> Iterator[ShownCell]:
    """The cells of merged blocks but for the first of each; no more of them than a sheet has, whatever blocks say."""
    last, left = width_of(sheet.rows) - 1 if structure.merged else 0, MAX_CELLS
    for merged in structure.merged:
        columns = range(merged.left, min(merged.right, last) + 1)
        for number in range(merged.top, min(merged.bottom, len(sheet.rows)) + 1):
            left -= len(columns)
            if left < 0:
                return
            for position in columns:
                if (position, number) != (merged.left, merged.top):
                    yield position, number, None
