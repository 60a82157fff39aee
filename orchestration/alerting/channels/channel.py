"""A channel: what every place where people read messages must offer, and what becomes of an attempt to send one.

What belongs here: the border between delivery and the outside. What does not: the channels themselves (a file
each beside this one), the outbox's states (`outbox`) and wording (`messages`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from orchestration.alerting.message import Message
from orchestration.drawing.trend import Trend


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt: `sent` (with the channel's `message_id` if it has any), `dead` (this message is
    refused for good), `unknown` (nobody knows whether it arrived) or `planned`: it did not, and no other one would now,
    nor before the seconds that the channel asks. `is_refused` says that a person must mend the channel or its sender.

    `gone` says of a planned one that what it was to hang under, or to take the place of, is there no more: only this
    message waits for another place.
    """

    state: Literal["sent", "dead", "unknown", "planned"]
    message_id: str | None = None
    error: str | None = None
    retry_after_seconds: int | None = None
    is_refused: bool = False
    gone: Literal["thread", "message"] | None = None


@dataclass(frozen=True)
class Place:
    """Where in its channel a message goes: under the message `thread_id`, in the place of the message `replaces_id`.

    Ids are those that the channel gave. One that cannot do the one or the other says what it has to say on its own, as
    an answer to that message where it has answers.
    `first_key` is the key that the message to replace was posted with.
    """

    thread_id: str | None = None
    replaces_id: str | None = None
    first_key: str | None = None


@dataclass(frozen=True)
class Lost:
    """A message whose answer was lost: its key, where it was to go, the id of a message sent earlier than it, and when
    it was tried first.
    """

    key: str
    place: Place
    after_id: str | None
    tried_at: datetime


@dataclass(frozen=True)
class Rate:
    """How many messages a channel takes at once, and how many a minute in the long run."""

    burst: int
    per_minute: int


class Channel(Protocol):
    """A place where people read messages."""

    @property
    def name(self) -> str:
        """The channel's name in `channels.csv`, `routing.csv` and the outbox."""

    @property
    def can_update(self) -> bool:
        """Whether a message can take the place of an earlier one, so that readers see one card however often it moves.

        Where not, changes without news are not sent, and news about a card comes as a message that says so.
        """

    @property
    def rate(self) -> Rate:
        """How fast messages may be sent to it; what is beyond waits for a later delivery."""

    @property
    def lists_within(self) -> timedelta:
        """How long a message that was accepted may be missing from what `find` sees; none where nothing is kept."""

    def send(self, message: Message, place: Place) -> Outcome:
        """Try once; an exception means that nobody knows whether the message arrived."""

    def find(self, lost: Sequence[Lost]) -> Mapping[str, Sequence[str]] | Outcome:
        """Which of these messages did arrive, by key, each with its message ids, oldest first.

        An update arrived where the message that it was to replace says so by now. An outcome says why the channel
        cannot tell now: nothing is sent again. So does an exception.
        """

    def retract(self, message_id: str) -> bool:
        """Take back a message that came twice, or too late; whether it is gone."""

    def show(self, trend: Trend, place: Place) -> None:
        """Show the picture of a card beside it: decoration, tried at most once; whatever it raises is only logged."""
