"""A channel: what every place where people read messages must offer, and what becomes of an attempt to send one.

What belongs here: the border between delivery and the outside. What does not: the channels themselves (a file
each beside this one), the outbox's states (`outbox`) and wording (`messages`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from orchestration.alerting.messages import Message


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt: `sent` (with the channel's `message_id` if it has any), `dead` (the message is
    refused for good), `unknown` (no answer) or `planned` (not now, and not before the seconds that the channel asks).
    """

    state: Literal["sent", "dead", "unknown", "planned"]
    message_id: str | None = None
    error: str | None = None
    retry_after_seconds: int | None = None


class Channel(Protocol):
    """A place where people read messages."""

    @property
    def name(self) -> str:
        """The channel's name in `routing.csv` and in the outbox."""

    def send(self, message: Message) -> Outcome:
        """Try once; an exception means that nobody knows whether the message arrived."""

    def find(self, keys: Collection[str], after: str | None) -> Mapping[str, str] | None:
        """Which of these message keys did arrive, with their message ids; a key left out is safe to send again.

        `after` is the id of a message sent earlier than all of them. `None` means that the channel cannot tell now:
        nothing is sent again.
        """
