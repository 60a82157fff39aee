"""Which channels are open, by audience.

What belongs here: opening channels by the settings. What does not: the channels themselves (a file each beside this
one), and who gets what (`routing`).
"""

from orchestration.alerting.channels.channel import Channel
from orchestration.alerting.channels.console import Console
from orchestration.settings import Settings


def open_channels(settings: Settings) -> list[Channel]:
    """The console always; Slack where both its token and its channel are set."""
    return [Console(), *_slack(settings, settings.slack_channel, "slack")]


def engineers_channels(settings: Settings) -> list[Channel]:
    """The same for what only engineers are told of: the console, and a Slack channel of their own."""
    return [
        Console(name="engineers-console"),
        *_slack(settings, settings.slack_engineers_channel, "engineers-slack"),
    ]


def open_names(settings: Settings) -> set[str]:
    """The names of all of these: what is left for a channel that has been closed since, no pass would send."""
    return {channel.name for channel in (*open_channels(settings), *engineers_channels(settings))}


def _slack(settings: Settings, channel: str, name: str) -> list[Channel]:
    token = settings.slack_bot_token.get_secret_value()
    if not (token and channel):
        return []
    from orchestration.alerting.channels.slack import Slack

    return [Slack(token=token, channel=channel, base_url=settings.slack_base_url, name=name)]
