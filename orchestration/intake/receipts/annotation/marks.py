"""Marks: which cells of a workbook are faulty, and what is said at each.

What belongs here: colours and words of the marks, and by what those of an earlier copy are known. What does not: the
bytes of a workbook (`worksheet`, `styles`, `notes`).
"""

import re
from collections.abc import Mapping, Sequence

from orchestration.domain.spreadsheets import address_place, cell_address
from orchestration.domain.visible import visible
from orchestration.intake.findings.finding import Finding
from orchestration.intake.receipts.wording import shown_value, what_is_wrong

AUTHOR = "Jalons"
COLOURS = {"error": "FFFFB3B3", "warning": "FFFFD58A"}
# The rule whose finding adds a column to the copy.
MISSING = "column_missing"
# More comments make spreadsheets slow to open: the cells beyond are coloured, and listed on our sheet.
MAX_COMMENTS = 2_000
# In characters: what is added for a missing column takes two lines.
ADDED_WIDTH = 30

_MAX_VALUE, _MAX_COMMENT = 200, 1_500
# A text longer than this cannot stand in a cell of an XLSX.
_MAX_TEXT = 32_767
_BEFORE_THEIRS = "\n\nVotre commentaire :\n"
_MEND_HERE = "\nPour l’ajouter ici, remplacez le texte de cette cellule par l’en-tête et remplissez la colonne."
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Findings by row, then by 0-based column; those of a whole row stand in its first column, those of whole columns in
# their headers.
SheetMarks = Mapping[int, Mapping[int, Sequence[Finding]]]
Marks = Mapping[str | None, SheetMarks]


def marks_of(findings: Sequence[Finding]) -> Marks:
    """The findings that can be shown in a cell, by the sheet that they name."""
    marks: dict[str | None, dict[int, dict[int, list[Finding]]]] = {}
    for finding in sorted(findings, key=lambda one: one.row is not None):
        for address in _addresses(finding):
            position, row = address_place(address)
            if row:
                marks.setdefault(finding.sheet, {}).setdefault(row, {}).setdefault(position, []).append(finding)
    return marks


def _addresses(finding: Finding) -> Sequence[str]:
    """The cells that a finding is shown in; one about a whole row, in its first."""
    if finding.row is None:
        return finding.header_cells
    return (finding.cell or cell_address(0, finding.row),)


def severity_of(findings: Sequence[Finding]) -> str:
    """The severity that a cell has the colour of: that of its worst finding."""
    return "error" if any(finding.severity == "error" for finding in findings) else "warning"


def missing_column(findings: Sequence[Finding]) -> str | None:
    """The title of the column that is to be added at a header cell, if one is."""
    missing = (one.column for one in findings if one.row is None and one.rule == MISSING)
    return next(missing, None)


def comment(findings: Sequence[Finding], theirs: str) -> str:
    """What is said at a cell; the comment that it had stays under ours."""
    ours = capped("\n\n".join(map(_said, findings)), _MAX_COMMENT)
    return capped(ours + (f"{_BEFORE_THEIRS}{clean(theirs)}" if theirs else ""), _MAX_TEXT)


def without_ours(text: str) -> str | None:
    """What was the agent's own in a comment of an earlier copy; `None` for a comment that is none of ours."""
    if not text.startswith(f"{AUTHOR} – "):
        return None
    return text.partition(_BEFORE_THEIRS)[2]


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


def _said(finding: Finding) -> str:
    typed = f"\nValeur saisie : « {value_of(finding)} »" if finding.value else ""
    here = _MEND_HERE if finding.row is None and finding.rule == MISSING else ""
    said = f"{AUTHOR} – {severity_fr(finding)}\n{what_is_wrong(finding)}{typed}\nQue faire : {finding.remedy}{here}"
    return clean(visible(said))
