"""Whether a pass would find anything to do: the one question of the command line, the sensors and whoever watches.

What belongs here: the question, for an intake and for a publication. What does not: what the last publication saw and
left (`fingerprint`), or a pass (`run`). When in doubt there is something to do.
"""

from dataclasses import dataclass
from datetime import datetime

from orchestration.domain.french import paris, paris_midnight
from orchestration.intake import holds, inbox_faults, rereading, settling
from orchestration.intake.home_identity import check_home
from orchestration.intake.ledger import Ledger
from orchestration.passes import calendar, fingerprint
from orchestration.settings import Settings
from orchestration.store.digests import sha256


@dataclass(frozen=True)
class Owed:
    """What is owed of a job: `word` stands for what it would find to do, another for anything else, `None` for nothing.

    `waits` says what is wrong with the inbox, and which files of it are not settled yet: a sentence each, in English.
    `why` says in a few words what is owed, and `drops` has the files that it is about. `settles_in_s` is for how many
    seconds the first of the files that wait must still be left alone, `None` where none waits.
    """

    word: str | None
    waits: tuple[str, ...] = ()
    why: str = ""
    drops: tuple[str, ...] = ()
    settles_in_s: float | None = None


def has_work(settings: Settings, now: datetime) -> bool:
    """Whether there is anything to take in, open, close, remind, mend, rebuild, release or send; under a second.

    Raise `LedgerRefused` where no pass may begin.
    """
    return bool(intake_owed(settings, now).word or publication_owed(settings, now).word)


def intake_owed(settings: Settings, now: datetime) -> Owed:
    """What an intake would find to do; raise `LedgerRefused` where no pass may begin."""
    check_home(settings)
    with Ledger(settings.ledger) as ledger:
        new = settling.pending(settings, ledger, now)
        reminders, over = list(map(repr, ledger.due_reminders(now))), holds.due(ledger, now)
        days = [day.words for day in calendar.owed(settings, ledger, now)]
        # A drop that waits for its bytes is taken up when they are back.
        undecided = ledger.undecided()
        faults = inbox_faults.sentences(ledger, now)
    undecided = [drop for drop in undecided if rereading.has_bytes(settings, drop)]
    due = [*reminders, *days, *(f"hold of {drop_id}" for drop_id in over)]
    owed = sorted([*new.owed, *due, *(str(drop.drop_id) for drop in undecided)])
    word = sha256("\n".join(owed).encode(errors="surrogateescape")) if owed else None
    paths = new.paths if new.owed else ()
    counts = {
        "new files": len(paths),
        "drops to decide again": len(undecided),
        "days of the calendar": len(days),
        "reminders due": len(reminders),
        "holds over": len(over),
    }
    why = ", ".join(f"{what}: {count}" for what, count in counts.items() if count) or "news of the inbox"
    return Owed(
        word,
        (*faults, *map(_not_settled, new.waiting)),
        why,
        (*paths, *(drop.path for drop in undecided)),
        min((one.seconds for one in new.waiting), default=None),
    )


def publication_owed(settings: Settings, now: datetime) -> Owed:
    """The same of what a publication would find to do."""
    check_home(settings)
    with Ledger(settings.ledger) as ledger:
        if not ledger.is_begun():
            return Owed(None)
        is_up_to_date, head = ledger.is_up_to_date(), ledger.head()
        if is_up_to_date and rereading.are_lost_bytes_back(settings, ledger, now):
            is_up_to_date = False
    if not is_up_to_date:
        why = "the ledger says more than was published"
    elif not fingerprint.is_as_noted(settings):
        why = "rules, tables or releases are not as the last publication left them"
    elif _is_unsettled(settings, now):
        why = "a message waits to be sent"
    else:
        return Owed(None)
    return Owed(sha256(f"{head} {fingerprint.sources(settings)}".encode()), why=why)


def _not_settled(one: settling.Waiting) -> str:
    return f"Not settled: {one.path} ({one.why}). It is taken once it is left alone for {one.seconds:.0f} s."


def _is_unsettled(settings: Settings, now: datetime) -> bool:
    """Whether a message may leave now, nobody knows whether it did, or an answer or another month is to be shown."""
    from orchestration.alerting.answers import last_turn
    from orchestration.alerting.channels.registry import open_channels, open_names, rows
    from orchestration.alerting.outbox_questions import has_unsettled, is_behind

    month_began = paris_midnight(paris(now).date().replace(day=1))
    turn = max(filter(None, (last_turn(settings, now), month_began)))
    quiet = {row.name for row in rows(settings) if row.quiet_ends(now)}
    teams = {channel.name for channel in open_channels(settings)} - quiet
    return has_unsettled(settings, open_names(settings), now) or is_behind(settings, teams, turn, now)
