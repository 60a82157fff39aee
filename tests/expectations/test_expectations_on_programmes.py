"""Each rule on roadmaps and indicators, broken by one file and kept by its nearest neighbour; one validation each."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from expectations.runner import SUBMISSION_SUITES, validate_submissions

Row = dict[str, object]

ACTION: Row = {
    "edition": "2021-S1",
    "perimeter": "SPM",
    "title": "Publier le catalogue",
    "mission": "Label",
    "status": "acheve",
    "status_absence": None,
    "entry_edition": "2020-S2",
    "planned_end": date(2021, 12, 31),
    "actual_end": date(2021, 6, 30),
    "actual_end_absence": None,
}
INDICATOR: Row = {
    "edition": "2021-S2",
    "perimeter": "SPM",
    "title": "Agents en mesure de télétravailler",
    "unit": "%",
    "baseline_value": Decimal(12),
    "baseline_date": date(2019, 6, 30),
    "baseline_date_precision": "day",
    "baseline_date_absence": None,
    "target_value": Decimal(25),
    "target_date": date(2022, 12, 31),
    "target_date_precision": "day",
    "target_date_absence": None,
    "measured_value": Decimal(35),
    "measured_on": date(2021, 9, 30),
    "measured_on_precision": "day",
    "measured_on_absence": None,
}
VALID = {"roadmap": ("action_id", ACTION), "indicators": ("indicator_id", INDICATOR)}

NOT_ENDED: Row = {"status": "en_cours", "actual_end": None}
FRACTIONS: Row = {"baseline_value": Decimal("0.12"), "target_value": Decimal("0.25"), "measured_value": Decimal(1)}

# The rule that the last row of a file breaks (or none), and the rows by what differs from a valid one.
CASES: tuple[tuple[str, str | None, tuple[Row, ...]], ...] = (
    ("roadmap", None, ({},)),
    ("roadmap", "action_id_present", ({"action_id": None},)),
    ("roadmap", "action_id_present", ({"action_id": " \u00a0"},)),
    ("roadmap", "action_declared_once", ({"action_id": "LABEL 03"}, {"action_id": "label-03"})),
    ("roadmap", None, ({"action_id": "label-3"}, {"action_id": "label-03"})),
    ("roadmap", "action_title_present", ({"title": None},)),
    ("roadmap", "action_mission_present", ({"mission": " "},)),
    ("roadmap", "action_status_present", ({"status": None},)),
    ("roadmap", None, ({"status": None, "status_absence": "illisible"},)),
    ("roadmap", "action_entered_by_then", ({"entry_edition": "2021-S2"},)),
    ("roadmap", None, ({"entry_edition": "2021-S1"},)),
    ("roadmap", None, ({"entry_edition": None},)),
    ("roadmap", "action_planned_end_plausible", ({"planned_end": date(2105, 1, 1)},)),
    ("roadmap", "action_planned_end_plausible", ({"planned_end": date(1999, 12, 31)},)),
    ("roadmap", None, ({"planned_end": date(2050, 12, 31)},)),
    ("roadmap", None, ({"planned_end": None},)),
    ("roadmap", "action_end_given", ({"actual_end": None},)),
    ("roadmap", None, ({"actual_end": None, "actual_end_absence": "non_communique"},)),
    ("roadmap", None, ({"actual_end": None, "status": "abandonne"},)),
    ("roadmap", "action_end_fits_status", ({"status": "en_cours"},)),
    ("roadmap", "action_end_fits_status", ({"status": "a_venir"},)),
    ("roadmap", None, (NOT_ENDED,)),
    ("roadmap", "action_ended_by_then", ({"actual_end": date(2021, 7, 1)},)),
    ("indicators", None, ({},)),
    ("indicators", "indicator_id_present", ({"indicator_id": None},)),
    ("indicators", "indicator_declared_once", ({"indicator_id": "Télétravail"}, {"indicator_id": "teletravail"})),
    ("indicators", "indicator_title_present", ({"title": ""},)),
    ("indicators", "indicator_unit_present", ({"unit": None},)),
    ("indicators", "indicator_percent_not_fraction", (FRACTIONS,)),
    ("indicators", "indicator_percent_not_fraction", ({**FRACTIONS, "unit": "Pourcentage"},)),
    ("indicators", None, ({**FRACTIONS, "unit": "minutes"},)),
    ("indicators", None, ({**FRACTIONS, "measured_value": Decimal(2)},)),
    ("indicators", None, ({**FRACTIONS, "baseline_value": Decimal(0), "target_value": Decimal(1)},)),
    ("indicators", "indicator_measured_value_not_fraction", ({"measured_value": Decimal("0.35")},)),
    ("indicators", None, ({"measured_value": Decimal("0.35"), "unit": "jours"},)),
    ("indicators", None, ({"measured_value": Decimal("0.35"), "baseline_value": Decimal("0.2")},)),
    ("indicators", None, ({"measured_value": Decimal("0.35"), "target_value": None},)),
    ("indicators", "indicator_baseline_value_dated", ({"baseline_date": None},)),
    ("indicators", "indicator_target_value_dated", ({"target_date": None},)),
    ("indicators", "indicator_measured_value_dated", ({"measured_on": None},)),
    ("indicators", None, ({"measured_on": None, "measured_on_absence": "illisible"},)),
    ("indicators", None, ({"measured_value": None, "measured_on": None},)),
    ("indicators", "indicator_target_differs_from_baseline", ({"target_value": Decimal(12)},)),
    ("indicators", None, ({"target_value": None},)),
    ("indicators", "indicator_target_after_baseline", ({"target_date": date(2019, 6, 29)},)),
    ("indicators", None, ({"target_date": date(2019, 6, 1), "target_date_precision": "month"},)),
    ("indicators", "indicator_measured_after_baseline", ({"measured_on": date(2019, 5, 31)},)),
    ("indicators", "indicator_measured_by_then", ({"measured_on": date(2022, 1, 1)},)),
    ("indicators", None, ({"measured_on": date(2021, 12, 31)},)),
)


@pytest.fixture(scope="module")
def blamed() -> dict[int, list[tuple[str, int]]]:
    blamed = defaultdict(list)
    for kind, (key, valid) in VALID.items():
        rows = [
            {key: "label-03", **valid, **row, "arrival": number, "row_number": place}
            for number, (of_kind, _, rows) in enumerate(CASES)
            for place, row in enumerate(rows, start=2)
            if of_kind == kind
        ]
        for verdict in validate_submissions(kind, pd.DataFrame(rows, dtype=object)):
            assert verdict.broken is None, verdict
            for failing in verdict.failing:
                blamed[int(str(failing["arrival"]))].append((verdict.id, failing["row_number"]))
    return blamed


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{rule or 'nothing'} <- {rows}" for _, rule, rows in CASES])
def test_a_rule_names_the_row_that_breaks_it_and_no_other(
    blamed: dict[int, list[tuple[str, int]]], number: int
) -> None:
    _, rule, rows = CASES[number]
    assert blamed.get(number, []) == ([(rule, len(rows) + 1)] if rule else [])


@pytest.mark.parametrize("kind", VALID)
def test_every_rule_has_a_case_that_breaks_it(kind: str) -> None:
    broken = {rule for of_kind, rule, _ in CASES if of_kind == kind} - {None}
    assert broken == {rule.id for rule in SUBMISSION_SUITES[kind].rules}


@pytest.mark.parametrize("kind", VALID)
def test_no_row_at_all_passes(kind: str) -> None:
    key, valid = VALID[kind]
    frame = pd.DataFrame([{key: "X", **valid, "arrival": 0, "row_number": 2}], dtype=object)
    assert [verdict for verdict in validate_submissions(kind, frame.iloc[:0]) if not verdict.success] == []
