"""A table in its five formats: the same values in each, whatever a ministry typed."""

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from made_marts import utc
from openpyxl.utils.escape import unescape

from orchestration.domain.spreadsheets import FORMULA_STARTS
from orchestration.publication.table_formats import FORMATS, files_of
from orchestration.publication.table_schemas import Column, TableSchema
from orchestration.publication.workbooks import MOST_CHARACTERS

SCHEMA = TableSchema(
    "made",
    "One row per made-up thing.",
    ("thing_id",),
    (
        Column("thing_id", "text", "Id of the thing."),
        Column("cost_meur", "decimal", "Cost of the thing.", unit="M€"),
        Column("parts", "integer", "How many parts it has."),
        Column("is_new", "boolean", "Whether it is new."),
        Column("made_on", "date", "When it was made."),
        Column("received_at", "timestamp", "When it came (UTC)."),
        Column("colours", "text", "Its colours.", list_separator=", "),
    ),
)
NOTHING: dict[str, Any] = dict.fromkeys(column.name for column in SCHEMA.columns)
THING = NOTHING | {
    "thing_id": "0012",
    "cost_meur": Decimal("1234.50000000"),
    "parts": 3,
    "is_new": True,
    "made_on": date(2021, 6, 30),
    "received_at": utc(2021, 12, 15, 9, 30, 1),
    "colours": "red, blue",
}

HOSTILE = {
    "a formula": '=HYPERLINK("http://example.org";"x")',
    "a sum": "+1+1",
    "a full-width formula": "＝1+1",
    "a link": "https://example.org/",
    "lines": "one\ntwo\r\nthree\rfour",
    "quotes": 'he said "no", and left',
    "semicolons": "a;b;c",
    "a mark": "\ufeffname",
    "right to left": "\u202eevil\u202c שלום",
    "control characters": "a\x01b\x0bc\x1fd",
    "an escape of workbooks": "_x0041_",
    "digits": "0012",
    "spaces": "  kept  ",
}


def made(*rows: dict[str, Any]) -> dict[str, bytes]:
    """The table by format."""
    files = files_of("made", "Choses faites", SCHEMA, rows)
    return {form: files[f"data/made.{form}"] for form in FORMATS}


def sheet_of(files: dict[str, bytes]) -> Any:
    return openpyxl.load_workbook(io.BytesIO(files["xlsx"]))["made"]


def test_each_format_writes_a_value_as_its_readers_need_it() -> None:
    files = made(THING, NOTHING | {"thing_id": "13"})

    assert files["csv"].decode().split("\n")[1:] == [
        '0012,1234.5,3,true,2021-06-30,2021-12-15T09:30:01Z,"red, blue"',
        "13,,,,,,",
        "",
    ]
    assert files["fr.csv"].decode("utf-8-sig").split("\r\n")[1:] == [
        "0012;1234,5;3;VRAI;2021-06-30;2021-12-15 09:30:01;red, blue",
        "13;;;;;;",
        "",
    ]
    assert files["fr.csv"].startswith(b"\xef\xbb\xbf")
    assert json.loads(files["json"])[0] == {
        "thing_id": "0012",
        "cost_meur": 1234.5,
        "parts": 3,
        "is_new": True,
        "made_on": "2021-06-30",
        "received_at": "2021-12-15T09:30:01Z",
        "colours": ["red", "blue"],
    }
    assert set(json.loads(files["json"])[1].values()) == {"13", None}
    rows = list(sheet_of(files).iter_rows(min_row=2))
    assert [cell.value for cell in rows[0]] == [
        *("0012", 1234.5, 3, True),
        *(utc(2021, 6, 30), utc(2021, 12, 15, 9, 30, 1), "red, blue"),
    ]
    assert [cell.value for cell in rows[1]] == ["13", *[None] * 6]


def test_a_workbook_has_its_header_frozen_and_a_sheet_that_says_what_each_column_is() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made(THING)["xlsx"]))

    assert book.sheetnames == ["made", "Notes"]
    assert book["made"].freeze_panes == "A2"
    notes = [[cell.value for cell in row] for row in book["Notes"].iter_rows()]
    assert notes[0][0] == "Choses faites"
    assert ["cost_meur", "M€", "Cost of the thing."] in notes


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_rows_have_the_same_bytes(form: str) -> None:
    assert made(THING, NOTHING)[form] == made(THING, NOTHING)[form]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_a_ministry_typed_is_whole_in_each_format_and_never_runs(text: str) -> None:
    files = made(THING | {"thing_id": text})
    guarded = "'" + text if text.startswith(FORMULA_STARTS) else text

    for form, mark, encoding in (("csv", ",", "utf-8"), ("fr.csv", ";", "utf-8-sig")):
        rows = list(csv.reader(io.StringIO(files[form].decode(encoding), newline=""), delimiter=mark))
        assert (len(rows), rows[1][0]) == (2, guarded)
    assert json.loads(files["json"])[0]["thing_id"] == text
    assert pq.read_table(io.BytesIO(files["parquet"]))["thing_id"].to_pylist() == [text]
    cell = sheet_of(files).cell(2, 1)
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    # openpyxl undoes the escapes of the format for its own sign alone.
    assert text in (cell.value, unescape(cell.value))
    assert cell.quotePrefix is text.startswith(FORMULA_STARTS)


def test_a_text_longer_than_a_cell_of_a_workbook_says_there_that_it_was_cut() -> None:
    files = made(THING | {"thing_id": "é" * 40_000})

    assert json.loads(files["json"])[0]["thing_id"] == "é" * 40_000
    assert files["csv"].decode().count("é") == files["fr.csv"].decode().count("é") == 40_000
    (cut,) = (row[0].value for row in sheet_of(files).iter_rows(min_row=2))
    assert len(cut) == MOST_CHARACTERS
    assert cut.endswith("texte coupé : la cellule entière est dans le CSV")


def test_a_number_of_many_digits_stays_a_number_and_is_the_nearest_float() -> None:
    exact = Decimal("1888.000000000000000950")
    files = made(THING | {"cost_meur": exact, "parts": 2**53})

    assert b"1888.00000000000000095," in files["csv"]
    assert b'"cost_meur": 1888.00000000000000095,' in files["json"]
    assert pq.read_table(io.BytesIO(files["parquet"]))["cost_meur"].to_pylist() == [float(exact)]
    cells = [cell.value for cell in next(sheet_of(files).iter_rows(min_row=2))]
    assert cells[1:3] == [float(exact), 2**53]


def test_a_day_that_spreadsheets_disagree_on_is_a_text_in_a_workbook() -> None:
    files = made(THING | {"made_on": date(1900, 2, 28)}, THING | {"made_on": date(1900, 3, 1)})

    assert [row[4].value for row in sheet_of(files).iter_rows(min_row=2)] == ["1900-02-28", utc(1900, 3, 1)]
