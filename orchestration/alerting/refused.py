"""What channels refused, messages for good and all that is sent to them for now; and planning it again.

What belongs here: the questions of the command line, which no sentence of an alert is needed for. What does not:
telling engineers of it (`engineers_delivery`), and the rows (`outbox`).
"""

from orchestration.alerting import outbox, outbox_questions
from orchestration.alerting.channels.registry import open_names
from orchestration.alerting.outbox_tables import Letter, Refusal
from orchestration.settings import Settings
from orchestration.store.sql import engine_of


def refused_messages(settings: Settings, edition: str | None = None) -> list[Letter]:
    """The messages of open channels that are refused for good (of one edition, if given), which wait for a person."""
    if not settings.home.is_dir():
        return []
    with engine_of(settings.ledger) as engine:
        found = outbox_questions.letters(engine, open_names(settings))
    return [one for one in found if one.state == "dead" and edition in (None, one.edition)]


def refusing_channels(settings: Settings) -> list[Refusal]:
    """The open channels that refuse what is sent to them, or to be looked through, or that asked for a rest."""
    if not settings.home.is_dir():
        return []
    with engine_of(settings.ledger) as engine:
        return outbox_questions.refusals(engine, open_names(settings))


def retry(settings: Settings) -> int:
    """Plan what open channels refused for good again, and give how many alerts that is; the next pass sends them.

    A channel that refuses is tried again at once, but not before a time that it asked for.
    """
    if not settings.home.is_dir():
        return 0
    with outbox.opened(settings) as engine:
        return outbox_questions.plan_again(engine, open_names(settings))
