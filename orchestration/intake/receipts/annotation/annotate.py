"""Annotate: the bytes received and their receipt become `annote.xlsx`.

What belongs here: choosing between a copy with its styles and a plain workbook, and saving the same bytes each time.
What does not: how either is made (`styled_copy`, `plain_workbook`), or what is said (`marks`, `receipt_sheet`).
"""

import io
import logging
import shutil
import warnings
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.intake.opening.annotated_copy import RECEIPT_SHEET
from orchestration.intake.opening.formats import Sheet
from orchestration.intake.receipts.annotation.marks import AUTHOR, marks_of
from orchestration.intake.receipts.annotation.plain_workbook import plain_workbook
from orchestration.intake.receipts.annotation.styled_copy import is_copyable, styled_copy

if TYPE_CHECKING:
    from openpyxl import Workbook

    from orchestration.intake.receipts.record import Receipt

_LOG = logging.getLogger(__name__)

FILE_NAME = "annote.xlsx"
_MAX_ROWS, _MAX_CELLS = 20_000, 250_000


def is_large(sheets: Sequence[Sheet]) -> bool:
    """Whether there is too much to annotate: a plain workbook is written at 90 000 cells a second on two cores."""
    return sum(len(row) for sheet in sheets for row in sheet.rows) > _MAX_CELLS


def annotate(data: bytes, sheets: Sequence[Sheet], receipt: "Receipt") -> bytes | None:
    """The bytes of `annote.xlsx`, the same for the same receipt; `None` for a file that is no table, or is a large one.

    `sheets` are what was opened of the bytes received, none where they are no table or `is_large`.
    """
    if not sheets or receipt.rows_read > _MAX_ROWS or is_large(sheets):
        return None
    marks = marks_of(receipt.findings)
    with warnings.catch_warnings():
        # What openpyxl leaves behind, it warns about: that is known (`styled_copy`).
        warnings.simplefilter("ignore")
        try:
            if is_copyable(data):
                return _saved(
                    styled_copy(data, [str(sheet.name) for sheet in sheets], marks, receipt), receipt.received_at
                )
        except Exception:
            # A package may be damaged in ways that only openpyxl minds: the cells were read, and are enough.
            _LOG.info("the workbook %s cannot be copied with its styles", receipt.sha256, exc_info=True)
        return _saved(plain_workbook(sheets, marks, receipt), receipt.received_at)


class _Timeless(zipfile.ZipFile):
    """A zip whose entries bear one fixed time, so that the same workbook is the same bytes."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        super().writestr(_entry(zinfo_or_arcname), data)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        with Path(filename).open("rb") as source, self.open(_entry(arcname), "w") as target:
            shutil.copyfileobj(source, target)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _saved(workbook: "Workbook", received_at: datetime) -> bytes:
    from openpyxl.packaging.core import DocumentProperties
    from openpyxl.writer.excel import ExcelWriter

    moment = received_at.astimezone(UTC).replace(tzinfo=None)
    workbook.properties = DocumentProperties(
        creator=AUTHOR, title=RECEIPT_SHEET, language="fr", created=moment, modified=moment
    )
    buffer = io.BytesIO()
    ExcelWriter(workbook, _Timeless(buffer, "w", zipfile.ZIP_DEFLATED)).save()
    return buffer.getvalue()
