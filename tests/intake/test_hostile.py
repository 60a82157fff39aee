"""A file made to harm gets its receipt like any other, in bounded time and memory; nothing is followed or expanded."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.contracts import CONTRACTS
from orchestration.intake import inbox, lake, take_in
from orchestration.intake.opening.limits import MAX_ROWS
from tests.intake.bounds import assert_bounded, measured
from tests.intake.drops import GOOD, OTHER, drop, projects_csv, workbook
from tests.intake.hostile import (
    HEADERS,
    LAUGHS,
    ODS_TABLE,
    QUADRATIC,
    ROW,
    XLSX_TABLE,
    ods,
    ods_row,
    package,
    records,
    with_a_false_size,
    xlsx,
    xlsx_row,
)
from tests.intake.read_file import read

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TABLE = projects_csv(GOOD, OTHER)
GOOD_ROWS = ["HORIZON", "BOUSSOLE"]
_ENCRYPTED = '<m:file-entry m:full-path="content.xml"><m:encryption-data/></m:file-entry>'

REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("file_empty", lambda: b""),
    "only_nul": ("file_empty", lambda: bytes(1_000)),
    "pdf": ("format_pdf", lambda: b"%PDF-1.7\n" + TABLE),
    "xls": ("format_xls", lambda: OLE + bytes(4_096)),
    "encrypted_xlsx": ("format_encrypted", lambda: OLE + "EncryptedPackage".encode("utf-16-le")),
    "encrypted_ods": ("format_encrypted", lambda: ods(ODS_TABLE, manifest=_ENCRYPTED)),
    "html_named_xls": ("format_html", lambda: b"\xef\xbb\xbf<!-- Excel --><html><table><tr><td>1</table>"),
    "macros": ("format_xlsm", lambda: xlsx(XLSX_TABLE, **{"xl/vbaProject.bin": b"x"})),
    "picture": ("format_document", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "nul_in_text": ("format_unknown", lambda: TABLE.replace(b"HORIZON", b"HOR\x00IZON")),
    "nul_in_utf16": ("format_unknown", lambda: TABLE.decode("cp1252").replace("Z", "\x00").encode("utf-16")),
    "utf16_without_mark": ("text_encoding", lambda: TABLE.decode("cp1252").encode("utf-16-le")),
    "half_a_utf16_pair": ("format_unknown", lambda: b"\xff\xfe\x00\xd8a\x00"),
    "another_package": ("format_document", lambda: package({"word/document.xml": "<x/>"})),
    "package_in_a_package": ("format_archive", lambda: package({"a.xlsx": xlsx(XLSX_TABLE)})),
    "cut_package": ("file_damaged", lambda: xlsx(XLSX_TABLE)[:-40]),
    "bad_checksum": ("file_damaged", lambda: xlsx(XLSX_TABLE).replace(b"PK\x01\x02", b"PK\x01\x00", 1)),
    # Too much of something.
    "too_many_bytes": ("file_too_large", lambda: b"a;b\n" * (13 * 2**20)),
    "a_line_of_60_mb": ("file_too_large", lambda: b"x" * 60 * 2**20),
    "a_line_of_49_mb": ("cell_too_long", lambda: b"x" * 49 * 2**20),
    "a_million_columns": ("file_too_large", lambda: b";".join([b"Nom du projet"] * 10**6) + b"\n"),
    "columns_on_quoted_lines": ("file_too_large", lambda: b'"ab\n";' * 10**6),
    "25_million_cells": ("file_too_large", lambda: b"a;b;c;d;e\n" * (5 * 2**20)),
    "50_million_blank_lines": ("file_too_large", lambda: b"\n" * (50 * 2**20 - 4) + b"a;b"),
    "a_cell_of_10_mb": ("cell_too_long", lambda: TABLE + b"x" * 10 * 2**20),
    "an_open_quote": ("quote_unclosed", lambda: TABLE + b'"HORIZON;' + GOOD.encode("cp1252")),
    "json_too_deep": ("file_damaged", lambda: b"[" * 10**5),
    "json_deep_cell": ("file_damaged", lambda: b'[{"a":' + b"[" * 10**5 + b"]" * 10**5 + b"}]"),
    "json_no_records": ("json_not_records", lambda: b"[" + b"1," * 10**6 + b"1]"),
    "json_many_records": ("file_too_large", lambda: b"[" + b"{}," * 10**6 + b"{}]"),
    "json_many_values": ("file_too_large", lambda: b"[" + b'"ab",' * (8 * 2**20) + b"1]"),
    "json_key_of_its_own_each": ("file_too_large", lambda: records(*({str(n): 1} for n in range(50_000)))),
    "json_cell_of_10_mb": ("cell_too_long", lambda: records({HEADERS[0]: "x" * 10 * 2**20})),
    "json_number_of_5000_digits": ("file_damaged", lambda: b'[{"Projet": ' + b"9" * 5_000 + b"}]"),
    "xlsx_16384_columns": ("file_too_large", lambda: workbook(["Nom du projet"] * 16_384)),
    "xlsx_last_corner": ("file_too_large", lambda: xlsx(XLSX_TABLE + xlsx_row(1_048_576, {"XFD": "x"}))),
    "xlsx_beyond_the_corner": ("file_damaged", lambda: xlsx(XLSX_TABLE + xlsx_row(4_294_967_295, {"ZZZZZZ": "x"}))),
    "xlsx_cell_of_6_mb": ("cell_too_long", lambda: xlsx(xlsx_row(1, {"A": "".join(map(str, range(2**20)))}))),
    "xlsx_strings_shared_by_many": (
        "file_too_large",
        lambda: xlsx(
            "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 5_000)),
            strings=f"<si><t>{'x' * 2**20}</t></si>",
        ),
    ),
    "xlsx_many_entries": ("file_too_large", lambda: xlsx(XLSX_TABLE, **{f"x/{n}": b"" for n in range(50_000)})),
    "xlsx_bomb": ("file_too_large", lambda: xlsx(XLSX_TABLE, xl__media__a=bytes(300 * 2**20))),
    "xlsx_bomb_of_a_false_size": ("file_damaged", lambda: with_a_false_size(xlsx(" " * 100 * 2**20 + XLSX_TABLE))),
    "xlsx_billion_laughs": ("file_damaged", lambda: xlsx(xlsx_row(1, {"A": "&a9;"}), doctype=LAUGHS)),
    "xlsx_billion_laughs_in_strings": (
        "file_damaged",
        lambda: xlsx('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', doctype=LAUGHS, strings="<si><t>&a9;</t></si>"),
    ),
    "xlsx_quadratic": ("file_damaged", lambda: xlsx(xlsx_row(1, {"A": "&a9;" * 10_000}), doctype=QUADRATIC)),
    "ods_billion_laughs": ("file_damaged", lambda: ods(ods_row("&a9;"), doctype=LAUGHS)),
    "ods_16384_columns": ("file_too_large", lambda: ods(ods_row("Nom du projet", cells_times=16_384))),
    "ods_rows_repeated": ("file_too_large", lambda: ods(ods_row(*HEADERS) + ods_row(*ROW, times=1_000_000))),
    "ods_cells_repeated": ("file_damaged", lambda: ods(ods_row("x", times=1_048_576, cells_times=16_384))),
    "ods_repeated_beyond": ("file_damaged", lambda: ods(ods_row("x", times=2**32 - 1, cells_times=2**32 - 1))),
    "ods_spaces": ("file_damaged", lambda: ods(ods_row('a<text:s text:c="4000000000"/>b'))),
}

# What is odd and does no harm is read as if it were not there.
READ: dict[str, Callable[[], bytes]] = {
    "path_tricks": lambda: xlsx(XLSX_TABLE, **{"../../../etc/cron.d/x": b"x", "/etc/passwd": b"x", "C:\\x": b"x"}),
    "external_entity": lambda: xlsx(XLSX_TABLE, doctype='<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'),
    "styled_to_the_last_corner": lambda: xlsx(XLSX_TABLE + '<row r="1048576"><c r="XFD1048576" s="0"/></row>'),
    "mixed_encodings": lambda: projects_csv(GOOD) + (OTHER + "\n").encode(),
    "blank_rows_to_the_end": lambda: TABLE + b";;;;;;\r\n" * 1_000_000,
    "ods_blank_to_the_last_corner": lambda: ods(
        ODS_TABLE
        + '<table:table-row table:number-rows-repeated="1048574">'
        + '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_made_to_harm_is_refused_with_its_reason_within_bounds(name):
    rule, made = REFUSED[name]
    data = made()
    with measured() as cost:
        reading = read(data)
    assert [finding.rule for finding in reading.findings] == [rule]
    assert not reading.rows
    assert_bounded(cost, name)


@pytest.mark.parametrize("name", READ)
def test_what_is_odd_and_harmless_is_read_within_bounds(name):
    data = READ[name]()
    with measured() as cost:
        reading = read(data)
    assert [row["name"] for row in reading.rows] == GOOD_ROWS[: len(reading.rows)]
    assert not [finding for finding in reading.findings if finding.severity == "error"]
    assert reading.rows
    assert_bounded(cost, name)


def test_as_many_values_as_a_file_may_hold_are_checked_within_bounds(tmp_path):
    columns = CONTRACTS["procedures"].current
    cells = {"text": "é{0}-{1}", "url": "http://a/{0}", "volume": "{0}{1}", "integer": "{0}", "rate": "0.{0}{1}"}
    cells |= {"score": "9.{0}{1}", "date": "2021-01-01", "code": "Oui"}
    line = ";".join(cells[column.type].replace("{1}", str(place)) for place, column in enumerate(columns))
    rows = "\n".join(line.replace("{0}", str(row)) for row in range(MAX_ROWS))
    file = tmp_path / "demarches.csv"
    file.write_text(";".join(column.field for column in columns) + "\n" + rows, encoding="utf-8")
    with measured() as cost:
        receipt = take_in.check_file(file, NOW).receipt
    assert (receipt.kind, receipt.rows_read) == ("procedures", MAX_ROWS)
    assert_bounded(cost, "values that all differ")


def test_what_is_no_plain_file_gets_a_receipt_and_is_never_opened(settings, tmp_path):
    drop(settings.home, "2021-S2/MI/bon.csv", TABLE)
    box = settings.home / "inbox" / "2021-S2" / "MI"
    (tmp_path / "secret.csv").write_bytes(projects_csv(GOOD.replace("HORIZON", "SECRET")))
    (box / "lien.csv").symlink_to(tmp_path / "secret.csv")
    (box / "nulle part.csv").symlink_to(tmp_path / "nowhere")
    (box / "boucle").symlink_to(box)
    (box / "dossier.xlsx").mkdir()
    os.mkfifo(box / "tube.csv")
    (box / "saut\n de ligne.csv").write_bytes(TABLE)
    Path(os.fsdecode(os.fsencode(box) + b"/octet \xff.csv")).write_bytes(TABLE)
    outcomes = {outcome.path: outcome.receipt for outcome in take_in.take_in(settings, NOW).outcomes}
    assert outcomes.pop("2021-S2/MI/bon.csv").status == "accepted"
    assert {path.rsplit("/", 1)[-1]: [one.rule for one in receipt.findings] for path, receipt in outcomes.items()} == {
        name: ["not_a_file"]
        for name in (
            *("lien.csv", "nulle part.csv", "boucle", "dossier.xlsx", "tube.csv"),
            *(r"saut\n de ligne.csv", r"octet \udcff.csv"),
        )
    }
    assert take_in.take_in(settings, NOW).outcomes == ()
    written = b"".join(
        path.read_bytes() for path in settings.home.rglob("*") if path.is_file() and "outbox" in path.parts
    )
    assert b"SECRET" not in written


def test_a_file_taken_away_after_it_was_seen_is_no_drop(settings, monkeypatch):
    gone = drop(settings.home, "2021-S2/MI/parti.csv", TABLE)
    take = inbox.read_file
    monkeypatch.setattr(inbox, "read_file", lambda box, seen: (gone.unlink(), take(box, seen)))
    assert take_in.take_in(settings, NOW).outcomes == ()


@pytest.mark.parametrize(
    "name", ["[red]x.csv", "%2e%2e%2fx.csv", "a b;c&d.csv", "-rf.csv", "x" * 250 + ".csv", "\u202evsc.é"]
)
def test_a_strange_name_is_a_name_like_any_other(settings, name):
    drop(settings.home, f"2021-S2/MI/{name}", TABLE)
    (outcome,) = take_in.take_in(settings, NOW).outcomes
    assert (outcome.receipt.status, outcome.receipt.file_name) == ("accepted", name)


def test_a_file_that_breaks_us_after_it_was_read_costs_itself_alone(settings, monkeypatch):
    drop(settings.home, "2021-S2/MI/a.csv", TABLE)
    drop(settings.home, "2021-S2/MJ/b.csv", TABLE)
    write = lake.write_submission

    def breaks_once(path, submission, rows):
        if submission.perimeter == "MI":
            raise ValueError("no such number")
        return write(path, submission, rows)

    monkeypatch.setattr(lake, "write_submission", breaks_once)
    outcomes = {outcome.path: outcome.receipt for outcome in take_in.take_in(settings, NOW).outcomes}
    assert [finding.rule for finding in outcomes["2021-S2/MI/a.csv"].findings] == ["reading_failed"]
    assert outcomes["2021-S2/MJ/b.csv"].rows_accepted == 2


def test_a_huge_file_is_archived_no_further_than_it_is_read(settings, monkeypatch):
    monkeypatch.setattr(inbox, "MAX_BYTES", 100)
    drop(settings.home, "2021-S2/MI/a.csv", TABLE)
    take_in.take_in(settings, NOW)
    assert [path.stat().st_size for path in (settings.home / "archive").glob("??/*") if path.is_file()] == [101]


def test_what_a_cell_holds_never_drives_the_terminal(tmp_path):
    file = tmp_path / "export.csv"
    file.write_bytes(projects_csv(GOOD.replace("4,5", "[/x] \x1b[2J[link=x]")))
    result = CliRunner().invoke(app, ["check", str(file), "--home", str(tmp_path / "none")])
    assert "[/x] \N{REPLACEMENT CHARACTER}[2J[link=x]" in result.stdout
    assert "\x1b" not in result.stdout
