"""What is old goes, what is plotted or latest stays; two at once, a kill half-way and a run under way harm nothing."""

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster import DagsterRunStatus
from dagster._serdes import deserialize_value
from typer.testing import CliRunner

from orchestration.cli.app import app
from orchestration.passes import purge as purging
from orchestration.passes.alive import let_go_of_runs, run_mark
from orchestration.passes.databases import unreadable
from orchestration.passes.purge import purge
from tests.conftest import NOW as PASS
from tests.pass_job import run_pass

TODAY = datetime.now(UTC)
LONG_AGO, LATELY = timedelta(days=99), timedelta(days=2)
TABLE, CELL = dg.AssetKey("a_table"), dg.AssetKey("a_cell")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dg.asset(key=TABLE, check_specs=[dg.AssetCheckSpec("a_check", asset=TABLE)])
def a_table(context: dg.AssetExecutionContext):
    number = {"rows": int(context.run.tags["number"]), "preview": dg.MarkdownMetadataValue("x" * 5000)}
    found = [dg.AssetCheckResult(passed=True, metadata={"number": number["rows"]})]
    context.log_event(dg.AssetMaterialization(CELL, partition=context.run.tags["cell"], metadata={"path": "p"}))
    return dg.MaterializeResult(metadata=number, check_results=found)


JOB = dg.Definitions(
    assets=[a_table], jobs=[dg.define_asset_job("intake", executor_def=dg.in_process_executor)]
).resolve_job_def("intake")


@pytest.fixture
def instance(prepared, settings):
    """The instance of an empty home."""
    shutil.copytree(prepared, settings.dagster_home)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as one:
        yield one


@pytest.fixture
def ran(settings, instance):
    """Run the job once, as if so long ago."""

    def once(number: int, age: timedelta, cell: str = "one") -> str:
        tags = {"number": str(number), "cell": cell}
        run_id = JOB.execute_in_process(instance=instance, tags=tags, run_config=QUIET).run_id
        _date(settings, run_id, age)
        return run_id

    return once


def _date(settings, run_id, age):
    when = (TODAY - age).replace(tzinfo=None).isoformat(" ")
    with closing(sqlite3.connect(settings.dagster_home / "history" / "runs.db")) as runs, runs:
        runs.execute("update runs set update_timestamp = ? where run_id = ?", (when, run_id))


def _numbers(instance, key=TABLE):
    records = instance.fetch_materializations(key, limit=100).records
    return [record.asset_materialization.metadata.get("rows") for record in records]


def _log(settings, run_id):
    return settings.dagster_home / "history" / "runs" / f"{run_id}.db"


def test_old_runs_go_and_numbers_and_the_latest_of_each_cell_and_check_stay(settings, instance, ran):
    old = [ran(1, LONG_AGO, "one"), ran(2, LONG_AGO, "two"), ran(3, LONG_AGO, "one")]
    young = ran(4, LATELY, "three")
    assert purge(settings, instance, TODAY).runs == 3
    assert [run.run_id for run in instance.get_runs()] == [young]
    assert [_log(settings, run_id).exists() for run_id in (*old, young)] == [False, False, False, True]
    assert not [one for one in old if (settings.dagster_home / "logs" / one).exists()]
    # Each number is plotted still, and what was beside it is of the young one alone.
    found = instance.fetch_materializations(TABLE, limit=10).records
    assert [record.asset_materialization.metadata["rows"].value for record in found] == [4, 3, 2, 1]
    assert ["preview" in record.asset_materialization.metadata for record in found] == [True, False, False, False]
    cells = instance.fetch_materializations(CELL, limit=10).records
    assert [(record.partition_key, record.run_id) for record in cells] == [
        *(("three", young), ("one", old[2]), ("two", old[1])),
    ]
    (check,) = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(TABLE, "a_check"), limit=9)
    assert check.run_id == young
    assert purge(settings, instance, TODAY).runs == 0


def test_the_latest_evaluation_of_a_check_stays_however_old(settings, instance, ran):
    ran(1, LONG_AGO)
    ran(2, LONG_AGO)
    # A run that stopped before its checks says nothing of them.
    later = instance.create_run_for_job(JOB, status=DagsterRunStatus.FAILURE)
    _date(settings, later.run_id, LATELY)
    purge(settings, instance, TODAY)
    log, key = instance.event_log_storage, dg.AssetCheckKey(TABLE, "a_check")
    found = log.get_asset_check_execution_history(key, limit=9)
    judged = [one.event.asset_check_evaluation for one in found if one.status.value == "SUCCEEDED"]
    assert [evaluation.metadata["number"].value for evaluation in judged] == [2]


def test_what_was_the_latest_as_its_run_went_goes_once_it_is_not(settings, instance, ran):
    old = ran(1, LONG_AGO)
    ran(2, LATELY, "two")
    key = dg.AssetCheckKey(TABLE, "a_check")
    with closing(sqlite3.connect(settings.dagster_home / "history" / "runs" / "index.db")) as index:
        # The check said nothing in the second run, and the first is the latest that did.
        index.execute("delete from asset_check_executions where run_id <> ?", (old,))
        index.commit()
        purge(settings, instance, TODAY)
        assert len(instance.event_log_storage.get_asset_check_execution_history(key, limit=9)) == 1
        ran(3, timedelta(0))
        purge(settings, instance, TODAY)
        left = index.execute("select dagster_event_type, asset_key from event_logs where run_id = ?", (old,)).fetchall()
    assert [one.run_id == old for one in instance.event_log_storage.get_asset_check_execution_history(key, 9)] == [
        False
    ]
    assert left == [("ASSET_MATERIALIZATION", TABLE.to_string())]
    assert sorted(number.value for number in _numbers(instance)) == [1, 2, 3]


def test_a_run_under_way_and_what_says_how_the_job_stands_stay_however_old(settings, instance, ran):
    through = ran(1, LONG_AGO)
    at_work = instance.create_run_for_job(JOB, status=DagsterRunStatus.STARTED).run_id
    failed = instance.create_run_for_job(JOB, status=DagsterRunStatus.FAILURE).run_id
    ending = instance.create_run_for_job(JOB, status=DagsterRunStatus.SUCCESS).run_id
    for run_id in (at_work, failed, ending):
        _date(settings, run_id, LONG_AGO)
    with run_mark(settings.dagster_home, ending):
        # One that has just said its last word is the last that went through.
        assert purge(settings, instance, TODAY).runs == 2
    let_go_of_runs()
    assert {run.run_id for run in instance.get_runs()} == {at_work, ending}
    assert not _log(settings, through).exists()


def test_more_than_there_is_room_for_goes_however_young(settings, instance, ran, monkeypatch):
    runs = [ran(number, LATELY) for number in range(4)]
    size = _log(settings, runs[0]).stat().st_size
    monkeypatch.setattr(purging, "MOST_BYTES", 2 * size + size // 2)
    assert purge(settings, instance, TODAY).runs >= 1
    kept = [run.run_id for run in instance.get_runs()]
    assert runs[3] in kept and runs[0] not in kept
    assert len(_numbers(instance)) == 4


@pytest.mark.parametrize("step", ["_files", "rmtree"])
def test_a_purge_that_dies_half_way_is_made_up_for_by_the_next(settings, instance, ran, monkeypatch, step):
    ran(1, LONG_AGO), ran(2, LATELY)

    class DiesError(Exception):
        pass

    def die(*_given, **_more):
        raise DiesError

    going = purging._runs_to_go(settings, instance, TODAY)
    with monkeypatch.context() as patched:
        patched.setattr(purging, "_runs_to_go", lambda *_given: going)
        patched.setattr(purging.shutil if step == "rmtree" else purging, step, die)
        with pytest.raises(DiesError):
            purge(settings, instance, TODAY)
    assert unreadable(settings.dagster_home) == []
    assert purge(settings, instance, TODAY).runs == 1
    assert len(instance.get_runs()) == 1
    assert len(_numbers(instance)) == 2


def test_two_at_once_purge_once_while_a_run_goes_on(settings, instance, ran):
    for number in range(3):
        ran(number, LONG_AGO)
    done, failures = [], []

    def one():
        try:
            with dg.DagsterInstance.from_config(str(settings.dagster_home)) as other:
                done.append(purge(settings, other, TODAY).runs)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    ran(9, timedelta(0))
    for thread in threads:
        thread.join()
    assert (failures, sum(done) in (2, 3)) == ([], True)
    assert len(_numbers(instance)) == 4


def test_what_is_cut_down_shares_its_pages(settings, instance, ran):
    ran(1, LATELY)
    runs, old = settings.dagster_home / "history" / "runs", LONG_AGO.total_seconds()
    (runs / "gone.db").touch()
    os.utime(runs / "gone.db", (TODAY.timestamp() - old, TODAY.timestamp() - old))
    with closing(sqlite3.connect(runs / "index.db")) as index, index:
        # Before the latest of its table, and one to a page.
        index.execute(
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < 300) "
            "insert into event_logs (id, run_id, event, dagster_event_type, asset_key) "
            "select -i, 'gone', replace(event, ?, ?), dagster_event_type, asset_key from n, event_logs "
            "where dagster_event_type = 'ASSET_MATERIALIZATION' and asset_key = ? and event_logs.id > 0",
            ("x" * 5000, "x" * 2000, TABLE.to_string()),
        )
    assert purge(settings, instance, TODAY).runs == 1
    with closing(sqlite3.connect(runs / "index.db")) as index:
        (cut, of_them), (taken,) = (
            index.execute(query).fetchone()
            for query in (
                "select sum(length(event)), count(*) from event_logs where run_id = 'gone'",
                "select sum(pgsize) from dbstat where name = 'event_logs'",
            )
        )
    assert of_them == 300
    assert taken < 2 * cut


def test_looks_at_the_inbox_and_ticks_go_after_a_day_and_the_latest_stays(settings, instance):
    for _ in range(3):
        instance.report_runless_asset_event(dg.AssetMaterialization("a_heartbeat"))
    before = (TODAY - LATELY).replace(tzinfo=None).isoformat(" ")
    for name in ("index.db", ".db"):
        with closing(sqlite3.connect(settings.dagster_home / "history" / "runs" / name)) as log, log:
            log.execute("update event_logs set timestamp = ?", (before,))
    with closing(sqlite3.connect(settings.dagster_home / "schedules" / "schedules.db")) as ticks, ticks:
        for status, age in (("SKIPPED", LATELY), ("SUCCESS", LATELY), ("SUCCESS", LONG_AGO), ("SKIPPED", timedelta(0))):
            when = (TODAY - age).replace(tzinfo=None).isoformat(" ")
            ticks.execute("insert into job_ticks (status, timestamp, tick_body) values (?, ?, '')", (status, when))
    purge(settings, instance, TODAY)
    assert len(instance.fetch_materializations(dg.AssetKey("a_heartbeat"), limit=9).records) == 1
    with closing(sqlite3.connect(settings.dagster_home / "schedules" / "schedules.db")) as ticks:
        left = ticks.execute("select status from job_ticks order by id").fetchall()
    assert left == [("SUCCESS",), ("SKIPPED",)]


def test_free_pages_go_back_to_the_disk_though_somebody_has_the_database_open(settings, instance):
    index = settings.dagster_home / "history" / "runs" / "index.db"
    with closing(sqlite3.connect(index)) as other:
        assert other.execute("pragma auto_vacuum").fetchone() == (2,)
        for _ in range(8):
            other.execute("insert into event_logs (run_id, event) values ('gone', ?)", ("x" * 1_000_000,))
        other.execute("delete from event_logs where run_id = 'gone'")
        other.commit()
        other.execute("pragma wal_checkpoint(truncate)").fetchall()
        before = index.stat().st_size
        purge(settings, instance, TODAY)
        assert index.stat().st_size < before - 7_000_000
        assert other.execute("pragma quick_check").fetchone() == ("ok",)


def test_the_command_says_what_it_did_and_a_pass_goes_on_after_it(passed_home, settings):
    shutil.copytree(passed_home, settings.home, symlinks=True)
    with closing(sqlite3.connect(settings.dagster_home / "history" / "runs.db")) as runs, runs:
        runs.execute(
            "insert into runs (run_id, pipeline_name, status, run_body, update_timestamp) "
            "select run_id || 'x', pipeline_name, status, run_body, '2020-01-01 00:00:00' from runs"
        )
        runs.execute("update runs set id = -id where run_id like '%x'")
    (settings.home / "releases" / ".0123.part").write_bytes(b"half")
    said = CliRunner().invoke(app, ["purge", "--home", str(settings.home)])
    assert (said.exit_code, said.output.splitlines()[-1].startswith("  Runs purged: 2. ")) == (0, True)
    assert not list((settings.home / "releases").glob(".*.part"))
    assert run_pass(settings, PASS).failures == ()


def test_an_event_that_is_cut_down_reads_as_dagster_wrote_it(settings, ran):
    ran(7, LATELY)
    with closing(sqlite3.connect(settings.dagster_home / "history" / "runs" / "index.db")) as index:
        query = "select event from event_logs where asset_key = ? and dagster_event_type = 'ASSET_MATERIALIZATION'"
        (event,) = index.execute(query, (TABLE.to_string(),)).fetchone()
    numbers = purging._numbers_of(event)
    assert len(numbers) < 700 < len(event)
    assert deserialize_value(numbers, dg.EventLogEntry).asset_materialization.metadata == {
        "rows": dg.IntMetadataValue(7)
    }
    read, whole = (deserialize_value(one, dg.EventLogEntry) for one in (numbers, event))
    assert (read.run_id, read.step_key, read.timestamp) == (whole.run_id, whole.step_key, whole.timestamp)
    without = event.replace("IntMetadataEntryData", "TextMetadataEntryData")
    assert purging._numbers_of(without) is None
