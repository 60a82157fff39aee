"""Alerts that a person explains: with a reason, until a day, under a name; events of the ledger's database.

What belongs here: the table and its two statements. What does not: what ends an alert by itself (`ends`), and showing
either (`delivery.alert_states`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from orchestration.alerting.outbox import metadata
from orchestration.settings import Settings
from orchestration.store.sql import engine_of, naive_utc

# Append-only: of an alert, the last one says.
_EXPLANATIONS = sa.Table(
    "alert_explanations",
    metadata,
    sa.Column("explanation_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("alert_key", sa.String, nullable=False, index=True),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("explained_by", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("until", sa.Date, nullable=False),
)


@dataclass(frozen=True)
class Explanation:
    """Why an alert need not worry, who says so, and the last day on which that holds."""

    reason: str
    explained_by: str
    until: date

    def holds(self, today: date) -> bool:
        """Whether it still holds on a day."""
        return today <= self.until


def explain(settings: Settings, alert_key: str, explanation: Explanation, now: datetime) -> None:
    """Note what a person says of an alert; what was said of it before is kept, and holds no more."""
    values = {
        "alert_key": alert_key,
        "reason": explanation.reason,
        "explained_by": explanation.explained_by,
        "at": naive_utc(now),
        "until": explanation.until,
    }
    with engine_of(settings.ledger) as engine, engine.begin() as connection:
        connection.execute(sa.insert(_EXPLANATIONS).values(values))


def explanations(settings: Settings) -> Mapping[str, Explanation]:
    """By alert key, what was said last, whether or not it still holds; a home that is not there is not made."""
    if not settings.home.is_dir():
        return {}
    last = sa.select(sa.func.max(_EXPLANATIONS.c.explanation_id)).group_by(_EXPLANATIONS.c.alert_key)
    chosen = sa.select(_EXPLANATIONS).where(_EXPLANATIONS.c.explanation_id.in_(last))
    with engine_of(settings.ledger) as engine, engine.connect() as connection:
        rows = connection.execute(chosen.order_by(_EXPLANATIONS.c.alert_key)).all()
    return {row.alert_key: Explanation(row.reason, row.explained_by, row.until) for row in rows}
