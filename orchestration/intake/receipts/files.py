"""The files of a receipt: `accuse.json`, `accuse.html`, the annotated copy and the differences (docs/rules.md §6).

What belongs here: which files there are, and writing them. What does not: what they say (receipt, annotation).
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from orchestration.intake.opening.formats import Sheet
from orchestration.intake.receipts import annotation
from orchestration.intake.receipts.html import as_html
from orchestration.intake.receipts.record import Receipt
from orchestration.store.access import make_if_nobody_did
from orchestration.store.digests import sha256
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
        # The agent has all that is said without it: a fault of ours here must not cost the receipt.
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


@dataclass(frozen=True)
class WrittenReceipt:
    """Where a receipt is, and the SHA-256 of what its files hold together (`digest_of`)."""

    folder: "UPath"
    sha256: str


def write_receipt(receipt: Receipt, outbox: "UPath", data: bytes, sheets: Sequence[Sheet]) -> WrittenReceipt:
    """Write every file of a filed drop's receipt; written twice, they say the same."""
    folder, files = receipt.folder(outbox), receipt_files(receipt, data, sheets)
    make_if_nobody_did(outbox)
    for name, content in files.items():
        write_whole(folder / name, content, "folder")
    return WrittenReceipt(folder, digest_of(files))


def digest_of(files: Mapping[str, bytes]) -> str:
    """The SHA-256 of several files together: of their names and of what each holds."""
    return sha256("".join(f"{name} {sha256(files[name])}\n" for name in sorted(files)).encode())
