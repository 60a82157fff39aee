"""The tables of one edition and their bytes as CSV, JSON and Parquet.

What belongs here: which marts are published, in which order of rows, and how a value is written.
What does not: any rule of the domain (the marts hold the figures) and where files go (`release`).
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.store.json_values import json_records, plain_text
from orchestration.store.marts import MartRow, mart_table

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


def read_tables(marts: Path, edition: str) -> dict[str, pa.Table]:
    """Read every published table of `edition`; one that has no row for it is there, empty."""
    return {name: mart_table(marts, name, edition=edition, order_by=keys) for name, keys in KEYS.items()}


def data_files(tables: dict[str, pa.Table]) -> dict[str, bytes]:
    """Write each table in its three formats: path inside the release -> bytes, the same for the same rows."""
    files: dict[str, bytes] = {}
    for name, table in tables.items():
        rows = table.to_pylist()
        files[f"data/{name}.csv"] = _csv(table.column_names, rows)
        files[f"data/{name}.json"] = json_records(rows)
        files[f"data/{name}.parquet"] = _parquet(table)
    return files


def _csv_cell(value: object) -> str:
    text = plain_text(value)
    if isinstance(value, str) and text.startswith(_FORMULA_STARTS):
        text = "'" + text
    # Not the csv module: before Python 3.13 it leaves a lone carriage return bare when lines end in LF.
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text


def _csv(columns: list[str], rows: list[MartRow]) -> bytes:
    lines = [",".join(columns), *(",".join(map(_csv_cell, row.values())) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, version="2.6", data_page_version="1.0", compression="zstd", store_schema=False)
    data: bytes = sink.getvalue().to_pybytes()
    return data
