"""A history that cannot be rewritten: what was declared first is kept, what rewrites it is told."""

from datetime import date
from decimal import Decimal

import pytest
from made_lake import MadeLake, on, project, read_mart

from orchestration.consolidation.build import build
from orchestration.settings import Settings

JANUARY, MARCH = date(2019, 1, 1), date(2019, 3, 1)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Four editions of one perimeter, each filed in its own month, and a correction of the first, closed by then.

    Alpha declares its initial cost late, then another one; Beta declares one at once, and its start moves and moves
    back; Gamma is away for two editions; Delta only comes with the correction.
    """
    settings = Settings(home=tmp_path_factory.mktemp("baselines"))
    lake = MadeLake(settings)

    def file(edition: str, day: str, *rows: dict[str, object]) -> None:
        lake.file(edition, "MI", on(day), rows)

    beta = {"initial_cost_meur": Decimal(20), "initial_cost_meur_typed": "20,0"}
    file("2019-S1", "2019-06-01", project("Alpha", "10"), project("Beta", "21", **beta), project("Gamma", "5"))
    lake.close("2019-S1", on("2019-11-01"))
    file(
        "2019-S2",
        "2019-12-01",
        project("Alpha", "12", initial_cost_meur=Decimal(8), initial_cost_meur_typed="8"),
        project("Beta", "22", start_date=MARCH, start_date_precision="month", **beta),
    )
    file("2020-S1", "2020-06-01", project("Alpha", "12"), project("Beta", "22", start_date=JANUARY))
    file(
        "2020-S2",
        "2020-12-01",
        project("Alpha", "12", initial_cost_meur=Decimal(12), initial_cost_meur_typed="12"),
        project("Beta", "25", initial_cost_meur=Decimal(25), initial_cost_meur_typed="25 M€"),
        project("Gamma", "6"),
    )
    file(
        "2019-S1",
        "2021-01-01",
        project("Alpha", "11"),
        project("Beta", "21", initial_cost_meur=Decimal(21), initial_cost_meur_typed="21"),
        project("Gamma", "5"),
        project("Delta", "3"),
    )
    lake.write()
    assert build(settings).broken == ()
    return settings


def row(settings: Settings, edition: str, project_id: str) -> dict[str, object]:
    found = read_mart(settings, "portfolio")
    return next(one for one in found if (one["edition"], one["project_id"]) == (edition, project_id))


def test_an_initial_cost_declared_later_never_replaces_the_cost_first_seen(history: Settings) -> None:
    for edition in ("2019-S1", "2019-S2", "2020-S1", "2020-S2"):
        alpha = row(history, edition, "alpha")
        assert (alpha["baseline_cost_meur"], alpha["baseline_cost_source"]) == (10, "first_seen")
        assert alpha["baseline_cost_submission_id"] == "2019-S1/MI/projects/20190601T000000Z"
        beta = row(history, edition, "beta")
        assert (beta["baseline_cost_meur"], beta["baseline_cost_source"]) == (20, "declared")
        assert beta["baseline_start_date"] == JANUARY


def test_the_current_baseline_follows_the_rewritings_and_its_variance_hides_what_the_original_shows(
    history: Settings,
) -> None:
    shown = ("current_baseline_cost_meur", "rebaselines", "current_baseline_budget_variance_rate")
    alpha = {
        edition: tuple(row(history, edition, "alpha")[name] for name in shown)
        for edition in ("2019-S1", "2019-S2", "2020-S1", "2020-S2")
    }
    assert alpha == {
        # What was first seen in an edition is no rate of it, corrected or not.
        "2019-S1": (10, 0, None),
        "2019-S2": (8, 1, Decimal("0.5")),
        "2020-S1": (8, 1, Decimal("0.5")),
        "2020-S2": (12, 2, 0),
    }
    assert row(history, "2020-S2", "alpha")["budget_variance_rate"] == Decimal("0.2")
    # Beta: the cost in the correction and in the last edition, the start there and back.
    assert [row(history, edition, "beta")["rebaselines"] for edition in alpha] == [1, 3, 4, 5]


def test_each_rewriting_is_told_with_what_it_replaces_and_where_both_were_said(history: Settings) -> None:
    rows = read_mart(history, "rebaselines")
    assert [(one["edition"], one["project_id"], one["measure"], one["ordinal"]) for one in rows] == [
        ("2019-S1", "beta", "cost", 1),
        ("2019-S2", "alpha", "cost", 1),
        ("2019-S2", "beta", "cost", 2),
        ("2019-S2", "beta", "start", 1),
        ("2020-S1", "beta", "start", 2),
        ("2020-S2", "alpha", "cost", 2),
        ("2020-S2", "beta", "cost", 3),
    ]
    corrected, first, _, start, _, second, _ = rows
    assert (corrected["from_value"], corrected["to_value"], corrected["from_edition"]) == (20, 21, "2019-S1")
    assert (first["from_value"], first["from_text"], first["from_source"]) == (10, "10", "first_seen")
    assert (first["to_value"], first["to_text"], first["to_source"]) == (8, "8", "declared")
    assert (second["from_value"], second["from_edition"], second["from_source"]) == (8, "2019-S2", "declared")
    assert (second["from_submission_id"], second["to_submission_id"]) == (
        "2019-S2/MI/projects/20191201T000000Z",
        "2020-S2/MI/projects/20201201T000000Z",
    )
    assert (start["from_date"], start["from_precision"], start["to_date"], start["to_precision"]) == (
        JANUARY,
        "day",
        MARCH,
        "month",
    )


def test_a_project_that_only_a_late_correction_brings_is_compared_with_itself(history: Settings) -> None:
    delta = row(history, "2019-S1", "delta")
    assert (delta["baseline_cost_meur"], delta["baseline_source"], delta["budget_variance_rate"]) == (
        3,
        "first_seen",
        None,
    )
    assert delta["budget_variance_absence"] == "first_value"
    assert delta["baseline_cost_submission_id"] == delta["submission_id"]


def test_a_project_that_comes_back_two_editions_later_is_back_and_keeps_its_baseline(history: Settings) -> None:
    moves = [one for one in read_mart(history, "movements") if one["project_id"] == "gamma"]
    assert [(one["edition"], one["movement"], one["reason"]) for one in moves] == [
        ("2019-S2", "out", "non déclaré"),
        ("2020-S2", "back", None),
    ]
    assert row(history, "2020-S2", "gamma")["baseline_cost_meur"] == 5
