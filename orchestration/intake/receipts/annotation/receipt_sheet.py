"""The sheet «Accusé de réception» that opens the annotated copy: the verdict, what to do, and each finding.

What belongs here: its layout. What does not: the words, which are the receipt's own, or the agent's sheets.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.domain.french import plural
from orchestration.domain.spreadsheets import cell_address
from orchestration.domain.visible import visible
from orchestration.intake.findings.finding import Finding
from orchestration.intake.opening.annotated_copy import RECEIPT_SHEET
from orchestration.intake.receipts.advice import advice, facts
from orchestration.intake.receipts.annotation.marks import severity_fr, value_of
from orchestration.intake.receipts.annotation.rows import text_cell
from orchestration.intake.receipts.annotation.styles import Styles
from orchestration.intake.receipts.annotation.xml_part import MAIN, attributes_of
from orchestration.intake.receipts.wording import what_is_wrong

if TYPE_CHECKING:
    from orchestration.intake.receipts.record import Receipt

_MAX_LISTED = 5_000
# Widths in characters, heights in points: a row of wrapped text has to be told how high it is.
_WIDTHS = (25, 16, 30, 30, 30, 60, 60)
_LINE, _HIGHEST = 15, 409
_LINKED = 1
_MORE = "Corrigez dans cette copie, puis déposez-la : cette feuille, les couleurs et les commentaires ne sont pas lus."
_PLAIN = "Vos cellules sont reprises telles qu’elles ont été lues, sans leur mise en forme."


@dataclass(frozen=True)
class _Row:
    """Texts, each with its style; the second one leads to `location`."""

    texts: Sequence[str] = ()
    styles: Sequence[int] = ()
    location: str | None = None
    is_wrapped: bool = False


def receipt_sheet(receipt: "Receipt", titles: Mapping[str | None, str], styles: Styles, *, is_plain: bool) -> bytes:
    """The part of the sheet; `titles` maps the sheets that findings name to those of the workbook."""
    rows, links = [], []
    for number, row in enumerate(_rows(receipt, titles, styles, is_plain=is_plain), start=1):
        cells = "".join(
            text_cell("", cell_address(column, number), style, visible(text))
            for column, (text, style) in enumerate(zip(row.texts, row.styles, strict=True))
        )
        rows.append(f"<row{attributes_of({'r': str(number)} | _height(row))}>{cells}</row>")
        if row.location is not None:
            links.append(attributes_of({"ref": cell_address(_LINKED, number), "location": row.location}))
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(_WIDTHS, start=1)
    )
    linked = f"<hyperlinks>{''.join(f'<hyperlink{one}/>' for one in links)}</hyperlinks>" if links else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{MAIN}"><sheetPr>'
        '<pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{"".join(rows)}</sheetData>{linked}'
        '<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    ).encode()


def _height(row: _Row) -> dict[str, str]:
    if not row.is_wrapped:
        return {}
    lines = max(1 + len(text) // (width - 2) for text, width in zip(row.texts, _WIDTHS, strict=False))
    return {"ht": str(min(_LINE * lines, _HIGHEST)), "customHeight": "1"} if lines > 1 else {}


def _rows(receipt: "Receipt", titles: Mapping[str | None, str], styles: Styles, *, is_plain: bool) -> Iterator[_Row]:
    plain, bold = styles.text(), styles.text(is_bold=True)
    yield _Row([RECEIPT_SHEET], [styles.text(size=16, is_bold=True)])
    yield _Row([receipt.verdict], [styles.text(size=12, is_bold=True)])
    for sentence in (*advice(receipt), *[_MORE] * bool(receipt.findings), *[_PLAIN] * is_plain):
        yield _Row([sentence], [plain])
    yield _Row()
    if receipt.findings:
        headers = ("Gravité", "Où", "Colonne", receipt.subject_fr, "Valeur saisie", "Ce qui ne va pas", "Que faire")
        yield _Row(headers, [bold] * len(headers))
        findings = sorted(receipt.findings, key=lambda finding: finding.severity != "error")
        for finding in findings[:_MAX_LISTED]:
            yield _listed(finding, titles, styles)
        if len(findings) > _MAX_LISTED:
            more = plural(len(findings) - _MAX_LISTED, "autre point", "autres points")
            yield _Row([f"… et {more}, tous dans accuse.json."], [plain])
        yield _Row()
    for fact in facts(receipt):
        yield _Row(fact, [plain] * len(fact))


def _listed(finding: Finding, titles: Mapping[str | None, str], styles: Styles) -> _Row:
    header_at = finding.header_cells[0] if finding.header_cells else None
    at = finding.cell or header_at or (f"A{finding.row}" if finding.row else None)
    place = finding.cell or (f"ligne {finding.row}" if finding.row else header_at or "tout le fichier")
    texts = (
        severity_fr(finding),
        place,
        finding.column or "",
        finding.subject or "",
        value_of(finding),
        what_is_wrong(finding),
        finding.remedy,
    )
    location = None
    if at and finding.sheet in titles:
        quoted = titles[finding.sheet].replace("'", "''")
        location = f"'{quoted}'!{at}"
    cell = styles.text(is_cell=True)
    numbers = [cell] * len(texts)
    numbers[0] = styles.text(is_cell=True, severity=finding.severity)
    if location:
        numbers[_LINKED] = styles.link()
    return _Row(texts, numbers, location, is_wrapped=True)
