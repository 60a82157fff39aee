"""Tables to bytes in each format that ministries use; the same table gives the same bytes.

What belongs here: containers (encoding, separators, workbooks) and the files that are no table at all. What does not:
what the cells say.
"""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

FileCell = str | int | Decimal | date | None
FileTable = Sequence[Sequence[FileCell]]

# The earliest instant that a zip entry can carry.
_NO_CLOCK = (1980, 1, 1, 0, 0, 0)
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CREATED = datetime(2019, 1, 1)  # noqa: DTZ001

PDF = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
XLS = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1528)


def csv_bytes(
    table: FileTable, encoding: str = "utf-8", separator: str = ",", row_end: str = "\n", line_break: str = "\n"
) -> bytes:
    """A CSV or TSV; `line_break` is the one inside cells."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=row_end)
    for row in table:
        writer.writerow([cell.replace("\n", line_break) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode(encoding)


def json_bytes(table: FileTable) -> bytes:
    """A list of records, the header's titles as keys, blank cells as null."""
    header, *rows = table
    records = [dict(zip(header, row, strict=True)) for row in rows]
    return json.dumps(
        records,
        ensure_ascii=False,
        indent=1,
        default=lambda cell: float(cell) if isinstance(cell, Decimal) else cell.isoformat(),
    ).encode()


def xlsx_bytes(table: FileTable, sheet: str = "Export CSV", date_1904: bool = False) -> bytes:
    """A workbook of one sheet, dates as Excel dates counted from 1900 or 1904."""
    import xlsxwriter

    content = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "dd/mm/yyyy",
    }
    with xlsxwriter.Workbook(content, options | {"date_1904": date_1904}) as book:
        book.set_properties({"created": _CREATED})
        page = book.add_worksheet(sheet)
        for number, row in enumerate(table):
            page.write_row(number, 0, list(row))
    return content.getvalue()


def ods_bytes(table: FileTable, sheet: str = "Panorama") -> bytes:
    """A spreadsheet of one sheet, in the fewest elements that OpenDocument readers accept."""
    rows = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in table)
    urn, kind = "urn:oasis:names:tc:opendocument:xmlns", "application/vnd.oasis.opendocument.spreadsheet"
    names = "".join(f' xmlns:{prefix}="{urn}:{prefix}:1.0"' for prefix in ("office", "table", "text"))
    content = (
        f'{_XML}<office:document-content{names} office:version="1.2"><office:body><office:spreadsheet>'
        f"<table:table table:name={quoteattr(sheet)}>{rows}</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'{_XML}<m:manifest xmlns:m="{urn}:manifest:1.0" m:version="1.2">'
        f'<m:file-entry m:full-path="/" m:media-type="{kind}"/>'
        '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>'
    )
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as entries:
        # OpenDocument wants its type first and stored, so that it can be read without unzipping.
        for name, text, compression in (
            ("mimetype", kind, zipfile.ZIP_STORED),
            ("content.xml", content, zipfile.ZIP_DEFLATED),
            ("META-INF/manifest.xml", manifest, zipfile.ZIP_DEFLATED),
        ):
            entries.writestr(zipfile.ZipInfo(name, _NO_CLOCK), text, compression)
    return package.getvalue()


def _ods_cell(cell: FileCell) -> str:
    match cell:
        case None | "":
            return "<table:table-cell/>"
        case int() | Decimal():
            value, shown = f'float" office:value="{cell}', str(cell)
        case date():
            value, shown = f'date" office:date-value="{cell}', f"{cell:%d/%m/%Y}"
        case str():
            value, shown = "string", cell
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in shown.split("\n"))
    return f'<table:table-cell office:value-type="{value}">{lines}</table:table-cell>'
