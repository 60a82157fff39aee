"""Buttons of the UI, pressed by hand in any order: nothing wrong comes out, and what is held back shows."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.intake.lake import last_export
from orchestration.passes import has_work as work
from orchestration.passes.alive import let_go_of_runs
from orchestration.passes.instance import prepare_instance
from orchestration.publication.release import NoRelease, current_revision
from orchestration.settings import Settings
from orchestration.store.mart_set import UnfitMarts, fit_marts
from orchestration.validation import judgement
from tests.conftest import NOW
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.pass_job import buttons, jobs
from tests.passes.test_accidents import bytes_under
from tests.passes.test_pass import failing_first

NOT_NEGATIVE = dg.AssetCheckKey(dg.AssetKey("portfolio"), "portfolio_current_cost_not_negative")
HELD = failing_first(failing=({"edition": "2021-S2", "value": -1},), failing_count=1)
MOMENT = {"config": {"now": NOW.isoformat()}}


@pytest.fixture
def home(passed_home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home after a whole pass over one edition, the test's own, and that of the environment."""
    shutil.copytree(passed_home, settings.home, symlinks=True)
    monkeypatch.setenv("JALONS_HOME", str(settings.home))
    monkeypatch.setenv("JALONS_SETTLE_SECONDS", "0")
    return settings


@pytest.fixture
def instance(home: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance of that home."""
    prepare_instance(home.dagster_home)
    with dg.DagsterInstance.from_config(str(home.dagster_home)) as one:
        one.add_dynamic_partitions("edition", ["2021-S1", "2021-S2"])
        yield one


@pytest.fixture
def press(instance: dg.DagsterInstance) -> Callable[..., str]:
    """Materialize assets as the UI does, alone; give the cause where the run failed, else nothing."""
    everything = buttons()
    marts = [dg.AssetKey(name) for name in ("drops", "verdicts", "releases", "delivered_alerts", "filing_status")]
    tables = [key for key in jobs()["publication"].asset_layer.selected_asset_keys if key not in marts]

    def one(*names: str, edition: str | None = None) -> str:
        keys = tables if names == ("dbt",) else [dg.AssetKey(name) for name in names]
        moments = {name: MOMENT for name in names if name in ("drops", "delivered_alerts")}
        result = everything.execute_in_process(
            asset_selection=keys,
            instance=instance,
            partition_key=edition,
            run_config={"ops": moments, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
        failures = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
        return "\n".join((error.cause or error).message for error in failures if error)

    return one


def _shown(instance: dg.DagsterInstance) -> bool:
    """Whether the check on the portfolio is shown as passed."""
    told = instance.event_log_storage.get_latest_asset_check_execution_by_key([NOT_NEGATIVE])[NOT_NEGATIVE]
    assert told.event and told.event.asset_check_evaluation
    return told.event.asset_check_evaluation.passed


def _is_released(home: Settings, edition: str) -> bool:
    try:
        return bool(current_revision(home, edition))
    except NoRelease:
        return False


def test_whatever_is_pressed_after_a_drop_nothing_wrong_is_published_and_the_check_is_shown_as_failed(
    home, instance, press, monkeypatch, capfd
):
    drop(home.home, "2021-S2/MI/p.csv", projects_csv(GOOD))
    assert press("drops") == ""
    # The tables are of before, whole and judged: what is made of them is what was published.
    before = bytes_under(home.releases)
    for name in ("verdicts", "releases", "delivered_alerts"):
        assert press(name) == ""
    assert press("edition_release", edition="2021-S1") == ""
    assert bytes_under(home.releases) == before
    assert work.publication_owed(home, NOW).word
    assert _shown(instance)
    monkeypatch.setattr(judgement, "validate_marts", HELD)
    capfd.readouterr()
    # The checks are run with their tables.
    assert press("dbt") == ""
    assert not _shown(instance)
    for name in ("delivered_alerts", "releases", "edition_release"):
        _pass_the_check(instance)
        said = press(name, edition="2021-S2" if name == "edition_release" else None)
        assert ("held back" in said) == (name == "edition_release")
        assert not _shown(instance)
        assert not _is_released(home, "2021-S2")
        assert work.has_work(home, NOW)
    # A project is gone from the edition that is held: nobody is told so.
    assert "BOUSSOLE" not in capfd.readouterr().err
    assert not (home.dagster_home / "storage").exists()


def _pass_the_check(instance: dg.DagsterInstance) -> None:
    """As a pass of before would have left it."""
    evaluation = dg.AssetCheckEvaluation(
        NOT_NEGATIVE.asset_key, NOT_NEGATIVE.name, passed=True, metadata={}, severity=dg.AssetCheckSeverity.ERROR
    )
    instance.report_runless_asset_event(evaluation)


def test_marts_that_were_edited_removed_or_replaced_are_refused_and_a_build_that_failed_leaves_none(home, press):
    mart = home.marts / "portfolio.parquet"
    whole, other = mart.read_bytes(), (home.marts / "top50.parquet").read_bytes()
    for harm in (lambda: mart.write_bytes(whole + b"x"), mart.unlink, lambda: mart.write_bytes(other)):
        harm()
        for name in ("verdicts", "releases", "delivered_alerts"):
            assert "not as they were built: portfolio" in press(name)
        assert "not as they were built" in press("edition_release", edition="2021-S1")
    # Where a mart should go stands a folder, so that dbt stops half-way.
    mart.unlink()
    (mart / "x").mkdir(parents=True)
    assert "portfolio" in press("dbt")
    shutil.rmtree(mart)
    mart.write_bytes(whole)
    for name in ("verdicts", "releases", "delivered_alerts"):
        assert "of no whole build" in press(name)
    with pytest.raises(UnfitMarts):
        fit_marts(home.marts, last_export(home.lake).sha256)
    assert current_revision(home, "2021-S1") == 1


def intake() -> dg.JobDefinition:
    """A job, as a process that a daemon begins finds it by name."""
    return jobs()["intake"]


def publication() -> dg.JobDefinition:
    """The other one."""
    return jobs()["publication"]


def test_a_pass_of_a_run_worker_leaves_nothing_to_do_and_no_pickle_and_the_last_button_alone_does_not(
    home, instance, press
):
    drop(home.home, "2021-S2/MI/p.csv", projects_csv(GOOD, OTHER))
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    # Not as a context manager: that would enter the home a second time.
    for begun, op in ((intake, "drops"), (publication, "delivered_alerts")):
        config = {"ops": {op: MOMENT}} | quiet
        assert dg.execute_job(dg.reconstructable(begun), instance, run_config=config).success
    let_go_of_runs()
    assert _is_released(home, "2021-S2")
    read = Settings()
    assert not work.has_work(read, NOW)
    assert not (home.dagster_home / "storage").exists()
    assert press("delivered_alerts") == ""
    assert work.has_work(read, NOW)


def test_figures_that_a_history_begun_anew_does_not_know_are_shown_by_the_next_publication(home, instance, press):
    key = dg.AssetKey("edition_release")
    instance.wipe_assets([key])
    assert press("releases") == ""
    (shown,) = instance.fetch_materializations(dg.AssetRecordsFilter(asset_key=key), limit=5).records
    assert shown.partition_key == "2021-S1"
    assert shown.asset_materialization.metadata["projects"].value == 2
    # Once is enough.
    assert press("releases") == ""
    assert len(instance.fetch_materializations(dg.AssetRecordsFilter(asset_key=key), limit=5).records) == 1
