"""A channel: what every place where people read messages must offer, and what becomes of an attempt to send one.

What belongs here: the border between delivery and the outside. What does not: the channels themselves (a file
each beside this one), the outbox's states (`outbox`) and wording (`messages`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol

from orchestration.alerting.messages import Message


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt: `sent` (with the channel's `message_id` if it has any), `dead` (this message is
    refused for good), `unknown` (nobody knows whether it arrived) or `planned`: it did not, and no other one would now,
    nor before the seconds that the channel asks. `is_refused` says that a person must mend the channel or its sender.
    """

    state: Literal["sent", "dead", "unknown", "planned"]
    message_id: str | None = None
    error: str | None = None
    retry_after_seconds: int | None = None
    is_refused: bool = False


class Channel(Protocol):
    """A place where people read messages."""

    @property
    def name(self) -> str:
        """The channel's name in `routing.csv` and in the outbox."""

    @property
    def lists_within(self) -> timedelta:
        """How long a message that was accepted may be missing from what `find` sees; none where nothing is kept."""

    def send(self, message: Message) -> Outcome:
        """Try once; an exception means that nobody knows whether the message arrived."""

    def find(self, keys: Collection[str], after: str | None) -> Mapping[str, Sequence[str]] | Outcome:
        """Which of these message keys did arrive, each with its message ids, oldest first.

        `after` is the id of a message sent earlier than all of them. An outcome says why the channel cannot tell now:
        nothing is sent again. So does an exception.
        """

    def retract(self, message_id: str) -> bool:
        """Take back a message that came twice, or too late; whether it is gone."""
