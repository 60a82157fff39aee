"""Formats: a file's bytes become sheets of cells; the content decides, never the name (SPEC §3, §4).

What belongs here: telling formats apart, limits on size, and opening each with its library. What does not: what a cell
means.
"""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.intake.cells import Cell
from orchestration.intake.findings import Finding
from orchestration.intake.rules import finding

MAX_BYTES = 50 * 2**20
_MAX_ENTRIES = 2_000
_MAX_UNPACKED_BYTES = 512 * 2**20
_MAX_RATIO = 1_000
_MAX_SHEETS = 20
_MAX_CELL = 2**20
_SEPARATORS = ",;\t|"
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"


@dataclass(frozen=True)
class Sheet:
    """Rows of cells from the first row of the sheet on, so that position + 1 is the row's number; CSV has no name."""

    name: str | None
    rows: Sequence[Sequence[Cell]]


class Refused(Exception):
    """The file cannot be opened as a table; `finding` says why and what to do."""

    def __init__(self, refusal: Finding) -> None:
        super().__init__(refusal.rule)
        self.finding = refusal


def open_sheets(data: bytes) -> list[Sheet]:
    """Open a file as sheets of cells; raise `Refused` when it is not a table that we read."""
    if not data.strip(b"\x00\xef\xbb\xbf \t\r\n"):
        raise Refused(finding("file_empty"))
    if len(data) > MAX_BYTES:
        raise Refused(finding("file_too_large", {"limit": f"{MAX_BYTES // 2**20} Mo"}))
    if data.startswith(b"PK\x03\x04"):
        return _spreadsheet(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        is_encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise Refused(finding("format_encrypted" if is_encrypted else "format_xls"))
    if data.lstrip()[:5] == b"%PDF-":
        raise Refused(finding("format_pdf"))
    text = _decoded(data)
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype html", "<html", "<?xml", "<table")):
        raise Refused(finding("format_html"))
    if start.startswith(("[", "{")):
        return _json(text)
    return _delimited(text)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
        if b"\x00" in data:
            raise Refused(finding("format_unknown"))
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(finding("format_unknown"))


def _spreadsheet(data: bytes) -> list[Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook

    _check_package(data)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [
            Sheet(name, workbook.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for name in workbook.sheet_names[:_MAX_SHEETS]
        ]
    except (CalamineError, OSError, ValueError) as error:
        raise Refused(finding("file_damaged")) from error


def _check_package(data: bytes) -> None:
    """Look at a zip's own list of entries before anything is unpacked; raise `Refused`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
            names = {entry.filename for entry in entries}
            unpacked = sum(entry.file_size for entry in entries)
            too_dense = any(
                entry.file_size > 2**20 and entry.file_size > _MAX_RATIO * max(1, entry.compress_size)
                for entry in entries
            )
            if len(entries) > _MAX_ENTRIES or unpacked > _MAX_UNPACKED_BYTES or too_dense:
                raise Refused(
                    finding("file_too_large", {"limit": f"{_MAX_UNPACKED_BYTES // 2**20} Mo une fois décompressé"})
                )
            if "xl/workbook.xml" in names:
                if "xl/vbaProject.bin" in names:
                    raise Refused(finding("format_xlsm"))
                return
            if "mimetype" in names and package.read("mimetype").strip() == _ODS:
                if b"encryption-data" in package.read("META-INF/manifest.xml"):
                    raise Refused(finding("format_encrypted"))
                return
    except (zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        raise Refused(finding("file_damaged")) from error
    raise Refused(finding("format_unknown"))


def _json(text: str) -> list[Sheet]:
    try:
        records = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(finding("file_damaged")) from error
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise Refused(finding("json_not_records"))
    headers = list(dict.fromkeys(key for record in records for key in record))
    rows = [[_json_cell(record.get(header)) for header in headers] for record in records]
    return [Sheet(None, [headers, *rows])]


def _json_cell(value: object) -> Cell:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return json.dumps(value, ensure_ascii=False)


def _delimited(text: str) -> list[Sheet]:
    csv.field_size_limit(_MAX_CELL)
    try:
        widths = {
            separator: len(
                next((row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(row)), [])
            )
            for separator in _SEPARATORS
        }
        # The header names the columns: the separator that finds most of them is the file's; the first listed wins a
        # tie.
        separator = max(widths, key=lambda candidate: widths[candidate])
        return [Sheet(None, list(csv.reader(io.StringIO(text, newline=""), delimiter=separator)))]
    except csv.Error as error:
        raise Refused(finding("file_damaged")) from error
