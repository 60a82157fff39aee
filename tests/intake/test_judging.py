"""What expectations say of a whole drop: a name that is none of the folder's perimeter is said once."""

from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from orchestration.domain.perimeter import perimeter_names
from orchestration.intake import take_in
from orchestration.intake.receipts.advice import advice
from orchestration.intake.receipts.annotation import FILE_NAME
from orchestration.intake.receipts.files import receipt_files
from orchestration.intake.receipts.record import Receipt
from tests.intake.golden.tables import EDITION, PERIMETER, Table, procedures, projects
from tests.intake.read_file import sheets_of

NOW = datetime(2021, 6, 15, 9, tzinfo=UTC)
OTHERS = "Ministère de la Justice"


def _receipt(tmp_path, data: bytes) -> Receipt:
    path = tmp_path / "remontee"
    path.write_bytes(data)
    return take_in.check_file(path, NOW, EDITION, PERIMETER).receipt


def _named(table: Table, name: str, *rows: int) -> Table:
    for row in rows:
        table.put(row, ministry=name)
    return table


@pytest.mark.parametrize("write", [Table.csv, Table.xlsx, Table.ods, Table.json])
def test_a_ministry_of_another_perimeter_is_said_once_with_its_rows_and_the_names_that_are_known(tmp_path, write):
    table = _named(projects(), OTHERS, 2, 4, 5)
    (one,) = _receipt(tmp_path, write(table)).findings
    assert (one.rule, one.value, one.row, one.cell) == ("project_ministry_in_perimeter", OTHERS, None, None)
    assert one.header_cells == tuple(table.at("ministry", row) for row in (2, 4, 5))
    assert "Ce n’est pas le cas aux lignes 2, 4 à 5." in one.expected
    assert f"Pour le périmètre {PERIMETER}, sont connus\u00a0: «\u00a0" in one.remedy
    assert one.remedy.endswith("\u00a0autres.")


def test_each_name_is_said_once_and_one_alone_at_its_cell(tmp_path):
    table = _named(_named(procedures(), OTHERS, 2, 3), "Ministère de la Sante et de la Prévenssion", 5)
    several, alone = _receipt(tmp_path, table.csv()).findings
    assert (several.value, several.cell, len(several.header_cells)) == (OTHERS, None, 2)
    assert (alone.row, alone.cell) == (5, table.at("ministry", 5))
    # The most alike comes first.
    assert "sont connus\u00a0: «\u00a0Ministère de la Santé et de la Prévention\u00a0», «" in alone.remedy
    assert not alone.expected.endswith("5.")


def test_a_file_of_another_perimeter_is_still_told_to_look_at_its_folder(tmp_path):
    table = projects()
    receipt = _receipt(tmp_path, _named(table, OTHERS, *range(2, len(table.rows) + 1)).csv())
    assert any("déposez ce fichier dans le dossier 2021-S1/MJ" in sentence for sentence in advice(receipt))
    table = projects()
    receipt = _receipt(tmp_path, _named(table, OTHERS, *range(3, len(table.rows) + 1)).csv())
    assert not any("2021-S1/MJ" in sentence for sentence in advice(receipt))


def test_each_of_its_cells_is_marked_in_the_copy(tmp_path):
    data = _named(projects(), OTHERS, 2, 5).xlsx()
    (tmp_path / "copie.xlsx").write_bytes(receipt_files(_receipt(tmp_path, data), data, sheets_of(data))[FILE_NAME])
    page = load_workbook(tmp_path / "copie.xlsx")["Grands projets"]
    marked = [row for row in range(1, page.max_row + 1) if page.cell(row, 3).comment]
    assert marked == [2, 5]


def test_each_perimeter_s_own_name_is_known_for_it(tmp_path):
    data = _named(projects(), perimeter_names()[PERIMETER], 2, 3).csv()
    assert _receipt(tmp_path, data).findings == ()
