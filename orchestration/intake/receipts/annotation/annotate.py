"""Annotate: the bytes received and their receipt become `annote.xlsx`.

What belongs here: choosing between the agent's own workbook and a plain one. What does not: how either is made
(`annotated_package`, `plain_workbook`), or what is said (`marks`, `receipt_sheet`).
"""

import logging
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from orchestration.intake.opening.formats import Sheet
from orchestration.intake.opening.limits import Damaged
from orchestration.intake.opening.structure import hidden_sheets, sheet_structure
from orchestration.intake.reading.as_shown import as_seen
from orchestration.intake.receipts.annotation.annotated_package import annotated_package
from orchestration.intake.receipts.annotation.marks import marks_of
from orchestration.intake.receipts.annotation.plain_workbook import plain_workbook, titles_of

if TYPE_CHECKING:
    from orchestration.intake.receipts.record import Receipt

_LOG = logging.getLogger(__name__)

FILE_NAME = "annote.xlsx"
_MAX_ROWS, _MAX_CELLS = 20_000, 250_000


def is_large(sheets: Sequence[Sheet]) -> bool:
    """Whether there is too much to annotate."""
    return any(cells > _MAX_CELLS for cells in accumulate(len(row) for sheet in sheets for row in sheet.rows))


def annotate(data: bytes, sheets: Sequence[Sheet], receipt: "Receipt") -> bytes | None:
    """The bytes of `annote.xlsx`, the same for the same receipt; `None` for a file that is no table, or is a large one.

    `sheets` are what was opened of the bytes received, none where they are no table or `is_large`.
    """
    if not sheets or receipt.rows_read > _MAX_ROWS or is_large(sheets):
        return None
    marks = marks_of(receipt.findings)
    if data.startswith(b"PK"):
        titles = {sheet.name: str(sheet.name) for sheet in sheets}
        try:
            return annotated_package(data, titles, marks, receipt, is_plain=False)
        except Damaged:
            # An ODS, or a package that cannot be edited safely: the cells were read, and are enough.
            _LOG.info("the workbook %s is written anew from its cells", receipt.sha256, exc_info=True)
        except Exception:
            _LOG.exception("editing the workbook %s failed: it is written anew from its cells", receipt.sha256)
    seen = [as_seen(sheet, sheet_structure(data, sheet.name)) for sheet in sheets]
    plain = plain_workbook(seen, hidden_sheets(data))
    return annotated_package(plain, titles_of(sheets), marks, receipt, is_plain=True)
