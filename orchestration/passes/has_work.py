"""Whether a pass would find anything to do: the one question of the command line, the sensor and whoever watches.

What belongs here: the question. What does not: what the last pass saw and left (`fingerprint`), or a pass (`run`).
When in doubt there is something to do.
"""

from datetime import datetime

from orchestration.intake import inbox
from orchestration.intake.home_identity import check_home
from orchestration.intake.ledger import Ledger
from orchestration.passes import fingerprint
from orchestration.settings import Settings


def has_work(settings: Settings, now: datetime) -> bool:
    """Whether a pass would find anything to take in, remind, mend, rebuild, release or send; under a second.

    Raise `LedgerRefused` where no pass may begin.
    """
    check_home(settings)
    with Ledger(settings.ledger) as ledger:
        files = inbox.list_files(settings.inbox)
        if files - ledger.seen_files():
            return True
        if not (ledger.is_begun() or files):
            return False
        if not ledger.is_up_to_date() or ledger.due_reminders(now):
            return True
        # A drop that waits for its bytes is taken up when they are back.
        undecided = ledger.undecided()
    if undecided:
        from orchestration.intake.rereading import has_bytes

        if any(has_bytes(settings, drop) for drop in undecided):
            return True
    return not fingerprint.is_as_noted(settings) or _is_unsettled(settings, now)


def _is_unsettled(settings: Settings, now: datetime) -> bool:
    """Whether a message may leave now, or nobody knows whether it did."""
    from orchestration.alerting.channels.registry import engineers_channels, open_channels
    from orchestration.alerting.outbox import has_unsettled

    # What is left for a channel that has been closed since, no pass would send.
    names = [channel.name for channel in (*open_channels(settings), *engineers_channels(settings))]
    return has_unsettled(settings, names, now)
