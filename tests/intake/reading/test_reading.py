"""A file's kind and columns come from its header; each fault is found where it stands."""

import csv
import io
import zipfile
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from orchestration.contracts import CONTRACTS
from orchestration.domain.spreadsheets import column_letters
from orchestration.intake.reading import row_classification
from orchestration.sample.writers import xlsx_bytes
from tests.intake.drops import GOOD, HEADER, OTHER, projects_csv, workbook
from tests.intake.golden.tables import Table, procedures, projects, roadmap
from tests.intake.read_file import read


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
    names = list(contract.versions[next(iter(contract.versions))])
    titles = [contract.by_field[name].title for name in names]
    (row,) = read(workbook(titles, ["X" if name == contract.subject else "" for name in names])).rows
    assert {*row, "edition", "perimeter", "drop_id"} == set(contract.lake_schema().names)


def test_a_column_claimed_twice_is_said_once_with_both_headers():
    reading = read(projects_csv(GOOD + ";13", header=HEADER + ";Coût complet estimé"))
    (finding,) = reading.findings
    assert (finding.rule, list(reading.rows)) == ("column_twice", [])
    assert "« Coût estimé » (colonne F)" in finding.expected.replace("\u00a0", " ")
    assert "« Coût complet estimé » (colonne G)" in finding.expected.replace("\u00a0", " ")


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


@pytest.mark.parametrize(
    "rows",
    [
        ["NÉANT"],
        ["", "Néant.;;;;;"],
        ["NÉANT;NÉANT;NÉANT;NÉANT;NÉANT;NÉANT"],
        ["Néant;Ministère de l'Intérieur"],
        [";;jj/mm/aaaa;années;;M€", "NÉANT"],
    ],
)
def test_the_word_for_nothing_alone_is_an_empty_submission(rows):
    reading = read(projects_csv(*rows))
    assert (reading.kind, list(reading.rows), reading.rows_read) == ("projects", [], 0)
    assert not [finding for finding in reading.findings if finding.severity == "error"]


@pytest.mark.parametrize("rows", [["NÉANT", GOOD, OTHER], [GOOD, "NÉANT;;;;;", OTHER], [GOOD, OTHER, "Néant"]])
def test_the_word_for_nothing_beside_projects_is_set_aside_and_told(rows):
    reading = read(projects_csv(*rows))
    assert [row["name"] for row in reading.rows] == ["HORIZON", "BOUSSOLE"]
    assert [(finding.rule, finding.value[:1]) for finding in reading.findings] == [("row_note", "N")]


def test_the_word_for_nothing_in_the_place_of_an_id_is_no_row_without_data():
    table = projects().put(3, declared_project_id="NÉANT")
    assert len(read(table.csv()).rows) == 7


def test_what_stands_beyond_the_header_is_told_and_costs_nothing_else():
    reading = read(projects_csv(GOOD + ";;à revoir", OTHER))
    assert [row["name"] for row in reading.rows] == ["HORIZON", "BOUSSOLE"]
    (finding,) = reading.findings
    assert (finding.rule, "La colonne H " in finding.expected) == ("column_nameless", True)


@pytest.mark.parametrize("value", ["9" * 30, "1e300", 1e300, 10**12, 1e17])
def test_a_number_beyond_measure_costs_its_cell_alone(value):
    row = dict.fromkeys(("current_cost_meur", "current_duration_days", "initial_cost_meur"), value)
    reading = read(projects().put(3, **row).json())
    assert len(reading.rows) == 7
    assert {finding.cell for finding in reading.findings} == {projects().at(field, 3) for field in row}
    assert [reading.rows[1][field] for field in row] == [None] * 3
    assert (
        len(read(procedures().fill("satisfaction_score", value, 1000).fill("availability_rate", value).json()).rows)
        == 7
    )


def test_an_impossible_cost_says_what_it_may_be_in_millions():
    reading = read(projects().put(3, current_cost_meur=53_020_000).xlsx())
    (finding,) = reading.findings
    assert finding.rule == "cell_number_too_large"
    assert "53,02 si c’est un montant en euros : la colonne est en M€" in finding.remedy.replace("\u00a0", " ")
    row = reading.rows[1]
    assert (row["current_cost_meur"], row["current_cost_meur_absence"]) == (None, "illisible")


def test_costs_in_euros_in_a_whole_column_are_said_once_on_top():
    finding = read(projects().multiply("current_cost_meur", 1_000_000).csv()).findings[0]
    assert (finding.rule, finding.cell) == ("costs_in_thousands", None)
    assert "en euros" in finding.expected
    assert "1 000 000" in finding.remedy.replace("\u202f", " ").replace("\u00a0", " ")


def test_a_volume_with_decimals_says_that_it_is_a_whole_number():
    (finding,) = read(procedures().put(3, total_volume="1234.567").csv()).findings
    assert (finding.rule, "sans décimale" in finding.expected) == ("cell_unreadable_number", True)


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


def test_a_link_in_a_description_is_where_to_know_more_unless_the_file_says_so_itself():
    cell = '"<a href=""https://x.fr/a"">Refonte</a> du SI <b>de paie</b>"'
    row = read(projects_csv(f"{GOOD};{cell}", header=HEADER + ";Description")).rows[0]
    assert (row["description"], row["more_info_url"]) == ("Refonte du SI de paie", "https://x.fr/a")
    header = HEADER + ";Description;En savoir plus"
    assert (
        read(projects_csv(f"{GOOD};{cell};https://x.fr/b", header=header)).rows[0]["more_info_url"] == "https://x.fr/b"
    )


def test_the_current_version_asks_for_the_initial_values_after_scoping():
    header = HEADER + ";Coût initial (M€);Durée initiale (années)"
    reading = read(
        projects_csv(GOOD + ";;", OTHER.replace("Conception / Réalisation", "Cadrage") + ";;", header=header)
    )
    assert reading.contract_version == "2.0.0"
    assert _rules(reading) == [("initial_value_missing", "warning", "G2"), ("initial_value_missing", "warning", "H2")]


def test_initial_values_whose_columns_are_absent_are_asked_for_once():
    header = f"Identifiant;{HEADER}"
    reading = read(projects_csv(f"1;{GOOD}", f"2;{OTHER}", header=header))
    assert [(one.rule, one.row, one.cell) for one in reading.findings] == [("initial_value_missing", None, None)]
    assert "« Coût initial (M€) » et « Durée initiale (années) »" in reading.findings[0].remedy
    one_alone = read(projects_csv(f"{GOOD};", f"{OTHER};12", header=f"{HEADER};Coût initial"))
    assert [one.cell for one in one_alone.findings] == [None, "G2"]
    assert "la colonne « Durée initiale (années) »" in one_alone.findings[0].remedy
    assert read(projects_csv(f"1;{GOOD}".replace("Déploiement", "Cadrage"), header=header)).findings == ()


@pytest.mark.parametrize(
    ("rule", "field", "cell"),
    [
        ("cost_bare_euro", "Coût estimé", "42,5 €"),
        ("date_serial", "Début", 43831),
        ("date_late_hour", "Début", "01/01/2020 23:00"),
    ],
)
def test_what_is_to_be_checked_in_a_whole_column_is_said_once_and_the_file_is_read(rule, field, cell):
    place = HEADER.split(";").index(field)
    row = GOOD.replace("42,5", "142,5").split(";")
    rows = [";".join([f"P{number}", *row[1:place], str(cell), *row[place + 1 :]]) for number in range(5_100)]
    reading = read(projects_csv(*rows))
    assert len(reading.rows) == 5_100
    (said,) = [one for one in reading.findings if one.rule == rule]
    letters = "ABCDEF"[place]
    assert (said.row, said.cell, said.header_cells) == (None, None, (f"{letters}1",))
    assert f"5\u202f100 cas de « {field} » (colonne {letters}), de {letters}2 à {letters}5101" in said.expected.replace(
        "\u00a0", " "
    )
    few = read(projects_csv(*rows[:200]))
    assert sum(one.cell is not None for one in few.findings if one.rule == rule) == 200


def test_rows_that_are_no_data_are_told_and_not_counted():
    table = projects().insert(9, None, "TOTAL", *[None] * 9, 374).insert(10, "Source : DNUM, juin 2021")
    reading = read(table.csv())
    assert (reading.rows_read, len(reading.rows)) == (7, 7)
    assert _rules(reading) == [("row_total", "warning", "B9"), ("row_note", "warning", "A10")]
    assert reading.findings[0].value == "TOTAL"


@pytest.mark.parametrize("name", ["TOTAL ACCÈS", "Sommeil des données", "Nombre premier", "Ensemble pour l'école"])
def test_a_project_whose_name_begins_like_a_total_is_a_project(name):
    reading = read(projects().put(3, name=name).csv())
    assert (reading.findings, reading.rows[1]["name"]) == ((), name)


def test_a_header_on_two_rows_is_read_as_one():
    upper = ";;;Durée;;Coût;"
    lower = "Nom du projet;Début;Phase du projet en cours;initiale;actualisée;initial (M€);complet actualisé (M€)"
    reading = read(projects_csv(lower, "HORIZON;2020;Déploiement;4;4,5;40;42,5", header=upper))
    assert reading.headers["current_duration_days"] == "Durée actualisée"
    assert reading.rows[0]["initial_cost_meur"] == 40
    assert "lignes 1 et 2" in reading.findings[0].expected


def test_a_missing_column_proposes_the_header_that_is_like_it():
    (finding, *_) = read(projects().header("phase", "Phase du projet en cour").csv()).findings
    assert "« Phase du projet en cour »" in finding.remedy.replace("\u00a0", " ")


def test_an_unknown_column_proposes_the_free_title_that_is_like_it():
    (finding,) = read(
        projects().header("variance_comment", "Commentaire sur les écarts").put(3, variance_comment="x").csv()
    ).findings
    assert "ressemble à « Commentaire sur l'écart »" in finding.remedy.replace("\u00a0", " ")


def test_a_visible_sheet_goes_before_a_hidden_one_and_a_filled_one_before_an_empty_one():
    small = projects().without("description", "functional_zone")
    reading = read(small.xlsx(hidden_others={"Copie": projects()}))
    assert reading.sheet == "Grands projets"
    header = projects()
    header.rows = header.rows[:1]
    assert read(header.xlsx(others={"Remontée": small})).sheet == "Remontée"


def test_a_hidden_sheet_is_not_read_in_the_place_of_an_empty_visible_one():
    header = projects()
    header.rows = header.rows[:1]
    reading = read(header.xlsx(hidden_others={"2020-S2": projects()}))
    assert (reading.sheet, list(reading.rows)) == ("Grands projets", [])
    assert [finding.rule for finding in reading.findings] == ["rows_missing", "sheets_several"]
    assert "(masquée)" in reading.findings[1].expected


def test_the_values_of_a_shifted_row_are_emptied_from_there_on_and_its_name_is_kept():
    data = projects().put(3, current_duration_days="9,5").csv(",").replace(b'"9,5"', b"9,5")
    row = read(data).rows[1]
    assert (row["name"], row["initial_duration_days"] is None) == ("CARNET DE SOINS", False)
    emptied = ("current_duration_days", "phase", "initial_cost_meur", "current_cost_meur", "published_on")
    assert [row[field] for field in emptied] == [None] * 5
    assert row["current_cost_meur_absence"] == "illisible"


def test_two_faults_that_no_shift_explains_are_told_one_by_one():
    reading = read(projects().put(3, current_cost_meur="environ 145", start_date="bientôt").csv())
    assert sorted(rule for rule, _, _ in _rules(reading)) == ["cell_unreadable_date", "cell_unreadable_number"]


def test_a_file_of_faults_is_read_in_time(monkeypatch):
    sought = []
    monkeypatch.setattr(row_classification, "shift", lambda *arguments: sought.append(arguments))
    table = projects()
    for _ in range(600):
        table.repeat(3, current_cost_meur="x", start_date="y")
    assert len(read(table.csv()).rows) == 607
    assert len(sought) == 200


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (["TOTAL;;;;;7"] * 6_000, "« Nom du projet » (colonne A)."),
        ([GOOD, *["NÉANT"] * 6_000], "« Nom du projet » (colonne A)."),
        ([GOOD, *[";;;;;;;;Note : x"] * 6_000], "colonne I."),
    ],
)
def test_a_file_where_more_is_met_than_anyone_would_mend_is_refused_and_says_where(rows, columns):
    reading = read(projects_csv(*rows, header=HEADER + ";Coût initial (M€);Durée initiale (années)"))
    (finding,) = reading.findings
    assert (finding.rule, list(reading.rows)) == ("findings_too_many", [])
    assert finding.expected.replace("\u00a0", " ").endswith(columns)


def test_many_faults_in_many_columns_are_too_many_all_the_same():
    titles = [column.title for column in CONTRACTS["procedures"].columns]
    rows = [f"{number};{number}{';?' * (len(titles) - 2)}" for number in range(400)]
    (finding,) = read(projects_csv(*rows, header=";".join(titles))).findings
    assert (finding.rule, finding.expected.count("(colonne ")) == ("findings_too_many", 13)


def test_a_failed_formula_leaves_no_value_though_the_workbook_shows_one():
    address = projects().at("current_cost_meur", 3)
    row = read(projects().xlsx(formulas={address: ("=1/0", "#DIV/0!")})).rows[1]
    assert (row["current_cost_meur"], row["current_cost_meur_typed"]) == (None, "#DIV/0!")
    assert row["current_cost_meur_absence"] == "illisible"


def test_dates_written_month_first_are_read_so_in_the_whole_column():
    table = projects().fill("start_date", "04/01/2016", "12/31/2015")
    assert [row["start_date"] for row in read(table.csv()).rows[:2]] == [date(2016, 4, 1), date(2015, 12, 31)]


def test_hidden_rows_are_listed_in_runs():
    (finding,) = read(projects().xlsx(hidden_rows=(3, 4, 5, 8))).findings
    assert "lignes 3 à 5, 8" in finding.expected


def test_letters_go_on_after_z():
    assert [column_letters(position) for position in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_every_real_file_is_read_whole_without_an_error(real_data):
    warnings = Counter()
    with (real_data / "drops.csv").open(encoding="utf-8", newline="") as lines:
        for drop in csv.DictReader(lines):
            reading = read((real_data / drop["file"]).read_bytes())
            assert (reading.kind, len(reading.rows)) == (drop["kind"], int(drop["rows"])), drop["file"]
            warnings.update((drop["order"], finding.rule, finding.severity) for finding in reading.findings)
    assert warnings == {("6", "cell_not_url", "warning"): 4}


@pytest.mark.parametrize("header", ["Coût complet actualisé (k€)", "Coût complet actualisé (kEUR)"])
def test_a_column_that_only_its_thousands_keep_from_being_known_is_to_be_divided_then_renamed(header):
    titles = [header if title == "Coût estimé" else title for title in HEADER.split(";")]
    (finding,) = read(projects_csv(GOOD, header=";".join(titles))).findings[:1]
    assert finding.rule == "column_missing"
    assert "renommez-la, après avoir divisé ses valeurs par 1 000" in finding.remedy.replace("\u00a0", " ")


def test_a_missing_column_of_names_is_not_said_to_be_allowed_empty():
    (finding,) = read(projects_csv("01/01/2020;4,5;Déploiement;42,5", header=HEADER.split(";", 2)[2])).findings[:1]
    assert finding.rule == "column_missing"
    assert "remplissez-la sur chaque ligne" in finding.remedy


def test_a_text_alone_in_the_column_of_ids_is_a_note():
    header = ["Identifiant du projet", *HEADER.split(";")]
    rows = [["HOR-1", *GOOD.split(";")], ["Contact : direction du numérique"], ["BOU-1"]]
    reading = read(workbook(header, *rows))
    assert [row["name"] for row in reading.rows] == ["HORIZON"]
    assert [finding.cell for finding in reading.findings if finding.rule == "row_note"] == ["A3", "A4"]


def _replaced(data, name, old, new):
    """A package in which a part says something else."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as read_from, zipfile.ZipFile(content, "w") as written:
        for entry in read_from.infolist():
            part = read_from.read(entry)
            written.writestr(entry, part.replace(old.encode(), new.encode()) if entry.filename == name else part)
    return content.getvalue()


def _ods_with(table, **cells):
    """The table as an OpenDocument spreadsheet, in which the cells that hold these words are written so."""
    data = table.ods()
    for word, cell in cells.items():
        typed = f'<table:table-cell office:value-type="string"><text:p>{word}</text:p></table:table-cell>'
        data = _replaced(data, "content.xml", typed, cell)
    return data


def test_a_value_left_under_a_merge_is_not_read():
    table = projects().put(3, current_cost_meur=145.9).put(4, current_cost_meur=99)
    first, second = (table.at("current_cost_meur", row) for row in (3, 4))
    ods = _ods_with(
        projects().put(3, current_cost_meur="FIRST").put(4, current_cost_meur="SECOND"),
        FIRST='<table:table-cell table:number-rows-spanned="2" office:value-type="float" office:value="145.9"/>',
        SECOND='<table:covered-table-cell office:value-type="float" office:value="99"/>',
    )
    for data in (table.xlsx(merged=(f"{first}:{second}",)), ods):
        reading = read(data)
        costs = [(str(row["current_cost_meur"]), row["current_cost_meur_typed"]) for row in reading.rows[1:3]]
        assert costs == [("145.90000000", "145.9"), ("None", None)]
        assert [(one.rule, one.cell) for one in reading.findings] == [("cells_merged", first)]


def test_a_header_left_under_a_merge_names_no_column():
    table = projects().column("Coût estimé", *[12] * 7)
    assert [one.rule for one in read(table.xlsx()).findings] == ["column_twice"]
    last = column_letters(len(table.rows[0]) - 1)
    before = column_letters(len(table.rows[0]) - 2)
    assert [one.rule for one in read(table.xlsx(merged=(f"{before}1:{last}1",))).findings] == ["column_nameless"]


def test_a_zero_is_a_value_unless_the_workbook_was_never_calculated():
    cost = projects().at("current_cost_meur", 3)
    zero = projects().xlsx(formulas={cost: ("=145-145", 0)})
    calculated = _replaced(zero, "xl/workbook.xml", ' fullCalcOnLoad="1"', "")
    assert [(one.rule, one.cell) for one in read(zero).findings] == [("formula_without_value", cost)]
    assert read(zero).rows[1]["current_cost_meur"] is None
    assert "formula_without_value" not in {one.rule for one in read(calculated).findings}
    assert read(calculated).rows[1]["current_cost_meur"] == 0


def test_a_formula_without_a_value_of_its_type_was_never_calculated():
    table = projects().put(3, current_cost_meur="FORMULA")
    for value in ("", 'office:value-type="float"', 'office:value-type="currency"'):
        ods = _ods_with(table, FORMULA=f'<table:table-cell table:formula="of:=1+1" {value}/>')
        found = [(one.rule, one.cell) for one in read(ods).findings]
        assert found == [("formula_without_value", table.at("current_cost_meur", 3))]
    kept = _ods_with(
        table, FORMULA='<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"/>'
    )
    assert read(kept).findings == ()


def test_what_has_one_cause_in_many_cells_is_said_once_and_lists_them():
    costs = [projects().at("current_cost_meur", row) for row in (3, 4, 5, 7)]
    durations = [projects().at("current_duration_days", row) for row in (2, 3)]
    (finding,) = read(projects().xlsx(formulas=dict.fromkeys((*costs, *durations), ("='[1]2021'!F5", 9.1)))).findings
    assert (finding.rule, finding.cell, set(finding.header_cells)) == ("formula_external", None, {*costs, *durations})
    assert finding.expected.endswith(
        f"(6 cellules\u00a0: {durations[0]} à {durations[1]}, {costs[0]} à {costs[2]}, {costs[3]})."
    )


def test_a_bare_serial_is_read_from_the_day_that_its_workbook_counts_from():
    rows = projects().put(3, start_date=42278).rows
    null_date = (
        '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>'
    )
    ods = projects().put(3, start_date=42278).ods()
    starts = {
        "xlsx": (xlsx_bytes(rows), date(2015, 10, 1)),
        "xlsx from 1904": (xlsx_bytes(rows, date_1904=True), date(2019, 10, 2)),
        "ods": (ods, date(2015, 10, 1)),
        "ods from 1904": (
            _replaced(ods, "content.xml", "<office:spreadsheet>", f"<office:spreadsheet>{null_date}"),
            date(2019, 10, 2),
        ),
    }
    for name, (data, start) in starts.items():
        reading = read(data)
        assert (name, reading.rows[1]["start_date"]) == (name, start)
        (finding,) = reading.findings
        assert (finding.rule, f"{start:%d/%m/%Y}" in finding.expected) == ("date_serial", True)


def test_a_number_under_a_date_format_is_proposed_as_it_is():
    table = projects()
    for date_1904 in (False, True):
        shift = timedelta(days=1462 if date_1904 else 0)
        typed = projects().put(
            3, current_cost_meur=datetime(1902, 7, 8, 12) + shift, current_duration_days=date(1905, 1, 9)
        )
        findings = {one.cell: one.expected for one in read(xlsx_bytes(typed.rows, date_1904=date_1904)).findings}
        assert "920,5" in findings[table.at("current_cost_meur", 3)]
        assert ("374" if date_1904 else "1836") in findings[table.at("current_duration_days", 3)]


def test_what_a_cell_shows_is_what_is_read_in_each_format_of_workbook():
    cost, years = (projects().at(field, 3) for field in ("current_cost_meur", "current_duration_days"))
    typed = projects().put(3, current_cost_meur=145_900, current_duration_days=102)
    ods = _ods_with(
        projects().put(3, current_cost_meur="COST", current_duration_days="YEARS"),
        COST='<table:table-cell table:style-name="k" office:value-type="float" office:value="145900"/>',
        YEARS='<table:table-cell table:style-name="m" office:value-type="float" office:value="102"/>',
    )
    number = '<number:number number:min-integer-digits="1"/>'
    styles = "".join(
        f'<number:number-style style:name="N{name}">{number}<number:text>{unit}</number:text></number:number-style>'
        f'<style:style style:name="{name}" style:family="table-cell" style:data-style-name="N{name}"/>'
        for name, unit in {"k": " k€", "m": " mois"}.items()
    )
    names = 'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    names += 'xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"'
    styles = f"<office:automatic-styles {names}>{styles}</office:automatic-styles>"
    for data in (
        typed.xlsx(formats={cost: '#,##0" k€"', years: '0" mois"'}),
        _replaced(ods, "content.xml", "<office:body>", f"{styles}<office:body>"),
    ):
        reading = read(data)
        row = reading.rows[1]
        assert (str(row["current_cost_meur"]), row["current_cost_meur_typed"]) == ("145.90000000", "145 900 k€")
        assert (row["current_duration_days"] / 365, row["current_duration_days_typed"]) == (Decimal("8.5"), "102 mois")
        told = {one.cell: one.expected for one in reading.findings if one.rule == "cell_read_as_shown"}
        assert "145,9 M€" in told[cost]
        assert "8,5 années" in told[years]


def test_a_total_of_shown_numbers_is_a_total():
    table = projects().insert(9, None, "TOTAL", *[None] * 8, None, 374_000)
    cost = table.at("current_cost_meur", 9)
    assert [(one.rule, one.cell) for one in read(table.xlsx(formats={cost: '0" k€"'})).findings] == [
        ("row_total", "B9")
    ]


@pytest.mark.parametrize("make", [Table.csv, Table.xlsx, Table.ods, Table.json])
def test_costs_and_dates_are_what_the_agent_sees_in_every_format(make):
    table = projects().fill("current_cost_meur", "97,00 €", "145,9 M €", "0,036 Md €", "45 800 k€", "18,5\u200b")
    table.fill("start_date", "01/04/2016 00:00", "jeudi 1er octobre 2015", "2e semestre 2016", "2T 2017", "42705")
    rows = read(make(table)).rows[:5]
    assert [row["current_cost_meur"] for row in rows] == list(map(Decimal, ("97", "145.9", "36", "45.8", "18.5")))
    assert [(str(row["start_date"]), row["start_date_precision"]) for row in rows] == [
        ("2016-04-01", "day"),
        ("2015-10-01", "day"),
        ("2016-07-01", "semester"),
        ("2017-04-01", "quarter"),
        ("2016-12-01", "day"),
    ]


@pytest.mark.parametrize("make", [Table.csv, Table.xlsx, Table.json])
def test_a_lone_separator_is_no_doubt_where_it_is_the_decimal_mark_of_the_other_values(make):
    def doubts(*costs):
        table = projects().fill("current_cost_meur", *costs)
        return [finding.cell for finding in read(make(table)).findings if finding.rule == "number_three_digits"]

    assert doubts("97", "145,9", "36,125", "45,8", "18,5", "26,0", "6,2") == []
    assert doubts("97", "145,9", "36.125", "45,8", "18,5", "26,0", "6,2") == ["L4"]
    assert doubts("97", "145,9", "36,125", "45.8", "18,5", "26,0", "6,2") == ["L4"]
    assert doubts("97", "145", "36,125", "45", "18", "26", "6") == ["L4"]


def test_placeholders_are_no_ids_and_what_is_like_a_date_is_one():
    table = projects().fill("declared_project_id", "-", "NC", "#", "N/A", "1.2.10", "SEPT-21")
    assert [row["declared_project_id"] for row in read(table.csv()).rows] == [
        *(None, None, None, None),
        *("1.2.10", "SEPT-21", "hopitalenchiffres"),
    ]


def test_a_missing_column_may_be_one_of_those_that_are_unknown_and_both_are_named():
    table = roadmap().header("status", "Etat").column("Observations", "à voir")
    (finding,) = read(table.csv()).findings
    assert finding.rule == "column_missing"
    assert finding.remedy.startswith(
        "Si c’est « Etat » ou « Observations »".replace("« ", "«\u00a0").replace(" »", "\u00a0»")
    )
    (finding,) = read(roadmap().without("status").csv()).findings
    assert finding.remedy.startswith("Ajoutez-la avec cet en-tête exact")


CUT = "Nom du projet,Début,Durée prévisionnelle en année,Phase,Coût estimé,Commentaire"


@pytest.mark.parametrize("cost", ["211,241 M€", "4,25", "12,5-", "4,2E+01"])
def test_a_cost_that_its_comma_cuts_before_a_column_of_texts_is_not_read_without_its_decimals(cost):
    reading = read(f"{CUT}\nA,01/01/2020,3,Déploiement,{cost},rien\nB,01/01/2020,3,Déploiement,8,rien\n".encode())
    assert [(one.rule, one.cell) for one in reading.findings if one.row] == [("row_shifted", "E2")]
    assert [row["current_cost_meur"] for row in reading.rows] == [None, 8]


def test_a_duration_that_its_comma_cuts_is_told_in_a_row_that_no_shift_makes_readable():
    reading = read(f'{CUT}\nA,01/01/2020,9,25",Déploiement,vingt,rien\nB,01/01/2020,3,Déploiement,8,rien\n'.encode())
    assert [(one.rule, one.cell) for one in reading.findings if one.row] == [("row_shifted", "C2")]
    assert [row["current_duration_days"] for row in reading.rows] == [None, 3 * 365]


@pytest.mark.parametrize("more", ["rien, ou presque", "2 lots de vingt-cinq projets chacun, ou presque"])
def test_a_comma_in_the_text_beside_a_cost_leaves_the_cost_alone(more):
    reading = read(f"{CUT}\nA,01/01/2020,3,Déploiement,12,{more}\n".encode())
    assert [row["current_cost_meur"] for row in reading.rows] == [12]
    assert [one.rule for one in reading.findings] == ["column_nameless"]
