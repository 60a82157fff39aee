"""The cells to which a number format gives a unit or a scale are found, whoever wrote the workbook."""

import time

import pytest

from orchestration.contracts.cells.number_format import ShownNumber
from orchestration.intake.opening.cell_formats import (
    ods_formats,
    ods_formatted_cells,
    ods_struck_cells,
    ods_struck_styles,
    xlsx_cells,
    xlsx_formats,
    xlsx_struck_styles,
)


def _styles(*codes: str, cells: str) -> bytes:
    formats = "".join(f"<numFmt numFmtId='{n}' formatCode='{code}'/>" for n, code in enumerate(codes, start=164))
    outline = '<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>'
    return f"<styleSheet><numFmts>{formats}</numFmts>{outline}<cellXfs>{cells}</cellXfs></styleSheet>".encode()


def test_styles_are_numbered_as_cells_name_them_and_plain_ones_left_out():
    cells = '<xf numFmtId="0"/><xf numFmtId="164"><alignment/></xf><xf numFmtId="14"/><xf numFmtId="10"/>'
    found = xlsx_formats(_styles("0&quot; k€&quot;", cells=cells + '<xf numFmtId="44"/><xf numFmtId="165"/>'))
    assert {number: ShownNumber.of(5, one) for number, one in found.items()} == {1: "5 k€", 3: "500 %", 4: "5 €"}


def test_a_code_may_hold_the_sign_that_ends_a_tag():
    found = xlsx_formats(_styles("[>=1000]0,&quot; k€&quot;;0", cells='<xf numFmtId="164"/>'))
    assert ShownNumber.of(2000, found[0]) == "2 k€"
    assert ShownNumber.of(2, found[0]) is None


def test_cells_are_found_whatever_prefix_quotes_and_order_the_writer_used():
    formats = xlsx_formats(_styles("0&quot; k€&quot;", cells='<xf numFmtId="0"/><xf numFmtId="164"/>'))
    sheet = (
        '<row r="1" s="1" customFormat="1"><c r="A1" s="1"><v>1</v></c><c s="1" r="B1"/><c r="C1" s="11"/>'
        "<x:c r='D1' t='n' s='1'><x:v>1</x:v></x:c>"
        '<c r="E1"><is><t> s="1" </t></is></c><c r="F1" s="0"/><c s="1"/></row>'
    )
    assert {(column, row) for column, row, _ in xlsx_cells(sheet.encode(), formats)} == {(0, 1), (1, 1), (3, 1)}


_NUMBER = '<number:number number:min-integer-digits="1"{}/>'
_IN_THOUSANDS = _NUMBER.format(' number:display-factor="1000"') + "<number:text> k€</number:text>"
_ODS_STYLES = f"""
<number:number-style style:name="N1">{_NUMBER.format("")}<number:text> mois</number:text></number:number-style>
<number:number-style style:name="N2P0">{_IN_THOUSANDS}</number:number-style>
<number:number-style style:name="N2">{_NUMBER.format("")}<style:map style:condition="value()>=1000"
 style:apply-style-name="N2P0"/></number:number-style>
<number:percentage-style style:name="N3">{_NUMBER.format("")}<number:text>%</number:text></number:percentage-style>
<number:currency-style style:name="N4"><number:currency-symbol/>{_NUMBER.format("")}</number:currency-style>
<number:number-style style:name="N5">{_NUMBER.format("")}<number:text> </number:text></number:number-style>
<style:style style:name="mois" style:family="table-cell" style:data-style-name="N1"/>
<style:style style:name="fille" style:family="table-cell" style:parent-style-name="mois"/>
<style:style style:name="k" style:family="table-cell" style:data-style-name="N2"/>
<style:style style:name="part" style:family="table-cell" style:data-style-name="N3"/>
<style:style style:name="euros" style:family="table-cell" style:data-style-name="N4"/>
<style:style style:name="nombre" style:family="table-cell" style:data-style-name="N5"/>
<style:style style:name="nu" style:family="table-cell"/>
""".encode()


def _shown(table: str) -> dict[tuple[int, int], str | None]:
    found = ods_formatted_cells(table.encode(), ods_formats(_ODS_STYLES))
    return {(column, row): ShownNumber.of(2000, one) for column, row, one in found}


def _cell(style: str = "", kind: str = "float", more: str = "") -> str:
    named = f'table:style-name="{style}" ' if style else ""
    return f'<table:table-cell {named}office:value-type="{kind}" office:value="2000" {more}/>'


def test_the_styles_of_opendocument_give_units_scales_and_conditions():
    cells = "".join(map(_cell, ("mois", "fille", "k", "part", "euros", "nombre", "nu")))
    texts = ["2 000 mois", "2 000 mois", "2 k€", "200 000 %", "2 000 €"]
    assert _shown(f"<table:table-row>{cells}</table:table-row>") == {(n, 1): text for n, text in enumerate(texts)}


def test_a_style_of_texts_shows_numbers_as_those_that_it_maps_them_to():
    styles = f"""<number:number-style style:name="N1P0">{_IN_THOUSANDS}</number:number-style>
<number:number-style style:name="N2P0"><number:text/></number:number-style>
<number:text-style style:name="N1"><number:text-content/>
<style:map style:condition="value()&gt;0" style:apply-style-name="N1P0"/></number:text-style>
<number:text-style style:name="N2"><number:text/>
<style:map style:condition="value()&gt;0" style:apply-style-name="N2P0"/></number:text-style>
<number:text-style style:name="N3"><number:text-content/></number:text-style>
<number:number-style style:name="N4"><number:text>NC</number:text></number:number-style>"""
    styles += "".join(
        f'<style:style style:name="ce{n}" style:family="table-cell" style:data-style-name="N{n}"/>' for n in range(1, 5)
    )
    formats = ods_formats(styles.encode())
    shown = {name: ShownNumber.of(2000, one) for name, one in formats.items() if one is not None}
    assert shown == {"ce1": "2 k€", "ce2": "2 000", "ce3": None, "ce4": "2 000"}


def test_a_cell_without_a_style_has_that_of_its_row_else_of_its_column_else_its_type():
    columns = '<table:table-column table:number-columns-repeated="2"/>'
    columns += '<table:table-column table:default-cell-style-name="k"/>'
    rows = (
        f'<table:table-row table:number-rows-repeated="2">{_cell()}{_cell("nombre")}{_cell()}</table:table-row>'
        f'<table:table-row table:default-cell-style-name="mois">{_cell()}</table:table-row>'
        f"<table:table-row>{_cell(kind='percentage')}{_cell(kind='currency')}{_cell('nombre', 'percentage')}"
        "</table:table-row>"
    )
    assert _shown(columns + rows) == {
        (2, 1): "2 k€",
        (2, 2): "2 k€",
        (0, 3): "2 000 mois",
        (0, 4): "200 000 %",
        (1, 4): "2 000 €",
    }


def test_a_cell_that_stands_for_several_is_each_of_them():
    cell = _cell("mois", more='table:number-columns-repeated="2"')
    row = f"<table:table-row><table:table-cell/>{cell}</table:table-row>"
    assert set(_shown(row)) == {(1, 1), (2, 1)}


@pytest.mark.parametrize(
    "styles",
    [
        b"<numFmt " * 1_000_000,
        b'<numFmt formatCode="' * 500_000,
        b"<cellXfs>" + b"<xf " * 1_000_000,
        b"<numFmt formatCode='" + b"[>" * 500_000,
    ],
)
def test_hostile_styles_are_looked_at_in_no_time(styles):
    started = time.perf_counter()
    assert xlsx_formats(styles) == {}
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "styles", [b"<number:number-style " * 500_000, b'<number:number-style a="b">' * 300_000, b"<style:style " * 500_000]
)
def test_hostile_styles_of_opendocument_are_looked_at_in_no_time(styles):
    started = time.perf_counter()
    assert list(ods_formatted_cells(b"", ods_formats(styles))) == []
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("prefix", "strike"),
    [("", "<strike/>"), ("", '<strike val="1"/>'), ("x:", "<x:strike val='true' />"), ("", "<strike></strike>")],
)
def test_cell_styles_whose_font_is_struck_through_are_told_whoever_wrote_the_workbook(prefix, strike):
    plain = f'<{prefix}font><{prefix}sz val="11"/></{prefix}font>'
    fonts = f"{plain}<{prefix}font>{strike}</{prefix}font><{prefix}font/>{plain.replace('sz', 'outline')}"
    cells = "".join(f'<{prefix}xf numFmtId="0" fontId="{number}"/>' for number in (0, 1, 2, 3, 1))
    styles = (
        f'<styleSheet><{prefix}fonts count="4">{fonts}</{prefix}fonts><{prefix}cellStyleXfs><{prefix}xf fontId="1"/>'
        f"</{prefix}cellStyleXfs><{prefix}cellXfs>{cells}</{prefix}cellXfs>"
        f"<{prefix}dxfs><{prefix}dxf><{prefix}font>{strike}</{prefix}font></{prefix}dxf></{prefix}dxfs></styleSheet>"
    )
    assert xlsx_struck_styles(styles.encode()) == [1, 4]
    assert xlsx_struck_styles(styles.replace(strike, f'<{prefix}strike val="0"/>').encode()) == []


def test_the_lines_through_texts_of_opendocument_are_told_inherited_and_taken_back():
    properties = '<style:text-properties style:text-line-through-{}="{}"/>'
    styles = "".join(
        f'<style:style style:name="{name}" style:family="table-cell"{parent}>{inside}</style:style>'
        for name, parent, inside in (
            ("barré", "", properties.format("style", "solid")),
            ("double", "", properties.format("type", "double")),
            ("fille", ' style:parent-style-name="barré"', ""),
            ("nette", ' style:parent-style-name="barré"', properties.format("style", "none")),
            ("nue", "", ""),
        )
    ).encode()
    struck = ods_struck_styles(b"", styles + b'<style:style style:name="vide" style:family="table-cell"/>')
    assert struck == {"barré", "double", "fille"}
    assert ods_struck_styles(styles.replace(b"solid", b"none").replace(b'"double"/', b'"none"/')) == set()

    column = '<table:table-column table:number-columns-repeated="2" table:default-cell-style-name="double"/>'
    repeated = _cell("fille", "string", 'table:number-columns-repeated="2"')
    rows = f"<table:table-row>{_cell('nue')}{_cell()}{repeated}</table:table-row>"
    rows += f'<table:table-row table:number-rows-repeated="2">{_cell("nette")}<table:table-cell/></table:table-row>'
    assert list(ods_struck_cells((column + rows).encode(), struck)) == [(1, 1), (2, 1), (3, 1)]
    assert list(ods_struck_cells(rows.encode(), set())) == []
