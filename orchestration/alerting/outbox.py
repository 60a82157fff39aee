"""The outbox: what was decided about each alert on each channel, in the ledger's database.

What belongs here: the tables and their transitions, each one transaction. What does not: when a transition is due
(`reconciliation`, `delivery`). Rows of `alert_outbox` are never deleted: it is the truth about what people were told.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from filelock import FileLock
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)

from orchestration.alerting.channels.channel import Outcome
from orchestration.domain.alert_rules import AlertKey
from orchestration.settings import Settings
from orchestration.store.sql import engine_of, naive_utc

State = Literal["planned", "sending", "sent", "unknown", "dead", "cancelled", "resolved"]
Kind = Literal["alert", "resolution"]
# What a channel is asked for; it may refuse the one and not the other.
Act = Literal["send", "look_up"]

# What became of a message is not settled while its row says one of these.
_UNSETTLED: tuple[State, ...] = ("planned", "sending", "unknown")

# How long a channel rests that refused, twice as long each time; the sensor asks every ten seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
# What asks for more, or rests for more, has a wrong clock behind it.
_LONGEST_REST = timedelta(days=1)
# When a message is looked for whose answer was lost, in times of how long the channel may take to list it: twice before
# it is sent again, and twice after, since the first one may still come.
_LOOKS, _LOOKS_BEFORE_SENDING_AGAIN = (1, 1, 3, 20), 2
# Of a row that a delivery does not speak of (its edition is held, or nobody looked for its fault).
_UNCONCERNED = "not spoken of"
# Of a row whose pass died while it was sent.
INTERRUPTED = "interrupted"

metadata = MetaData()

# One row per alert and channel. A row of kind `resolution` tells the end of a sent alert, of the edition that ended it;
# an alert that returns after that is a new occurrence. `cause` says what ended it (`end_causes`), `summary` the method
# whose one summary tells the row, if one does. `after_id` is the channel's newest message before the attempt: a look-up
# need not go beyond it.
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
    # Not known of rows that were planned before 0008.
    Column("level", String),
    Column("cause", String),
    Column("summary", String),
)

# By which method an edition was told last on a channel, and of what was received for it until when.
_methods = Table(
    "alert_methods",
    metadata,
    Column("channel", String, primary_key=True),
    Column("edition", String, primary_key=True),
    Column("method_version", String, nullable=False),
    Column("told_until", DateTime, nullable=False),
)

# What a channel refuses to do, and until when it is left alone; a row goes when it does it again.
_refusals = Table(
    "alert_channels",
    metadata,
    Column("channel", String, primary_key=True),
    Column("act", String, primary_key=True),
    Column("error", String, nullable=False),
    Column("is_refused", Boolean, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("since", DateTime, nullable=False),
    Column("not_before", DateTime, nullable=False),
)

# The messages of which an answer was lost once. `parts` is of how many rows the message was, `after_id` the channel's
# newest message before its first attempt, `look_at` when it is looked for next, `retracted` what was taken back of it.
_look_ups = Table(
    "alert_look_ups",
    metadata,
    Column("channel", String, primary_key=True),
    Column("message_key", String, primary_key=True),
    Column("after_id", String),
    Column("parts", Integer, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("look_at", DateTime),
    Column("retracted", String),
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
    level: str | None = None
    cause: str | None = None
    summary: str | None = None
    error: str | None = field(default=None, compare=False)
    not_before: datetime | None = field(default=None, compare=False)
    sent_at: datetime | None = field(default=None, compare=False)

    def may_leave(self, now: datetime) -> bool:
        """Whether this message may be tried by now, if its channel may."""
        return not _is_to_come(self.not_before, now)


@dataclass(frozen=True)
class Told:
    """By which method an edition was told last on a channel, and of what was received for it until when (naive UTC)."""

    method_version: str
    until: datetime


@dataclass(frozen=True)
class LookUp:
    """A message to look for in its channel."""

    message_key: str
    after_id: str | None
    parts: int
    looks: int


@dataclass(frozen=True)
class Refusal:
    """What a channel refuses to do: with which code or words, since when, and when it is asked again (UTC).

    `is_refused` says that a person must mend it; else it asked for a rest, or nothing could be sent to it.
    """

    channel: str
    act: Act
    error: str
    is_refused: bool
    since: datetime
    not_before: datetime


@dataclass(frozen=True)
class Letter:
    """A message that is refused for good (`dead`), or was answered with a code that nobody knows: what it says, and how
    many rows it is of.
    """

    channel: str
    message_key: str
    state: State
    rule: str
    edition: str | None
    headline: str
    error: str
    rows: int


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """The database of one delivery at a time: the ledger's, with the outbox's table in it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with engine_of(settings.ledger) as engine, FileLock(settings.home / "delivery.lock"):
        yield engine


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
        rows = select(table).where(table.c.kind == "alert").order_by(table.c.channel, table.c.occurrence)
        with engine.connect() as connection:
            for row in connection.execute(rows):
                new = AlertState(row.rule, row.subject, row.edition, row.headline, {}, {})
                state = states.setdefault(row.alert_key, new)
                state.channels[row.channel] = row.state
                state.cause = row.cause if row.state == "resolved" else state.cause
                state.errors.pop(row.channel, None)
                if row.error and row.error != _UNCONCERNED and row.state in (*_UNSETTLED, "dead"):
                    state.errors[row.channel] = row.error
    return states


def has_unsettled(settings: Settings, channels: Collection[str], now: datetime) -> bool:
    """Whether a message of these channels has still to leave, or to be looked for, and may be by now.

    A dead one is settled: it waits for a person, and no pass would send it.
    """
    rows = select(table.c.channel, table.c.state, table.c.not_before).where(
        table.c.state.in_(("planned", "sending")), table.c.channel.in_(channels)
    )
    looks = select(_look_ups.c.channel, _look_ups.c.look_at).where(_look_ups.c.channel.in_(channels))
    with engine_of(settings.ledger) as engine, engine.connect() as connection:
        resting = {(one.channel, one.act) for one in _refusals_of(connection) if _is_to_come(one.not_before, now)}
        left = [
            row.state == "sending" or not ((row.channel, "send") in resting or _is_to_come(row.not_before, now))
            for row in connection.execute(rows)
        ]
        due = [
            not ((row.channel, "look_up") in resting or _is_to_come(row.look_at, now))
            for row in connection.execute(looks.where(_look_ups.c.look_at.is_not(None)))
        ]
    return any(left) or any(due)


def refusals(engine: Engine, channels: Collection[str]) -> list[Refusal]:
    """What these channels refuse to do."""
    with engine.connect() as connection:
        return [one for one in _refusals_of(connection) if one.channel in channels]


def letters(engine: Engine, channels: Collection[str]) -> list[Letter]:
    """The messages of these channels that are refused for good, and those that did not leave for an error of theirs."""
    rows = select(table).where(
        table.c.channel.in_(channels), table.c.message_key.is_not(None), table.c.error.is_not(None)
    )
    found: dict[tuple[str, str], Letter] = {}
    with engine.connect() as connection:
        for row in connection.execute(
            rows.where(table.c.state.in_(("dead", "planned", "unknown")), table.c.error != _UNCONCERNED).order_by(
                table.c.channel, table.c.planned_at, table.c.alert_key
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
    dead = and_(table.c.channel.in_(channels), table.c.state == "dead")
    refused = and_(_refusals.c.channel.in_(channels), _refusals.c.is_refused)
    with engine.begin() as connection:
        again = update(table).where(dead).values(state="planned", not_before=None)
        count = connection.execute(again).rowcount
        connection.execute(update(_refusals).where(refused).values(not_before=_refusals.c.since))
    return count


def _refusals_of(connection: Connection) -> list[Refusal]:
    rows = connection.execute(select(_refusals).order_by(_refusals.c.channel, _refusals.c.act)).all()
    return [
        Refusal(
            *(row.channel, row.act, row.error, row.is_refused),
            since=row.since.replace(tzinfo=UTC),
            not_before=row.not_before.replace(tzinfo=UTC),
        )
        for row in rows
    ]


def _is_to_come(moment: datetime | None, now: datetime) -> bool:
    """Whether a time that was noted is ahead; one that no rest reaches was noted under a clock that was ahead."""
    return moment is not None and naive_utc(now) < _naive(moment) <= naive_utc(now + _LONGEST_REST)


def _naive(moment: datetime) -> datetime:
    return naive_utc(moment) if moment.tzinfo else moment


def _pause(outcome: Outcome, refusals: int) -> timedelta:
    """How long a channel rests: as long as it asks; else twice as long each time."""
    if outcome.retry_after_seconds is not None:
        return min(timedelta(seconds=min(outcome.retry_after_seconds, 10**6)), _LONGEST_REST)
    return _doubled(refusals - 1)


def _again(tried: int) -> timedelta:
    """How long a message rests that did not arrive: not at first, then twice as long each time."""
    return _doubled(tried - 2) if tried > 1 else timedelta()


def _doubled(times: int) -> timedelta:
    pause: timedelta = _FIRST_PAUSE * 2 ** min(times, 10)
    return min(pause, _LONGEST_PAUSE)


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
        """Add planned rows and move others, all or nothing; a row not sent forgets the message it was part of, and
        why that did not leave. The end of an alert says what it says by now.
        """
        with self._engine.begin() as connection:
            if new:
                rows = [asdict(entry) | {"channel": self._channel, "planned_at": naive_utc(now)} for entry in new]
                connection.execute(insert(table), rows)
            for entry, state in moved:
                values: dict[str, Any] = {"state": state, "cause": entry.cause}
                if state not in ("sent", "resolved"):
                    values |= {"message_key": None, "error": None, "summary": entry.summary}
                if entry.kind == "resolution":
                    values |= {"headline": entry.headline, "edition": entry.edition}
                connection.execute(update(table).where(self._is(entry)).values(values))

    def told(self) -> dict[str, Told]:
        """By edition, the method by which it was told last, and until when; none of one that never was."""
        rows = select(_methods).where(_methods.c.channel == self._channel)
        with self._engine.connect() as connection:
            return {row.edition: Told(row.method_version, row.told_until) for row in connection.execute(rows)}

    def tell_by(self, method_version: str, received: Mapping[str, datetime]) -> None:
        """Note by which method these editions are told from now on, and of what was received for each until when."""
        with self._engine.begin() as connection:
            known = {edition: one.until for edition, one in self.told().items()}
            for edition, until in received.items():
                of_edition = and_(_methods.c.channel == self._channel, _methods.c.edition == edition)
                values = {"method_version": method_version, "told_until": max(until, known.get(edition, until))}
                if edition in known:
                    connection.execute(update(_methods).where(of_edition).values(values))
                else:
                    given = {"channel": self._channel, "edition": edition}
                    connection.execute(insert(_methods).values(given | values))

    def rename(self, keys: Mapping[str, AlertKey]) -> None:
        """Keep the rows of these keys under those that their alerts have now; there must be none under them yet."""
        with self._engine.begin() as connection:
            for old, new in keys.items():
                of_key = and_(table.c.alert_key == old, table.c.channel == self._channel)
                values = {"alert_key": str(new), "subject": new.subject}
                connection.execute(update(table).where(of_key).values(values))

    def interrupt(self, now: datetime, lists_within: timedelta) -> None:
        """A row found in `sending` belongs to a pass that died: nobody knows what became of it."""
        sending = and_(table.c.channel == self._channel, table.c.state == "sending")
        keys = select(table.c.message_key).where(sending).distinct()
        with self._engine.connect() as connection:
            interrupted = connection.execute(keys).scalars().all()
        for key in interrupted:
            self.conclude(key, Outcome("unknown", error=INTERRUPTED), now, lists_within)

    def claim(self, entries: Sequence[OutboxEntry], message_key: str) -> None:
        """Note, before the call, that these rows are about to be sent as one message, with their headlines of now."""
        newest = select(func.max(table.c.message_id)).where(table.c.channel == self._channel)
        with self._engine.begin() as connection:
            after_id = connection.execute(newest).scalar()
            for entry in entries:
                values = {"headline": entry.headline, "message_key": message_key, "after_id": after_id}
                attempt = update(table).where(self._is(entry)).values(state="sending", attempts=entry.attempts + 1)
                connection.execute(attempt.values(**values))

    def conclude(self, message_key: str, outcome: Outcome, now: datetime, lists_within: timedelta) -> None:
        """Note what became of a message, of all rows that are part of it; and of its channel, which rests or works."""
        values: dict[str, Any] = {"state": outcome.state, "message_id": outcome.message_id, "error": outcome.error}
        values |= {"sent_at": naive_utc(now) if outcome.state == "sent" else None, "not_before": None}
        with self._engine.begin() as connection:
            rows = connection.execute(update(table).where(self._of(message_key)).values(values)).rowcount
            if outcome.state == "planned":
                self._rest(connection, "send", outcome, now)
            elif outcome.state in ("sent", "dead"):
                connection.execute(delete(_refusals).where(self._act("send")))
            else:
                self._look_for(connection, message_key, rows, naive_utc(now + lists_within))

    def may(self, act: Act, now: datetime) -> bool:
        """Whether the channel may be asked for this by now."""
        with self._engine.connect() as connection:
            not_before = connection.execute(select(_refusals.c.not_before).where(self._act(act))).scalar()
        return not _is_to_come(not_before, now)

    def due(self, now: datetime) -> list[LookUp]:
        """The messages to look for by now."""
        rows = select(_look_ups).where(_look_ups.c.channel == self._channel, _look_ups.c.look_at.is_not(None))
        with self._engine.connect() as connection:
            found = connection.execute(rows.order_by(_look_ups.c.message_key)).all()
        return [
            LookUp(row.message_key, row.after_id or None, row.parts, row.looks)
            for row in found
            if not _is_to_come(row.look_at, now)
        ]

    def cannot_tell(self, outcome: Outcome, now: datetime) -> None:
        """Note that the channel does not say which messages arrived: it is asked again after a while."""
        with self._engine.begin() as connection:
            self._rest(connection, "look_up", outcome, now)

    def looked(
        self, one: LookUp, message_id: str | None, retracted: Sequence[str], now: datetime, lists_within: timedelta
    ) -> None:
        """Note what was seen of a message: the id under which it is there, if it is, and what was taken back of it.

        Where it is there its rows are sent. Where it is not, those of which nobody knew are planned again after the
        second look; a message that was tried more than once rests longer each time.
        """
        of_it = self._of(one.message_key)
        looks = one.looks + 1
        with self._engine.begin() as connection:
            connection.execute(delete(_refusals).where(self._act("look_up")))
            tried = connection.execute(select(func.max(table.c.attempts)).where(of_it)).scalar() or 0
            if message_id is not None:
                looks = max(looks, _LOOKS_BEFORE_SENDING_AGAIN)
                waiting = and_(of_it, table.c.state.in_((*_UNSETTLED, "dead")))
                sent = {"state": "sent", "error": None, "not_before": None, "sent_at": naive_utc(now)}
                connection.execute(update(table).where(waiting).values(sent))
                connection.execute(update(table).where(of_it).values(message_id=message_id))
            elif looks >= _LOOKS_BEFORE_SENDING_AGAIN or not lists_within:
                later = naive_utc(now + _again(tried))
                unknown = and_(of_it, table.c.state == "unknown")
                connection.execute(update(table).where(unknown).values(state="planned", not_before=later))
            # Of a message that was sent once, and is there, no other one comes.
            is_over = looks >= len(_LOOKS) or not lists_within or (message_id is not None and tried <= 1)
            look_at = None if is_over else naive_utc(now + lists_within * _LOOKS[looks])
            noted: dict[str, Any] = {"looks": looks, "look_at": look_at}
            if retracted:
                noted["retracted"] = ", ".join(retracted)
            connection.execute(update(_look_ups).where(self._look_up(one.message_key)).values(noted))

    def sent_as(self, message_key: str) -> tuple[str | None, int]:
        """The id that a message was noted as sent under, if it was, and of how many rows it is by now."""
        rows = select(func.max(table.c.message_id), func.count()).where(self._of(message_key))
        with self._engine.connect() as connection:
            message_id, count = connection.execute(rows).one()
        return message_id, count

    def speak_of(self, planned: Sequence[OutboxEntry], others: Sequence[OutboxEntry], now: datetime) -> None:
        """Note which planned rows this delivery speaks of, and which others it does not: no pass is begun for those
        alone, but once an hour.
        """
        with self._engine.begin() as connection:
            for entry in planned:
                if entry.error == _UNCONCERNED:
                    connection.execute(update(table).where(self._is(entry)).values(error=None, not_before=None))
            for entry in others:
                if entry.may_leave(now):
                    later = {"error": _UNCONCERNED, "not_before": naive_utc(now + _LONGEST_PAUSE)}
                    connection.execute(update(table).where(self._is(entry)).values(later))

    def _rest(self, connection: Connection, act: Act, outcome: Outcome, now: datetime) -> None:
        before = connection.execute(select(_refusals).where(self._act(act))).one_or_none()
        count = before.refusals + 1 if before else 1
        values = {"error": outcome.error or "", "is_refused": outcome.is_refused, "refusals": count}
        values["not_before"] = naive_utc(now + _pause(outcome, count))
        if before:
            connection.execute(update(_refusals).where(self._act(act)).values(values))
        else:
            first = {"channel": self._channel, "act": act, "since": naive_utc(now)}
            connection.execute(insert(_refusals).values(first | values))

    def _look_for(self, connection: Connection, message_key: str, parts: int, look_at: datetime) -> None:
        known = connection.execute(select(_look_ups).where(self._look_up(message_key))).one_or_none()
        anew: dict[str, Any] = {"looks": 0, "look_at": look_at}
        if known is None or known.look_at is None:
            after_id = connection.execute(select(func.min(table.c.after_id)).where(self._of(message_key))).scalar()
            anew |= {"parts": parts, "after_id": after_id}
        # While it is looked for, any of its attempts may arrive late: what is noted is of the first.
        if known:
            connection.execute(update(_look_ups).where(self._look_up(message_key)).values(anew))
        else:
            given = {"channel": self._channel, "message_key": message_key}
            connection.execute(insert(_look_ups).values(given | anew))

    def _of(self, message_key: str) -> ColumnElement[bool]:
        return and_(table.c.channel == self._channel, table.c.message_key == message_key)

    def _act(self, act: Act) -> ColumnElement[bool]:
        return and_(_refusals.c.channel == self._channel, _refusals.c.act == act)

    def _look_up(self, message_key: str) -> ColumnElement[bool]:
        return and_(_look_ups.c.channel == self._channel, _look_ups.c.message_key == message_key)

    def _is(self, entry: OutboxEntry) -> ColumnElement[bool]:
        return and_(
            table.c.alert_key == entry.alert_key,
            table.c.channel == self._channel,
            table.c.kind == entry.kind,
            table.c.occurrence == entry.occurrence,
        )
