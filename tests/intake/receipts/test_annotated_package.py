"""The annotated copy as a package: what it keeps byte for byte, what it leaves out, and what comes back mended."""

import io
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import Workbook

from orchestration.contracts import CONTRACTS
from orchestration.contracts.table_schema import valid_example
from orchestration.contracts.template import Filed, template
from orchestration.domain.edition import Edition
from orchestration.intake.findings.finding import Finding
from orchestration.intake.opening.annotated_copy import RECEIPT_SHEET
from orchestration.intake.receipts.annotation import FILE_NAME
from orchestration.intake.receipts.annotation.harmless import is_harmless
from orchestration.intake.receipts.annotation.marks import COLOURS
from orchestration.intake.receipts.annotation.notes import annotated_notes
from orchestration.intake.receipts.annotation.xml_part import XmlPart
from orchestration.intake.receipts.files import receipt_files
from orchestration.intake.receipts.record import Receipt
from orchestration.intake.take_in import check_file
from tests.intake.drops import GOOD, HEADER, projects_csv
from tests.intake.hostile import OASIS, ODS, package
from tests.intake.read_file import read, sheets_of
from tests.intake.receipts.test_annotation import _opened, _saved

NOW = datetime(2025, 12, 1, 9, tzinfo=UTC)
EDITION = Edition(2025, 2)
PERIMETERS = {"projects": "MJ", "procedures": "MI", "roadmap": "SPM", "indicators": "SPM"}
SOFFICE = shutil.which("soffice")
HEADERS = HEADER.split(";")
# Of each kind, a cell that is made wrong, what is typed in it, and what mends it.
BROKEN = {
    "projects": ("current_cost_meur", "bientôt", 48.2),
    "procedures": ("satisfaction_score", 82, 8.2),
    "roadmap": ("planned_end", "un jour", datetime(2027, 3, 31)),
    "indicators": ("target_value", "beaucoup", 25),
}
# openpyxl says what it leaves behind of what it opens here: that is why it makes no copy.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")
every_kind = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))


def _receipt(tmp_path: Path, data: bytes, perimeter: str = "MI") -> Receipt:
    path = tmp_path / "fichier"
    path.write_bytes(data)
    return check_file(path, NOW, EDITION.code, perimeter).receipt


def _copy(tmp_path: Path, data: bytes, *findings: Finding, perimeter: str = "MI") -> bytes:
    receipt = _receipt(tmp_path, data, perimeter)
    if findings:
        receipt = Receipt(**{**vars(receipt), "findings": findings})
    return receipt_files(receipt, data, sheets_of(data))[FILE_NAME]


def _rules(receipt: Receipt) -> set[tuple[object, ...]]:
    return {(one.rule, one.severity, one.sheet, one.cell, one.row, one.column) for one in receipt.findings}


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert len(set(package.namelist())) == len(package.namelist())
        return {name: package.read(name) for name in package.namelist()}


def _with_parts(data: bytes, changed: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, part in (_parts(data) | changed).items():
            package.writestr(name, part)
    return buffer.getvalue()


def _with_text(data: bytes, name: str, old: str, new: str) -> bytes:
    part = _parts(data)[name].decode()
    assert old in part
    return _with_parts(data, {name: part.replace(old, new, 1).encode()})


def _place(contract, field: str, row: int) -> tuple[int, int]:
    return row, [column.field for column in contract.current].index(field) + 1


def _filled(contract) -> bytes:
    rows = read(valid_example(contract).encode()).rows
    return template(contract, EDITION, PERIMETERS[contract.kind], Filed("2025-S1", rows))


# Selected no more: what is typed while several sheets are is typed into all of them.
def _unselected(part: bytes) -> bytes:
    return part.replace(b' tabSelected="1"', b"")


def _looks(cell) -> tuple[object, ...]:
    shape = cell.border.bottom.style, cell.alignment.wrap_text, cell.alignment.vertical, cell.font.b
    return (cell.value, cell.data_type, cell.number_format, *shape)


@every_kind
def test_a_template_without_a_fault_comes_back_byte_for_byte_but_for_our_sheet(contract, tmp_path):
    data = _filled(contract)
    before, after = _parts(data), _parts(_copy(tmp_path, data, perimeter=PERIMETERS[contract.kind]))
    edited = {"[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"}
    assert set(before) - set(after) == set()
    assert set(after) - set(before) == {"xl/worksheets/accuse1.xml"}
    assert {name: _unselected(part) for name, part in before.items() if name not in edited} == {
        name: part for name, part in after.items() if name in before and name not in edited
    }


@every_kind
def test_a_template_with_faults_keeps_each_drop_down_lock_width_and_pane(contract, tmp_path):
    data = _filled(contract)
    place = f"{contract.title_fr}"
    row, column = _place(contract, BROKEN[contract.kind][0], 2)
    cell = _opened(data)[place].cell(row, column).coordinate
    finding = Finding("made_up", "error", "Attendu.", "À faire.", sheet=place, cell=cell, row=row)
    copy = _copy(tmp_path, data, finding)
    sheet = "xl/worksheets/sheet1.xml"
    before, after = _parts(data)[sheet], _parts(copy)[sheet]
    for tag in (b"dataValidations", b"sheetProtection", b"cols", b"pane", b"pageSetup"):
        pattern = re.compile(rb"<%b\b.*?(?:/>(?!<%b)|</%b>)" % (tag, tag[:-1], tag), re.DOTALL)
        assert pattern.findall(after) == pattern.findall(before) != []
    assert before.count(b"<dataValidation ") == len(contract.current) == after.count(b"<dataValidation ")
    books = _opened(data), _opened(copy)
    assert [one.sheet_state for one in books[1]] == ["visible", *(one.sheet_state for one in books[0])]
    were, are = (book[place] for book in books)
    for one, other in zip(were.iter_rows(), are.iter_rows(), strict=True):
        for old, new in zip(one, other, strict=True):
            assert _looks(old) == _looks(new), new.coordinate
            assert (new.fill.fgColor.rgb == COLOURS["error"]) is (new.coordinate == cell)
    # What is to be mended can be typed in, although the sheet is protected.
    assert not are[cell].protection.locked


@every_kind
def test_a_template_mended_in_its_copy_has_no_finding_that_was_not_there(contract, tmp_path):
    perimeter = PERIMETERS[contract.kind]
    field, wrong, right = BROKEN[contract.kind]
    book = _opened(_filled(contract))
    book.worksheets[0].cell(*_place(contract, field, 2)).value = wrong
    broken = _saved(book)
    first = _receipt(tmp_path, broken, perimeter)
    assert first.findings

    annotated = _opened(receipt_files(first, broken, sheets_of(broken))[FILE_NAME])
    sheet = annotated[contract.title_fr]
    cell = sheet.cell(*_place(contract, field, 2))
    assert cell.fill.fgColor.rgb in COLOURS.values()
    cell.value = right
    second = _receipt(tmp_path, _saved(annotated), perimeter)
    assert (second.status, second.findings, second.rows_read) == ("accepted", (), first.rows_read)


@pytest.fixture
def theirs() -> bytes:
    """An agent's workbook with nearly all that agents use, in three sheets."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        as_text = book.add_format({"num_format": "@"})
        euros = book.add_format({"num_format": '#,##0.00 "M€"', "bg_color": "#EEEEEE"})
        sheet, lists, notes = map(book.add_worksheet, ("Remontée 2025", "Listes", "Notes"))
        sheet.set_column(0, 0, 33, as_text)
        sheet.set_column(5, 8, 12, euros)
        sheet.set_row(0, 40)
        sheet.write_row(0, 0, ["Identifiant", *HEADERS])
        for number, code in enumerate(("0012", "SEPT-21", "1.2.10"), start=1):
            sheet.write_string(number, 0, code, as_text)
            sheet.write_row(number, 1, [f"Projet {code}", "Ministère de l’Intérieur"])
            sheet.write_string(number, 3, "01/01/2020")
            sheet.write_row(number, 4, [4.5, "Déploiement"])
            sheet.write_number(number, 6, 42.5, euros)
        sheet.write_string(2, 6, "douze", euros)
        sheet.freeze_panes(1, 2)
        sheet.data_validation("F2:F99", {"validate": "list", "source": "=Listes!$A$1:$A$5"})
        sheet.data_validation("C2:C99", {"validate": "list", "source": '=INDIRECT(SUBSTITUTE($F2," ","_"))'})
        sheet.conditional_format("G2:G99", {"type": "data_bar", "data_bar_2010": True})
        sheet.conditional_format("G2:G99", {"type": "cell", "criteria": ">", "value": 100, "format": euros})
        sheet.repeat_rows(0)
        sheet.autofilter("A1:G4")
        sheet.write_comment("B2", "À confirmer par le bureau.", {"author": "Agent", "visible": True, "width": 300})
        lists.write_column(0, 0, ["Cadrage", "Conception", "Déploiement", "Terminé", "Abandonné"])
        lists.hide()
        book.define_name("Phases", "=Listes!$A$1:$A$5")
        book.define_name("Notes!Locale", "=Notes!$A$1")
        notes.write_string(0, 0, "Une note")
    return buffer.getvalue()


X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
END = "</extLst></worksheet>"
XM = "http://schemas.microsoft.com/office/excel/2006/main"


def _x14_list(*sources: str) -> str:
    rules = "".join(
        f'<x14:dataValidation type="list" allowBlank="1"><x14:formula1><xm:f>{one}</xm:f></x14:formula1>'
        "<xm:sqref>H2:H99</xm:sqref></x14:dataValidation>"
        for one in sources
    )
    return (
        f'<ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}" xmlns:x14="{X14}"><x14:dataValidations '
        f'xmlns:xm="{XM}" count="{len(sources)}">{rules}</x14:dataValidations></ext>'
    )


def test_an_agent_s_own_workbook_keeps_its_rules_names_panes_and_texts(theirs, tmp_path):
    data = _with_text(theirs, "xl/worksheets/sheet1.xml", END, f"{_x14_list('Listes!$A$1:$A$5')}{END}")
    copy = _copy(tmp_path, data)
    before, after = _parts(data)["xl/worksheets/sheet1.xml"], _parts(copy)["xl/worksheets/sheet1.xml"]
    # All that changes in the sheet: the styles of the faulty cells, and the drawing of the notes.
    marks = re.compile(rb'(?<=") s="\d+"(?=[ />])|<legacyDrawing [^>]*>')
    assert marks.sub(b"", after) == marks.sub(b"", _unselected(before))
    assert _parts(copy)["xl/sharedStrings.xml"] == _parts(data)["xl/sharedStrings.xml"]

    book = _opened(copy)
    assert book.sheetnames == [RECEIPT_SHEET, "Remontée 2025", "Listes", "Notes"]
    sheet = book["Remontée 2025"]
    assert [book[name].sheet_state for name in book.sheetnames] == ["visible", "visible", "hidden", "visible"]
    assert list(book.defined_names) == ["Phases"]
    assert list(book["Notes"].defined_names) == ["Locale"]
    assert (sheet.print_title_rows, sheet.auto_filter.ref, sheet.freeze_panes) == ("$1:$1", "A1:G4", "C2")
    assert [sheet[f"A{row}"].value for row in (2, 3, 4)] == ["0012", "SEPT-21", "1.2.10"]
    assert sheet["G3"].number_format == '#,##0.00 "M€"'


def test_a_note_of_the_agent_stays_where_it_is_and_goes_under_ours_in_a_faulty_cell(theirs, tmp_path):
    finding = Finding("made_up", "warning", "Attendu.", "À faire.", sheet="Remontée 2025", cell="B2", row=2)
    for copy, begins in ((_copy(tmp_path, theirs), "À confirmer"), (_copy(tmp_path, theirs, finding), "Jalons – ")):
        note = _opened(copy)["Remontée 2025"]["B2"].comment.text
        assert note.startswith(begins)
        assert note.endswith("À confirmer par le bureau.")
        again = _opened(_copy(tmp_path, copy))["Remontée 2025"]["B2"].comment
        assert again.text == "À confirmer par le bureau."
    drawn = [part for name, part in _parts(_copy(tmp_path, theirs)).items() if name.endswith(".vml")]
    assert [part.count(b"<x:Visible/>") for part in drawn] == [1]


def test_what_leads_outside_is_left_out_with_what_names_it(theirs, tmp_path):
    rels = "xl/worksheets/_rels/sheet1.xml.rels"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ways = "".join(
        f'<Relationship Id="x{number}" Type="{office}/{kind}" Target="{target}" TargetMode="{mode}"/>'
        for number, (kind, target, mode) in enumerate(
            (
                ("hyperlink", "file://serveur/partage/macro.xlsm", "External"),
                ("hyperlink", "https://www.exemple.gouv.fr", "External"),
                ("oleObject", "../embeddings/oleObject1.bin", "Internal"),
                ("image", "http://exemple.fr/pixel.png", "External"),
                ("printerSettings", "../printerSettings/printerSettings1.bin", "Internal"),
            )
        )
    )
    data = _with_text(theirs, rels, "</Relationships>", f"{ways}</Relationships>")
    sheet = "xl/worksheets/sheet1.xml"
    links = (
        f'<hyperlinks xmlns:r="{office}"><hyperlink ref="A2" r:id="x0"/><hyperlink ref="A3" r:id="x1"/></hyperlinks>'
    )
    data = _with_text(data, sheet, "<pageMargins", f"{links}<pageMargins")
    objects = '<oleObjects><oleObject progId="Word" shapeId="1" r:id="x2"/></oleObjects>'
    picture = '<picture r:id="x3"/>'
    sources = ("Listes!$A$1:$A$5", "[1]Feuil1!$A$1:$A$5", "cmd|'/c calc'!A1")
    data = _with_text(data, sheet, "<legacyDrawing", f"{picture}{objects}<legacyDrawing")
    data = _with_text(data, sheet, END, f"{_x14_list(*sources)}{END}")
    data = _with_text(
        data, "xl/workbook.xml", "<definedNames>", '<definedNames><definedName name="Dehors">[1]F!$A$1</definedName>'
    )
    copy = _copy(tmp_path, data)
    whole = b"".join(_parts(copy).values())
    for trace in (b"macro.xlsm", b"pixel.png", b"oleObject", b"printerSettings", b"[1]", b"cmd|", b"Dehors"):
        assert trace not in whole, trace
    kept = _parts(copy)[sheet]
    assert (kept.count(b"<x14:dataValidation "), kept.count(b"<hyperlink ")) == (1, 1)
    assert b"Listes!$A$1:$A$5" in kept
    assert _opened(copy)["Remontée 2025"]["A3"].hyperlink.target == "https://www.exemple.gouv.fr"


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/worksheets/sheet1.xml", "<worksheet", '<!DOCTYPE w [<!ENTITY a "12">]><worksheet'),
        ("xl/styles.xml", "<styleSheet", '<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/hostname">]><styleSheet'),
        ("xl/sharedStrings.xml", 'encoding="UTF-8"', 'encoding="ISO-8859-1"'),
        ("xl/worksheets/sheet2.xml", "<sheetData>", "<sheetData>" + "<a>" * 300 + "</a>" * 300),
        ("xl/styles.xml", "<cellXfs", "<cellXfs><broken></cellXfs"),
    ],
)
def test_a_package_made_to_harm_is_written_anew_from_the_cells_that_were_read(theirs, tmp_path, part, old, new):
    data = _with_text(theirs, part, old, new)
    assert sheets_of(data)
    copy = _copy(tmp_path, data)
    said = [cell.value for cell in _opened(copy)[RECEIPT_SHEET]["A"]]
    assert "sans leur mise en forme" in str(said)
    assert _opened(copy)["Remontée 2025"]["A2"].value == "0012"


def test_a_copy_is_made_without_opening_a_stranger_s_package_in_a_library(theirs, tmp_path):
    path = tmp_path / "fichier.xlsx"
    path.write_bytes(theirs)
    code = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path; "
        "from orchestration.intake.take_in import check_file; "
        f"files = check_file(Path({str(path)!r}), datetime(2025, 12, 1, tzinfo=UTC), '2025-S2', 'MI').files(); "
        "assert 'annote.xlsx' in files; sys.exit('openpyxl' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0


def test_a_formula_or_a_drawing_as_long_as_a_stranger_likes_is_looked_through_once():
    for piece in ("a", " ", "a ", "'", '"', "A1:", "("):
        is_harmless(piece * 400_000)
    assert not is_harmless("WEBSERVICE" + " " * 400_000 + '("http://exemple.fr")')
    assert annotated_notes(None, b"<v:shape " * 400_000, {}) is None


def test_prefixes_implied_addresses_and_rows_without_cells_are_understood():
    xml = (
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><x:sst xmlns:x="http://schemas.openxmlformats.org/'
        b'spreadsheetml/2006/main" count="1>0"><x:si><x:t>a</x:t></x:si><x:si/></x:sst>'
    )
    part = XmlPart(xml, "sst")
    first, second = part.root.children
    assert (part.prefix, part.raw(first), part.raw(second)) == ("x:", b"<x:si><x:t>a</x:t></x:si>", b"<x:si/>")
    second.appended.append(b"<x:t>b</x:t>")
    part.root.changes["count"] = "2"
    part.remove(first)
    assert part.content() == xml.replace(
        b' count="1>0"><x:si><x:t>a</x:t></x:si><x:si/>', b' count="2"><x:si><x:t>b</x:t></x:si>'
    )


def test_faults_are_marked_in_a_sheet_whose_cells_bear_no_address_and_whose_names_have_a_prefix(tmp_path):
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

    def row(*texts: str) -> str:
        cells = (f'<x:c t="inlineStr"><x:is><x:t>{text}</x:t></x:is></x:c>' for text in texts)
        return f"<x:row>{''.join(cells)}</x:row>"

    base = _saved(Workbook())
    rows = (
        row(*HEADERS) + "<x:row/>" + row("HORIZON", "Ministère de l’Intérieur", "01/01/2020", "4,5", "Cadrage", "douze")
    )
    sheet = f'<x:worksheet xmlns:x="{main}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    data = _with_parts(base, {"xl/worksheets/sheet1.xml": sheet.encode()})
    finding = Finding("made_up", "warning", "Attendu.", "À faire.", sheet="Sheet", cell="C2", row=2)
    other = Finding("made_up", "error", "Attendu.", "À faire.", sheet="Sheet", cell="F3", row=3)
    far = Finding("made_up", "error", "Attendu.", "À faire.", sheet="Sheet", cell="B9", row=9)
    marked = _opened(_copy(tmp_path, data, finding, other, far))["Sheet"]
    coloured = {
        cell.coordinate: cell.fill.fgColor.rgb
        for one in marked.iter_rows()
        for cell in one
        if cell.fill.fgColor.rgb in COLOURS.values()
    }
    assert coloured == {"C2": COLOURS["warning"], "F3": COLOURS["error"], "B9": COLOURS["error"]}
    assert marked["F3"].value == "douze"


_UNITS = {"k": " k€", "mois": " mois", "part": "%"}


def _open_document(cells: list[list[object]], *, hidden: str = "") -> bytes:
    """An ODS in which a pair is a number and the style of its unit, or a text and its place in a merged block."""
    styles = '<style:style style:name="away" style:family="table"><style:table-properties table:display="false"/>'
    styles += "</style:style>"
    for name, unit in _UNITS.items():
        way = "percentage-style" if unit == "%" else "number-style"
        styles += f'<number:{way} style:name="N{name}"><number:number/><number:text>{unit}</number:text></number:{way}>'
        styles += f'<style:style style:name="{name}" style:family="table-cell" style:data-style-name="N{name}"/>'
    rows = "".join(f"<table:table-row>{''.join(map(_open_document_cell, row))}</table:table-row>" for row in cells)
    sheets = f'<table:table table:name="Lignes">{rows}</table:table>'
    sheets += f'<table:table table:name="{hidden}" table:style-name="away"/>' if hidden else ""
    spaces = {name: name for name in ("office", "table", "text", "style")} | {"number": "datastyle"}
    names = "".join(f' xmlns:{short}="{OASIS}:{name}:1.0"' for short, name in spaces.items())
    content = (
        f"<office:document-content{names}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:spreadsheet>{sheets}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = f'<m:manifest xmlns:m="{OASIS}:manifest:1.0"/>'
    return package({"mimetype": ODS, "META-INF/manifest.xml": manifest, "content.xml": content})


def _open_document_cell(cell: object) -> str:
    value, about = cell if isinstance(cell, tuple) else (cell, "")
    if not isinstance(value, str):
        return f'<table:table-cell table:style-name="{about}" office:value-type="float" office:value="{value}"/>'
    tag = "covered-table-cell" if about == "under" else "table-cell"
    merged = ' table:number-rows-spanned="2" table:number-columns-spanned="1"' if about == "over" else ""
    return f'<table:{tag}{merged} office:value-type="string"><text:p>{value}</text:p></table:{tag}>'


_AS_SHOWN = {
    "units": [HEADERS, ["HORIZON", "Ministère de la Justice", "01/01/2020", (18, "mois"), "Déploiement", (1150, "k")]],
    "percent": [
        ["Indicateur", "ID Indicateur", "Unité", "Valeur initiale", "Cible", "Date cible", "Valeur actuelle"],
        ["Télétravail", "t1", "%", (0.12, "part"), (0.25, "part"), "31/12/2026", 35],
    ],
    "rates": [
        ["Démarche", "ID Démarche", "Statut En ligne", "Volumétrie Totale", "% Recours au Numérique"],
        ["Carte", "12", "Oui", 1200, (0.784, "part")],
    ],
    "merged": [
        HEADERS,
        ["HORIZON", ("Ministère de la Justice", "over"), "01/01/2020", 4, "Déploiement", 12.5],
        ["BOUSSOLE", ("Ministère de la Culture", "under"), "01/01/2020", 4, "Déploiement", 12.5],
    ],
}


@pytest.mark.parametrize("cells", _AS_SHOWN.values(), ids=list(_AS_SHOWN))
def test_a_plain_workbook_sent_back_untouched_is_read_as_the_cells_of_the_first_file_were_shown(tmp_path, cells):
    data = _open_document(cells)
    first = [dict(row) for row in read(data).rows]
    assert len(first) == len(cells) - 1
    assert [dict(row) for row in read(_copy(tmp_path, data)).rows] == first


def test_a_plain_workbook_shows_units_and_percents_in_cells_that_take_a_bare_number(tmp_path):
    sheet = _opened(_copy(tmp_path, _open_document(_AS_SHOWN["units"]))).worksheets[1]
    assert (sheet["D2"].value, sheet["F2"].value, sheet["F2"].number_format) == (
        "18 mois",
        "1 150 k€",
        "#,##0.00######",
    )
    sheet = _opened(_copy(tmp_path, _open_document(_AS_SHOWN["rates"]))).worksheets[1]
    assert (sheet["E2"].value, sheet["E2"].number_format) == (0.784, "0.0######%")


def test_a_plain_workbook_hides_the_sheets_that_were_hidden(tmp_path):
    book = _opened(_copy(tmp_path, _open_document(_AS_SHOWN["units"], hidden="Listes")))
    assert {sheet.title: sheet.sheet_state for sheet in book} == {
        RECEIPT_SHEET: "visible",
        "Lignes": "visible",
        "Listes": "hidden",
    }


def test_a_plain_workbook_keeps_texts_as_texts_and_shows_dates_and_costs_as_such(tmp_path):
    import odf.opendocument
    import odf.table
    import odf.text

    document = odf.opendocument.OpenDocumentSpreadsheet()
    table = odf.table.Table(name="Projets")
    cells = [
        [("string", text) for text in ("Identifiant", *HEADERS)],
        [
            ("string", "0012"),
            ("string", "SEPT-21"),
            ("string", "Ministère de l’Intérieur"),
            ("date", "2020-01-15"),
            ("float", "4.5"),
            ("string", "Déploiement"),
            ("float", "42.5"),
        ],
    ]
    for row in cells:
        line = odf.table.TableRow()
        for kind, value in row:
            said = {"date": {"datevalue": value}, "float": {"value": value}, "string": {}}[kind]
            cell = odf.table.TableCell(valuetype=kind, **said)
            cell.addElement(odf.text.P(text=value))
            line.addElement(cell)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    buffer = io.BytesIO()
    document.save(buffer)

    for data in (buffer.getvalue(), projects_csv(f"0012;{GOOD}", header=f"Identifiant;{HEADER}")):
        sheet = _opened(_copy(tmp_path, data)).worksheets[1]
        assert (sheet["A2"].value, sheet["A2"].number_format, sheet["B2"].number_format) == ("0012", "@", "@")
        # A row that is added takes the format of its column.
        assert (sheet.column_dimensions["A"].number_format, sheet.freeze_panes) == ("@", "A2")
        assert (sheet["D2"].number_format, sheet["G2"].number_format) == ("dd/mm/yyyy", "#,##0.00######")
        assert sheet.column_dimensions["C"].width > 20
    assert _opened(_copy(tmp_path, buffer.getvalue())).worksheets[1]["D2"].value == datetime(2020, 1, 15)


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not on this machine: soffice is missing")
def test_libreoffice_keeps_what_the_copy_kept_and_what_it_saves_has_no_new_finding(theirs, tmp_path_factory, tmp_path):
    """Copies, mended, opened and saved by LibreOffice in one start."""
    folder = tmp_path_factory.mktemp("libreoffice")
    originals = {kind: _filled(contract) for kind, contract in CONTRACTS.items()} | {"theirs": theirs}
    for name, data in originals.items():
        (folder / f"{name}.xlsx").write_bytes(_copy(tmp_path, data))
    command = [str(SOFFICE), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to"]
    files = [str(folder / f"{name}.xlsx") for name in originals]
    kept = ["xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "out")]
    subprocess.run([*command, *kept, *files], check=True, capture_output=True, timeout=180)
    for name, data in originals.items():
        saved = (folder / "out" / f"{name}.xlsx").read_bytes()
        was, now = _opened(data), _opened(saved)
        assert now.sheetnames == [RECEIPT_SHEET, *was.sheetnames]
        assert [one.sheet_state for one in now][1:] == [one.sheet_state for one in was]
        before, after = was.worksheets[0], now.worksheets[1]
        counts = [len(sheet.data_validations.dataValidation) for sheet in (before, after)]
        assert counts[0] == counts[1], name
        perimeter = PERIMETERS.get(name, "MI")
        assert _rules(_receipt(tmp_path, saved, perimeter)) <= _rules(_receipt(tmp_path, data, perimeter))
