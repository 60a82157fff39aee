"""A value of the lake becomes a cell that reads as that value, or the words that stood for none."""

from datetime import date
from decimal import Decimal

import pytest

from orchestration.contracts import CONTRACTS
from orchestration.contracts.cells.parsing import parser_of
from orchestration.contracts.cells.writing import cell_of, example_of
from orchestration.contracts.contract import Column

ABSENCES = frozenset({"en_cadrage", "tiret"})


def _column(kind, example=""):
    return Column("field", "Titre", kind, "", example, absences=ABSENCES)


@pytest.mark.parametrize(
    ("kind", "value", "precision", "cell"),
    [
        ("text", "Refonte", None, "Refonte"),
        ("bool", True, None, "Oui"),
        ("bool", False, None, "Non"),
        ("cost", Decimal("42.50000000"), None, 42.5),
        ("rate", Decimal("0.12"), None, 0.12),
        ("score", Decimal("8.2"), None, 8.2),
        ("number", Decimal("19.9"), None, 19.9),
        ("volume", 1500, None, 1500),
        ("integer", 320, None, 320),
        ("duration", Decimal("1642.5"), "tenth_year", 4.5),
        ("date", date(2021, 7, 1), "day", date(2021, 7, 1)),
        ("date", date(2021, 7, 1), "month", "juillet\u00a02021"),
        ("date", date(2021, 7, 1), "quarter", "T3\u00a02021"),
        ("date", date(2021, 7, 1), "semester", "S2\u00a02021"),
    ],
)
def test_a_cell_reads_as_the_value_that_it_was_made_of(kind, value, precision, cell):
    column = _column(kind)
    written = cell_of(column, {"field": value, "field_precision": precision})
    assert (written, type(written)) == (cell, type(cell))
    read = parser_of(column)(written)
    assert (read.value, read.fault) == (value, None)
    assert precision in (None, read.precision)


def test_a_code_is_written_in_the_words_of_its_column():
    phase = CONTRACTS["projects"].by_field["phase"]
    assert cell_of(phase, {"phase": "deploiement"}) == "Déploiement"


@pytest.mark.parametrize(
    ("absence", "cell"),
    [("en_cadrage", "En cadrage"), ("tiret", "–"), ("illisible", None), (None, None), ("non", None)],
)
def test_what_had_no_value_is_written_as_the_word_that_its_column_allows(absence, cell):
    assert cell_of(_column("cost"), {"field": None, "field_absence": absence}) == cell


def test_an_example_is_the_cell_that_an_agent_reads():
    assert example_of(_column("rate", "82 %")) == 0.82
    assert example_of(_column("date", "juillet 2021")) == "juillet\u00a02021"
