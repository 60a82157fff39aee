"""Files that nobody would make on purpose, and what must hold of any file whatever.

Bytes are mutated plainly, tables by Hypothesis, which finds the smallest one that breaks a promise.
"""

import csv
import io
import json
import random
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq
from hypothesis import strategies as st
from upath import UPath

from expectations.runner import SUBMISSION_SUITES
from orchestration.contracts import CONTRACTS
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake import examining, lake, take_in
from orchestration.intake.findings.rules import RULES
from orchestration.intake.ledger import ACCEPTED
from orchestration.intake.opening.formats import Sheet
from orchestration.intake.receipts.files import WrittenReceipt, write_receipt
from orchestration.intake.receipts.record import Receipt
from orchestration.sample.writers import ods_bytes
from orchestration.settings import Settings
from tests.intake.bounds import assert_bounded, measured
from tests.intake.drops import drop
from tests.intake.shown_files import ShownFile, unsaid

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
Table = list[list[object]]


@dataclass(frozen=True)
class File:
    """A made file, the ending of its name, and what is seen in it where that is known."""

    suffix: str
    data: bytes = field(repr=False)
    shown: ShownFile | None = None


# Mutated bytes.

_TOKENS = (
    *(b'"', b"'", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\n\n\n", b";;;;;;;;", b",", b"\t", b"|"),
    *(b"\xe9", "é".encode(), "e\u0301".encode() * 60, "\u202e".encode(), "\U0001f600".encode(), b"\x1b[2J", b"&lol;"),
    *(b"<a href=", b"<![CDATA[", b"<!DOCTYPE x [<!ENTITY y 'z'>]>", b"<!--", b"</a>", b'"><x/>', b"{}", b"[", b"]"),
    *(b"-1", b"9" * 40, b"1e400", b"NaN", b"0.1", b"1 234,5", b"31/02/2020", b"S9 0000", b"T1 0000", b"=1+1", b"#REF!"),
    *(b"TOTAL", "NÉANT".encode(), b"XFD1048576", b"A0", b"ZZZZ99999999", b"4294967295", b"True", b"x" * 3_000),
)


def mutated(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """The bytes with a few changes; those of a package are often made inside one of its parts, past its checksums."""
    # An archive that is cut short begins as one too.
    if zipfile.is_zipfile(io.BytesIO(data)) and chance.random() < 0.7:
        return _with_part_changed(data, chance, others)
    return _changed(data, chance, others)


def _changed(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(changed) + 1)
        to = min(len(changed), at + chance.choice((1, 4, 30, 300)))
        match chance.randrange(9):
            case 0 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                changed[at:to] = chance.randbytes(to - at)
            case 2:
                del changed[at:to]
            case 3:
                del changed[at:]
            case 4:
                changed[at:at] = changed[at:to] * chance.choice((1, 2, 50))
            case 5:
                other = chance.choice(others)
                changed[at:] = other[chance.randrange(len(other)) :]
            case 6:
                numbers = list(re.finditer(rb"\d+", bytes(changed)))
                if numbers:
                    number = chance.choice(numbers)
                    changed[number.start() : number.end()] = chance.choice(_TOKENS)
            case _:
                changed[at:at] = chance.choice(_TOKENS) * chance.choice((1, 1, 1, 20))
    return bytes(changed)


def _with_part_changed(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as made:
        chosen = chance.choice(given.namelist())
        for name in given.namelist():
            part = given.read(name)
            content = _changed(part, chance, others) if name == chosen else part
            # Under a date of its own, so that the same seed makes the same bytes.
            made.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return package.getvalue()


# Mutated tables.

_NUMBERS = (
    "1 234,5",
    "1.234,56",
    "12,5 M€",
    "850 k€",
    "12 %",
    "8,985",
    "-3",
    "1e5",
    "9" * 30,
    "0,0",
    "²",
    "١٢",
    "1,2,3",
)
_DATES = (
    "2020-01-01",
    "31/02/2020",
    "juillet 2013",
    "avril 15",
    "S1 0000",
    "T3 2026",
    "2020-13-45T00:00",
    "01/01/0000",
)
_TEXTS = (
    *("", " ", "\u00a0", "\n", "TOTAL", "NÉANT", "En cadrage", "N/A", "–", "-", "Oui", "non ", "oui;non", "=1+1", "@x"),
    *('"', "''", "<b>x</b>", "<![x>", '<a href="https://x.fr">x</a', "<" * 400, "&amp;", "{title}", "{", "%s", "[/x]"),
    *("e\u0301\u0301" * 50, "\u202eabc", "\ufeff", "\x00", "\x01\x1b", "\ud800", "\U0001f600", "ß" * 100, "x" * 40_000),
)
_VALUES = st.one_of(
    st.sampled_from((*_NUMBERS, *_DATES, *_TEXTS)),
    st.text(max_size=20),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.booleans(),
    st.none(),
    st.dates(),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
)
_OPERATIONS = (
    *("cell", "cell", "cell", "cell", "column_cells", "header", "header_twice", "row_drop", "row_twice", "row_shift"),
    *("row_blank", "row_total", "column_drop", "column_twice", "columns_swap", "above", "repeat_header", "long_row"),
)


@st.composite
def files(draw: st.DrawFn, tables: Sequence[Table]) -> File:
    """A table mutated a few times, in some format."""
    table = [list(row) for row in draw(st.sampled_from(tables))]
    for operation in draw(st.lists(st.sampled_from(_OPERATIONS), min_size=1, max_size=6)):
        _mutate(table, operation, draw)
    kind = draw(st.sampled_from(("csv", "csv", "xlsx", "ods", "json")))
    return File(kind, _WRITERS[kind](table, draw))


def _mutate(table: Table, operation: str, draw: st.DrawFn) -> None:
    if not table:
        return
    row = draw(st.integers(0, len(table) - 1))
    width = max(map(len, table), default=0)
    column, other = (draw(st.integers(0, max(0, width - 1))) for _ in range(2))
    for one in table:
        one += [None] * (width - len(one))
    match operation:
        case "cell" if width:
            table[row][column] = draw(_VALUES)
        case "column_cells" if width:
            value = draw(_VALUES)
            for one in table[1:]:
                one[column] = value
        case "header" if width:
            table[0][column] = draw(st.sampled_from((*_TEXTS, *(str(cell).upper() for cell in table[0]))))
        case "header_twice" if width:
            table[0][column] = table[0][other]
        case "row_drop":
            del table[row]
        case "row_twice":
            table.insert(row, list(table[row]))
        case "row_shift":
            table[row].insert(column, draw(_VALUES))
        case "row_blank":
            table.insert(row, [])
        case "row_total":
            table.append(["TOTAL", *[draw(st.integers(0, 10**6))] * 3])
        case "column_drop":
            for one in table:
                del one[column : column + 1]
        case "column_twice":
            for one in table:
                one.extend(one[column : column + 1])
        case "columns_swap" if width:
            for one in table:
                one[column], one[other] = one[other], one[column]
        case "above":
            table.insert(0, [draw(_VALUES)])
        case "repeat_header":
            table.insert(row, list(table[0]))
        case "long_row":
            table[row].extend([draw(_VALUES)] * 300)


def _csv(table: Table, draw: st.DrawFn) -> bytes:
    text = io.StringIO()
    end, separator = draw(st.sampled_from(("\n", "\r\n", "\r"))), draw(st.sampled_from(";;,\t|"))
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(table)
    encoding = draw(st.sampled_from(("utf-8", "utf-8-sig", "cp1252", "utf-16", "mixed")))
    if encoding != "mixed":
        return text.getvalue().encode(encoding, "replace")
    half = len(text.getvalue()) // 2
    return text.getvalue()[:half].encode("cp1252", "replace") + text.getvalue()[half:].encode("utf-8", "replace")


def _json(table: Table, _draw: st.DrawFn) -> bytes:
    header, *rows = table or [[]]
    return json.dumps([dict(zip(map(str, header), row, strict=False)) for row in rows], default=str).encode()


def _xlsx(table: Table, _draw: st.DrawFn) -> bytes:
    import xlsxwriter

    content = io.BytesIO()
    options = {"in_memory": True, "nan_inf_to_errors": True, "default_date_format": "dd/mm/yyyy"}
    with warnings.catch_warnings(), xlsxwriter.Workbook(content, options) as book:
        warnings.simplefilter("ignore")
        page = book.add_worksheet("Export")
        for number, row in enumerate(table):
            for position, cell in enumerate(row):
                page.write(number, position, _encodable(cell))
    return content.getvalue()


def _ods(table: Table, _draw: st.DrawFn) -> bytes:
    plain = (int, Decimal, date, str)
    return ods_bytes([[_encodable(cell if isinstance(cell, plain) else str(cell)) for cell in row] for row in table])


def _encodable(cell: Any) -> Any:
    return cell.encode("utf-8", "replace").decode() if isinstance(cell, str) else cell


_WRITERS: Mapping[str, Callable[[Table, st.DrawFn], bytes]] = {"csv": _csv, "json": _json, "xlsx": _xlsx, "ods": _ods}


# What must hold.

_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_KNOWN_RULES = {**RULES, **{rule.id: rule for suite in SUBMISSION_SUITES.values() for rule in suite.rules}}
_EDITIONS = ("2020-S1", "2020-S2", "2021-S1", "2021-S2")


def assert_all_hold(batch: Sequence[File]) -> None:
    """File these in one pass over a home of their own, and hold each receipt and its rows against the promises."""
    with TemporaryDirectory() as home:
        settings = Settings(home=Path(home), settle_seconds=0)
        perimeters = list(perimeter_names())
        for number, file in enumerate(batch):
            place = f"{_EDITIONS[number % 4]}/{perimeters[number % len(perimeters)]}"
            drop(settings.home, f"{place}{'/essai' * (number % 7 == 6)}/{number:03}.{file.suffix}", file.data)
        with patch.object(examining, "_read", _measured_read), patch.object(take_in, "write_receipt", _measured_write):
            taken = take_in.take_in(settings, NOW)
        assert len(taken.outcomes) == len(batch)
        assert not [verdict for verdicts in taken.verdicts.values() for verdict in verdicts if verdict.broken]
        for outcome in taken.outcomes:
            try:
                _assert_receipt_holds(outcome, settings, batch[int(Path(outcome.path).stem)].shown)
            except AssertionError as error:
                with NamedTemporaryFile(suffix=Path(outcome.path).suffix, delete=False) as kept:
                    kept.write((settings.inbox / outcome.path).read_bytes())
                error.add_note(f"The file is kept in {kept.name}")
                raise


_read = examining._read


def _measured_read(arrival: examining.Arrival) -> examining.Examined:
    with measured() as cost:
        examined = _read(arrival)
    assert_bounded(cost, f"a file of {len(arrival.data)} bytes")
    return examined


def _measured_write(receipt: Receipt, outbox: UPath, data: bytes, sheets: Sequence[Sheet]) -> WrittenReceipt:
    with measured() as cost:
        written = write_receipt(receipt, outbox, data, sheets)
    assert_bounded(cost, f"the receipt of a file of {len(data)} bytes")
    return written


def _assert_receipt_holds(outcome: take_in.Outcome, settings: Settings, shown: ShownFile | None) -> None:
    receipt, folder = outcome.receipt, Path(outcome.receipt_folder)
    accuse = json.loads((folder / "accuse.json").read_text(encoding="utf-8"))
    assert accuse["status"] in ("accepted", "accepted_with_warnings", "unchanged", "rejected")
    assert accuse["status"] != "rejected" or receipt.errors
    assert (folder / "accuse.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    for finding in accuse["findings"]:
        _assert_well_formed(finding)
    rows = {}
    if receipt.status in ACCEPTED and not receipt.is_dry_run and receipt.rows_accepted:
        path = lake.submission_path(
            settings.lake, str(receipt.kind), str(receipt.edition), str(receipt.perimeter), receipt.drop_id or 0
        )
        table = pq.read_table(path, partitioning=None)
        assert table.schema == CONTRACTS[str(receipt.kind)].lake_schema()
        rows = {row["row_number"]: row for row in table.to_pylist()}
        assert len(rows) == receipt.rows_accepted
    for finding in accuse["findings"]:
        row = rows.get(finding["row"])
        if row and finding["severity"] == "error" and finding["cell"]:
            _assert_empty(row, finding)
    if shown is not None and not receipt.is_dry_run:
        assert not unsaid(shown, accuse, rows), f"in a file of {shown.done}"


def _assert_well_formed(finding: Mapping[str, Any]) -> None:
    assert finding["rule"] != "reading_failed"
    assert _KNOWN_RULES[finding["rule"]].severity == finding["severity"]
    assert finding["expected"].strip().endswith((".", "!", "?"))
    assert finding["remedy"].strip().endswith((".", "!", "?"))
    if finding["cell"]:
        address = _ADDRESS.fullmatch(finding["cell"])
        assert address
        assert int(address[2]) == finding["row"]


def _assert_empty(row: Mapping[str, Any], finding: Mapping[str, Any]) -> None:
    letters = str(finding["cell"]).rstrip("0123456789")
    for name, column in json.loads(row["cell_columns"]).items():
        if column == letters:
            assert row[name] is None, f"{name} = {row[name]!r} from a cell that {finding['rule']} calls unreadable"
