"""Writing: a value of the lake becomes again a cell that reads as that value (docs/rules.md §4).

What belongs here: the inverse of `parsing`. What does not: which cell of which sheet (the template), or pages.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from orchestration.contracts.cells.absences import WORDS_FOR_NONE
from orchestration.contracts.cells.cell import Cell
from orchestration.contracts.cells.parsing import parser_of
from orchestration.contracts.contract import Column
from orchestration.domain.durations import DAYS_IN_A_YEAR
from orchestration.domain.french import period


def cell_of(column: Column, row: Mapping[str, object]) -> Cell:
    """The cell of a row of the lake: a number, a date known to the day, or words; `None` if nothing readable stands."""
    value = row.get(column.field)
    if value is None:
        absence = str(row.get(f"{column.field}_absence"))
        return WORDS_FOR_NONE[absence][0] if absence in column.absences else None
    match column.type:
        case "bool":
            return "Oui" if value else "Non"
        case "code":
            return column.labels[str(value)]
        case "duration":
            return float(Decimal(str(value)) / DAYS_IN_A_YEAR)
        case "volume" | "integer":
            return int(str(value))
        case "cost" | "rate" | "score" | "number":
            return float(str(value))
        case "date" if isinstance(value, date):
            precision = str(row.get(f"{column.field}_precision"))
            return value if precision == "day" else period(value, precision)
    return str(value)


def example_of(column: Column) -> Cell:
    """The column's example as a cell: `0.82` where the agent reads `82 %`."""
    parsed = parser_of(column)(column.example)
    return cell_of(column, {column.field: parsed.value, f"{column.field}_precision": parsed.precision})
