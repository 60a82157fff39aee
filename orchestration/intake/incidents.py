"""What went wrong with the stores of a home, kept in the ledger until it is over, so that engineers are told of it.

What belongs here: noting an incident and its end. What does not: what is said of one (`orchestration.alerting.faults`)
and to whom.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from orchestration.store.sql import naive_utc

# What was mended at once, what waits for a person, what is no longer as it was published, what a scrub found, a wrong
# clock, an inbox that is gone, out of reach, or that cannot be read in part.
IncidentRule = Literal[
    "store_mended",
    "store_damaged",
    "release_altered",
    "scrub_found",
    "clock_behind",
    "inbox_missing",
    "inbox_unreachable",
    "inbox_unreadable",
]

METADATA = sa.MetaData()
_INCIDENTS = sa.Table(
    "incidents",
    METADATA,
    sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("edition", sa.Text),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("noted_at", sa.DateTime, nullable=False),
    sa.Column("ended_at", sa.DateTime),
)
# What was mended is over at once; it is kept for so long, so that whoever dies before telling it tells it after.
_TOLD_WITHIN = timedelta(days=1)


@dataclass(frozen=True)
class Incident:
    """One thing that went wrong: `subject` is a file, relative to its store, or a store.

    `details` are plain words and numbers from which its sentence is made.
    """

    rule: IncidentRule
    subject: str
    edition: str | None
    details: dict[str, Any]
    noted_at: datetime


def note(engine: sa.Engine, incident: Incident) -> None:
    """Note an incident, unless the same one is not over; what is new of it replaces its details."""
    with engine.begin() as connection:
        same = sa.update(_INCIDENTS).where(
            _INCIDENTS.c.rule == incident.rule,
            _INCIDENTS.c.subject == incident.subject,
            _INCIDENTS.c.edition.is_not_distinct_from(incident.edition),
            _INCIDENTS.c.ended_at.is_(None),
        )
        if connection.execute(same.values(details=incident.details)).rowcount == 0:
            new = sa.insert(_INCIDENTS).values(
                rule=incident.rule,
                subject=incident.subject,
                edition=incident.edition,
                details=incident.details,
                noted_at=naive_utc(incident.noted_at),
            )
            connection.execute(new)


def end(engine: sa.Engine, rule: IncidentRule, still: Collection[str], now: datetime, store: str | None = None) -> None:
    """End the incidents of a rule (in a store, if given) whose subjects are not `still` there."""
    with engine.begin() as connection:
        open_ones = sa.select(_INCIDENTS).where(_INCIDENTS.c.rule == rule, _INCIDENTS.c.ended_at.is_(None))
        for row in connection.execute(open_ones).all():
            if row.subject not in still and store in (None, row.details.get("store")):
                ended = sa.update(_INCIDENTS).where(_INCIDENTS.c.incident_id == row.incident_id)
                connection.execute(ended.values(ended_at=naive_utc(now)))


def open_incidents(engine: sa.Engine, now: datetime) -> list[Incident]:
    """What is not over, oldest first; of what was mended, that of the last day."""
    with engine.begin() as connection:
        told = (_INCIDENTS.c.rule == "store_mended") & (_INCIDENTS.c.noted_at < naive_utc(now - _TOLD_WITHIN))
        connection.execute(
            sa.update(_INCIDENTS).where(told, _INCIDENTS.c.ended_at.is_(None)).values(ended_at=naive_utc(now))
        )
        rows = connection.execute(
            sa.select(_INCIDENTS).where(_INCIDENTS.c.ended_at.is_(None)).order_by(_INCIDENTS.c.incident_id)
        )
        return [
            Incident(row.rule, row.subject, row.edition, row.details, row.noted_at.replace(tzinfo=UTC)) for row in rows
        ]
