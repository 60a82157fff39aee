"""Formats: a file's bytes become sheets of cells; the content decides, never the name (docs/rules.md §3, §4).

What belongs here: telling formats apart, opening text, and saying why a file is refused. What does not: what a cell
means, opening workbooks (workbook), or how much of a file is read (limits).
"""

import csv
import io
import json
import re
import zipfile
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_LE
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

import pyarrow as pa

from orchestration.contracts import CONTRACTS
from orchestration.contracts.cells.cell import Cell, typed_text
from orchestration.domain.french import NBSP, number
from orchestration.domain.spreadsheets import cell_address
from orchestration.intake.observation import Observation
from orchestration.intake.opening.annotated_copy import is_receipt
from orchestration.intake.opening.grid import Grid
from orchestration.intake.opening.invisible import without_invisible
from orchestration.intake.opening.limits import (
    MAX_BYTES,
    MAX_CELL,
    MAX_CELLS,
    MAX_CHARACTERS,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_UNPACKED_BYTES,
    MAX_VALUES,
    Damaged,
    Tally,
    TooLarge,
)
from orchestration.intake.opening.other_formats import in_markup, in_ole, in_package, other_encoding, other_format
from orchestration.intake.opening.quotes import Quote, faulty, swallowing, without_blanks_after
from orchestration.intake.opening.workbook import read_workbook

if TYPE_CHECKING:
    from orchestration.intake.opening.limits import SheetRow

_MAX_ENTRIES = 2_000
_MAX_RATIO = 1_000
# A spreadsheet has no more rows, blank ones included.
_MAX_LINES = 2**20
# Separators in one record, those within its quoted cells included.
_MAX_SEPARATORS = 20_000
_ROWS_ABOVE_HEADER = 1_000
# Rows that are no table may stand above the header.
MAX_TITLE_ROWS = 50
# The header is sought in so many bytes, among cells of such a length.
_START = 4 * 2**20
_MAX_HEADER = 300
# A page tells what it is in so many bytes.
_MARKUP = 4_096
# One object alone is a record if it could be a row under a header.
_MIN_KEYS = 3
_BLANKS = re.compile(r"[ \t\r\n]*")
# A text that begins with a bracket is JSON if its second sign may be.
_JSON = re.compile(r'\[\s*(?:[\[{\]"]|-?\d+\s*,)|\{\s*["}]')
_SEPARATORS = ",;\t|"
_SHOWN_ROWS, _SHOWN_COLUMNS, _SHOWN_LENGTH = 10, 60, 200
_LINE = re.compile(r"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")
# The letters and signs of French in UTF-8: in cp1252 these bytes would be "Ã©", "Â°", "â€™", which nobody writes.
_IN_UTF8 = re.compile(rb"\xc2[\xa0-\xbf]|\xc3[\x80-\xbf]|\xc5[\x92\x93\xb8]|\xe2\x80[\x80-\xbf]|\xe2\x82\xac")
# Added after the last line: a quote that is still open swallows it.
_END = "\x00"
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"


@dataclass(frozen=True)
class Sheet:
    """Rows of cells from the first row of the sheet on, so that position + 1 is the row's number; CSV has no name."""

    name: str | None
    rows: Sequence[Sequence[Cell]]


class Refused(Exception):
    """The file cannot be opened as a table; `observation` says why and what to do.

    `first_rows` are the first rows of a text as they were split, none where it was not.
    """

    def __init__(self, refusal: Observation, first_rows: Sequence[Sequence[str]] = ()) -> None:
        super().__init__(refusal.rule)
        self.observation, self.first_rows = refusal, first_rows


def first_rows(rows: Sequence[Sequence[Cell]]) -> tuple[tuple[str, ...], ...]:
    """The first rows of a sheet as the agent sees them, from row 1 on: what a receipt shows of a file that is refused.

    Cells are cut, and those past the last that is filled left out.
    """
    shown = ([typed_text(cell)[:_SHOWN_LENGTH] for cell in row[:_SHOWN_COLUMNS]] for row in islice(rows, _SHOWN_ROWS))
    return tuple(tuple(row[: max((place for place, cell in enumerate(row, 1) if cell), default=0)]) for row in shown)


def open_sheets(data: bytes) -> list[Sheet]:
    """Open a file as sheets of cells; raise `Refused` when it is not a table that we read."""
    try:
        return _open(data)
    except Damaged as damaged:
        raise Refused(Observation("file_damaged")) from damaged
    except TooLarge as too_large:
        raise Refused(_too_large(too_large)) from too_large


def _open(data: bytes) -> list[Sheet]:
    if len(data) > MAX_BYTES:
        raise TooLarge("bytes")
    if not data.lstrip(b"\x00\xef\xbb\xbf \t\r\n"):
        raise Refused(Observation("file_empty"))
    if data.startswith(b"PK\x03\x04"):
        _check_package(data)
        return [Sheet(name, rows) for name, rows in read_workbook(data) if not is_receipt(name)]
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(in_ole(data))
    if data.lstrip()[:5] == b"%PDF-":
        raise Refused(Observation("format_pdf"))
    if other := other_format(data):
        raise Refused(other)
    text = without_invisible(_in_utf8(data))
    start = text.lstrip()[:_MARKUP].decode(errors="ignore").lstrip()
    if start[:1] == "<" or start[:13].casefold() == "mime-version:":
        raise Refused(in_markup(start))
    return _json(text.decode()) if _JSON.match(start) else _delimited(text)


def _too_large(over: TooLarge) -> Observation:
    here = cell_address(over.column, over.row + 1)
    if over.limit == "cell":
        where = f"cellule{NBSP}{here}" if over.sheet else f"ligne{NBSP}{number(over.row + 1)}"
        return Observation("cell_too_long", {"limit": number(MAX_CELL), "where": where}, sheet=over.sheet)
    is_far = over.row >= MAX_ROWS or over.column >= MAX_COLUMNS
    limit = {
        "bytes": f"{MAX_BYTES // 2**20}{NBSP}Mo",
        "unpacked": f"{MAX_UNPACKED_BYTES // 2**20}{NBSP}Mo une fois décompressé",
        "rows": f"{number(MAX_ROWS)}{NBSP}lignes",
        "columns": f"{number(MAX_COLUMNS)}{NBSP}colonnes (la cellule {here} est remplie)",
        "cells": f"{number(MAX_CELLS)}{NBSP}cellules",
        "values": f"{number(MAX_VALUES)}{NBSP}valeurs différentes",
        "characters": f"{number(MAX_CHARACTERS)}{NBSP}caractères",
        "memory": "ce qu’un classeur peut occuper" + (f" (une feuille va jusqu’à la cellule {here})" if is_far else ""),
        "time": "le temps qu’un classeur peut prendre à s’ouvrir",
    }
    return Observation("file_too_large", {"limit": limit[over.limit]}, sheet=over.sheet)


def _in_utf8(data: bytes) -> bytes:
    """The bytes of a text in UTF-8, whatever its encoding."""
    text = data.removeprefix(BOM_UTF8)
    try:
        if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            text = data.decode("utf-16").encode()
        elif not _is_utf8(text):
            # Files put together from several hold both encodings.
            of_one = _IN_UTF8.sub(lambda letter: letter[0].decode().encode("cp1252", "ignore") or b" ", data)
            if other := other_encoding(of_one):
                raise Refused(other)
            text = of_one.decode("cp1252").encode()
    except UnicodeDecodeError as error:
        raise Refused(Observation("format_unknown")) from error
    if b"\x00" in text:
        is_marked = data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) and not data.startswith(BOM_UTF32_LE)
        raise Refused((not is_marked and other_encoding(data)) or Observation("format_unknown"))
    return text


def _is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8; a large text is not decoded to know it, which is slow and takes twice its room."""
    try:
        ends = pa.array([0, len(data)], pa.int32()).buffers()[1]
        pa.StringArray.from_buffers(1, ends, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _check_package(data: bytes) -> None:
    """Look at a zip's own list of entries before anything is unpacked; raise `Refused`, `Damaged` or `TooLarge`."""
    # Counted before the list is made, which takes ten times the room of the file.
    if data.count(b"PK\x01\x02") > _MAX_ENTRIES:
        raise TooLarge("unpacked")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
            names = {entry.filename for entry in entries}
            kind = _start(package, "mimetype", 100) if "mimetype" in names else b""
            manifest = _start(package, "META-INF/manifest.xml", 2**20) if kind == _ODS else b""
    # The library trusts what it reads: a package made to harm raises nearly anything.
    except Exception as error:
        raise Damaged(str(error)) from error
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES or any(
        entry.file_size > max(2**20, _MAX_RATIO * entry.compress_size) for entry in entries
    ):
        raise TooLarge("unpacked")
    if b"encryption-data" in manifest:
        raise Refused(Observation("format_encrypted"))
    if "xl/vbaProject.bin" in names and "xl/workbook.bin" not in names:
        raise Refused(Observation("format_xlsm"))
    if "xl/workbook.xml" not in names and kind != _ODS:
        raise Refused(in_package(names, kind))


def _start(package: zipfile.ZipFile, name: str, size: int) -> bytes:
    with package.open(name) as entry:
        return entry.read(size).strip()


def _json(text: str) -> list[Sheet]:
    # Each of these makes at least an object of ours: they are counted before the library makes them.
    if text.count("{") > 2 * MAX_ROWS or text.count("[") > 2 * MAX_ROWS or text.count(",") > MAX_CELLS:
        raise TooLarge("cells")
    try:
        records = _json_values(text)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise Refused(Observation("json_not_records"))
        headers = list(dict.fromkeys(key for record in records for key in record))
        if len(headers) > MAX_COLUMNS:
            raise TooLarge("columns", None, 0, len(headers) - 1)
        tally = Tally()
        rows: list[SheetRow] = [tally.take([_json_cell(header) for header in headers], None, 0)]
        for position, record in enumerate(records, start=1):
            rows.append(tally.take([_json_cell(record.get(header)) for header in headers], None, position))
            tally.measure(rows[-1], None, position)
    except (ValueError, RecursionError) as error:
        raise Damaged(str(error)) from error
    return [Sheet(None, rows)]


def _json_values(text: str) -> object:
    """What a text of JSON holds; objects one after the other, a line each as a rule, are a list of them."""
    values, end, decoder = [], 0, json.JSONDecoder()
    while (end := _BLANKS.match(text, end).end()) < len(text):  # type: ignore[union-attr]
        value, end = decoder.raw_decode(text, end)
        values.append(value)
    is_row = isinstance(values[0], dict) and len(values[0]) >= _MIN_KEYS
    return values if len(values) > 1 or is_row else values[0]


def _json_cell(value: object) -> Cell:
    if value is None or isinstance(value, int | float | bool):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Half a surrogate pair can be escaped in JSON, and written nowhere.
    return text if text.isascii() else without_invisible(text.encode("utf-8", "replace")).decode()


def _delimited(utf8: bytes) -> list[Sheet]:
    csv.field_size_limit(MAX_CELL)
    start = utf8[:_START].decode(errors="ignore")
    separator, width, header = _separator(start)
    grid = _grid(utf8, separator, width)
    if grid is not None:
        return [Sheet(None, grid)]
    return [Sheet(None, _rows(utf8.decode(), separator, header))]


def _rows(text: str, separator: str, header: range) -> "list[SheetRow]":
    """The records of a text, `header` wide; raise `TooLarge`, or `Refused` for a quote that spoils them."""
    tally, records = Tally(), _Records(text, separator, is_strict=True)
    rows: list[SheetRow] = []
    try:
        for row in records:
            if row == [_END]:
                return rows
            if records.lines > records.line and (quote := swallowing(row, records.raw, separator, header)):
                raise Refused(_of_quote(quote, records), first_rows([*rows, row]))
            rows.append(tally.take(tally.share(row, len(rows)), None, len(rows)))
    except csv.Error as error:
        quote = faulty(records.raw, separator)
        if len(mended := without_blanks_after(text, separator)) < len(text):
            return _rows(mended, separator, header)
        if quote is None or (quote.fault == "open" and len(quote.cell) > MAX_CELL):
            raise TooLarge("cell", None, len(rows)) from error
        with suppress(csv.Error):
            rows.append([cell.rstrip(_END) for cell in next(iter(_Records(records.raw, separator)))])
        raise Refused(_of_quote(quote, records), first_rows(rows)) from error
    raise RuntimeError("a text ended before its end")


def _of_quote(quote: Quote, records: "_Records") -> Observation:
    row, line = records.row, records.line + quote.line
    words = {
        "row": number(row) + (f" (ligne {number(line)} du texte)" if line != row else ""),
        "start": quote.start,
        "what": "avale des lignes entières du tableau"
        if quote.fault == "swallows"
        else "est refermé au milieu d’une cellule",
    }
    return Observation("quote_unclosed" if quote.fault == "open" else "quote_stray", words)


def _grid(utf8: bytes, separator: str, width: int) -> Grid | None:
    """The rows of a text without quotes, as many cells in each, all at once; `None` for any other, or one too large."""
    import pyarrow.compute as pc
    from pyarrow import csv as columns

    if b'"' in utf8 or not 0 < width <= MAX_COLUMNS:
        return None
    names = [str(place) for place in range(width)]
    try:
        table = columns.read_csv(
            pa.BufferReader(utf8),
            columns.ReadOptions(column_names=names, use_threads=False),
            columns.ParseOptions(delimiter=separator, quote_char=False, ignore_empty_lines=False),
            columns.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid:
        return None
    rows = [pa.concat_arrays(column.chunks) for column in table.columns]
    is_small = table.num_rows <= MAX_ROWS + 1 and table.num_rows * width <= MAX_CELLS
    longest = max(pc.max(pc.binary_length(column)).as_py() for column in rows)
    return Grid(rows) if is_small and longest <= MAX_CELL else None


def _separator(start: str) -> tuple[str, int, range]:
    """The separator of a text by its start, how many cells its first line has, and how many fields its rows have.

    It is the one under which a header is found that names most columns of a kind; else the one that gives most cells,
    and the first listed of a tie.
    """
    widths = {one: _width(start, one) for one in _SEPARATORS}
    # The likeliest first: a header that lacks nothing ends the search.
    found: dict[str, tuple[int, range]] = {}
    for one in sorted(_SEPARATORS, key=widths.__getitem__, reverse=True):
        known, header, is_whole = _header(start, one)
        found[one] = (known, header)
        if is_whole:
            break
    separator = max(found, key=lambda one: (found[one][0], widths[one]))
    return separator, widths[separator], found[separator][1]


def _width(text: str, separator: str) -> int:
    try:
        return len(next((row for row in islice(_Records(text, separator), _ROWS_ABOVE_HEADER) if any(row)), ()))
    except csv.Error:
        return 0


def _header(text: str, separator: str) -> tuple[int, range, bool]:
    """How many columns of one kind a row among the first ones names, how wide it is, and if it names all it must."""
    best: tuple[int, range, bool] = (0, range(0), False)
    filled = (row for row in _Records(text, separator) if any(row))
    with suppress(csv.Error, TooLarge):
        for row in islice(filled, MAX_TITLE_ROWS + 1):
            if len(row) < _MIN_KEYS:
                continue
            names = [cell if len(cell) <= _MAX_HEADER else "" for cell in row]
            last = max(place for place, cell in enumerate(row, start=1) if cell)
            for contract in CONTRACTS.values():
                fields = {column.field for column in contract.match(names).columns.values()}
                if len(fields) > best[0]:
                    is_whole = fields.issuperset(contract.versions[contract.version_of(list(fields))])
                    best = (len(fields), range(last, len(row) + 1), is_whole)
            if best[2]:
                break
    return best


class _Records:
    """The records of a delimited text, then one that is `_END` unless a quote is left open.

    Of the last one, `raw` is its text, `row` its number and `line` the line where it begins, both from 1; `lines` is
    how many lines were read.
    """

    def __init__(self, text: str, separator: str, *, is_strict: bool = False) -> None:
        self._text, self._separator, self._is_strict = text, separator, is_strict
        self.row = self.line = 1
        self.lines = self._start = self._end = self._separators = 0

    @property
    def raw(self) -> str:
        return self._text[self._start : self._end]

    def __iter__(self) -> Iterator[list[str]]:
        lines = chain(self._counted(), (_END,))
        for row in csv.reader(lines, delimiter=self._separator, strict=self._is_strict):
            self._separators = 0
            yield row
            self.row += 1
            self.line, self._start = self.lines + 1, self._end

    def _counted(self) -> Iterator[str]:
        for found in _LINE.finditer(self._text):
            self.lines += 1
            self._end = found.end()
            self._separators += found[0].count(self._separator)
            if self.lines > _MAX_LINES:
                raise TooLarge("rows")
            if self._separators > _MAX_SEPARATORS:
                raise TooLarge("columns", None, self.lines - 1, self._separators)
            yield found[0]
