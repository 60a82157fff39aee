"""A published table as a workbook: typed cells under a frozen header, and a sheet that says what each column is.

What belongs here: writing XLSX, the same bytes for the same rows. What does not: the other formats (`table_formats`).
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

from orchestration.domain.spreadsheets import FORMULA_STARTS
from orchestration.publication.table_schemas import Column
from orchestration.store.json_values import plain_text
from orchestration.store.marts import MartRow

# What a cell of a workbook holds at most.
MOST_CHARACTERS = 32_767
_CUT = " […] texte coupé : la cellule entière est dans le CSV"

# Days are counted from here; before March 1900 spreadsheets disagree on the count.
_FIRST_DAY, _FIRST_SURE_DAY = date(1899, 12, 30), date(1900, 3, 1)
_NO_LINKS = {"strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}


def workbook(name: str, title: str, columns: Sequence[Column], rows: Sequence[MartRow]) -> bytes:
    """Write a table; a number is a number, a text is never a formula nor a link."""
    import xlsxwriter

    data = BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True, **_NO_LINKS})
    # Else the file would say when it was made.
    book.set_properties({"title": title, "created": datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
    heading = book.add_format({"bold": True})
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, [column.name for column in columns], heading)
    sheet.freeze_panes(1, 0)
    write = _writers(book, sheet)
    for position, column in enumerate(columns):
        of_type = write[column.type]
        for number, row in enumerate(rows, start=1):
            if (value := row[column.name]) is not None:
                of_type(number, position, value)
    _notes(book.add_worksheet("Notes"), heading, title, columns)
    book.close()
    return data.getvalue()


def _writers(book: Any, sheet: Any) -> dict[str, Callable[[int, int, Any], object]]:
    """By type of column what writes a cell of it."""
    day, moment = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    # What keeps such a text a text when somebody edits its cell.
    guarded = book.add_format({"quote_prefix": True})

    def text(row: int, column: int, value: str) -> None:
        if len(value) > MOST_CHARACTERS:
            value = value[: MOST_CHARACTERS - len(_CUT)] + _CUT
        sheet.write_string(row, column, value, guarded if value.startswith(FORMULA_STARTS) else None)

    def dated(row: int, column: int, value: date | datetime) -> None:
        is_moment = isinstance(value, datetime)
        if (value.date() if isinstance(value, datetime) else value) < _FIRST_SURE_DAY:
            sheet.write_string(row, column, plain_text(value))
        else:
            sheet.write_number(row, column, _serial(value), moment if is_moment else day)

    return {
        "text": text,
        "integer": sheet.write_number,
        "decimal": lambda row, column, value: sheet.write_number(row, column, float(value)),
        "boolean": sheet.write_boolean,
        "date": dated,
        "timestamp": dated,
    }


def _serial(value: date | datetime) -> float:
    """The days since the first one, as spreadsheets count."""
    if not isinstance(value, datetime):
        return (value - _FIRST_DAY).days
    seconds = (value - datetime.combine(value.date(), datetime.min.time())).total_seconds()
    return (value.date() - _FIRST_DAY).days + seconds / 86_400


def _notes(sheet: Any, heading: Any, title: str, columns: Sequence[Column]) -> None:
    """The second sheet: what the table is, and each column with its unit and its description."""
    sheet.write_string(0, 0, title, heading)
    sheet.write_row(2, 0, ["Colonne", "Unité", "Description (en anglais)"], heading)
    for number, column in enumerate(columns, start=3):
        for position, text in enumerate((column.name, column.unit or "", column.description)):
            sheet.write_string(number, position, text)
    sheet.set_column(0, 0, 32)
    sheet.set_column(2, 2, 100)
