"""Where a row stops being data, cell by cell: the edges of each reason to set one aside."""

from functools import partial

import pyarrow as pa
import pytest

from orchestration.contracts import CONTRACTS
from orchestration.contracts.cells.parsing import parser_of
from orchestration.intake.opening.grid import Grid
from orchestration.intake.reading.row_classification import (
    Landmarks,
    Shift,
    classify,
    cut_number,
    filled_positions,
    is_filled,
    is_plain,
    is_second_header,
    notes_below,
    shift,
    suspects,
)
from orchestration.intake.reading.running_sums import RunningSums

HEADERS = ["Nom du projet", "Début", "Phase", "Coût estimé"]
WITH_IDS = ["Identifiant", *HEADERS, "Commentaire"]


def _landmarks(headers):
    contract = CONTRACTS["projects"]
    return Landmarks.of(contract, contract.match(headers), headers)


def _class(*cells, headers=HEADERS, is_sum=False):
    return classify(cells, filled_positions(cells), _landmarks(headers), lambda: is_sum)


def _set_aside(*rows, headers=WITH_IDS):
    """The class of each row of a table that is no data."""
    landmarks, aside = _landmarks(headers), {}
    sums = RunningSums(rows, landmarks)
    for place in suspects(rows, landmarks):
        found = classify(rows[place], filled_positions(rows[place]), landmarks, partial(sums.is_sum, place, aside))
        if found is not None:
            aside[place] = found
    return aside


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
        # However they are written, and by any of their names.
        (("N°", "DÉBUT ", "phase en\ncours", "Coût complet"), "row_header"),
        # In another place they name another column.
        (("Nom du projet", "Phase", "Début", "Coût estimé"), "header_moved"),
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
        (("TOTAL", "-", "n/a", "NC"), "row_total"),
        (("S/total", "", "", "hors T2"), "row_total"),
        (("Coût complet total", "", "", "42"), "row_total"),
        (("dont : pilotage", "", "", "42"), "row_total"),
        (("Rappel 2020", "", "", "42"), "row_total"),
        (("T O T A L", "", "", "42"), "row_total"),
        (("S/T DNUM", "", "", "42"), "row_total"),
        (("Σ", "", "", "42"), "row_total"),
        (("RÃ©capitulatif", "", "", "42"), "row_total"),
        (("Budget des projets : total", "", "", "42"), "row_total"),
        (("Reste à financer", "", "", "42"), "row_total"),
        (("St-Denis", "", "", "42"), None),
        (("Portail S/T", "", "", "42"), None),
        (("TOTALENERGIES", "", "", "42"), None),
        (("RappelConso", "", "", "42"), None),
        (("Ensemblier", "", "", "42"), None),
        (("Sous-marin", "", "", "42"), None),
        # A project may be called like a total: what stands beside it is no number.
        (("Ensemble pour l’école", "01/01/2020", "Déploiement", "42"), None),
        (("Ensemble", "01/01/2020", "Déploiement", "42"), "row_total_kept"),
        (("TOTAL", "03/05/2022", "", "42"), "row_total_kept"),
        (("Total Énergies", "03/05/2022", "", "42"), "row_total_kept"),
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
        (("Note :", 42, "", ""), "row_note"),
        (("Note :", "montants TTC", "2021", ""), "row_note"),
        (("Note :", "", "Déploiement", ""), None),
        (("Fait à Paris, le 15/06/2021", "", "Le directeur", ""), "row_note"),
        (("Fait à Paris, le", "15/06/2021", "", ""), "row_note"),
        (("Fait à la maison", "15/06/2021", "Déploiement", ""), None),
        (("Le directeur du numérique", "", "", ""), "row_note"),
        (("Signature électronique", "", "", "12"), None),
        (("Visa", "", "", "12"), None),
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
        (("p-1", "HORIZON", "2020", "Cadrage", "4", ""), True),
        (("", "HORIZON", "2020", "Cadrage", "4", "x"), True),
        (("p-1", "HORIZON", "2020", "Cadrage", "", ""), False),
        (("p-1", "HORIZON", "2020", "Cadrage", None, None), False),
        # What a witness leaves open is looked at,
        (("p-1", "HORIZON", "", "Cadrage", "4", "x"), False),
        (("p-1", "HORIZON", "-", "–", "4", "x"), False),
        # and what begins like a label, or stands in the header.
        (("Identifiant", "b", "2020", "Cadrage", "4", ""), False),
        (("p-1", "Sous-total", "2020", "Cadrage", "4", ""), False),
        (("Sous-total", "b", "2020", "Cadrage", "4", ""), False),
        (("N°", "Nom", "DÉBUT", "Étape", "4", ""), False),
        (("p-1", "HORIZON", "2020", "Phase en cours", "4", ""), False),
        ((12, "HORIZON", 2020, "Cadrage", 4.5, None), True),
    ],
)
def test_a_row_that_is_filled_where_data_is_and_begins_like_none_else_is_data_at_a_glance(cells, is_so):
    landmarks = _landmarks(WITH_IDS)
    assert is_plain(cells, landmarks) is is_so
    assert suspects([cells], landmarks) == ([] if is_so else [0])
    if all(isinstance(cell, str) for cell in cells):
        assert suspects(Grid([pa.array([cell]) for cell in cells]), landmarks) == ([] if is_so else [0])


A, B, C = (
    ("p-1", "ALPHA", "2020", "Cadrage", "10,5", "x"),
    ("p-2", "BETA", "2021", "Cadrage", 4, "x"),
    ("p-3", "GAMMA", "2021", "Cadrage", "NC", "x"),
)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([A, B, ("", "Programme", "", "", "14,5", "x")], {2: "row_total"}),
        ([A, B, C, ("", "Programme", "", "", "14,50 M€", "x")], {3: "row_total"}),
        ([A, B, ("", "Programme", "", "", "14,6", "x")], {}),
        # One row is repeated, not added up; and nothing is no sum.
        ([A, C, ("", "Programme", "", "", "10,5", "x")], {}),
        ([C, C, ("", "Programme", "", "", "0", "x")], {}),
        # Those right above, and what is no data left out.
        ([C, A, A, B, ("", "Programme", "", "", "14,5", "x")], {4: "row_total"}),
        ([A, B, ("", "P1", "", "", 14.5, ""), A, ("", "P2", "", "", 25, "")], {2: "row_total", 4: "row_total"}),
        ([A, B, A, ("", "Programme", "", "", "14,5", "x")], {3: "row_total"}),
        ([A, B, ("p-3", "DELTA", "", "Cadrage", "14,5", "x")], {2: "row_total_kept"}),
        ([A, B, ("p-3", "DELTA", "2020", "Cadrage", "14,5", "x")], {}),
    ],
)
def test_an_amount_that_is_the_sum_of_those_right_above_makes_a_total_of_a_row_that_says_nothing_else(rows, found):
    assert _set_aside(*rows) == found
    texts = [[str(cell).replace(".", ",") for cell in row] for row in rows]
    landmarks = _landmarks(WITH_IDS)
    grid = Grid([pa.array(column) for column in zip(*texts, strict=True)])
    assert suspects(grid, landmarks) == suspects(texts, landmarks)
    place = len(rows) - 1
    if found.get(place):
        assert RunningSums(grid, landmarks).is_sum(place, {one for one in found if one != place})


BLANK = ("",) * 6


@pytest.mark.parametrize(
    ("rows", "below"),
    [
        ([A, BLANK, ("", "J. Dupont", "", "", "", "")], [2]),
        ([A, BLANK, ("Vert", "conforme", "", "", "", ""), ("", "Rouge", "", "", "", "en retard")], [2, 3]),
        ([A, ("", "J. Dupont", "", "", "", "")], []),
        ([A, ("", "DELTA", "", "", "", ""), BLANK, ("", "J. Dupont", "", "", "", "")], [3]),
        # Data below a blank row is data: a phase, a cost, a word for none, an id like the one above.
        ([A, BLANK, ("", "DELTA", "", "Cadrage", "", "")], []),
        ([A, BLANK, ("", "DELTA", "", "", "12", "")], []),
        ([A, BLANK, ("", "DELTA", "", "", "En cadrage", "")], []),
        ([A, BLANK, ("p-12", "DELTA", "", "", "", "")], []),
        ([A, BLANK, ("", "J. Dupont", "", "", "", ""), B], []),
        # A dash says nothing, and no more does what its column does not know.
        ([A, BLANK, ("", "J. Dupont", "-", "directeur", "", "")], [2]),
        ([BLANK, ("", "DELTA", "", "", "", "")], []),
    ],
)
def test_texts_alone_below_the_last_row_of_data_and_a_blank_row_are_notes(rows, below):
    blank = dict.fromkeys(place for place, row in enumerate(rows) if row == BLANK)
    assert notes_below(rows, blank, _landmarks(WITH_IDS)) == below


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
