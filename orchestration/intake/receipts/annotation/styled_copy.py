"""The copy of an XLSX: styles, widths and every sheet kept, formulas as the values that were read.

What belongs here: what openpyxl may safely open, and what is left out of its copy: charts, images, pivot tables, links
to other workbooks, and every rule or name that could reach outside. No cell of it holds a formula. What does not: other
formats (`plain_workbook`).
"""

import io
import re
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orchestration.domain.spreadsheets import FORMULA_STARTS, column_letters, column_position
from orchestration.intake.opening.annotated_copy import RECEIPT_SHEET, is_receipt
from orchestration.intake.receipts.annotation.marks import (
    ADDED_WIDTH,
    Marker,
    Marks,
    SheetMarks,
    added_columns,
    unmark,
)
from orchestration.intake.receipts.annotation.plain_workbook import exact
from orchestration.intake.receipts.annotation.receipt_sheet import fill_receipt_sheet

if TYPE_CHECKING:
    from openpyxl import Workbook

    from orchestration.intake.receipts.record import Receipt

# Unpacked: some 160 000 cells, copied at 20 000 a second on two cores.
_MAX_BYTES = 8 * 2**20
_MAX_SPREAD = 200_000

_SPREADING = re.compile(rb"<(?:[\w.-]+:)?(?:mergeCell|hyperlink|table)\s[^>]*")
_RANGE = re.compile(rb"""\sref=["']\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?["']""")
_OTHER_ENCODING = re.compile(rb"""^<\?xml[^>]*encoding=["'](?!utf-8)""", re.IGNORECASE)
# What the rule of a drop-down or of a colour may call: functions that only look at the sheet.
_HARMLESS = re.compile(
    "ABS|AND|COUNT|COUNTA|COUNTIF|DATE|EXACT|IF|ISBLANK|ISERROR|ISNUMBER|ISTEXT|LEFT|LEN|MAX|MIN|MOD|NOT|OR|RIGHT|ROW|"
    "SEARCH|SUM|TODAY|TRIM|VALUE|YEAR",
    re.IGNORECASE,
)
# Words, and names of sheets of this workbook.
_QUOTED = re.compile(r""""[^"]*"|'[^'\[\]|#/\\:]*'""")
_CALLED = re.compile(r"([^\s(),;&<>=*/+^-]*)\s*\(")
_WEB = ("http://", "https://", "mailto:")


def is_copyable(data: bytes) -> bool:
    """Whether openpyxl opens it within bounds: it builds each cell of a merged or linked range, be it a whole sheet."""
    if not data.startswith(b"PK"):
        return False
    spread = 0
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        entries = package.infolist()
        if "xl/workbook.xml" not in package.namelist() or sum(one.file_size for one in entries) > _MAX_BYTES:
            return False
        for entry in entries:
            part = package.read(entry)
            if b"<!DOCTYPE" in part or b"\x00" in part[:4] or _OTHER_ENCODING.match(part):
                return False
            for tag in _SPREADING.findall(part):
                cells = _cells(tag)
                if cells is None:
                    return False
                spread += cells
    return spread <= _MAX_SPREAD


def _cells(tag: bytes) -> int | None:
    """How many cells a tag spreads over; `None` if it does not say so plainly."""
    place = _RANGE.search(tag)
    if place is None:
        return None
    left, top, right, bottom = place.groups()
    columns = column_position((right or left).decode()) - column_position(left.decode())
    return int((abs(columns) + 1) * (abs(int(bottom or top) - int(top)) + 1))


def styled_copy(data: bytes, read: Sequence[str], marks: Marks, receipt: "Receipt") -> "Workbook":
    """The annotated copy, with at least the sheets that were read.

    Raise `ValueError` if one of them is missing, and whatever openpyxl raises on a package that it cannot open.
    """
    from openpyxl import load_workbook

    workbook = load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
    for sheet in [*workbook.chartsheets, *(one for one in workbook.worksheets if is_receipt(one.title))]:
        workbook.remove(sheet)
    if not set(read) <= set(workbook.sheetnames):
        raise ValueError(f"openpyxl sees the sheets {workbook.sheetnames} and not all of {read}")
    _keep_plain_names(workbook.defined_names)
    for sheet in workbook.worksheets:
        _clean(sheet)
        _mark(sheet, marks.get(sheet.title, {}))
    titles: dict[str | None, str] = {sheet.title: sheet.title for sheet in workbook.worksheets}
    fill_receipt_sheet(workbook.create_sheet(RECEIPT_SHEET, 0), receipt, titles, has_styles=True)
    # One sheet alone is selected: what is typed while several are is typed into all of them.
    for sheet in workbook.worksheets:
        sheet.sheet_view.tabSelected = sheet.title == RECEIPT_SHEET
    workbook.active = 0
    for view in workbook.views:
        view.firstSheet = 0
    return workbook


def _clean(sheet: Any) -> None:
    """Take out of a sheet what could reach outside, or say twice what an earlier copy of ours said."""
    from openpyxl.formatting.formatting import ConditionalFormattingList

    sheet._charts, sheet._images, sheet._pivots = [], [], []
    sheet.data_validations.dataValidation = [
        one
        for one in sheet.data_validations.dataValidation
        if _is_harmless(one.formula1) and _is_harmless(one.formula2)
    ]
    formats, sheet.conditional_formatting = sheet.conditional_formatting, ConditionalFormattingList()
    for ranges in formats:
        for rule in ranges.rules:
            if all(_is_harmless(formula) for formula in rule.formula):
                sheet.conditional_formatting.add(str(ranges.sqref), rule)
    _keep_plain_names(sheet.defined_names)
    for name, table in list(sheet.tables.items()):
        if table.tableType not in (None, "worksheet"):
            del sheet.tables[name]
        for column in table.tableColumns:
            column.calculatedColumnFormula = column.totalsRowFormula = None
    for cell in sheet._cells.values():
        _clean_cell(cell)


def _keep_plain_names(names: dict[str, Any]) -> None:
    for name in [name for name, defined in names.items() if not _is_harmless(defined.value)]:
        del names[name]


def _is_harmless(formula: object) -> bool:
    """Whether a rule or a name stays within the workbook: ranges, numbers, words, and functions that only look."""
    bare = _QUOTED.sub("", str(formula or ""))
    are_harmless = all(_HARMLESS.fullmatch(name) for name in _CALLED.findall(bare) if name)
    return are_harmless and not set(bare) & set('[]|#"')


def _clean_cell(cell: Any) -> None:
    unmark(cell)
    if cell.hyperlink and cell.hyperlink.target and not cell.hyperlink.target.lower().startswith(_WEB):
        cell.hyperlink = None
    if cell.data_type in ("s", "inlineStr") and not cell.value:
        cell._value, cell.data_type = None, "n"
    elif isinstance(cell.value, float):
        cell._value = exact(cell.value)
    elif cell.data_type == "s" and cell.value.startswith(FORMULA_STARTS):
        cell.quotePrefix = True


def _mark(sheet: Any, rows: SheetMarks) -> None:
    from openpyxl.cell import MergedCell

    marker = Marker()
    for column in added_columns(rows):
        sheet.column_dimensions[column_letters(column - 1)].width = ADDED_WIDTH
    if rows:
        sheet.sheet_state = "visible"
    for row, columns in rows.items():
        sheet.row_dimensions[row].hidden = False
        for column, findings in columns.items():
            cell = sheet.cell(row, column)
            if isinstance(cell, MergedCell):
                merged = next(one for one in sheet.merged_cells.ranges if cell.coordinate in one)
                cell = sheet.cell(merged.min_row, merged.min_col)
            marker.mark(cell, findings)
