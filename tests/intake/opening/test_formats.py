"""The content decides the format; what is no table is refused with a sentence that says what to do."""

import bz2
import gzip
import io
import json
import lzma
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
        (b"\x00\x01\x02\x03" * 9, "format_unknown"),
        (b"PK\x03\x04 broken", "file_damaged"),
        (_package(**{"word__document.xml": b"x"}), "format_document"),
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


@pytest.mark.parametrize(
    ("data", "rule", "word"),
    [
        (_package(**{"xl__workbook.bin": b"x", "xl__vbaProject.bin": b"x"}), "format_spreadsheet", ".xlsb"),
        (_package(**{"Index__Document.iwa": b"x"}), "format_spreadsheet", "Numbers"),
        (_package(mimetype=b"application/vnd.oasis.opendocument.text"), "format_document", ".odt"),
        (_package(**{"word__document.xml": b"x"}), "format_document", "Word (.docx)"),
        (_package(**{"ppt__presentation.xml": b"x"}), "format_document", "PowerPoint"),
        (_package(**{"remontée.csv": b"x", "__MACOSX": b"x"}), "format_archive", "« remontée.csv »"),
        (_package(**{"a.xlsx": projects_csv(GOOD)}), "format_archive", "« a.xlsx »"),
        (gzip.compress(projects_csv(GOOD)), "format_archive", "gzip"),
        (bz2.compress(projects_csv(GOOD)), "format_archive", "bzip2"),
        (lzma.compress(projects_csv(GOOD)), "format_archive", "XZ"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(9), "format_archive", "7-Zip"),
        (b"Rar!\x1a\x07\x00", "format_archive", "RAR"),
        (OLE + "WordDocument".encode("utf-16-le"), "format_document", "Word (.doc)"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00", "format_xls", ".xls"),
        (b"{\\rtf1\\ansi Nom du projet}", "format_document", "RTF"),
        (b"\x89PNG\r\n\x1a\n\x00", "format_document", "image"),
        (b"\xff\xd8\xff\xe0", "format_document", "image"),
        (b"[InternetShortcut]\r\nURL=https://x.fr\r\n", "format_document", "raccourci"),
        (b"ID;PWXL;N;E\r\nP;PGeneral\r\n", "format_spreadsheet", "SYLK"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "format_spreadsheet",
            "XML 2003",
        ),
        (b'<?xml version="1.0"?><office:document office:version="1.2">', "format_spreadsheet", ".fods"),
        (b'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table>', "format_html", "page web"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "format_html", "page web"),
        ("Début;Coût\r\nÉté;4\r\n".encode("mac_roman"), "text_encoding", "CSV (Macintosh)"),
        ("Début;Coût\r\nÉté;4\r\n".encode("cp850"), "text_encoding", "CSV (MS-DOS)"),
        ("Début;Coût\r\nÉté;4\r\n".encode("utf-16-be"), "text_encoding", "UTF-16"),
        ("Début;Coût\r\nÉté;4\r\n".encode("utf-32"), "text_encoding", "UTF-32"),
    ],
)
def test_what_is_another_format_is_called_by_its_name(data, rule, word):
    with pytest.raises(Refused) as refused:
        open_sheets(data)
    finding = finding_of(refused.value.observation)
    assert finding.rule == rule
    assert word in f"{finding.expected} {finding.remedy}".replace("\u00a0", " ")


@pytest.mark.parametrize(
    "text", ["Œuvre « d’été » – 4 €…", "• un\n• deux", "‘a’ — b", "L’Haÿ", "Çà et là, ÉTÉ", "Señor Müller", "25 °C"]
)
def test_a_text_in_windows_1252_is_never_taken_for_another_encoding(text):
    (sheet,) = open_sheets(text.encode("cp1252"))
    assert "\n".join(",".join(map(str, row)) for row in sheet.rows) == text


def test_a_csv_whose_header_begins_like_a_sylk_is_a_csv():
    (sheet,) = open_sheets(b"ID;Projet\r\n1;HORIZON\r\n")
    assert [list(row) for row in sheet.rows] == [["ID", "Projet"], ["1", "HORIZON"]]


@pytest.mark.parametrize("between", ["\n", "\r\n", "\n\n", " "])
def test_objects_of_json_one_after_the_other_are_read_as_a_list_of_them(between):
    records = [{"Nom du projet": "A", "Phase": "Cadrage", "Coût estimé": 4}, {"Nom du projet": "B", "Début": "2020"}]
    (sheet,) = open_sheets(between.join(json.dumps(one) for one in records).encode())
    assert sheet == open_sheets(json.dumps(records).encode())[0]
    assert open_sheets(json.dumps(records[0]).encode()) == open_sheets(json.dumps(records[:1]).encode())


@pytest.mark.parametrize(
    ("text", "row", "start"),
    [
        ('a;b;c;d\n1;"x;y;2\n3;z;t;4\n5;"u;v;6\n', "2", "x"),
        ('a;b;c;d\n1;"x;y;2\n3;z";t;4\n', "2", "x"),
        ('a;b;c;d\n"1;x;y;2\n3;z;t;4"\n', "2", "1"),
        ('a;b;c;d\n1;x;y;"2\n3;z;t;4\n5;u;v;6"\n', "2", "2"),
        ('a;b;c;d\n1;"deux\nlignes";y;2\n3;"z" t;t;4\n', "3 (ligne 4 du texte)", "z"),
        # The record begins with a cell of two lines that was meant.
        ('a;b;c;d\n1;"deux\nlignes";y;"2\n3;z";t;4\n', "2 (ligne 3 du texte)", "2"),
        ('a;b;c;d\n1;"deux\nlignes";y;"2\n3";z;t;4\n', "2 (ligne 3 du texte)", "2"),
        ('a;b;c;d\n1;"deux\nlignes";y;"2\n3;z\nà suivre";t;4;5\n', "2 (ligne 3 du texte)", "2"),
        ('a;b;c;d\n1;"deux\nlignes";"y;2\n3;z;t";4\n', "2 (ligne 3 du texte)", "y"),
    ],
)
def test_a_quote_that_takes_rows_in_is_refused_at_its_line_and_the_first_rows_are_shown(text, row, start):
    header = "Projet;Début;Phase;Coût estimé"
    with pytest.raises(Refused) as refused:
        open_sheets(text.replace("a;b;c;d", header).encode())
    words = refused.value.observation.words
    assert (refused.value.observation.rule, words["row"], words["start"]) == ("quote_stray", row, start)
    assert refused.value.first_rows[0] == tuple(header.split(";"))
    assert len(refused.value.first_rows) == int(row.split()[0])


@pytest.mark.parametrize(
    "cell",
    [
        '"un, deux, trois; quatre; cinq\nsix; sept; huit; neuf\n"',
        '"Dit ""le grand""; a\n- ""b"""',
        '"HORIZON" ',
        'rue "du Bac"',
        '"deux; trois\nlignes"',
    ],
)
@pytest.mark.parametrize("past", ["", ";à voir"])
def test_quotes_around_prose_are_no_fault(cell, past):
    (sheet,) = open_sheets(f"Projet;Début;Phase;Coût estimé\n1;{cell};2;3{past}\n".encode())
    assert [len(row) for row in sheet.rows] == [4, 4 + len(past[:1])]


def test_separators_without_spaces_in_a_cell_of_several_lines_are_no_fault_in_a_row_as_wide_as_the_header():
    (sheet,) = open_sheets('Projet;Début;Phase;Coût estimé\n1;"une\n\nligne;vide;ici";2;3\n'.encode())
    assert [len(row) for row in sheet.rows] == [4, 4]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_under_which_a_header_is_found(separator):
    header = separator.join(["Projet", "Début", "Phase", "Coût estimé"])
    other = ";" if separator == "," else ","
    title = other.join(["Remontée", *"abcdefghij"])
    (sheet,) = open_sheets(f"{title}\n\n{header}\n".encode())
    assert list(sheet.rows[2]) == ["Projet", "Début", "Phase", "Coût estimé"]


def test_the_first_rows_of_a_file_whose_header_is_unknown_are_given_as_they_were_split():
    table = [["Logiciel", "Éditeur", "Postes"], [], ["Suite", "", 1200.0, ""]]
    shown = (("Logiciel", "Éditeur", "Postes"), (), ("Suite", "", "1200"))
    assert read(workbook(*table)).first_rows == shown
    assert read("\n".join(";".join(str(one)[:4] for one in row) for row in table).encode()).first_rows[0] == (
        "Logi",
        "Édit",
        "Post",
    )
    assert read(projects_csv(GOOD)).first_rows == ()
    assert len(read(projects_csv(*["x"] * 50, header="a;b")).first_rows) == 10
