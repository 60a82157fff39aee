"""Structure: what a workbook does to its cells: hidden, filtered, merged, computed (docs/rules.md §4).

What belongs here: a cheap look at the package's own XML, which readers of values leave out. What does not: opening the
file as a table (formats), or what to say about it (reading). The look is by patterns over bounded bytes, never by an
XML parser: it expands nothing, follows nothing, and a file that it cannot make out simply shows nothing.
"""

import html
import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice, pairwise

from orchestration.domain.spreadsheets import cell_address, column_position
from orchestration.intake.opening.limits import MAX_ROWS

# Larger parts are left unseen: a submission has a few hundred rows.
_MAX_PART = 32 * 2**20
# No agent looks at more marks than this, and a receipt neither.
_MAX_MARKS = 10_000

# Every repetition is bounded and stops at the next tag, so that no file makes a search long.
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^<>]{1,2000})>")
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\b([^<>]{1,4000})>")
_ATTRIBUTE = re.compile(rb"""([\w:.-]{1,100})\s?=\s?(?:"([^"]*)"|'([^']*)')""")
_ROW = re.compile(rb"<(?:\w+:)?row\b([^<>]{1,1000})>")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b([^<>]{1,200})>")
_CELL = re.compile(
    rb"<(?:\w+:)?c\b([^<>]{1,500})>\s{0,20}"
    rb"(<(?:\w+:)?f\b[^<>]{0,500}>(?:([^<]{0,8192})</(?:\w+:)?f>)?)?\s{0,20}"
    rb"(?:<(?:\w+:)?v\b[^<>]{0,100}>([^<]{0,200}))?"
)
_RANGE = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")
# `[1]Feuil1!F5` in Excel, where `Tableau1[2021]` is a column; `'file:///…'#` in LibreOffice.
_OTHER_WORKBOOK = re.compile(rb"(?<![\w\]])\[\d+\][^!\[\]]{0,100}!|'file:")

_ODS_TABLE = re.compile(rb"<table:table\b([^<>]{1,2000})>")
_ODS_ROW = re.compile(rb"<table:table-row\b([^<>]{0,1000})>")
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^<>]{0,10000})>(?:<text:p>([^<]{0,40}))?")
_ODS_MARKS = re.compile(rb"-spanned=|table:formula=|value-type=.error")
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
    """What a sheet does to its cells: 1-based rows, addresses such as `J12`; `errors` maps one to its error code."""

    hidden_rows: frozenset[int] = frozenset()
    has_filter: bool = False
    merged: tuple[Range, ...] = ()
    uncalculated: frozenset[str] = frozenset()
    external: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)


def hidden_sheets(data: bytes) -> frozenset[str]:
    """The names of the sheets that the workbook hides; none where the file is no workbook."""
    if not _is_package(data):
        return frozenset()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if "content.xml" in package.namelist():
                return frozenset(_ods_hidden_sheets(_part(package, "content.xml")))
            sheets = map(_attributes, _SHEET.findall(_part(package, "xl/workbook.xml")))
            return frozenset(sheet["name"] for sheet in sheets if "name" in sheet and "idden" in sheet.get("state", ""))
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, EOFError):
        return frozenset()


def sheet_structure(data: bytes, sheet: str | None) -> Structure:
    """Look at one sheet of a workbook; a file that is none, or that cannot be made out, shows nothing."""
    if sheet is None or not _is_package(data):
        return Structure()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if "content.xml" in package.namelist():
                return _ods_structure(_part(package, "content.xml"), sheet)
            path = _sheet_path(package, sheet)
            return _xlsx_structure(_part(package, path), _has_table_filter(package, path))
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, EOFError):
        return Structure()


def _is_package(data: bytes) -> bool:
    return data.startswith(b"PK\x03\x04")


def _part(package: zipfile.ZipFile, name: str) -> bytes:
    with package.open(name) as part:
        content = part.read(_MAX_PART + 1)
    return content if len(content) <= _MAX_PART else b""


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        name.decode(): html.unescape((double or single).decode("utf-8", "replace"))
        for name, double, single in _ATTRIBUTE.findall(tag)
    }


def _targets(package: zipfile.ZipFile, part: str) -> dict[str, str]:
    """The parts that a part names in its relationships, by relationship id."""
    folder, _, name = part.rpartition("/")
    tags = map(_attributes, _RELATIONSHIP.findall(_part(package, f"{folder}/_rels/{name}.rels")))
    return {
        tag["Id"]: posixpath.normpath(posixpath.join("/", folder, tag["Target"]))[1:]
        for tag in tags
        if "Id" in tag and "Target" in tag
    }


def _sheet_path(package: zipfile.ZipFile, sheet: str) -> str:
    targets = _targets(package, "xl/workbook.xml")
    for tag in map(_attributes, _SHEET.findall(_part(package, "xl/workbook.xml"))):
        if tag.get("name") == sheet:
            return targets[next(value for name, value in tag.items() if name.endswith(":id"))]
    raise KeyError(sheet)


def _has_table_filter(package: zipfile.ZipFile, path: str) -> bool:
    """Whether a table of the sheet (Excel's "Mettre sous forme de tableau") filters its rows."""
    relationships = f"{path.rpartition('/')[0]}/_rels/{path.rpartition('/')[2]}.rels"
    if relationships not in package.namelist():
        return False
    tables = [target for target in _targets(package, path).values() if "/tables/" in target]
    return any(b"filterColumn" in _part(package, table) for table in tables)


def _xlsx_structure(xml: bytes, has_table_filter: bool) -> Structure:
    hidden, merged, uncalculated, external, errors = set(), [], set(), set(), {}
    if b"hidden=" in xml:
        rows = (_attributes(found[1]) for found in _ROW.finditer(xml) if b"hidden=" in found[1])
        hidden = {int(row["r"]) for row in rows if row.get("r", "").isdigit() and row.get("hidden") in ("1", "true")}
    if b"mergeCell" in xml:
        references = (_attributes(found[1]).get("ref", "") for found in islice(_MERGED.finditer(xml), _MAX_MARKS))
        merged = [_range(reference) for reference in references if _RANGE.fullmatch(reference)]
    if re.search(rb"<(?:\w+:)?f\b|\bt=[\"']e[\"']", xml):
        computed = (found for found in _CELL.finditer(xml) if found[2] or b"e" in found[1])
        for found in islice(computed, _MAX_MARKS):
            cell = _attributes(found[1])
            if cell.get("t") == "e":
                errors[cell.get("r", "")] = html.unescape((found[4] or b"#N/A").decode("utf-8", "replace"))
            # A text result may be empty, and then it is one; anything else empty was never calculated.
            elif found[2] and not (found[4] or b"").strip() and cell.get("t") != "str":
                uncalculated.add(cell.get("r", ""))
            if found[3] and _OTHER_WORKBOOK.search(found[3]):
                external.add(cell.get("r", ""))
    return Structure(
        hidden_rows=frozenset(hidden),
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
    styles = {_attributes(found[1]).get("style:name") for found in _ODS_HIDDEN_STYLE.finditer(xml)}
    for found in _ODS_TABLE.finditer(xml):
        sheet = _attributes(found[1])
        if sheet.get("table:style-name") in styles:
            yield sheet.get("table:name", "")


def _ods_structure(xml: bytes, sheet: str) -> Structure:
    tables = (found for found in _ODS_TABLE.finditer(xml) if _attributes(found[1]).get("table:name") == sheet)
    start = next((found.end() for found in tables), len(xml))
    body = xml[start : xml.find(b"</table:table>", start)]
    hidden: set[int] = set()
    merged: list[Range] = []
    uncalculated: set[str] = set()
    external: set[str] = set()
    errors: dict[str, str] = {}
    has_filter = False
    for number, count, row, cells in _ods_rows(body):
        visibility = row.get("table:visibility", "visible")
        if visibility != "visible":
            hidden.update(range(number, min(number + count, MAX_ROWS)))
            has_filter = has_filter or visibility == "filter"
        if not _ODS_MARKS.search(cells) or len(merged) + len(external) + len(errors) > _MAX_MARKS:
            continue
        for column, cell, text in _ods_cells(cells):
            address = cell_address(column, number)
            across, down = (_count(cell, f"table:number-{way}-spanned") for way in ("columns", "rows"))
            if across > 1 or down > 1:
                merged.append(Range(column, number, column + across - 1, number + down - 1))
            if cell.get("calcext:value-type") == "error":
                errors[address] = text or "#N/A"
            elif "table:formula" in cell and "office:value-type" not in cell:
                uncalculated.add(address)
            if _OTHER_WORKBOOK.search(cell.get("table:formula", "").encode()):
                external.add(address)
    return Structure(
        hidden_rows=frozenset(hidden),
        has_filter=has_filter,
        merged=tuple(merged),
        uncalculated=frozenset(uncalculated),
        external=frozenset(external),
        errors=errors,
    )


def _ods_rows(body: bytes) -> Iterator[tuple[int, int, dict[str, str], bytes]]:
    """Each row's first number, how many rows it stands for, its attributes, and its cells."""
    if b"visibility=" not in body and not _ODS_MARKS.search(body):
        return
    number = 1
    for found, following in pairwise(chain(_ODS_ROW.finditer(body), [None])):
        if found is None or number > MAX_ROWS:
            return
        row = _attributes(found[1])
        count = _count(row, "table:number-rows-repeated")
        yield number, count, row, body[found.end() : following.start() if following else len(body)]
        number += count


def _ods_cells(xml: bytes) -> Iterator[tuple[int, dict[str, str], str]]:
    """Each cell's column, attributes and the start of its text."""
    column = 0
    for found in _ODS_CELL.finditer(xml):
        cell = _attributes(found[1])
        yield column, cell, html.unescape((found[2] or b"").decode("utf-8", "replace"))
        column += _count(cell, "table:number-columns-repeated")


def _count(tag: Mapping[str, str], name: str) -> int:
    text = tag.get(name, "1")
    return int(text) if text.isdigit() and len(text) < 9 else 1
