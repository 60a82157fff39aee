"""From where on a column is taken to stand in another's place: nearly all of it, and never one row."""

from decimal import Decimal

import pytest

from orchestration.contracts import CONTRACTS
from orchestration.contracts.cells.parsing import parser_of
from orchestration.intake.reading.whole_columns import figures_out_of_place, swapped

PROJECTS = CONTRACTS["projects"].by_field
PARSERS = {0: parser_of(PROJECTS["start_date"]), 1: parser_of(PROJECTS["current_cost_meur"])}
WRONG, RIGHT = ("42,5", "01/01/2020"), ("01/01/2020", "42,5")


def _swapped(*rows):
    return swapped(rows, PARSERS, PARSERS.keys(), ())


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([WRONG] * 4 + [RIGHT], (0, 1)),  # Four in five are enough,
        ([WRONG] * 15 + [RIGHT] * 4, None),  # fifteen in nineteen are not.
        ([WRONG] * 2, (0, 1)),
        ([WRONG], None),
        # What says nothing counts on neither side.
        ([WRONG] * 2 + [("", "")] * 9, (0, 1)),
    ],
)
def test_two_columns_are_swapped_where_four_values_in_five_say_so(rows, found):
    assert _swapped(*rows) == found


def _rows(*pairs, band=None):
    """Rows of the lake: a cost in M€ and a duration in years each."""
    return [
        {
            "current_cost_meur": None if cost is None else Decimal(cost),
            "current_duration_days": None if years is None else Decimal(years) * 365,
            "cost_band": band,
        }
        for cost, years in pairs
    ]


def _out_of_place(rows):
    return [
        (rule, field, {name: str(said).replace("\u202f", " ") for name, said in words.items()})
        for rule, field, words in figures_out_of_place(CONTRACTS["projects"], rows)
    ]


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        (["1000", "1000"], None),
        (["1001", "1001"], {"unit": "milliers d’euros", "factor": "1 000", "low": "1 001", "high": "1 001"}),
        (["12000", "9000.55"], {"unit": "milliers d’euros", "factor": "1 000", "low": "9 000,6", "high": "12 000"}),
        (["999999", "999999"], {"unit": "milliers d’euros", "factor": "1 000", "low": "999 999", "high": "999 999"}),
        (["1000000", "1000000"], {"unit": "euros", "factor": "1 000 000", "low": "1 000 000", "high": "1 000 000"}),
        # One value does not speak for a column, and what is nothing is no value.
        (["12000"], None),
        (["12000", None], None),
        (["12000", "0"], None),
        # Half of the values are not most of them.
        (["12000", "12000", "5", "5", "5"], None),
    ],
)
def test_costs_are_in_another_unit_where_most_are_above_a_milliard(costs, words):
    found = _out_of_place(_rows(*((cost, None) for cost in costs)))
    assert found == ([] if words is None else [("costs_in_thousands", "current_cost_meur", words)])


def test_a_cost_that_was_too_large_to_be_taken_counts_among_those_in_another_unit():
    emptied = {"current_cost_meur": None, "current_cost_meur_absence": "illisible"}
    rows = [emptied | {"current_cost_meur_typed": typed} for typed in ("53 020 000", "12 000 000", "douze", "-1", "0")]
    ((_, _, words),) = _out_of_place(rows)
    assert (words["unit"], words["low"], words["high"]) == ("euros", "12 000 000", "53 020 000")
    assert _out_of_place([row | {"current_cost_meur_absence": "en_cadrage"} for row in rows]) == []


@pytest.mark.parametrize(
    ("years", "words"),
    [
        (["30", "30"], None),
        (["31", "31"], {"unit": "mois", "factor": "12", "low": "31", "high": "31"}),
        (["24", "48"], {"unit": "mois", "factor": "12", "low": "24", "high": "48"}),
        (["360", "360"], {"unit": "mois", "factor": "12", "low": "360", "high": "360"}),
        (["361", "361"], {"unit": "jours", "factor": "365", "low": "361", "high": "361"}),
        (["48"], None),
    ],
)
def test_durations_are_in_months_or_days_where_most_are_longer_than_any_project(years, words):
    found = _out_of_place(_rows(*((None, each) for each in years)))
    assert found == ([] if words is None else [("durations_not_in_years", "current_duration_days", words)])


@pytest.mark.parametrize(
    ("pairs", "is_so"),
    [
        ([("4.5", "42.5"), ("20", "31.5")], True),
        ([("4.5", "42.5")], False),
        ([("4.5", "42.5"), ("3", "5.5")], False),
        ([("4.5", "42.5"), ("20.1", "31.5")], False),
        ([("4.5", "42.5"), ("0", "31.5")], False),
        # Whole numbers of some size are rather months.
        ([("4.5", "48"), ("20", "36")], False),
        ([("4.5", "48"), ("3", "36"), ("2", "5")], True),
    ],
)
def test_costs_and_durations_are_swapped_where_durations_are_too_long_and_no_cost_is(pairs, is_so):
    found = [one for one in _out_of_place(_rows(*pairs)) if one[0] == "cost_and_duration_swapped"]
    count = sum(float(years) > 30 for _, years in pairs)
    reason = f"{count} durées dépassent 30 ans, et aucun coût ne dépasse 20\u00a0M€"
    words = {"reason": reason, "other": "current_duration_days"}
    assert found == ([("cost_and_duration_swapped", "current_cost_meur", words)] if is_so else [])


@pytest.mark.parametrize(
    ("pairs", "band", "is_so"),
    [
        ([("3", "12"), ("4", "15")], "entre 9 et 20 M€", True),
        ([("3", "9"), ("4", "20")], "entre 9 et 20 M€", True),
        ([("3", "12")], "entre 9 et 20 M€", False),
        ([("3", "12"), ("9", "15")], "entre 9 et 20 M€", False),
        ([("3", "12"), ("20", "15")], "entre 9 et 20 M€", False),
        ([("3", "12"), ("4", "8")], "entre 9 et 20 M€", False),
        ([("3", "12")] * 4 + [("10", "12")], "entre 9 et 20 M€", True),
        ([("3", "12")] * 3 + [("10", "12")], "entre 9 et 20 M€", False),
        ([("3", "12"), ("4", "15")], "à préciser", False),
        ([("3", "12"), ("4", "15")], None, False),
    ],
)
def test_costs_and_durations_are_swapped_where_the_durations_fit_the_band_of_the_costs(pairs, band, is_so):
    rows = _rows(*pairs, band=band)
    words = {
        "reason": "les coûts sont hors de leur tranche, où les durées tiendraient",
        "other": "current_duration_days",
    }
    assert _out_of_place(rows) == ([("cost_and_duration_swapped", "current_cost_meur", words)] if is_so else [])
