"""What the forecasts make of a history: the numbers that a class needs, and that nothing later is known."""

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


def test_thirty_changes_make_a_class_and_twenty_nine_do_not(many: Settings) -> None:
    grows, holds = forecast(many, SECOND, "grows-1"), forecast(many, SECOND, "holds-1")
    assert (grows["next_cost_class"], grows["next_cost_n"]) == ("deploiement/9_to_20_meur", 30)
    # Of 1.01 … 1.30, the fifteenth and the twenty-fourth.
    assert (grows["next_cost_p50_meur"], grows["next_cost_p80_meur"]) == (
        Decimal("10.1") * Decimal("1.15"),
        Decimal("10.1") * Decimal("1.24"),
    )
    assert (holds["next_cost_class"], holds["next_cost_n"]) == ("all", 59)
    # Of 29 times 1, then 1.01 … 1.30, the thirtieth and the forty-eighth.
    assert (holds["next_cost_p50_meur"], holds["next_cost_p80_meur"]) == (Decimal("10.1"), Decimal("11.9"))


def test_ten_changes_make_a_p80_and_nine_only_a_p50(many: Settings) -> None:
    nine, ten = forecast(many, SECOND, "holds-1"), forecast(many, THIRD, "holds-1")
    end = date(2020, 12, 31)
    assert (nine["next_end_n"], nine["next_end_p50_date"], nine["next_end_p80_date"]) == (9, end, None)
    assert (ten["next_end_n"], ten["next_end_p50_date"], ten["next_end_p80_date"]) == (10, end, end)


def test_an_edition_without_history_has_no_forecast_and_every_row_is_marked_as_a_models_output(many: Settings) -> None:
    rows = read_mart(many, "forecasts")
    assert {(row["is_model_output"], row["model_version"]) for row in rows} == {(True, "1.0.0")}
    for row in (row for row in rows if row["edition"] == FIRST):
        told = {name for name, value in row.items() if value not in (None, 0) and name.startswith(("next", "final"))}
        assert told == set()
        assert (row["slip_probability"], row["published_model"], row["base_rate_n"]) == (None, None, 0)


def test_a_later_edition_and_the_order_of_the_rows_change_no_forecast_made_before(
    many: Settings, tmp_path: Path
) -> None:
    before = many_projects(Settings(home=tmp_path / "before"), editions=2, rng=random.Random(7))  # noqa: S311
    assert read_mart(before, "forecasts") == [
        row for row in read_mart(many, "forecasts") if str(row["edition"]) <= SECOND
    ]


def test_the_backtest_chooses_what_the_forecasts_publish(many: Settings) -> None:
    rows = {(row["next_edition"], row["scope"]): row for row in read_mart(many, "forecast_backtest")}
    assert set(rows) == {(edition, scope) for edition in (SECOND, THIRD) for scope in ("step", "so_far")}
    assert (rows[SECOND, "so_far"]["slip_n"], rows[SECOND, "so_far"]["published_model"]) == (0, "base_rate")
    # 21 of the 59 slipped and then none did: the class in deployment was wrong by 0.7, the others by the base rate.
    scored = rows[THIRD, "so_far"]
    assert (scored["slip_n"], scored["slips"], scored["brier_no_change"]) == (59, 0, 0)
    assert scored["brier_base_rate"] == Decimal("0.126688")
    assert scored["brier_reference_class"] == Decimal("0.311423")
    assert {row["published_model"] for row in read_mart(many, "forecasts") if row["edition"] == THIRD} == {"base_rate"}


def test_the_command_line_prints_both_as_json(many: Settings) -> None:
    answer = CliRunner().invoke(app, ["forecast", SECOND, "--json", "--home", str(many.home)])
    rows = {row["project_id"]: row for row in json.loads(answer.stdout)}
    assert (answer.exit_code, len(rows), rows["grows-1"]["next_cost_p50_meur"]) == (0, 59, 11.615)
    answer = CliRunner().invoke(app, ["backtest", "--json", "--home", str(many.home)])
    assert [row["scope"] for row in json.loads(answer.stdout)] == ["so_far", "step"] * 2
