"""A run whose process was killed is reported failed at the next look, and told once; one that lives is left alone."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, redirect_stderr
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import NamedTuple

import dagster as dg
import pytest
from dagster import DagsterRunStatus

from orchestration.alerting.channels.channel import Outcome
from orchestration.alerting.channels.console import Console
from orchestration.alerting.outbox_questions import read_states
from orchestration.defs import automation
from orchestration.passes import healing
from orchestration.passes.alive import is_a_run_dead, let_go_of_runs, run_mark, run_marks
from orchestration.passes.faults import faults_of_passes, has_died
from orchestration.passes.healing import heal
from orchestration.passes.lock import publication_lock
from orchestration.settings import Settings
from tests.conftest import NOW
from tests.intake.drops import GOOD, drop, projects_csv
from tests.pass_job import buttons, jobs, run_pass

# A pass that says when it is in the middle of its work, and then goes on for hours.
STUCK = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from orchestration.defs import consolidation
from orchestration.settings import Settings
from tests.pass_job import run_pass

def build(_settings):
    print("consolidating", flush=True)
    time.sleep(600)

consolidation.build = build
run_pass(Settings(home=Path(sys.argv[1]), settle_seconds=0), datetime(2021, 12, 1, 9, tzinfo=UTC))
"""
DIED = "🔴 Critique · Passe interrompue"


@contextmanager
def a_pass_at_work(settings):
    """A real pass in a process of its own, in the middle of its consolidation until it is killed."""
    command = [sys.executable, "-c", STUCK, str(settings.home)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout.readline() == "consolidating\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(autouse=True)
def _let_go():
    yield
    let_go_of_runs()


class Looked(NamedTuple):
    """A home whose pass was killed in the middle of its work, and what a look at it did before: the run's status, what
    was said, and whether the run was taken for dead.
    """

    home: Settings
    status: DagsterRunStatus
    said: str
    is_dead: bool


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory):
    """A pass at work for years, as its record says, is looked at, and then killed."""
    made = Settings(home=tmp_path_factory.mktemp("killed") / "home", settle_seconds=0)
    drop(made.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    said = StringIO()
    with a_pass_at_work(made) as process:
        with _instance(made) as instance, instance.run_storage.connect() as connection:
            times = connection.exec_driver_sql("SELECT update_timestamp, run_id FROM runs").all()
            connection.exec_driver_sql("UPDATE runs SET update_timestamp = '2020-01-01 00:00:00'")
        with redirect_stderr(said), _instance(made) as instance:
            heal(made, instance, NOW)
            run = _publication(instance)
            is_dead = is_a_run_dead(made.dagster_home)
        with _instance(made) as instance, instance.run_storage.connect() as connection:
            for time in times:
                connection.exec_driver_sql("UPDATE runs SET update_timestamp = ? WHERE run_id = ?", tuple(time))
        process.send_signal(signal.SIGKILL)
    return Looked(made, run.status, said.getvalue(), is_dead)


def _publication(instance):
    """The one run of the publication that was killed; the intake before it had gone through."""
    (run,) = instance.get_runs(dg.RunsFilter(job_name="publication"))
    return run


@pytest.fixture
def killed(killed_once, settings):
    """A copy of that home, to heal."""
    shutil.copytree(killed_once.home.home, settings.home, symlinks=True)
    return settings


@contextmanager
def _instance(settings):
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as one:
        yield one


@pytest.fixture
def instance(prepared, settings):
    """The instance of an empty home."""
    shutil.copytree(prepared, settings.dagster_home)
    with _instance(settings) as one:
        yield one


@pytest.fixture
def begin():
    """Record a run on an instance, as if its status were of so long ago."""

    def begun(instance, status, job=None, age=timedelta(0)):
        run = instance.create_run_for_job(job or jobs()["publication"], status=status)
        with instance.run_storage.connect() as connection:
            when = (datetime.now(UTC) - age).replace(tzinfo=None)
            connection.exec_driver_sql(
                "UPDATE runs SET update_timestamp = ? WHERE run_id = ?", (when.isoformat(" "), run.run_id)
            )
        return run.run_id

    return begun


def _titles(said):
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in said.splitlines() if line.startswith(("🔴", "✅"))]


def test_the_start_after_a_kill_reports_the_run_failed_and_tells_it_and_its_end_once(killed, capfd):
    assert is_a_run_dead(killed.dagster_home)
    summary = run_pass(killed, NOW)
    said = capfd.readouterr().err.replace("\N{NO-BREAK SPACE}", " ")
    assert (summary.failures, summary.releases) == ((), (("2021-S2", 1),))
    assert _titles(said) == [DIED, "✅ Rétabli · Passe interrompue"]
    assert "La passe est morte à l’étape consolidation : son processus n’est plus là." in said
    assert "Rien n’est perdu" in said
    with _instance(killed) as instance:
        runs = [(run.job_name, run.status) for run in instance.get_runs()]
    assert runs == [
        *(("publication", DagsterRunStatus.SUCCESS), ("intake", DagsterRunStatus.SUCCESS)),
        *(("publication", DagsterRunStatus.FAILURE), ("intake", DagsterRunStatus.SUCCESS)),
    ]
    # Of which nothing is owed any more: who starts looks for the dead all the same.
    run_pass(killed, NOW, is_forced=False)
    assert _titles(capfd.readouterr().err) == []
    assert run_marks(killed.dagster_home) == {}


def test_two_starts_at_once_heal_once(killed, capfd):
    def start():
        with _instance(killed) as instance:
            heal(killed, instance, NOW)

    starts = [threading.Thread(target=start) for _ in range(2)]
    for one in starts:
        one.start()
    for one in starts:
        one.join()
    assert _titles(capfd.readouterr().err) == [DIED]
    with _instance(killed) as instance:
        run = _publication(instance)
        failures = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert (run.status, len(failures)) == (DagsterRunStatus.FAILURE, 1)


def test_a_tick_of_the_sensor_heals_and_asks_for_a_pass_at_once(killed, capfd, monkeypatch):
    monkeypatch.setenv("JALONS_HOME", str(killed.home))
    with _instance(killed) as instance:
        assert isinstance(automation.publication_sensor(dg.build_sensor_context(instance)), dg.RunRequest)
        assert _titles(capfd.readouterr().err) == [DIED]
        said = automation.engineers_sensor(dg.build_sensor_context(instance)).skip_message
    assert said == "Faults: pass_died:publication::error."
    assert _titles(capfd.readouterr().err) == []


def test_a_pass_at_work_is_never_failed_however_old(killed_once):
    assert (killed_once.status, killed_once.said, killed_once.is_dead) == (DagsterRunStatus.STARTED, "", False)


def test_a_run_that_waits_for_its_turn_is_alive(settings, instance, begin, capfd):
    run_id = begin(instance, DagsterRunStatus.STARTED, age=timedelta(hours=9))
    with publication_lock(settings), run_mark(settings.dagster_home, run_id):
        heal(settings, instance, NOW)
        assert instance.get_run_by_id(run_id).status == DagsterRunStatus.STARTED


def test_a_run_that_runs_a_dead_one_again_is_not_taken_for_it(settings, instance, begin):
    dead = begin(instance, DagsterRunStatus.STARTED, age=timedelta(hours=1))
    heal(settings, instance, NOW)
    # As Dagster gives them to it.
    inherited = instance.get_run_by_id(dead).tags
    again = begin(instance, DagsterRunStatus.STARTING, age=timedelta(seconds=10))
    instance.add_run_tags(again, inherited)
    heal(settings, instance, NOW)
    runs = [instance.get_run_by_id(run_id) for run_id in (dead, again)]
    assert [(has_died(run), run.status) for run in runs] == [
        (True, DagsterRunStatus.FAILURE),
        (False, DagsterRunStatus.STARTING),
    ]


@pytest.mark.parametrize("age", [timedelta(minutes=2), timedelta(minutes=4)], ids=["may start", "died before"])
@pytest.mark.parametrize("status", healing._UNDER_WAY, ids=lambda status: status.value)
def test_a_run_that_left_no_file_has_died_unless_it_may_be_starting(settings, instance, begin, status, age, capfd):
    run_id = begin(instance, status, age=age)
    heal(settings, instance, NOW)
    expected = (DagsterRunStatus.FAILURE, [DIED]) if age > healing.STARTING_UP else (status, [])
    assert (instance.get_run_by_id(run_id).status, _titles(capfd.readouterr().err)) == expected


def test_a_run_that_is_none_of_ours_or_that_may_take_no_home_is_left_alone(settings, instance, begin, capfd):
    @dg.job
    def elsewhere():
        pass

    run_id = begin(instance, DagsterRunStatus.STARTED, elsewhere, timedelta(hours=1))
    heal(settings, instance, NOW)
    assert (instance.get_run_by_id(run_id).status, capfd.readouterr().err) == (DagsterRunStatus.STARTED, "")


def test_a_run_begun_by_hand_that_died_is_told_as_such(settings, instance, begin, capfd):
    job = buttons().get_subset(asset_selection={dg.AssetKey("drops")})
    run_id = begin(instance, DagsterRunStatus.STARTED, job, timedelta(hours=1))
    heal(settings, instance, NOW)
    assert instance.get_run_by_id(run_id).status == DagsterRunStatus.FAILURE
    assert "Une exécution lancée à la main est morte avant sa première étape" in capfd.readouterr().err


def test_a_death_that_dagster_has_reported_itself_is_told_too(killed, capfd):
    # The code server sees its child die before anybody looks.
    with _instance(killed) as instance:
        run = _publication(instance)
        instance.report_run_failed(run)
        heal(killed, instance, NOW)
        assert [fault.rule for fault in faults_of_passes(killed, instance, NOW)] == ["pass_died"]
    assert _titles(capfd.readouterr().err) == [DIED]


class _Dies(Exception):
    pass


@pytest.mark.parametrize("step", ["add_run_tags", "alert_engineers", "report_run_failed", "forget_run"])
def test_a_healer_that_dies_leaves_the_telling_to_the_next_one(killed, capfd, monkeypatch, step):
    owner = healing if hasattr(healing, step) else dg.DagsterInstance
    with monkeypatch.context() as patched:

        def die(*_given, **_more):
            raise _Dies

        patched.setattr(owner, step, die)
        with pytest.raises(_Dies), _instance(killed) as instance:
            heal(killed, instance, NOW)
    with _instance(killed) as instance:
        for _ in range(2):
            heal(killed, instance, NOW)
        run = _publication(instance)
    assert _titles(capfd.readouterr().err) == [DIED]
    assert (run.status, run_marks(killed.dagster_home)) == (DagsterRunStatus.FAILURE, {})


def test_a_channel_that_cannot_be_told_now_is_told_once_the_pass_has_gone_through(killed, capfd, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(Console, "send", lambda _self, _message: Outcome("planned", error="not now"))
        assert run_pass(killed, NOW).failures == ()
    assert capfd.readouterr().err.count(DIED) == 0
    later = NOW + timedelta(minutes=1)
    # Nothing else is owed.
    run_pass(killed, later, is_forced=False)
    (said,) = _titles(capfd.readouterr().err)
    assert said.startswith(DIED)
    run_pass(killed, later, is_forced=False)
    assert read_states(killed)["pass_died:publication::error"].channels == {"engineers-console": "resolved"}


def test_a_run_that_waits_behind_a_dead_one_may_be_launched_once_it_is_healed(settings, instance, begin):
    from dagster._core.op_concurrency_limits_counter import GlobalOpConcurrencyLimitsCounter
    from dagster._core.storage.dagster_run import ACTIVE_RUN_STATUSES

    def is_blocked():
        log, pools = instance.event_log_storage, instance.get_concurrency_config().pool_config
        given = {"concurrency_keys": log.get_concurrency_keys(), "pool_limits": log.get_pool_limits()}
        under_way = instance.get_run_records(dg.RunsFilter(statuses=ACTIVE_RUN_STATUSES))
        counter = GlobalOpConcurrencyLimitsCounter(
            instance, [waiting], under_way, **given, pool_granularity=pools.pool_granularity
        )
        return counter.is_blocked(waiting)

    begin(instance, DagsterRunStatus.STARTED, age=timedelta(minutes=4))
    waiting = instance.create_run_for_job(jobs()["publication"])
    instance.event_log_storage.initialize_concurrency_limit_to_default("duckdb")
    assert is_blocked()
    heal(settings, instance, NOW)
    assert not is_blocked()


def test_what_a_starting_process_makes_is_never_seen_unlocked(settings):
    seen = []
    stop = threading.Event()

    def look():
        while not stop.is_set():
            seen.extend(mark.is_held for mark in run_marks(settings.dagster_home).values())

    watcher = threading.Thread(target=look)
    watcher.start()
    for number in range(200):
        with run_mark(settings.dagster_home, f"run-{number}-{os.getpid()}"):
            pass
    stop.set()
    watcher.join()
    assert seen and all(seen)
