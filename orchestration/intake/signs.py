"""Signs that a file may not be written to its end, and how long a file that shows them must be quiet.

What belongs here: what its bytes show. What does not: how long it has been quiet (`settling`), or what a file that is
whole says (`opening`, `reading`).
"""

import io
import logging
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import Literal

from orchestration.intake.opening.limits import MAX_BYTES

_LOG = logging.getLogger(__name__)

Sign = Literal[
    "line_end_missing",
    "changing",
    "row_cut",
    "quote_open",
    "not_whole",
    "nothing_in_it",
    "rows_few",
    "being_written",
]
# In units of the wait of a file that shows none (`settle_seconds`); those of several signs are added. Writers were seen
# to stall for ten seconds: the weakest signs, which some whole files show, wait for three times that; what is surely
# not as it will be, for a minute; fewer rows, which nothing else tells from a file cut at the end of a row, for two;
# and an open file for as long as nobody would keep one open and be done.
_WAITS: Mapping[Sign, int] = {
    "line_end_missing": 30,
    "changing": 30,
    "row_cut": 60,
    "quote_open": 60,
    "not_whole": 60,
    "nothing_in_it": 60,
    "rows_few": 120,
    "being_written": 300,
}
WORDS: Mapping[Sign, str] = {
    "line_end_missing": "its last line has no end",
    "changing": "it has just changed again",
    "row_cut": "its last row has fewer cells than its header",
    "quote_open": "a quote is left open",
    "not_whole": "it does not open whole",
    "nothing_in_it": "it has no rows yet",
    "rows_few": "it has many fewer rows than were filed before",
    "being_written": "a program has it open for writing",
}
# Fewer than so many of the rows filed before are many fewer.
_FEW = 0.75
_OF_REFUSALS: Mapping[str, Sign] = {
    "file_empty": "nothing_in_it",
    "quote_unclosed": "quote_open",
    "file_damaged": "not_whole",
}
_TEXTS_REFUSED = {"quote_unclosed", "quote_stray", "format_unknown", "text_encoding"}
# What is unpacked of a workbook to see that its bytes are those that were packed, and the most entries of one.
_MOST_UNPACKED, _MOST_ENTRIES = 64 * 2**20, 2_000


def wait_of(signs: Collection[Sign]) -> int:
    """How long a file that shows these signs must be quiet, in units of the wait of one that shows none."""
    return sum(_WAITS[sign] for sign in signs) or 1


def signs_of(data: bytes, rows_before: Callable[[str], int | None]) -> frozenset[Sign]:
    """What the bytes of a file show; `rows_before` gives, of a kind, the rows that its perimeter filed before, if any.

    A workbook shows whether it is whole, which is known by its end: of its rows nothing is asked.
    """
    if len(data) > MAX_BYTES:
        return frozenset()
    if data.startswith(b"PK\x03\x04"):
        return frozenset() if _is_whole(data) else frozenset({"not_whole"})
    try:
        return frozenset(_of_text(data, rows_before))
    except Exception:
        # What a pass cannot read, it says in a receipt.
        _LOG.exception("looking for signs failed")
        return frozenset()


def _of_text(data: bytes, rows_before: Callable[[str], int | None]) -> Iterator[Sign]:
    # Half a second to import, where there is nothing new in the inbox.
    from orchestration.intake.opening.formats import Refused, open_sheets
    from orchestration.intake.reading.header import find_table
    from orchestration.intake.reading.row_classification import filled_positions

    is_ended = data.endswith((b"\n", b"\r", b"\n\x00", b"\r\x00"))
    try:
        (sheet,) = open_sheets(data)
    except Refused as refused:
        rule = refused.observation.rule
        if rule in _OF_REFUSALS:
            yield _OF_REFUSALS[rule]
        if rule in _TEXTS_REFUSED and not is_ended:
            yield "line_end_missing"
        return
    if not is_ended and data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"[", b"{"):
        yield "line_end_missing"
    table = find_table(sheet)
    if table is None:
        return
    rows, last = 0, 0
    for row in islice(sheet.rows, table.start, None):
        if any(row):
            rows, last = rows + 1, len(row)
    if not rows:
        yield "nothing_in_it"
        return
    if last <= max(filled_positions(sheet.rows[table.start - 1])):
        yield "row_cut"
    before = rows_before(table.contract.kind)
    if before and rows < _FEW * before:
        yield "rows_few"


def _is_whole(data: bytes) -> bool:
    if data.count(b"PK\x01\x02") > _MOST_ENTRIES:
        return True
    left = _MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            for entry in package.infolist():
                with package.open(entry) as part:
                    while left > 0 and (unpacked := part.read(2**20)):
                        left -= len(unpacked)
    # The library trusts what it reads: a package that is cut, or made to harm, raises nearly anything.
    except Exception:
        return False
    return True
