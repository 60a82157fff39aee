"""Each mart rule, broken by one edition and kept by its nearest neighbour; one validation judges them all."""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from expectations.runner import MART_SUITES, Verdict, validate_marts

Row = dict[str, object]
# The rule that an edition breaks (or none), and its rows.
Case = tuple[str | None, list[Row]]


def edition(number: int) -> str:
    """The code of the case's own edition: cases of one mart must not touch each other."""
    return f"2{number:03}-S1"


def ranking(size: int, value: str, values: list[object] | None = None, **changes: list[object]) -> list[Row]:
    """A valid ranking, but for the columns given."""
    rows: list[Row] = [
        {
            "rank": place,
            "project_id": f"p{place}",
            "procedure_id": f"d{place}",
            "name": f"Nom {place}",
            "perimeter": "MJ",
            value: Decimal(1000 - place),
        }
        for place in range(1, size + 1)
    ]
    for column, given in {**changes, **({value: values} if values else {})}.items():
        for row, item in zip(rows, given, strict=True):
            row[column] = item
    return rows


def top50(size: int = 3, costs: list[object] | None = None, **changes: list[object]) -> list[Row]:
    return ranking(size, "current_cost_meur", costs, **changes)


def top250(size: int = 3, volumes: list[object] | None = None, **changes: list[object]) -> list[Row]:
    """Those of unknown volume have no rank."""
    rows = ranking(size, "total_volume", volumes, **changes)
    return rows if "rank" in changes else [row | ({} if row["total_volume"] else {"rank": None}) for row in rows]


TOP50: list[Case] = [
    (None, top50()),
    ("top50_ranks_contiguous", top50(rank=[1, 2, 4])),
    ("top50_ranks_contiguous", top50(rank=[2, 3, 4])),
    ("top50_ranks_contiguous", top50(rank=[1, 2, 2], costs=[Decimal(30), Decimal(20), Decimal(20)])),
    ("top50_at_most_fifty", top50(51)),
    (None, top50(50)),
    ("top50_project_once", top50(project_id=["a", "b", "a"])),
    ("top50_name_present", top50(name=["Un", None, "Trois"])),
    ("top50_perimeter_known", top50(perimeter=["MJ", "MI", "ZZ"])),
    ("top50_perimeter_known", top50(perimeter=["MJ", "MI", None])),
    ("top50_cost_known", top50(costs=[Decimal(30), Decimal(20), None])),
    ("top50_cost_over_threshold", top50(costs=[Decimal(30), Decimal(20), Decimal(9)])),
    (None, top50(costs=[Decimal(30), Decimal(20), Decimal("9.00000001")])),
    ("top50_cost_decreasing", top50(costs=[Decimal(20), Decimal("20.1"), Decimal(10)])),
    (None, top50(costs=[Decimal(20), Decimal(20), Decimal(10)])),
    (None, list(reversed(top50()))),
]

TOP250: list[Case] = [
    (None, top250()),
    ("top250_ranks_contiguous", top250(rank=[1, 3, 4])),
    # A known volume without a rank, and a rank without a volume.
    ("top250_ranks_contiguous", top250(rank=[1, 2, None])),
    ("top250_ranks_contiguous", top250(rank=[1, 2, 3], volumes=[Decimal(6), Decimal(5), None])),
    ("top250_at_most_two_hundred_and_fifty", top250(251)),
    ("top250_at_most_two_hundred_and_fifty", top250(251, volumes=[Decimal(9), *[None] * 250])),
    (None, top250(250)),
    (None, top250(250, volumes=[None] * 250)),
    ("top250_procedure_once", top250(procedure_id=["a", "a", "b"])),
    ("top250_perimeter_known", top250(perimeter=["MJ", "Justice", "MI"])),
    ("top250_volume_decreasing", top250(volumes=[Decimal(5), Decimal(6), None])),
    (None, top250(volumes=[Decimal(6), Decimal(6), None])),
    (None, top250(volumes=[Decimal(6), None, None])),
    ("top250_name_present", top250(name=["Un", "Deux", None])),
]

PROJECT: Row = {
    "current_cost_meur": Decimal("14.2"),
    "baseline_cost_meur": Decimal("12.5"),
    "current_duration_days": Decimal(1460),
    "budget_variance_rate": Decimal("0.136"),
    "schedule_variance_rate": Decimal(0),
    "duration_variance_rate": Decimal(0),
}
PORTFOLIO: list[Case] = [
    (rule, [{"project_id": "p1", **PROJECT, **changes}])
    for rule, changes in [
        (None, {}),
        (None, dict.fromkeys(PROJECT)),
        ("portfolio_current_cost_not_negative", {"current_cost_meur": Decimal("-0.1")}),
        (None, {"current_cost_meur": Decimal(0)}),
        ("portfolio_baseline_cost_not_negative", {"baseline_cost_meur": Decimal("-0.1")}),
        (None, {"baseline_cost_meur": Decimal(0)}),
        ("portfolio_duration_positive", {"current_duration_days": Decimal(0)}),
        (None, {"current_duration_days": Decimal(1)}),
        ("portfolio_cost_plausible", {"current_cost_meur": Decimal("10000.1")}),
        (None, {"current_cost_meur": Decimal(10_000)}),
        ("portfolio_duration_plausible", {"current_duration_days": Decimal(10_951)}),
        (None, {"current_duration_days": Decimal(10_950)}),
        ("portfolio_budget_variance_plausible", {"budget_variance_rate": Decimal("4.01")}),
        ("portfolio_budget_variance_plausible", {"budget_variance_rate": Decimal("-0.91")}),
        (None, {"budget_variance_rate": Decimal(4)}),
        ("portfolio_schedule_variance_plausible", {"schedule_variance_rate": Decimal("4.01")}),
        (None, {"schedule_variance_rate": Decimal("-0.9")}),
        ("portfolio_duration_variance_plausible", {"duration_variance_rate": Decimal("4.01")}),
    ]
]

SLIP: Row = {"subject": "p1", "from_value": Decimal(10), "to_value": Decimal(12), "slip_months": None}
SLIPS: list[Case] = [
    (rule, [{"rule": "budget_slip", **SLIP, **changes}])
    for rule, changes in [
        (None, {}),
        ("slip_cost_not_tenfold", {"to_value": Decimal("100.1")}),
        (None, {"to_value": Decimal(100)}),
        (None, {"from_value": Decimal(0), "to_value": Decimal(100)}),
        (None, {"rule": "schedule_slip", "to_value": Decimal(101), "slip_months": 7}),
        ("slip_delay_plausible", {"rule": "schedule_slip", "slip_months": 121}),
        (None, {"rule": "schedule_slip", "slip_months": 120}),
        (None, {"rule": "overdue", "slip_months": 121}),
        ("slip_cost_not_tenfold", {"rule": "budget_overrun", "to_value": Decimal("100.1")}),
        (None, {"rule": "schedule_overrun", "to_value": Decimal(101)}),
    ]
]

FIGURES: Row = {
    "projects": 60,
    "interministerial": 20,
    "total_cost_bn_eur": Decimal("2.50"),
    "mean_duration_years": Decimal("6.1"),
    "budget_variance_mean_pct": Decimal("25.0"),
    "budget_variance_aggregate_pct": Decimal("20.0"),
    "schedule_variance_mean_pct": Decimal("30.0"),
    "schedule_variance_aggregate_pct": Decimal("28.0"),
    "duration_variance_mean_pct": Decimal("31.7"),
    "duration_variance_aggregate_pct": Decimal("29.0"),
    "procedures": 250,
    "procedures_online": 212,
    "franceconnect": 160,
    "franceconnect_plus": 12,
    "satisfaction_reached": 82,
    "satisfaction_rated": 175,
    "dlnuf_reached": 134,
    "dlnuf_rated": 205,
    "accessibility_reached": 8,
    "accessibility_rated": 240,
    "roadmap_actions": 40,
    "provisional": False,
}
# What is judged against: the edition before it, provisional so that it is not judged itself.
BEFORE: Row = {**FIGURES, "provisional": True}
VARIANCES = (
    "budget_variance_mean",
    "budget_variance_aggregate",
    "schedule_variance_mean",
    "schedule_variance_aggregate",
    "duration_variance_mean",
    "duration_variance_aggregate",
)
HEADLINE_FIGURES: list[Case] = [
    (rule, [{**FIGURES, **changes}])
    for rule, changes in [
        (None, {}),
        (None, dict.fromkeys(FIGURES.keys() - {"provisional"})),
        ("headline_interministerial_within_projects", {"interministerial": 61}),
        (None, {"interministerial": 60}),
        ("headline_total_cost_plausible", {"total_cost_bn_eur": Decimal("-0.01"), "provisional": True}),
        ("headline_total_cost_plausible", {"total_cost_bn_eur": Decimal("100.01"), "provisional": True}),
        (None, {"total_cost_bn_eur": Decimal("100.00"), "provisional": True}),
        ("headline_mean_duration_plausible", {"mean_duration_years": Decimal("30.1")}),
        (None, {"mean_duration_years": Decimal("30.0")}),
        ("headline_procedures_online_within_procedures", {"procedures_online": 251}),
        (None, {"procedures_online": 250}),
        ("headline_franceconnect_within_procedures", {"franceconnect": 239}),
        (None, {"franceconnect": 238}),
        ("headline_satisfaction_reached_within_rated", {"satisfaction_reached": 176}),
        (None, {"satisfaction_reached": 175}),
        ("headline_dlnuf_reached_within_rated", {"dlnuf_reached": 206}),
        (None, {"dlnuf_reached": 205}),
        ("headline_accessibility_reached_within_rated", {"accessibility_reached": 241}),
        (None, {"accessibility_reached": 240}),
        *((f"headline_{name}_plausible", {f"{name}_pct": Decimal("200.1")}) for name in VARIANCES),
        *((f"headline_{name}_plausible", {f"{name}_pct": Decimal("-50.1")}) for name in VARIANCES),
        *((None, {f"{name}_pct": Decimal("200.0")}) for name in VARIANCES),
        ("headline_projects_steady", {"projects": 91}),
        ("headline_projects_steady", {"projects": 29}),
        (None, {"projects": 90}),
        (None, {"projects": 30}),
        (None, {"projects": 29, "provisional": True}),
        ("headline_total_cost_steady", {"total_cost_bn_eur": Decimal("3.76")}),
        (None, {"total_cost_bn_eur": Decimal("3.75")}),
        ("headline_procedures_steady", {"procedures": 376}),
        (None, {"procedures": 375}),
        ("headline_roadmap_steady", {"roadmap_actions": 61}),
        (None, {"roadmap_actions": 60}),
    ]
]

SCORE: Row = {"perimeter": "all", "indicator": "online", "procedures": 5, "reached": 2, "not_reached": 2, "excluded": 1}
SCORES: list[Case] = [
    (rule, [{**SCORE, "share": Decimal("0.5"), "share_change": None, **changes}])
    for rule, changes in [
        (None, {}),
        (None, {"share": None}),
        ("scores_count_every_procedure", {"excluded": 0}),
        ("scores_steady", {"share_change": Decimal("0.301")}),
        ("scores_steady", {"share_change": Decimal("-0.301")}),
        (None, {"share_change": Decimal("0.3")}),
        (None, {"share_change": Decimal("-0.301"), "perimeter": "MI"}),
    ]
]

ROADMAP: list[Case] = [
    (rule, [{"action_id": "label-01", "mission": "Label", "perimeters_filing": 1, **changes}])
    for rule, changes in [
        (None, {}),
        ("roadmap_action_filed_once", {"perimeters_filing": 2}),
        ("roadmap_mission_present", {"mission": None}),
    ]
]

INDICATOR: Row = {"indicator_id": "teletravail", "perimeters_filing": 1, "target": Decimal(25), "baseline": Decimal(5)}
INDICATORS: list[Case] = [
    (rule, [{**INDICATOR, "indicator_id": f"i{number}", "progress": Decimal("1.5"), **changes}])
    for number, (rule, changes) in enumerate(
        [
            (None, {}),
            (None, {"progress": None, "target": None, "baseline": None}),
            ("indicators_filed_once", {"perimeters_filing": 2}),
            ("indicators_progress_plausible", {"progress": Decimal("10.1")}),
            ("indicators_progress_plausible", {"progress": Decimal("-2.1")}),
            (None, {"progress": Decimal(10)}),
            (None, {"progress": Decimal(-2)}),
            # The same indicator from edition to edition: its target moves, then its baseline, then one is unknown.
            (None, {"indicator_id": "moves"}),
            ("indicators_target_kept", {"indicator_id": "moves", "target": Decimal(20)}),
            ("indicators_baseline_kept", {"indicator_id": "moves", "target": Decimal(20), "baseline": Decimal(6)}),
            (None, {"indicator_id": "moves", "target": Decimal(20), "baseline": None}),
        ]
    )
]

CASES = {
    "portfolio": PORTFOLIO,
    "top50": TOP50,
    "top250": TOP250,
    "procedure_scores": SCORES,
    "roadmap": ROADMAP,
    "indicators": INDICATORS,
    "headline_figures": HEADLINE_FIGURES,
    "slips": SLIPS,
}
NUMBERED = [(mart, number) for mart, cases in CASES.items() for number in range(len(cases))]


def frame_of(mart: str) -> pd.DataFrame:
    rows = []
    for number, (_, given) in enumerate(CASES[mart]):
        if mart == "headline_figures":
            rows.append({"edition": edition(2 * number), **BEFORE})
            number = 2 * number + 1
        rows += [{"edition": edition(number), **row} for row in given]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[Verdict]:
    marts: Path = tmp_path_factory.mktemp("marts")
    for mart in CASES:
        frame_of(mart).to_parquet(marts / f"{mart}.parquet")
    return validate_marts(marts)


@pytest.fixture(scope="module")
def blamed(verdicts: list[Verdict]) -> dict[tuple[str, str], set[str]]:
    blamed = defaultdict(set)
    for verdict in verdicts:
        assert verdict.broken is None, verdict
        for failing in verdict.failing:
            blamed[verdict.suite, failing["edition"]].add(verdict.id)
    return blamed


@pytest.mark.parametrize(
    ("mart", "number"), NUMBERED, ids=[f"{m} {n} {CASES[m][n][0] or 'nothing'}" for m, n in NUMBERED]
)
def test_a_rule_names_the_edition_that_breaks_it_and_no_other(
    blamed: dict[tuple[str, str], set[str]], mart: str, number: int
) -> None:
    rule, _ = CASES[mart][number]
    code = edition(2 * number + 1 if mart == "headline_figures" else number)
    assert blamed.get((mart, code), set()) == ({rule} if rule else set())


def test_every_mart_rule_has_a_case_that_breaks_it() -> None:
    for suite in MART_SUITES:
        assert {rule for rule, _ in CASES[suite.name]} - {None} == {rule.id for rule in suite.rules}


def test_marts_without_a_row_pass(tmp_path: Path) -> None:
    for mart in CASES:
        frame_of(mart).iloc[:0].to_parquet(tmp_path / f"{mart}.parquet")
    assert [verdict for verdict in validate_marts(tmp_path) if not verdict.success] == []


def test_a_failing_row_is_named_by_its_keys_with_the_value_of_the_column(verdicts: list[Verdict]) -> None:
    (over,) = [verdict for verdict in verdicts if verdict.id == "top50_at_most_fifty"]
    assert over.failing == ({"edition": edition(4), "rank": 51, "value": 51},)


def test_an_edition_that_is_not_the_first_is_compared_with_the_latest_that_has_the_figure(tmp_path: Path) -> None:
    rows = [
        {"edition": "2016-S2", **FIGURES, "procedures": 100},
        {"edition": "2017-S1", **FIGURES, "procedures": None},
        {"edition": "2017-S2", **FIGURES, "procedures": 220},
    ]
    pd.DataFrame(rows[::-1]).to_parquet(tmp_path / "headline_figures.parquet")
    steady = next(v for v in validate_marts(tmp_path) if v.id == "headline_procedures_steady")
    assert [failing["edition"] for failing in steady.failing] == ["2017-S2"]
