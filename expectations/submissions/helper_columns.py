"""Helper columns that the suites of several kinds share: who is declared twice, whose ministry it is, at what date.

What belongs here: comparisons that no expectation of the library makes. What does not: a rule, or what one kind needs.
Each takes columns of one length, as lists (`None` where unknown), and gives a list of that length.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestration.alias_register import folded as folded_name
from orchestration.edition import Edition
from orchestration.perimeter import perimeter_of

if TYPE_CHECKING:
    import pandas as pd

_MONTHS = {"month": 1, "quarter": 3, "semester": 6}


def numbers(frame: "pd.DataFrame", column: str) -> list[float]:
    """A column's numbers as floats, NaN where unknown: every comparison with an unknown number is false."""
    return [float(number) for number in frame[column].astype("float64")]


def folded(names: Iterable[object]) -> list[str | None]:
    """Each name without case, accents, spaces or punctuation; `None` where it is blank.

    A name without any Latin letter or digit folds to nothing: it stands for itself.
    """
    return [folded_name(name) or None for name in map(_stripped, names)]


def identities(declared: Iterable[object], named: Iterable[str | None]) -> list[str | None]:
    """What consolidation takes (SPEC §7): the declared id, else what the name stands for."""
    return [_stripped(given) or name for given, name in zip(declared, named, strict=True)]


def _stripped(given: object) -> str:
    return "" if given is None else str(given).strip()


def is_first(submissions: Iterable[Hashable], keys: Iterable[Hashable]) -> list[bool | None]:
    """Whether the row is the first of its submission with this key; `None` where there is no key."""
    seen: Counter[tuple[Hashable, Hashable]] = Counter()
    first: list[bool | None] = []
    for submission, key in zip(submissions, keys, strict=True):
        seen[submission, key] += 1
        first.append(None if key is None else seen[submission, key] == 1)
    return first


def is_own_name(
    submissions: Sequence[Hashable], folded_names: Sequence[str | None], ids: Sequence[str | None]
) -> list[bool | None]:
    """Whether no earlier row of the submission has this name under another identity; `None` where there is no name."""
    owner: dict[tuple[Hashable, str], str | None] = {}
    return [
        None if name is None else owner.setdefault((submission, name), identity) == identity
        for submission, name, identity in zip(submissions, folded_names, ids, strict=True)
    ]


def is_of_perimeter(names: Iterable[object], perimeters: Iterable[object]) -> list[bool | None]:
    """Whether a ministry's or perimeter's name is known for the folder's perimeter; `None` where either is missing."""
    return [
        None if name is None or perimeter is None else perimeter_of(str(name)) == perimeter
        for name, perimeter in zip(names, perimeters, strict=True)
    ]


def is_by_edition_date(days: Iterable[object], editions: Iterable[object]) -> list[bool | None]:
    """Whether the day is not after the edition's date; `None` where either is missing."""
    as_of = lru_cache(lambda edition: Edition.parse(str(edition)).as_of)
    return [
        day <= as_of(edition) if isinstance(day, date) and edition is not None else None
        for day, edition in zip(days, editions, strict=True)
    ]


def _period_start(day: date, precision: str | None) -> date:
    months = _MONTHS.get(precision or "day")
    return date(day.year, (day.month - 1) // months * months + 1, 1) if months else day


def ends_after_start(start: object, start_precision: str | None, end: object, end_precision: str | None) -> bool | None:
    """Whether the end is not before the start, both seen at the coarser of their precisions."""
    if not isinstance(start, date) or not isinstance(end, date):
        return None
    for precision in (start_precision, end_precision):
        start, end = _period_start(start, precision), _period_start(end, precision)
    return end >= start
