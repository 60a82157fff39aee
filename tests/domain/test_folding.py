"""Which spellings are one header or one name, by the pairs that the real files hold."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestration.domain.folding import fold_header, fold_name, fold_names
from orchestration.domain.perimeter import perimeter_names, perimeter_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MCIC²", "MCIC-2"),
        ("FRANCECONNECT PHASE II", "FRANCE CONNECT PHASE II"),
        ("MISTR@L", "Mistral"),
        ("Guichet_Entreprise_DGE", "GUICHET ENTREPRISE DGE"),
        ("Géoportail", "GEOPORTAIL"),
        ("Cœur de réseau", "COEUR DE RESEAU"),
        ("PROJAE–AXONE", "PROJAE - AXONE"),
    ],
)
def test_two_spellings_of_one_name_fold_alike(one, other):
    assert fold_name(one) == fold_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("FRANCE CONNECT", "FRANCE CONNECT PHASE II"), ("GENESIS", "GENESIS V2"), ("3PA-S", "PAYSAGE"), ("PAS", "3PA-S")],
)
def test_two_names_of_two_projects_stay_apart(one, other):
    assert fold_name(one) != fold_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ministère porteur ", "MINISTERE  PORTEUR"),
        ("Date Publication\n(rouge : périmée)", "date publication rouge périmée"),
        ("Projet interministériel", "projet\u00a0interministeriel"),
        ("% Recours au Numérique", "Recours au numérique"),
    ],
)
def test_headers_fold_without_case_accents_spaces_line_breaks_or_punctuation(one, other):
    assert fold_header(one) == fold_header(other)


@given(st.lists(st.text(max_size=8)))
@example([])
@example(["", "\n", "a\nb", ""])
@example(["e\u0301", "\u0301", "Ⅻ", "ŒUF", "ß", "@"])
def test_many_names_fold_as_each_does_alone_and_as_headers_do_but_for_spaces(names):
    assert fold_names(names) == [fold_name(name) for name in names]
    assert fold_names(names) == [fold_header(name.replace("@", "a")).replace(" ", "") for name in names]


def test_there_are_eleven_perimeters_and_ministry_names_map_to_them():
    assert len(perimeter_names()) == 11
    assert perimeter_of("MINISTERE DE L'ECONOMIE ET DES FINANCES") == "MEF"
    assert perimeter_of("Ministère des Armées") == "MINARM"
    assert perimeter_of("Ministère de la Magie") is None


@pytest.mark.parametrize(
    ("name", "perimeter"),
    [
        ("Ministère de la Transition écologique", "MTE"),
        ("MINISTERE DE LA TRANSITION ECOLOGIQUE ET DE LA COHESION DES TERRITOIRES", "MTE"),
        ("Ministère de la Mer", "MTE"),
        ("Ministère des Solidarités et de la Santé", "MSO"),
        ("Ministère du travail, du plein-emploi et de l’insertion", "MSO"),
        ("Ministère de l’Intérieur et des Outre-mer", "MI"),
        ("Ministère des outre-mer", "MI"),
        ("Ministère de l’Enseignement supérieur, de la Recherche et de l’Innovation", "MEN"),
        ("Ministère de l’Éducation nationale, de la Jeunesse et des Sports", "MEN"),
        ("Ministère de l’Économie, des Finances et de la Relance", "MEF"),
        ("Ministère de la Transformation et de la Fonction publiques", "MEF"),
        ("Ministère de l’Agriculture, de la Souveraineté alimentaire et de la Forêt", "MAA"),
        ("Ministère des Armées et des Anciens combattants", "MINARM"),
    ],
)
def test_the_ministries_of_the_governments_since_2017_are_known(name, perimeter):
    assert perimeter_of(name) == perimeter
