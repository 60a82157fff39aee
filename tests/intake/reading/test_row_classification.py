"""Where a row stops being data, cell by cell: the edges of each reason to set one aside."""

import pytest

from orchestration.intake.reading.row_classification import classify, filled_positions

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
