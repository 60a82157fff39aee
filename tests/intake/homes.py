"""Homes as passes leave them, and a home as 0.1 left it, made by the tests that need them.

What belongs here: going through the intake of a pass without Dagster. What does not: the files (`drops`).
"""

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import sqlalchemy as sa

from orchestration.intake.home_identity import enter_home
from orchestration.intake.lake_check import hand_over
from orchestration.intake.take_in import TakeIn, take_in
from orchestration.operations.ledger_copies import copy_ledger
from orchestration.settings import Settings
from tests.store.databases_of_0_1 import LEDGER, OUTBOX


def run_intake(settings: Settings, now: datetime) -> TakeIn:
    """What a pass does before it consolidates, and what it does as it ends."""
    enter_home(settings)
    taken = take_in(settings, now)
    hand_over(settings, now)
    copy_ledger(settings)
    return taken


def as_of_0_1(settings: Settings) -> None:
    """Make a home that this code has filled the one that 0.1 would have left."""
    for mark in settings.home.rglob("HOME.json"):
        mark.unlink()
    (settings.home / "ledger-generation.json").unlink()
    shutil.rmtree(settings.home / "ledger-copies")
    shutil.rmtree(settings.home / "archive" / "drops", ignore_errors=True)
    (settings.lake / "_ledger" / "export.json").unlink()
    for path in settings.lake.glob("*/edition=*/*/*.parquet"):
        table = pq.read_table(path, partitioning=None).drop_columns(["file_sha256"])
        pq.write_table(table.replace_schema_metadata(None), path)
    ledger = Path(str(sa.make_url(settings.ledger).database))
    now = ledger.with_suffix(".now")
    ledger.rename(now)
    with closing(sqlite3.connect(ledger)) as old:
        for statement in (*LEDGER, *OUTBOX):
            old.execute(statement)
        old.execute("attach ? as now", (str(now),))
        for table in ("drops", "observations", "edition_events", "passes"):
            columns = ", ".join(row[1] for row in old.execute(f"pragma main.table_info({table})"))
            old.execute(f"insert into main.{table} ({columns}) select {columns} from now.{table}")  # noqa: S608
        old.commit()
    now.unlink()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, by its path inside it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
