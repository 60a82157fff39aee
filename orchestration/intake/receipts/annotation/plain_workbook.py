"""The plain workbook: the cells as they were read, in an XLSX of ours.

What belongs here: writing values so that reading them again gives the same, and retyping one does too: a text stays a
text, a date shows as one. What does not: styles of the agent's own, or our marks (`annotated_package`).
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from orchestration.contracts.cells.cell import Cell
from orchestration.contracts.cells.number_format import PERCENT, ShownNumber
from orchestration.contracts.contract import PLAIN as PLAIN_TYPES
from orchestration.domain.spreadsheets import cell_address
from orchestration.intake.opening.annotated_copy import RECEIPT_SHEET
from orchestration.intake.opening.formats import Sheet
from orchestration.intake.reading.header import find_table
from orchestration.intake.receipts.annotation.marks import clean
from orchestration.intake.receipts.annotation.package import Copy, Relationship, office
from orchestration.intake.receipts.annotation.rows import text_cell
from orchestration.intake.receipts.annotation.xml_part import MAIN, RELATIONSHIPS, quoted

_MAX_TITLE = 31
_WIDEST, _NARROWEST = 45, 10
_MAX_WIDTHS = 200
_LARGEST_INTEGER = 2**53
# A header further down leaves no room for rows under it.
_MAX_FROZEN = 15
_EPOCH = date(1899, 12, 30)
# Spreadsheets count a twenty-ninth of February 1900, which was none: the days before it count one less.
_AFTER_ITS_LEAP_DAY = date(1900, 3, 1)

_FORMATS = ("General", "@", "dd/mm/yyyy", "dd/mm/yyyy hh:mm:ss", "#,##0.00######", "[h]:mm:ss", "0.0######%")
_GENERAL, _AS_TEXT, _DAY, _MOMENT, _COST, _TIME, _PERCENT = range(len(_FORMATS))
_FIRST_FORMAT = 164


@dataclass(frozen=True)
class _Layout:
    """What a sheet is about: how many rows stand up to its header, and the style of each column under it."""

    frozen: int
    styles: Mapping[int, int]


def titles_of(sheets: Sequence[Sheet]) -> dict[str | None, str]:
    """The title of each sheet in the plain workbook: its own where an XLSX allows it."""
    return {sheet.name: _title(sheet.name, number) for number, sheet in enumerate(sheets, start=1)}


def plain_workbook(sheets: Sequence[Sheet], hidden: Collection[str] = ()) -> bytes:
    """An XLSX of the sheets as read, each cell where it was; those named in `hidden` are hidden."""
    copy = Copy()
    names, ways = [], [Relationship("rIdStyles", office("styles"), copy.add("xl/styles.xml", "styles", _styles()))]
    for number, (sheet, title) in enumerate(zip(sheets, titles_of(sheets).values(), strict=True), start=1):
        part = copy.add(f"xl/worksheets/sheet{number}.xml", "worksheet", _worksheet(sheet))
        ways.append(Relationship(f"rId{number}", office("worksheet"), part))
        state = ' state="hidden"' if sheet.name in hidden else ""
        names.append(f'<sheet name={quoted(title)} sheetId="{number}"{state} r:id="rId{number}"/>')
    book = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONSHIPS}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{''.join(names)}</sheets></workbook>"
    )
    copy.lead(
        [
            Relationship(
                "rId1", office("officeDocument"), copy.add("xl/workbook.xml", "officeDocument", book.encode(), ways)
            )
        ]
    )
    return copy.zipped()


def _title(name: str | None, number: int) -> str:
    """A name that an XLSX allows for a sheet, unlike those of the others."""
    if name is None:
        return "Tableau"
    allowed = clean(re.sub(r"[\[\]:*?/\\]", "_", name)).strip("'")
    is_kept = allowed == name and 0 < len(name) <= _MAX_TITLE and name != RECEIPT_SHEET
    return allowed if is_kept else f"{allowed[: _MAX_TITLE - 5]} ({number})"


def _styles() -> bytes:
    formats = "".join(
        f'<numFmt numFmtId="{_FIRST_FORMAT + number}" formatCode={quoted(code)}/>'
        for number, code in enumerate(_FORMATS)
    )
    xf = '<xf numFmtId="{}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    numbers = (0, 49, *range(_FIRST_FORMAT + 2, _FIRST_FORMAT + len(_FORMATS)))
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts count="{len(_FORMATS)}">{formats}</numFmts><fonts count="1"><font>'
        '<sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts><fills count="2"><fill>'
        '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(numbers)}">{"".join(map(xf.format, numbers))}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ).encode()


def _layout(sheet: Sheet) -> _Layout:
    table = find_table(sheet)
    if table is None:
        return _Layout(0, {})
    styles = {}
    for position, column in table.matching.columns.items():
        if column.type in PLAIN_TYPES:
            styles[position] = _AS_TEXT
        elif column.type in ("date", "cost"):
            styles[position] = _DAY if column.type == "date" else _COST
    return _Layout(table.start if table.start <= _MAX_FROZEN else 0, styles)


def _worksheet(sheet: Sheet) -> bytes:
    layout = _layout(sheet)
    frozen = layout.frozen
    pane = (
        f'<pane ySplit="{frozen}" topLeftCell="A{frozen + 1}" activePane="bottomLeft" state="frozen"/>'
        if frozen
        else ""
    )
    return "".join(
        (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{MAIN}"><sheetViews>'
            f'<sheetView workbookViewId="0">{pane}</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>',
            _columns(sheet.rows, layout),
            "<sheetData>",
            *_rows(sheet.rows, layout),
            "</sheetData></worksheet>",
        )
    ).encode()


def _columns(rows: Sequence[Sequence[Cell]], layout: _Layout) -> str:
    """Widths that show the first rows, in characters, and the style that is typed in."""
    first = rows[:20]
    count = min(_MAX_WIDTHS, max((len(row) for row in first), default=0))
    longest = [max((len(str(row[column])) for row in first if column < len(row)), default=0) for column in range(count)]
    tags = "".join(
        f'<col min="{number}" max="{number}" width="{min(_WIDEST, max(_NARROWEST, length + 2))}" '
        f'style="{layout.styles.get(number - 1, _GENERAL)}" customWidth="1"/>'
        for number, length in enumerate(longest, start=1)
    )
    return f"<cols>{tags}</cols>" if tags else ""


def _rows(rows: Sequence[Sequence[Cell]], layout: _Layout) -> Iterator[str]:
    for number, row in enumerate(rows, start=1):
        of_columns = layout.styles if number > layout.frozen else {}
        cells = "".join(
            _cell(cell_address(position, number), cell, of_columns.get(position, _GENERAL))
            for position, cell in enumerate(row)
            if cell is not None and cell != ""
        )
        if cells:
            yield f'<row r="{number}">{cells}</row>'


def _cell(address: str, cell: Cell, style: int) -> str:
    """A cell, so that reading it gives the same: a text is one whatever it starts with."""
    match cell:
        case ShownNumber():
            # With a unit beside it, its column's format would make another number of it.
            if cell == ShownNumber.of(cell.number, PERCENT):
                return _number(address, cell.number, _PERCENT)
            return text_cell("", address, style, cell.typed)
        case bool():
            return f'<c r="{address}" s="{_GENERAL}" t="b"><v>{int(cell)}</v></c>'
        case int() if abs(cell) < _LARGEST_INTEGER:
            return _number(address, cell, _COST if style == _COST else _GENERAL)
        case float() if math.isfinite(cell):
            return _number(address, cell, _COST if style == _COST else _GENERAL)
        case date() if cell.year >= 1900:
            is_moment = isinstance(cell, datetime) and cell.time() != time()
            return _number(address, _serial(cell), _MOMENT if is_moment else _DAY)
        case timedelta():
            return _number(address, cell / timedelta(days=1), _TIME)
        case time():
            return _number(address, _of_day(cell), _TIME)
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    return text_cell("", address, style, text)


def _number(address: str, number: float, style: int) -> str:
    return f'<c r="{address}" s="{style}"><v>{number!r}</v></c>'


def _serial(moment: date) -> float:
    """A day, or a moment, as spreadsheets count them."""
    day = moment.date() if isinstance(moment, datetime) else moment
    days = (day - _EPOCH).days - (day < _AFTER_ITS_LEAP_DAY)
    return days + _of_day(moment.time()) if isinstance(moment, datetime) else days


def _of_day(clock: time) -> float:
    passed = timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond)
    return passed / timedelta(days=1)
