"""The outbox: what was decided about each alert on each channel, in the ledger's database.

What belongs here: the table and its transitions, each one transaction. What does not: when a transition is due
(`reconciliation`, `delivery`). Rows are never deleted: the table is the truth about what people were told.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Literal

from filelock import FileLock
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    func,
    insert,
    select,
    update,
)

from orchestration.alerting.channels.channel import Outcome
from orchestration.settings import Settings
from orchestration.store.sql import engine_of, naive_utc

State = Literal["planned", "sending", "sent", "unknown", "dead", "cancelled", "resolved"]
Kind = Literal["alert", "resolution"]

# What became of a message is not settled while its row says one of these.
_UNSETTLED: tuple[State, ...] = ("planned", "sending", "unknown")

# How long a message rests that did not leave, or of which nobody knows; the sensor asks every ten seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)

metadata = MetaData()

# One row per alert and channel. A row of kind `resolution` takes a sent alert back; an alert that returns after that
# is a new occurrence. `after_id` is the channel's newest message before the attempt: a look-up need not go beyond it.
table = Table(
    "alert_outbox",
    metadata,
    Column("alert_key", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("occurrence", Integer, primary_key=True, autoincrement=False),
    Column("state", String, nullable=False),
    Column("rule", String),
    Column("subject", String),
    Column("edition", String),
    Column("headline", String, nullable=False),
    Column("message_key", String, index=True),
    Column("message_id", String),
    Column("after_id", String),
    Column("planned_at", DateTime, nullable=False),
    Column("sent_at", DateTime),
    Column("attempts", Integer, nullable=False),
    Column("error", String),
    Column("not_before", DateTime),
)


@dataclass(frozen=True)
class OutboxEntry:
    """One row of the outbox, as far as delivery needs it; `headline` is what the alert says, or said when sent."""

    alert_key: str
    kind: Kind
    occurrence: int
    rule: str
    subject: str
    edition: str | None
    headline: str
    state: State = "planned"
    message_key: str | None = None
    after_id: str | None = None
    attempts: int = 0
    not_before: datetime | None = field(default=None, compare=False)

    def may_leave(self, now: datetime) -> bool:
        """Whether the channel may be tried again by now."""
        return self.not_before is None or self.not_before <= naive_utc(now)


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """The database of one delivery at a time: the ledger's, with the outbox's table in it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with engine_of(settings.ledger) as engine, FileLock(settings.home / "delivery.lock"):
        yield engine


@dataclass
class AlertState:
    """What became of one alert: whose it is, what was said last, and the state of its last occurrence by channel."""

    rule: str
    subject: str
    edition: str | None
    headline: str
    channels: dict[str, str]


def read_states(settings: Settings) -> dict[str, AlertState]:
    """By alert key, what became of it; waits for nobody."""
    states: dict[str, AlertState] = {}
    with engine_of(settings.ledger) as engine:
        rows = select(table).where(table.c.kind == "alert").order_by(table.c.channel, table.c.occurrence)
        with engine.connect() as connection:
            for row in connection.execute(rows):
                new = AlertState(row.rule, row.subject, row.edition, row.headline, {})
                states.setdefault(row.alert_key, new).channels[row.channel] = row.state
    return states


def has_unsettled(settings: Settings, channels: Collection[str], now: datetime) -> bool:
    """Whether a message of these channels has still to leave, or nobody knows if it did, and may be tried by now."""
    unsettled = select(table.c.channel, table.c.state, table.c.not_before).where(
        table.c.state.in_(_UNSETTLED), table.c.channel.in_(channels)
    )
    with engine_of(settings.ledger) as engine, engine.connect() as connection:
        rows = connection.execute(unsettled).all()
    waiting = [row for row in rows if row.not_before is not None and row.not_before > naive_utc(now)]
    # What a channel would not take now, it would not take of another message either.
    resting = {row.channel for row in waiting if row.state == "planned"}
    return any(row not in waiting and not (row.state == "planned" and row.channel in resting) for row in rows)


def _pause(outcome: Outcome, attempts: int) -> timedelta:
    """How long a message rests: as long as its channel asks; else not at first, then twice as long each time."""
    if outcome.retry_after_seconds is not None:
        return timedelta(seconds=outcome.retry_after_seconds)
    return min(_FIRST_PAUSE * 2 ** min(attempts - 2, 10), _LONGEST_PAUSE) if attempts > 1 else timedelta()


class Outbox:
    """The rows of one channel."""

    def __init__(self, engine: Engine, channel: str) -> None:
        self._engine = engine
        self._channel = channel

    def entries(self) -> list[OutboxEntry]:
        """All rows by alert key; of one alert, the oldest occurrence first."""
        rows = select(*(table.c[field.name] for field in fields(OutboxEntry))).where(table.c.channel == self._channel)
        with self._engine.connect() as connection:
            ordered = connection.execute(rows.order_by(table.c.alert_key, table.c.kind, table.c.occurrence))
            return [OutboxEntry(**row) for row in ordered.mappings()]

    def record(self, new: Sequence[OutboxEntry], moved: Sequence[tuple[OutboxEntry, State]], now: datetime) -> None:
        """Add planned rows and move others, all or nothing; a row not sent forgets the message it was part of."""
        with self._engine.begin() as connection:
            if new:
                rows = [asdict(entry) | {"channel": self._channel, "planned_at": naive_utc(now)} for entry in new]
                connection.execute(insert(table), rows)
            for entry, state in moved:
                forget = {} if state in ("sent", "resolved") else {"message_key": None}
                connection.execute(update(table).where(self._is(entry)).values(state=state, **forget))

    def interrupt(self) -> None:
        """A row found in `sending` belongs to a pass that died: nobody knows what became of it."""
        sending = and_(table.c.channel == self._channel, table.c.state == "sending")
        with self._engine.begin() as connection:
            connection.execute(update(table).where(sending).values(state="unknown", error="interrupted"))

    def claim(self, entries: Sequence[OutboxEntry], message_key: str) -> None:
        """Note, before the call, that these rows are about to be sent as one message, with their headlines of now."""
        newest = select(func.max(table.c.message_id)).where(table.c.channel == self._channel)
        with self._engine.begin() as connection:
            after_id = connection.execute(newest).scalar()
            for entry in entries:
                values = {"headline": entry.headline, "message_key": message_key, "after_id": after_id}
                attempt = update(table).where(self._is(entry)).values(state="sending", attempts=entry.attempts + 1)
                connection.execute(attempt.values(**values))

    def conclude(self, message_key: str, outcome: Outcome, now: datetime) -> None:
        """Note what became of a message: of all rows that are part of it."""
        message = and_(table.c.channel == self._channel, table.c.message_key == message_key)
        sent_at = naive_utc(now) if outcome.state == "sent" else None
        values = {"state": outcome.state, "message_id": outcome.message_id, "error": outcome.error, "sent_at": sent_at}
        with self._engine.begin() as connection:
            tried = connection.execute(select(func.max(table.c.attempts)).where(message)).scalar() or 0
            later = naive_utc(now + _pause(outcome, tried)) if outcome.state in _UNSETTLED else None
            connection.execute(update(table).where(message).values(**values, not_before=later))

    def postpone(self, message_keys: Sequence[str], now: datetime) -> None:
        """Note that the channel cannot say what became of these messages: it is asked again after a while."""
        messages = and_(table.c.channel == self._channel, table.c.message_key.in_(message_keys))
        with self._engine.begin() as connection:
            connection.execute(update(table).where(messages).values(not_before=naive_utc(now + _FIRST_PAUSE)))

    def _is(self, entry: OutboxEntry) -> ColumnElement[bool]:
        return and_(
            table.c.alert_key == entry.alert_key,
            table.c.channel == self._channel,
            table.c.kind == entry.kind,
            table.c.occurrence == entry.occurrence,
        )
