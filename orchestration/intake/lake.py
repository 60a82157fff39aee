"""The lake: accepted rows as typed Parquet, and the ledger's account of them, as dbt reads both.

What belongs here: writing Parquet so that a reader never meets half a file. What does not: deciding which rows are
accepted.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from orchestration.contracts import CONTRACTS
from orchestration.intake.ledger import DROPS, EDITION_EVENTS, Ledger
from orchestration.intake.reading.rows import Rows
from orchestration.store.whole_file import appearing_whole

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
    ]
)
_EVENTS_SCHEMA = pa.schema([("edition", pa.string()), ("event", pa.string()), ("at", pa.timestamp("us"))])


def submission_path(lake: Path, kind: str, edition: str, perimeter: str, drop_id: int) -> Path:
    """Where the accepted rows of a submission stand."""
    return lake / kind / f"edition={edition}" / f"perimeter={perimeter}" / f"{drop_id:08d}.parquet"


def write_submission(lake: Path, kind: str, rows: Rows) -> None:
    """Write the accepted rows of one submission; they carry `edition`, `perimeter` and `drop_id`.

    A submission without rows (`NÉANT`) writes nothing: the ledger alone says that it was filed.
    """
    if rows:
        first = rows[0]
        path = submission_path(lake, kind, str(first["edition"]), str(first["perimeter"]), int(str(first["drop_id"])))
        schema = CONTRACTS[kind].lake_schema()
        _write(path, pa.table([pa.array(rows.objects(one.name), type=one.type) for one in schema], schema=schema))


def read_submission(lake: Path, kind: str, edition: str, perimeter: str, drop_id: int) -> list[dict[str, object]]:
    """The accepted rows of a submission; none for one that declared nothing."""
    path = submission_path(lake, kind, edition, perimeter, drop_id)
    return list(pq.read_table(path, partitioning=None).to_pylist()) if path.exists() else []


def export_ledger(lake: Path, ledger: Ledger) -> None:
    """Write what dbt must know of the ledger beside the rows, in ledger order, and an empty file for each kind."""
    with ledger.engine.connect() as connection:
        drops = [
            {**row, "file_name": row["path"].rsplit("/", 1)[-1]}
            for row in connection.execute(
                sa.select(DROPS).where(DROPS.c.status != "received").order_by(DROPS.c.drop_id)
            ).mappings()
        ]
        events = list(
            connection.execute(
                sa.select(EDITION_EVENTS).order_by(EDITION_EVENTS.c.edition, EDITION_EVENTS.c.event)
            ).mappings()
        )
        _write(_ledger_path(lake, "edition_events"), _table(events, _EVENTS_SCHEMA))
    _write(_ledger_path(lake, "drops"), _table(drops, _DROPS_SCHEMA))
    for kind, contract in CONTRACTS.items():
        _write(lake / kind / "_empty.parquet", contract.lake_schema().empty_table())


def read_ledger(lake: Path, name: Literal["drops", "edition_events"]) -> list[dict[str, Any]]:
    """What was last exported of the ledger, times in UTC without their zone; nothing before a first pass."""
    path = _ledger_path(lake, name)
    return list(pq.read_table(path, partitioning=None).to_pylist()) if path.exists() else []


def _ledger_path(lake: Path, name: str) -> Path:
    return lake / "_ledger" / f"{name}.parquet"


def _table(rows: Sequence[Mapping[Any, Any]], schema: pa.Schema) -> pa.Table:
    return pa.table([pa.array([row[one.name] for row in rows], type=one.type) for one in schema], schema=schema)


def _write(path: Path, table: pa.Table) -> None:
    with appearing_whole(path) as aside:
        pq.write_table(table, aside)
