"""The plain workbook: the cells as they were read, in an XLSX of ours.

What belongs here: writing values so that reading them again gives the same. What does not: styles of the agent's own.
"""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from orchestration.contracts.cells.cell import Cell
from orchestration.domain.spreadsheets import FORMULA_STARTS, column_letters
from orchestration.intake.opening.annotated_copy import RECEIPT_SHEET
from orchestration.intake.opening.formats import Sheet
from orchestration.intake.receipts.annotation.marks import (
    ADDED_WIDTH,
    Marker,
    Marks,
    SheetMarks,
    added_columns,
    clean,
    text_cell,
)
from orchestration.intake.receipts.annotation.receipt_sheet import fill_receipt_sheet

if TYPE_CHECKING:
    from openpyxl import Workbook

    from orchestration.intake.receipts.record import Receipt

_MAX_TITLE = 31
_WIDEST, _NARROWEST = 45, 10
_LARGEST_INTEGER = 2**53


def plain_workbook(sheets: Sequence[Sheet], marks: Marks, receipt: "Receipt") -> "Workbook":
    """A workbook of the sheets as read, each cell where it was, with its marks; written row by row."""
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    report = workbook.create_sheet(RECEIPT_SHEET)
    titles = {sheet.name: _title(sheet.name, number) for number, sheet in enumerate(sheets, start=1)}
    fill_receipt_sheet(report, receipt, titles, has_styles=False)
    for sheet in sheets:
        page = workbook.create_sheet(titles[sheet.name])
        added = dict.fromkeys(added_columns(marks.get(sheet.name, {})), ADDED_WIDTH)
        for number, width in (dict(enumerate(_widths(sheet.rows), start=1)) | added).items():
            page.column_dimensions[column_letters(number - 1)].width = width
        for row in _written(page, sheet.rows, marks.get(sheet.name, {})):
            page.append(row)
    return workbook


def _title(name: str | None, number: int) -> str:
    """A name that an XLSX allows for a sheet, unlike those of the others."""
    if name is None:
        return "Tableau"
    allowed = clean(re.sub(r"[\[\]:*?/\\]", "_", name)).strip("'")
    return allowed if allowed == name and len(name) <= _MAX_TITLE else f"{allowed[: _MAX_TITLE - 5]} ({number})"


def _widths(rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Widths that show the first rows, in characters."""
    first = rows[:20]
    count = min(200, max((len(row) for row in first), default=0))
    longest = [max((len(str(row[column])) for row in first if column < len(row)), default=0) for column in range(count)]
    return [min(_WIDEST, max(_NARROWEST, length + 2)) for length in longest]


def _written(page: Any, rows: Sequence[Sequence[Cell]], marks: SheetMarks) -> Iterator[list[Any]]:
    from openpyxl import cell as openpyxl_cell

    marker = Marker()
    for number, cells in enumerate(rows, start=1):
        row = [_value(page, cell) for cell in cells]
        for column, findings in marks.get(number, {}).items():
            row += [None] * (column - len(row))
            if not isinstance(row[column - 1], openpyxl_cell.Cell):
                row[column - 1] = openpyxl_cell.WriteOnlyCell(page, row[column - 1])
            marker.mark(row[column - 1], findings)
        yield row


def _value(page: Any, cell: Cell) -> Any:
    """A cell as openpyxl may write it: a text stays the text that it is, whatever it starts with."""
    match cell:
        case str():
            # A leading hash would make an error code of it.
            return text_cell(page, cell) if cell.startswith((*FORMULA_STARTS, "#")) else clean(cell) or None
        case bool():
            return cell
        case int() if abs(cell) >= _LARGEST_INTEGER:
            return text_cell(page, str(cell))
        case float():
            return _number(page, cell)
        case date():
            return _day(page, cell)
    return cell


def _number(page: Any, number: float) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if not math.isfinite(number):
        return text_cell(page, str(number))
    written = exact(number)
    if isinstance(written, float):
        return written
    cell = WriteOnlyCell(page, number)
    cell._value = written
    return cell


def exact(number: float) -> float | str:
    """A number, or its digits where openpyxl would round it: it writes sixteen, and some need seventeen."""
    return number if not math.isfinite(number) or float(f"{number:.16g}") == number else repr(number)


def _day(page: Any, day: date) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if day.year < 1900:
        return day.isoformat()
    cell = WriteOnlyCell(page, day)
    has_time = isinstance(day, datetime) and day.time() != time()
    cell.number_format = "dd/mm/yyyy hh:mm:ss" if has_time else "dd/mm/yyyy"
    return cell
