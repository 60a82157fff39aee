"""Where a row stops being data, cell by cell: the edges of each reason to set one aside."""

import pytest

from orchestration.contracts import CONTRACTS
from orchestration.contracts.cells.parsing import parser_of
from orchestration.intake.reading.row_classification import (
    Shift,
    classify,
    cut_number,
    filled_positions,
    is_filled,
    is_plain,
    is_second_header,
    shift,
    suspects,
)

HEADERS = ["Nom du projet", "Début", "Phase", "Coût"]


def _class(*cells):
    return classify(cells, filled_positions(cells), {0}, 0, HEADERS)


@pytest.mark.parametrize(
    ("cells", "row_class"),
    [
        # Two cells of the header are a header again, one is not: a project may be called like a column.
        (("Nom du projet", "Début", "", ""), "row_header"),
        (("Nom du projet", "Début", "Phase", "42"), "row_header"),
        (("Nom du projet", "01/01/2020", "Déploiement", "42"), None),
        (("Nom du projet", "", "", "42"), None),
        # Half of what is filled is enough, less is not.
        (("Nom du projet", "Début", "Autre", "42"), "row_header"),
        (("Nom du projet", "Début", "Autre", "42", "x"), None),
    ],
)
def test_a_header_again_repeats_two_cells_and_half_of_what_is_filled(cells, row_class):
    assert _class(*cells) == row_class


@pytest.mark.parametrize(
    ("cells", "row_class"),
    [
        (("TOTAL", "", "", "42"), "row_total"),
        (("TOTAL", "3", 4.5, "42 M€"), "row_total"),
        (("TOTAL", "", "", ""), "row_total"),
        (("Total des projets", "", "", "-42"), "row_total"),
        (("TOTALENERGIES", "", "", "42"), None),
        # A project may be called like a total: what stands beside it is no number.
        (("Ensemble", "01/01/2020", "Déploiement", "42"), None),
        (("TOTAL", "03/05/2022", "", "42"), None),
        # Numbers alone, where no name stands.
        (("", "", "", "42"), "row_total"),
        (("", "", 12, "42"), "row_total"),
        (("", 3, 12, "42"), None),
        (("42", "", "", ""), "row_name_only"),
        (("", "", "", "1" * 24), "row_total"),
        (("", "", "", "1" * 25), "row_note"),
        (("NÉANT", "", "", ""), "nothing_to_declare"),
        (("néant", "", "", "sans objet"), "nothing_to_declare"),
        (("", "", "Néant", ""), "nothing_to_declare"),
        (("Néant", "", "", ""), "nothing_to_declare"),
        (("Néantissime", "", "", ""), "row_name_only"),
        (("(1) Montants TTC", "", "", ""), "row_note"),
        (("(1) : montants TTC", "", "", ""), "row_note"),
        (("Note :", "montants TTC", "", ""), "row_note"),
        (("Note :", 42, "", ""), None),
        (("Note :", "montants TTC", "2021", ""), None),
        (("Source (2) : DINUM", "", "", ""), "row_note"),
        (("HORIZON", "", "", ""), "row_name_only"),
        ((156.0, "", "", ""), None),
        (("", "HORIZON", "", ""), "row_note"),
        (("x" * 250, "", "", ""), "row_name_only"),
        (("x" * 251, "", "", ""), "row_note"),
        (("Ministère de la Justice", "", "", ""), "row_note"),
    ],
)
def test_a_row_is_a_total_a_note_or_a_name_by_what_it_holds(cells, row_class):
    assert _class(*cells) == row_class


@pytest.mark.parametrize(
    ("cells", "is_so"),
    [
        (("HORIZON", "b", "c", "d", "e"), True),
        (("HORIZON", "b", "c", "d", None), False),
        (("HORIZON", "b", "c", "d", ""), False),
        (("", "b", "c", "d", "e", "f"), True),
        (("Nom du projet", "b", "c", "d", "e"), False),
        (("", "Début", "c", "d", "e", "f"), False),
        (("", "", "", "", "e", "f", "g", "h", "i"), True),
        (("Sous-total", "b", "c", "d", "e"), False),
        ((12, "b", "c", "d", "e"), True),
    ],
)
def test_a_row_of_five_cells_that_begins_neither_as_a_label_nor_as_the_header_is_data_at_a_glance(cells, is_so):
    assert is_plain(cells, HEADERS) is is_so
    assert suspects([cells], HEADERS) == ([] if is_so else [0])


@pytest.mark.parametrize(
    ("cell", "is_so"), [(None, False), ("", False), (" \u00a0\n", False), ("x", True), (0, True), (False, True)]
)
def test_a_cell_of_spaces_is_blank_and_a_zero_is_not(cell, is_so):
    assert is_filled(cell) is is_so


@pytest.mark.parametrize(
    ("cells", "is_so"), [(("M€", None, "jj/mm/aaaa"), True), (("M€", "2021"), False), (("M€", 1), False), ((), True)]
)
def test_words_without_a_digit_may_complete_the_header_above(cells, is_so):
    assert is_second_header(cells) is is_so


PROJECTS = CONTRACTS["projects"].by_field
PARSERS = {
    1: parser_of(PROJECTS["start_date"]),
    2: parser_of(PROJECTS["phase"]),
    3: parser_of(PROJECTS["current_cost_meur"]),
}


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (("HORIZON", "01/01/2020", "Déploiement", "42"), None),
        (("HORIZON", "x", "01/01/2020", "Déploiement", "42"), Shift(1, 1)),
        (("HORIZON", "x", "y", "01/01/2020", "Déploiement", "42"), Shift(1, 2)),
        (("01/01/2020", "Déploiement", "42"), Shift(0, -1)),
        (("Déploiement", "42"), Shift(0, -2)),
        (("HORIZON", "x", "y", "z"), None),
        (("HORIZON", "01/01/2020", "x", "Déploiement", "42"), Shift(2, 1)),
    ],
)
def test_a_row_is_shifted_from_where_moving_it_makes_all_of_it_readable(cells, found):
    assert shift(cells, PARSERS) == found


def test_a_number_cut_at_its_comma_starts_in_the_cell_before():
    cells = ("HORIZON", "01/01/2020", "Déploiement", "9", "5")
    assert cut_number(cells, Shift(3, 1)) == "9,5"
    assert [cut_number(cells, Shift(*one)) for one in ((3, -1), (2, 1), (4, 1), (3, 2))] == [None] * 4
    parsers = {1: PARSERS[3], 2: PARSERS[1], 3: PARSERS[2]}
    assert shift(("HORIZON", "9", "5", "01/01/2020", "Déploiement"), parsers) == Shift(1, 1)
