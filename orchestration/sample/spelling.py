"""The spellings of numbers and dates seen in ministries' files.

What belongs here: one function per spelling, from a value to what is typed. What does not: who spells how
(`file_styles`).
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from orchestration.domain.durations import DAYS_IN_A_YEAR
from orchestration.sample.writers import FileCell

_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)


def exact(days: int) -> Decimal:
    """A duration in years as Excel shows it, 15 digits: 1643 days give `4.5013698630137`."""
    return Decimal(f"{days / DAYS_IN_A_YEAR:.15g}")


def to_tenths(days: int) -> Decimal:
    """A duration in years to a tenth, half-up: 1643 days give `4.5`."""
    return (Decimal(days) / DAYS_IN_A_YEAR).quantize(Decimal("0.1"), ROUND_HALF_UP)


def comma(number: Decimal | int) -> str:
    """A decimal comma: `53,02`."""
    return f"{number:f}".replace(".", ",")


def comma_exact(days: int) -> str:
    """A duration in years, 15 digits and a decimal comma."""
    return comma(exact(days))


def with_unit(cost: Decimal) -> str:
    """A cost in M€ with its unit: `12,5 M€`, or `850 k€` under a million."""
    return f"{comma(cost)} M€" if cost >= 1 else f"{cost * 1000:.0f} k€"


def grouped(volume: int) -> str:
    """A count whose thousands are set apart by a no-break space, as a French Excel shows them."""
    return f"{volume:,}".replace(",", "\u00a0")


def percent(rate: Decimal) -> str:
    """A fraction as a percentage: `55,27 %`."""
    return f"{comma((rate * 100).normalize())} %"


def month(day: date) -> str:
    """`juillet 2019`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def short_month(day: date) -> str:
    """`avril 15`."""
    return f"{_MONTHS[day.month - 1]} {day:%y}"


def slashes(day: date) -> str:
    """`01/01/2017`."""
    return f"{day:%d/%m/%Y}"


def semester_first(edition: str) -> str:
    """An edition as people say it: `S2 2019`."""
    year, semester = edition.split("-")
    return f"{semester} {year}"


def with_percent_sign(value: Decimal, unit: str) -> FileCell:
    """A value as a number, but for percents, whose sign is typed: `35 %`."""
    return f"{comma(value)} %" if unit == "%" else value


def bare(value: Decimal, unit: str) -> FileCell:  # noqa: ARG001
    """A value as a number; its unit stands in a column of its own."""
    return value


def as_is(value: FileCell) -> FileCell:
    """A typed cell, in the formats that have some."""
    return value
