"""Each procedure rule, broken by one file and kept by its nearest neighbour; one validation judges them all."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from expectations.runner import SUBMISSION_SUITES, validate_submissions

VALID = {
    "edition": "2025-S2",
    "perimeter": "MI",
    "perimeter_name": "Intérieur et outre-mer",
    "ministry": "Ministère de l'Intérieur",
    "online_status": "oui",
    "total_volume": 1000,
    "online_volume": 800,
    "digital_use_rate": Decimal("0.8"),
    "satisfaction_score": Decimal("7.5"),
    "disability_status": "partielle",
    "accessibility_rate": Decimal("0.75"),
    "accessibility_declared_on": date(2025, 3, 1),
    "language_clarity_score": Decimal("7.1"),
    "autonomy_rate": Decimal("0.6"),
    "help_reachable_rate": Decimal("0.9"),
    "help_efficiency_score": Decimal(8),
    "dlnuf_score": 1,
    "availability_rate": Decimal("0.999"),
    "load_time_ms": 350,
}

Row = dict[str, object]
UNRATED: Row = {"digital_use_rate": None}
FULL: Row = {"disability_status": "totale", "accessibility_rate": Decimal(1)}
RATES = ("digital_use_rate", "accessibility_rate", "autonomy_rate", "help_reachable_rate", "availability_rate")
SCORES = ("satisfaction_score", "language_clarity_score", "help_efficiency_score")

# The rule that the last row of a file breaks (or none), and the rows by what differs from a valid one.
CASES: list[tuple[str | None, list[Row]]] = [
    (None, [{}]),
    (None, [dict.fromkeys(VALID.keys() - {"edition", "perimeter"})]),
    ("procedure_identity_present", [{"procedure_id": None, "name": None}]),
    ("procedure_identity_present", [{"procedure_id": " ", "name": "\u00a0"}]),
    (None, [{"procedure_id": "44", "name": None}]),
    (None, [{"procedure_id": None, "name": "Permis"}]),
    ("procedure_declared_once", [{"procedure_id": "44"}, {"procedure_id": "44 "}]),
    (
        "procedure_declared_once",
        [{"procedure_id": None, "name": "Carte grise"}, {"procedure_id": None, "name": "CARTE-GRISE"}],
    ),
    (None, [{"procedure_id": "44"}, {"procedure_id": "45"}]),
    (
        "procedure_name_unambiguous",
        [{"procedure_id": "44", "name": "Permis"}, {"procedure_id": "45", "name": "permis"}],
    ),
    (None, [{"procedure_id": "44", "name": "Permis"}, {"procedure_id": "45", "name": "Permis B"}]),
    ("procedure_ministry_in_perimeter", [{"ministry": "Ministère de la Justice"}]),
    (None, [{"ministry": "MINISTERE DE L’INTERIEUR"}]),
    ("procedure_perimeter_name_in_perimeter", [{"perimeter_name": "Justice"}]),
    (None, [{"perimeter_name": "Interieur et Outre-mer"}]),
    ("procedure_total_volume_not_negative", [{"total_volume": -1, "online_volume": None}]),
    (None, [{"total_volume": 0, "online_volume": 0}]),
    ("procedure_online_volume_not_negative", [{"online_volume": -1}]),
    (None, [{"online_volume": 0, "digital_use_rate": Decimal(0)}]),
    ("procedure_online_volume_within_total", [{"online_volume": 1001}]),
    (None, [{"online_volume": 1000, "digital_use_rate": Decimal(1)}]),
    (None, [{"total_volume": None, "online_volume": 1001}]),
    ("procedure_online_volume_expected", [{"online_status": "non"}]),
    ("procedure_online_volume_expected", [{"online_status": "a_venir", "online_volume": 1, **UNRATED}]),
    (None, [{"online_status": "non", "online_volume": 0, **UNRATED}]),
    (None, [{"online_status": "partiel"}]),
    ("procedure_digital_use_rate_fits_volumes", [{"digital_use_rate": Decimal("0.821")}]),
    (None, [{"digital_use_rate": Decimal("0.819")}]),
    *((f"procedure_{rate}_within_bounds", [{rate: Decimal("1.001")}]) for rate in RATES),
    *(
        (f"procedure_{rate}_within_bounds", [{rate: Decimal("-0.001")}])
        for rate in RATES
        if rate != "availability_rate"
    ),
    (None, [{rate: Decimal(1) for rate in RATES} | FULL | {"online_volume": 1000}]),
    (None, [{rate: Decimal(0) for rate in RATES[1:4]}]),
    ("procedure_availability_rate_plausible", [{"availability_rate": Decimal("0.4999")}]),
    (None, [{"availability_rate": Decimal("0.5")}]),
    *((f"procedure_{score}_within_bounds", [{score: Decimal("10.1")}]) for score in SCORES),
    *((f"procedure_{score}_within_bounds", [{score: Decimal("-0.1")}]) for score in SCORES),
    (None, [{score: Decimal(10) for score in SCORES}]),
    (None, [{score: Decimal(0) for score in SCORES}]),
    *((f"procedure_{score}_plausible", [{score: Decimal("0.82")}]) for score in SCORES),
    (None, [{score: Decimal(1) for score in SCORES}]),
    ("procedure_dlnuf_score_not_negative", [{"dlnuf_score": -1}]),
    (None, [{"dlnuf_score": 0}]),
    ("procedure_load_time_positive", [{"load_time_ms": 0}]),
    (None, [{"load_time_ms": 1}]),
    ("procedure_load_time_plausible", [{"load_time_ms": 60_001}]),
    (None, [{"load_time_ms": 60_000}]),
    ("procedure_accessibility_level_fits_rate", [{**FULL, "accessibility_rate": Decimal("0.99")}]),
    ("procedure_accessibility_level_fits_rate", [{**FULL, "disability_status": "partielle"}]),
    (None, [FULL]),
    ("procedure_accessibility_declared_by_then", [{"accessibility_declared_on": date(2026, 1, 1)}]),
    (None, [{"accessibility_declared_on": date(2025, 12, 31)}]),
    (None, [{"accessibility_declared_on": date(2026, 1, 1), "edition": None}]),
]


def frame_of_cases() -> pd.DataFrame:
    rows = [
        {
            "procedure_id": f"{number}.{place}",
            "name": f"Démarche {number}.{place}",
            **VALID,
            **row,
            "arrival": number,
            "row_number": place,
        }
        for number, (_, given) in enumerate(CASES)
        for place, row in enumerate(given, start=2)
    ]
    return pd.DataFrame(rows, dtype=object)


@pytest.fixture(scope="module")
def blamed() -> dict[int, list[tuple[str, int]]]:
    blamed = defaultdict(list)
    for verdict in validate_submissions("procedures", frame_of_cases()):
        assert verdict.broken is None, verdict
        for failing in verdict.failing:
            blamed[failing["arrival"]].append((verdict.id, failing["row_number"]))
    return blamed


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{rule or 'nothing'} <- {rows}" for rule, rows in CASES])
def test_a_rule_names_the_row_that_breaks_it_and_no_other(
    blamed: dict[int, list[tuple[str, int]]], number: int
) -> None:
    rule, rows = CASES[number]
    assert blamed.get(number, []) == ([(rule, len(rows) + 1)] if rule else [])


def test_every_procedure_rule_has_a_case_that_breaks_it() -> None:
    assert {rule for rule, _ in CASES} - {None} == {rule.id for rule in SUBMISSION_SUITES["procedures"].rules}


def test_no_procedure_at_all_passes() -> None:
    assert [
        verdict for verdict in validate_submissions("procedures", frame_of_cases().iloc[:0]) if not verdict.success
    ] == []
