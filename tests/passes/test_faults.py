"""What engineers are told, on a real instance: each fault once, however often it is found, and its end once."""

import shutil
from contextlib import redirect_stderr
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import NamedTuple

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.definitions.sensor_definition import SensorType
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._utils.error import SerializableErrorInfo

from orchestration.defs import automation, consolidation
from orchestration.settings import Settings
from orchestration.validation import judgement
from tests.conftest import NOW
from tests.intake.drops import GOOD, drop, projects_csv
from tests.pass_job import jobs, run_pass
from tests.passes.test_pass import failing_first

IN_ONE_EDITION = {"failing": ({"edition": "2021-S2", "project_id": "horizon", "value": -1.5},), "failing_count": 1}


class Told(NamedTuple):
    """What engineers were told by each pass over a home, as its text, and the run of the first one."""

    checks_fail: list[str]
    stops: list[str]
    whole: list[str]
    first_run_id: str


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Two passes in which a check fails, three that stop before their checks, and two that go through."""
    settings = Settings(home=tmp_path_factory.mktemp("faults") / "home", settle_seconds=0)
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    runs = []

    def a_pass(owner=None, name="", value=None, *, is_forced=True):
        said = StringIO()
        with pytest.MonkeyPatch.context() as patched, redirect_stderr(said):
            if owner:
                patched.setattr(owner, name, value)
            runs.append(run_pass(settings, NOW, is_forced=is_forced).run_id)
        return said.getvalue().replace("\N{NO-BREAK SPACE}", " ")

    fails = (judgement, "validate_marts", failing_first(**IN_ONE_EDITION))
    return Told(
        [a_pass(*fails) for _ in range(2)],
        [a_pass(consolidation, "build", _no_disk) for _ in range(3)],
        # Nothing is owed after the first one, and whatever is wrong is looked for all the same.
        [a_pass(is_forced=is_forced) for is_forced in (True, False)],
        runs[0],
    )


def _no_disk(_settings):
    raise OSError("No space left on device")


def _plain(lines):
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _titles(said):
    """The first lines of messages, without those of the alerts of the projects."""
    return [line for line in said.splitlines() if line.startswith(("🔴", "✅"))]


def test_a_failed_check_is_told_once_however_often_it_is_found(told):
    assert [_titles(said) for said in told.checks_fail] == [["🔴 Critique · Contrôle en échec · édition 2021-S2"], []]


def test_a_failed_check_says_what_it_found_where_and_what_to_do(told):
    said = told.checks_fail[0]
    assert "Constaté : current_cost_meur = −1,5 (édition 2021-S2, project_id horizon)." in said
    assert "Aucune révision de cette édition ne paraît tant qu’il échoue." in said
    assert "À faire : retrouvez la ligne de la remontée" in said
    assert told.first_run_id in said


def test_a_failed_pass_is_told_once_however_often_it_is_tried_and_does_not_mend_the_checks_before_it(told):
    assert [_titles(said) for said in told.stops] == [["🔴 Critique · Passe en échec"], [], []]


def test_a_failed_pass_says_its_step_and_its_cause(told):
    assert "La passe s’est arrêtée à l’étape consolidation : OSError: No space left on device" in told.stops[0]


def test_the_end_of_a_failed_check_and_that_of_a_failed_pass_are_told_once(told):
    first, second = (sorted(_titles(said)) for said in told.whole)
    assert (first, second) == (["✅ Rétabli · Contrôle en échec", "✅ Rétabli · Passe en échec"], [])


def test_a_check_that_could_not_run_holds_every_release_back_and_is_told_once_and_not_as_a_failed_one(
    settings, capfd, monkeypatch
):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))

    def a_pass():
        # It is tried again though nothing else is owed.
        summary = run_pass(settings, NOW, is_forced=False)
        failed = [failure.split(": ")[0] for failure in summary.failures]
        return summary.held_back, failed, summary.releases, _titles(*_plain([capfd.readouterr().err]))

    with monkeypatch.context() as patched:
        patched.setattr(judgement, "validate_marts", failing_first(broken="no file"))
        first, second = a_pass(), a_pass()
    (held,), *more = first
    assert "every edition held back by portfolio: portfolio_current_cost_not_negative" in held
    assert more == [["mart_checks"], (), ["🔴 Critique · Contrôle impossible"]]
    assert second == ((held,), ["mart_checks"], (), [])
    assert a_pass() == ((), [], (("2021-S2", 1),), ["✅ Rétabli · Contrôle impossible"])


@pytest.fixture
def instance(prepared, settings, monkeypatch):
    """The instance of the home, which is that of the environment."""
    monkeypatch.setenv("JALONS_HOME", str(settings.home))
    shutil.copytree(prepared, settings.dagster_home)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as one:
        yield one


@pytest.fixture
def tick(instance, capfd):
    """Evaluate the engineers' sensor as a daemon does that has ticked for an hour; give what it said."""

    def evaluate(watching=timedelta(hours=1)):
        now = datetime.now(UTC)
        last = now - min(watching, timedelta(seconds=30))
        context = dg.build_sensor_context(instance, f"{(now - watching).isoformat()} {last.isoformat()}")
        answer = automation.engineers_sensor(context)
        return answer.skip_message, _plain(capfd.readouterr().err.splitlines())

    return evaluate


def test_a_pass_of_the_daemon_that_failed_is_told_by_the_sensor_once(instance, tick):
    run = instance.create_run_for_job(jobs()["publication"], status=dg.DagsterRunStatus.STARTED)
    instance.report_run_failed(run, "the worker was killed")
    said = tick(timedelta(0))[1]
    assert said[0] == "🔴 Critique · Passe en échec"
    assert "the worker was killed" in said[1]
    assert tick(timedelta(0))[1] == []


@pytest.fixture
def inbox_ticked(instance):
    """Record that the inbox's sensor ticked so long ago, and how it went; the other one has just ticked."""
    repository = RemoteRepositoryOrigin(
        InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="orchestration.definitions")), "__repository__"
    )
    data = SensorInstigatorData(sensor_type=SensorType.STANDARD)
    states = {
        name: InstigatorState(
            RemoteInstigatorOrigin(repository, name), InstigatorType.SENSOR, InstigatorStatus.RUNNING, data
        )
        for name in ("inbox_sensor", "publication_sensor")
    }
    for one in states.values():
        instance.add_instigator_state(one)

    def ticked(name, ago, status, error=None):
        state = states[name]
        made = instance.create_tick(
            TickData(
                instigator_origin_id=state.instigator_origin_id,
                selector_id=state.selector_id,
                instigator_name=name,
                instigator_type=InstigatorType.SENSOR,
                status=TickStatus.STARTED,
                timestamp=(datetime.now(UTC) - ago).timestamp(),
            )
        )
        instance.update_tick(made.with_status(status, error=error))

    def record(ago, status=TickStatus.SKIPPED, state_now=InstigatorStatus.RUNNING, error=None):
        instance.update_instigator_state(states["inbox_sensor"].with_status(state_now))
        ticked("inbox_sensor", ago, status, error)
        ticked("publication_sensor", timedelta(0), TickStatus.SKIPPED)

    return record


def test_a_publication_sensor_that_does_not_tick_is_late_too(inbox_ticked, instance, tick):
    inbox_ticked(timedelta(0))
    (state,) = [one for one in instance.all_instigator_state() if one.name == "publication_sensor"]
    instance.update_instigator_state(state.with_status(InstigatorStatus.STOPPED))
    ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id)
    for one in ticks:
        instance.update_tick(one._replace(tick_data=one.tick_data._replace(timestamp=one.timestamp - 700)))
    assert tick()[0] == "Faults: tick_late:publication_sensor::error."


def test_a_sensor_that_ticks_is_not_late(inbox_ticked, tick):
    inbox_ticked(timedelta(minutes=9))
    assert tick() == ("Faults: none.", [])


def test_a_late_tick_is_told_once_and_its_end_once(inbox_ticked, tick):
    inbox_ticked(timedelta(minutes=11))
    said = tick()[1]
    assert said[0] == "🔴 Critique · Capteur sans nouvelles"
    assert "il ne répond plus" in said[1]
    assert tick()[1] == []
    inbox_ticked(timedelta(0))
    assert tick()[1][0] == "✅ Rétabli · Capteur sans nouvelles"
    assert tick()[1] == []


def test_a_tick_that_fails_is_no_tick_and_its_error_is_the_cause(inbox_ticked, tick):
    inbox_ticked(timedelta(minutes=11))
    error = SerializableErrorInfo("OperationalError: database is locked\n", [], "OperationalError")
    inbox_ticked(timedelta(0), TickStatus.FAILURE, error=error)
    assert "OperationalError: database is locked" in tick()[1][1]


def test_a_sensor_stopped_by_hand_is_late_and_said_to_be_stopped(inbox_ticked, tick):
    inbox_ticked(timedelta(minutes=11), state_now=InstigatorStatus.STOPPED)
    assert "il est arrêté dans Dagster" in tick()[1][1]


def test_a_daemon_that_has_just_started_blames_nobody_for_the_time_it_was_off(inbox_ticked, tick, instance):
    inbox_ticked(timedelta(hours=8))
    assert tick(timedelta(minutes=9))[1] == []
    for cursor in (None, "2020-01-01T09:00:00+00:00 2020-01-01T09:30:00+00:00"):
        context = dg.build_sensor_context(instance, cursor)
        assert automation.engineers_sensor(context).skip_message == "Faults: none."
    assert context.cursor.split()[0] == context.cursor.split()[1]


def test_a_pass_by_hand_does_not_mend_a_late_tick(inbox_ticked, tick, settings, capfd):
    inbox_ticked(timedelta(minutes=11))
    tick()
    # Whatever is owed, it looks for what is wrong.
    run_pass(settings, NOW, is_forced=False)
    assert "Rétabli" not in capfd.readouterr().err
