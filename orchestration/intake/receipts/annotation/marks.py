"""Marks: which cells of a workbook are faulty, and how one is coloured and commented.

What belongs here: what a copy and a plain workbook share. What does not: opening or writing either.
"""

import re
from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from orchestration.domain.spreadsheets import FORMULA_STARTS, address_place, cell_address
from orchestration.domain.visible import visible
from orchestration.intake.findings.finding import Finding
from orchestration.intake.opening.annotated_copy import added_header, is_added_header
from orchestration.intake.receipts.wording import shown_value, what_is_wrong

if TYPE_CHECKING:
    from openpyxl.cell import Cell

AUTHOR = "Jalons"
COLOURS = {"error": "FFFFB3B3", "warning": "FFFFD58A"}
# The rule whose finding adds a column to the copy.
MISSING = "column_missing"

# More comments make spreadsheets slow to open: the cells beyond are coloured, and listed on our sheet.
_MAX_COMMENTS = 2_000
_MAX_VALUE, _MAX_COMMENT = 200, 1_500
# In characters: what is added for a missing column takes two lines.
ADDED_WIDTH = 30
# A text longer than this cannot stand in a cell of an XLSX.
_MAX_TEXT = 32_767
_BEFORE_THEIRS = "\n\nVotre commentaire :\n"
_MEND_HERE = "\nPour l’ajouter ici, remplacez le texte de cette cellule par l’en-tête et remplissez la colonne."
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_INK = "FF161616"

# Findings by row, then by 1-based column; those of a whole row stand in its first column, those of whole columns in
# their headers.
SheetMarks = Mapping[int, Mapping[int, Sequence[Finding]]]
Marks = Mapping[str | None, SheetMarks]


def marks_of(findings: Sequence[Finding]) -> Marks:
    """The findings that can be shown in a cell, by the sheet that they name."""
    marks: dict[str | None, dict[int, dict[int, list[Finding]]]] = {}
    for finding in sorted(findings, key=lambda one: one.row is not None):
        for address in _addresses(finding):
            position, row = address_place(address)
            marks.setdefault(finding.sheet, {}).setdefault(row, {}).setdefault(position + 1, []).append(finding)
    return marks


def _addresses(finding: Finding) -> Sequence[str]:
    """The cells that a finding is shown in; one about a whole row, in its first."""
    if finding.row is None:
        return finding.header_cells
    return (finding.cell or cell_address(0, finding.row),)


def added_columns(rows: SheetMarks) -> set[int]:
    """The columns of a sheet that are added for missing ones."""
    return {
        column
        for columns in rows.values()
        for column, findings in columns.items()
        if any(finding.row is None and finding.rule == MISSING for finding in findings)
    }


class Marker:
    """Marks the cells of one sheet, as many of them with a comment as a spreadsheet opens with ease."""

    def __init__(self) -> None:
        self._commented = 0

    def mark(self, cell: Any, findings: Sequence[Finding]) -> None:
        """Colour a cell by its worst finding, and comment it; the comment that it had stays under ours."""
        from openpyxl.comments import Comment

        for finding in findings:
            if finding.row is None:
                _show_header(cell, finding)
        cell.fill = fill("error" if any(finding.severity == "error" for finding in findings) else "warning")
        self._commented += 1
        if self._commented <= _MAX_COMMENTS:
            theirs = f"{_BEFORE_THEIRS}{cell.comment.text}" if cell.comment else ""
            text = capped("\n\n".join(map(_comment, findings)), _MAX_COMMENT) + theirs
            lines = sum(1 + len(line) // 50 for line in text.split("\n"))
            cell.comment = Comment(capped(text, _MAX_TEXT), AUTHOR, height=20 * min(lines, 25) + 10, width=340)


def _show_header(cell: Any, finding: Finding) -> None:
    """Keep a header legible on our colours, which many write in white; name the column that is missing."""
    from openpyxl.styles import Alignment

    font = copy(cell.font)
    font.color = _INK
    if finding.rule == MISSING and cell.value is None:
        cell.value = added_header(str(finding.column))
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        font.bold = True
    cell.font = font


def unmark(cell: Any) -> None:
    """Take what an earlier copy of ours had marked off a cell, and leave what was theirs."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    if cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb in COLOURS.values():
        cell.fill = PatternFill()
    if is_added_header(cell.value):
        cell.value = None
    if cell.comment and cell.comment.text.startswith(f"{AUTHOR} – "):
        _, _, theirs = cell.comment.text.partition(_BEFORE_THEIRS)
        cell.comment = Comment(theirs, "") if theirs else None


def fill(severity: str) -> Any:
    """The background of a cell with a finding of this severity."""
    from openpyxl.styles import PatternFill

    return PatternFill("solid", fgColor=COLOURS[severity])


def text_cell(sheet: Any, text: str) -> "Cell":
    """A cell that holds a text and never a formula, cut and cleaned to what an XLSX can hold."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, clean(text) or None)
    if text:
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(FORMULA_STARTS)
    return cell


def clean(text: str) -> str:
    """A text without the characters that XML cannot hold, nor more of them than a cell can."""
    return _NOT_XML.sub("\ufffd", text[:_MAX_TEXT])


def severity_fr(finding: Finding) -> str:
    """The word for how grave a finding is."""
    return "Erreur" if finding.severity == "error" else "À vérifier"


def value_of(finding: Finding) -> str:
    """The value as the agent's spreadsheet shows it, capped; empty for a blank cell."""
    return capped(shown_value(finding), _MAX_VALUE)


def capped(text: str, length: int) -> str:
    """A text of at most that length, with an ellipsis where it was cut."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _comment(finding: Finding) -> str:
    typed = f"\nValeur saisie : « {value_of(finding)} »" if finding.value else ""
    here = _MEND_HERE if finding.row is None and finding.rule == MISSING else ""
    said = f"{AUTHOR} – {severity_fr(finding)}\n{what_is_wrong(finding)}{typed}\nQue faire : {finding.remedy}{here}"
    return clean(visible(said))
