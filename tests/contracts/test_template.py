"""The template holds what its contract says, is filled in advance, and comes back from LibreOffice without a fault."""

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.contracts import CONTRACTS
from orchestration.contracts.table_schema import valid_example
from orchestration.contracts.template import HELP_SHEET, LISTS_SHEET, Filed, template
from orchestration.domain.edition import Edition
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake.last_filed import last_filed
from orchestration.intake.take_in import check_file, take_in
from tests.intake.drops import drop
from tests.intake.read_file import read

NOW = datetime(2025, 12, 1, 9, tzinfo=UTC)
EDITION, NEXT = Edition(2025, 2), Edition(2026, 1)
PERIMETERS = {"projects": "MJ", "procedures": "MI", "roadmap": "SPM", "indicators": "SPM"}

every_kind = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))


def _example(contract) -> Filed:
    return Filed("2025-S1", read(valid_example(contract).encode()).rows)


def _book(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def _values(contract, row) -> dict[str, object]:
    """What a row says, whatever the spelling of its cells: values, reasons for having none, precisions."""

    def plain(value: object) -> object:
        # A workbook keeps 16 digits: a day of a duration is exact to a billionth.
        return round(value, 9) if isinstance(value, Decimal) else value

    fields = (
        f"{column.field}{part}"
        for column in contract.current
        for part in ("", "_absence", "_precision")
        if f"{column.field}{part}" in row
    )
    return {field: plain(row[field]) for field in fields}


@every_kind
def test_an_agent_sees_the_data_and_the_help_and_not_the_lists(contract):
    book = _book(template(contract, EDITION, "MI"))
    assert {sheet.title: sheet.sheet_state for sheet in book} == {
        contract.title_fr: "visible",
        HELP_SHEET: "visible",
        LISTS_SHEET: "hidden",
    }
    assert book.active.title == contract.title_fr
    assert book[contract.title_fr].freeze_panes == "C2"
    said = [[cell.value for cell in row if cell.value] for row in book[HELP_SHEET].iter_rows()]
    rows = {row[0]: row[1:] for row in said if row}
    for column in contract.current:
        assert column.help_fr in rows[column.header]
        assert column.example in rows[column.header]


@every_kind
def test_header_and_known_ids_are_locked_and_all_else_can_be_typed_in(contract):
    sheet = _book(template(contract, EDITION, "MI", _example(contract)))[contract.title_fr]
    assert sheet.protection.sheet
    assert sheet.protection.password is None
    positions = {column.field: number for number, column in enumerate(contract.current, start=1)}
    for column in contract.current:
        position = positions[column.field]
        assert sheet.cell(1, position).protection.locked
        assert sheet.cell(2, position).protection.locked is (column.field == contract.key)
        # A row that has no cell yet takes the style of its column.
        assert not sheet.column_dimensions[sheet.cell(1, position).column_letter].protection.locked


@every_kind
def test_words_come_from_ranges_of_the_hidden_sheet_and_every_cell_says_what_is_expected(contract):
    book = _book(template(contract, EDITION, "MI"))
    rules = {str(rule.sqref).split(":")[0]: rule for rule in book[contract.title_fr].data_validations.dataValidation}
    for position, column in enumerate(contract.current, start=1):
        cell = book[contract.title_fr].cell(2, position).coordinate
        assert column.help_fr in rules[cell].prompt
        if column.labels:
            sheet, _, place = rules[cell].formula1.partition("!")
            assert (rules[cell].type, sheet) == ("list", LISTS_SHEET)
            words = [one.value for (one,) in book[LISTS_SHEET][place.replace("$", "")]]
            assert words[: len(column.labels)] == list(column.labels.values())
        elif column.minimum is not None:
            assert rules[cell].type == "custom"
            assert f"{cell}{'>' if column.excludes_minimum else '>='}{column.minimum}" in rules[cell].formula1


@every_kind
def test_a_value_that_does_not_suit_is_refused_with_a_sentence_that_says_what_to_do(contract):
    book = _book(template(contract, EDITION, "MI"))
    rules = {str(rule.sqref).split(":")[0]: rule for rule in book[contract.title_fr].data_validations.dataValidation}
    for position, column in enumerate(contract.current, start=1):
        rule = rules[book[contract.title_fr].cell(2, position).coordinate]
        assert len(rule.promptTitle) <= 32
        if rule.type == "list":
            assert rule.errorTitle == "Valeur hors de la liste"
            assert rule.error.startswith("Choisissez une valeur de la liste")
            assert "Choisissez dans la liste." in rule.prompt
            # A ministry changes its name before we know of it: there one may insist.
            assert (rule.errorStyle == "warning") is ("vous pouvez la garder" in rule.error)
        elif rule.type == "custom":
            assert rule.errorTitle == "Valeur inattendue"
            assert re.match("Écrivez une? (nombre|pourcentage|date)", rule.error)
        if column.maximum == 10_000:
            assert "de 0 à 10\u202f000 (M€), par exemple" in rule.error


def test_ministries_and_editions_can_be_picked():
    sheet = _book(template(CONTRACTS["procedures"], EDITION, "MSO"))[LISTS_SHEET]
    assert [cell.value for (cell,) in sheet["C1:C2"]] == [perimeter_names()["MSO"], None]
    assert "Ministères Chargés des Affaires Sociales" in [cell.value for cell in sheet["D"]]
    sheet = _book(template(CONTRACTS["roadmap"], EDITION, "SPM"))[LISTS_SHEET]
    assert [cell.value for (cell,) in sheet["E1:E3"]] == ["2025-S2", "2025-S1", "2024-S2"]


@every_kind
def test_the_version_of_the_contract_is_inside(contract):
    properties = _book(template(contract, EDITION, "MI")).custom_doc_props
    assert {one.name: one.value for one in properties.props} == {
        "jalons_kind": contract.kind,
        "jalons_contract_version": contract.version,
        "jalons_edition": "2025-S2",
        "jalons_perimeter": "MI",
    }


@every_kind
def test_the_same_contract_and_rows_give_the_same_bytes(contract):
    filed = _example(contract)
    assert template(contract, EDITION, "MI", filed) == template(contract, EDITION, "MI", filed)


@every_kind
def test_a_template_filed_as_it_is_is_told_that_it_has_no_row(contract, tmp_path):
    path = tmp_path / "vide.xlsx"
    path.write_bytes(template(contract, EDITION, "MI"))
    receipt = check_file(path, NOW, "2025-S2", "MI").receipt
    assert (receipt.status, receipt.kind, receipt.contract_version) == ("rejected", contract.kind, contract.version)
    assert [finding.rule for finding in receipt.findings] == ["rows_missing"]


@every_kind
def test_what_was_filed_last_is_in_it_and_files_again_without_a_finding(contract, settings, tmp_path):
    perimeter = PERIMETERS[contract.kind]
    drop(settings.home, f"2025-S2/{perimeter}/export.csv", valid_example(contract).encode())
    (outcome,) = take_in(settings, NOW).outcomes
    assert outcome.receipt.status == "accepted"

    path = tmp_path / "modele.xlsx"
    wanted = ["template", contract.kind, "--edition", NEXT.code, "--perimeter", perimeter, "--out", str(path)]
    said = CliRunner().invoke(app, [*wanted, "--home", str(settings.home)])
    assert "2 rows from 2025-S2" in said.stdout

    receipt = check_file(path, NOW, NEXT.code, perimeter).receipt
    assert (receipt.status, receipt.findings, receipt.rows_accepted) == ("accepted", (), 2)
    before = read(valid_example(contract).encode()).rows
    again = read(path.read_bytes()).rows
    assert [_values(contract, row) for row in again] == [_values(contract, row) for row in before]


def test_the_submission_of_the_edition_itself_comes_first_then_the_latest_before_it(settings):
    contract = CONTRACTS["roadmap"]
    header, row, _ = valid_example(contract).splitlines()
    for edition, title in (("2024-S2", "Avant"), ("2025-S1", "Juste avant"), ("2025-S2", "Maintenant")):
        text = f"{header}\n{row.replace('Publier le catalogue des produits labellisés', title)}\n"
        drop(settings.home, f"{edition}/SPM/export.csv", text.encode())
    take_in(settings, NOW)

    def title_for(edition: Edition, perimeter: str) -> object:
        filed = last_filed(settings, contract, edition, perimeter, NOW)
        return filed and (filed.edition, filed.rows[0]["title"])

    assert title_for(Edition(2025, 2), "SPM") == ("2025-S2", "Maintenant")
    assert title_for(Edition(2026, 1), "SPM") == ("2025-S2", "Maintenant")
    assert title_for(Edition(2025, 1), "SPM") == ("2025-S1", "Juste avant")
    assert title_for(Edition(2024, 1), "SPM") is None
    assert title_for(Edition(2025, 2), "MI") is None


def test_months_words_and_what_was_unreadable_survive_as_they_were_understood():
    contract = CONTRACTS["projects"]
    text = (
        "Nom du projet;Début;Phase;Durée actualisée;Coût complet\n"
        "=1+1;juillet 2013;Cadrage;En cadrage;NA\n"
        "Tortue;T3 2026;;bientôt;53,02\n"
    )
    before = read(text.encode()).rows
    again = read(template(contract, EDITION, "MI", Filed("2025-S1", before))).rows
    assert [row["name"] for row in again] == ["=1+1", "Tortue"]
    assert (again[0]["start_date"], again[0]["start_date_precision"]) == (date(2013, 7, 1), "month")
    assert again[1]["start_date_precision"] == "quarter"
    assert again[0]["current_duration_days_absence"] == "en_cadrage"
    assert again[0]["current_cost_meur_absence"] == "non_applicable"
    # What could not be read is not sent back to be misread again: the cell is blank.
    assert again[1]["current_duration_days_absence"] is None
    assert again[1]["current_cost_meur"] == before[1]["current_cost_meur"]


def test_the_real_submissions_come_back_from_a_template_value_by_value(real_data):
    for file in sorted(real_data.glob("drops/0[168]_*/*/*")):
        reading = read(file.read_bytes())
        contract = CONTRACTS[str(reading.kind)]
        again = read(template(contract, EDITION, "MI", Filed("2025-S1", reading.rows)))
        assert [one for one in again.findings if one.severity == "error"] == [], file
        assert [_values(contract, row) for row in again.rows] == [_values(contract, row) for row in reading.rows], file


SOFFICE = shutil.which("soffice")
NAMES = ("SIRH Horizon", "Portail Boussole", "Archives Nouvelles")


def _saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@every_kind
def test_what_a_cell_says_is_proper_french(contract):
    sheet = _book(template(contract, EDITION, "MI", _example(contract)))[contract.title_fr]
    for rule in sheet.data_validations.dataValidation:
        # What cannot be refused has nothing to say of a refusal.
        assert bool(rule.error) is (rule.type not in (None, "none"))
        for text in (rule.prompt, rule.error or ""):
            assert not re.search(r" [:;!?»]|« |\.\.|\b[Uu]n (adresse|date|année|édition)", text), text


def _checks(contract, of: str) -> Iterator[tuple[str, str]]:
    """The check of each column of a type, and the first cell that it is of."""
    sheet = _book(template(contract, EDITION, "MI"))[contract.title_fr]
    for position, column in enumerate(contract.current, start=1):
        if column.type == of:
            cell = sheet.cell(2, position).coordinate
            rules = sheet.data_validations.dataValidation
            yield next(rule.formula1 for rule in rules if cell in rule.sqref), cell


OFFERED = [
    "juin 2024",
    "T2 2024",
    "S1 2026",
    "juillet 2013",
    "août 2025",
    "aout 2025",
    "1er juillet 2018",
    "T3\u00a02026",
    "juillet\u00a02013",
    "2024-T1",
    "En cadrage",
    "Non communiqué",
    "03/2027",
    "3/2027",
    "2027-03",
    "2e semestre 2026",
    "1er trimestre 2026",
    "NA",
    "n/c",
    "-",
    "–",
]
REFUSED = ["bientôt", "T2", "juillet", "en juillet", "Terminé", 12, "2024"]


COSTS = [0, 42.5, 1000, "NA", "n/c", "-", "–", "En cadrage"]
DOUBTED = [1500, -1, "bientôt", "850 k€"]


def test_what_reading_accepts_is_never_refused(tmp_path):
    """The checks of dates and costs, computed by LibreOffice over what they should let pass, and what not."""
    if SOFFICE is None:
        pytest.skip("LibreOffice is not on this machine: no soffice to compute the checks with")
    contract = CONTRACTS["projects"]
    dates, costs = list(_checks(contract, "date")), list(_checks(contract, "cost"))
    assert (len(dates), len(costs)) == (3, 2)
    book = _book(template(contract, EDITION, "MI"))
    sheet = book[contract.title_fr]
    typed = {True: [*OFFERED, datetime(2024, 6, 30), *REFUSED], False: [*COSTS, *DOUBTED]}
    for formula, cell in (*dates, *costs):
        column = sheet[cell].column
        for row, value in enumerate(typed[(formula, cell) in dates], start=2):
            sheet.cell(row, column).value = value
            sheet.cell(row, 40 + column).value = f"={formula.replace(cell, cell[:-1] + str(row))}"
    for rule in sheet.data_validations.dataValidation:
        assert len(rule.formula1 or "") <= 255
    book.save(tmp_path / "dates.xlsx")
    office = [str(SOFFICE), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to"]
    command = [*office, "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "out"), str(tmp_path / "dates.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    computed = openpyxl.load_workbook(tmp_path / "out" / "dates.xlsx", data_only=True)[contract.title_fr]
    for check in (*dates, *costs):
        column = 40 + sheet[check[1]].column
        values = typed[check in dates]
        said = {str(value): bool(computed.cell(row, column).value) for row, value in enumerate(values, start=2)}
        assert said == {str(value): value not in (*REFUSED, *DOUBTED) for value in values}


def test_what_a_check_does_not_understand_may_be_kept_and_only_a_word_of_a_list_may_not():
    for contract in CONTRACTS.values():
        sheet = _book(template(contract, EDITION, "MI"))[contract.title_fr]
        rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
        for position, column in enumerate(contract.current, start=1):
            rule = rules[sheet.cell(2, position).coordinate]
            is_closed = column.type in ("bool", "code")
            assert (rule.errorStyle or "stop") == ("stop" if is_closed or not rule.error else "warning")


def test_a_cost_says_its_unit_in_its_cell_and_in_what_is_asked_of_one_that_is_likely_to_be_in_euros():
    contract = CONTRACTS["projects"]
    sheet = _book(template(contract, EDITION, "MI", _example(contract)))[contract.title_fr]
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    costs = [position for position, column in enumerate(contract.current, start=1) if column.type == "cost"]
    assert len(costs) == 2
    for position in costs:
        assert sheet.cell(2, position).number_format.endswith('" M€"')
        said = rules[sheet.cell(2, position).coordinate].error
        assert "Au-delà de 1\u202f000\u00a0M€, vérifiez l’unité\u00a0: 850\u00a0k€ s’écrit 0,85." in said
        assert len(said) <= 255
        assert said.endswith(".")


def test_projects_of_the_earlier_edition_are_confirmed_one_by_one_and_none_is_lost_by_silence(settings, tmp_path):
    contract = CONTRACTS["projects"]
    header, row, *_ = valid_example(contract).replace(contract.by_field["exit_reason"].example, "").splitlines()
    rows = [
        row.replace("sirh-2020", f"sirh-{number}").replace("SIRH Horizon", name) for number, name in enumerate(NAMES)
    ]
    drop(settings.home, "2025-S2/MJ/export.csv", "\n".join([header, *rows, ""]).encode())
    (outcome,) = take_in(settings, NOW).outcomes
    assert outcome.receipt.rows_accepted == 3

    filed = last_filed(settings, contract, NEXT, "MJ", NOW)
    book = _book(template(contract, NEXT, "MJ", filed))
    sheet = book[contract.title_fr]
    (ranges,) = sheet.conditional_formatting
    phase = [column.field for column in contract.current].index("phase") + 1
    assert str(ranges.sqref) == f"{sheet.cell(2, phase).coordinate}:{sheet.cell(4, phase).coordinate}"
    said = " ".join(str(cell.value) for cell in book[HELP_SHEET]["A"] if cell.value)
    assert "Confirmez chaque ligne reprise" in said
    assert contract.leaving_fr in said
    # Those of the edition itself were confirmed when they were filed.
    own = _book(template(contract, EDITION, "MJ", filed))
    assert not list(own[contract.title_fr].conditional_formatting)
    assert "Confirmez" not in " ".join(str(cell.value) for cell in own[HELP_SHEET]["A"] if cell.value)

    exit_reason = [column.field for column in contract.current].index("exit_reason") + 1
    sheet.cell(2, phase).value = "Terminé"
    sheet.cell(3, phase).value = "Abandonné"
    sheet.cell(3, exit_reason).value = "Besoin couvert par un autre projet"
    (tmp_path / "rempli.xlsx").write_bytes(_saved(book))
    drop(settings.home, "2026-S1/MJ/rempli.xlsx", (tmp_path / "rempli.xlsx").read_bytes())
    (second,) = take_in(settings, NOW).outcomes
    assert (second.receipt.rows_accepted, second.receipt.findings) == (3, ())

    sheet.delete_rows(4)
    drop(settings.home, "2026-S1/MJ/rempli.xlsx", _saved(book))
    (third,) = take_in(settings, NOW).outcomes
    (absent,) = third.receipt.findings
    assert absent.rule == "previous_rows_absent"
    assert NAMES[2] in absent.expected


# A module of LibreOffice's own Basic: it types into cells as an agent does, in French, and saves as XLSX.
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">
Sub Fill
Dim hidden(0) As New com.sun.star.beans.PropertyValue
Dim saved(0) As New com.sun.star.beans.PropertyValue
hidden(0).Name = "Hidden" : hidden(0).Value = True
saved(0).Name = "FilterName" : saved(0).Value = "Calc MS Excel 2007 XML"
{statements}
End Sub
</script:module>
"""
_FRENCH = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale"><value>fr-FR</value></prop></item>
</oor:items>
"""


def _typed(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _statements(folder: Path, contract) -> Iterator[str]:
    """Open the template of a kind, type each column's example into the first free row, save."""
    source, target = (folder / f"{contract.kind}{suffix}.xlsx" for suffix in ("", "-rempli"))
    yield f'doc = StarDesktop.loadComponentFromURL({_typed(source.as_uri())}, "_blank", 0, hidden())'
    yield "sheet = doc.Sheets.getByIndex(0)"
    for position, column in enumerate(contract.current):
        typed = f"{column.example} 3" if column.field in (contract.key, contract.subject) else column.example
        yield f"sheet.getCellByPosition({position}, 3).FormulaLocal = {_typed(typed)}"
    yield f"doc.storeToURL({_typed(target.as_uri())}, saved())"
    yield "doc.close(True)"


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    """A folder with each kind's template, two rows in it; a third was typed in LibreOffice in `<kind>-rempli.xlsx`."""
    if SOFFICE is None:
        pytest.skip("LibreOffice is not on this machine: no soffice to fill the templates with")
    folder = tmp_path_factory.mktemp("libreoffice")
    profile = folder / "profile"
    office = [SOFFICE, f"-env:UserInstallation={profile.as_uri()}", "--headless"]
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_FRENCH, encoding="utf-8")
    statements: list[str] = []
    for contract in CONTRACTS.values():
        made = template(contract, EDITION, PERIMETERS[contract.kind], _example(contract))
        (folder / f"{contract.kind}.xlsx").write_bytes(made)
        statements += _statements(folder, contract)
    # Its first start lays out the profile, and with it the module that we then write.
    subprocess.run([*office, "--terminate_after_init"], check=True, capture_output=True, timeout=120)
    module = profile / "user" / "basic" / "Standard" / "Module1.xba"
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(_MODULE.format(statements=escape("\n".join(statements))), encoding="utf-8")
    subprocess.run([*office, "macro:///Standard.Module1.Fill"], check=True, capture_output=True, timeout=120)
    return folder


@every_kind
def test_a_template_filled_in_libreoffice_and_sent_back_gets_no_finding(contract, filled):
    path = filled / f"{contract.kind}-rempli.xlsx"
    receipt = check_file(path, NOW, EDITION.code, PERIMETERS[contract.kind]).receipt
    assert (receipt.status, receipt.findings, receipt.rows_accepted) == ("accepted", (), 3)
    rows = [_values(contract, row) for row in read(path.read_bytes()).rows]
    example = [_values(contract, row) for row in _example(contract).rows]
    own = {contract.key, contract.subject}
    assert rows[:2] == example
    assert {name: value for name, value in rows[2].items() if name not in own} == {
        name: value for name, value in example[0].items() if name not in own
    }


def test_libreoffice_shows_the_numbers_and_dates_of_an_earlier_submission_as_an_agent_writes_them(filled):
    text = (
        "Nom du projet;Début;Phase;Durée initiale;Durée actualisée;Coût initial;Coût complet\n"
        "A;01/02/2016;Cadrage;8.5013698630137;7;36,2;0.0045\n"
    )
    rows = read(text.encode()).rows
    path = filled / "vu.xlsx"
    path.write_bytes(template(CONTRACTS["projects"], EDITION, "MJ", Filed("2025-S1", rows)))
    as_shown = "csv:Text - txt - csv (StarCalc):59,34,76,1,,1036,false,true"
    office = [str(SOFFICE), f"-env:UserInstallation={(filled / 'profile').as_uri()}", "--headless"]
    subprocess.run(
        [*office, "--convert-to", as_shown, "--outdir", str(filled), str(path)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    header, shown = csv.reader((filled / "vu.csv").read_text(encoding="utf-8").splitlines(), delimiter=";")
    seen = dict(zip(header, shown, strict=True))
    titles = (
        "Début",
        "Durée initiale (années)",
        "Durée actualisée (années)",
        "Coût initial (M€)",
        "Coût complet actualisé (M€)",
    )
    assert [seen[title] for title in titles] == ["01/02/2016", "8,5", "7,0", "36,20 M€", "0,0045 M€"]
    assert read(path.read_bytes()).rows[0]["initial_duration_days_typed"] == "8.5013698630137"


@every_kind
def test_libreoffice_keeps_drop_downs_locks_and_the_version(contract, filled):
    book = openpyxl.load_workbook(filled / f"{contract.kind}-rempli.xlsx")
    sheet = book[contract.title_fr]
    assert sheet.protection.sheet
    key = [column.field for column in contract.current].index(contract.key) + 1
    assert [sheet.cell(row, key).protection.locked for row in (1, 2, 3, 4)] == [True, True, True, False]
    assert {one.name: one.value for one in book.custom_doc_props.props}["jalons_contract_version"] == contract.version
    lists = [rule for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    assert len(lists) == sum(
        column.type in ("code", "bool", "edition") or bool(column.names_of) for column in contract.current
    )
