"""Drops are answered whatever a publication is at, and a publication says what was listed at its start."""

import dagster as dg
import pytest

from orchestration.consolidation.build import build
from orchestration.defs import consolidation
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.passes.has_work import intake_owed, publication_owed
from orchestration.passes.instance import prepare_instance
from orchestration.passes.lock import publication_lock
from orchestration.publication.release import read_figures
from tests.conftest import NOW
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.pass_job import jobs, run_pass

FOR_MJ = OTHER.replace("l'Intérieur", "la Justice")


@pytest.fixture
def home(settings, monkeypatch):
    """The home of the environment, in which MI has filed."""
    monkeypatch.setenv("JALONS_HOME", str(settings.home))
    monkeypatch.setenv("JALONS_SETTLE_SECONDS", "0")
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    return settings


def _statuses(settings) -> list[str]:
    with Ledger(settings.ledger) as ledger:
        return [row.status for row in ledger.filings("2021-S2")]


def test_a_drop_is_answered_while_a_publication_holds_the_home(home):
    prepare_instance(home.dagster_home)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.from_config(str(home.dagster_home)) as instance, publication_lock(home):
        assert jobs()["intake"].execute_in_process(instance=instance, run_config=quiet).success
        assert len(list((home.home / "outbox").rglob("accuse.html"))) == 1
        assert intake_owed(home, NOW).word is None
        assert publication_owed(home, NOW).word


def test_a_publication_that_fails_costs_no_drop_its_answer_is_owed_until_it_goes_through_and_says_what_was_listed_then(
    home, monkeypatch
):
    def fail(_settings):
        raise ValueError("a model that fails")

    with monkeypatch.context() as failing:
        failing.setattr(consolidation, "build", fail)
        for name in ("b", "c"):
            summary = run_pass(home, NOW, is_forced=False)
            assert summary.failures == ("consolidation: ValueError: a model that fails",)
            drop(home.home, f"2021-S2/MJ/{name}.csv", projects_csv(FOR_MJ, FOR_MJ.replace("BOUSSOLE", name)))
        assert _statuses(home) == ["accepted", "accepted"]

    def while_another_drop_arrives(settings):
        drop(home.home, "2021-S2/MI/d.csv", projects_csv(GOOD, OTHER.replace("BOUSSOLE", "PHARE")))
        take_in(settings, NOW)
        return build(settings)

    with monkeypatch.context() as arriving:
        arriving.setattr(consolidation, "build", while_another_drop_arrives)
        summary = run_pass(home, NOW, is_forced=False)
    assert (summary.failures, summary.releases) == ((), (("2021-S2", 1),))
    # One of MI and two of MJ.
    assert read_figures(home, "2021-S2")["projects"] == 3
    assert (intake_owed(home, NOW).word, publication_owed(home, NOW).word is None) == (None, False)
    summary = run_pass(home, NOW, is_forced=False)
    assert (summary.failures, summary.drops, summary.releases) == ((), {}, (("2021-S2", 2),))
    assert read_figures(home, "2021-S2")["projects"] == 4
    assert (intake_owed(home, NOW).word, publication_owed(home, NOW).word) == (None, None)
