"""The console: a channel that needs no setting.

What belongs here: writing a message as lines. What does not: wording (`messages`), and who gets what (`routing`).
"""

import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TextIO

from orchestration.alerting.channels.channel import Outcome
from orchestration.alerting.messages import Message


class Console:
    """The channel of the default install: French text on standard error, or on the stream given.

    A console has no memory: after a death between writing and noting it down, a line repeated, and marked so, is better
    than a line lost.
    """

    lists_within = timedelta()

    def __init__(self, stream: TextIO | None = None, name: str = "console") -> None:
        self.name = name
        self._stream = stream

    def send(self, message: Message) -> Outcome:
        """Write the message in one piece."""
        stream = self._stream or sys.stderr
        again = " (répétée : l’envoi précédent a été interrompu)" if message.is_repeat else ""
        link = [f"{message.link[0]}\N{NO-BREAK SPACE}: {message.link[1]}"] if message.link else []
        stream.write("\n   ".join([message.title + again, *message.lines, *message.notes, *link]) + "\n")
        stream.flush()
        return Outcome("sent")

    def find(self, keys: Collection[str], after: str | None) -> Mapping[str, Sequence[str]]:  # noqa: ARG002
        """Nothing can be looked up."""
        return {}

    def retract(self, message_id: str) -> bool:  # noqa: ARG002
        """What is written stays."""
        return False
