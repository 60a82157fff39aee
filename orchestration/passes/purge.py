"""Purging: what Dagster notes of runs goes after a while, since all that counts of them stands in the ledger.

What belongs here: what is kept of Dagster's databases and of the logs of runs, and for how long. What does not: what a
pass left half written (`orchestration.operations.scrub`). Any other storage than SQLite keeps itself.

Killed between any two steps, it leaves what the next one finds: the record of a run goes last. Nothing that a run under
way may read or write is touched, each change is a short transaction, and free pages are given back a few at a time.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqliteEventLogStorage
from filelock import FileLock

from orchestration.passes.alive import run_marks
from orchestration.passes.compute_logs import FOLDER as LOGS
from orchestration.settings import Settings
from orchestration.store.sql import naive_utc

# Of the runs themselves, however young, no more than this is kept whole: a publication has 1.5 MB of events. The index
# has as much again of them.
MOST_BYTES = 16_000_000
# Of each job, the runs since it last went through say what is wrong now; nobody looks at more of them.
_MOST_FAILED = 50
# What is reported without a run, as each look at the inbox, is of use for a day; so is a tick that asked for nothing.
_DAY = timedelta(days=1)
_PAGES_AT_A_TIME, _FEW_PAGES = 1000, 500
# Others wait for as long as these take, some tens of milliseconds.
_RUNS_AT_A_TIME = 10
_BUSY_S = 30
_CACHE_KIB = 64_000

_DATABASES = ("history/runs/index.db", "history/runs.db", "schedules/schedules.db")
_NUMBERS = {"IntMetadataEntryData", "FloatMetadataEntryData"}
# Without it Dagster cannot read an event, though it be nothing.
_NEEDED = {"error_info"}
# For good: of each asset and cell the latest materialization, of each asset the last word on its freshness, of each
# check and cell the latest evaluation. What comes meanwhile is of runs that stay. Dagster finds no evaluation by its
# run but by going through them all: that is done once. A materialization that was cut down has no step key.
_LATEST = """
create temp table kept_checks as
    select max(id) as id, max(evaluation_event_storage_id) as event_id from asset_check_executions
    where execution_status in ('SUCCEEDED', 'FAILED') group by asset_key, check_name, partition;
create temp table kept_events (id integer primary key);
insert into kept_events
    select max(id) from event_logs where dagster_event_type = 'ASSET_MATERIALIZATION' group by asset_key, partition
    union select id from event_logs
    where dagster_event_type = 'ASSET_MATERIALIZATION' and run_id <> '' and step_key is null
    union select max(id) from event_logs where dagster_event_type = 'FRESHNESS_STATE_CHANGE' group by asset_key
    union select event_id from kept_checks where event_id is not null;
create temp table old_checks as
    select id, run_id, create_timestamp as timestamp from asset_check_executions
    where id not in (select id from kept_checks);
create index temp.old_checks_by_run on old_checks (run_id);
"""
_CUT_DOWN = """
insert into event_logs (id, run_id, dagster_event_type, timestamp, asset_key, partition, event)
values (?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True)
class Purged:
    """How many runs went, and how many bytes Dagster's folder has before and after."""

    runs: int
    bytes_before: int
    bytes_after: int


def purge(
    settings: Settings, instance: dg.DagsterInstance, now: datetime, report: Callable[[str], None] = lambda _step: None
) -> Purged:
    """Take away what is older than `settings.history_days`, two at once one after the other; `now` is the machine's."""
    home, storage = settings.dagster_home, instance.event_log_storage
    if not isinstance(storage, SqliteEventLogStorage):
        return Purged(0, 0, 0)
    with FileLock(home / ".purge.lock"):
        before = _size(home)
        going = [*_runs_to_go(settings, instance, now), *_orphans(home, instance, now)]
        with closing(sqlite3.connect(home / _DATABASES[0], timeout=_BUSY_S, isolation_level=None)) as index:
            index.executescript(_LATEST)
            # A power cut may bring back what is gone, and the next purge takes it again.
            index.execute("pragma synchronous = normal")
            # The pages of some runs at once: with less, each is written and read again several times. Nor is a page
            # written full of zeros before it is given back: what was there is in the ledger.
            index.execute(f"pragma cache_size = -{_CACHE_KIB}")
            index.execute("pragma secure_delete = off")
            these = [*going, *_no_longer_latest(instance, index)]
            for done in range(0, len(these), _RUNS_AT_A_TIME):
                report(f"Purging {len(these)} runs, {done} done")
                _forget(home, instance, index, these[done : done + _RUNS_AT_A_TIME])
            _purge_runless(home, index, now)
        _purge_ticks(home, now, settings.history_days)
        for name in _DATABASES:
            _give_back(home / name, is_idle=not any(mark.is_held for mark in run_marks(home).values()))
        return Purged(len(going), before, _size(home))


def _runs_to_go(settings: Settings, instance: dg.DagsterInstance, now: datetime) -> list[str]:
    """The runs that are over, and too old or beyond what is kept; the oldest first."""
    home, ended = settings.dagster_home, ", ".join(f"'{status.value}'" for status in FINISHED_STATUSES)
    oldest = naive_utc(now - timedelta(days=settings.history_days)).isoformat(" ")
    marked, kept, through, room = set(run_marks(home)), dict[str, int](), set[str](), MOST_BYTES
    going = []
    with instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        query = "select run_id, pipeline_name, status, update_timestamp from runs "
        query += f"where status in ({ended}) order by id desc"
        for run_id, job, status, updated in connection.exec_driver_sql(query):
            room -= sum(map(_bytes, _files(home, run_id)))
            is_wanted = run_id in marked or (job not in through and kept.get(job, 0) < _MOST_FAILED)
            if is_wanted:
                kept[job] = kept.get(job, 0) + 1
            if status == "SUCCESS":
                through.add(job)
            if not is_wanted and (room < 0 or str(updated) < oldest):
                going.append(run_id)
    return going[::-1]


def _orphans(home: Path, instance: dg.DagsterInstance, now: datetime) -> list[str]:
    """Files of runs that are no more: whoever looked at a run while it went has made its event log again."""
    before = (now - _DAY).timestamp()
    logs = [path for path in (home / "history" / "runs").glob("[!.]*.db") if path.stem != "index"]
    old = {path.stem for path in logs if path.stat().st_mtime < before}
    with instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        return sorted(old - set(connection.exec_driver_sql("select run_id from runs").scalars()))


def _no_longer_latest(instance: dg.DagsterInstance, index: sqlite3.Connection) -> list[str]:
    """Runs that went earlier, and left what was the latest then and is not any more."""
    query = "select run_id from event_logs where id not in kept_events union select run_id from old_checks"
    left = {run_id for (run_id,) in index.execute(query) if run_id}
    with instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        return sorted(left - set(connection.exec_driver_sql("select run_id from runs").scalars()))


def _forget(home: Path, instance: dg.DagsterInstance, index: sqlite3.Connection, run_ids: list[str]) -> None:
    these = f"run_id in ({', '.join('?' * len(run_ids))})"
    _thin_out(index, these, run_ids)
    for run_id in run_ids:
        for path in _files(home, run_id):
            path.unlink(missing_ok=True)
        shutil.rmtree(home / LOGS / run_id, ignore_errors=True)
    with instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        for table in ("run_tags", "runs"):
            connection.exec_driver_sql(f"delete from {table} where {these}", tuple(run_ids))  # noqa: S608


def _purge_runless(home: Path, index: sqlite3.Connection, now: datetime) -> None:
    """What was reported without a run, in the index and in the file that has no name but its ending."""
    before = naive_utc(now - _DAY).isoformat(" ")
    _thin_out(index, "run_id = '' and timestamp < ?", [before])
    file = home / "history" / "runs" / ".db"
    if file.exists():
        with _opened(file) as runless:
            runless.execute("delete from event_logs where timestamp < ?", (before,))
        _give_back(file, is_idle=True)


def _thin_out(index: sqlite3.Connection, which: str, given: Sequence[str]) -> None:
    """Of these events, leave what is kept for good; of a materialization that is not the latest, its numbers."""
    events = f"{which} and id not in kept_events"
    index.execute("begin immediate")
    materializations = index.execute(
        "select id, run_id, dagster_event_type, timestamp, asset_key, partition, event from event_logs "  # noqa: S608
        f"where {events} and dagster_event_type = 'ASSET_MATERIALIZATION' order by id",
        given,
    ).fetchall()
    index.execute(
        f"delete from asset_event_tags where event_id in (select id from event_logs where {events})",  # noqa: S608
        given,
    )
    # Taken away and written again, since a row that is cut down where it stands leaves its page to itself.
    index.execute(f"delete from event_logs where {events}", given)  # noqa: S608
    for *row, event in materializations:
        if numbers := _numbers_of(event):
            index.execute(_CUT_DOWN, (*row, numbers))
    index.execute(
        f"delete from asset_check_executions where id in (select id from old_checks where {which})",  # noqa: S608
        given,
    )
    index.execute("commit")


def _numbers_of(event: str) -> str | None:
    """The event with what Dagster plots of its metadata and no more; `None` where there is nothing to plot."""
    entry: dict[str, Any] = json.loads(event)
    said = entry["dagster_event"]
    materialization = said["event_specific_data"]["materialization"]
    numbers = [one for one in materialization["metadata_entries"] if one["entry_data"]["__class__"] in _NUMBERS]
    if not numbers:
        return None
    # What else is there tells which step of which run said it, and what it was made of.
    said |= dict.fromkeys(("logging_tags", "step_handle", "solid_handle", "step_kind_value", "message", "pid"))
    materialization["metadata_entries"], materialization["tags"] = numbers, {}
    return json.dumps(_brief(entry | {"message": None, "user_message": ""}), separators=(",", ":"))


def _brief(said: Any) -> Any:
    """The same without what is nothing, which Dagster reads as nothing where it does not stand."""
    if isinstance(said, list):
        return [_brief(one) for one in said]
    if isinstance(said, dict):
        return {name: _brief(one) for name, one in said.items() if name in _NEEDED or one not in (None, [])}
    return said


def _purge_ticks(home: Path, now: datetime, days: int) -> None:
    skipped, others = (naive_utc(now - age).isoformat(" ") for age in (_DAY, timedelta(days=days)))
    with _opened(home / _DATABASES[2]) as schedules:
        schedules.execute(
            "delete from job_ticks where timestamp < ? or (status = 'SKIPPED' and timestamp < ?)", (others, skipped)
        )


def _give_back(path: Path, *, is_idle: bool) -> None:
    """Give the pages that are free back to the disk, where there are many: a few at a time, so that nobody waits."""
    if not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
        try:
            (kind,), (pages,) = (
                connection.execute(f"pragma {name}").fetchone() for name in ("auto_vacuum", "page_count")
            )
            (free,) = connection.execute("pragma freelist_count").fetchone()
            if free < max(_FEW_PAGES, pages // 4):
                return
            if kind != 2 and is_idle:
                # Once for a database that an earlier version made.
                _write_anew(connection)
            elif kind == 2:
                for _ in range(0, free, _PAGES_AT_A_TIME):
                    # As a script: a statement would give back a single page.
                    connection.executescript(f"pragma incremental_vacuum({_PAGES_AT_A_TIME})")
            connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        except sqlite3.OperationalError:
            # Somebody is at work in it: the next purge gives back what this one leaves.
            return


def give_back_from_now_on(home: Path) -> None:
    """Let free pages of databases that are just made be given back while others are at work in them."""
    for name in _DATABASES:
        if (home / name).exists():
            # One that somebody is at work in already is written anew by a later purge.
            with (
                closing(sqlite3.connect(home / name, timeout=1, isolation_level=None)) as connection,
                suppress(sqlite3.OperationalError),
            ):
                _write_anew(connection)


def _write_anew(connection: sqlite3.Connection) -> None:
    connection.execute("pragma auto_vacuum = incremental")
    connection.execute("vacuum")


def _files(home: Path, run_id: str) -> Iterator[Path]:
    """The event log of a run, of which the file itself is the first."""
    for ending in ("", "-wal", "-shm"):
        yield home / "history" / "runs" / f"{run_id}.db{ending}"


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _size(home: Path) -> int:
    return sum(map(_bytes, (path for path in home.rglob("*") if path.is_file())))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A database of Dagster's, for one short transaction."""
    with closing(sqlite3.connect(path, timeout=_BUSY_S)) as connection, connection:
        yield connection
