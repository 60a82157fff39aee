"""Each project rule, broken by one file and kept by its nearest neighbour; one validation judges them all."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from expectations.runner import SUBMISSION_SUITES, validate_submissions
from expectations.submissions.projects import cost_bounds

VALID = {
    "edition": "2018-S1",
    "perimeter": "MJ",
    "declared_project_id": None,
    "ministry": "Ministère de la Justice",
    "start_date": date(2015, 1, 1),
    "start_date_precision": "day",
    "initial_duration_days": Decimal(1095),
    "current_duration_days": Decimal(1460),
    "current_duration_days_precision": "day",
    "current_end_date": date(2018, 12, 31),
    "current_end_date_precision": "day",
    "initial_end_date": date(2017, 12, 31),
    "initial_end_date_precision": "day",
    "phase": "conception_realisation",
    "initial_cost_meur": Decimal("12.5"),
    "current_cost_meur": Decimal("14.2"),
    "cost_band": "entre 9 et 20 M€",
    "exit_reason": None,
}


@dataclass(frozen=True)
class Case:
    """A file of one or two rows, given by what differs from a valid row, and the rule that its last row breaks."""

    rule: str | None
    rows: tuple[dict[str, object], ...]

    def __str__(self) -> str:
        return f"{self.rule or 'nothing'} <- {' | '.join(str(row) for row in self.rows)}"


def breaks(rule: str, *rows: dict[str, object]) -> Case:
    return Case(rule, rows)


def passes(*rows: dict[str, object]) -> Case:
    return Case(None, rows)


def dates(start: str, start_precision: str, end: str, end_precision: str) -> dict[str, object]:
    return {
        "initial_end_date": None,
        "start_date": date.fromisoformat(start),
        "start_date_precision": start_precision,
        "current_end_date": date.fromisoformat(end),
        "current_end_date_precision": end_precision,
        "current_duration_days": None,
    }


NO_BAND = {"cost_band": None}
NO_END = {"current_end_date": None}
NO_COST = {"current_cost_meur": None}
NO_BASE = {"initial_cost_meur": None, "initial_duration_days": None, "initial_end_date": None, "cost_band": None}
CASES = (
    passes({}),
    passes({"cost_band": "plus de 100 M€", "current_cost_meur": None, "ministry": None, "start_date": None}),
    breaks("project_name_present", {"name": None}),
    breaks("project_name_present", {"name": "\u00a0 ", "declared_project_id": "P1"}),
    passes({"name": "Ω"}),
    breaks("project_declared_once", {"name": "MISTR@L"}, {"name": "Mistral"}),
    breaks(
        "project_declared_once",
        {"name": "Un", "declared_project_id": "P-1"},
        {"name": "UN", "declared_project_id": " p 1"},
    ),
    # The register is above ids.
    breaks(
        "project_declared_once",
        {"name": "PIB/MISTRAL", "declared_project_id": "P1"},
        {"name": "Mistr@l", "declared_project_id": "P2"},
    ),
    breaks(
        "project_id_unambiguous",
        {"name": "Un", "declared_project_id": "P 1"},
        {"name": "Deux", "declared_project_id": " p-1"},
    ),
    breaks(
        "project_id_unambiguous",
        {"name": "Un", "declared_project_id": "1", "perimeter": "MI", "ministry": None},
        {"name": "Deux", "declared_project_id": "MI-1", "perimeter": "MI", "ministry": None},
    ),
    passes({"name": "Un", "declared_project_id": "-"}, {"name": "Deux", "declared_project_id": "-"}),
    passes({"name": "Un", "declared_project_id": "N/A"}, {"name": "Deux", "declared_project_id": "#N/A"}),
    breaks("project_declared_once", {"name": "CASSIOPEE"}, {"name": "CASSIOPEE V2"}),
    passes({"name": "GENESIS"}, {"name": "GENESIS V2"}),
    passes({"name": None, "declared_project_id": None} | {"name": "Un"}, {"name": "Deux"}),
    breaks(
        "project_name_unambiguous",
        {"name": "Un", "declared_project_id": "P1"},
        {"name": "UN", "declared_project_id": "P2"},
    ),
    passes({"name": "Un", "declared_project_id": "P1"}, {"name": "Un bis", "declared_project_id": "P2"}),
    breaks("project_initial_cost_not_negative", {"initial_cost_meur": Decimal("-0.01")}),
    breaks("project_initial_cost_given", {"initial_cost_meur": Decimal(0)}),
    breaks("project_initial_cost_not_tiny", {"initial_cost_meur": Decimal("0.00999999"), **NO_COST}),
    passes({"initial_cost_meur": Decimal("0.01"), **NO_COST}),
    breaks("project_current_cost_not_negative", {"current_cost_meur": Decimal("-0.01")}),
    breaks("project_current_cost_given", {"current_cost_meur": Decimal(0), "cost_band": "< 5 M€"}),
    breaks("project_current_cost_not_tiny", {"current_cost_meur": Decimal("0.0000482"), **NO_BASE}),
    passes({"current_cost_meur": Decimal("0.01"), **NO_BASE}),
    breaks("project_initial_cost_plausible", {"initial_cost_meur": Decimal("10000.01"), **NO_COST}),
    passes({"initial_cost_meur": Decimal(10_000), **NO_COST}),
    breaks("project_current_cost_plausible", {"current_cost_meur": Decimal("10000.01"), **NO_BASE}),
    passes({"current_cost_meur": Decimal(10_000), **NO_BASE}),
    breaks("project_costs_of_one_scale", {"current_cost_meur": Decimal(100), **NO_BAND}),
    breaks("project_costs_of_one_scale", {"initial_cost_meur": Decimal("113.6")}),
    passes({"current_cost_meur": Decimal("99.9"), **NO_BAND}),
    breaks("project_initial_duration_positive", {"initial_duration_days": Decimal(0)}),
    passes({"initial_duration_days": Decimal("0.5"), "current_duration_days": None}),
    breaks("project_current_duration_positive", {"current_duration_days": Decimal(0)}),
    passes({"current_duration_days": Decimal(1), "initial_duration_days": None, **NO_END}),
    breaks("project_durations_of_one_scale", {"current_duration_days": Decimal(8760), **NO_END}),
    passes({"current_duration_days": Decimal(8759), **NO_END}),
    # Implausible by itself, a duration is told once.
    breaks("project_current_duration_plausible", {"current_duration_days": Decimal(13_140), **NO_END}),
    breaks("project_initial_duration_plausible", {"initial_duration_days": Decimal(10_951)}),
    passes({"initial_duration_days": Decimal(10_950)}),
    breaks("project_current_duration_plausible", {"current_duration_days": Decimal(10_951), **NO_BASE, **NO_END}),
    passes({"current_duration_days": Decimal(10_950), **NO_BASE, **NO_END}),
    breaks("project_start_plausible", {"start_date": date(1989, 12, 31), **NO_END}),
    breaks("project_start_plausible", {"start_date": date(2105, 1, 1), **NO_END, **NO_BASE}),
    passes({"start_date": date(1990, 1, 1), **NO_END}),
    breaks("project_end_after_start", dates("2017-06-02", "day", "2017-06-01", "day")),
    breaks("project_end_after_start", dates("2017-07-01", "quarter", "2017-06-30", "day")),
    passes(dates("2017-06-15", "day", "2017-06-01", "month")),
    passes(dates("2017-09-01", "month", "2017-07-01", "semester")),
    breaks("project_initial_end_after_start", {"initial_end_date": date(2014, 12, 31)}),
    passes({"initial_end_date": date(2015, 1, 1)}),
    breaks("project_end_fits_duration", {"current_end_date": date(2019, 2, 4)}),
    breaks("project_end_fits_duration", {"current_end_date": date(2018, 11, 26)}),
    passes({"current_end_date": date(2019, 2, 3)}),
    breaks("project_end_fits_duration", {"current_end_date": date(9999, 12, 31)}),
    passes({"current_end_date": date(2019, 2, 4), "current_duration_days_precision": "tenth_year"}),
    breaks("project_cost_unit_fits_band", {"current_cost_meur": Decimal(9_500), "initial_cost_meur": None}),
    breaks("project_cost_in_band", {"current_cost_meur": Decimal(90), "initial_cost_meur": None}),
    breaks("project_cost_in_band", {"cost_band": "moins de 5M€"}),
    breaks("project_cost_in_band", {"cost_band": "> 100 M€"}),
    breaks("project_cost_in_band", {"cost_band": "en cadrage"}),
    breaks("project_cost_in_band", {"current_cost_meur": Decimal("20.01")}),
    passes({"current_cost_meur": Decimal(20)}),
    passes({"cost_band": "à préciser"}),
    passes({"cost_band": "En cadrage", "current_cost_meur": None}),
    breaks("project_ministry_in_perimeter", {"ministry": "Ministère de l’Intérieur"}),
    breaks("project_ministry_in_perimeter", {"ministry": "Ministère du Temps libre"}),
    passes({"ministry": "MINISTERE DE LA JUSTICE"}),
    passes({"ministry": "Ministère du Temps libre", "perimeter": None}),
    breaks("project_exit_reason_given", {"phase": "abandonne"}),
    passes({"phase": "abandonne", "exit_reason": "Arbitrage budgétaire"}),
)


def frame_of_cases() -> pd.DataFrame:
    rows = [
        {"name": f"Projet {number}", **VALID, **row, "arrival": number, "row_number": place}
        for number, case in enumerate(CASES)
        for place, row in enumerate(case.rows, start=2)
    ]
    return pd.DataFrame(rows, dtype=object)


@pytest.fixture(scope="module")
def blamed() -> dict[int, list[tuple[str, int]]]:
    blamed = defaultdict(list)
    for verdict in validate_submissions("projects", frame_of_cases()):
        assert verdict.broken is None, verdict
        assert verdict.success == (not verdict.failing)
        for failing in verdict.failing:
            blamed[failing["arrival"]].append((verdict.id, failing["row_number"]))
    return blamed


@pytest.mark.parametrize("number", range(len(CASES)), ids=[str(case) for case in CASES])
def test_a_rule_names_the_row_that_breaks_it_and_no_other(
    blamed: dict[int, list[tuple[str, int]]], number: int
) -> None:
    case = CASES[number]
    assert blamed.get(number, []) == ([(case.rule, len(case.rows) + 1)] if case.rule else [])


def test_every_project_rule_has_a_case_that_breaks_it() -> None:
    assert {case.rule for case in CASES} - {None} == {rule.id for rule in SUBMISSION_SUITES["projects"].rules}


@pytest.mark.parametrize(
    ("band", "bounds"),
    [
        ("< 5 M€", (0, 5)),
        ("moins de 5M€", (0, 5)),
        ("entre 5 et 9 M€", (5, 9)),
        ("entre 20 et 100 M€", (20, 100)),
        ("> 100 M€", (100, float("inf"))),
        ("plus de 100 M€", (100, float("inf"))),
        ("environ 12 M€", None),
        ("", None),
    ],
)
def test_a_cost_band_is_understood_in_each_wording_seen(band: str, bounds: tuple[float, float] | None) -> None:
    assert cost_bounds(band) == bounds


def test_no_cost_fits_the_band_of_a_project_that_is_still_scoped() -> None:
    low, high = cost_bounds("En cadrage") or (0, 0)
    assert low > high


def test_no_project_at_all_passes() -> None:
    assert [
        verdict for verdict in validate_submissions("projects", frame_of_cases().iloc[:0]) if not verdict.success
    ] == []


def test_the_same_frame_gives_the_same_verdicts_and_is_left_alone() -> None:
    frame = frame_of_cases()
    before = frame.copy(deep=True)
    assert validate_submissions("projects", frame) == validate_submissions("projects", frame)
    pd.testing.assert_frame_equal(frame, before)
