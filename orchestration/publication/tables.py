"""The tables of one edition and their bytes as CSV, JSON and Parquet.

What belongs here: which marts are published, in which order of rows, and how a value is written.
What does not: any rule of the domain (the marts hold the figures) and where files go (`release`).
"""

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.domain.spreadsheets import FORMULA_STARTS
from orchestration.store.json_values import json_records, plain_text
from orchestration.store.marts import MartRow, mart_table


class PublishedTable(NamedTuple):
    """What is known of a published table: the columns that order its rows inside an edition, its name for readers, and
    the headline figure without which the edition has nothing to show in it (None: it always has).
    """

    order_by: tuple[str, ...]
    title_fr: str
    needs: str | None


# The published tables, in the order of the downloads.
TABLES = {
    "headline_figures": PublishedTable(("edition",), "Chiffres clés", None),
    "headline_changes": PublishedTable(("figure",), "Chiffres clés comparés à l’édition précédente", None),
    "state_publications": PublishedTable(("published_on",), "Chiffres publiés par l’État lui-même", "published_on"),
    "portfolio": PublishedTable(("project_id",), "Tous les grands projets", "projects"),
    "top50": PublishedTable(("rank",), "TOP 50", "projects"),
    "movements": PublishedTable(("project_id", "movement"), "Mouvements", "projects"),
    "slips": PublishedTable(("rule", "subject", "measure"), "Glissements", "projects"),
    "procedures": PublishedTable(("procedure_id",), "Toutes les démarches", "procedures"),
    "top250": PublishedTable(("rank", "procedure_id"), "TOP 250", "procedures"),
    "procedure_scores": PublishedTable(
        ("perimeter", "indicator"), "Objectifs des démarches, par périmètre", "procedures"
    ),
    "roadmap": PublishedTable(("action_id",), "Feuille de route", "roadmap_actions"),
    "indicators": PublishedTable(("indicator_id",), "Indicateurs", "indicators"),
}


def read_tables(marts: Path, edition: str) -> dict[str, pa.Table]:
    """Read every published table of `edition`; one that has no row for it is there, empty."""
    return {name: mart_table(marts, name, edition=edition, order_by=table.order_by) for name, table in TABLES.items()}


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
    if isinstance(value, str) and text.startswith(FORMULA_STARTS):
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
