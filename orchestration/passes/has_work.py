"""Whether a pass would find anything to do: asked by the command line, and cheap enough for whoever watches a home.

What belongs here: the question. What does not: what the last pass saw and left (`fingerprint`), or a pass (`run`).
When in doubt there is something to do.
"""

from datetime import datetime

from orchestration.intake import inbox
from orchestration.intake.ledger import Ledger
from orchestration.passes import fingerprint
from orchestration.settings import Settings


def has_work(settings: Settings, now: datetime) -> bool:
    """Whether a pass would find anything to take in, remind, rebuild, release or send; under a second."""
    return not fingerprint.is_as_noted(settings) or pending(settings, now) or _is_unsettled(settings)


def pending(settings: Settings, now: datetime | None = None) -> bool:
    """Whether a pass has anything to do, by names and sizes alone: cheap enough for a sensor's every tick.

    Given the time, a reminder that is due is something to do.
    """
    with Ledger(settings.ledger) as ledger:
        if inbox.list_files(settings.inbox) - ledger.seen_files() or not ledger.is_up_to_date():
            return True
        if now and ledger.due_reminders(now):
            return True
        # A warehouse that was deleted is owed a pass, once there is anything to rebuild it from.
        return ledger.is_begun() and not settings.marts.is_dir()


def _is_unsettled(settings: Settings) -> bool:
    """Whether a message still has to leave, or nobody knows whether it did."""
    from orchestration.alerting.channels.registry import engineers_channels, open_channels
    from orchestration.alerting.outbox import has_unsettled

    # What is left for a channel that has been closed since, no pass would send.
    names = [channel.name for channel in (*open_channels(settings), *engineers_channels(settings))]
    return has_unsettled(settings, names)
