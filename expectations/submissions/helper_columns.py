"""Helper columns that the suites of several kinds share: who is declared twice, whose ministry it is, at what date.

What belongs here: comparisons that no expectation of the library makes. What does not: a rule, or what one kind needs.
Each takes columns of one length (`None` where unknown) and gives one value per row, flags that are up where a row
cannot be judged. They judge the rows all at once, or what is alike once: a file has a hundred thousand.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from orchestration.domain.durations import period_start
from orchestration.domain.edition import Edition
from orchestration.domain.folding import folded_names
from orchestration.domain.perimeter import perimeter_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from expectations.rule import Table

    Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
    Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
    Places = np.ndarray[tuple[int], np.dtype[np.intp]]


def is_given(values: Iterable[object]) -> "Floats":
    """One where there is a value, NaN where there is none: quicker for the library than the values themselves."""
    import numpy as np

    return np.array([np.nan if value is None else 1 for value in values])


def numbers(frame: "Table", column: str) -> "Floats":
    """A column's numbers as floats, NaN where unknown: every comparison with an unknown number is false."""
    return frame[column].to_numpy(dtype="float64", na_value=float("nan"))


def folded(names: Iterable[object]) -> list[str | None]:
    """Each name without case, accents, spaces or punctuation; `None` where it is blank.

    A name without any Latin letter or digit folds to nothing: it stands for itself.
    """
    return [name or None for name in folded_names(["" if name is None else str(name) for name in names])]


def identities(declared: Iterable[str | None], named: Iterable[str | None]) -> list[str | None]:
    """What consolidation takes (docs/rules.md §7): the declared id, else what the name stands for."""
    return [(given and given.strip()) or name for given, name in zip(declared, named, strict=True)]


def is_first(submissions: "pd.Series[Any]", keys: Sequence[Hashable]) -> "Flags":
    """Whether the row is the first of its submission with this key, or has none."""
    import numpy as np

    places = _first_places(submissions, keys)
    return np.where(places < 0, True, places == np.arange(len(keys)))


def is_own_name(submissions: "pd.Series[Any]", names: Sequence[str | None], ids: Sequence[str | None]) -> "Flags":
    """Whether no earlier row of the submission has this name (or declared id) under another identity."""
    import numpy as np

    places, owners = _first_places(submissions, names), np.array(ids, dtype=object)
    return np.where(places < 0, True, owners[places] == owners)


def _first_places(submissions: "pd.Series[Any]", keys: Sequence[Hashable]) -> "Places":
    """The place of the first row with each row's key in its submission; -1 where there is no key."""
    import numpy as np

    codes = _codes(keys)
    pairs, places = _pairs(_codes(submissions), codes)
    return np.where(codes >= 0, places[pairs], -1)


def is_of_perimeter(names: "pd.Series[Any]", perimeters: "pd.Series[Any]") -> "Flags":
    """Whether a ministry's or perimeter's name is known for the folder's perimeter, or either is missing."""
    return _of_each_pair(lambda perimeter, name: perimeter_of(name) == perimeter, perimeters, names)


def is_by_edition_date(days: "pd.Series[Any]", editions: "pd.Series[Any]") -> "Flags":
    """Whether the day is not after the edition's date, or either is missing."""
    return _of_each_pair(lambda edition, day: day <= Edition.parse(edition).as_of, editions, days)


def _of_each_pair(judge: Callable[[Any, Any], bool], first: "pd.Series[Any]", second: "pd.Series[Any]") -> "Flags":
    """What is judged of each row's pair of values, both known; few pairs differ, and each is judged once."""
    import numpy as np

    flags = np.ones(len(first), dtype=bool)
    known = np.flatnonzero(first.notna() & second.notna())
    if len(known):
        one, other = first.to_numpy()[known], second.to_numpy()[known]
        pairs, places = _pairs(_codes(one), _codes(other))
        flags[known] = np.array([judge(one[place], other[place]) for place in places.tolist()])[pairs]
    return flags


def _pairs(first: "Places", second: "Places") -> "tuple[Places, Places]":
    """A number for each row's pair of codes, the same for equal ones, and the place of the first row with each."""
    import numpy as np
    import pandas as pd

    pairs, different = pd.factorize(first * np.int64(len(second) + 1) + second + 1)
    places = np.empty(len(different), dtype=np.intp)
    # Backwards, so that the first one stays.
    places[pairs[::-1]] = np.arange(len(pairs))[::-1]
    return pairs, places


def _codes(values: "Sequence[Hashable] | pd.Series[Any] | np.ndarray[Any, Any]") -> "Places":
    """A number for each value, the same for equal ones; -1 for `None`."""
    import numpy as np
    import pandas as pd

    return pd.factorize(np.asarray(values, dtype=object))[0]


def ends_after_start(start: object, start_precision: str | None, end: object, end_precision: str | None) -> bool | None:
    """Whether the end is not before the start, both seen at the coarser of their precisions."""
    if not isinstance(start, date) or not isinstance(end, date):
        return None
    precisions = (start_precision, end_precision)
    return period_start(end, precisions) >= period_start(start, precisions)
