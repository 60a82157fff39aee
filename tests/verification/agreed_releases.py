"""Releases in the form that issue 17 agreed upon, made of those of a home: formats, schemas, pages, chain, signature.

What belongs here: writing them, and signing them. What does not: what must be true of them.
"""

import base64
import csv
import hashlib
import io
import json
import re
import shutil
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orchestration.domain.french import number, signed
from orchestration.store.json_values import json_records, plain_text
from orchestration.store.marts import mart_table

KEY_ID = bytes.fromhex("0123456789abcdef")
# Marts that today's releases do not publish; those of the latest revision of each edition are at hand.
_MORE = ("decompositions", "contributions", "confidence", "rebaselines")
_ORDERS = {
    "decompositions": ("from_edition", "measure"),
    "contributions": ("from_edition", "measure", "project_id"),
    "confidence": ("project_id",),
    "rebaselines": ("project_id", "measure"),
}
_KEYS = {
    "headline_figures": ("edition",),
    "portfolio": ("edition", "project_id"),
    "slips": ("edition", "rule", "subject", "measure"),
    "contributions": ("edition", "from_edition", "measure", "project_id"),
}
_TOOLS = {
    "python": "3.11",
    "duckdb": "1.5",
    "dbt-core": "1.11",
    "great-expectations": "1.24",
    "pyarrow": "1",
    "xlsxwriter": "3",
}


class Signer:
    """A key of minisign, and what it signs."""

    def __init__(self, seed: int = 1) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def text(self) -> str:
        """The key as minisign writes it in one line."""
        return base64.b64encode(b"Ed" + KEY_ID + self.public).decode()

    @property
    def file(self) -> str:
        """The key's file."""
        return f"untrusted comment: minisign public key {KEY_ID[::-1].hex().upper()}\n{self.text}\n"

    def sign(self, data: bytes, comment: str) -> bytes:
        """The `.minisig` of some bytes."""
        signature = self._private.sign(hashlib.blake2b(data, digest_size=64).digest())
        over_all = self._private.sign(signature + comment.encode())
        lines = (
            "untrusted comment: Jalons, signature of MANIFEST.json",
            base64.b64encode(b"ED" + KEY_ID + signature).decode(),
            f"trusted comment: {comment}",
            base64.b64encode(over_all).decode(),
        )
        return "".join(f"{line}\n" for line in lines).encode()


def agreed(releases: Path, marts: Path, target: Path, signer: Signer | None, editions: Iterable[str] = ()) -> Path:
    """Write the releases of a home in the agreed form, into `target`; all editions, or those named."""
    for folder in sorted(path for path in releases.iterdir() if path.is_dir()):
        if editions and folder.name not in editions:
            continue
        numbers = sorted(int(path.name[1:]) for path in folder.glob("r*"))
        before = None
        for number_ in numbers:
            old, new = folder / f"r{number_}", target / folder.name / f"r{number_}"
            tables = _tables(old, marts, folder.name, is_latest=number_ == numbers[-1])
            before = _write(old, new, tables, before, signer)
    return target


def _tables(old: Path, marts: Path, edition: str, is_latest: bool) -> dict[str, tuple[pa.Schema, list[dict[str, Any]]]]:
    found = {}
    for path in sorted(old.glob("data/*.parquet")):
        table = pq.read_table(path)
        table = table.drop_columns([name for name in ("cell_columns",) if name in table.column_names])
        if table.num_rows or path.stem in ("headline_figures", "portfolio", "slips", "movements"):
            found[path.stem] = (table.schema, table.to_pylist())
    for name in _MORE if is_latest else ():
        table = mart_table(marts, name, edition=edition, order_by=_ORDERS[name])
        if name == "contributions":
            table = _kept(table, edition)
        found[name] = (table.schema, table.to_pylist())
    return found


def _kept(table: pa.Table, edition: str) -> pa.Table:
    """The contributions of the pairs that are published."""
    earlier = sorted(set(table.column("from_edition").to_pylist()))
    a_year = [one for one in earlier if int(edition[:4]) * 2 + int(edition[-1]) - int(one[:4]) * 2 - int(one[-1]) >= 2]
    keep = {*earlier[-1:], *a_year[-1:]}
    return table.filter(pa.array([one in keep for one in table.column("from_edition").to_pylist()], pa.bool_()))


def _write(
    old: Path,
    new: Path,
    tables: dict[str, tuple[pa.Schema, list[dict[str, Any]]]],
    before: bytes | None,
    signer: Signer | None,
) -> bytes:
    said = json.loads((old / "MANIFEST.json").read_bytes())
    files = {"figures.json": (old / "figures.json").read_bytes(), "index.html": page(tables).encode()}
    for name, (schema, rows) in tables.items():
        files |= table_files(name, schema, rows)
    files["datapackage.json"] = document({"name": "jalons", "resources": [_resource(*one) for one in tables.items()]})
    compared = said["compared_with"]
    number_ = None if compared is None else max(_in_force(old.parent.parent / compared, said["known_at"]))
    head = {key: said[key] for key in list(said)[:10]} | {
        "compared_with": compared,
        "compared_with_revision": number_,
        "previous_manifest_sha256": None if before is None else hashlib.sha256(before).hexdigest(),
        "licence": {
            "name": "etalab-2.0",
            "title": "Licence Ouverte 2.0",
            "path": "https://www.etalab.gouv.fr/licence-ouverte",
        },
        "publisher": {"title": "Jalons", "path": "https://example.fr", "email": "jalons@example.fr"},
        "versions": {
            "jalons": "0.1.0",
            "code_sha256": "0" * 64,
            "contracts_sha256": "0" * 64,
            "rules_sha256": "0" * 64,
            "tools": _TOOLS,
        },
    }
    for path, data in files.items():
        (new / path).parent.mkdir(parents=True, exist_ok=True)
        (new / path).write_bytes(data)
    return seal(new, head | {"files": [], "drops": said["drops"]}, signer)


def _in_force(folder: Path, at: str) -> list[int]:
    known = {
        int(path.parent.name[1:]): json.loads(path.read_bytes())["known_at"] for path in folder.glob("r*/MANIFEST.json")
    }
    return [one for one, since in known.items() if since <= at]


def seal(folder: Path, said: dict[str, Any], signer: Signer | None) -> bytes:
    """Write the manifest of a folder anew over the files that are there, and sign it; its bytes."""
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    listed = [(path, (folder / path).read_bytes()) for path in paths if not path.startswith("MANIFEST.json")]
    said["files"] = [
        {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for path, data in listed
    ]
    data = document(said)
    (folder / "MANIFEST.json").write_bytes(data)
    if signer is not None:
        of = f"edition:{said['edition']} revision:{said['revision']}" if "edition" in said else "tree"
        comment = f"{of} released_at:{said['released_at']}"
        (folder / "MANIFEST.json.minisig").write_bytes(signer.sign(data, comment))
    return data


def _typed(rows: list[dict[str, Any]]) -> tuple[pa.Schema, list[dict[str, Any]]]:
    """Rows of texts, and as numbers the columns that hold nothing else."""
    numeric = {
        column
        for column in rows[0]
        if {bool(re.fullmatch(r"-?[0-9]{1,17}(\.[0-9]{1,18})?", row[column])) for row in rows if row[column]} == {True}
    }
    schema = pa.schema([(column, pa.decimal128(38, 18) if column in numeric else pa.string()) for column in rows[0]])
    typed = [{name: Decimal(text) if text and name in numeric else text for name, text in row.items()} for row in rows]
    return schema, typed


def tree(releases: Path, target: Path, signer: Signer) -> Path:
    """The tree over editions of some releases: one long table for each of theirs."""
    newest = [max(folder.glob("r*")) for folder in sorted(releases.iterdir())]
    rows: dict[str, list[dict[str, Any]]] = {}
    for folder in newest:
        for path in sorted(folder.glob("data/*.csv")):
            if not path.name.endswith(".fr.csv"):
                with path.open(encoding="utf-8", newline="") as file:
                    found = [{name: text or None for name, text in row.items()} for row in csv.DictReader(file)]
                rows.setdefault(path.stem, []).extend(found)
    tables = {name: _typed(of) for name, of in rows.items() if of}
    files = {
        path: data for name, (schema, of) in tables.items() for path, data in table_files(name, schema, of).items()
    }
    resources = [_resource(name, of) for name, of in tables.items()]
    files["datapackage.json"] = document({"name": "jalons", "resources": resources})
    for path, data in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(data)
    named = [(folder.parent.name, int(folder.name[1:]), (folder / "MANIFEST.json").read_bytes()) for folder in newest]
    listed = [
        {"edition": one, "revision": of, "manifest_sha256": hashlib.sha256(data).hexdigest()} for one, of, data in named
    ]
    said = {"kind": "tree", "released_at": "2025-10-15T09:00:00Z", "revisions": listed, "licence": {}, "publisher": {}}
    seal(target, said | {"versions": {}, "files": []}, signer)
    return target


def reseal(folder: Path, signer: Signer | None) -> bytes:
    """Make the manifest of a revision that was changed agree with its files again, as whoever changed them would."""
    if signer is None:
        return seal_keeping_signature(folder)
    return seal(folder, json.loads((folder / "MANIFEST.json").read_bytes()), signer)


def seal_keeping_signature(folder: Path) -> bytes:
    """The same by somebody without the key."""
    return seal(folder, json.loads((folder / "MANIFEST.json").read_bytes()), None)


def document(said: object) -> bytes:
    """A JSON document as releases have it."""
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


# The five formats of a table.


def table_files(name: str, schema: pa.Schema, rows: list[dict[str, Any]]) -> dict[str, bytes]:
    """A table in its five formats, by path."""
    return {
        f"data/{name}.csv": _csv(schema.names, rows),
        f"data/{name}.fr.csv": _french_csv(schema.names, rows),
        f"data/{name}.json": json_records(rows),
        f"data/{name}.xlsx": _workbook(schema.names, rows),
        f"data/{name}.parquet": _parquet(schema, rows),
    }


def _text(value: object) -> str:
    text = plain_text(value)
    return "'" + text if isinstance(value, str) and text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _csv(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    def cell(value: object) -> str:
        text = _text(value)
        return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text

    return "".join(",".join(map(cell, line)) + "\n" for line in [columns, *(row.values() for row in rows)]).encode()


def _french_csv(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    def cell(value: object) -> str:
        if isinstance(value, bool):
            return "VRAI" if value else "FAUX"
        return _text(value).replace(".", ",") if isinstance(value, Decimal) else _text(value)

    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerows([columns, *(map(cell, row.values()) for row in rows)])
    return out.getvalue().encode("utf-8-sig")


def _workbook(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet, notes = book.add_worksheet("Table"), book.add_worksheet("Notes")
    day, moment = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column)
        notes.write_string(place, 0, column)
    for line, row in enumerate(rows, 1):
        for place, value in enumerate(row.values()):
            if isinstance(value, bool):
                sheet.write_boolean(line, place, value)
            elif isinstance(value, datetime):
                sheet.write_datetime(line, place, value, moment)
            elif isinstance(value, date):
                sheet.write_datetime(line, place, datetime(value.year, value.month, value.day), day)
            elif isinstance(value, int | Decimal):
                sheet.write_number(line, place, value)
            elif value is not None:
                sheet.write_string(line, place, value)
    book.close()
    return out.getvalue()


def _parquet(schema: pa.Schema, rows: list[dict[str, Any]]) -> bytes:
    fields = []
    for field in schema:
        kind = field.type
        if pa.types.is_decimal(kind):
            kind = pa.float64()
        elif pa.types.is_timestamp(kind):
            kind = pa.timestamp("us", tz="UTC")
        fields.append(pa.field(field.name, kind))
    as_floats = [
        {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()} for row in rows
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(as_floats, pa.schema(fields)), sink)
    return bytes(sink.getvalue().to_pybytes())


def _resource(name: str, of: tuple[pa.Schema, list[dict[str, Any]]]) -> dict[str, Any]:
    schema = {
        "fields": [{"name": field.name, "type": _type(field.type)} for field in of[0]],
        "missingValues": [{"value": "", "label": "non connu"}],
    }
    schema["fields"][0]["constraints"] = {"required": True}
    if name in _KEYS:
        schema["primaryKey"] = list(_KEYS[name])
    for field in schema["fields"]:
        if field["name"] == "severity":
            field["categories"] = [{"value": one, "label": one} for one in ("information", "attention", "critique")]
    if name == "top50":
        schema["foreignKeys"] = [
            {"fields": ["project_id"], "reference": {"resource": "portfolio", "fields": ["project_id"]}}
        ]
    return {"name": name, "path": f"data/{name}.csv", "format": "csv", "encoding": "utf-8", "schema": schema}


def _type(kind: pa.DataType) -> str:
    tests = {
        "boolean": pa.types.is_boolean,
        "integer": pa.types.is_integer,
        "number": pa.types.is_decimal,
        "date": pa.types.is_date,
        "datetime": pa.types.is_timestamp,
    }
    return next((name for name, test in tests.items() if test(kind)), "string")


def page(tables: dict[str, tuple[pa.Schema, list[dict[str, Any]]]]) -> str:
    """A page that shows figures in the agreed way."""
    row = tables["headline_figures"][1][0]
    shown = [
        ("projects", number(row["projects"])),
        ("mean_duration_years", number(row["mean_duration_years"], 1) + " ans"),
    ]
    shown.append(("total_cost_bn_eur", number(row["total_cost_bn_eur"], 2) + " Md€"))
    cells = [
        f'<b data-figure="headline_figures.{column}">{text}</b>' for column, text in shown if row[column] is not None
    ]
    for one in tables["slips"][1]:
        if one["delta_pct"] is not None:
            key = ",".join(f"{name}={one[name]}" for name in ("rule", "subject", "measure"))
            cells.append(f'<td data-figure="slips.delta_pct[{key}]"><span>{signed(one["delta_pct"], 1)}</span> %</td>')
    for one in tables["portfolio"][1]:
        figure = f"portfolio.current_cost_meur[project_id={one['project_id']}]"
        cost = one["current_cost_meur"]
        cells.append(f'<td data-figure="{figure}">{"–" if cost is None else number(cost, 1) + " M€"}</td>')
    return "<!doctype html><html><body><p>Voilà<br>\n" + "\n".join(cells) + "</body></html>"


def copy_of(folder: Path, target: Path) -> Path:
    """A copy to change."""
    shutil.copytree(folder, target, symlinks=True)
    return target
