"""What engineers are told, on a real instance: each fault once, however often it is found, and its end once."""

from datetime import UTC, datetime, timedelta

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

from orchestration.definitions import defs
from orchestration.defs import automation, consolidation
from orchestration.passes.instance import prepare_instance
from orchestration.validation import judgement
from tests.conftest import NOW
from tests.intake.drops import GOOD, drop, projects_csv
from tests.pass_job import run_pass
from tests.passes.test_pass import failing_first

IN_ONE_EDITION = {"failing": ({"edition": "2021-S2", "project_id": "horizon", "value": -1.5},), "failing_count": 1}


@pytest.fixture
def a_pass(settings, capfd):
    """Run one pass and give the first lines of what it said, without those of the alerts of the projects."""
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))

    def run():
        run_pass(settings, NOW)
        return [line for line in capfd.readouterr().err.splitlines() if line.startswith(("🔴", "✅"))]

    return run


@pytest.fixture
def under(monkeypatch):
    """Replace what a stage does for the length of one call."""

    def call(owner, name, value, function):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, value)
            return function()

    return call


def _plain(lines):
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def test_a_failed_check_is_told_once_and_its_end_once(a_pass, under):
    broken_once = [under(judgement, "validate_marts", failing_first(**IN_ONE_EDITION), a_pass) for _ in range(2)]
    assert broken_once == [["🔴 Critique · Contrôle en échec · édition 2021-S2"], []]
    assert [_plain(a_pass()) for _ in range(2)] == [["✅ Rétabli · Contrôle en échec"], []]


def test_a_failed_check_says_what_it_found_where_and_what_to_do(settings, capfd, under):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    summary = under(judgement, "validate_marts", failing_first(**IN_ONE_EDITION), lambda: run_pass(settings, NOW))
    (said,) = _plain([capfd.readouterr().err])
    assert "Constaté : current_cost_meur = −1,5 (édition 2021-S2, project_id horizon)." in said
    assert "Aucune révision de cette édition ne paraît tant qu’il échoue." in said
    assert "À faire : retrouvez la ligne de la remontée" in said
    assert summary.run_id in said


def test_a_check_that_could_not_run_is_told_once_and_is_not_called_a_failed_one(a_pass, under):
    broken_once = [under(judgement, "validate_marts", failing_first(broken="no file"), a_pass) for _ in range(2)]
    assert broken_once == [["🔴 Critique · Contrôle impossible"], []]
    assert _plain(a_pass()) == ["✅ Rétabli · Contrôle impossible"]


def _no_disk(_settings):
    raise OSError("No space left on device")


def test_a_failed_pass_is_told_once_however_often_it_is_tried_and_its_end_once(a_pass, under):
    told = [under(consolidation, "build", _no_disk, a_pass) for _ in range(3)]
    assert told == [["🔴 Critique · Passe en échec"], [], []]
    assert [_plain(a_pass()) for _ in range(2)] == [["✅ Rétabli · Passe en échec"], []]


def test_a_failed_pass_says_its_step_and_its_cause(settings, capfd, under):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    under(consolidation, "build", _no_disk, lambda: run_pass(settings, NOW))
    (said,) = _plain([capfd.readouterr().err])
    assert "La passe s’est arrêtée à l’étape consolidation : OSError: No space left on device" in said


def test_a_pass_that_stops_before_its_checks_does_not_mend_them(a_pass, under):
    under(judgement, "validate_marts", failing_first(**IN_ONE_EDITION), a_pass)
    assert under(consolidation, "build", _no_disk, a_pass) == ["🔴 Critique · Passe en échec"]
    assert sorted(_plain(a_pass())) == ["✅ Rétabli · Contrôle en échec", "✅ Rétabli · Passe en échec"]


@pytest.fixture
def instance(settings, monkeypatch):
    """The instance of the home, which is that of the environment."""
    monkeypatch.setenv("JALONS_HOME", str(settings.home))
    prepare_instance(settings.dagster_home)
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
    run = instance.create_run_for_job(defs().resolve_job_def("publication"), status=dg.DagsterRunStatus.STARTED)
    instance.report_run_failed(run, "the worker was killed")
    said = tick(timedelta(0))[1]
    assert said[0] == "🔴 Critique · Passe en échec"
    assert "the worker was killed" in said[1]
    assert tick(timedelta(0))[1] == []


@pytest.fixture
def inbox_ticked(instance):
    """Record that the inbox's sensor ticked so long ago, and how it went."""
    repository = RemoteRepositoryOrigin(
        InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="orchestration.definitions")), "__repository__"
    )
    origin = RemoteInstigatorOrigin(repository, "inbox_sensor")
    state = InstigatorState(
        origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING, SensorInstigatorData(sensor_type=SensorType.STANDARD)
    )

    def record(ago, status=TickStatus.SKIPPED, state_now=InstigatorStatus.RUNNING, error=None):
        if not instance.all_instigator_state():
            instance.add_instigator_state(state)
        instance.update_instigator_state(state.with_status(state_now))
        made = instance.create_tick(
            TickData(
                instigator_origin_id=state.instigator_origin_id,
                selector_id=state.selector_id,
                instigator_name="inbox_sensor",
                instigator_type=InstigatorType.SENSOR,
                status=TickStatus.STARTED,
                timestamp=(datetime.now(UTC) - ago).timestamp(),
            )
        )
        instance.update_tick(made.with_status(status, error=error))

    return record


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
    run_pass(settings, NOW)
    assert "Rétabli" not in capfd.readouterr().err
