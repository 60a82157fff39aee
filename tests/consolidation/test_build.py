"""What a build makes of a lake: real dbt, small homes."""

import os
import random
import shutil
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made_lake import MadeLake, on, project, read_mart, three_editions

from orchestration.consolidation.build import BuildResult, build
from orchestration.settings import Settings

MARTS = {
    "alert_ends",
    "alerts",
    "alias_proposals",
    "former_project_ids",
    "confidence",
    "corrections",
    "contributions",
    "decompositions",
    "ends_ahead",
    "forecast_backtest",
    "forecasts",
    "headline_changes",
    "headline_figures",
    "indicators",
    "movements",
    "portfolio",
    "procedure_history",
    "procedure_scores",
    "procedures",
    "rebaselines",
    "revisions",
    "roadmap",
    "slips",
    "sources",
    "state_publications",
    "submissions",
    "top250",
    "top50",
}


def figures(settings: Settings, edition: str) -> dict[str, object]:
    return next(row for row in read_mart(settings, "headline_figures") if row["edition"] == edition)


def portfolio_row(settings: Settings, edition: str, project_id: str) -> dict[str, object]:
    rows = read_mart(settings, "portfolio")
    return next(row for row in rows if (row["edition"], row["project_id"]) == (edition, project_id))


def test_every_model_seed_and_data_test_of_a_sound_history_succeeds(history: tuple[Settings, BuildResult]) -> None:
    settings, result = history
    assert result.broken == ()
    assert {node.status for node in result.nodes} == {"success", "pass"}
    assert {path.stem for path in settings.marts.iterdir()} == MARTS
    assert not [node.unique_id for node in result.nodes if node.unique_id.startswith("unit_test.")]


def test_a_build_leaves_the_process_as_it_found_it_and_the_warehouse_free(
    history: tuple[Settings, BuildResult],
) -> None:
    settings, _ = history
    assert "JALONS_HOME" not in os.environ
    # Another process could not open it, even to read, while this one held it.
    look = "import duckdb, sys; print(duckdb.connect(sys.argv[1]).execute('select count(*) from top50').fetchone()[0])"
    warehouse = str(settings.warehouse / "jalons.duckdb")
    seen = subprocess.run([sys.executable, "-c", look, warehouse], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "7"


def test_the_first_ministry_of_a_new_edition_makes_it_provisional_and_no_project_silent(
    history: tuple[Settings, BuildResult],
) -> None:
    settings, _ = history
    latest = figures(settings, "2020-S2")
    assert latest["provisional"] is True
    assert latest["perimeters_filed"] == 1
    assert latest["missing_perimeters"] == "MC, MJ"
    assert latest["previous_edition"] == "2020-S1"
    # MC had filed an empty submission: it counts as filed, and is expected again.
    assert figures(settings, "2020-S1")["perimeters_filed"] == 3
    # Moves was carried by MI, which has filed without it; Stays had said why it leaves; Waits is MJ's.
    moved = {
        row["project_id"]: row["movement"] for row in read_mart(settings, "movements") if row["edition"] == "2020-S2"
    }
    assert moved == {"gone": "back", "moves": "out", "stays": "out", "waits": "awaited"}
    assert (latest["projects"], latest["entrants"], latest["leavers"]) == (2, 1, 2)
    slips = [row for row in read_mart(settings, "slips") if row["edition"] == "2020-S2"]
    assert [(row["rule"], row["project_id"]) for row in slips if row["is_new"]] == [("went_silent", "moves")]
    # What stood over its baseline still does.
    assert {(row["rule"], row["since_edition"]) for row in slips if not row["is_new"]} == {
        ("budget_overrun", "2020-S1"),
        ("schedule_overrun", "2020-S1"),
    }


def test_a_closed_edition_is_final_even_without_all_perimeters(history: tuple[Settings, BuildResult]) -> None:
    settings, _ = history
    first = figures(settings, "2019-S2")
    assert first["provisional"] is False
    assert first["missing_perimeters"] == "MAA, MC, MEAE, MEF, MEN, MINARM, MSO, MTE, SPM"
    assert (first["entrants"], first["leavers"], first["previous_edition"]) == (None, None, None)
    assert first["released_at"] == on("2020-06-02")
    assert first["procedures"] is None


def test_a_correction_after_the_closing_changes_the_edition_and_not_the_baseline(
    history: tuple[Settings, BuildResult],
) -> None:
    settings, _ = history
    first, second = (portfolio_row(settings, edition, "sirhius") for edition in ("2019-S2", "2020-S1"))
    assert (first["current_cost_meur"], first["baseline_cost_meur"]) == (11, 10)
    assert (second["baseline_cost_meur"], second["budget_variance_rate"]) == (10, Decimal("0.25"))
    assert second["schedule_variance_rate"] == Decimal("0.5")
    assert second["baseline_source"] == "first_seen"


def test_a_project_that_changes_perimeter_or_name_is_neither_lost_nor_new(
    history: tuple[Settings, BuildResult],
) -> None:
    settings, _ = history
    rows = [row for row in read_mart(settings, "movements") if row["edition"] == "2020-S1"]
    assert {(row["project_id"], row["movement"], row["reason"]) for row in rows} == {
        ("sirhius", "renamed", None),
        ("gone", "out", "non déclaré"),
    }
    moves = portfolio_row(settings, "2020-S1", "moves")
    assert moves["perimeter"] == "MI"
    assert moves["perimeter_name"] == "Intérieur et outre-mer"


def test_slips_of_an_edition_carry_their_evidence(history: tuple[Settings, BuildResult]) -> None:
    settings, _ = history
    rows = {
        (row["rule"], row["project_id"]): row for row in read_mart(settings, "slips") if row["edition"] == "2020-S1"
    }
    assert set(rows) == {
        ("budget_slip", "sirhius"),
        ("schedule_slip", "sirhius"),
        ("budget_overrun", "sirhius"),
        ("schedule_overrun", "sirhius"),
        ("went_silent", "gone"),
        ("figure_withdrawn", "stays"),
    }
    budget = rows["budget_slip", "sirhius"]
    assert (budget["from_value"], budget["to_value"], budget["delta"]) == (11, Decimal("12.5"), Decimal("1.5"))
    assert (budget["delta_pct"], budget["severity"]) == (Decimal("13.6"), "information")
    assert (budget["from_submission_id"], budget["to_submission_id"]) == (
        "2019-S2/MI/projects/20200602T000000Z",
        "2020-S1/MI/projects/20200603T000000Z",
    )
    assert budget["since_edition"] == "2020-S1"
    schedule = rows["schedule_slip", "sirhius"]
    assert (schedule["from_text"], schedule["to_text"]) == ("2020-12-31", "2021-12-31")
    assert (schedule["slip_months"], schedule["severity"]) == (12, "critique")
    assert rows["went_silent", "gone"]["severity"] == "critique"


def test_alerts_are_the_slips_and_the_rejected_drops_that_are_not_dry_runs(
    history: tuple[Settings, BuildResult],
) -> None:
    settings, _ = history
    alerts = {row["alert_key"]: row for row in read_mart(settings, "alerts")}
    assert set(alerts) == {
        "budget_slip:sirhius:2020-S1:cost",
        "schedule_slip:sirhius:2020-S1:end",
        "budget_overrun:sirhius:2020-S1:25",
        "schedule_overrun:sirhius:2020-S1:50",
        "went_silent:gone:2020-S1:presence",
        "figure_withdrawn:stays:2020-S1:cost",
        "went_silent:moves:2020-S2:presence",
        "submission_rejected:2020-S1/MJ/projects/20200605T000000Z:2020-S1:drop",
        "submission_rejected:20200606T000000Z:-:drop",
    }
    assert alerts["submission_rejected:2020-S1/MJ/projects/20200605T000000Z:2020-S1:drop"]["detail"] == "Dépôt refusé."
    assert alerts["budget_slip:sirhius:2020-S1:cost"]["raised_at"] == on("2020-06-03")


def test_a_portfolio_row_leads_to_its_cell_its_file_and_its_time(history: tuple[Settings, BuildResult]) -> None:
    settings, _ = history
    row = portfolio_row(settings, "2019-S2", "sirhius")
    assert (row["cost_cell"], row["duration_cell"], row["row_number"]) == ("J2", "H2", 2)
    assert (row["file_name"], row["file_sha256"], row["submission_id"]) == (
        "3.csv",
        f"{3:064x}",
        "2019-S2/MI/projects/20200602T000000Z",
    )
    assert row["received_at"] == on("2020-06-02")


def test_an_end_date_stands_for_a_duration_that_was_not_filed(history: tuple[Settings, BuildResult]) -> None:
    settings, _ = history
    waits = portfolio_row(settings, "2020-S1", "waits")
    assert waits["current_duration_days"] == 731
    assert waits["planned_end_date"] == date(2021, 1, 1)


def test_the_top_50_holds_the_projects_over_the_threshold_alone(history: tuple[Settings, BuildResult]) -> None:
    settings, _ = history
    ranked = [(row["edition"], row["rank"], row["project_id"]) for row in read_mart(settings, "top50")]
    assert ranked == [
        ("2019-S2", 1, "gone"),
        ("2019-S2", 2, "moves"),
        ("2019-S2", 3, "sirhius"),
        ("2020-S1", 1, "moves"),
        ("2020-S1", 2, "sirhius"),
        ("2020-S2", 1, "gone"),
        ("2020-S2", 2, "sirhius"),
    ]


def test_a_warehouse_that_was_deleted_is_rebuilt_byte_for_byte_from_any_folder_and_variables_reach_the_models(
    history: tuple[Settings, BuildResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, _ = history
    monkeypatch.chdir(tmp_path)
    again = Settings(home=tmp_path / "again")
    shutil.copytree(settings.lake, again.lake)
    assert build(again, vars={"top50_threshold_meur": 12.5}).broken == ()
    assert Path.cwd() == tmp_path
    differing = {
        path.name for path in settings.marts.iterdir() if path.read_bytes() != (again.marts / path.name).read_bytes()
    }
    assert differing == {"top50.parquet", "portfolio.parquet"}
    assert {row["project_id"] for row in read_mart(again, "top50")} == {"gone", "moves"}
    shutil.rmtree(again.warehouse)
    assert build(again).broken == ()
    for path in settings.marts.iterdir():
        assert path.read_bytes() == (again.marts / path.name).read_bytes(), path.name


def test_the_order_of_the_rows_of_a_file_changes_nothing_but_their_addresses(
    history: tuple[Settings, BuildResult], settings: Settings
) -> None:
    ordered, _ = history
    three_editions(settings, random.Random(7))  # noqa: S311
    assert build(settings).broken == ()
    for mart in MARTS:
        here, there = (
            [
                {
                    key: value
                    for key, value in row.items()
                    if key not in ("row_number", "cell") and not key.endswith("_cell")
                }
                for row in read_mart(home, mart)
            ]
            for home in (ordered, settings)
        )
        assert here == there, mart


def test_an_empty_home_builds_every_mart_without_a_row(settings: Settings) -> None:
    MadeLake(settings).write()
    assert build(settings).broken == ()
    assert {path.stem: pq.read_metadata(path).num_rows for path in settings.marts.iterdir()} == dict.fromkeys(MARTS, 0)


def test_numbers_that_no_project_can_have_break_neither_the_build_nor_the_figures_of_the_others(
    settings: Settings,
) -> None:
    lake = MadeLake(settings)
    sound = project("Sound", "20", 4)
    never = project("Never", "0.00000001", 1, start_date=date(9999, 12, 31))
    lake.file(
        "2020-S1",
        "MI",
        on("2020-06-01"),
        [sound, never, project("Typo", "5", 20170601), project("Typo 2", "5", 10**17)],
    )
    lake.file("2020-S2", "MI", on("2020-12-01"), [sound, never | {"current_cost_meur": Decimal("999999999999")}])
    lake.write()
    assert build(settings).broken == ()
    assert figures(settings, "2020-S1")["mean_duration_years"] == Decimal("2.5")
    assert portfolio_row(settings, "2020-S1", "never")["planned_end_date"] is None
    assert portfolio_row(settings, "2020-S1", "typo")["duration_typed"] == "20170601"
    assert ("budget_slip", "never") in {(row["rule"], row["project_id"]) for row in read_mart(settings, "slips")}


def test_a_data_test_that_fails_is_reported_with_its_rows_and_stops_what_depends_on_it(settings: Settings) -> None:
    lake = MadeLake(settings)
    # A row without any identity: intake refuses it, the key of the portfolio would show it.
    lake.file("2021-S1", "MI", on("2021-06-01"), [project("Alpha", "1") | {"name": None}])
    lake.write()
    result = build(settings)
    assert [node.unique_id.split(".")[2] for node in result.broken] == ["is_key_int_portfolio_edition__project_id"]
    assert result.broken[0].failures == 1
    assert result.broken[0].status == "fail"
    skipped = [node.unique_id for node in result.nodes if node.status == "skipped"]
    assert "model.jalons.headline_figures" in skipped
