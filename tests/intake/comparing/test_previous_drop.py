"""What changed since the previous submission, said in the agent's words and no more than that."""

import json
from datetime import date
from decimal import Decimal

import pytest

from orchestration.contracts import CONTRACTS
from orchestration.intake.comparing.previous_drop import Change, difference, in_words, is_same
from tests.intake.drops import GOOD, HEADER, OTHER, projects_csv
from tests.intake.read_file import read

PROJECTS = CONTRACTS["projects"]
WITH_ID = "Identifiant;" + HEADER


def _between(before: bytes, after: bytes):
    return difference(PROJECTS, read(before).rows, read(after).rows)


def _changed(before: bytes, after: bytes):
    return [(one.column, one.before, one.after) for one in _between(before, after).changed]


def test_the_same_rows_in_another_order_make_no_difference():
    assert not _between(projects_csv(GOOD, OTHER), projects_csv(OTHER, GOOD))


def test_rows_are_new_or_gone_by_name():
    found = _between(projects_csv(GOOD), projects_csv(OTHER))
    assert (found.new, found.gone, found.changed) == (("BOUSSOLE",), ("HORIZON",), ())


def test_a_changed_value_is_said_in_words_before_and_after():
    after = GOOD.replace("42,5", "1 048,25").replace("Déploiement", "Terminé").replace("4,5", "6")
    assert _changed(projects_csv(GOOD), projects_csv(after)) == [
        ("Phase du projet en cours", "Déploiement", "Terminé"),
        ("Durée actualisée (années)", "4,5\u00a0ans", "6\u00a0ans"),
        ("Coût complet actualisé (M€)", "42,5\u00a0M€", "1\u202f048,25\u00a0M€"),
    ]


def test_a_value_that_is_withdrawn_keeps_the_word_that_stands_for_it():
    assert _changed(projects_csv(GOOD), projects_csv(GOOD.replace("42,5", "En cadrage"))) == [
        ("Coût complet actualisé (M€)", "42,5\u00a0M€", "En cadrage")
    ]
    assert _changed(projects_csv(GOOD), projects_csv(GOOD.replace("42,5", ""))) == [
        ("Coût complet actualisé (M€)", "42,5\u00a0M€", "(vide)")
    ]


def test_another_spelling_of_a_value_is_no_change():
    after = GOOD.replace("42,5", "42,50 M€").replace("Déploiement", "DEPLOIEMENT").replace("HORIZON", "HORIZON ")
    assert not _between(projects_csv(GOOD), projects_csv(after))


def test_dates_and_durations_compare_at_the_coarser_precision():
    coarse = GOOD.replace("01/01/2020", "janvier 2020").replace("4,5;", "4,53;")
    assert not _between(projects_csv(GOOD), projects_csv(coarse))
    later = GOOD.replace("01/01/2020", "février 2020")
    assert _changed(projects_csv(GOOD), projects_csv(later)) == [
        ("Début", "1er\u00a0janvier\u00a02020", "février\u00a02020")
    ]


def test_a_column_that_one_file_lacks_has_not_changed():
    wide = projects_csv(f"{GOOD};Oui", header=f"{HEADER};Projet interministériel")
    assert not _between(wide, projects_csv(GOOD))


def test_a_project_that_keeps_its_id_under_another_name_is_the_same():
    before, after = projects_csv(f"horizon-1;{GOOD}", header=WITH_ID), GOOD.replace("HORIZON", "NOUVEL HORIZON")
    assert _between(before, projects_csv(f"horizon-1;{after}", header=WITH_ID)).changed == (
        Change("NOUVEL HORIZON", "Nom du projet", "HORIZON", "NOUVEL HORIZON", is_text=True),
    )


def test_a_project_that_receives_an_id_is_known_by_its_name():
    found = _between(projects_csv(GOOD), projects_csv(f"horizon-1;{GOOD}", header=WITH_ID))
    assert (found.new, found.gone) == ((), ())


def test_a_project_renamed_in_the_register_is_the_same():
    # Two names of one project in dbt_project/seeds/project_aliases.csv.
    before, after = GOOD.replace("HORIZON", "PIB/MISTRAL"), GOOD.replace("HORIZON", "MISTR@L")
    found = _between(projects_csv(before), projects_csv(after))
    assert (found.new, found.gone, [one.column for one in found.changed]) == ((), (), ["Nom du projet"])


def test_two_rows_of_one_name_are_matched_one_to_one():
    found = _between(projects_csv(GOOD), projects_csv(GOOD, GOOD))
    assert (found.new, found.gone) == (("HORIZON",), ())


def test_an_excerpt_shows_where_two_long_texts_differ():
    start = "Ce projet modernise la gestion des demandes de titres dans toutes les préfectures. " * 3
    before, after = Change("", "", f"{start}Fin en mars.", f"{start}Fin en juin.", is_text=True).excerpts()
    assert (before[0], before[-12:], after[-12:]) == ("…", "Fin en mars.", "Fin en juin.")
    assert max(len(before), len(after)) <= 122


def test_an_empty_submission_makes_every_row_gone():
    found = difference(PROJECTS, read(projects_csv(GOOD)).rows, [])
    assert (found.new, found.gone, found.changed) == ((), ("HORIZON",), ())


@pytest.mark.parametrize(
    ("days", "precisions", "is_alike"),
    [
        ("18.25", ("tenth_year", "day"), True),
        ("18.25000001", ("tenth_year", "day"), False),
        ("-18.25", ("day", "tenth_year"), True),
        ("0.000001", ("day", "day"), False),
    ],
)
def test_a_duration_known_to_a_tenth_of_a_year_may_be_off_by_half_of_it_and_no_more(days, precisions, is_alike):
    column = PROJECTS.by_field["current_duration_days"]
    before, after = (
        {"current_duration_days": Decimal(value), "current_duration_days_precision": precision}
        for value, precision in zip((1000, 1000 + Decimal(days)), precisions, strict=True)
    )
    assert is_same(column, before, after) is is_alike


def test_a_row_without_an_identity_in_latin_letters_is_known_by_its_name_as_it_is():
    row = {"name": "ПОРТАЛ", "cell_columns": json.dumps({"name": "A"}), "row_number": 2}
    found = difference(PROJECTS, [row], [row | {"name": " портал "}])
    assert (found.new, found.gone) == ((), ())


@pytest.mark.parametrize(
    ("field", "row", "said"),
    [
        ("current_cost_meur", {"current_cost_meur": Decimal("1048.25000000")}, "1 048,25 M€"),
        ("current_cost_meur", {"current_cost_meur": Decimal("1200.00000000")}, "1 200 M€"),
        ("current_duration_days", {"current_duration_days": Decimal(365)}, "1 an"),
        ("current_duration_days", {"current_duration_days": Decimal("1642.5")}, "4,5 ans"),
        ("current_duration_days", {"current_duration_days": Decimal(1000)}, "2,74 ans"),
        ("start_date", {"start_date": date(2020, 7, 1), "start_date_precision": "semester"}, "S2 2020"),
        ("start_date", {"start_date": "2020"}, "(vide)"),
        ("is_interministerial", {"is_interministerial": True}, "Oui"),
        ("is_interministerial", {"is_interministerial": False}, "Non"),
        ("phase", {"phase": "deploiement"}, "Déploiement"),
        ("phase", {"phase": "unheard_of"}, "unheard_of"),
        ("name", {"name": "HORIZON"}, "HORIZON"),
        ("name", {}, "(vide)"),
        ("current_cost_meur", {"current_cost_meur_typed": "En cadrage"}, "En cadrage"),
    ],
)
def test_a_value_of_a_project_is_said_as_an_agent_writes_it(field, row, said):
    assert in_words(PROJECTS.by_field[field], row).replace("\u00a0", " ").replace("\u202f", " ") == said


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("digital_use_rate", Decimal("0.970414201183432"), "97,04 %"),
        ("satisfaction_score", Decimal("8.300000"), "8,3"),
        ("total_volume", 229801113, "229 801 113"),
    ],
)
def test_a_value_of_a_procedure_is_said_as_an_agent_writes_it(field, value, said):
    column = CONTRACTS["procedures"].by_field[field]
    assert in_words(column, {field: value}).replace("\u00a0", " ").replace("\u202f", " ") == said


@pytest.mark.parametrize(
    ("field", "before", "after", "is_alike"),
    [
        ("name", {"name": "SI  de paie"}, {"name": "SI de\npaie"}, True),
        ("name", {"name": "SI de paie"}, {"name": "SI de paye"}, False),
        ("name", {"name": "SI"}, {}, False),
        ("name", {}, {}, True),
        ("name", {"name_absence": "tiret"}, {"name_absence": "non"}, False),
        ("phase", {"phase": "cadrage"}, {"phase": "termine"}, False),
        ("current_cost_meur", {"current_cost_meur": Decimal(1)}, {"current_cost_meur": Decimal("1.0")}, True),
        ("current_cost_meur", {"current_cost_meur": Decimal(1)}, {"current_cost_meur": Decimal("1.00000001")}, False),
    ],
)
def test_two_cells_say_the_same_whatever_their_spaces_and_zeros(field, before, after, is_alike):
    assert is_same(PROJECTS.by_field[field], before, after) is is_alike


def _excerpts(before, after):
    return Change("", "", before, after, is_text=True).excerpts()


def test_short_texts_are_shown_whole_and_long_ones_from_forty_signs_before_they_differ():
    assert _excerpts("a" * 80 + "b" * 40, "a" * 80 + "c" * 40) == ("a" * 80 + "b" * 40, "a" * 80 + "c" * 40)
    assert _excerpts("a" * 80 + "b" * 41, "a" * 80) == ("a" * 80 + "b" * 40 + "…", "a" * 80)
    assert _excerpts("a" * 81 + "b", "a" * 81 + "c") == ("…" + "a" * 40 + "b", "…" + "a" * 40 + "c")
    assert _excerpts("", "a" * 200) == ("", "a" * 120 + "…")


def test_a_row_without_a_name_is_told_by_its_id_and_one_without_either_by_its_place():
    row = {"cell_columns": json.dumps({"name": "A"}), "row_number": 7}
    assert difference(PROJECTS, [], [row | {"declared_project_id": "horizon-1"}, row]).new == ("horizon-1", "ligne 7")
