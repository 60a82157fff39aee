"""Dates and durations as far as they are known: precisions, and what each leaves open (docs/rules.md §4).

What belongs here: the arithmetic that reading, comparing and expectations share. What does not: reading a date, or
writing one in French (`french`). The macros `periods.sql` say the same for the models.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

Precision = Literal["day", "month", "quarter", "semester", "tenth_year"]

DAYS_IN_A_YEAR = 365
# A duration known to 0.1 year, which is 36.5 days, is off by at most half of it.
TENTH_YEAR_SLACK_DAYS = Decimal("18.25")
# How many days the true value may be from the first day of the period that was typed.
SLACK_DAYS = {"day": 1, "month": 31, "quarter": 92, "semester": 184, "tenth_year": 19}
_MONTHS_IN_A_PERIOD = {"month": 1, "quarter": 3, "semester": 6}


def period_start(day: date, precisions: Iterable[str | None]) -> date:
    """The first day of the period that holds a day, at the coarser of the precisions; the day itself if it is known.

    Two dates say the same where their periods start on one day.
    """
    months = max((_MONTHS_IN_A_PERIOD.get(precision or "day", 0) for precision in precisions), default=0)
    return date(day.year, (day.month - 1) // months * months + 1, 1) if months else day
