"""The tables of one edition and their bytes as CSV, JSON and Parquet.

What belongs here: which marts are published, in which order of rows, and how a value is written.
What does not: any rule of the domain (the marts hold the figures) and where files go (`release`).
"""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# A row of a mart: column -> value as Python knows it (Decimal, date, naive UTC datetime, None).
Row = dict[str, Any]

# The published tables and the columns that order their rows inside an edition.
KEYS: dict[str, tuple[str, ...]] = {
    "headline_figures": ("edition",),
    "portfolio": ("project_id",),
    "top50": ("rank",),
    "procedures": ("procedure_id",),
    "top250": ("rank",),
    "procedure_scores": ("perimeter", "indicator"),
    "roadmap": ("action_id",),
    "indicators": ("indicator_id",),
    "movements": ("project_id", "movement"),
    "slips": ("rule", "subject", "measure"),
}

# What makes a spreadsheet take a text for a formula, full-width forms included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def edition_table(marts: Path, name: str, edition: str, keys: Iterable[str]) -> pa.Table:
    """Read the rows of `edition` in the mart `name`, ordered by `keys`; raise `FileNotFoundError` without the mart."""
    table = pq.read_table(marts / f"{name}.parquet", filters=[("edition", "=", edition)], partitioning=None)
    return table.sort_by([(key, "ascending") for key in keys]).combine_chunks().replace_schema_metadata(None)


def read_tables(marts: Path, edition: str) -> dict[str, pa.Table]:
    """Read every published table of `edition`; one that has no row for it is there, empty."""
    return {name: edition_table(marts, name, edition, keys) for name, keys in KEYS.items()}


def data_files(tables: dict[str, pa.Table]) -> dict[str, bytes]:
    """Write each table in its three formats: path inside the release -> bytes, the same for the same rows."""
    files: dict[str, bytes] = {}
    for name, table in tables.items():
        rows = table.to_pylist()
        files[f"data/{name}.csv"] = _csv(table.column_names, rows)
        files[f"data/{name}.json"] = json_records(rows)
        files[f"data/{name}.parquet"] = _parquet(table)
    return files


def moment_text(moment: datetime) -> str:
    """Write a time of the marts (UTC, with or without its zone) as ISO 8601: `2017-06-15T09:00:00Z`."""
    return moment.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")


def decimal_text(value: Decimal) -> str:
    """Write every digit of a decimal and no other: `53.02000000` gives `53.02`."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return decimal_text(value)
        case datetime():
            return moment_text(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _csv_cell(value: object) -> str:
    text = _text(value)
    if isinstance(value, str) and text.startswith(_FORMULA_STARTS):
        text = "'" + text
    # Not the csv module: before Python 3.13 it leaves a lone carriage return bare when lines end in LF.
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text


def _csv(columns: list[str], rows: list[Row]) -> bytes:
    lines = [",".join(columns), *(",".join(map(_csv_cell, row.values())) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _json_value(value: object) -> str:
    # The json module would turn a decimal into a float and lose digits.
    if isinstance(value, Decimal):
        return decimal_text(value)
    plain = value if value is None or isinstance(value, bool | int | float) else _text(value)
    return json.dumps(plain, ensure_ascii=False, allow_nan=False)


def json_records(rows: list[Row]) -> bytes:
    """Write rows as a JSON list of records, one a line; numbers keep every digit, dates and times are ISO 8601."""
    records = (", ".join(f"{json.dumps(name)}: {_json_value(value)}" for name, value in row.items()) for row in rows)
    return ("[\n" + ",\n".join(f"{{{record}}}" for record in records) + "\n]\n").encode()


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, version="2.6", data_page_version="1.0", compression="zstd", store_schema=False)
    data: bytes = sink.getvalue().to_pybytes()
    return data
