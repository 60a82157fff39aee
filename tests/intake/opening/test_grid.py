"""A large text is held by column: it says cell for cell what the row-by-row reader says, or is left to that one."""

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestration.intake.opening.formats import open_sheets
from orchestration.intake.opening.grid import Grid
from orchestration.intake.opening.limits import MAX_CELL
from tests.intake.golden.tables import procedures, projects
from tests.intake.read_file import read

# What a text may hold that two readers could take in two ways.
_CELLS = st.text(st.sampled_from("aé€’ \u00a0\u2028\u0085\x0b\x1c\t-1,5.'#=<œ\U0001f600"), max_size=6)
_TABLES = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(_CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


def by_row(text: str) -> list[list[str]]:
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    return [row if any(row) else [] for row in rows]


@given(_TABLES, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
@example([["a", ""], ["", ""], ["", "b"]], "\n", True)
def test_a_table_of_as_many_cells_a_row_is_held_by_column_and_says_the_same(table, end, is_ended):
    text = "x;y;z;t;u\n" + end.join(";".join([*row, *[""] * (5 - len(row))]) for row in table) + end * is_ended
    (sheet,) = open_sheets(text.encode())
    assert isinstance(sheet.rows, Grid)
    assert [list(row) for row in sheet.rows] == by_row(text)
    assert [list(sheet.rows[place]) for place in range(len(sheet.rows))] == by_row(text)
    assert [list(row) for row in sheet.rows[1:]] == by_row(text)[1:]


@pytest.mark.parametrize(
    "text",
    [
        'a;b\n"1";2\n',
        'a;b\nrue "du Bac";2\n',
        "a;b\n1\n",
        "a;b\n1;2;3\n",
        "a;b\n1;2\nNote : x\n",
        f"a;b\n{'é' * (MAX_CELL // 2 + 1)};2\n",
    ],
)
def test_any_other_table_is_read_row_by_row_and_says_the_same(text):
    (sheet,) = open_sheets(text.encode())
    assert not isinstance(sheet.rows, Grid)
    assert [list(row) for row in sheet.rows] == by_row(text)


@pytest.mark.parametrize("text", ["a;b\n\n1;2\n", "\n\na;b\n1;2\n\n\n", "a;b\r\n\r\n;\r\n1;2", "\na;b\r1;2\r\r"])
def test_blank_lines_are_rows_of_the_table_all_the_same(text):
    (sheet,) = open_sheets(text.encode())
    assert isinstance(sheet.rows, Grid)
    assert [list(row) for row in sheet.rows] == by_row(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_table_is_held_by_column_whatever_its_encoding(encoding):
    (sheet,) = open_sheets("Nom du projet;Coût\nÉté;4\n".encode(encoding))
    assert isinstance(sheet.rows, Grid)
    assert [list(row) for row in sheet.rows] == [["Nom du projet", "Coût"], ["Été", "4"]]


ODD_CELLS = ("", "12/31/2020", "1.234", "bientôt", "-5", "NA", "#N/A", "=1")


@pytest.mark.parametrize("table", [projects, procedures])
def test_both_ways_of_reading_give_the_same_rows_and_the_same_findings(table):
    faulty = table()
    for column, cell in enumerate(ODD_CELLS, start=1):
        row = 1 + column % (len(faulty.rows) - 1)
        faulty.rows[row] = [*faulty.rows[row][:column], cell, *faulty.rows[row][column + 1 :]]
    width = len(faulty.rows[0])
    for odd in ([], faulty.rows[0], ["TOTAL", *"1234567"], ["Note : x"]):
        faulty.rows.append([*odd, *[""] * (width - len(odd))])
    assert isinstance(open_sheets(tabbed(faulty.rows, csv.QUOTE_NONE))[0].rows, Grid)
    by_column, by_rows = (read(tabbed(faulty.rows, quoting)) for quoting in (csv.QUOTE_NONE, csv.QUOTE_ALL))
    assert {"row_header", "row_total", "row_note"} <= {finding.rule for finding in by_column.findings}
    assert by_column.findings == by_rows.findings
    assert [dict(row) for row in by_column.rows] == [dict(row) for row in by_rows.rows]


def tabbed(rows, quoting) -> bytes:
    text = io.StringIO()
    bare = [["" if cell is None else re.sub(r'["\t\n]', " ", str(cell)) for cell in row] for row in rows]
    csv.writer(text, "excel-tab", quoting=quoting, quotechar='"').writerows(bare)
    return text.getvalue().encode()
