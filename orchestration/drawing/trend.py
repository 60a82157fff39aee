"""The trend of a project: its cost and its planned end over editions, as it was filed.

What belongs here: what a picture of it needs to know. What does not: the pictures (`picture`, `text_bars`), and where
the figures come from.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Point:
    """What one edition says of a project: its cost in M€ and its planned end, `None` where unknown."""

    edition: str
    cost_meur: Decimal | None
    planned_end: date | None


@dataclass(frozen=True)
class Trend:
    """The points of a project in the order of the editions, and the baseline that they are held against."""

    points: tuple[Point, ...]
    baseline_cost_meur: Decimal | None = None
    baseline_end: date | None = None
