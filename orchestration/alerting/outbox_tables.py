"""The outbox as it is kept: its tables in the ledger's database, and their rows as records.

What belongs here: columns and records. What does not: what is done with them (`outbox`), and what others ask of them
(`outbox_questions`). Rows of `alert_outbox` are never deleted: it is the truth about what people were told.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Boolean, Column, DateTime, Float, Integer, MetaData, String, Table

from orchestration.domain.alert_rules import Severity
from orchestration.store.sql import naive_utc

State = Literal["planned", "sending", "sent", "unknown", "dead", "cancelled", "resolved"]
# A row of kind `card` says that a card must be drawn anew, though no alert of it is news; one of kind `reminder` is the
# message of a month, one of kind `receipt` that of a drop.
Kind = Literal["alert", "resolution", "card", "reminder", "receipt"]
CardKind = Literal["summary", "subject", "digest"]
# What editions say of their subjects, and what was filed for them or not.
Family = Literal["slips", "filings"]
# Which row of a channel: alert key, kind and occurrence.
RowPlace = tuple[str, str, int]
# What a channel is asked for; it may refuse the one and not the other.
Act = Literal["send", "look_up"]

# What became of a message is not settled while its row says one of these.
UNSETTLED: tuple[State, ...] = ("planned", "sending", "unknown")

# Of a row that a delivery does not speak of (its edition is held, or nobody looked for its fault).
UNCONCERNED = "not spoken of"
# Of a row whose pass died while it was sent.
INTERRUPTED = "interrupted"

METADATA = MetaData()

# One row per alert and channel. A row of kind `resolution` tells the end of a sent alert, of the edition that ended it;
# an alert that returns after that is a new occurrence. `cause` says what ended it (`end_causes`), `summary` the method
# whose one summary tells the row, if one does. `after_id` is the channel's newest message before the attempt: a look-up
# need not go beyond it.
OUTBOX = Table(
    "alert_outbox",
    METADATA,
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
    # Of what card it is; not known of rows that were told before 0011, nor are the four beside it.
    Column("card_id", String, index=True),
    Column("severity", String),
    Column("subject_name", String),
    Column("perimeter", String),
    Column("statement", String),
)

# The cards of each channel: what each is about, the message that shows it, and a digest of the facts that it was last
# made from. `parent_id` is the message that it hangs under, `pictured_at` when its picture was tried.
CARDS = Table(
    "alert_cards",
    METADATA,
    Column("channel", String, primary_key=True),
    Column("card_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("family", String, nullable=False),
    Column("edition", String),
    Column("subject", String, nullable=False),
    Column("message_id", String),
    Column("parent_id", String),
    Column("facts", String),
    Column("pictured_at", DateTime),
)

# How many messages a channel may be sent at once by a time, so that none is flooded.
RATES = Table(
    "alert_rates",
    METADATA,
    Column("channel", String, primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("at", DateTime, nullable=False),
)

# When each channel was brought up to date last.
DELIVERIES = Table(
    "alert_deliveries",
    METADATA,
    Column("channel", String, primary_key=True),
    Column("at", DateTime, nullable=False),
)

# By which method an edition was told last on a channel, and of what was received for it until when.
METHODS = Table(
    "alert_methods",
    METADATA,
    Column("channel", String, primary_key=True),
    Column("edition", String, primary_key=True),
    Column("method_version", String, nullable=False),
    Column("told_until", DateTime, nullable=False),
)

# What a channel refuses to do, and until when it is left alone; a row goes when it does it again.
REFUSALS = Table(
    "alert_channels",
    METADATA,
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
LOOK_UPS = Table(
    "alert_look_ups",
    METADATA,
    Column("channel", String, primary_key=True),
    Column("message_key", String, primary_key=True),
    Column("after_id", String),
    Column("parts", Integer, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("look_at", DateTime),
    Column("retracted", String),
    # Not known of what was lost before 0011; under which message it was to hang, and which one to take the place of.
    Column("tried_at", DateTime),
    Column("parent_id", String),
    Column("replaces_id", String),
)


@dataclass(frozen=True)
class Topic:
    """What a card is about: a subject in an edition, the others of an edition as a list, or an edition as a whole."""

    kind: CardKind
    family: Family
    edition: str | None
    subject: str


@dataclass(frozen=True)
class Card:
    """A card of one channel: the message that shows it, what that hangs under, and a digest of the facts it is from."""

    card_id: str
    topic: Topic
    message_id: str | None = None
    parent_id: str | None = None
    facts: str | None = None
    pictured_at: datetime | None = None


@dataclass(frozen=True)
class OutboxEntry:
    """One row of the outbox, as far as delivery needs it; `headline` is what the alert says, or said when sent, of its
    subject; `statement` the same without naming it, and of an end what it is now.
    """

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
    card_id: str | None = field(default=None, compare=False)
    severity: Severity | None = field(default=None, compare=False)
    subject_name: str | None = field(default=None, compare=False)
    perimeter: str | None = field(default=None, compare=False)
    statement: str | None = field(default=None, compare=False)

    @property
    def place(self) -> RowPlace:
        """Which row of its channel it is."""
        return self.alert_key, self.kind, self.occurrence

    def may_leave(self, now: datetime) -> bool:
        """Whether this message may be tried by now, if its channel may."""
        return not is_to_come(self.not_before, now)


@dataclass(frozen=True)
class Told:
    """By which method an edition was told last on a channel, and of what was received for it until when (naive UTC)."""

    method_version: str
    until: datetime


@dataclass(frozen=True)
class LookUp:
    """A message to look for in its channel, where it was to go; `tried_at` is when it was tried first (UTC)."""

    message_key: str
    after_id: str | None
    parts: int
    looks: int
    tried_at: datetime
    parent_id: str | None
    replaces_id: str | None


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


# What asks for more, or rests for more, has a wrong clock behind it.
LONGEST_REST = timedelta(days=1)


def is_to_come(moment: datetime | None, now: datetime) -> bool:
    """Whether a time that was noted is ahead; one that no rest reaches was noted under a clock that was ahead."""
    return moment is not None and naive_utc(now) < _naive(moment) <= naive_utc(now + LONGEST_REST)


def _naive(moment: datetime) -> datetime:
    return naive_utc(moment) if moment.tzinfo else moment
