"""Telling engineers where the outbox cannot: the ledger is locked, unreadable or refused, or no pass can begin at all.

What belongs here: the message straight to the engineers' channels, once per cause and channel until a pass has gone
through. What does not: the causes and their words (`causes`), and faults that the outbox can hold (`faults`).
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from orchestration.alerting.channels.channel import Channel, Place
from orchestration.alerting.channels.registry import engineers_channels
from orchestration.passes.causes import Cause, cause_called, cause_of
from orchestration.settings import Settings

if TYPE_CHECKING:
    # Words take longer to import than the question whether there is anything to say.
    from orchestration.alerting.alerts import Alert
    from orchestration.alerting.message import Message

log = logging.getLogger("jalons.alerts")

# Of each cause and channel told, an empty file of the home: a full disk has room for a name.
_TOLD = ".told-"
# Where not even a name could be written.
_told_here: set[Path] = set()
# By channel, until when it asked to be left alone, as far as this process was told.
_resting: dict[str, float] = {}


@contextmanager
def causes_told(settings: Settings) -> Iterator[None]:
    """Tell engineers of what stops the commands inside, where its cause is known; it is raised again, as any other."""
    try:
        yield
    except Exception as error:
        tell_cause(settings, error)
        raise


def tell_cause(settings: Settings, error: Exception) -> Cause | None:
    """Tell engineers of the cause of an error, unless they know already, and give it; `None` where none is known.

    No fault of a channel raises: what did not leave is tried again the next time.
    """
    cause = cause_of(error)
    if cause:
        from orchestration.alerting import messages

        alert = _alert(cause)
        message = messages.fault(alert.alert_key, [alert], settings.dagster_url)
        with _one_at_a_time(settings.home):
            for channel in engineers_channels(settings):
                told = settings.home / f"{_TOLD}{cause.key}.{channel.name}"
                if told not in _told(settings) and _is_sent(channel, message):
                    _note(told)
    return cause


def is_anything_told(settings: Settings) -> bool:
    """Whether engineers were told straight of a cause whose end they have not been told."""
    return settings.home.is_dir() and bool(_told(settings))


def tell_recovered(settings: Settings) -> None:
    """Tell the end of what was told, where a pass has gone through or none is owed: the same cause would be news."""
    for told in _told(settings) if settings.home.is_dir() else ():
        from orchestration.alerting import messages

        key, _, name = told.name.removeprefix(_TOLD).partition(".")
        cause = cause_called(key)
        for channel in engineers_channels(settings):
            if cause and channel.name == name:
                alert = _alert(cause)
                line = messages.summary_line([alert])
                _is_sent(channel, messages.recovery(f"{alert.alert_key}:end", [line], alert.rule))
        told.unlink(missing_ok=True)
        _told_here.discard(told)


def _alert(cause: Cause) -> "Alert":
    from orchestration.alerting.faults import cannot_begin

    return cannot_begin(cause.key, said=cause.said, to_do=cause.to_do)


def _told(settings: Settings) -> list[Path]:
    found = set(_told_here)
    with suppress(OSError):
        found.update(settings.home.glob(f"{_TOLD}*"))
    return sorted(found)


def _is_sent(channel: Channel, message: "Message") -> bool:
    if _resting.get(channel.name, 0.0) > monotonic():
        return False
    try:
        outcome = channel.send(message, Place())
    except Exception as fault:
        log.warning("%s: %s", channel.name, fault)
        return False
    if outcome.error:
        log.warning("%s: the message is %s: %s", channel.name, outcome.state, outcome.error)
    if outcome.retry_after_seconds:
        _resting[channel.name] = monotonic() + outcome.retry_after_seconds
    # Refused for good, it would be refused again.
    return outcome.state in ("sent", "dead")


def _note(told: Path) -> None:
    try:
        told.touch()
    except OSError:
        _told_here.add(told)


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Hold the folder itself: a lock that needs no room on the disk."""
    with suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
    try:
        folder = os.open(home, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
