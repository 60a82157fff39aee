"""One long table over all editions per published table, in the same formats, and the tables that no edition owns.

What belongs here: putting the tables of the shown revisions one after the other, and the reference tables. What does
not: how a table of an edition is written (`table_formats`), whose lines are taken as they are.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.domain.reference_data import seed_rows
from orchestration.publication.open_data.shown import ShownRevision
from orchestration.publication.table_formats import files_of, reference_csv
from orchestration.publication.table_schemas import is_mart, seed_schema, table_schema
from orchestration.publication.tables import TABLES, published_columns
from orchestration.publication.workbooks import workbook
from orchestration.store.marts import MartRow, read_mart

#: The tables that no edition owns, by name: their French titles.
REFERENCE_TABLES: Mapping[str, str] = {
    "perimeters": "Périmètres ministériels",
    "ministry_names": "Noms de ministères et leur périmètre",
    "project_aliases": "Registre des noms : quels noms sont un même projet, qui l’a dit et pourquoi",
    "former_project_ids": "Anciens identifiants de projets",
}
# Beyond as many cells a workbook is slow to write and to open: the CSV for French spreadsheets has all of them.
MOST_CELLS_OF_A_WORKBOOK = 50_000


def long_tables(shown: Sequence[ShownRevision], before: Path | None = None) -> dict[str, bytes]:
    """Each published table over all editions, where any edition has it: path from the root of the tree -> bytes.

    `before` is the tree that readers see now: a workbook there of the same rows, written by the same code, is taken.
    """
    files: dict[str, bytes] = {}
    for name in TABLES:
        folders = [one.folder / "data" for one in shown if (one.folder / "data" / f"{name}.csv").is_file()]
        if folders:
            files |= _long_table(name, folders, before)
    return files


def reference_tables(marts: Path) -> dict[str, bytes]:
    """The tables that no edition owns; the former ids are those of the marts."""
    files: dict[str, bytes] = {}
    for name, title in REFERENCE_TABLES.items():
        if is_mart(name):
            files |= files_of(name, title, table_schema(name), read_mart(marts, name))
        else:
            files |= files_of(name, title, seed_schema(name), _rows_of_seed(name))
    return files


def _rows_of_seed(name: str) -> list[MartRow]:
    return [{column: value or None for column, value in row.items()} for row in seed_rows(name)]


def _long_table(name: str, folders: Sequence[Path], before: Path | None) -> dict[str, bytes]:
    columns = published_columns(name)
    header = reference_csv(columns, []).rstrip(b"\n")
    # Of another version, its columns are others; its edition is brought up to date by the pass that is owed.
    folders = [folder for folder in folders if (folder / f"{name}.csv").read_bytes().startswith(header + b"\n")]
    if not folders:
        return {}
    files = {
        f"data/{name}.csv": _one_header(folders, f"{name}.csv", b"\n"),
        f"data/{name}.fr.csv": _one_header(folders, f"{name}.fr.csv", b"\r\n"),
        f"data/{name}.json": _one_list(folders, f"{name}.json"),
    }
    table = pa.concat_tables(pq.read_table(folder / f"{name}.parquet", partitioning=None) for folder in folders)
    sink = pa.BufferOutputStream()
    pq.write_table(table.combine_chunks(), sink, version="2.6", data_page_version="1.0", compression="zstd")
    files[f"data/{name}.parquet"] = sink.getvalue().to_pybytes()
    if table.num_rows * table.num_columns <= MOST_CELLS_OF_A_WORKBOOK:
        as_before = _workbook_of(before, name, files[f"data/{name}.csv"]) if before else None
        files[f"data/{name}.xlsx"] = as_before or workbook(name, TABLES[name].title_fr, columns, _rows(table))
    return files


def _workbook_of(tree: Path, name: str, csv: bytes) -> bytes | None:
    """The workbook of a tree whose reference CSV is this one: workbooks are what takes long to write."""
    paths = [tree / "data" / f"{name}.{ending}" for ending in ("csv", "xlsx")]
    if not all(path.is_file() for path in paths):
        return None
    found, book = (path.read_bytes() for path in paths)
    return book if found == csv else None


def _one_header(folders: Sequence[Path], name: str, end: bytes) -> bytes:
    parts = [(folder / name).read_bytes() for folder in folders]
    head, _, _ = parts[0].partition(end)
    return head + end + b"".join(part.partition(end)[2] for part in parts)


def _one_list(folders: Sequence[Path], name: str) -> bytes:
    """The records of all, between one pair of brackets."""
    parts = ((folder / name).read_bytes().removeprefix(b"[\n").removesuffix(b"\n]\n") for folder in folders)
    return b"[\n" + b",\n".join(part for part in parts if part) + b"\n]\n"


def _rows(table: pa.Table) -> list[MartRow]:
    """The rows as workbooks take them: times in UTC without their zone."""
    naive = [
        pa.field(field.name, pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field
        for field in table.schema
    ]
    rows: list[MartRow] = table.cast(pa.schema(naive)).to_pylist()
    return rows
