"""Cell formats: which cells of a sheet have a number format that gives a unit or a scale, and which are struck through.

What belongs here: styles of XLSX and ODS, and the cells that have them, by patterns over the package's own XML. What
does not: what a format says (`contracts.cells.number_format`), or what becomes of a cell (reading). Nothing is looked
for in the cells of a workbook none of whose styles has such a format, or strikes.
"""

import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import islice, pairwise
from typing import TypeVar

from orchestration.contracts.cells.number_format import (
    NOT_SHOWN,
    PERCENT,
    Condition,
    NumberFormat,
    Shown,
    number_format,
    unit_of,
)
from orchestration.domain.spreadsheets import address_place
from orchestration.intake.opening.limits import MAX_COLUMNS, MAX_ROWS
from orchestration.intake.opening.package import attributes, count_of, ods_cells, ods_rows

# A cell's 0-based column, its 1-based row, and its format.
FormattedCell = tuple[int, int, NumberFormat]

# What a cell style says, as its cells are given with it.
_Said = TypeVar("_Said")

_MAX_STYLES = 65_536
_MAX_STYLE_BYTES = 20_000
_MAX_TAG = 500
# The formats that XLSX only numbers: in euros where Excel is French.
_EUROS = NumberFormat(((None, Shown("€")),))
_BUILT_IN = dict.fromkeys(("5", "6", "7", "8", "42", "44"), _EUROS) | dict.fromkeys(("9", "10"), PERCENT)

# A format code may hold `>` within its quotes.
_CODE = re.compile(rb"""<(?:\w+:)?numFmt\s((?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+)>""")
_CELL_STYLES = re.compile(rb"<(?:\w+:)?cellXfs\b[^<>]{0,200}>")
_STYLE = re.compile(rb"<(?:\w+:)?xf\b([^<>]{1,1000})>")
_FONTS = re.compile(rb"<(?:\w+:)?fonts\b[^<>]{0,200}>")
_FONT = re.compile(rb"<(?:\w+:)?font[\s/>]|</(?:\w+:)?fonts>")
_STRIKES = re.compile(rb"""<(?:\w+:)?strike\s{0,9}(?:/?>|val\s?=\s?["'](?:1|true)["'])""")
_CELL_ADDRESS = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br\s?=\s?["']([A-Z]{1,3}[0-9]{1,7})["']""")

# A code of four sections is a style of texts, that maps numbers to others.
_ODS_NUMBER_STYLE = re.compile(rb"<number:(number|currency|percentage|text)-style\b([^<>]{1,1000})>")
_ODS_PART = re.compile(
    rb"<number:(number|scientific-number|fraction|text|currency-symbol)\b([^<>]{0,1000}?)(?:/>|>([^<]{0,1000}))"
)
_ODS_WORDS = re.compile(rb"<number:text[\s/>]")
_ODS_MAP = re.compile(rb"""<style:map\s((?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+)>""")
_ODS_CELL_STYLE = re.compile(rb"<style:style\b([^<>]{1,1000})>")
_ODS_COLUMN = re.compile(rb"<table:table-column\b([^<>]{0,1000})>")
_ODS_STRIKES = re.compile(rb"""\bstyle:text-line-through-(?:style|type)\s?=\s?["'](?!none)""")
_ODS_LINE = re.compile(rb"""\bstyle:text-line-through-(?:style|type)\s?=\s?["']([\w-]{1,20})""")
_LINE = "style:text-line-through-style"
_MAX_PARENTS = 10


def xlsx_formats(styles: bytes) -> dict[int, NumberFormat]:
    """The telling formats of a workbook, by the number of the cell style that has it."""
    codes = {
        tag.get("numFmtId", ""): tag.get("formatCode", "")
        for tag in map(attributes, (found[1] for found in islice(_CODE.finditer(styles), _MAX_STYLES)))
    }
    telling = _BUILT_IN | {name: number_format(code) for name, code in codes.items()}
    found = (telling.get(tag.get("numFmtId", "")) for tag in _xlsx_cell_styles(styles))
    return {number: one for number, one in enumerate(found) if one is not None and one.is_telling}


def xlsx_struck_styles(styles: bytes) -> list[int]:
    """The numbers of the cell styles of a workbook whose font is struck through."""
    start = _FONTS.search(styles)
    if start is None or not _STRIKES.search(styles):
        return []
    fonts = pairwise(found.start() for found in islice(_FONT.finditer(styles, start.end()), _MAX_STYLES))
    struck = {str(number) for number, font in enumerate(fonts) if _STRIKES.search(styles, *font)}
    return [number for number, tag in enumerate(_xlsx_cell_styles(styles)) if tag.get("fontId") in struck]


def _xlsx_cell_styles(styles: bytes) -> Iterator[Mapping[str, str]]:
    start = _CELL_STYLES.search(styles)
    if start is None:
        return
    end = re.compile(rb"</(?:\w+:)?cellXfs>").search(styles, start.end())
    tags = _STYLE.finditer(styles, start.end(), end.start() if end else len(styles))
    yield from (attributes(tag[1]) for tag in islice(tags, _MAX_STYLES))


def xlsx_cells(sheet: bytes, styles: Mapping[int, _Said]) -> Iterator[tuple[int, int, _Said]]:
    """The cells of a sheet that have one of these styles; the others are passed over without a look."""
    for number, one in styles.items():
        for quote in (b'"', b"'"):
            style = b" s=" + quote + str(number).encode() + quote
            at = sheet.find(style)
            while at >= 0:
                start, end = sheet.rfind(b"<", max(0, at - _MAX_TAG), at), sheet.find(b">", at, at + _MAX_TAG)
                cell = _CELL_ADDRESS.match(sheet, start, end) if start >= 0 and at < end else None
                if cell is not None:
                    yield *address_place(cell[1].decode()), one
                at = sheet.find(style, at + len(style))


def ods_formats(*parts: bytes) -> dict[str, NumberFormat | None]:
    """The number format of each cell style of an OpenDocument spreadsheet, by name; `None` where it has none."""
    own: dict[str, tuple[Shown | None, bytes]] = {}
    for part in parts:
        for found in islice(_ODS_NUMBER_STYLE.finditer(part), _MAX_STYLES):
            end = part.find(b"</number:" + found[1] + b"-style>", found.end(), found.end() + _MAX_STYLE_BYTES)
            inside = part[found.end() : max(end, found.end())]
            own[attributes(found[2]).get("style:name", "")] = (_ods_shown(inside), inside)
    formats = {name: _ods_format(shown, inside, own) for name, (shown, inside) in own.items()}
    styles = _ods_cell_styles(parts)
    return {name: formats.get(_own_or_inherited("style:data-style-name", name, styles)) for name in styles}


def ods_struck_styles(*parts: bytes) -> set[str]:
    """The names of the cell styles of an OpenDocument spreadsheet that strike through."""
    if not any(map(_ODS_STRIKES.search, parts)):
        return set()
    styles = _ods_cell_styles(parts)
    return {name for name in styles if _own_or_inherited(_LINE, name, styles) not in ("", "none")}


def _ods_cell_styles(parts: Iterable[bytes]) -> dict[str, dict[str, str]]:
    """The attributes of each cell style by name, and the line that it draws through texts if it says one."""
    styles: dict[str, dict[str, str]] = {}
    for part in parts:
        for found in islice(_ODS_CELL_STYLE.finditer(part), _MAX_STYLES):
            tag = attributes(found[1])
            if tag.get("style:family") == "table-cell":
                styles[tag.get("style:name", "")] = tag
                end = part.find(b"</style:style>", found.end(), found.end() + _MAX_STYLE_BYTES)
                line = None if found[1].endswith(b"/") else _ODS_LINE.search(part, found.end(), max(end, found.end()))
                if line:
                    tag[_LINE] = line[1].decode()
    return styles


def _own_or_inherited(attribute: str, name: str, styles: Mapping[str, Mapping[str, str]]) -> str:
    """An attribute of a cell style, its own or that of the styles that it comes from; empty where none has it."""
    for _ in range(_MAX_PARENTS):
        tag = styles.get(name, {})
        if attribute in tag:
            return tag[attribute]
        name = tag.get("style:parent-style-name", "")
    return ""


def _ods_shown(inside: bytes) -> Shown | None:
    """What a number style says of the numbers that none of its conditions is for."""
    before, after, factor, has_digits = "", "", Decimal(1), False
    for found in _ODS_PART.finditer(inside):
        if found[1] in (b"text", b"currency-symbol"):
            text = html.unescape((found[3] or b"").decode("utf-8", "replace"))
            # A symbol that is not written is that of the country.
            text = text or ("€" if found[1] == b"currency-symbol" else "")
            factor *= 100 ** text.count("%")
            before, after = (before, after + text) if has_digits else (before + text, after)
        else:
            has_digits = True
            factor /= _factor(attributes(found[2]).get("number:display-factor", "1"))
    if has_digits:
        return Shown(unit_of(before, after), factor)
    return NOT_SHOWN if _ODS_WORDS.search(inside) and b"<number:text-content" not in inside else None


def _factor(text: str) -> Decimal:
    try:
        factor = Decimal(text[:30])
    except InvalidOperation:
        return Decimal(1)
    return factor if factor.is_finite() and factor > 0 else Decimal(1)


def _ods_format(shown: Shown | None, inside: bytes, own: Mapping[str, tuple[Shown | None, bytes]]) -> NumberFormat:
    sections: list[tuple[Condition | None, Shown | None]] = []
    for found in _ODS_MAP.finditer(inside):
        tag = attributes(found[1])
        condition = Condition.parse(tag.get("style:condition", ""))
        if condition is not None:
            sections.append((condition, own.get(tag.get("style:apply-style-name", ""), (None, b""))[0]))
    return NumberFormat((*sections, (None, shown)))


def ods_formatted_cells(table: bytes, formats: Mapping[str, NumberFormat | None]) -> Iterator[FormattedCell]:
    """The cells of a sheet whose style or type gives a telling format."""
    telling = {name for name, one in formats.items() if one is not None and one.is_telling}
    by_type = {"percentage": PERCENT, "currency": _EUROS}
    for position, numbers, cell, style in _ods_cells_of(table, "office:value", telling, *by_type):
        one = formats.get(style) or by_type.get(cell.get("office:value-type", ""))
        if one is not None and one.is_telling:
            yield from ((position, number, one) for number in numbers)


def ods_struck_cells(table: bytes, styles: Collection[str]) -> Iterator[tuple[int, int]]:
    """The 0-based column and 1-based row of the cells of a sheet that hold a value and have one of these styles."""
    for position, numbers, _, style in _ods_cells_of(table, "office:value-type", styles) if styles else ():
        if style in styles:
            yield from ((position, number) for number in numbers)


def _ods_cells_of(
    table: bytes, held: str, styles: Collection[str], *types: str
) -> Iterator[tuple[int, range, Mapping[str, str], str]]:
    """Column, rows, attributes and style of the cells with the attribute `held`, where a style or type of these is."""
    names = "|".join([*types, *(re.escape(html.escape(name)) for name in styles)])
    mark = re.compile(f'"(?:{names})"'.encode())
    by_column = list(_default_styles(table))
    is_default = any(style in styles for style in by_column)
    if not is_default and not mark.search(table):
        return
    for number, count, row, cells in ods_rows(table):
        of_row = row.get("table:default-cell-style-name", "")
        if not (is_default or of_row in styles or mark.search(cells)):
            continue
        numbers = range(number, min(number + count, MAX_ROWS))
        for column, cell, _ in ods_cells(cells):
            if held not in cell:
                continue
            for position in range(column, min(column + count_of(cell, "table:number-columns-repeated"), MAX_COLUMNS)):
                of_column = by_column[position] if position < len(by_column) else ""
                yield position, numbers, cell, cell.get("table:style-name", "") or of_row or of_column


def _default_styles(table: bytes) -> Iterator[str]:
    """The style of the cells of each column that have none of their own."""
    end = table.find(b"<table:table-row")
    left = MAX_COLUMNS
    for found in _ODS_COLUMN.finditer(table, 0, max(end, 0)):
        tag = attributes(found[1])
        count = min(count_of(tag, "table:number-columns-repeated"), left)
        left -= count
        yield from [tag.get("table:default-cell-style-name", "")] * count
