"""Headings: the header cells that a finding about whole columns concerns.

What belongs here: where the columns stand that such a finding names, and where one that is missing may be added. What
does not: the sentences (the rules), or colouring a cell (`marks`).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import count

from orchestration.contracts.cells.parsing import typed_text
from orchestration.domain.french import NBSP
from orchestration.intake.findings.finding import Finding
from orchestration.intake.findings.rules import LAYOUT_RULES
from orchestration.intake.opening.formats import Sheet
from orchestration.intake.opening.limits import MAX_COLUMNS
from orchestration.intake.reading.header import find_table

MISSING = "column_missing"
# No header that any contract knows, so that a copy sent back as it is lacks the column still.
_TO_ADD = f"Colonne manquante, à ajouter{NBSP}: «{NBSP}{{}}{NBSP}»"
_ADDED = re.compile(re.escape(_TO_ADD).replace(r"\{\}", ".*"), re.DOTALL)
# Sentences name a column by its letters, after the header that the agent typed: `« Début » (colonne C)`.
_QUOTED = re.compile("«[^»]*»")
_NAMED = re.compile(r"\b[Cc]olonnes?\s([A-Z]{1,3}\b(?:, [A-Z]{1,3}\b)*)")


def added_header(title: str) -> str:
    """What stands in the header cell that is added for a missing column."""
    return _TO_ADD.format(title)


def is_added_header(value: object) -> bool:
    """Whether a cell still holds what was added for a missing column."""
    return isinstance(value, str) and _ADDED.fullmatch(value) is not None


def headings(findings: Sequence[Finding], sheets: Sequence[Sheet]) -> Iterator[tuple[Finding, int, int]]:
    """Each finding about whole columns with the row and the 1-based column of every header cell that it concerns."""
    about = [one for one in findings if one.row is None and one.rule in LAYOUT_RULES]
    for sheet in sheets:
        of_sheet = [one for one in about if one.sheet == sheet.name]
        table = find_table(sheet) if of_sheet else None
        if table is not None:
            free = _free_columns(sheet, table.header_rows[0])
            for finding in of_sheet:
                for column in _added(finding, sheet, table.header_rows, free) or _named(finding):
                    yield finding, _row(sheet, table.header_rows, column), column


def _named(finding: Finding) -> list[int]:
    from openpyxl.utils.cell import column_index_from_string

    names = _NAMED.findall(_QUOTED.sub("", finding.expected))
    return [column_index_from_string(letters) for name in names for letters in name.split(", ")]


def _added(finding: Finding, sheet: Sheet, header_rows: Sequence[int], free: Iterator[int]) -> list[int]:
    """Where a missing column may be added: where an earlier copy of ours added it, else past all that is filled."""
    if finding.rule != MISSING or finding.column is None:
        return []
    title = added_header(finding.column)
    for number in header_rows:
        for column, cell in enumerate(sheet.rows[number - 1], start=1):
            if cell == title:
                return [column]
    column = next(free)
    return [column] if column <= MAX_COLUMNS else []


def _free_columns(sheet: Sheet, first_row: int) -> Iterator[int]:
    filled = (column for row in sheet.rows[first_row - 1 :] for column, cell in enumerate(row, 1) if typed_text(cell))
    return count(max(filled, default=0) + 1)


def _row(sheet: Sheet, header_rows: Sequence[int], column: int) -> int:
    """The row of a column's header; the lower one that is filled where it stands on two."""
    for number in reversed(header_rows):
        row = sheet.rows[number - 1]
        if column <= len(row) and typed_text(row[column - 1]).strip():
            return number
    return header_rows[-1]
