"""A file's kind and columns come from its header; each fault is found where it stands."""

import csv
from collections import Counter

import pytest

from orchestration.intake.contracts import CONTRACTS
from orchestration.intake.reading import letters, read
from tests.intake.drops import GOOD, HEADER, OTHER, projects_csv, workbook


def _rules(reading):
    return [(finding.rule, finding.severity, finding.cell) for finding in reading.findings]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))
def test_the_titles_of_a_contract_are_recognised_as_its_kind(contract):
    titles = [column.title for column in contract.columns]
    matching = contract.match(titles)
    assert [column.field for column in matching.columns.values()] == [column.field for column in contract.columns]
    assert read(workbook(titles, [column.example for column in contract.columns])).kind == contract.kind


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))
def test_the_examples_of_a_contract_are_read_without_a_finding(contract):
    rows = [[column.title for column in contract.columns], [column.example for column in contract.columns]]
    reading = read(workbook(*rows))
    assert reading.findings == ()
    assert all(reading.rows[0][column.field] is not None for column in contract.columns)


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))
def test_a_row_holds_every_column_of_the_lake(contract):
    titles = [contract.by_field[name].title for name in contract.versions[next(iter(contract.versions))]]
    (row,) = read(workbook(titles, ["X", *[""] * (len(titles) - 1)])).rows
    assert {*row, "edition", "perimeter", "submission_id"} == set(contract.lake_schema().names)


def test_a_column_claimed_twice_is_said_once_with_both_headers():
    reading = read(projects_csv(GOOD + ";13", header=HEADER + ";Coût complet estimé"))
    (finding,) = reading.findings
    assert (finding.rule, reading.rows) == ("column_twice", ())
    assert "« Coût estimé » (colonne F)" in finding.expected
    assert "« Coût complet estimé » (colonne G)" in finding.expected


def test_a_required_column_that_is_missing_is_named():
    reading = read(projects_csv("A;2020-01-01;Cadrage", header="Projet;Début;Phase du projet en cours"))
    assert [finding.column for finding in reading.findings] == [
        "Durée actualisée (années)",
        "Coût complet actualisé (M€)",
    ]
    assert {finding.rule for finding in reading.findings} == {"column_missing"}


def test_a_header_without_rows_is_refused_and_says_how_to_file_nothing():
    (finding,) = read(projects_csv(";;;;;", "")).findings
    assert finding.rule == "rows_missing"
    assert "NÉANT" in finding.remedy


def test_blank_rows_and_nameless_columns_are_skipped_and_rows_keep_their_number():
    reading = read(projects_csv(";;;;;;", GOOD + ";", ";;;;;;", OTHER + ";", header=HEADER + ";"))
    assert [(row["row_number"], row["name"]) for row in reading.rows] == [(3, "HORIZON"), (5, "BOUSSOLE")]


def test_a_title_above_the_table_is_passed_over():
    rows = [["Remontée 2021"], [], HEADER.split(";"), GOOD.split(";")]
    reading = read(workbook(*rows))
    assert [(row["row_number"], row["name"]) for row in reading.rows] == [(4, "HORIZON")]


def test_an_unreadable_cell_is_null_flagged_and_found_at_its_address():
    reading = read(projects_csv(GOOD.replace("42,5", "environ 40"), OTHER.replace("janvier 2021", "bientôt")))
    assert _rules(reading) == [("cell_unreadable_number", "error", "F2"), ("cell_unreadable_date", "error", "C3")]
    first = reading.rows[0]
    assert (first["current_cost_meur"], first["current_cost_meur_absence"], first["current_cost_meur_typed"]) == (
        None,
        "illisible",
        "environ 40",
    )
    assert reading.findings[0].subject == "HORIZON"
    assert reading.findings[0].value == "environ 40"
    assert reading.findings[0].column == "Coût estimé"


def test_a_word_for_no_value_is_no_fault():
    reading = read(projects_csv(GOOD.replace("4,5", "En cadrage").replace("42,5", "NA")))
    assert reading.findings == ()
    assert reading.rows[0]["current_cost_meur_absence"] == "non_applicable"


def test_the_ministry_is_a_short_code_only_beside_its_full_name():
    alone = read(projects_csv(GOOD)).rows[0]
    assert (alone["ministry"], alone["ministry_code"]) == ("Ministère de l'Intérieur", None)
    both = read(
        projects_csv(GOOD + ";MI", header=HEADER.replace("porteur", "nom complet") + ";Ministère porteur ")
    ).rows[0]
    assert (both["ministry"], both["ministry_code"]) == ("Ministère de l'Intérieur", "MI")


def test_a_link_in_the_funding_cell_becomes_the_link_of_the_performance_plan():
    cell = '"<a href=""https://x.fr/pap.pdf"">Police (P176)</a>"'
    row = read(projects_csv(f"{GOOD};{cell}", header=HEADER + ";Programme de financement")).rows[0]
    assert (row["funding_programmes"], row["performance_plan_url"]) == ("Police (P176)", "https://x.fr/pap.pdf")


def test_the_current_version_asks_for_the_initial_values_after_scoping():
    header = HEADER + ";Coût initial (M€);Durée initiale (années)"
    reading = read(
        projects_csv(GOOD + ";;", OTHER.replace("Conception / Réalisation", "Cadrage") + ";;", header=header)
    )
    assert reading.contract_version == "2.0.0"
    assert _rules(reading) == [("initial_value_missing", "warning", "G2"), ("initial_value_missing", "warning", "H2")]


def test_letters_go_on_after_z():
    assert [letters(position) for position in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_every_real_file_is_read_whole_without_an_error(real_data):
    warnings = Counter()
    with (real_data / "drops.csv").open(encoding="utf-8", newline="") as lines:
        for drop in csv.DictReader(lines):
            reading = read((real_data / drop["file"]).read_bytes())
            assert (reading.kind, len(reading.rows)) == (drop["kind"], int(drop["rows"])), drop["file"]
            warnings.update((drop["order"], finding.rule, finding.severity) for finding in reading.findings)
    assert warnings == {("6", "cell_not_url", "warning"): 4}
