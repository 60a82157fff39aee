"""The package of a workbook: its parts, and the tags of their XML, read by patterns over bounded bytes.

What belongs here: finding a part, a sheet, its rows and cells. What does not: what a workbook does to its cells
(`structure`) or how it shows them (`cell_formats`). No XML parser looks: nothing is expanded, nothing followed.
"""

import html
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from itertools import chain, pairwise

from orchestration.intake.opening.limits import MAX_ROWS

# What a package that cannot be made out raises.
UNSEEN = (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, EOFError)
# Larger parts are left unseen: a submission has a few hundred rows.
_MAX_PART = 32 * 2**20

# Every repetition is bounded and stops at the next tag, so that no file makes a search long.
SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^<>]{1,2000})>")
ODS_TABLE = re.compile(rb"<table:table\b([^<>]{1,2000})>")
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\b([^<>]{1,4000})>")
_ATTRIBUTE = re.compile(rb"""([\w:.-]{1,100})\s?=\s?(?:"([^"]*)"|'([^']*)')""")
_ODS_ROW = re.compile(rb"<table:table-row\b([^<>]{0,1000})>")
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^<>]{0,10000})>(?:<text:p>([^<]{0,40}))?")


def is_package(data: bytes) -> bool:
    """Whether bytes begin as a package does."""
    return data.startswith(b"PK\x03\x04")


def part_of(package: zipfile.ZipFile, name: str, most: int = _MAX_PART) -> bytes:
    """The bytes of a part; none of one that is larger than `most`."""
    with package.open(name) as part:
        content = part.read(most + 1)
    return content if len(content) <= most else b""


def attributes(tag: bytes) -> dict[str, str]:
    """The attributes of a tag, by name with its prefix."""
    return {
        name.decode(): html.unescape((double or single).decode("utf-8", "replace"))
        for name, double, single in _ATTRIBUTE.findall(tag)
    }


def targets(package: zipfile.ZipFile, part: str) -> dict[str, str]:
    """The parts that a part names in its relationships, by relationship id."""
    folder, _, name = part.rpartition("/")
    tags = map(attributes, _RELATIONSHIP.findall(part_of(package, f"{folder}/_rels/{name}.rels")))
    return {
        tag["Id"]: posixpath.normpath(posixpath.join("/", folder, tag["Target"]))[1:]
        for tag in tags
        if "Id" in tag and "Target" in tag
    }


def sheet_path(package: zipfile.ZipFile, sheet: str) -> str:
    """The name of the part that holds a sheet of an XLSX."""
    found = targets(package, "xl/workbook.xml")
    for tag in map(attributes, SHEET.findall(part_of(package, "xl/workbook.xml"))):
        if tag.get("name") == sheet:
            return found[next(value for name, value in tag.items() if name.endswith(":id"))]
    raise KeyError(sheet)


# OpenDocument: one part for all sheets, and rows and cells that stand for several.


def ods_table(xml: bytes, sheet: str) -> bytes:
    """What a sheet of an ODS holds."""
    tables = (found for found in ODS_TABLE.finditer(xml) if attributes(found[1]).get("table:name") == sheet)
    start = next((found.end() for found in tables), len(xml))
    return xml[start : xml.find(b"</table:table>", start)]


def ods_rows(body: bytes) -> Iterator[tuple[int, int, dict[str, str], bytes]]:
    """Each row's first number, how many rows it stands for, its attributes, and its cells."""
    number = 1
    for found, following in pairwise(chain(_ODS_ROW.finditer(body), [None])):
        if found is None or number > MAX_ROWS:
            return
        row = attributes(found[1])
        count = count_of(row, "table:number-rows-repeated")
        yield number, count, row, body[found.end() : following.start() if following else len(body)]
        number += count


def ods_cells(xml: bytes) -> Iterator[tuple[int, dict[str, str], str]]:
    """Each cell's column, attributes and the start of its text."""
    column = 0
    for found in _ODS_CELL.finditer(xml):
        cell = attributes(found[1])
        yield column, cell, html.unescape((found[2] or b"").decode("utf-8", "replace"))
        column += count_of(cell, "table:number-columns-repeated")


def count_of(tag: Mapping[str, str], name: str) -> int:
    """How many an attribute counts, 1 where it is absent or no number."""
    text = tag.get(name, "1")
    return int(text) if text.isdigit() and len(text) < 9 else 1
