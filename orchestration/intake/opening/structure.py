"""Structure: what a workbook does to its cells: hidden, struck, merged, computed (docs/rules.md §4).

What belongs here: a cheap look at the package's own XML, which readers of values leave out. What does not: opening the
file as a table (formats), or what to say about it (reading). The look is by patterns over bounded bytes, never by an
XML parser: it expands nothing, follows nothing, and a file that it cannot make out simply shows nothing.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from orchestration.contracts.cells.dates import EXCEL, EXCEL_1904, OPENDOCUMENT, DayCount
from orchestration.domain.spreadsheets import cell_address, column_position
from orchestration.intake.opening.cell_formats import (
    FormattedCell,
    ods_formats,
    ods_formatted_cells,
    ods_struck_cells,
    ods_struck_styles,
    xlsx_cells,
    xlsx_formats,
    xlsx_struck_styles,
)
from orchestration.intake.opening.limits import MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED_BYTES
from orchestration.intake.opening.package import (
    ODS_TABLE,
    SHEET,
    UNSEEN,
    attributes,
    count_of,
    is_package,
    ods_cells,
    ods_rows,
    ods_table,
    part_of,
    sheet_path,
    targets,
)

# Each takes some microseconds; where there are more, the last are left unseen.
_MAX_MARKS = 100_000

# Every repetition is bounded and stops at the next tag, so that no file makes a search long.
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^<>]{1,1000})>")
_ROW = re.compile(rb"<(?:\w+:)?row\b([^<>]{1,1000})>")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b([^<>]{1,200})>")
_CELL = re.compile(
    rb"<(?:\w+:)?c\b([^<>]{1,500})>\s{0,20}"
    rb"(<(?:\w+:)?f\b[^<>]{0,500}>(?:([^<]{0,8192})</(?:\w+:)?f>)?)?\s{0,20}"
    rb"(?:<(?:\w+:)?v\b[^<>]{0,100}>([^<]{0,200}))?"
)
_ASKS_FOR_CALCULATION = re.compile(rb"<(?:\w+:)?calcPr\b[^<>]{0,1000}\bfullCalcOnLoad\s?=\s?[\"'](?:1|true)")
_COUNTS_FROM_1904 = re.compile(rb"<(?:\w+:)?workbookPr\b[^<>]{0,1000}\bdate1904\s?=\s?[\"'](?:1|true)")
_STYLES = "xl/styles.xml"
_RANGE = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")
# `[1]Feuil1!F5` in Excel, where `Tableau1[2021]` is a column; `'file:///…'#` in LibreOffice.
_OTHER_WORKBOOK = re.compile(rb"(?<![\w\]])\[\d+\][^!\[\]]{0,100}!|'file:")

_ODS_MARKS = re.compile(rb"-spanned=|table:formula=|value-type=.error")
_ODS_COLUMN = re.compile(rb"<table:table-column\b([^<>]{0,1000})>")
_ODS_DAY_0 = re.compile(rb"<table:null-date\b[^<>]{0,200}\btable:date-value=\"(\d{4}-\d\d-\d\d)")
_ODS_HIDDEN_STYLE = re.compile(
    rb"<style:style\b([^<>]{1,1000})>\s{0,20}<style:table-properties\b[^<>]{0,1000}table:display=\"false\""
)


@dataclass(frozen=True)
class Range:
    """A block of cells: 0-based columns, 1-based rows, all included."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def start(self) -> str:
        """The address of the first cell, where the value of a merged block stands."""
        return cell_address(self.left, self.top)

    def __str__(self) -> str:
        return f"{self.start}:{cell_address(self.right, self.bottom)}"


@dataclass(frozen=True)
class Structure:
    """What a sheet does to its cells: 1-based rows, 0-based columns, addresses such as `J12`.

    `errors` maps an address to its error code; `day_count` is how its workbook counts days. To be gone through once:
    `formatted` are the cells whose number format gives a unit or a scale, `struck` the columns and rows of the cells
    that are struck through.
    """

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: tuple[range, ...] = ()
    has_filter: bool = False
    merged: tuple[Range, ...] = ()
    uncalculated: frozenset[str] = frozenset()
    external: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)
    day_count: DayCount = EXCEL
    formatted: Iterable[FormattedCell] = field(default=(), compare=False)
    struck: Iterable[tuple[int, int]] = field(default=(), compare=False)


def hidden_sheets(data: bytes) -> frozenset[str]:
    """The names of the sheets that the workbook hides; none where the file is no workbook."""
    if not is_package(data):
        return frozenset()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if "content.xml" in package.namelist():
                return frozenset(_ods_hidden_sheets(part_of(package, "content.xml")))
            sheets = map(attributes, SHEET.findall(part_of(package, "xl/workbook.xml")))
            return frozenset(sheet["name"] for sheet in sheets if "name" in sheet and "idden" in sheet.get("state", ""))
    except UNSEEN:
        return frozenset()


def sheet_structure(data: bytes, sheet: str | None) -> Structure:
    """Look at one sheet of a workbook; a file that is none, or that cannot be made out, shows nothing."""
    if sheet is None or not is_package(data):
        return Structure()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if "content.xml" in package.namelist():
                content = part_of(package, "content.xml")
                styles = part_of(package, "styles.xml") if "styles.xml" in package.namelist() else b""
                parts = (styles, content[: content.find(b"<office:body")])
                table = ods_table(content, sheet)
                return replace(
                    _ods_structure(table),
                    day_count=_ods_day_count(content),
                    formatted=ods_formatted_cells(table, ods_formats(*parts)),
                    struck=ods_struck_cells(table, ods_struck_styles(*parts)),
                )
            path = sheet_path(package, sheet)
            styles = part_of(package, _STYLES) if _STYLES in package.namelist() else b""
            telling, striking = xlsx_formats(styles), dict.fromkeys(xlsx_struck_styles(styles))
            # Where a format may change what a number says, or strike it through, none is left unseen.
            part = part_of(package, path, MAX_UNPACKED_BYTES) if telling or striking else part_of(package, path)
            workbook = part_of(package, "xl/workbook.xml")
            asks_for_calculation = _ASKS_FOR_CALCULATION.search(workbook) is not None
            seen = _xlsx_structure(part, _has_table_filter(package, path), asks_for_calculation)
            day_count = EXCEL_1904 if _COUNTS_FROM_1904.search(workbook) else EXCEL
            struck = ((position, number) for position, number, _ in xlsx_cells(part, striking))
            return replace(seen, day_count=day_count, formatted=xlsx_cells(part, telling), struck=struck)
    except UNSEEN:
        return Structure()


def _has_table_filter(package: zipfile.ZipFile, path: str) -> bool:
    """Whether a table of the sheet (Excel's "Mettre sous forme de tableau") filters its rows."""
    relationships = f"{path.rpartition('/')[0]}/_rels/{path.rpartition('/')[2]}.rels"
    if relationships not in package.namelist():
        return False
    tables = [target for target in targets(package, path).values() if "/tables/" in target]
    return any(b"filterColumn" in part_of(package, table) for table in tables)


def _xlsx_structure(xml: bytes, has_table_filter: bool, asks_for_calculation: bool) -> Structure:
    hidden, merged, uncalculated, external, errors = set(), [], set(), set(), {}
    columns: list[range] = []
    if b"hidden=" in xml:
        tags = (
            attributes(found[1])
            for found in islice(_COLUMN.finditer(xml, 0, max(xml.find(b"sheetData"), 0)), MAX_COLUMNS)
        )
        columns = [
            range(int(tag["min"]) - 1, int(tag["max"]))
            for tag in tags
            if tag.get("hidden") in ("1", "true") and tag.get("min", "").isdigit() and tag.get("max", "").isdigit()
        ]
        rows = (attributes(found[1]) for found in _ROW.finditer(xml) if b"hidden=" in found[1])
        hidden = {int(row["r"]) for row in rows if row.get("r", "").isdigit() and row.get("hidden") in ("1", "true")}
    if b"mergeCell" in xml:
        references = (attributes(found[1]).get("ref", "") for found in islice(_MERGED.finditer(xml), _MAX_MARKS))
        merged = [_range(reference) for reference in references if _RANGE.fullmatch(reference)]
    # A pattern takes a second to tell that a large sheet has neither, as nearly none has.
    may_compute = any(mark in xml for mark in (b"<f", b":f", b't="e"', b"t='e'"))
    if may_compute and re.search(rb"<(?:\w+:)?f\b|\bt=[\"']e[\"']", xml):
        computed = (found for found in _CELL.finditer(xml) if found[2] or b"e" in found[1])
        for found in islice(computed, _MAX_MARKS):
            cell = attributes(found[1])
            if cell.get("t") == "e":
                errors[cell.get("r", "")] = html.unescape((found[4] or b"#N/A").decode("utf-8", "replace"))
            # A text result may be empty, and then it is one; anything else empty was never calculated, and neither
            # was a zero where the workbook asks for it: what writes workbooks without calculating puts that there.
            elif found[2] and cell.get("t") != "str":
                value = (found[4] or b"").strip()
                if not value or (asks_for_calculation and cell.get("t", "n") == "n" and value in (b"0", b"0.0")):
                    uncalculated.add(cell.get("r", ""))
            if found[3] and _OTHER_WORKBOOK.search(found[3]):
                external.add(cell.get("r", ""))
    return Structure(
        hidden_rows=frozenset(hidden),
        hidden_columns=tuple(columns),
        has_filter=has_table_filter or b"filterColumn" in xml,
        merged=tuple(merged),
        uncalculated=frozenset(uncalculated),
        external=frozenset(external),
        errors=errors,
    )


def _range(address: str) -> Range:
    left, top, right, bottom = _RANGE.fullmatch(address).groups()  # type: ignore[union-attr]
    return Range(column_position(left), int(top), column_position(right), int(bottom))


# OpenDocument: one part for all sheets, and rows and cells that stand for several.


def _ods_hidden_sheets(xml: bytes) -> Iterator[str]:
    styles = {attributes(found[1]).get("style:name") for found in _ODS_HIDDEN_STYLE.finditer(xml)}
    for found in ODS_TABLE.finditer(xml):
        sheet = attributes(found[1])
        if sheet.get("table:style-name") in styles:
            yield sheet.get("table:name", "")


def _ods_structure(body: bytes) -> Structure:
    hidden: set[int] = set()
    merged: list[Range] = []
    uncalculated: set[str] = set()
    external: set[str] = set()
    errors: dict[str, str] = {}
    has_filter = False
    for number, count, row, cells in ods_rows(body) if b"visibility=" in body or _ODS_MARKS.search(body) else ():
        visibility = row.get("table:visibility", "visible")
        if visibility != "visible":
            hidden.update(range(number, min(number + count, MAX_ROWS)))
            has_filter = has_filter or visibility == "filter"
        if not _ODS_MARKS.search(cells) or len(merged) + len(external) + len(errors) > _MAX_MARKS:
            continue
        for column, cell, text in ods_cells(cells):
            address = cell_address(column, number)
            across, down = (count_of(cell, f"table:number-{way}-spanned") for way in ("columns", "rows"))
            if across > 1 or down > 1:
                merged.append(Range(column, number, column + across - 1, number + down - 1))
            if cell.get("calcext:value-type") == "error":
                errors[address] = text or "#N/A"
            elif "table:formula" in cell and not _has_value(cell):
                uncalculated.add(address)
            if _OTHER_WORKBOOK.search(cell.get("table:formula", "").encode()):
                external.add(address)
    return Structure(
        hidden_rows=frozenset(hidden),
        hidden_columns=tuple(_ods_hidden_columns(body)),
        has_filter=has_filter,
        merged=tuple(merged),
        uncalculated=frozenset(uncalculated),
        external=frozenset(external),
        errors=errors,
    )


def _ods_hidden_columns(body: bytes) -> Iterator[range]:
    start, end = 0, max(body.find(b"<table:table-row"), 0)
    for found in islice(_ODS_COLUMN.finditer(body, 0, end), MAX_COLUMNS):
        tag = attributes(found[1])
        count = count_of(tag, "table:number-columns-repeated")
        if tag.get("table:visibility", "visible") != "visible":
            yield range(start, start + count)
        start += count


def _ods_day_count(xml: bytes) -> DayCount:
    found = _ODS_DAY_0.search(xml)
    try:
        return DayCount(date.fromisoformat(found[1].decode())) if found else OPENDOCUMENT
    except ValueError:
        return OPENDOCUMENT


def _has_value(cell: Mapping[str, str]) -> bool:
    """Whether a cell holds a value of its type; that of a text may stand in its paragraphs alone."""
    kind = cell.get("office:value-type", "")
    held = {"date": "office:date-value", "time": "office:time-value", "boolean": "office:boolean-value"}
    return bool(kind) and (kind == "string" or cell.get(held.get(kind, "office:value"), "") != "")
