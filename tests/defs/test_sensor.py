"""The sensor asks for a pass when there is something to do, and only then."""

import shutil
from datetime import timedelta

import dagster as dg
import pytest

from orchestration.definitions import defs
from orchestration.defs import automation
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.passes import fingerprint, healing
from tests.conftest import NOW
from tests.intake.drops import GOOD, drop, projects_csv


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as one:
        yield one


@pytest.fixture
def tick(instance, settings, monkeypatch):
    """Evaluate the sensor once over the home; what it answers is its words when it skips, else the request."""
    monkeypatch.setenv("JALONS_HOME", str(settings.home))

    def evaluate():
        answer = automation.inbox_sensor(dg.build_sensor_context(instance=instance))
        return answer.skip_message if isinstance(answer, dg.SkipReason) else answer

    return evaluate


@pytest.fixture
def begin(instance):
    """Record a run of the job in a given state."""
    job = defs().resolve_job_def("process_drops")
    return lambda status: instance.create_run_for_job(job, status=status)


def _pass(settings):
    take_in(settings, NOW)
    with Ledger(settings.ledger) as ledger:
        ledger.pass_done(ledger.head())
    fingerprint.note(settings, fingerprint.sources(settings))


def test_a_drop_asks_for_a_pass_until_one_has_gone_through(tick, settings):
    _pass(settings)
    assert "nothing" in tick()
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    assert tick() == dg.RunRequest()
    assert tick() == dg.RunRequest()
    _pass(settings)
    assert "nothing" in tick()


def test_a_deleted_warehouse_asks_for_a_pass(tick, settings):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    _pass(settings)
    assert "nothing" in tick()
    shutil.rmtree(settings.warehouse)
    assert tick() == dg.RunRequest()


def test_the_same_name_with_other_bytes_asks_again(tick, settings):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    _pass(settings)
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD, GOOD.replace("HORIZON", "CAP")))
    assert tick() == dg.RunRequest()


def test_a_pass_that_died_after_the_ledger_is_asked_for_again(tick, settings):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    take_in(settings, NOW)
    assert tick() == dg.RunRequest()


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
def test_nothing_is_asked_while_a_pass_is_under_way(tick, begin, settings, status):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    begin(status)
    assert "under way" in tick()


def test_a_run_that_died_holds_no_pass_back_unless_the_next_one_dies_too(tick, begin, settings, monkeypatch):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    monkeypatch.setattr(healing, "STARTING_UP", timedelta(0))
    begin(dg.DagsterRunStatus.STARTED)
    assert tick() == dg.RunRequest()
    begin(dg.DagsterRunStatus.STARTED)
    assert "five minutes" in tick()


def test_a_failed_pass_is_tried_again_after_a_pause(tick, begin, settings, monkeypatch):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    begin(dg.DagsterRunStatus.FAILURE)
    assert "five minutes" in tick()
    monkeypatch.setattr(automation, "_PAUSE_AFTER_FAILURE", timedelta(0))
    assert tick() == dg.RunRequest()
