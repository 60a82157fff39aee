"""The fast path: which texts of a column say just what is typed, as nearly all do, found for all of them at once.

What belongs here: a reading that never differs from the slow one (`cells.parsing.parser_of`), only leaves cells to it.
What does not: what any other cell means.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from orchestration.contracts.cells.texts import PLAIN_TEXT, PLAIN_URL, PLAIN_WHOLE
from orchestration.contracts.contract import PLAIN, Column, Type

if TYPE_CHECKING:
    import pyarrow as pa

    from orchestration.intake.opening.grid import Array

_PATTERNS: Mapping[Type, str] = {
    "text": PLAIN_TEXT,
    "url": PLAIN_URL,
    "volume": PLAIN_WHOLE,
    "integer": PLAIN_WHOLE,
}
# So many cells tell whether most of a column's are alike.
_FIRST = 1_000
# No word for "no value" has a digit, and nearly all ids have one.
_SURELY_AN_ID = "[0-9]"


class PlainCells(NamedTuple):
    """Which cells of a column are plain, and the value of each of these."""

    is_plain: "Array"
    values: "pa.Array"


def plain_cells(texts: "pa.StringArray", column: Column, *, is_key: bool) -> PlainCells | None:
    """Look at all the cells of a column; `None` where it is better to read those that differ, or where none is plain.

    In a column of ids, which `is_key`, what may be a word for "no id" is not plain.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    pattern = _PATTERNS.get(column.type)
    first = texts.slice(0, _FIRST)
    if pattern is None or 2 * len(first.unique()) <= len(first):
        return None
    is_plain = pc.match_substring_regex(texts, f"^(?:{pattern})$")
    if is_key:
        is_plain = pc.and_(is_plain, pc.match_substring_regex(texts, _SURELY_AN_ID))
    values = texts if column.type in PLAIN else pc.if_else(is_plain, texts, "0").cast(pa.int64())
    return PlainCells(is_plain.to_numpy(zero_copy_only=False), values)
