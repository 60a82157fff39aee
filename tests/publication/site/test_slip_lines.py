"""What a line says of a slip: its finding, what was and is declared, and by how much it moved."""

import re
from decimal import Decimal

import pytest

from orchestration.publication.site.slip_lines import slip_lines

NO_VALUES = dict.fromkeys(
    (
        *("from_value", "to_value", "from_text", "to_text", "from_precision", "to_precision"),
        *("unit", "delta", "delta_pct", "slip_months"),
    )
)
COST = NO_VALUES | {
    "kind": "projects",
    "subject": "sirhen",
    "name": "SIRHEN",
    "rule": "budget_slip",
    "measure": "cost",
    "severity": "attention",
    "unit": "meur",
    "from_value": Decimal("49.9"),
    "to_value": Decimal("53.02"),
    "delta": Decimal("3.12"),
    "delta_pct": Decimal("6.25"),
}
OVERRUN = COST | {
    "rule": "budget_overrun",
    "severity": "critique",
    "from_value": Decimal("40.1"),
    "delta_pct": Decimal("32.2"),
}


def _line(**changed):
    (line,) = slip_lines([COST | changed])
    return tuple(map(_read, (line[side] for side in ("finding", "before", "after", "change"))))


def _read(shown):
    """What a reader reads: the words without their marks."""
    return re.sub("<[^>]*>", "", shown).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({}, ("Coût en hausse", "49,90 M€", "53,02 M€", "+3,12 M€ (+6,3 %)")),
        ({"delta_pct": None}, ("Coût en hausse", "49,90 M€", "53,02 M€", "+3,12 M€")),
        ({"delta": None}, ("Coût en hausse", "49,90 M€", "53,02 M€", "–")),
        # A figure that was 0 is a figure.
        ({"from_value": 0, "from_text": "0"}, ("Coût en hausse", "0,00 M€", "53,02 M€", "+3,12 M€ (+6,3 %)")),
        (
            {"rule": "rebaselined", "measure": "duration", "unit": "years", "from_value": 4, "to_value": 5.5}
            | {"delta": Decimal("1.55"), "delta_pct": None},
            ("Référence réécrite (durée)", "4,0 ans", "5,5 ans", "+1,6 ans"),
        ),
        (
            NO_VALUES
            | {"rule": "schedule_slip", "measure": "end", "from_text": "2017-08-31", "to_text": "2018-02-01"}
            | {"slip_months": 6},
            ("Fin reportée", "août 2017", "févr. 2018", "+6 mois"),
        ),
        (
            NO_VALUES | {"rule": "overdue", "measure": "end", "from_text": "2017-08-31", "slip_months": 5},
            ("Fin prévue dépassée", "août 2017", "–", "+5 mois"),
        ),
        (
            NO_VALUES
            | {"rule": "schedule_overrun", "measure": "end", "unit": "years", "from_text": "2017-12-31"}
            | {"to_text": "2018-06-01", "from_value": Decimal("3.6"), "to_value": Decimal("4.0")}
            | {"delta": Decimal("0.4"), "delta_pct": Decimal("11.6"), "slip_months": 6},
            ("Dépassement de délai", "déc. 2017", "juin 2018", "+6 mois (+11,6 %)"),
        ),
        # No month is said of an end that is known to a quarter.
        (
            NO_VALUES
            | {"rule": "schedule_slip", "measure": "end", "from_text": "2025-01-01", "from_precision": "quarter"}
            | {"to_text": "2025-08-01", "to_precision": "month", "slip_months": 7},
            ("Fin reportée", "T1 2025", "août 2025", "+7 mois"),
        ),
        (
            {"rule": "reduced", "delta": Decimal("-3.12"), "delta_pct": Decimal("-6.25")},
            ("Coût ou délai réduit (coût)", "49,90 M€", "53,02 M€", "−3,12 M€ (−6,3 %)"),
        ),
        (
            NO_VALUES
            | {"rule": "phase_back", "measure": "phase", "from_text": "deploiement", "to_text": "experimentation"},
            ("Retour à une phase antérieure", "Déploiement", "Expérimentation", "–"),
        ),
        (
            {
                "rule": "completed",
                "measure": "phase",
                "from_text": "2017-12-31",
                "to_text": "2018-06-01",
                "slip_months": 6,
            },
            ("Projet terminé", "49,90 M€", "53,02 M€", "+3,12 M€ (+6,3 %)"),
        ),
        # The day on which an absence, or a delay, is said is no end.
        (
            {"rule": "went_silent", "measure": "presence", "to_value": None, "to_text": "2018-06-30", "delta": None}
            | {"slip_months": None},
            ("N’est plus déclaré", "49,90 M€", "–", "–"),
        ),
        (
            {"rule": "figure_withdrawn", "measure": "cost_and_duration", "to_value": None, "delta": None},
            ("Chiffre retiré (coût et durée)", "49,90 M€", "non renseigné", "–"),
        ),
        (
            NO_VALUES
            | {"rule": "overdue", "measure": "end", "from_text": "2017-03-31", "to_text": "2017-08-31"}
            | {"slip_months": 5},
            ("Fin prévue dépassée (au 31 août 2017)", "mars 2017", "–", "+5 mois"),
        ),
        (
            NO_VALUES | {"rule": "watermelon", "measure": "confidence", "from_text": "vert", "to_text": "rouge"},
            ("Vert déclaré, rouge calculé", "vert", "rouge", "–"),
        ),
        (
            {"rule": "stagnant", "measure": "all", "unit": "editions", "from_value": None, "to_value": None}
            | {"delta": 3, "delta_pct": None},
            ("Sans changement", "–", "–", "–"),
        ),
    ],
)
def test_a_line_says_what_moved_from_what_to_what_and_by_how_much(changed, line):
    assert _line(**changed) == line


@pytest.mark.parametrize(
    ("typed", "after"),
    [
        (None, "non renseigné"),
        (" ?? ", "non renseigné"),
        ("cf. annexe", "cf. annexe"),
        ("NC", "NC (non communiqué)"),
        ("en cadrage", "en cadrage"),
    ],
)
def test_a_withdrawn_figure_shows_what_was_typed_in_its_place(typed, after):
    line = _line(rule="figure_withdrawn", to_value=None, to_text=typed, delta=None)
    assert (line[0], line[2]) == ("Chiffre retiré (coût)", after)


def test_what_a_project_overran_is_told_in_the_line_of_its_slip_as_severe_as_the_worse_of_both():
    (line,) = slip_lines([COST, OVERRUN])
    assert line["rule"] == "budget_slip"
    assert line["severity"] == "critique"
    assert _read(line["also"]) == "dépassement de coût : +32,2 % sur 40,10 M€ au départ"
    (line,) = slip_lines([COST | {"severity": "critique"}, OVERRUN | {"severity": "information"}])
    assert line["severity"] == "critique"


def test_an_overrun_without_a_slip_or_of_another_project_is_a_line_of_its_own():
    lines = slip_lines([OVERRUN, COST | {"subject": "other"}])
    assert [(line["rule"], line["also"]) for line in lines] == [("budget_overrun", None), ("budget_slip", None)]


def test_the_gravest_come_first_then_by_rule_and_name_and_only_projects():
    lines = slip_lines(
        [
            COST | {"subject": "b", "name": "B"},
            COST | {"subject": "a", "name": "A"},
            COST | {"subject": "c", "name": "C", "rule": "overdue"},
            COST | {"subject": "d", "name": "D", "rule": "overdue", "severity": "critique"},
            COST | {"subject": "e", "name": "E", "kind": "procedures"},
        ]
    )
    assert [line["name"] for line in lines] == ["D", "A", "B", "C"]
