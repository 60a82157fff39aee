"""A pass on a real instance: what the UI is told, and what a failed check holds back."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace

import dagster as dg
import pytest
from pydantic import SecretStr

from expectations.runner import validate_marts
from orchestration.alerting.standing import alert_states
from orchestration.consolidation.build import build
from orchestration.defs import consolidation
from orchestration.intake.lake import read_ledger
from orchestration.passes import fingerprint
from orchestration.passes.has_work import has_work
from orchestration.passes.run import PassSummary
from orchestration.publication import method
from orchestration.publication.release import NoRelease, read_figures
from orchestration.settings import Settings
from orchestration.validation import judgement
from tests.conftest import NOW
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.pass_job import buttons, definitions, jobs, run_pass

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
def steps() -> list[str]:
    """What whoever watches the first pass over that home is told."""
    return []


@pytest.fixture(scope="module")
def passed(home: Settings, steps: list[str]) -> PassSummary:
    """The first pass over that home."""
    return run_pass(home, NOW, steps.append)


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
    # As the UI serves it beside itself.
    folder = (home.outbox / shown["receipt"].value.removeprefix("/jalons/receipts/")).parent
    receipt = json.loads((folder / "accuse.json").read_text(encoding="utf-8"))
    assert (shown["sha256"].value, shown["dagster/row_count"].value) == (receipt["sha256"], 2)
    assert shown["file"].value == "2021-S2/MI/projets.csv"


def test_every_table_and_check_of_a_pass_is_told(instance):
    graph = definitions().resolve_asset_graph()
    expected = {key for job in jobs().values() for key in job.asset_layer.selected_asset_keys}
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
    assert "HORIZON" in [row.data["name"] for row in shown("portfolio")["preview"].records]
    assert "data:image/svg+xml;base64," in shown("headline_figures")["total_cost"].value


def test_a_pass_leaves_nothing_to_do_and_a_second_one_changes_nothing(passed, home):
    assert not has_work(home, NOW)
    again = run_pass(home, NOW)
    assert (again.drops, again.releases, again.alerts_sent, again.failures) == ({}, (), {}, ())


def failing_first(**changes):
    """What validation would say if the first rule of severity error failed."""

    def implausible(marts):
        verdicts = validate_marts(marts)
        first = next(index for index, one in enumerate(verdicts) if one.severity == "error")
        failed = replace(verdicts[first], success=False, **changes)
        return [*verdicts[:first], failed, *verdicts[first + 1 :]]

    return implausible


def test_a_failed_check_of_which_a_row_names_no_edition_holds_every_release_back(settings, monkeypatch):
    # What else names none is in `tests/validation/test_holding.py`.
    failing = ({"edition": "2020-S1", "value": 1}, {"edition": None, "value": 1})
    monkeypatch.setattr(judgement, "validate_marts", failing_first(failing=failing, failing_count=2))
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MC/projets.xlsx", b"PK\x03\x04 not a workbook")
    summary = run_pass(settings, NOW)
    (held,) = summary.held_back
    assert "every edition held back by portfolio: portfolio_current_cost_not_negative" in held
    with pytest.raises(NoRelease):
        read_figures(settings, "2021-S2")
    # A check that could not run is tried again (`test_faults`); what is wrong in the rows is theirs to mend.
    assert (summary.failures, has_work(settings, NOW)) == ((), False)


@pytest.fixture(scope="module")
def held_back(tmp_path_factory):
    """A home of two editions whose latest is held back by a failed check, and the summary of that pass."""
    made = Settings(home=tmp_path_factory.mktemp("held_back") / "home", settle_seconds=0)
    fault = {"failing": ({"edition": "2021-S2", "project_id": "horizon", "value": -1},), "failing_count": 1}
    drop(made.home, "2021-S1/MI/projets.csv", projects_csv(GOOD, OTHER))
    drop(made.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    drop(made.home, "2021-S2/MC/projets.xlsx", b"PK\x03\x04 not a workbook")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(judgement, "validate_marts", failing_first(**fault))
        return made, run_pass(made, NOW)


@pytest.fixture
def one_held_back(held_back, settings):
    """A copy of that home, and that summary."""
    shutil.copytree(held_back[0].home, settings.home, symlinks=True)
    return settings, held_back[1]


def test_a_failed_check_holds_back_the_editions_whose_rows_fail_it_and_no_other(one_held_back):
    settings, summary = one_held_back
    assert summary.releases == (("2021-S1", 1),)
    (held,) = summary.held_back
    assert "2021-S2 held back by portfolio: portfolio_current_cost_not_negative" in held
    assert summary.failures == ()
    with pytest.raises(NoRelease):
        read_figures(settings, "2021-S2")


def test_of_an_edition_held_back_only_what_concerns_its_filing_is_told(one_held_back):
    settings, _ = one_held_back
    told = {(one["rule"], one["edition"]): one["channels"] for one in alert_states(settings)}
    assert told == {("submission_rejected", "2021-S2"): {"console": "sent"}, ("went_silent", "2021-S2"): {}}


def test_an_edition_held_back_shows_in_the_ui_by_which_check_and_why(one_held_back):
    settings, summary = one_held_back
    check = dg.AssetCheckKey(dg.AssetKey("portfolio"), "portfolio_current_cost_not_negative")
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        told = instance.event_log_storage.get_latest_asset_check_execution_by_key([check])[check]
        evaluation = told.event.dagster_event.asset_check_evaluation_data
        (record,) = instance.fetch_materializations(dg.AssetKey("verdicts"), limit=5).records
        run = instance.get_run_by_id(summary.run_id)
    assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert evaluation.metadata["held_back"].value == "2021-S2"
    metadata = record.asset_materialization.metadata
    (held,) = (row.data for row in metadata["held_back"].records)
    assert (held["editions"], held["mart"]) == ("2021-S2", "portfolio")
    # The UI cuts a wide table off on the right: what is asked first comes first.
    assert next(iter(metadata)) == "held_back"
    assert [one.name for one in metadata["held_back"].schema.columns[:3]] == ["editions", "why", "remedy"]
    assert metadata["held_editions"].value == 1
    assert run.status == dg.DagsterRunStatus.SUCCESS


def test_an_edition_held_back_asks_for_no_pass_until_something_changes(held_back):
    # A copy is owed a pass whatever was held back: its files are others.
    made, summary = held_back
    assert not has_work(made, NOW)
    assert fingerprint.held_back(made) == list(summary.held_back)
    new = drop(made.home, "2021-S2/MJ/projets.csv", projects_csv(OTHER))
    assert has_work(made, NOW)
    new.unlink()


def test_it_is_released_once_its_check_passes_though_warnings_fail_and_the_pass_prints_nothing_on_standard_output(
    one_held_back, monkeypatch, capfd
):
    def odd(marts):
        return [replace(one, success=one.severity == "error") for one in validate_marts(marts)]

    settings, _ = one_held_back
    monkeypatch.setattr(judgement, "validate_marts", odd)
    drop(settings.home, "2021-S2/MJ/projets.csv", projects_csv(OTHER))
    capfd.readouterr()
    summary = run_pass(settings, NOW)
    assert (summary.held_back, fingerprint.held_back(settings)) == ((), [])
    assert (summary.releases, summary.failures, has_work(settings, NOW)) == ((("2021-S2", 1),), (), False)
    assert {tuple(one["channels"].values()) for one in alert_states(settings)} == {("sent",)}
    # Its alerts go to standard error.
    assert capfd.readouterr().out == ""


def test_an_edition_held_back_cannot_be_released_by_hand(one_held_back, monkeypatch):
    settings, _ = one_held_back
    fault = {"failing": ({"edition": "2021-S2", "value": -1},), "failing_count": 1}
    monkeypatch.setattr(judgement, "validate_marts", failing_first(**fault))
    monkeypatch.setenv("JALONS_HOME", str(settings.home))
    job = buttons()
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:

        def by_hand(edition):
            chosen = {"asset_selection": [dg.AssetKey("edition_release")], "partition_key": edition}
            instance.add_dynamic_partitions("edition", [edition])
            return job.execute_in_process(**chosen, instance=instance, raise_on_error=False).success

        assert (by_hand("2021-S1"), by_hand("2021-S2")) == (True, False)
    with pytest.raises(NoRelease):
        read_figures(settings, "2021-S2")


def test_whoever_watches_is_told_each_stage_in_order(passed, steps):
    assert [step.split()[0] for step in steps] == [
        "Starting",
        *["Reading"] * 3,
        "Consolidating",
        "Validating",
        "Releasing",
        "Delivering",
        "Publishing",
    ]


def test_a_cell_materialized_by_hand_is_read_again_from_the_archive(home, instance, monkeypatch):
    monkeypatch.setenv("JALONS_HOME", str(home.home))
    (rows,) = home.lake.glob("projects/edition=2021-S2/perimeter=MI/*.parquet")
    before = rows.read_bytes()
    rows.unlink()
    job = buttons()
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
    assert has_work(settings, NOW)


def test_a_pass_that_may_not_begin_says_why_in_its_summary_and_to_engineers(settings, capfd):
    settings.archive.mkdir(parents=True)
    (settings.archive / "HOME.json").write_text('{"home": "another"}')
    summary = run_pass(settings, NOW)
    assert [failure.split(". ")[0] for failure in summary.failures] == [
        f"The ledger is absent or empty, though the archive ({settings.archive}) has a history"
    ]
    # Its outbox would be one of no home: it is told straight.
    assert "Le registre est absent" in capfd.readouterr().err


def test_a_publication_by_another_method_notes_that_it_was_adopted(passed, home, tmp_path, monkeypatch):
    copy = tmp_path / "home"
    shutil.copytree(home.home, copy, symlinks=True)
    settings = home.model_copy(update={"home": copy})
    monkeypatch.setattr(method, "method_version", lambda: "9.0.0")
    assert run_pass(settings, NOW).failures == ()
    events = read_ledger(settings.lake, "edition_events")
    assert [row["edition"] for row in events if row["event"] == "method_adopted:9.0.0"] == ["2021-S2"]
