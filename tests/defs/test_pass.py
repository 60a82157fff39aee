"""A pass on a real instance: what the UI is told, and what a failed check holds back."""

import json
from collections.abc import Iterator
from dataclasses import replace

import dagster as dg
import pytest
from pydantic import SecretStr

from expectations.runner import validate_marts
from orchestration.alerting.delivery import alert_states
from orchestration.consolidation.build import build
from orchestration.definitions import defs
from orchestration.defs import consolidation, validation
from orchestration.defs.instance import PassSummary, run_pass
from orchestration.intake.take_in import pending
from orchestration.publication.release import NoRelease, read_figures
from orchestration.settings import Settings
from tests.conftest import NOW
from tests.intake.drops import GOOD, OTHER, drop, projects_csv

CELL = dg.MultiPartitionKey({"edition": "2021-S2", "perimeter": "MI"})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home where a good file, a dry run and an unreadable file are filed."""
    settings = Settings(home=tmp_path_factory.mktemp("pass") / "home", settle_seconds=0, slack_bot_token=SecretStr(""))
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD, OTHER))
    drop(settings.home, "2021-S2/MC/projets.xlsx", b"PK\x03\x04 not a workbook")
    drop(settings.home, "2021-S2/MEF/essai/projets.csv", projects_csv(GOOD))
    return settings


@pytest.fixture(scope="module")
def passed(home: Settings) -> PassSummary:
    """The first pass over that home."""
    return run_pass(home, NOW)


@pytest.fixture
def instance(passed: PassSummary, home: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance that the pass was executed on."""
    with dg.DagsterInstance.from_config(str(home.dagster_home)) as one:
        yield one


def test_the_summary_says_what_the_pass_did(passed):
    assert passed.drops == {"accepted": 1, "accepted_with_warnings": 1, "rejected": 1}
    assert (passed.releases, passed.alerts_sent, passed.failures) == ((("2021-S2", 1),), {"console": 1}, ())


def test_the_grid_shows_who_has_filed_dry_runs_and_rejections_apart(instance):
    assert instance.get_materialized_partitions(dg.AssetKey(["submissions", "projects"])) == {CELL}
    assert instance.get_dynamic_partitions("edition") == ["2021-S2"]


def test_a_cell_shows_its_receipt(instance, home):
    (record,) = instance.fetch_materializations(dg.AssetKey(["submissions", "projects"]), limit=5).records
    shown = record.asset_materialization.metadata
    receipt = json.loads((home.home / shown["receipt"].value).with_name("accuse.json").read_text(encoding="utf-8"))
    assert (shown["sha256"].value, shown["dagster/row_count"].value) == (receipt["sha256"], 2)
    assert shown["file"].value == "2021-S2/MI/projets.csv"


def test_every_table_and_check_of_a_pass_is_told(instance):
    graph = defs().resolve_asset_graph()
    job = defs().resolve_job_def("process_drops")
    expected = set(job.asset_layer.selected_asset_keys)
    materialized = {key for key in expected if instance.get_latest_materialization_event(key)}
    assert materialized == expected
    of_pass = [key for key in graph.asset_check_keys if key.asset_key in expected]
    of_projects = [key for key in graph.asset_check_keys if key.asset_key == dg.AssetKey(["submissions", "projects"])]
    told = instance.event_log_storage.get_latest_asset_check_execution_by_key([*of_pass, *of_projects])
    assert {record.status.value for record in told.values()} <= {"SUCCEEDED", "FAILED"}
    assert set(told) == {*of_pass, *of_projects}


def test_marts_show_rows_and_figures_show_a_picture(instance):
    def shown(name):
        return instance.get_latest_materialization_event(dg.AssetKey(name)).asset_materialization.metadata

    assert shown("portfolio")["dagster/row_count"].value == 2
    assert "| HORIZON |" in shown("portfolio")["preview"].value
    assert "data:image/svg+xml;base64," in shown("headline_figures")["total_cost"].value


def test_a_pass_leaves_nothing_to_do_and_a_second_one_changes_nothing(passed, home):
    assert not pending(home)
    again = run_pass(home, NOW)
    assert (again.drops, again.releases, again.alerts_sent, again.failures) == ({}, (), {}, ())


def test_a_failed_check_holds_the_release_and_the_alerts_back(settings, monkeypatch):
    def implausible(marts):
        verdicts = validate_marts(marts)
        first = next(index for index, one in enumerate(verdicts) if one.severity == "error")
        failed = replace(verdicts[first], success=False, failing=({"value": 1},), failing_count=1)
        return [*verdicts[:first], failed, *verdicts[first + 1 :]]

    monkeypatch.setattr(validation, "validate_marts", implausible)
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MC/projets.xlsx", b"PK\x03\x04 not a workbook")
    summary = run_pass(settings, NOW)
    assert len(summary.failures) == 1
    with pytest.raises(NoRelease):
        read_figures(settings, "2021-S2")
    assert [one["channels"] for one in alert_states(settings)] == [{}]
    assert pending(settings)


def test_a_failed_warning_holds_nothing_back(settings, monkeypatch):
    def odd(marts):
        return [replace(one, success=one.severity == "error") for one in validate_marts(marts)]

    monkeypatch.setattr(validation, "validate_marts", odd)
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    summary = run_pass(settings, NOW)
    assert (summary.failures, summary.releases) == ((), (("2021-S2", 1),))


def test_a_pass_prints_nothing_on_standard_output_but_its_alerts(settings, capfd):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    run_pass(settings, NOW)
    assert capfd.readouterr().out == ""


def test_whoever_watches_is_told_each_stage_in_order(settings):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    steps: list[str] = []
    run_pass(settings, NOW, steps.append)
    assert [step.split()[0] for step in steps] == [
        "Starting",
        "Reading",
        "Consolidating",
        "Validating",
        "Releasing",
        "Delivering",
    ]


def test_a_cell_materialized_by_hand_is_read_again_from_the_archive(home, instance, monkeypatch):
    monkeypatch.setenv("JALONS_HOME", str(home.home))
    (rows,) = home.lake.glob("projects/edition=2021-S2/perimeter=MI/*.parquet")
    before = rows.read_bytes()
    rows.unlink()
    job = defs().resolve_implicit_global_asset_job_def()
    projects = dg.AssetKey(["submissions", "projects"])
    job.execute_in_process(asset_selection=[projects], partition_key=CELL, instance=instance)
    assert rows.read_bytes() == before


def test_a_failed_dbt_test_holds_the_release_back(settings, monkeypatch):
    def with_a_duplicate(given):
        result = build(given)
        last = max(index for index, node in enumerate(result.nodes) if node.status == "pass")
        failed = replace(result.nodes[last], status="fail", message="Got 1 result", failures=1)
        return replace(result, nodes=(*result.nodes[:last], failed, *result.nodes[last + 1 :]))

    monkeypatch.setattr(consolidation, "build", with_a_duplicate)
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    summary = run_pass(settings, NOW)
    assert "Got 1 result" in summary.failures[0]
    with pytest.raises(NoRelease):
        read_figures(settings, "2021-S2")
    assert pending(settings)
