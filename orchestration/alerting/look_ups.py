"""Looking for messages of which an answer was lost: whether each arrived, and what is there that should not be.

What belongs here: asking a channel, which of two messages stays, taking the other back. What does not: when a message
is looked for, and when it is sent again (`outbox`); sending (`sending`).
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from orchestration.alerting.channels.channel import Channel, Lost, Outcome, Place
from orchestration.alerting.outbox import Outbox
from orchestration.alerting.outbox_tables import LookUp
from orchestration.alerting.sending import brief

log = logging.getLogger("jalons.alerts")


def settle(box: Outbox, channel: Channel, now: datetime) -> None:
    """Find out what became of the messages whose answer was lost; those that did not arrive are planned again.

    One that arrives after it was sent again is taken back.
    """
    box.interrupt(now, channel.lists_within)
    due = box.due(now)
    if not due or not box.may("look_up", now):
        return
    lost = [Lost(one.message_key, Place(one.parent_id, one.replaces_id), one.after_id, one.tried_at) for one in due]
    try:
        found = channel.find(lost)
    except Exception as fault:
        found = Outcome("planned", error=brief(fault))
    if isinstance(found, Outcome):
        log.warning("%s: cannot tell what became of %d message(s): %s", channel.name, len(due), found.error)
        box.cannot_tell(found, now)
        return
    shown = box.shown()
    for one in due:
        kept, extra = _kept(box, one, found.get(one.message_key, ()))
        if one.replaces_id and found.get(one.message_key) and kept is None:
            # It came after what was told since in the same place.
            box.redraw(one.replaces_id)
        extra = [message_id for message_id in extra if message_id not in shown and not one.replaces_id]
        retracted = [message_id for message_id in extra if _is_retracted(channel, one.message_key, message_id)]
        box.looked(one, kept, retracted, now, channel.lists_within)


def _kept(box: Outbox, one: LookUp, ids: Sequence[str]) -> tuple[str | None, list[str]]:
    """Of the ids under which a message is there, the one that stays, and those that came beside it.

    What was noted as sent stays, or was deleted by a person since: another one came late, and may say what was
    corrected meanwhile. Where nothing was noted, the first stays, unless alerts that it tells of were corrected
    meanwhile: what is left of it is sent anew.
    """
    noted, parts = box.sent_as(one.message_key)
    first = ids[0] if ids and parts == one.parts else None
    kept = (noted if noted in ids else None) if noted else first
    return kept, [message_id for message_id in ids if message_id != kept]


def _is_retracted(channel: Channel, key: str, message_id: str) -> bool:
    try:
        is_gone = channel.retract(message_id)
    except Exception as fault:
        log.warning("%s: message %s came late as %s: %s", channel.name, key, message_id, brief(fault))
        return False
    said = "is taken back" if is_gone else "could not be taken back"
    log.warning("%s: message %s came late as %s, and %s", channel.name, key, message_id, said)
    return is_gone
