"""Where messages go: the console, and which channels are open.

What belongs here: opening channels by the settings. What does not: what every channel offers (`channel`), Slack's own
ways (`slack`), and who gets what (`routing`).
"""

import sys
from collections.abc import Collection, Mapping
from typing import TextIO

from orchestration.alerting.channels.channel import Channel, Outcome
from orchestration.alerting.messages import Message
from orchestration.settings import Settings


class Console:
    """The channel of the default install: French text on standard error, or on the stream given.

    A console has no memory: after a death between writing and noting it down, a line repeated, and marked so, is better
    than a line lost.
    """

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

    def find(self, keys: Collection[str], after: str | None) -> Mapping[str, str]:  # noqa: ARG002
        """Nothing can be looked up."""
        return {}


def open_channels(settings: Settings) -> list[Channel]:
    """The console always; Slack where both its token and its channel are set."""
    return [Console(), *_slack(settings, settings.slack_channel, "slack")]


def engineers_channels(settings: Settings) -> list[Channel]:
    """The same for what only engineers are told of: the console, and a Slack channel of their own."""
    return [
        Console(name="engineers-console"),
        *_slack(settings, settings.slack_engineers_channel, "engineers-slack"),
    ]


def _slack(settings: Settings, channel: str, name: str) -> list[Channel]:
    token = settings.slack_bot_token.get_secret_value()
    if not (token and channel):
        return []
    from orchestration.alerting.channels.slack import Slack

    return [Slack(token=token, channel=channel, base_url=settings.slack_base_url, name=name)]
