"""What nobody sees in a cell is taken out when a file is opened, whatever its format; what is seen stays."""

import json

import pytest

from orchestration.intake.opening.formats import open_sheets
from orchestration.intake.opening.invisible import without_invisible
from orchestration.sample.writers import ods_bytes
from tests.intake.drops import workbook

UNSEEN = "\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\u00ad\u061c\ufeff"
TABLE = [["Nom\u200b du projet", "Coût"], ["PHAR\u2060E\u00ad", "\ufeff42,5\u200b"], ["\u200e\u200f", "12"]]
FORMATS = {
    "UTF-8": lambda: "\r\n".join(map(";".join, TABLE)).encode(),
    "UTF-8 in quotes": lambda: "\n".join(";".join(f'"{cell}"' for cell in row) for row in TABLE).encode(),
    "UTF-16": lambda: "\n".join(map("\t".join, TABLE)).encode("utf-16"),
    "JSON": lambda: json.dumps([dict(zip(TABLE[0], row, strict=True)) for row in TABLE[1:]]).encode(),
    "JSON as it is": lambda: json.dumps(
        [dict(zip(TABLE[0], row, strict=True)) for row in TABLE[1:]], ensure_ascii=False
    ).encode(),
    "XLSX": lambda: workbook(*TABLE, sheet="Pro\u200bjets"),
    "ODS": lambda: ods_bytes(TABLE),
}


@pytest.mark.parametrize("name", FORMATS)
def test_no_cell_holds_what_nobody_sees(name):
    (sheet,) = open_sheets(FORMATS[name]())
    assert [list(row) for row in sheet.rows] == [["Nom du projet", "Coût"], ["PHARE", "42,5"], ["", "12"]]


def test_a_soft_hyphen_of_an_old_encoding_is_none_either():
    (sheet,) = open_sheets("Nom;Coût\nPHA\u00adRE;4".encode("cp1252"))
    assert list(sheet.rows[1]) == ["PHARE", "4"]


def test_a_sheet_keeps_its_name():
    assert open_sheets(workbook(*TABLE, sheet="Pro\u200bjets"))[0].name == "Pro\u200bjets"


@pytest.mark.parametrize("sign", UNSEEN)
def test_each_sign_is_taken_out_alone(sign):
    assert without_invisible(f"a{sign}é".encode()) == "aé".encode()


@pytest.mark.parametrize("text", ["L’été – « 1\u202f234,5\u00a0€ » …", "👩\u200d💻", "í Ø ï", "ascii", "\u2028\u2030"])
def test_what_is_seen_or_joins_stays(text):
    assert without_invisible(text.encode()).decode() == text
