"""Delivery: every alert reaches every channel it is routed to, once, whatever dies or gets lost on the way.

What belongs here: the order of the steps. What does not: states and their storage (`outbox`), what is due
(`reconciliation`), wording (`messages`), channels.

A row is committed as `sending` before the call. A pass that finds one there knows that its predecessor died: the row is
`unknown`, and the channel is asked whether the message arrived before anything is sent again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from orchestration.alerting import messages, outbox
from orchestration.alerting.alerts import COLUMNS, Alert, read_rows
from orchestration.alerting.channels.channel import Channel, Outcome
from orchestration.alerting.channels.registry import engineers_channels, open_channels
from orchestration.alerting.faults import INCIDENT_RULES, FaultRule
from orchestration.alerting.messages import Message
from orchestration.alerting.outbox import Outbox, OutboxEntry, State
from orchestration.alerting.reconciliation import latest, reconcile
from orchestration.alerting.routing import Routing
from orchestration.domain.alert_rules import SLIPS_WITH_OVERRUN, alert_rule
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from orchestration.validation.holding import is_held
from orchestration.validation.judgement import Judgement

MOST_SINGLE_MESSAGES = 5

log = logging.getLogger("jalons.alerts")


@dataclass(frozen=True)
class Delivery:
    """What one delivery changed: per open channel, how many alerts came to each state (none where nothing changed)."""

    counts: Mapping[str, Mapping[State, int]] = field(default_factory=dict)


def deliver(
    settings: Settings, now: datetime, judgement: Judgement, channels: Sequence[Channel] | None = None
) -> Delivery:
    """Bring every open channel up to date with the mart `alerts`, of the set of marts that the judgement is on.

    `channels` are those of the settings unless given. Of an edition that is held back nothing is said and nothing taken
    back, but what concerns its filing. No fault of a channel raises; one delivery at a time per home. Raise
    `UnfitMarts` where the marts are others by now.
    """
    judgement.expect_unchanged(settings)
    with outbox.opened(settings) as engine:
        rows = read_rows(settings)
        if rows is None:
            return Delivery()

        def is_free(one: Alert | OutboxEntry) -> bool:
            # A refusal or a reminder speaks of a file, not of what the tables say.
            return (
                one.edition is None
                or alert_rule(one.rule).about == "filing"
                or not is_held(one.edition, judgement.holds)
            )

        alerts = {alert.alert_key: alert for alert in map(Alert.of, rows) if is_free(alert)}
        opened = open_channels(settings) if channels is None else channels
        return _bring_up_to_date(engine, opened, alerts, is_free, settings.site_url, now)


def alert_engineers(
    settings: Settings,
    faults: Iterable[Alert],
    now: datetime,
    rules: Collection[FaultRule],
    channels: Sequence[Channel] | None = None,
) -> Delivery:
    """Bring the engineers' channels up to date with the faults that there are now, of the `rules` that were looked at.

    A fault is told once, however often it is found again, and its end is told once. Otherwise as `deliver`.
    """
    alerts = {fault.alert_key: fault for fault in faults}
    opened = engineers_channels(settings) if channels is None else channels
    with outbox.opened(settings) as engine:
        return _bring_up_to_date(
            engine,
            opened,
            alerts,
            lambda entry: entry.rule in rules,
            settings.dagster_url,
            now,
        )


def _bring_up_to_date(
    engine: Engine,
    channels: Sequence[Channel],
    alerts: Mapping[str, Alert],
    is_concerned: Callable[[OutboxEntry], bool],
    base_url: str,
    now: datetime,
) -> Delivery:
    """Make each channel say what there is of `alerts`, and take back the rows concerned that are no more."""
    routing, counts = Routing(), {}
    for channel in channels:
        box = Outbox(engine, channel.name)
        before = latest(box.entries())
        _settle(box, channel, now)
        routed = {key for key, alert in alerts.items() if routing.sends(alert, channel.name)}
        box.record(*reconcile(list(filter(is_concerned, box.entries())), alerts, routed), now)
        planned = [entry for entry in box.entries() if entry.state == "planned" and is_concerned(entry)]
        # What the channel would not take of one message, it would not take of another either.
        if not all(entry.may_leave(now) for entry in planned):
            planned = []
        _send(box, channel, planned, alerts, base_url, now)
        after = latest(box.entries())
        counts[channel.name] = Counter(e.state for key, e in after.items() if e != before.get(key))
    return Delivery(counts)


def alert_states(settings: Settings, edition: str | None = None) -> list[dict[str, Any]]:
    """The mart's rows (of one edition, if given), the most severe first, each with `channels`: {channel name: state}.

    After them, by key, what was told and is true no longer: of such a row the key, edition, rule, subject and, as its
    `detail`, the headline are left.
    """
    rows = read_rows(settings) or []
    known = outbox.read_states(settings) if settings.home.is_dir() else {}
    sent = {key: one for key, one in known.items() if alert_rule(one.rule).audience == "teams"}
    states = [row | {"channels": sent[row["alert_key"]].channels if row["alert_key"] in sent else {}} for row in rows]
    for key in sorted(sent.keys() - {row["alert_key"] for row in rows}):
        one = sent[key]
        left = {"alert_key": key, "rule": one.rule, "subject": one.subject, "edition": one.edition}
        blank = dict.fromkeys(COLUMNS)
        states.append(blank | left | {"detail": one.headline, "channels": one.channels})
    return [row for row in states if edition in (None, row["edition"])]


def _settle(box: Outbox, channel: Channel, now: datetime) -> None:
    """Find out what became of the messages of which nobody knows; those that did not arrive are planned again."""
    box.interrupt()
    unknown = [entry for entry in box.entries() if entry.state == "unknown" and entry.message_key]
    unknown = [entry for entry in unknown if entry.may_leave(now)]
    if not unknown:
        return
    keys = sorted({entry.message_key for entry in unknown if entry.message_key})
    marks = [entry.after_id for entry in unknown]
    try:
        arrived = channel.find(keys, None if None in marks else min(mark for mark in marks if mark))
    except Exception as fault:
        log.warning("%s: cannot look up %d message(s): %s", channel.name, len(keys), _brief(fault))
        box.postpone(keys, now)
        return
    if arrived is None:
        log.warning("%s: cannot tell what became of %d message(s)", channel.name, len(keys))
        box.postpone(keys, now)
        return
    for key in keys:
        outcome = (
            Outcome("sent", message_id=arrived[key]) if key in arrived else Outcome("planned", retry_after_seconds=0)
        )
        box.conclude(key, outcome, now)


def _send(
    box: Outbox,
    channel: Channel,
    planned: Sequence[OutboxEntry],
    alerts: Mapping[str, Alert],
    base_url: str,
    now: datetime,
) -> None:
    """Send what is planned; a refusal or a lost answer concerns one message, "not now" ends the pass for a channel."""
    rank = {key: number for number, key in enumerate(alerts)}
    ends = [entry for entry in planned if entry.kind == "resolution"]
    news = [replace(e, headline=messages.summary_line([alerts[e.alert_key]])) for e in planned if e.kind == "alert"]
    news.sort(key=lambda entry: rank[entry.alert_key])
    for batch in (*_batches(ends), *_batches(news)):
        message = _compose(_message_key(channel.name, batch), batch, alerts, base_url)
        box.claim(batch, message.key)
        try:
            outcome = channel.send(message)
        except Exception as fault:
            outcome = Outcome("unknown", error=_brief(fault))
        box.conclude(message.key, outcome, now)
        if outcome.error:
            log.warning("%s: message %s is %s: %s", channel.name, message.key, outcome.state, outcome.error)
        if outcome.state == "planned":
            return


def _batches(entries: Sequence[OutboxEntry]) -> Iterator[list[OutboxEntry]]:
    """The rows of each message: those of a message tried before stay together; many others make one per edition.

    Of faults there is one message per cause, of the stores' one per rule, and one of a slip and its overrun.
    """
    tried: dict[str, list[OutboxEntry]] = {}
    fresh: list[OutboxEntry] = []
    for entry in entries:
        if entry.message_key:
            tried.setdefault(entry.message_key, []).append(entry)
        else:
            fresh.append(entry)
    yield from tried.values()
    if len(fresh) <= MOST_SINGLE_MESSAGES or _is_fault(fresh[0]):
        alone: dict[tuple[str | None, ...], list[OutboxEntry]] = {}
        for entry in fresh:
            alone.setdefault(_topic(entry), []).append(entry)
        yield from alone.values()
        return
    editions = sorted({entry.edition for entry in fresh}, key=lambda edition: (edition is None, edition))
    for edition in editions:
        yield [entry for entry in fresh if entry.edition == edition]


def _topic(entry: OutboxEntry) -> tuple[str | None, ...]:
    """What alerts of one message have in common: the cause of a fault, the project and edition of one rise."""
    if entry.rule in INCIDENT_RULES:
        # A disk that goes takes a thousand files with it: what to do is the same for all.
        return (entry.rule,)
    if _is_fault(entry):
        return entry.rule, entry.subject
    slip = alert_rule(entry.rule).same_rise_as or entry.rule
    if slip in SLIPS_WITH_OVERRUN:
        return slip, entry.subject, entry.edition
    return (entry.alert_key,)


def _is_fault(one: Alert | OutboxEntry) -> bool:
    return alert_rule(one.rule).audience == "engineers"


def _message_key(channel: str, batch: Sequence[OutboxEntry]) -> str:
    if batch[0].message_key:
        return batch[0].message_key
    parts = [channel, batch[0].kind, *sorted(f"{entry.alert_key}#{entry.occurrence}" for entry in batch)]
    return sha256("\n".join(parts).encode())[:32]


def _compose(key: str, batch: Sequence[OutboxEntry], alerts: Mapping[str, Alert], base_url: str) -> Message:
    first, is_repeat = batch[0], batch[0].attempts > 0
    if first.kind == "resolution":
        headlines = [entry.headline for entry in batch]
        if _is_fault(first):
            return messages.recovery(key, headlines, first.rule, is_repeat=is_repeat)
        return messages.resolution(key, headlines, first.edition, base_url, is_repeat=is_repeat)
    found = [alerts[entry.alert_key] for entry in batch]
    if _is_fault(first):
        return messages.fault(key, found, base_url, is_repeat=is_repeat)
    groups = messages.paired(found)
    if len(groups) == 1:
        return messages.single(key, groups[0], base_url, is_repeat=is_repeat)
    return messages.digest(key, found, first.edition, base_url, is_repeat=is_repeat)


def _brief(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"[:300]
