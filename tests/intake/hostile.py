"""Files made to harm, each small to make; packages are written by hand, for libraries refuse to."""

import io
import json
import zipfile
from collections.abc import Mapping

from tests.intake.drops import GOOD, HEADER

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATIONSHIPS = f"{_PACKAGE}/relationships"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
OASIS = "urn:oasis:names:tc:opendocument:xmlns"

HEADERS = HEADER.split(";")
ROW = GOOD.split(";")


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip of these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return content.getvalue()


def xlsx(rows: str, *, doctype: str = "", strings: str | None = None, **more: str | bytes) -> bytes:
    """A workbook of one sheet holding these rows of XML; `more` are parts by name, `__` standing for a slash."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_XLSX}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONSHIPS}">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Projets" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONSHIPS}">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'{doctype}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    if strings is not None:
        parts["xl/sharedStrings.xml"] = f'{doctype}<sst xmlns="{_MAIN}">{strings}</sst>'
    return package(parts | {name.replace("__", "/"): part for name, part in more.items()})


def xlsx_row(number: int, cells: Mapping[str, str]) -> str:
    """A row of XML: the text of each column."""
    inline = "".join(
        f'<c r="{column}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for column, text in cells.items()
    )
    return f'<row r="{number}">{inline}</row>'


XLSX_TABLE = xlsx_row(1, dict(zip("ABCDEF", HEADERS, strict=True))) + xlsx_row(2, dict(zip("ABCDEF", ROW, strict=True)))


def ods(rows: str, *, doctype: str = "", manifest: str = "") -> bytes:
    """A spreadsheet of one sheet holding these rows of XML."""
    names = "".join(f' xmlns:{name}="{OASIS}:{name}:1.0"' for name in ("office", "table", "text"))
    return package(
        {
            "mimetype": ODS,
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{OASIS}:manifest:1.0">{manifest}</m:manifest>',
            "content.xml": f"{doctype}<office:document-content{names}><office:body><office:spreadsheet>"
            f'<table:table table:name="Projets">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )


def ods_row(*texts: str, times: int = 1, cells_times: int = 1) -> str:
    """A row of XML, repeated; each of its cells is too."""
    cells = "".join(
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{cells_times}">'
        f"<text:p>{text}</text:p></table:table-cell>"
        for text in texts
    )
    return f'<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>'


ODS_TABLE = ods_row(*HEADERS) + ods_row(*ROW)

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)) + "]>"
)
QUADRATIC = f'<!DOCTYPE x [<!ENTITY a9 "{"ha" * 50_000}">]>'


def with_a_false_size(data: bytes, size: int = 10) -> bytes:
    """The package with every entry said to unpack to `size` bytes."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = changed.find(mark)
        while at >= 0:
            changed[at + offset : at + offset + 4] = size.to_bytes(4, "little")
            at = changed.find(mark, at + 4)
    return bytes(changed)


def records(*rows: Mapping[str, object]) -> bytes:
    """A JSON file of these records."""
    return json.dumps(rows).encode()
