"""What is asked of the outbox by whoever sends nothing: what became of each alert, whether anything has still to leave,
what was refused; and planning that again.

What belongs here: those questions. What does not: what a delivery does with the rows (`outbox`).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, and_, select, update

from orchestration.alerting.outbox_tables import (
    DELIVERIES,
    LOOK_UPS,
    OUTBOX,
    REFUSALS,
    UNCONCERNED,
    UNSETTLED,
    Letter,
    Refusal,
    is_to_come,
)
from orchestration.settings import Settings
from orchestration.store.sql import engine_of, naive_utc


@dataclass
class AlertState:
    """What became of one alert: whose it is, what was said last, and by channel the state of its last occurrence and
    the channel's last error about it, where it did not leave.
    """

    rule: str
    subject: str
    edition: str | None
    headline: str
    channels: dict[str, str]
    errors: dict[str, str]
    cause: str | None = None


def read_states(settings: Settings) -> dict[str, AlertState]:
    """By alert key, what became of it; waits for nobody."""
    states: dict[str, AlertState] = {}
    with engine_of(settings.ledger) as engine:
        rows = select(OUTBOX).where(OUTBOX.c.kind == "alert").order_by(OUTBOX.c.channel, OUTBOX.c.occurrence)
        with engine.connect() as connection:
            for row in connection.execute(rows):
                new = AlertState(row.rule, row.subject, row.edition, row.headline, {}, {})
                state = states.setdefault(row.alert_key, new)
                state.channels[row.channel] = row.state
                state.cause = row.cause if row.state == "resolved" else state.cause
                state.errors.pop(row.channel, None)
                if row.error and row.error != UNCONCERNED and row.state in (*UNSETTLED, "dead"):
                    state.errors[row.channel] = row.error
    return states


def has_unsettled(settings: Settings, channels: Collection[str], now: datetime) -> bool:
    """Whether a message of these channels has still to leave, or to be looked for, and may be by now.

    A dead one is settled: it waits for a person, and no pass would send it.
    """
    rows = select(OUTBOX.c.channel, OUTBOX.c.state, OUTBOX.c.not_before).where(
        OUTBOX.c.state.in_(("planned", "sending")), OUTBOX.c.channel.in_(channels)
    )
    looks = select(LOOK_UPS.c.channel, LOOK_UPS.c.look_at).where(LOOK_UPS.c.channel.in_(channels))
    with engine_of(settings.ledger) as engine, engine.connect() as connection:
        resting = {(one.channel, one.act) for one in refusals_of(connection) if is_to_come(one.not_before, now)}
        left = [
            row.state == "sending" or not ((row.channel, "send") in resting or is_to_come(row.not_before, now))
            for row in connection.execute(rows)
        ]
        due = [
            not ((row.channel, "look_up") in resting or is_to_come(row.look_at, now))
            for row in connection.execute(looks.where(LOOK_UPS.c.look_at.is_not(None)))
        ]
    return any(left) or any(due)


def is_behind(settings: Settings, channels: Collection[str], turn: datetime, now: datetime) -> bool:
    """Whether one of these channels was brought up to date before a time, and not since, and may be by now."""
    behind = select(DELIVERIES.c.channel).where(DELIVERIES.c.channel.in_(channels), DELIVERIES.c.at < naive_utc(turn))
    with engine_of(settings.ledger) as engine, engine.connect() as connection:
        late = set(connection.execute(behind).scalars())
        resting = {one.channel for one in refusals_of(connection) if is_to_come(one.not_before, now)}
    return bool(late - resting)


def refusals(engine: Engine, channels: Collection[str]) -> list[Refusal]:
    """What these channels refuse to do."""
    with engine.connect() as connection:
        return [one for one in refusals_of(connection) if one.channel in channels]


def letters(engine: Engine, channels: Collection[str]) -> list[Letter]:
    """The messages of these channels that are refused for good, and those that did not leave for an error of theirs."""
    rows = select(OUTBOX).where(
        OUTBOX.c.channel.in_(channels), OUTBOX.c.message_key.is_not(None), OUTBOX.c.error.is_not(None)
    )
    found: dict[tuple[str, str], Letter] = {}
    with engine.connect() as connection:
        for row in connection.execute(
            rows.where(OUTBOX.c.state.in_(("dead", "planned", "unknown")), OUTBOX.c.error != UNCONCERNED).order_by(
                OUTBOX.c.channel, OUTBOX.c.planned_at, OUTBOX.c.alert_key
            )
        ):
            first = Letter(
                *(row.channel, row.message_key, row.state, row.rule, row.edition, row.headline, row.error), rows=0
            )
            one = found.setdefault((row.channel, row.message_key), first)
            found[row.channel, row.message_key] = replace(one, rows=one.rows + 1)
    return list(found.values())


def plan_again(engine: Engine, channels: Collection[str]) -> int:
    """Plan the dead rows of these channels again, and let channels that refuse be tried at once; how many rows it is.

    A rest that a channel asked for is kept.
    """
    dead = and_(OUTBOX.c.channel.in_(channels), OUTBOX.c.state == "dead")
    refused = and_(REFUSALS.c.channel.in_(channels), REFUSALS.c.is_refused)
    with engine.begin() as connection:
        again = update(OUTBOX).where(dead).values(state="planned", not_before=None)
        count = connection.execute(again).rowcount
        connection.execute(update(REFUSALS).where(refused).values(not_before=REFUSALS.c.since))
    return count


def refusals_of(connection: Connection) -> list[Refusal]:
    """What any channel refuses to do."""
    rows = connection.execute(select(REFUSALS).order_by(REFUSALS.c.channel, REFUSALS.c.act)).all()
    return [
        Refusal(
            *(row.channel, row.act, row.error, row.is_refused),
            since=row.since.replace(tzinfo=UTC),
            not_before=row.not_before.replace(tzinfo=UTC),
        )
        for row in rows
    ]
