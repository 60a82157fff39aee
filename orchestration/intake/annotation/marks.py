"""Marks: which cells of a workbook are faulty, and how one is coloured and commented.

What belongs here: what a copy and a plain workbook share. What does not: opening or writing either.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.intake.findings import Finding

if TYPE_CHECKING:
    from openpyxl.cell import Cell

AUTHOR = "Jalons"
COLOURS = {"error": "FFFFB3B3", "warning": "FFFFD58A"}
# A spreadsheet takes a text that starts so for a formula when it is typed again.
LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# More comments make spreadsheets slow to open: the cells beyond are coloured, and listed on our sheet.
_MAX_COMMENTS = 2_000
_MAX_VALUE, _MAX_COMMENT = 200, 1_500
# A text longer than this cannot stand in a cell of an XLSX.
_MAX_TEXT = 32_767
_BEFORE_THEIRS = "\n\nVotre commentaire :\n"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Findings by row, then by 1-based column; those of a whole row stand in its first column.
SheetMarks = Mapping[int, Mapping[int, Sequence[Finding]]]
Marks = Mapping[str | None, SheetMarks]


def marks_of(findings: Iterable[Finding]) -> Marks:
    """The findings that have a row, by the sheet that they name."""
    from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

    marks: dict[str | None, dict[int, dict[int, list[Finding]]]] = {}
    for finding in findings:
        if finding.row is not None:
            column = column_index_from_string(coordinate_from_string(finding.cell)[0]) if finding.cell else 1
            marks.setdefault(finding.sheet, {}).setdefault(finding.row, {}).setdefault(column, []).append(finding)
    return marks


class Marker:
    """Marks the cells of one sheet, as many of them with a comment as a spreadsheet opens with ease."""

    def __init__(self) -> None:
        self._commented = 0

    def mark(self, cell: Any, findings: Sequence[Finding]) -> None:
        """Colour a cell by its worst finding, and comment it; the comment that it had stays under ours."""
        from openpyxl.comments import Comment

        cell.fill = fill("error" if any(finding.severity == "error" for finding in findings) else "warning")
        self._commented += 1
        if self._commented <= _MAX_COMMENTS:
            theirs = f"{_BEFORE_THEIRS}{cell.comment.text}" if cell.comment else ""
            text = capped("\n\n".join(map(_comment, findings)), _MAX_COMMENT) + theirs
            lines = sum(1 + len(line) // 50 for line in text.split("\n"))
            cell.comment = Comment(capped(text, _MAX_TEXT), AUTHOR, height=20 * min(lines, 25) + 10, width=340)


def unmark(cell: Any) -> None:
    """Take what an earlier copy of ours had marked off a cell, and leave what was theirs."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    if cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb in COLOURS.values():
        cell.fill = PatternFill()
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
        cell.quotePrefix = text.startswith(LIKE_A_FORMULA)
    return cell


def clean(text: str) -> str:
    """A text without the characters that XML cannot hold, nor more of them than a cell can."""
    return _NOT_XML.sub("\ufffd", text[:_MAX_TEXT])


def severity_fr(finding: Finding) -> str:
    """The word for how grave a finding is."""
    return "Erreur" if finding.severity == "error" else "À vérifier"


def value_of(finding: Finding) -> str:
    """The value as typed, capped; empty for a blank cell."""
    return capped(finding.value or "", _MAX_VALUE)


def capped(text: str, length: int) -> str:
    """A text of at most that length, with an ellipsis where it was cut."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _comment(finding: Finding) -> str:
    typed = f"\nValeur saisie : « {value_of(finding)} »" if finding.value else ""
    return clean(f"{AUTHOR} – {severity_fr(finding)}\n{finding.expected}{typed}\nQue faire : {finding.remedy}")
