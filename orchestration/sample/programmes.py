"""The made-up State's programme: its roadmap and its indicators, edition by edition.

What belongs here: the truth that the perimeters that run it then report. What does not: how a file words it (`cells`).
The scenario is data: `roadmap.csv` says when each action enters, starts and ends, `indicators.csv` what was measured.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.domain.edition import Edition
from orchestration.sample.state import table


@dataclass(frozen=True)
class Action:
    """One action as it stands in one edition; `status` is the contract's code."""

    perimeter: str
    action_id: str
    title: str
    mission: str
    status: str
    entry_edition: str
    planned_end: date | None
    actual_end: date | None


@dataclass(frozen=True)
class Indicator:
    """One indicator as told in one edition; the values are in its unit, null when not told."""

    perimeter: str
    indicator_id: str
    title: str
    unit: str
    baseline_value: Decimal | None
    baseline_date: date | None
    target_value: Decimal
    target_date: date
    measured_value: Decimal
    measured_on: date
    source: str


def roadmap(edition: str) -> list[Action]:
    """The actions that have entered by an edition, as they stand on its date."""
    as_of = Edition.parse(edition).as_of
    return [_action(row, as_of) for row in table("roadmap") if row["entry"] <= edition]


def indicators(edition: str) -> list[Indicator]:
    """The indicators told in an edition."""
    return [
        Indicator(
            perimeter=row["perimeter"],
            indicator_id=row["indicator_id"],
            title=row["title"],
            unit=row["unit"],
            baseline_value=Decimal(row["baseline"]) if row["baseline"] else None,
            baseline_date=_day(row["baseline_date"]),
            target_value=Decimal(row["target"]),
            target_date=date.fromisoformat(row["target_date"]),
            measured_value=Decimal(row["value"]),
            measured_on=date.fromisoformat(row["measured_on"]),
            source=row["source"],
        )
        for row in table("indicators")
        if row["edition"] == edition
    ]


def _action(row: dict[str, str], as_of: date) -> Action:
    ended = _day(row["ended"])
    has_ended = ended is not None and ended <= as_of
    running = "en_cours" if date.fromisoformat(row["start"]) <= as_of else "a_venir"
    return Action(
        perimeter=row["perimeter"],
        action_id=row["action_id"],
        title=row["title"],
        mission=row["mission"],
        status=row["outcome"] if has_ended else running,
        entry_edition=row["entry"],
        planned_end=_day(row["planned_end"]),
        actual_end=ended if has_ended else None,
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
