"""The words in which a suite is written: a rule is data, a check one expectation of the library.

What belongs here: the records and the few checks that suites share. What does not: running them (runner) and any rule.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Union, cast

if TYPE_CHECKING:
    import pandas as pd

# Columns of one length, by name.
Table = Union["pd.DataFrame", "Mapping[str, pd.Series[Any]]"]
Severity = Literal["error", "warning"]
Effect = Literal["row", "cell", "none"]

# A column that is all wrong is told once: nobody mends more cells than these one by one.
MAX_FINDINGS = 5_000


@dataclass(frozen=True)
class Check:
    """One expectation of Great Expectations: the name of its class and its arguments."""

    expectation: str
    arguments: Mapping[str, object]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it judges, helper columns among them."""
        several = self.arguments.get("column_list", ())
        named = (self.arguments.get(key) for key in ("column", "column_A", "column_B"))
        return tuple(str(name) for name in (*named, *cast("Iterable[str]", several)) if name is not None)


@dataclass(frozen=True)
class Rule:
    """What is expected of one column, in French, and what happens to the rows that fail.

    `column` is the lake's or mart's field that the reader should look at, even where `check` judges a helper column.
    `effect` counts for errors alone: reject the row (it has no usable identity), empty the cell, or nothing. A rule on
    submissions also says why, and gives an example, `wrong_fr` then `right_fr`, for the public catalogue. One that
    `judges_perimeter` fails for a row that names a ministry of another perimeter than the folder's.
    """

    id: str
    column: str
    check: Check
    sentence_fr: str
    remedy_fr: str
    severity: Severity = "error"
    effect: Effect = "none"
    why_fr: str = field(default="", kw_only=True)
    wrong_fr: str = field(default="", kw_only=True)
    right_fr: str = field(default="", kw_only=True)
    judges_perimeter: bool = field(default=False, kw_only=True)


def _none(_frame: object) -> Mapping[str, Iterable[object]]:
    return {}


@dataclass(frozen=True)
class Suite:
    """The rules of one table, in the order in which they are told.

    `keys` are the columns that name a failing row. `helpers` computes helper columns, named `_like_this`, for what the
    library cannot say: it gets a table of plain objects (`None` where missing) or floats, and gives one value per row.
    """

    name: str
    keys: tuple[str, ...]
    rules: tuple[Rule, ...]
    helpers: Callable[[Any], Mapping[str, Iterable[object]]] = _none


def present(column: str) -> Check:
    """The column has a value."""
    return Check("ExpectColumnValuesToNotBeNull", {"column": column})


def between(column: str, low: float | None, high: float | None, *, strictly_above: bool = False) -> Check:
    """The known values are within the bounds, both included unless `strictly_above` leaves `low` out."""
    return Check(
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": low, "max_value": high, "strict_min": strictly_above},
    )


def holds(column: str) -> Check:
    """The helper column is true, or `None` for a row that cannot be judged."""
    return Check("ExpectColumnValuesToBeInSet", {"column": column, "value_set": [True]})


def at_least(column: str, other: str, *, strictly: bool = False) -> Check:
    """The column is not under the other, where both are known."""
    return Check(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": column, "column_B": other, "or_equal": not strictly, "ignore_row_if": "either_value_is_missing"},
    )


def equal(column: str, other: str) -> Check:
    """The two columns hold the same value."""
    return Check("ExpectColumnPairValuesToBeEqual", {"column_A": column, "column_B": other})


def unique(*columns: str) -> Check:
    """No two rows share the values of these columns."""
    return Check("ExpectCompoundColumnsToBeUnique", {"column_list": list(columns)})
