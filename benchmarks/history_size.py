"""How large Dagster's own files of a home grow over a thousand passes: `python -m benchmarks.history_size [HOME]`.

The target is 200 MB, a purge in seconds, and all there that is kept for good. A thousand real passes would take half a
day: those of a home are written down again and again instead, row for row, as runs and at times of their own, 40 a day
over 25 days, with the ticks of a service that never rests; the home is purged after each day as its schedule does it.
Without a HOME a small one is made by real passes. One that is given is copied, and the copy goes in the end.
"""

import os
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorType, TickData, TickStatus

from orchestration.passes.upkeep import purge_home
from orchestration.settings import Settings
from orchestration.store.sql import naive_utc
from tests.campaign import homes
from tests.pass_job import run_pass

DAYS, PASSES_A_DAY, MOST_MB = 25, 40, 200
# Two sensors look every ten seconds; engineers' every thirty.
TICKS_A_DAY = 2 * 8640 + 2880

_PARTS = ("history/runs/index.db", "history/runs.db", "schedules")
_PASS = ("intake", "publication")
_RUN = (
    """insert into runs (run_id, snapshot_id, pipeline_name, status, run_body, create_timestamp, update_timestamp,
        start_time, end_time)
    select :new, snapshot_id, pipeline_name, status, replace(run_body, :old, :new), :at, :at, :stamp, :stamp
    from kept.runs where run_id = :old""",
    "insert into run_tags (run_id, key, value) select :new, key, value from kept.run_tags where run_id = :old",
)
_EVENTS = (
    """insert into event_logs (id, run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
    select id + :by, :new, replace(event, :old, :new), dagster_event_type, :at, step_key, asset_key, partition
    from kept.event_logs where run_id = :old""",
    """insert into asset_event_tags (event_id, asset_key, key, value, event_timestamp)
    select event_id + :by, asset_key, key, value, :at from kept.asset_event_tags
    where event_id in (select id from kept.event_logs where run_id = :old)""",
    """insert into asset_check_executions (asset_key, check_name, partition, run_id, execution_status, evaluation_event,
        evaluation_event_timestamp, evaluation_event_storage_id, materialization_event_storage_id, create_timestamp)
    select asset_key, check_name, partition, :new, execution_status, replace(evaluation_event, :old, :new),
        :at, evaluation_event_storage_id + :by, materialization_event_storage_id + :by, :at
    from kept.asset_check_executions where run_id = :old""",
)
# How far the events of a run are moved, so that they come after all others.
_BY = """select (select max(id) + 1 from main.event_logs) - min(id) from kept.event_logs where run_id = ?"""
_TICKS = """insert into job_ticks (job_origin_id, selector_id, status, type, timestamp, tick_body, create_timestamp)
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < :ticks)
    select job_origin_id, selector_id, status, type, :at, tick_body, :at from numbers, job_ticks
    where job_ticks.id = :tick"""


class Copier:
    """Writes the runs of a home down again, as Dagster would if they took place at another time."""

    def __init__(self, dagster_home: Path, kept: Path) -> None:
        """Set aside what the runs left: a purge takes the originals away."""
        self._home = dagster_home
        self._kept = Path(shutil.copytree(dagster_home, kept))
        with closing(sqlite3.connect(kept / "history" / "runs.db")) as runs:
            query = "select run_id, pipeline_name from runs where status = 'SUCCESS' order by id"
            found = [one for one in runs.execute(query) if one[1] in _PASS]
        #: The intake and the publication of each pass that went through, the oldest first.
        self.passes = [(one, other) for (one, job), (other, next_job) in pairwise(found) if (job, next_job) == _PASS]

    def write(self, run_id: str, ended: datetime) -> None:
        """One more run like that one, which ended then."""
        new_id = str(uuid4())
        told = {"old": run_id, "new": new_id, "at": naive_utc(ended).isoformat(" "), "stamp": ended.timestamp()}
        for name, statements in (("runs/index.db", _EVENTS), ("runs.db", _RUN)):
            with closing(_opened(self._home / "history" / name)) as database:
                database.execute("attach ? as kept", (str(self._kept / "history" / name),))
                database.execute("begin immediate")
                if statements is _EVENTS:
                    (told["by"],) = database.execute(_BY, (run_id,)).fetchone()
                for statement in statements:
                    database.execute(statement, told)
                database.execute("commit")
        # Further names of the same files: nobody reads them, and it is their size that counts.
        events, logs = self._home / "history" / "runs" / f"{new_id}.db", self._kept / "logs" / run_id
        os.link(self._kept / "history" / "runs" / f"{run_id}.db", events)
        if logs.exists():
            shutil.copytree(logs, self._home / "logs" / new_id, copy_function=os.link)

    def tick(self, day: datetime) -> None:
        """A day's ticks that asked for nothing, at the end of it."""
        with dg.DagsterInstance.from_config(str(self._home)) as instance:
            tick = instance.create_tick(_idle_tick(day))
        with closing(_opened(self._home / "schedules" / "schedules.db")) as ticks:
            told = {"ticks": TICKS_A_DAY, "tick": tick.tick_id, "at": naive_utc(day).isoformat(" ")}
            ticks.execute(_TICKS, told)


def _idle_tick(day: datetime) -> TickData:
    return TickData(
        instigator_origin_id="0" * 40,
        instigator_name="publication_sensor",
        instigator_type=InstigatorType.SENSOR,
        status=TickStatus.SKIPPED,
        timestamp=day.timestamp(),
        end_timestamp=day.timestamp(),
        selector_id="1" * 40,
        skip_reason="There is nothing to do for the publication.",
        log_key=["__repository__", "publication_sensor", "12345"],
    )


def main(home: Path | None) -> None:
    """Write down a thousand passes, purging after each day; say how large it all is, and what is there still."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home", settle_seconds=0)
        if home:
            shutil.copytree(home, settings.home, symlinks=True)
        else:
            for wave, now in ((homes.FIRST_WAVE, homes.FIRST), (homes.SECOND_WAVE, homes.SECOND)):
                homes.put(settings.home, wave)
                run_pass(settings, now)
        copier = Copier(settings.dagster_home, Path(folder) / "kept")
        began, peak, most, plotted = datetime.now(UTC), 0.0, 0.0, set[tuple[Any, ...]]()
        print(f"{len(copier.passes)} real passes, over and over, {PASSES_A_DAY} a day; MB before and after each purge")
        print("day  before   after  index.db  runs.db  ticks  run logs  compute logs  purge, s  runs left")
        for day in range(DAYS):
            for number in range(PASSES_A_DAY):
                ended = began + timedelta(days=day, minutes=30 * number)
                for run_id in copier.passes[(day * PASSES_A_DAY + number) % len(copier.passes)]:
                    copier.write(run_id, ended)
            copier.tick(ended)
            plotted |= _plotted(settings, since=max(plotted, default=(0,))[0])
            latest, before, start = _latest(settings), _megabytes(settings.dagster_home), time.monotonic()
            purge_home(settings, ended + timedelta(hours=4), lambda _step: None)
            _say(settings, day + 1, before, time.monotonic() - start)
            peak, most = max(peak, before), max(most, _megabytes(settings.dagster_home))
            if lost := latest.items() - _latest(settings).items():
                sys.exit(f"The latest of {len(lost)} tables, cells and checks is gone")
        if gone := plotted - _plotted(settings):
            sys.exit(f"{len(gone)} plotted numbers are gone")
        print(f"{len(plotted)} plotted numbers and the latest of {len(latest)} tables, cells and checks are all there")
        print(f"At most {most:.0f} MB are left, of {MOST_MB}; {peak:.0f} MB at the end of a day, before its purge")
        if most > MOST_MB:
            sys.exit(1)


def _plotted(settings: Settings, since: int = 0) -> set[tuple[Any, ...]]:
    """Every number that a materialization after that event carries: its event, its name and its value."""
    query = """select event_logs.id, entry.value ->> '$.label', entry.value ->> '$.entry_data.value'
        from event_logs, json_each(event, '$.dagster_event.event_specific_data.materialization.metadata_entries') entry
        where dagster_event_type = 'ASSET_MATERIALIZATION' and event_logs.id > ?
        and entry.value ->> '$.entry_data.__class__' in ('IntMetadataEntryData', 'FloatMetadataEntryData')"""
    with closing(_opened(settings.dagster_home / _PARTS[0])) as index:
        return set(index.execute(query, (since,)))


def _latest(settings: Settings) -> dict[tuple[Any, ...], str]:
    """Word for word, by cell the latest materialization, and by check and cell the latest evaluation."""
    materializations = """select asset_key, '', partition, event from event_logs where id in (select max(id)
        from event_logs where dagster_event_type = 'ASSET_MATERIALIZATION' group by asset_key, partition)"""
    evaluations = """select asset_key, check_name, partition, evaluation_event from asset_check_executions where id in
        (select max(id) from asset_check_executions where execution_status in ('SUCCEEDED', 'FAILED')
        group by asset_key, check_name, partition)"""
    with closing(_opened(settings.dagster_home / _PARTS[0])) as index:
        return {tuple(key): event for query in (materializations, evaluations) for *key, event in index.execute(query)}


def _say(settings: Settings, day: int, before: float, seconds: float) -> None:
    home = settings.dagster_home
    index, runs, ticks, logs = (_megabytes(home / part) for part in (*_PARTS, "logs"))
    events = _megabytes(home / "history" / "runs") - index
    left = len(list((home / "history" / "runs").glob("*-*.db")))
    print(
        f"{day:3}  {before:6.1f}  {_megabytes(home):6.1f}  {index:8.1f}  {runs:7.1f}  {ticks:5.1f}  {events:8.1f}  "
        f"{logs:12.1f}  {seconds:8.1f}  {left:9}",
        flush=True,
    )


def _megabytes(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(one.stat().st_size for one in files if one.is_file()) / 1e6


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma synchronous = off")
    return connection


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
