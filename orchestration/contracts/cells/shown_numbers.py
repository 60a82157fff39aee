"""Shown numbers: what a number says whose cell shows it with a unit, or to another scale (docs/rules.md §4).

What belongs here: reading one as its column reads what is shown. What does not: what formats say (`number_format`).
"""

from collections.abc import Callable
from decimal import Decimal

from orchestration.contracts.cells.cell import Cell, Parsed
from orchestration.contracts.cells.number_format import ShownNumber
from orchestration.contracts.cells.writing import cell_of
from orchestration.contracts.contract import Column, Type

# Beside a count or a measure, words say what is counted; these say how many of it.
_COUNTS: frozenset[Type] = frozenset({"volume", "number"})
_MULTIPLES = frozenset(
    {"%", "‰", "k", "m", "md", "mds", "mrd", "mille", "millier", "milliers"}
    | {"million", "millions", "milliard", "milliards"}
)


def reading_what_is_shown(column: Column, parse: Callable[[Cell], Parsed]) -> Callable[[Cell], Parsed]:
    """The parser of a column of numbers that reads each as its cell shows it, and tells where that changes it.

    A percent in a column of rates needs no word.
    """

    def parse_shown(cell: Cell) -> Parsed:
        if not isinstance(cell, ShownNumber):
            return parse(cell)
        if cell.is_hidden:
            parsed = parse(cell.number)
            taken = None if parsed.fault else _in_the_unit_of(column, parsed)
            return parsed if taken is None else parsed._replace(doubt="cell_number_hidden", taken=taken)
        parsed, is_known = parse(cell.typed), True
        if parsed.fault == "cell_unreadable_number":
            if column.type not in _COUNTS or not _MULTIPLES.isdisjoint(cell.unit.lower().split()):
                return parsed._replace(fault="cell_format_not_of_column")
            parsed, is_known = parse(cell.typed.removesuffix(cell.unit)), False
        is_expected = column.type == "rate" and cell.unit == "%"
        if parsed.fault or parsed.doubt or is_expected or (is_known and parsed.value == parse(cell.number).value):
            return parsed
        return parsed._replace(doubt="cell_read_as_shown", taken=_in_the_unit_of(column, parsed))

    return parse_shown


def _in_the_unit_of(column: Column, parsed: Parsed) -> str:
    """A value as the column expects it: `0,92 M€`."""
    number = Decimal(str(cell_of(column, {column.field: parsed.value})))
    number = (round(number, 2) if column.type == "duration" else number).normalize()
    return f"{number:f} {column.unit or ''}".rstrip().replace(".", ",")
