"""Which channels are open, by audience.

What belongs here: opening the channels of `channels.csv` that have their settings. What does not: the channels
themselves (a file each beside this one), and who gets what (`routing`).
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from orchestration.alerting.channel_kinds import ChannelKind
from orchestration.alerting.channels.channel import Channel
from orchestration.alerting.channels.console import Console
from orchestration.alerting.contacts import contacts
from orchestration.alerting.routing import CONTACTS, ChannelRow, Routing, channel_rows
from orchestration.domain.alert_rules import Audience
from orchestration.settings import Settings


def open_channels(settings: Settings) -> list[Channel]:
    """The console always; the others where all of their settings are there, and one for the contacts of each perimeter
    where mail is.
    """
    return _opened(settings, "teams")


def engineers_channels(settings: Settings) -> list[Channel]:
    """The same for what only engineers are told of."""
    return _opened(settings, "engineers")


def open_names(settings: Settings) -> set[str]:
    """The names of all of these: what is left for a channel that has been closed since, no pass would send."""
    return {channel.name for channel in (*open_channels(settings), *engineers_channels(settings))}


def missing_settings(settings: Settings) -> dict[str, list[str]]:
    """By channel that is off though it has an address: the settings that it lacks."""
    found = {}
    for row in rows(settings):
        needs = _needs(settings, row)
        missing = [name for name, value in needs.items() if not value]
        # What several channels share is no sign that all of them are wanted: a channel's own comes last.
        if missing and (row.address or list(needs.values())[-1]):
            found[row.name] = missing
    return found


def faults_of_settings(settings: Settings) -> dict[str, str]:
    """By table or channel, what cannot be read of it: it is left out, and nothing else is."""
    found = {}
    for name, read in (("channels.csv", channel_rows), ("routing.csv", Routing), ("contacts.csv", contacts)):
        try:
            read()
        except ValueError as fault:
            found[name] = str(fault)
    for row in rows(settings):
        opened = _try_to_open(settings, row)
        if isinstance(opened, str):
            found[row.name] = opened
    return found


def team_rows(settings: Settings) -> list[ChannelRow]:
    """The channels of teams and contacts, whether or not they have their settings."""
    return [row for row in rows(settings) if row.audience == "teams"]


def kinds(settings: Settings) -> dict[str, ChannelKind]:
    """By name, of which kind each channel is."""
    return {row.name: row.kind for row in rows(settings)}


def _opened(settings: Settings, audience: Audience) -> list[Channel]:
    opened = [_try_to_open(settings, row) for row in rows(settings) if row.audience == audience]
    return [channel for channel in opened if channel is not None and not isinstance(channel, str)]


def _try_to_open(settings: Settings, row: ChannelRow) -> Channel | str | None:
    """The channel; `None` where it lacks a setting, and in words what is wrong with one."""
    if not all(_needs(settings, row).values()):
        return None
    try:
        return _OPENERS[row.kind](settings, row)
    except ValueError as fault:
        return str(fault)


def rows(settings: Settings) -> list[ChannelRow]:
    """The rows of the table, and one for the contacts of each perimeter; a table that cannot be read has none, but the
    consoles are always there, so that somebody is told.
    """
    try:
        found = channel_rows()
    except ValueError:
        found = [ChannelRow("console", "console", "teams"), ChannelRow("engineers-console", "console", "engineers")]
    if settings.smtp_host and settings.mail_from:
        addresses: dict[str, list[str]] = {}
        try:
            known = contacts()
        except ValueError:
            known = []
        for contact in known:
            addresses.setdefault(contact.perimeter, []).append(contact.email)
        found += [
            ChannelRow(f"{CONTACTS}:{code}", "mail", "teams", " ".join(to)) for code, to in sorted(addresses.items())
        ]
    return found


def _needs(settings: Settings, row: ChannelRow) -> Mapping[str, str]:
    """What a channel needs to be open, by the name of the variable that holds it."""
    is_engineers = row.audience == "engineers"
    if row.kind == "slack":
        own = ("JALONS_SLACK_ENGINEERS_CHANNEL", settings.slack_engineers_channel)
        own = own if is_engineers else ("JALONS_SLACK_CHANNEL", settings.slack_channel)
        return {"SLACK_BOT_TOKEN": settings.slack_bot_token.get_secret_value(), own[0]: row.address or own[1]}
    if row.kind == "tchap":
        own = ("JALONS_TCHAP_ENGINEERS_ROOM", settings.tchap_engineers_room)
        own = own if is_engineers else ("JALONS_TCHAP_ROOM", settings.tchap_room)
        return {
            "JALONS_TCHAP_HOMESERVER": settings.tchap_homeserver,
            "JALONS_TCHAP_TOKEN": settings.tchap_token.get_secret_value(),
            own[0]: row.address or own[1],
        }
    if row.kind == "webhook":
        # Who knows the address may write there: of a perimeter's own, the table names the variable that holds it.
        name = row.address or "JALONS_WEBHOOK_URL"
        return {name: os.environ.get(name, "") if row.address else settings.webhook_url.get_secret_value()}
    if row.kind == "mail":
        own = ("JALONS_MAIL_ENGINEERS_TO", settings.mail_engineers_to)
        own = own if is_engineers else ("JALONS_MAIL_TO", settings.mail_to)
        return {
            "JALONS_SMTP_HOST": settings.smtp_host,
            "JALONS_MAIL_FROM": settings.mail_from,
            own[0]: row.address or own[1],
        }
    return {}


def _address(settings: Settings, row: ChannelRow) -> str:
    return list(_needs(settings, row).values())[-1]


def _slack(settings: Settings, row: ChannelRow) -> Channel:
    from orchestration.alerting.channels.slack import Slack

    token = settings.slack_bot_token.get_secret_value()
    return Slack(token=token, channel=_address(settings, row), base_url=settings.slack_base_url, name=row.name)


def _tchap(settings: Settings, row: ChannelRow) -> Channel:
    from orchestration.alerting.channels.tchap import Tchap

    server = urlsplit(settings.tchap_homeserver)
    if server.scheme != "https" and server.hostname not in ("127.0.0.1", "localhost", "::1"):
        # The token goes with each request.
        raise ValueError("JALONS_TCHAP_HOMESERVER must begin with https://")
    return Tchap(
        homeserver=settings.tchap_homeserver,
        token=settings.tchap_token.get_secret_value(),
        room=_address(settings, row),
        name=row.name,
    )


def _webhook(settings: Settings, row: ChannelRow) -> Channel:
    from orchestration.alerting.channels.webhook import Webhook

    return Webhook(url=_address(settings, row), name=row.name)


def _mail(settings: Settings, row: ChannelRow) -> Channel:
    from orchestration.alerting.channels.mail import Mail, MailServer

    server = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
    )
    return Mail(
        server=server,
        sender=settings.mail_from,
        recipients=_address(settings, row).split(),
        name=row.name,
        clock=lambda: datetime.now(UTC),
    )


_OPENERS: Mapping[ChannelKind, Callable[[Settings, ChannelRow], Channel]] = {
    "console": lambda _, row: Console(name=row.name),
    "slack": _slack,
    "tchap": _tchap,
    "webhook": _webhook,
    "mail": _mail,
}
