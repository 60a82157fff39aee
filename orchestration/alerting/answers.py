"""What people answer to alerts: with a reason, under a name, until a day; events of the ledger's database.

What belongs here: the table and its two statements. What does not: their words (`card_lines`), what ends an alert by
itself (`ends`), and how an alert stands (`standing`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from orchestration.domain.alert_rules import AlertKey, alert_rule
from orchestration.domain.french import paris_midnight
from orchestration.settings import Settings
from orchestration.store.marts import read_mart
from orchestration.store.sql import engine_of, naive_utc

# It is explained; nothing more is to be sent of it for now; somebody takes care of it.
Kind = Literal["ack", "snooze", "assign"]

METADATA = sa.MetaData()

# Append-only: of an alert, the last one of each kind says.
_ANSWERS = sa.Table(
    "alert_answers",
    METADATA,
    sa.Column("answer_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("alert_key", sa.String, nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("answered_by", sa.String, nullable=False),
    sa.Column("assigned_to", sa.String),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("until", sa.Date, nullable=False),
)


@dataclass(frozen=True)
class Answer:
    """What a person says of an alert, and the last day on which that holds; `assigned_to` says who takes care of it."""

    kind: Kind
    reason: str
    by: str
    until: date
    assigned_to: str | None = None

    def holds(self, today: date) -> bool:
        """Whether it still holds on a day (in Paris)."""
        return today <= self.until


def answer(settings: Settings, alert_keys: Collection[str], said: Answer, now: datetime) -> None:
    """Note what a person says of alerts, of all or none; what was said of its kind before is kept, and over."""
    values = {
        "kind": said.kind,
        "reason": said.reason,
        "answered_by": said.by,
        "assigned_to": said.assigned_to,
        "at": naive_utc(now),
        "until": said.until,
    }
    with engine_of(settings.ledger) as engine, engine.begin() as connection:
        connection.execute(sa.insert(_ANSWERS), [values | {"alert_key": key} for key in sorted(alert_keys)])


def answers(settings: Settings) -> Mapping[str, tuple[Answer, ...]]:
    """By alert key, the last answer of each kind, whether or not it still holds, in the order in which they were given.

    What was said of a project under a former id is said of the one that it leads to. A home that is not there is not
    made.
    """
    if not settings.home.is_dir():
        return {}
    leads_to = {
        row["former_id"]: row["project_id"]
        for row in read_mart(settings.marts, "former_project_ids")
        if row["is_redirect"]
    }
    with engine_of(settings.ledger) as engine, engine.connect() as connection:
        rows = connection.execute(sa.select(_ANSWERS).order_by(_ANSWERS.c.answer_id)).all()
    said: dict[str, dict[Kind, Answer]] = {}
    for row in rows:
        of_kinds = said.setdefault(_key_by_now(row.alert_key, leads_to), {})
        of_kinds.pop(row.kind, None)
        of_kinds[row.kind] = Answer(row.kind, row.reason, row.answered_by, row.until, row.assigned_to)
    return {key: tuple(of_kinds.values()) for key, of_kinds in said.items()}


def last_turn(settings: Settings, now: datetime) -> datetime | None:
    """When something was answered last, or an answer ran out (UTC): what channels show of it changed then."""
    with engine_of(settings.ledger) as engine, engine.connect() as connection:
        rows = connection.execute(sa.select(_ANSWERS.c.at, _ANSWERS.c.until)).all()
    given = [row.at.replace(tzinfo=UTC) for row in rows]
    over = [paris_midnight(row.until + timedelta(days=1)) for row in rows]
    return max((turn for turn in (*given, *over) if turn <= now), default=None)


def _key_by_now(alert_key: str, leads_to: Mapping[str, str]) -> str:
    key = AlertKey.parse(alert_key)
    if alert_rule(key.rule).about != "project" or key.subject not in leads_to:
        return alert_key
    return str(replace(key, subject=leads_to[key.subject]))
