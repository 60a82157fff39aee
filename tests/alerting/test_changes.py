"""What an alert compares is said in a few words, in French units, beside the first baseline."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from alert_home import alert_row
from test_sentences import plain

from orchestration.alerting.changes import change

BASELINE = {"baseline_cost_meur": Decimal(80), "baseline_end_date": date(2017, 6, 30)}
END = {"measure": "end", "unit": "months", "from_value": None, "to_value": None}
DATES = {"from_text": "2018-06-30", "to_text": "2019-01-31"}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "85,0 M€ → 97,0 M€ (référence 80,0 M€)"),
        ({"baseline_cost_meur": None}, "85,0 M€ → 97,0 M€"),
        ({"rule": "figure_withdrawn", "to_value": None}, "85,0 M€ → – (référence 80,0 M€)"),
        ({"rule": "budget_overrun"}, "85,0 M€ (référence) → 97,0 M€"),
        ({"rule": "entered", "from_value": None, "baseline_cost_meur": None}, "– → 97,0 M€"),
        ({"rule": "schedule_slip"} | END | DATES, "juin 2018 → janvier 2019 (référence juin 2017)"),
        ({"rule": "reduced", "from_precision": "quarter"} | END | DATES, "T2 2018 → janvier 2019 (référence T2 2017)"),
        ({"rule": "schedule_overrun"} | END | DATES, "juin 2018 (référence) → janvier 2019"),
        ({"rule": "rebaselined"} | END | DATES | {"measure": "start"}, "juin 2018 → janvier 2019"),
        (
            {"rule": "creep", "measure": "trajectory", "unit": None, "slip_months": 7} | DATES,
            "85,0 M€ → 97,0 M€ (référence 80,0 M€) ; juin 2018 → janvier 2019 (référence juin 2017)",
        ),
        ({"rule": "overdue"} | END | DATES, "fin prévue en juin 2018"),
        ({"rule": "went_silent"} | DATES, "85,0 M€, fin en juin 2018 → plus déclaré"),
        ({"rule": "phase_back", "from_text": "deploiement", "to_text": "cadrage"}, "Déploiement → Cadrage"),
        ({"rule": "watermelon", "from_text": "vert", "to_text": "rouge"}, "vert → rouge"),
        ({"rule": "stagnant", "since_edition": "2016-S2"}, "inchangé depuis 2016-S2"),
        (
            {"rule": "procedure_regressed", "measure": "satisfaction", "unit": "score", "to_value": Decimal("7.95")},
            "85 sur 10 → 7,95 sur 10",
        ),
        (
            {"rule": "procedure_regressed", "unit": None, "from_value": None, "to_value": None}
            | {"measure": "online", "from_text": "oui", "to_text": "x" * 99},
            f"oui → {'x' * 39}…",
        ),
        ({"rule": "indicator_off_track", "measure": "value", "unit": "achats"}, "97 achats (attendu : 85 achats)"),
        ({"rule": "submission_missing", "to_text": "2017-12-31"}, "date limite le 31 décembre 2017"),
        ({"rule": "submission_rejected", "measure": None, "unit": None, "from_value": None, "to_value": None}, "–"),
    ],
)
def test_what_changed_is_said_in_french_units(found: dict[str, Any], said: str) -> None:
    assert plain(change(BASELINE | alert_row(**found) | found)) == said


@pytest.mark.parametrize("rule", ["budget_slip", "schedule_slip", "overdue", "went_silent", "stagnant", "phase_back"])
def test_of_what_is_true_no_longer_nothing_is_compared(rule: str) -> None:
    assert change(dict.fromkeys(alert_row(), None) | BASELINE | {"rule": rule}) == "–"
