"""A message, ready for any channel: what is said of one card, one summary or one fault, without markup.

What belongs here: what a message is made of. What does not: its words (`messages`), a channel's own markup
(`channels/`), and where in the channel it goes (`channels.channel`).
"""

from dataclasses import dataclass

from orchestration.domain.visible import visible
from orchestration.drawing.trend import Trend


@dataclass(frozen=True)
class Line:
    """One thing that is said; `name` is shown strong before it, where there is one."""

    text: str
    name: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.name, self.text) if part)


@dataclass(frozen=True)
class Link:
    """An address, and what a reader finds there."""

    label: str
    address: str


@dataclass(frozen=True)
class Message:
    """One message; every text is plain (no markup), on one line, and all of it visible.

    `key` is the outbox's key, the same at each attempt; `lines` say what happened, `notes` why it was sent and what to
    do. `trend` is drawn by the channels that can. `is_repeat` is true when an earlier attempt was interrupted,
    `is_change` when it says anew what an earlier message said: where nothing can be updated, the message says so.
    """

    key: str
    title: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    trend: Trend | None = None
    is_repeat: bool = False
    is_change: bool = False

    def __post_init__(self) -> None:
        # Here, so that no channel and no wording has to think of it.
        object.__setattr__(self, "title", visible(self.title))
        object.__setattr__(self, "lines", tuple(Line(visible(line.text), visible(line.name)) for line in self.lines))
        object.__setattr__(self, "notes", tuple(map(visible, self.notes)))
        object.__setattr__(
            self, "links", tuple(Link(visible(link.label), visible(link.address)) for link in self.links)
        )
