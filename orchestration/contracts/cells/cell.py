"""A cell as a reader of files gives it, and what reading it says.

What belongs here: the two records, and a cell as the agent sees it. What does not: reading one (`parsing`).
"""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from orchestration.domain.durations import Precision

# What a reader of files gives: text, or what the spreadsheet typed.
Cell = str | float | int | bool | date | datetime | time | timedelta | None


class Parsed(NamedTuple):
    """What a cell says: a value or the reason for having none, its precision, and the ids of the rules that it meets.

    `fault` makes the cell unreadable; `doubt` is a warning about the value taken, shown as `taken`.
    """

    value: object = None
    absence: str | None = None
    precision: Precision | None = None
    fault: str | None = None
    doubt: str | None = None
    taken: str | None = None
    link: str | None = None


BLANK = Parsed()
# Past these a text is no number, no date, no word of a list, and no page: looking closer is slow.
MAX_TYPED, MAX_WORDS = 100, 1_000


def typed_text(cell: Cell) -> str:
    """Write a cell as the agent sees it: text as it is, a whole number without `.0`, a date as ISO; empty for a
    blank.
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "VRAI" if cell else "FAUX"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return str(cell.isoformat()) if isinstance(cell, date | time) else str(cell)
