"""A round: each channel is made to say what there is of some alerts, once, whatever dies or gets lost on the way.

What belongs here: the order of the steps on a channel, whoever reads it. What does not: which alerts there are, and
what is sent of them (`delivery` for teams, `engineers_delivery`), what is due (`reconciliation`), what became of lost
messages (`look_ups`), states and their storage (`outbox`), channels.

A row is committed as `sending` before the call. A pass that finds one there knows that its predecessor died: the row is
`unknown`, and the channel is asked whether the message arrived, twice, before anything is sent again. What is refused
for its channel or its sender stays planned; only a message that is itself refused is `dead`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from orchestration.alerting.alerts import Alert
from orchestration.alerting.channels.channel import Channel
from orchestration.alerting.channels.registry import rows as channel_rows_of
from orchestration.alerting.ends import End
from orchestration.alerting.look_ups import settle
from orchestration.alerting.outbox import Outbox
from orchestration.alerting.outbox_tables import OutboxEntry, State
from orchestration.alerting.reconciliation import latest, reconcile
from orchestration.alerting.routing import ChannelRow, EverythingToEngineers, Routing, routing_or_engineers_alone
from orchestration.settings import Settings
from orchestration.store.sql import naive_utc

# How long a file that is missing or was refused is news to a channel that was not told of it.
_LONGEST_FILING = timedelta(days=30)

# The ends by alert key, and the method by alert key of what a summary tells.
Ended = tuple[Mapping[str, End], Mapping[str, str]]
# Whether all that was due was tried: else it is due again.
Sender = Callable[[Outbox, Channel, ChannelRow], bool]


@dataclass(frozen=True)
class Delivery:
    """What one delivery changed: per open channel, how many alerts came to each state (none where nothing changed)."""

    counts: Mapping[str, Mapping[State, int]] = field(default_factory=dict)


def bring_up_to_date(
    settings: Settings,
    engine: Engine,
    channels: Sequence[Channel],
    alerts: Mapping[str, Alert],
    is_concerned: Callable[[OutboxEntry], bool],
    ends_of: Callable[[Outbox, Sequence[OutboxEntry], Collection[str]], Ended],
    send: Sender,
    now: datetime,
) -> dict[str, Counter[State]]:
    """Make each channel say what there is of `alerts`, and take back the rows concerned that are no more."""
    routing, counts = routing_or_engineers_alone(), {}
    of_table = {row.name: row for row in channel_rows_of(settings)}
    for channel in channels:
        box = Outbox(engine, channel.name)
        before = latest(box.entries())
        settle(box, channel, now)
        routed = {key for key, alert in alerts.items() if goes_to(alert, channel.name, routing, now)}
        entries = list(filter(is_concerned, box.entries()))
        box.record(*reconcile(entries, alerts, routed, *ends_of(box, entries, routed)), now)
        box.speak_of([entry for entry in box.entries() if entry.state == "planned" and is_concerned(entry)], [], now)
        row = of_table.get(channel.name) or ChannelRow(channel.name, "console", "teams")
        if quiet_ends := row.quiet_ends(now):
            box.rest_until(quiet_ends)
        # What the channel would not take of one message, it would not take of another either.
        elif box.may("send", now) and send(box, channel, row):
            box.delivered(now)
        after = latest(box.entries())
        counts[channel.name] = Counter(e.state for key, e in after.items() if e != before.get(key))
    return counts


def goes_to(alert: Alert, channel: str, routing: Routing | EverythingToEngineers, now: datetime) -> bool:
    """Whether a channel gets an alert."""
    if alert.of_rule.about == "filing" and alert.raised_at and alert.raised_at < naive_utc(now - _LONGEST_FILING):
        # Nobody can act any more on what was awaited or refused then.
        return False
    # A channel that works has nothing to say of itself: what would come there is the end alone.
    is_itself = alert.rule == "channel_unreachable" and alert.subject == channel
    return routing.sends(alert, channel) and not is_itself


def due_rows(box: Outbox, is_concerned: Callable[[OutboxEntry], bool], now: datetime) -> list[OutboxEntry]:
    """The rows that may be sent by now."""
    return [e for e in box.entries() if e.state == "planned" and is_concerned(e) and e.may_leave(now)]


def leave_the_rest(
    engine: Engine, channels: Sequence[Channel], is_spoken_of: Callable[[OutboxEntry], bool], now: datetime
) -> None:
    """Note of what is left planned that this delivery did not speak of it."""
    for channel in channels:
        box = Outbox(engine, channel.name)
        box.speak_of([], [e for e in box.entries() if e.state == "planned" and not is_spoken_of(e)], now)
