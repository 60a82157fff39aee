"""The console: a channel that needs no setting.

What belongs here: writing a message as lines. What does not: wording (`messages`), and who gets what (`routing`).
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TextIO

from orchestration.alerting.channels.channel import Lost, Outcome, Place, Rate
from orchestration.alerting.message import Message
from orchestration.drawing.text_bars import text_bars
from orchestration.drawing.trend import Trend


class Console:
    """The channel of the default install: French text on standard error, or on the stream given.

    A console has no memory: after a death between writing and noting it down, a line repeated, and marked so, is better
    than a line lost.
    """

    lists_within = timedelta()
    can_update = False
    rate = Rate(burst=1000, per_minute=60_000)

    def __init__(self, stream: TextIO | None = None, name: str = "console") -> None:
        self.name = name
        self._stream = stream

    def send(self, message: Message, place: Place) -> Outcome:  # noqa: ARG002
        """Write the message in one piece."""
        stream = self._stream or sys.stderr
        change = "Mise à jour · " if message.is_change else ""
        again = " (répétée : l’envoi précédent a été interrompu)" if message.is_repeat else ""
        bars = text_bars(message.trend) if message.trend else ()
        links = [f"{link.label}\N{NO-BREAK SPACE}: {link.address}" for link in message.links]
        lines = [f"{change}{message.title}{again}", *map(str, message.lines), *bars, *message.notes, *links]
        stream.write("\n   ".join(lines) + "\n")
        stream.flush()
        return Outcome("sent")

    def find(self, lost: Sequence[Lost]) -> Mapping[str, Sequence[str]]:  # noqa: ARG002
        """Nothing can be looked up."""
        return {}

    def retract(self, message_id: str) -> bool:  # noqa: ARG002
        """What is written stays."""
        return False

    def show(self, trend: Trend, place: Place) -> None:
        """A console shows no pictures: the message holds its text bars."""
