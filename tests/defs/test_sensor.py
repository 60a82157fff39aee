"""The sensor asks for a pass when there is something to do, and only then."""

import shutil
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration.defs import automation
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.passes import fingerprint, healing, heartbeat, patience
from orchestration.passes.faults import OWED
from orchestration.passes.has_work import intake_owed, publication_owed
from orchestration.passes.instance import prepare_instance
from orchestration.passes.run_tags import WHY
from orchestration.passes.watched import only_watcher
from tests.conftest import NOW
from tests.intake.drops import GOOD, drop, projects_csv
from tests.pass_job import jobs


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as one:
        yield one


@pytest.fixture
def tick(instance, settings, monkeypatch):
    """Evaluate a sensor once over the home; what it answers is its words when it skips, else the request."""
    monkeypatch.setenv("JALONS_HOME", str(settings.home))

    def evaluate(sensor=automation.inbox_sensor):
        answer = sensor(dg.build_sensor_context(instance=instance))
        return answer.skip_message if isinstance(answer, dg.SkipReason) else answer

    return evaluate


@pytest.fixture
def begin(instance, settings):
    """Record a run over what is owed now, in a given state."""
    owed = {"intake": intake_owed, "publication": publication_owed}

    def run(status, job="intake"):
        word = str(owed[job](settings, datetime.now(UTC)).word)
        return instance.create_run_for_job(jobs()[job], status=status, tags={OWED: word})

    return run


def _pass(settings):
    # The home is in use since now: the calendar owes it nothing yet.
    take_in(settings, datetime.now(UTC))
    with Ledger(settings.ledger) as ledger:
        ledger.pass_done(ledger.head())
    fingerprint.note(settings, fingerprint.sources(settings))


def _is_asked(answer) -> bool:
    return isinstance(answer, dg.RunRequest)


def test_a_drop_asks_for_an_intake_and_what_it_took_in_for_a_publication(tick, settings):
    _pass(settings)
    assert "nothing" in tick()
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    assert _is_asked(tick())
    assert _is_asked(tick())
    assert "nothing" in tick(automation.publication_sensor)
    take_in(settings, datetime.now(UTC))
    assert "nothing" in tick()
    assert _is_asked(tick(automation.publication_sensor))
    _pass(settings)
    assert ("nothing" in tick(), "nothing" in tick(automation.publication_sensor)) == (True, True)


def test_the_sensors_stand_back_while_a_watcher_lives_and_the_net_does_not(tick, settings):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    with only_watcher(settings):
        assert "A watcher lives" in tick()
        assert "A watcher lives" in tick(automation.publication_sensor)
        prepare_instance(settings.dagster_home)
        with dg.DagsterInstance.from_config(str(settings.dagster_home)) as kept:
            assert _is_asked(automation.intake_net(dg.build_schedule_context(instance=kept)))
    assert _is_asked(tick())


def test_a_deleted_warehouse_asks_for_a_publication(tick, settings):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    _pass(settings)
    shutil.rmtree(settings.warehouse)
    assert "nothing" in tick()
    assert _is_asked(tick(automation.publication_sensor))


def test_the_same_name_with_other_bytes_asks_again(tick, settings):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    _pass(settings)
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD, GOOD.replace("HORIZON", "CAP")))
    assert _is_asked(tick())


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
def test_nothing_is_asked_while_a_run_of_the_same_job_is_under_way(tick, begin, settings, status):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    begin(status)
    assert "under way" in tick()


def test_a_drop_waits_for_no_publication(tick, begin, settings):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    take_in(settings, NOW)
    for status in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED):
        begin(status, job="publication")
        drop(settings.home, f"2021-S2/MJ/{status.value}.csv", projects_csv(GOOD))
        assert _is_asked(tick())


def test_a_run_that_died_holds_none_back_unless_the_next_one_dies_too(tick, begin, settings, monkeypatch):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    monkeypatch.setattr(healing, "STARTING_UP", timedelta(0))
    begin(dg.DagsterRunStatus.STARTED)
    assert _is_asked(tick())
    begin(dg.DagsterRunStatus.STARTED)
    assert "failed; tried again at" in tick()


def test_what_failed_is_tried_again_after_a_pause_and_at_once_when_anything_changes(tick, begin, settings, monkeypatch):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    begin(dg.DagsterRunStatus.FAILURE)
    assert "failed; tried again at" in tick()
    drop(settings.home, "2021-S2/MJ/projets.csv", projects_csv(GOOD))
    assert _is_asked(tick())
    begin(dg.DagsterRunStatus.FAILURE)
    assert "failed" in tick()
    monkeypatch.setattr(patience, "_PAUSE", timedelta(0))
    assert _is_asked(tick())


def test_each_pause_over_one_cause_is_twice_as_long_up_to_the_longest(tick, begin, instance, settings):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    pauses = []
    for _ in range(6):
        run = begin(dg.DagsterRunStatus.FAILURE)
        (record,) = instance.get_run_records(dg.RunsFilter(run_ids=[run.run_id]))
        at = patience.tried_again_at(instance, "intake", run.tags[OWED], NOW)
        pauses.append(round((at - record.update_timestamp) / timedelta(minutes=1)))
    assert pauses == [5, 10, 20, 40, 60, 60]


def test_the_net_asks_what_the_sensors_ask(tick, settings):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    prepare_instance(settings.dagster_home)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as kept:
        context = dg.build_schedule_context(instance=kept)
        assert automation.intake_net(context).tags[OWED] == tick().tags[OWED]
        assert automation.calendar_day(context).tags[OWED] == tick().tags[OWED]
        assert "nothing" in automation.publication_net(context).skip_message
        take_in(settings, NOW)
        assert _is_asked(automation.publication_net(context))


def test_a_day_of_the_calendar_asks_for_an_intake_which_notes_it_once(tick, settings):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    take_in(settings, datetime.now(UTC) - timedelta(days=300))
    assert "days of the calendar: 1" in tick().tags[WHY]
    take_in(settings, datetime.now(UTC))
    assert "nothing" in tick()


def test_a_look_at_the_inbox_is_noted_now_and_then_and_one_that_fails_is_not(tick, instance, settings, monkeypatch):
    def beats():
        return len(instance.fetch_materializations(automation.inbox_heartbeat.key, limit=9).records)

    for _ in range(3):
        tick()
    tick(automation.publication_sensor)
    assert beats() == 1
    monkeypatch.setattr(heartbeat, "BEAT", timedelta(0))
    tick()
    assert beats() == 2

    def fails(*_given):
        raise RuntimeError

    monkeypatch.setattr(automation, "intake_owed", fails)
    with pytest.raises(RuntimeError):
        tick()
    assert beats() == 2
