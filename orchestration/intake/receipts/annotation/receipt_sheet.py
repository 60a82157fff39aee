"""The sheet «Accusé de réception» that opens the annotated copy: the verdict, what to do, and each finding.

What belongs here: its layout. What does not: the words, which are the receipt's own, or the agent's sheets.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.domain.french import plural
from orchestration.domain.visible import visible
from orchestration.intake.findings.finding import Finding
from orchestration.intake.opening.annotated_copy import RECEIPT_SHEET
from orchestration.intake.receipts.advice import advice, facts
from orchestration.intake.receipts.annotation.marks import fill, severity_fr, text_cell, value_of
from orchestration.intake.receipts.wording import what_is_wrong

if TYPE_CHECKING:
    from openpyxl.cell import Cell

    from orchestration.intake.receipts.record import Receipt

_MAX_LISTED = 5_000
# Widths in characters, heights in points: a row of wrapped text has to be told how high it is.
_WIDTHS = {"A": 25, "B": 16, "C": 30, "D": 30, "E": 30, "F": 60, "G": 60}
_LINE = 15
_LINKED = "B"
_MORE = "Corrigez dans cette copie, puis déposez-la : cette feuille, les couleurs et les commentaires ne sont pas lus."
_PLAIN = "Vos cellules sont reprises telles qu’elles ont été lues, sans leur mise en forme."


def fill_receipt_sheet(sheet: Any, receipt: "Receipt", titles: Mapping[str | None, str], *, has_styles: bool) -> None:
    """Write the sheet, empty so far; `titles` maps the sheets that findings name to those of the workbook."""
    from openpyxl.worksheet.properties import PageSetupProperties

    for letters, width in _WIDTHS.items():
        sheet.column_dimensions[letters].width = width
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sentences = [*advice(receipt), *[_MORE] * bool(receipt.findings), *[_PLAIN] * (not has_styles)]
    rows = [
        _text_row(sheet, RECEIPT_SHEET, size=16),
        _text_row(sheet, receipt.verdict, size=12, is_bold=True),
        *(_text_row(sheet, sentence) for sentence in sentences),
        [],
        *(_listed(sheet, receipt, titles) if receipt.findings else []),
        *(_text_row(sheet, *fact) for fact in facts(receipt)),
    ]
    for number, row in enumerate(rows, start=1):
        lines = max((_lines(cell, width) for cell, width in zip(row, _WIDTHS.values(), strict=False)), default=1)
        sheet.row_dimensions[number].height = _LINE * lines if lines > 1 else None
        for cell in row:
            if cell.hyperlink:
                cell.hyperlink.ref = f"{_LINKED}{number}"
        sheet.append(row)


def _lines(cell: "Cell", width: int) -> int:
    return 1 + len(str(cell.value or "")) // (width - 2) if cell.alignment.wrap_text else 1


def _text_row(sheet: Any, *texts: str, size: int = 11, is_bold: bool = False) -> list["Cell"]:
    from openpyxl.styles import Font

    row = [text_cell(sheet, visible(text)) for text in texts]
    for cell in row:
        cell.font = Font(name="Calibri", size=size, bold=is_bold or size > 12)
    return row


def _listed(sheet: Any, receipt: "Receipt", titles: Mapping[str | None, str]) -> list[list["Cell"]]:
    headers = ("Gravité", "Où", "Colonne", receipt.subject_fr, "Valeur saisie", "Ce qui ne va pas", "Que faire")
    findings = sorted(receipt.findings, key=lambda finding: finding.severity != "error")
    rows = [_text_row(sheet, *headers, is_bold=True)]
    rows += [_row(sheet, finding, titles) for finding in findings[:_MAX_LISTED]]
    if len(findings) > _MAX_LISTED:
        more = plural(len(findings) - _MAX_LISTED, "autre point", "autres points")
        rows.append(_text_row(sheet, f"… et {more}, tous dans accuse.json."))
    return [*rows, []]


def _row(sheet: Any, finding: Finding, titles: Mapping[str | None, str]) -> list["Cell"]:
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.hyperlink import Hyperlink

    header_at = finding.header_cells[0] if finding.header_cells else None
    at = finding.cell or header_at or (f"A{finding.row}" if finding.row else None)
    place = finding.cell or (f"ligne {finding.row}" if finding.row else header_at or "tout le fichier")
    texts: Sequence[str] = (
        severity_fr(finding),
        place,
        finding.column or "",
        finding.subject or "",
        value_of(finding),
        what_is_wrong(finding),
        finding.remedy,
    )
    row = _text_row(sheet, *texts)
    for cell in row:
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    row[0].fill = fill(finding.severity)
    if at and finding.sheet in titles:
        quoted = titles[finding.sheet].replace("'", "''")
        row[1].hyperlink = Hyperlink(ref="", location=f"'{quoted}'!{at}")
        row[1].font = Font(name="Calibri", size=11, color="FF0000EE", underline="single")
    return row
