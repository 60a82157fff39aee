"""Each figure that a page prints says its cell, and is what the cell holds, rounded."""

import re
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from urllib.parse import unquote

from orchestration.publication.tables import read_tables

MARK = re.compile(r'<(\w+)[^>]* data-figure="([^"]+)"[^>]*>(.*?)</\1>', re.DOTALL)
CELL = re.compile(r"(?P<table>\w+)\.(?P<column>\w+)(?:\[(?P<keys>[^]]*)\])?(?P<percent> \*100)?")


def _shown(text: str) -> tuple[Decimal, int] | None:
    """The number that a text begins with, and its decimals; none where it begins with a word or a dash."""
    plain = re.sub(r"[\s\u00a0\u202f]", "", unescape(text)).replace("−", "-")
    found = re.match(r"[+-]?\d+(?:,(\d+))?", plain)
    return (Decimal(found[0].replace(",", ".")), len(found[1] or "")) if found else None


def test_every_marked_figure_of_the_real_pages_is_that_of_its_cell(real_home):
    seen = set()
    for edition in ("2018-S1", "2025-S2"):
        tables = {name: table.to_pylist() for name, table in read_tables(real_home.settings.marts, edition).items()}
        page = (real_home.settings.releases / edition / "current" / "index.html").read_text()
        for _, mark, text in MARK.findall(page):
            cell = CELL.fullmatch(unescape(mark))
            assert cell, mark
            keys = dict(pair.split("=") for pair in (cell["keys"] or "").split(",") if pair)
            (row,) = [
                row
                for row in tables[cell["table"]]
                if all(str(row[key]) == unquote(value) for key, value in keys.items())
            ]
            value, shown = row[cell["column"]], _shown(text)
            seen.add((cell["table"], cell["column"]))
            if value is None:
                assert shown is None, (mark, text)
                continue
            assert shown, (mark, text)
            exact = Decimal(value) * (100 if cell["percent"] else 1)
            assert exact.quantize(Decimal(1).scaleb(-shown[1]), ROUND_HALF_UP) == shown[0], (mark, text)
    assert {table for table, _ in seen} >= {"headline_figures", "headline_changes", "state_publications", "top50"}
    assert {table for table, _ in seen} >= {"portfolio", "slips", "procedure_scores", "top250"}
