"""The content decides the format; what is no table is refused with a sentence that says what to do."""

import io
import json
import zipfile

import pytest

from orchestration.intake.findings.rules import finding_of
from orchestration.intake.opening.formats import Refused, open_sheets
from tests.intake.drops import GOOD, HEADER, OTHER, projects_csv, workbook
from tests.intake.read_file import read


def _package(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in entries.items():
            package.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_delimited_text_is_read_in_each_encoding_and_with_each_separator(separator, encoding):
    text = separator.join(["Nom du projet", "Début", "Coût estimé"]) + "\r\n" + separator.join(["Été", "2020", "4"])
    (sheet,) = open_sheets(text.encode(encoding))
    assert [list(row) for row in sheet.rows] == [["Nom du projet", "Début", "Coût estimé"], ["Été", "2020", "4"]]


def test_a_cell_on_several_lines_is_one_row():
    (sheet,) = open_sheets(b'a;b\r\n"one\ntwo";3\r\n4;5\r\n')
    assert len(sheet.rows) == 3


def test_a_workbook_is_read_from_its_first_row_and_column_on():
    (sheet,) = open_sheets(workbook([], ["", "a"], ["", 1.5]))
    assert (sheet.name, [list(row) for row in sheet.rows]) == ("Projets", [[], ["", "a"], ["", 1.5]])


def test_a_list_of_records_is_read_as_a_table():
    records = [{"Nom du projet": "A", "Coût estimé": 4}, {"Nom du projet": "B", "Début": "2020"}]
    (sheet,) = open_sheets(json.dumps(records).encode())
    assert [list(row) for row in sheet.rows] == [
        ["Nom du projet", "Coût estimé", "Début"],
        ["A", 4, None],
        ["B", None, "2020"],
    ]


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf \r\n", "file_empty"),
        (OLE + b"Workbook", "format_xls"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "format_encrypted"),
        (b"%PDF-1.7", "format_pdf"),
        (b"<html><table></table></html>", "format_html"),
        (b"\n<!DOCTYPE html>", "format_html"),
        (b"\x89PNG\x00\x01", "format_unknown"),
        (b"PK\x03\x04 broken", "file_damaged"),
        (_package(**{"word__document.xml": b"x"}), "format_unknown"),
        (_package(**{"xl__workbook.xml": b"x", "xl__vbaProject.bin": b"x"}), "format_xlsm"),
        (_package(**{"xl__workbook.xml": b"x"}), "file_damaged"),
        (_package(**{"xl__workbook.xml": b"0" * 64 * 2**20}), "file_too_large"),
        (b'{"a": 1}', "json_not_records"),
        (b'[{"a": 1}, 2]', "json_not_records"),
        (b"[" * 100_000, "file_damaged"),
        (b'"' + b"x" * 2**21, "cell_too_long"),
        (b'a;b\n"1;2\n3;4\n', "quote_unclosed"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(data, rule):
    with pytest.raises(Refused) as refused:
        open_sheets(data)
    assert refused.value.observation.rule == rule
    assert finding_of(refused.value.observation).remedy.endswith(".")


def test_a_package_with_too_many_entries_is_refused_before_it_is_opened():
    with pytest.raises(Refused, match="file_too_large"):
        open_sheets(_package(**{f"xl__{number}.xml": b"" for number in range(2_001)}))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"a;b\n1;2\n", OLE, projects_csv(GOOD)[:40]])
def test_reading_never_raises(data):
    reading = read(data)
    assert not reading.rows
    assert reading.findings


def test_the_same_table_in_each_format_gives_the_same_rows():
    rows = [HEADER.split(";"), *(row.split(";") for row in (GOOD, OTHER))]
    from_csv = read(projects_csv(GOOD, OTHER)).rows
    from_xlsx = read(workbook(*rows)).rows
    from_json = read(json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]]).encode()).rows
    assert [dict(row, sheet=None) for row in from_xlsx] == list(from_csv) == list(from_json)
