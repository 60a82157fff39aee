"""The files of a receipt: `accuse.json`, `accuse.html`, the annotated copy and the differences (docs/rules.md §6).

What belongs here: which files there are, and writing them. What does not: what they say (receipt, annotation).
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from orchestration.intake.opening.formats import Sheet
from orchestration.intake.receipts import annotation
from orchestration.intake.receipts.html import as_html
from orchestration.intake.receipts.record import Receipt
from orchestration.store.whole_file import write_whole

if TYPE_CHECKING:
    from upath import UPath

_LOG = logging.getLogger(__name__)


def receipt_files(receipt: Receipt, data: bytes, sheets: Sequence[Sheet]) -> dict[str, bytes]:
    """Every file of a receipt, by name; `data` are the bytes that it is about, `sheets` what was opened of them.

    Made twice, they are the same.
    """
    try:
        workbook = annotation.annotate(data, sheets, receipt)
    except Exception:
        # The agent is differences everything without it: a fault of ours here must not cost the receipt.
        _LOG.exception("annotating %s failed", receipt.sha256)
        workbook = None
    page = as_html(receipt, workbook=annotation.FILE_NAME if workbook is not None else None)
    files = {"accuse.html": page.encode(errors="replace"), "accuse.json": receipt.as_json().encode(errors="replace")}
    if workbook is not None:
        files[annotation.FILE_NAME] = workbook
    if receipt.difference:
        differences = json.dumps(asdict(receipt.difference), ensure_ascii=False, indent=2) + "\n"
        files["differences.json"] = differences.encode(errors="replace")
    return files


def write_receipt(receipt: Receipt, outbox: "UPath", data: bytes, sheets: Sequence[Sheet]) -> "UPath":
    """Write every file of a filed drop's receipt and return their folder; written twice, they say the same."""
    folder = receipt.folder(outbox)
    for name, content in receipt_files(receipt, data, sheets).items():
        write_whole(folder / name, content)
    return folder
