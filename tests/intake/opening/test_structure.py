"""What a workbook hides, merges and computes is seen in its package, whoever wrote it, and never costs much."""

import io
import time
import zipfile

import pytest

from orchestration.domain.spreadsheets import address_place, column_letters, column_position
from orchestration.intake.opening.structure import Range, Structure, hidden_sheets, sheet_structure
from tests.intake.golden.tables import projects

_RELATIONSHIPS = '<Relationships><Relationship Id="rId7" Type="x" Target="{target}"/></Relationships>'


def _xlsx(sheet: str, *, target: str = "worksheets/sheet1.xml", state: str = "") -> bytes:
    """A package of one sheet, `Données & co`, as little as the look needs."""
    return _package(
        {
            "xl/workbook.xml": f'<x:sheets><x:sheet name="Données &amp; co" {state} r:id="rId7"/></x:sheets>',
            "xl/_rels/workbook.xml.rels": _RELATIONSHIPS.format(target=target),
            "xl/worksheets/sheet1.xml": sheet,
        }
    )


def _ods(rows: str, style: str = "") -> bytes:
    content = (
        f"<office:automatic-styles>{style}</office:automatic-styles>"
        '<table:table table:name="Autre"><table:table-row table:visibility="collapse"/></table:table>'
        f'<table:table table:name="Projets" table:style-name="ta1">{rows}</table:table>'
    )
    return _package({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})


def _package(entries: dict[str, str]) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in entries.items():
            zipped.writestr(name, content)
    return package.getvalue()


@pytest.mark.parametrize(
    "target", ["worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml", "../xl/worksheets/sheet1.xml"]
)
def test_a_sheet_is_found_by_its_name_however_its_part_is_addressed(target):
    assert sheet_structure(_xlsx('<row r="5" hidden="1"/>', target=target), "Données & co").hidden_rows == {5}


def test_rows_and_cells_are_seen_whatever_prefix_and_quotes_the_writer_used():
    sheet = (
        "<x:row r='3' spans='1:2' hidden='true'/><x:row r='4' hidden='0'/>"
        "<x:c r='A1' t='e'><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c>"
        "<x:c r='B1'><x:f>A1+1</x:f></x:c><x:c r='C1'><x:f t='shared' si='0'/><x:v>3</x:v></x:c>"
        "<x:mergeCells><x:mergeCell ref='A6:B7'/></x:mergeCells>"
    )
    assert sheet_structure(_xlsx(sheet), "Données & co") == Structure(
        hidden_rows=frozenset({3}),
        merged=(Range(0, 6, 1, 7),),
        uncalculated=frozenset({"B1"}),
        errors={"A1": "#DIV/0!"},
    )


def test_an_empty_text_is_a_result_and_an_empty_number_is_none():
    sheet = (
        '<c r="A1" t="str"><f>IF(B1="","","x")</f><v></v></c><c r="A2"><f>B1</f><v/></c><c r="A3"><f>B1</f><v>0</v></c>'
    )
    assert sheet_structure(_xlsx(sheet), "Données & co").uncalculated == {"A2"}


def test_another_workbook_is_told_from_a_column_of_a_table():
    sheet = (
        '<c r="A1"><f>\'[1]Budget 2021\'!F5</f><v>1</v></c><c r="A2"><f>[12]!total</f><v>1</v></c>'
        '<c r="A3"><f>SUM(Tableau1[2021])</f><v>1</v></c><c r="A4"><f>HYPERLINK("https://x.fr")</f><v>1</v></c>'
    )
    assert sheet_structure(_xlsx(sheet), "Données & co").external == {"A1", "A2"}


def test_a_hidden_sheet_is_named():
    assert hidden_sheets(_xlsx("", state='state="veryHidden"')) == {"Données & co"}
    assert hidden_sheets(_xlsx("", state='state="visible"')) == frozenset()


def test_a_workbook_of_a_real_writer_is_seen_through():
    seen = sheet_structure(projects().xlsx(hidden_rows=(3,), filtered_on="phase", merged=("C4:C5",)), "Grands projets")
    assert (seen.hidden_rows, seen.has_filter, [str(merged) for merged in seen.merged]) == ({3}, True, ["C4:C5"])


def test_the_rows_of_an_opendocument_sheet_are_counted_through_their_repetitions():
    rows = (
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        '<table:table-row table:visibility="collapse" table:number-rows-repeated="2"/>'
        '<table:table-row><table:table-cell table:number-columns-repeated="2"/>'
        '<table:table-cell table:number-rows-spanned="3"/><table:covered-table-cell/>'
        "<table:table-cell table:formula=\"of:=['file:///budget.ods'#$Feuil1.F5]\"/></table:table-row>"
    )
    seen = sheet_structure(_ods(rows), "Projets")
    assert (seen.hidden_rows, seen.has_filter) == ({4, 5}, False)
    assert [str(merged) for merged in seen.merged] == ["C6:C8"]
    assert seen.external == seen.uncalculated == {"E6"}


def test_hidden_columns_are_seen_whoever_wrote_the_workbook():
    columns = '<cols><col min="1" max="2"/><col hidden="true" min="3" max="4"/></cols><sheetData><row r="1"/>'
    assert sheet_structure(_xlsx(columns), "Données & co").hidden_columns == (range(2, 4),)
    rows = (
        '<table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:visibility="collapse" table:number-columns-repeated="3"/><table:table-column/>'
        "<table:table-row/>"
    )
    assert sheet_structure(_ods(rows), "Projets").hidden_columns == (range(2, 5),)


def test_a_failed_formula_of_an_opendocument_sheet_is_seen():
    cell = '<table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error">'
    seen = sheet_structure(_ods(f"<table:table-row/><table:table-row>{cell}<text:p>#DIV/0!</text:p>"), "Projets")
    assert (seen.errors, seen.uncalculated) == ({"A2": "#DIV/0!"}, frozenset())


def test_a_filter_and_a_hidden_sheet_are_seen_in_opendocument():
    style = '<style:style style:name="ta1"><style:table-properties table:display="false"/></style:style>'
    data = _ods('<table:table-row/><table:table-row table:visibility="filter"/>', style)
    assert hidden_sheets(data) == {"Projets"}
    assert (sheet_structure(data, "Projets").hidden_rows, sheet_structure(data, "Projets").has_filter) == ({2}, True)


@pytest.mark.parametrize("data", [b"", b"Nom;Phase", b"PK\x03\x04 cut short", _package({"xl/workbook.xml": "<sheet"})])
def test_a_file_that_cannot_be_made_out_shows_nothing(data):
    assert sheet_structure(data, "Projets") == Structure()
    assert hidden_sheets(data) == frozenset()


@pytest.mark.parametrize(
    "part",
    [
        "<c " * 2_000_000,
        "<c r='A1'>" + " " * 6_000_000,
        '<c r="A1"><f>' * 500_000,
        '<row hidden="' * 500_000,
        '<c t="e" ' + 't="e" ' * 1_000_000,
    ],
    ids=["tags", "blanks", "formulas", "rows", "attributes"],
)
def test_a_hostile_sheet_is_looked_at_in_no_time(part):
    data = _xlsx(f'<mergeCell t="e"/><f>{part}')
    started = time.perf_counter()
    sheet_structure(data, "Données & co")
    assert time.perf_counter() - started < 5


def test_repetitions_of_a_hostile_opendocument_sheet_are_not_played_out():
    rows = '<table:table-row table:visibility="collapse" table:number-rows-repeated="99999999"/>' * 100_000
    started = time.perf_counter()
    sheet_structure(_ods(rows), "Projets")
    assert time.perf_counter() - started < 5


def test_letters_and_positions_are_each_others_inverse():
    assert [column_letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert all(column_position(column_letters(n)) == n for n in range(1000))
    assert (address_place("AA12"), address_place("nowhere")) == ((26, 12), (0, 0))
