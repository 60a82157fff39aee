"""The lake: accepted rows as typed Parquet, and the ledger's account of them, as dbt reads both.

What belongs here: writing Parquet so that a reader never meets half a file. What does not: deciding which rows are
accepted.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from orchestration.contracts import CONTRACTS
from orchestration.intake import holds
from orchestration.intake.ledger import DROPS, EDITION_EVENTS, LakeRows, Ledger, Submission
from orchestration.intake.reading.rows import Rows
from orchestration.store.digests import sha256
from orchestration.store.file_state import FileState
from orchestration.store.json_values import json_document
from orchestration.store.whole_file import appearing_whole, write_whole

_DROPS_SCHEMA = pa.schema(
    [
        ("drop_id", pa.int64()),
        ("edition", pa.string()),
        ("perimeter", pa.string()),
        ("kind", pa.string()),
        ("path", pa.string()),
        ("modified", pa.string()),
        ("file_name", pa.string()),
        ("sha256", pa.string()),
        ("received_at", pa.timestamp("us")),
        ("status", pa.string()),
        ("is_dry_run", pa.bool_()),
        ("rows_read", pa.int64()),
        ("rows_accepted", pa.int64()),
        ("errors", pa.int64()),
        ("warnings", pa.int64()),
        ("verdict", pa.string()),
        ("lake_rows", pa.int64()),
        ("lake_file", pa.string()),
        ("lake_sha256", pa.string()),
    ]
)
_EVENTS_SCHEMA = pa.schema([("edition", pa.string()), ("event", pa.string()), ("at", pa.timestamp("us"))])


@dataclass(frozen=True)
class WrittenRows:
    """The rows of a submission as a file: how many, their SHA-256, and the bytes.

    The SHA-256 is of the values, whatever the library of the day makes of them as Parquet; a column without any value
    is no part of it, so that a contract may gain one.
    """

    count: int
    sha256: str
    data: bytes


def submission_path(lake: Path, kind: str, edition: str, perimeter: str, drop_id: int) -> Path:
    """Where the accepted rows of a submission stand."""
    return lake / kind / f"edition={edition}" / f"perimeter={perimeter}" / f"{drop_id:08d}.parquet"


def path_of(lake: Path, one: Submission) -> Path:
    """The same, of a submission of the ledger."""
    return submission_path(lake, one.kind, one.edition, one.perimeter, one.drop_id)


def parquet_of(kind: str, rows: Rows) -> WrittenRows:
    """The accepted rows of one submission as bytes, the same for the same rows.

    Each row carries `edition`, `perimeter`, `drop_id` and `file_sha256`; the file says them once more, with the kind
    and the number of rows.
    """
    schema = CONTRACTS[kind].lake_schema()
    table = pa.table([pa.array(rows.objects(one.name), type=one.type) for one in schema], schema=schema)
    return _written(kind, table)


def write_submission(lake: Path, one: Submission, rows: WrittenRows) -> LakeRows:
    """Write the file of a submission and return how it is to be noted.

    A submission without rows (`NÉANT`) has no file: the ledger alone says that it was filed.
    """
    path = path_of(lake, one)
    write_whole(path, rows.data)
    return noted(path, rows)


def noted(path: Path, rows: WrittenRows) -> LakeRows:
    """How a file that holds these rows is to be noted."""
    return LakeRows(rows.count, rows.sha256, FileState.of(path, sha256(rows.data)))


def read_submission(lake: Path, kind: str, edition: str, perimeter: str, drop_id: int) -> list[dict[str, object]]:
    """The accepted rows of a submission; none for one that declared nothing."""
    path = submission_path(lake, kind, edition, perimeter, drop_id)
    return list(pq.read_table(path, partitioning=None).to_pylist()) if path.exists() else []


def stamped(one: Submission, path: Path) -> WrittenRows | None:
    """The rows of a file of 0.1, which did not say from which bytes they come, with that said.

    `None` for any other file, and for one whose rows are not those that the ledger says were accepted.
    """
    try:
        table = pq.read_table(path, partitioning=None)
    except (OSError, pa.ArrowInvalid):
        return None
    whose = {"edition": one.edition, "perimeter": one.perimeter, "drop_id": one.drop_id}
    if "file_sha256" in table.column_names or table.num_rows != one.rows or not whose.keys() <= set(table.column_names):
        return None
    if any(table.column(name).unique().to_pylist() != [value] for name, value in whose.items()):
        return None
    schema = CONTRACTS[one.kind].lake_schema()
    of_bytes = pa.array([one.sha256] * table.num_rows, type=pa.string())
    columns = [of_bytes if field.name == "file_sha256" else table.column(field.name) for field in schema]
    return _written(one.kind, pa.table(columns, schema=schema))


@dataclass(frozen=True)
class Export:
    """What dbt was last told of the ledger: its SHA-256, the ledger's head then, and the editions without their rows.

    `without_rows` gives each edition the reasons why rows that were accepted for it could not be had.
    """

    sha256: str
    head: str
    without_rows: Mapping[str, Sequence[str]]


def export_ledger(lake: Path, ledger: Ledger, unavailable: Mapping[int, str] = MappingProxyType({})) -> None:
    """Write what dbt must know of the ledger beside the rows, in ledger order, and an empty file for each kind.

    `lake_file` and `lake_sha256` name the file of each submission that has rows, but for those whose rows are
    `unavailable`, for the reasons given. One that is held is told as `held`, and without its rows.
    """
    held = holds.held(ledger)
    submissions, head = [one for one in ledger.submissions() if one.drop_id not in held], ledger.head()
    files = {
        one.drop_id: (one.rows, path_of(lake, one).relative_to(lake).as_posix(), one.file.sha256)
        for one in submissions
        if one.file and one.drop_id not in unavailable
    }
    without: dict[str, list[str]] = {}
    for one in submissions:
        if one.drop_id in unavailable:
            place = f"{one.edition}, {one.perimeter}, {one.kind}, drop {one.drop_id}"
            without.setdefault(one.edition, []).append(f"{place}: {unavailable[one.drop_id]}")
    with ledger.engine.connect() as connection:
        decided = sa.select(DROPS).where(DROPS.c.status != "received").order_by(DROPS.c.drop_id)
        drops = []
        for row in connection.execute(decided).mappings():
            rows, file, digest = files.get(row["drop_id"], (None, None, None))
            names = {"file_name": row["path"].rsplit("/", 1)[-1]}
            status = {"status": "held"} if row["drop_id"] in held else {}
            drops.append({**row, **status, **names, "lake_rows": rows, "lake_file": file, "lake_sha256": digest})
        events = [dict(row) for row in connection.execute(sa.select(EDITION_EVENTS)).mappings()]
    events += [{"edition": edition, "event": event, "at": at} for edition, event, at in holds.changes(ledger)]
    events.sort(key=lambda one: (one["edition"], one["event"], one["at"]))
    _write(_ledger_path(lake, "edition_events"), _table(events, _EVENTS_SCHEMA))
    _write(_ledger_path(lake, "drops"), _table(drops, _DROPS_SCHEMA))
    for kind, contract in CONTRACTS.items():
        _write(_empty_path(lake, kind), contract.lake_schema().empty_table())
    write_whole(_about_export(lake), json_document({"head": head, "without_rows": without}))


def last_export(lake: Path) -> Export:
    """What dbt was last told; raise `FileNotFoundError` before the first time."""
    tables = [_ledger_path(lake, name).read_bytes() for name in ("drops", "edition_events")]
    try:
        about = json.loads(_about_export(lake).read_bytes())
    except FileNotFoundError:
        about = {"head": "", "without_rows": {}}
    return Export(sha256(b"".join(tables)), about["head"], about["without_rows"])


def exported_files(lake: Path) -> dict[str, list[str]]:
    """By kind, the files of the rows that were last exported for dbt, the empty one first."""
    files = {kind: [str(_empty_path(lake, kind))] for kind in CONTRACTS}
    for row in read_ledger(lake, "drops"):
        if row["lake_file"]:
            files[row["kind"]].append(str(lake / row["lake_file"]))
    return files


def read_ledger(lake: Path, name: Literal["drops", "edition_events"]) -> list[dict[str, Any]]:
    """What was last exported of the ledger, times in UTC without their zone; nothing before a first pass."""
    path = _ledger_path(lake, name)
    return list(pq.read_table(path, partitioning=None).to_pylist()) if path.exists() else []


def values_sha256(table: pa.Table) -> str:
    """The SHA-256 of the values of rows, as `WrittenRows` has it."""
    filled = table.select(sorted(name for name in table.column_names if table.column(name).null_count < len(table)))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, filled.schema) as stream:
        stream.write_table(filled.combine_chunks())
    return sha256(sink.getvalue().to_pybytes())


def _about_export(lake: Path) -> Path:
    return lake / "_ledger" / "export.json"


def _empty_path(lake: Path, kind: str) -> Path:
    return lake / kind / "_empty.parquet"


def _written(kind: str, table: pa.Table) -> WrittenRows:
    said = {name: table.column(name)[0].as_py() for name in ("edition", "perimeter", "drop_id", "file_sha256")}
    about = json.dumps({"kind": kind, **said, "rows": table.num_rows}).encode()
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({"jalons": about}), sink)
    return WrittenRows(table.num_rows, values_sha256(table), sink.getvalue().to_pybytes())


def _ledger_path(lake: Path, name: str) -> Path:
    return lake / "_ledger" / f"{name}.parquet"


def _table(rows: Sequence[Mapping[Any, Any]], schema: pa.Schema) -> pa.Table:
    return pa.table([pa.array([row[one.name] for row in rows], type=one.type) for one in schema], schema=schema)


def _write(path: Path, table: pa.Table) -> None:
    with appearing_whole(path) as aside:
        pq.write_table(table, aside)
