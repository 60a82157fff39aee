"""A trend as two series that can be drawn: one place per semester, a scale, and the values in words.

What belongs here: what the picture and the text bars must agree on. What does not: how either is drawn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from orchestration.domain.edition import Edition
from orchestration.domain.french import NBSP, month, number
from orchestration.drawing.trend import Trend

# A change smaller than these is drawn small: a scale of its own would make a cliff of a rounding.
_LEAST_SPAN_OF_COST = 0.3
_LEAST_SPAN_DAYS = 730.0

_Value = TypeVar("_Value", Decimal, date)


@dataclass(frozen=True)
class Series:
    """One figure of a project: a value per semester from the first edition to the last, `None` where unknown.

    `shown` are the values in words, as is `baseline_shown`; all is drawn between `lowest` and `highest`. Costs are in
    M€, dates in days.
    """

    name: str
    unknown: str
    values: tuple[float | None, ...]
    shown: tuple[str, ...]
    baseline: float | None
    baseline_shown: str
    lowest: float
    highest: float

    @property
    def known(self) -> dict[int, float]:
        """The values that are known, by their place."""
        return {place: value for place, value in enumerate(self.values) if value is not None}


def semesters(trend: Trend) -> tuple[Edition, ...]:
    """Every semester from the first edition of a trend to its last, those without a point too."""
    if not trend.points:
        return ()
    found = [Edition.parse(trend.points[0].edition)]
    while found[-1] < Edition.parse(trend.points[-1].edition):
        found.append(found[-1].next())
    return tuple(found)


def cost_series(trend: Trend) -> Series:
    """The cost over the semesters, in M€."""
    costs = {point.edition: point.cost_meur for point in trend.points}
    known = [cost for cost in (*costs.values(), trend.baseline_cost_meur) if cost is not None]
    least_span = _LEAST_SPAN_OF_COST * float(max(known, default=1))
    return _series(("Coût", "coût inconnu"), trend, costs, trend.baseline_cost_meur, float, _meur, least_span)


def end_series(trend: Trend) -> Series:
    """The planned end over the semesters, in days."""
    ends = {point.edition: point.planned_end for point in trend.points}
    return _series(("Fin prévue", "fin inconnue"), trend, ends, trend.baseline_end, _days, month, _LEAST_SPAN_DAYS)


def _series(
    names: tuple[str, str],
    trend: Trend,
    by_edition: Mapping[str, _Value | None],
    baseline: _Value | None,
    placed: Callable[[_Value], float],
    shown: Callable[[_Value], str],
    least_span: float,
) -> Series:
    found = [by_edition.get(edition.code) for edition in semesters(trend)]
    values: tuple[float | None, ...] = tuple(None if value is None else placed(value) for value in found)
    against = None if baseline is None else placed(baseline)
    known = [value for value in (*values, against) if value is not None] or [0.0]
    middle = (min(known) + max(known)) / 2
    half = max(max(known) - min(known), least_span, 1e-9) / 2
    return Series(
        name=names[0],
        unknown=names[1],
        values=values,
        shown=tuple("" if value is None else shown(value) for value in found),
        baseline=against,
        baseline_shown="" if baseline is None else shown(baseline),
        lowest=middle - half,
        highest=middle + half,
    )


def _days(value: date) -> float:
    return float(value.toordinal())


def _meur(value: Decimal) -> str:
    return f"{number(value, 1 if value >= 1 else 2)}{NBSP}M€"
