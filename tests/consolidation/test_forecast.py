"""What the forecasts make of a history: the numbers that they need, how they held, and that nothing later is known."""

import json
import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from made_lake import MadeLake, on, project, read_mart
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.consolidation.build import build
from orchestration.settings import Settings

Row = dict[str, object]
FIRST, SECOND, THIRD = "2019-S2", "2020-S1", "2020-S2"


def many_projects(settings: Settings, editions: int, rng: random.Random | None = None) -> Settings:
    """Thirty projects in deployment grow by 1 to 30 %, 29 in experimentation hold; nine, then ten changes of end."""
    lake = MadeLake(settings)
    for position, edition in enumerate((FIRST, SECOND, THIRD)[:editions]):
        growing = [
            project(f"Grows {rank}", str(10 + Decimal(rank) / 10 * min(position, 1)), None) for rank in range(1, 31)
        ]
        holding = [
            project(f"Holds {rank}", "10", 2 if rank <= (9, 9, 1)[position] else None, phase="experimentation")
            for rank in range(1, 30)
        ]
        rows = growing + holding
        if rng is not None:
            rng.shuffle(rows)
        lake.file(edition, "MI", on(f"{2020 + position}-01-01"), rows)
    lake.write()
    assert build(settings).broken == ()
    return settings


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The home of `many_projects` over three editions."""
    return many_projects(Settings(home=tmp_path_factory.mktemp("forecast")), editions=3)


def forecast(settings: Settings, edition: str, project_id: str) -> Row:
    rows = read_mart(settings, "forecasts")
    return next(row for row in rows if (row["edition"], row["project_id"]) == (edition, project_id))


def test_all_projects_share_the_rates_and_an_untested_p80_is_a_standard_error_wider(many: Settings) -> None:
    grows, holds = forecast(many, SECOND, "grows-1"), forecast(many, SECOND, "holds-1")
    assert (grows["cost_n"], holds["cost_n"]) == (59, 59)
    # Of 29 times 1, then 1.01 … 1.30, the thirtieth, and the fifty-second: ⌈0.8 × 60 + 0.4 × √59⌉.
    assert (grows["next_cost_p50_meur"], holds["next_cost_p50_meur"]) == (Decimal("10.201"), Decimal("10.1"))
    assert (grows["next_cost_p80_meur"], holds["next_cost_p80_meur"]) == (Decimal("12.423"), Decimal("12.3"))


def test_ten_changes_make_a_forecast_and_nine_none(many: Settings) -> None:
    nine, ten = forecast(many, SECOND, "holds-1"), forecast(many, THIRD, "holds-1")
    assert (nine["end_n"], nine["next_end_p50_date"], nine["next_end_p80_date"]) == (0, None, None)
    assert ten["end_n"] == 10
    assert ten["next_end_p80_date"] is not None


def test_no_end_is_forecast_that_has_passed_at_the_editions_date(many: Settings) -> None:
    passed = forecast(many, THIRD, "holds-1")
    assert passed["planned_end_date"] == date(2020, 12, 31)
    ends = {passed[f"{ahead}_end_{quantile}_date"] for ahead in ("next", "final") for quantile in ("p50", "p80")}
    assert ends == {date(2021, 1, 1)}


def test_an_edition_without_history_has_no_forecast_and_every_row_is_marked_as_a_models_output(many: Settings) -> None:
    rows = read_mart(many, "forecasts")
    assert {(row["is_model_output"], row["model_version"]) for row in rows} == {(True, "2.0.0")}
    for row in (row for row in rows if row["edition"] == FIRST):
        told = {name for name, value in row.items() if value not in (None, 0) and name.startswith(("next", "final"))}
        assert told == set()
        assert (row["slip_probability"], row["slip_n"], row["slip_tested"]) == (None, 0, 0)


def test_a_later_edition_and_the_order_of_the_rows_change_no_forecast_made_before(
    many: Settings, tmp_path: Path
) -> None:
    before = many_projects(Settings(home=tmp_path / "before"), editions=2, rng=random.Random(7))  # noqa: S311
    for mart in ("forecasts", "forecast_backtest"):
        assert read_mart(before, mart) == [row for row in read_mart(many, mart) if str(row["edition"]) <= SECOND]


def test_values_at_the_limits_of_what_is_read_break_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    lake = MadeLake(settings)
    for position, edition in enumerate((FIRST, SECOND, THIRD)):
        cost, years = (("0.01", 2), ("10000", 7900), ("0.01", 7900))[position]
        rows = [project(f"Leaps {rank}", cost, years) for rank in range(12)]
        lake.file(edition, "MI", on(f"{2020 + position}-01-01"), rows)
    lake.write()
    assert build(settings).broken == ()
    leaps = forecast(settings, SECOND, "leaps-1")
    assert (leaps["next_cost_p50_meur"], leaps["next_end_p80_date"]) == (Decimal(10000) * 1000000, None)


def test_each_score_stands_beside_that_of_no_change_and_each_forecast_beside_its_score(many: Settings) -> None:
    scores = {(row["edition"], row["scope"], row["forecast"]): row for row in read_mart(many, "forecast_backtest")}
    assert {(edition, scope) for edition, scope, _ in scores} == {
        (edition, scope) for edition in (SECOND, THIRD) for scope in ("edition", "so_far")
    }
    assert {row["n"] for (edition, *_), row in scores.items() if edition == SECOND} == {0}

    def scored(name: str) -> tuple[object, ...]:
        row = scores[THIRD, "so_far", name]
        return row["n"], row["coverage"], row["loss"], row["no_change_loss"]

    # 21 of the 59 slipped and then none did; all costs were said to grow by 1 %, or by 23 %, and none did.
    assert scored("next_slip") == (59, None, Decimal("0.126688"), 0)
    assert scored("next_cost_p50") == (59, 1, Decimal("0.005"), 0)
    assert scored("next_cost_p80") == (59, 1, Decimal("0.046"), 0)
    row = forecast(many, THIRD, "grows-1")
    assert (row["next_cost_p80_coverage"], row["next_cost_tested"]) == (1, 59)
    assert (row["slip_brier"], row["slip_no_change_brier"], row["slip_tested"]) == (Decimal("0.126688"), 0, 59)


def test_the_command_line_prints_two_significant_figures_and_how_forecasts_held(many: Settings) -> None:
    answer = CliRunner().invoke(app, ["forecast", THIRD, "--home", str(many.home)])
    row = next(line for line in answer.stdout.splitlines() if "holds-1 " in line).split()
    assert row[:2] == ["holds-1", "10"]
    assert row[-4:-1] == ["2021-01", "2021-01", "2021-01"]
    # 21 slips in 118 semesters.
    assert row[-1] == "0.18"
    assert "next_cost_p80" in answer.stdout


def test_the_command_line_prints_both_as_json(many: Settings) -> None:
    answer = CliRunner().invoke(app, ["forecast", SECOND, "--json", "--home", str(many.home)])
    rows = {row["project_id"]: row for row in json.loads(answer.stdout)}
    assert (answer.exit_code, len(rows), rows["grows-1"]["next_cost_p50_meur"]) == (0, 59, 10.201)
    answer = CliRunner().invoke(app, ["backtest", "--json", "--home", str(many.home)])
    assert len(json.loads(answer.stdout)) == 2 * 2 * 9
