"""A submission is held against the perimeter's previous edition, at the right precision, and nothing is merged."""

import csv
from datetime import UTC, datetime

import pytest

from orchestration.domain.likeness import likeness
from orchestration.intake.comparing.previous_edition import Previous, compare
from orchestration.intake.findings.rules import finding_of
from orchestration.intake.take_in import check_file, take_in
from tests.intake.drops import drop
from tests.intake.golden.tables import EDITION, PERIMETER, PREVIOUS_EDITION, procedures, projects, roadmap
from tests.intake.read_file import read

JUNE = datetime(2021, 6, 15, 9, tzinfo=UTC)
DECEMBER = datetime(2020, 12, 15, 9, tzinfo=UTC)


def _found(now, before):
    reading = read(now.csv())
    previous = Previous(PREVIOUS_EDITION, "other", read(before.csv()).rows)
    return [finding_of(one) for one in compare(reading, reading.rows, previous, "this")]


def _before():
    """The previous edition; what is held against it is about a project of 145,9 M€."""
    return projects(PREVIOUS_EDITION).put(3, current_cost_meur=145.9)


def _rules(now, before):
    return [finding.rule for finding in _found(now, before)]


def _plain(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_same_projects_six_months_later_give_nothing():
    assert _found(projects(), projects(PREVIOUS_EDITION)) == []
    assert _found(procedures(), procedures(PREVIOUS_EDITION)) == []


def test_a_unit_mistake_says_what_was_what_is_and_by_how_much():
    faulty = projects().put(3, current_cost_meur=43_770)
    (finding,) = _found(faulty, _before())
    assert _plain(finding.expected) == (
        "Dans l’édition 2020-S2, ce coût était de 145,9 M€ : il est maintenant de 43 770 M€, soit 300 fois plus."
    )
    assert (finding.cell, finding.subject, finding.value) == ("L3", "CARNET DE SOINS", "43770")


@pytest.mark.parametrize(
    ("cost", "rule"),
    [
        ("1167", []),
        ("1168", ["previous_cost_tenfold"]),
        ("43770", ["previous_cost_thousandfold"]),
        ("18,3", []),
        ("18,2", ["previous_cost_tenfold"]),
        ("0,48", ["previous_cost_thousandfold"]),
        ("0", []),
        ("-145,9", []),
    ],
)
def test_a_cost_is_in_doubt_from_eight_times_on_in_both_directions(cost, rule):
    assert _rules(projects().put(3, current_cost_meur=cost), _before()) == rule


def test_a_start_is_compared_at_the_coarser_precision():
    before = projects(PREVIOUS_EDITION)
    assert _rules(projects().put(3, start_date="octobre 2015"), before) == []
    assert _rules(projects().put(3, start_date="T4 2015"), before) == []
    assert _rules(projects().put(3, start_date="02/10/2015"), before) == ["previous_baseline_changed"]


def test_an_initial_duration_rounded_to_a_tenth_has_not_changed():
    before = projects(PREVIOUS_EDITION)
    assert _rules(projects().put(2, initial_duration_days="8,5"), before) == []
    assert _rules(projects().put(2, initial_duration_days="8,6"), before) == ["previous_baseline_changed"]


def test_a_figure_that_became_unreadable_is_told_once_by_reading():
    faulty = projects().put(3, current_cost_meur="environ 145")
    assert _rules(faulty, projects(PREVIOUS_EDITION)) == []


def test_a_duration_replaced_by_a_date_of_end_is_no_withdrawal():
    table = projects().header("variance_comment", "Date de fin actualisée").put(3, current_duration_days=None)
    table.put(3, variance_comment="30/09/2024")
    assert _rules(table, projects(PREVIOUS_EDITION)) == []


def test_names_that_fold_alike_or_that_the_register_knows_are_one_project():
    before = projects(PREVIOUS_EDITION).without("declared_project_id").put(3, name="PIB/MISTRAL").put(4, name="VERGER²")
    now = projects().without("declared_project_id").put(3, name="Mistr@l").put(4, name="Verger 2")
    now.put(4, start_date=before.get("start_date", 4))
    assert _rules(now, before) == []


def test_an_unknown_name_is_only_held_against_names_that_are_gone():
    before = projects(PREVIOUS_EDITION)
    newcomer = projects().put(8, declared_project_id=None, name="CARNET DE SOINS 2")
    assert _rules(newcomer, before) == []
    (finding,) = _found(projects().put(3, declared_project_id=None, name="CARNET DE SOINS 2"), before)
    assert finding.rule == "previous_name_close"
    assert "« CARNET DE SOINS »" in _plain(finding.expected)
    assert "97 %" in _plain(finding.expected)


def test_another_name_of_the_same_start_and_description_is_told_with_its_likeness():
    before = projects(PREVIOUS_EDITION)
    now = projects().put(3, declared_project_id=None, name="OSIRIS")
    (finding,) = _found(now, before)
    assert finding.rule == "previous_name_close"
    assert "(ressemblance 95 %)" in _plain(finding.expected)
    # Another start, or another text: only the names are left, and they are not alike.
    for field, other in (("start_date", "01/01/2019"), ("description", "Tout autre chose, pour tout autre public.")):
        assert _rules(projects().put(3, declared_project_id=None, name="OSIRIS", **{field: other}), before) == [
            "previous_rows_absent"
        ]


def test_a_name_that_the_register_says_is_another_project_is_not_proposed():
    before = projects(PREVIOUS_EDITION).without("declared_project_id").put(3, name="GENESIS")
    now = projects().without("declared_project_id").put(3, name="GENESIS V2")
    assert _rules(now, before) == ["previous_rows_absent"]
    assert _rules(now.put(3, name="GENESIS V3"), before) == ["previous_name_close"]


def test_an_id_that_was_lost_or_changed_is_told_with_the_one_that_it_was():
    before = projects(PREVIOUS_EDITION)
    (missing,) = _found(projects().put(4, declared_project_id=None), before)
    assert (missing.rule, missing.cell, missing.subject) == ("previous_id_missing", "A4", "HANDICAP SANS RUPTURE")
    assert "dans l’édition 2020-S2, « HANDICAP SANS RUPTURE » avait l’identifiant mdph-2016" in _plain(missing.expected)
    assert "« Identifiant du projet »" in _plain(missing.remedy)
    (unknown,) = _found(projects().put(4, declared_project_id="mdph-2021"), before)
    assert (unknown.rule, unknown.cell, unknown.value) == ("previous_id_unknown", "A4", "mdph-2021")
    assert "« HANDICAP SANS RUPTURE » avait l’identifiant mdph-2016" in _plain(unknown.expected)
    (without,) = _found(projects().without("declared_project_id"), before)
    assert (without.rule, without.cell) == ("previous_id_missing", "A4")


def test_the_same_file_again_is_told_and_another_one_is_not():
    reading = read(projects(PREVIOUS_EDITION).csv())
    previous = Previous(PREVIOUS_EDITION, "same", reading.rows)
    assert [one.rule for one in compare(reading, reading.rows, previous, "same")] == ["previous_file_again"]
    assert compare(reading, reading.rows, previous, "other") == []


@pytest.mark.parametrize(
    ("cost", "times"),
    [
        ("43770", "300 fois plus"),
        ("1459", "10 fois plus"),
        # Beside a whole number a decimal says nothing.
        ("1465", "10 fois plus"),
        ("1467", "10,1 fois plus"),
        ("14,59", "10 fois moins"),
        ("16000", "110 fois plus"),
    ],
)
def test_a_change_is_told_in_times_whole_from_a_hundred_on_or_where_nearly_whole(cost, times):
    (finding,) = _found(projects().put(3, current_cost_meur=cost), _before())
    assert f"soit {times}." in _plain(finding.expected)


@pytest.mark.parametrize(("years", "rules"), [("7,9", []), ("8", ["previous_duration_unit"]), ("0", [])])
def test_a_duration_is_in_doubt_from_eight_times_on(years, rules):
    before = projects(PREVIOUS_EDITION).put(3, current_duration_days="1")
    assert _rules(projects().put(3, current_duration_days=years), before) == rules


@pytest.mark.parametrize(
    ("volume", "rules"),
    [("799", []), ("800", ["previous_volume_tenfold"]), ("12", ["previous_volume_tenfold"]), ("13", [])],
)
def test_a_volume_is_in_doubt_from_eight_times_on(volume, rules):
    before = procedures(PREVIOUS_EDITION).put(3, total_volume="100")
    assert _rules(procedures().put(3, total_volume=volume), before) == rules


def test_a_figure_that_is_no_longer_given_is_told_with_what_it_was():
    (finding,) = _found(projects().put(3, current_cost_meur=None), _before())
    assert (finding.rule, finding.cell, finding.value) == ("previous_figure_withdrawn", "L3", None)
    assert "145,9 M€" in _plain(finding.expected)


def test_a_baseline_that_was_nothing_is_told_without_a_ratio():
    before = projects(PREVIOUS_EDITION).put(3, initial_cost_meur=0)
    (finding,) = _found(projects(), before)
    assert (finding.rule, finding.column, finding.value) == ("previous_baseline_changed", "Coût initial (M€)", "145")
    assert "fois" not in finding.expected


def test_an_id_swapped_with_another_project_is_no_lost_id():
    now = projects().put(3, declared_project_id="mdph-2016").put(4, declared_project_id="carnetdesoins")
    assert "previous_id_unknown" not in _rules(now, projects(PREVIOUS_EDITION))


@pytest.mark.parametrize("said", [{"phase": "Terminé"}, {"phase": "Abandonné"}, {"exit_reason": "Repris ailleurs"}])
def test_a_project_that_said_why_it_leaves_may_be_gone(said):
    before = projects(PREVIOUS_EDITION).put(3, **said)
    assert _rules(projects().remove(3), before) == []


def test_the_absent_are_listed_once_and_by_name():
    now = projects().remove(3).remove(3)
    (finding,) = _found(now, projects(PREVIOUS_EDITION))
    assert (finding.rule, finding.row) == ("previous_rows_absent", None)
    assert "(2)" in finding.expected
    assert "CARNET DE SOINS, HANDICAP SANS RUPTURE" in finding.expected


def test_a_completed_action_may_be_gone():
    assert _rules(roadmap().remove(2), roadmap()) == []
    assert _rules(roadmap().remove(3), roadmap()) == ["previous_rows_absent"]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("SIRENA Cycle 1", "SIRENA"),
        ("Compte Personnel d'Activité", "CPA"),
        ("Réseau Interministériel de l'Etat", "RIE"),
        ("PIB/MISTRAL", "MISTR@L"),
        ("Concentrateur DSN", "DSN FPE (concentrateur)"),
        ("FRANCECONNECT", "FRANCE CONNECT"),
    ],
)
def test_a_name_that_was_really_changed_is_like_the_old_one(name, other):
    assert likeness(name, other) >= 57
    assert likeness(name, other) == likeness(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("3PA-S", "PAYSAGE"),
        ("PAS", "APPACH"),
        ("SIRHIUS V1", "NSTI"),
        ("SI Représentativité", "Compte Personnel d'Activité"),
        ("ELIRE", "Offre IGC"),
    ],
)
def test_names_of_different_projects_are_not_alike(name, other):
    assert likeness(name, other) < 57


def test_most_real_renames_are_proposed_by_their_names_alone_and_no_other_pair_of_them(real_data):
    with (real_data / "renames.csv").open(encoding="utf-8", newline="") as lines:
        renames = [row for row in csv.DictReader(lines) if "trivial" not in row["confidence"]]
    found = [row for row in renames if likeness(row["old_name"], row["new_name"]) >= 57]
    others = [
        (row["old_name"], other["new_name"])
        for row in renames
        for other in renames
        if row is not other and row["from_wave"] == other["from_wave"]
    ]
    assert len(found) >= 0.75 * len(renames)
    assert [pair for pair in others if likeness(*pair) >= 57] == []


def test_no_end_of_names_takes_long(monkeypatch):
    monkeypatch.setattr("orchestration.intake.comparing.previous_edition._MAX_PAIRS", 1)
    before = projects(PREVIOUS_EDITION).remove(8 - 1)
    now = projects().put(3, declared_project_id="a", name="Un").put(4, declared_project_id="b", name="Deux")
    assert _rules(now, before) == ["previous_rows_absent"]


def _drop(settings, edition, table, name="projets.csv"):
    return drop(settings.home, f"{edition}/{PERIMETER}/{name}", table.csv())


def test_the_previous_edition_is_the_latest_earlier_one_that_the_perimeter_filed(settings):
    _drop(settings, "2019-S2", projects(PREVIOUS_EDITION).put(3, current_cost_meur=14))
    _drop(settings, "2020-S1", projects(PREVIOUS_EDITION).put(3, current_cost_meur=15))
    take_in(settings, DECEMBER)
    _drop(settings, EDITION, projects())
    (outcome,) = take_in(settings, JUNE).outcomes
    jump = [finding for finding in outcome.receipt.findings if finding.rule == "previous_cost_tenfold"]
    assert "2020-S1" in jump[0].expected
    assert outcome.receipt.status == "accepted_with_warnings"


def test_a_correction_of_the_same_edition_is_not_held_against_the_first_file(settings):
    _drop(settings, EDITION, projects().put(3, current_cost_meur=1))
    take_in(settings, DECEMBER)
    _drop(settings, EDITION, projects())
    (outcome,) = take_in(settings, JUNE).outcomes
    assert outcome.receipt.findings == ()


def test_two_editions_that_arrive_in_one_pass_are_compared_in_order(settings):
    _drop(settings, PREVIOUS_EDITION, projects(PREVIOUS_EDITION))
    _drop(settings, EDITION, projects().remove(3))
    outcomes = take_in(settings, JUNE).outcomes
    assert [[finding.rule for finding in outcome.receipt.findings] for outcome in outcomes] == [
        [],
        ["previous_rows_absent"],
    ]


def test_nothing_declared_says_what_was(settings):
    _drop(settings, PREVIOUS_EDITION, projects(PREVIOUS_EDITION))
    take_in(settings, DECEMBER)
    nothing = projects()
    nothing.rows = [nothing.rows[0], ["NÉANT"]]
    _drop(settings, EDITION, nothing)
    (outcome,) = take_in(settings, JUNE).outcomes
    assert [finding.rule for finding in outcome.receipt.findings] == ["previous_rows_absent"]


def test_check_in_a_home_with_history_says_what_the_pipeline_says(settings):
    _drop(settings, PREVIOUS_EDITION, projects(PREVIOUS_EDITION))
    take_in(settings, DECEMBER)
    path = _drop(settings, EDITION, projects().put(3, current_cost_meur=1459).remove(5))
    checked = check_file(path, JUNE, EDITION, PERIMETER, settings).receipt
    (outcome,) = take_in(settings, JUNE).outcomes
    assert checked.findings == outcome.receipt.findings
    assert [finding.rule for finding in checked.findings] == [
        "previous_rows_absent",
        "previous_cost_tenfold",
        "project_costs_of_one_scale",
    ]


def test_what_is_said_of_a_whole_column_is_not_said_again_of_each_cell():
    months = projects().multiply("current_duration_days", 12).multiply("initial_duration_days", 12)
    rules = {finding.rule for finding in read(months.csv()).findings}
    assert rules == {"durations_not_in_years"}
    assert set(_rules(months, projects(PREVIOUS_EDITION))) <= {"previous_baseline_changed"}


def test_a_cell_that_reading_explains_is_not_said_to_be_withdrawn():
    address = projects().at("current_cost_meur", 3)
    reading = read(projects().xlsx(formulas={address: ("=1+1", "")}))
    before = Previous(PREVIOUS_EDITION, "other", read(projects(PREVIOUS_EDITION).csv()).rows)
    assert compare(reading, reading.rows, before, "this") == []
