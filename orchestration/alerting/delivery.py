"""Delivery: every alert reaches every channel it is routed to, once, whatever dies or gets lost on the way.

What belongs here: the order of the steps. What does not: states and their storage (`outbox`), what is due
(`reconciliation`), wording (`messages`), channels.

A row is committed as `sending` before the call. A pass that finds one there knows that its predecessor died: the row is
`unknown`, and the channel is asked whether the message arrived, twice, before anything is sent again. What is refused
for its channel or its sender stays planned; only a message that is itself refused is `dead`.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Engine

from orchestration.alerting import matrix_codes, messages, outbox, outbox_questions, receipts_by_mail, slack_codes
from orchestration.alerting.alerts import Alert, former_project_ids, read_rows
from orchestration.alerting.answers import answers
from orchestration.alerting.channels.channel import Channel, Lost, Outcome, Place
from orchestration.alerting.channels.registry import (
    engineers_channels,
    faults_of_settings,
    kinds,
    missing_settings,
    open_channels,
    open_names,
)
from orchestration.alerting.channels.registry import rows as channel_rows_of
from orchestration.alerting.end_causes import Cause
from orchestration.alerting.ends import End, Ends
from orchestration.alerting.faults import (
    DELIVERY_RULES,
    INCIDENT_RULES,
    FaultRule,
    channel_off,
    channel_unreachable,
    message_refused,
    table_unreadable,
)
from orchestration.alerting.message import Message
from orchestration.alerting.messages import Around
from orchestration.alerting.monthly_reminder import monthly_reminder, monthly_reminder_due, open_criticals
from orchestration.alerting.outbox import Outbox
from orchestration.alerting.outbox_tables import INTERRUPTED, LookUp, OutboxEntry, State, Told
from orchestration.alerting.reconciliation import latest, reconcile, renamed
from orchestration.alerting.routing import (
    CONTACTS,
    ChannelRow,
    EverythingToEngineers,
    Routing,
    routing_or_engineers_alone,
)
from orchestration.alerting.sending import Desk, brief, send_cards, send_messages
from orchestration.alerting.sentences import cut
from orchestration.alerting.trends import trends
from orchestration.domain.alert_rules import alert_rule
from orchestration.domain.french import paris
from orchestration.domain.reference_data import method_version
from orchestration.settings import Settings
from orchestration.store.marts import read_mart
from orchestration.store.sql import naive_utc
from orchestration.validation.holding import Hold, is_held

if TYPE_CHECKING:
    # It reads the lake, whose library takes longer to import than the question whether anything is refused.
    from orchestration.validation.judgement import Judgement

# A channel that nobody need mend (no connection, no answer, a rest it asked for) is told of when it lasts.
_LASTING = timedelta(minutes=10)
# How long a file that is missing or was refused is news to a channel that was not told of it.
_LONGEST_FILING = timedelta(days=30)
# What engineers read of a message that did not leave, in characters.
_SHOWN_OF_MESSAGE = 200

log = logging.getLogger("jalons.alerts")

# The ends by alert key, and the method by alert key of what a summary tells.
Ended = tuple[Mapping[str, End], Mapping[str, str]]
# Whether all that was due was tried: else it is due again.
Sender = Callable[[Outbox, Channel, ChannelRow], bool]


@dataclass(frozen=True)
class Delivery:
    """What one delivery changed: per open channel, how many alerts came to each state (none where nothing changed)."""

    counts: Mapping[str, Mapping[State, int]] = field(default_factory=dict)


def deliver(
    settings: Settings, now: datetime, judgement: "Judgement", channels: Sequence[Channel] | None = None
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
        opened = open_channels(settings) if channels is None else channels
        for channel in opened:
            _send_receipts(Outbox(engine, channel.name), channel, engine, now)
        return bring_teams_up_to_date(engine, settings, rows, judgement.holds, opened, now)


def _send_receipts(box: Outbox, channel: Channel, engine: Engine, now: datetime) -> None:
    """Tell the contacts of a perimeter what became of its drops, each once."""
    family, _, perimeter = channel.name.partition(":")
    if family != CONTACTS:
        return
    _settle(box, channel, now)
    drops = {f"receipt::{drop.drop_id}": drop for drop in receipts_by_mail.filed(engine, perimeter, now)}
    known = {entry.alert_key for entry in box.entries() if entry.kind == "receipt"}
    fresh = [
        OutboxEntry(key, "receipt", 1, "receipt", drop.path, drop.edition, receipts_by_mail.headline(drop))
        for key, drop in drops.items()
        if key not in known
    ]
    box.record(fresh, [], now)
    due = [e for e in box.entries() if e.kind == "receipt" and e.state == "planned" and e.may_leave(now)]
    # What waited longer than it is told is told no more.
    box.record([], [(entry, "cancelled") for entry in due if entry.alert_key not in drops], now)
    batches = [
        ([entry], partial(receipts_by_mail.message, drops=[drops[entry.alert_key]], is_repeat=entry.attempts > 0))
        for entry in due
        if entry.alert_key in drops
    ]
    if box.may("send", now):
        send_messages(box, channel, batches, now)


def bring_teams_up_to_date(
    engine: Engine,
    settings: Settings,
    rows: Sequence[dict[str, Any]],
    holds: Sequence[Hold],
    channels: Sequence[Channel],
    now: datetime,
) -> Delivery:
    """The same from rows of the mart `alerts`, with the outbox of any database: what would be sent can be tried too."""
    today = paris(now).date()
    said = {key: [one for one in of_key if one.holds(today)] for key, of_key in answers(settings).items()}
    answered = {key: of_key for key, of_key in said.items() if of_key}
    snoozed = {key for key, of_key in answered.items() if any(one.kind == "snooze" for one in of_key)}

    def is_free(one: Alert | OutboxEntry) -> bool:
        if isinstance(one, OutboxEntry) and one.kind == "resolution" and one.alert_key in snoozed:
            return False
        # A refusal or a reminder speaks of a file, not of what the tables say.
        return one.edition is None or alert_rule(one.rule).about == "filing" or not is_held(one.edition, holds)

    alerts = {alert.alert_key: alert for alert in map(Alert.of, rows) if is_free(alert)}
    ends = Ends.read(settings, lambda edition: is_held(edition, holds))
    method = method_version()

    def ends_of(box: Outbox, entries: Sequence[OutboxEntry], routed: Collection[str]) -> Ended:
        return _ended(ends, alerts, entries, routed, box.told(), method)

    former_ids = former_project_ids(settings)
    for box in (Outbox(engine, channel.name) for channel in channels):
        box.rename(renamed(box.entries(), alerts, former_ids))
    around = Around(now, settings.site_url, trends(settings), answered)

    def send(box: Outbox, channel: Channel, row: ChannelRow) -> bool:
        if not send_messages(box, channel, _summaries_of_method(_due(box, is_free, now)), now):
            return False
        desk = Desk(alerts, around, row.most_cards, is_free, lambda edition: is_held(edition, holds))
        if not send_cards(box, channel, desk, now):
            return False
        routed = [alert for alert in alerts.values() if _goes_to(alert, channel.name, routing, now)]
        # What was told to have ended stays so, though its project left since with what ended it.
        told_over = {key for key, entry in latest(box.entries()).items() if entry.state == "resolved"}
        criticals = open_criticals(routed, ends.of_alerts.keys() | told_over, answered, now)
        return send_messages(box, channel, _reminders(box, criticals, around), now)

    routing = routing_or_engineers_alone()
    counts = _bring_up_to_date(settings, engine, channels, alerts, is_free, ends_of, send, now)
    read = {edition: at for edition, at in _read_until(settings, rows).items() if not is_held(edition, holds)}
    for box in (Outbox(engine, channel.name) for channel in channels):
        box.tell_by(method, read)
    _leave_the_rest(engine, channels, is_free, now)
    return Delivery(counts)


def alert_engineers(
    settings: Settings,
    faults: Iterable[Alert],
    now: datetime,
    rules: Collection[FaultRule],
    channels: Sequence[Channel] | None = None,
) -> Delivery:
    """Bring the engineers' channels up to date with the faults that there are now, of the `rules` that were looked at.

    A fault is told once, however often it is found again, and its end is told once. What delivery itself knows to be
    wrong (`DELIVERY_RULES`) is told after it, on the channels that work. Otherwise as `deliver`.
    """

    def send(found: Mapping[str, Alert], is_concerned: Callable[[OutboxEntry], bool]) -> Sender:
        def to(box: Outbox, channel: Channel, _row: ChannelRow) -> bool:
            due = _due(box, is_concerned, now)
            return send_messages(box, channel, _messages_of_faults(due, found, settings.dagster_url), now)

        return to

    def is_looked_at(entry: OutboxEntry) -> bool:
        return entry.rule in rules

    def is_of_delivery(entry: OutboxEntry) -> bool:
        return entry.rule in DELIVERY_RULES

    alerts = {fault.alert_key: fault for fault in faults}
    opened = engineers_channels(settings) if channels is None else channels
    spoken_of = {*rules, *DELIVERY_RULES}
    with outbox.opened(settings) as engine:
        told = [
            _bring_up_to_date(
                *(settings, engine, opened, alerts, is_looked_at, _faults_over(alerts)), send(alerts, is_looked_at), now
            )
        ]
        names = {*open_names(settings), *(channel.name for channel in opened)}
        own = {fault.alert_key: fault for fault in _faults_of_delivery(engine, names, settings)}
        told.append(
            _bring_up_to_date(
                *(settings, engine, opened, own, is_of_delivery, _faults_over(own)), send(own, is_of_delivery), now
            )
        )
        _leave_the_rest(engine, opened, lambda entry: entry.rule in spoken_of, now)
    return Delivery({name: Counter(told[0][name]) + Counter(told[1][name]) for name in told[0]})


def _faults_of_delivery(
    engine: Engine,
    channels: Collection[str],
    settings: Settings,
) -> Iterator[Alert]:
    """What is wrong with channels, and the messages that are refused, or were answered with an unfamiliar code."""
    # What was met once says nothing of now: how long it lasts is known from the last try.
    found, kind_of = outbox_questions.refusals(engine, channels), kinds(settings)
    refused = [one for one in found if one.is_refused or one.not_before - one.since >= _LASTING]
    # Of one channel once: what refuses a message for its token refuses a look-up for it too.
    for one in {one.channel: one for one in sorted(refused, key=lambda one: one.act != "look_up")}.values():
        kind = kind_of.get(one.channel, "console")
        yield channel_unreachable(one.channel, one.act, one.error, one.since, kind)
    for name, missing in missing_settings(settings).items():
        yield channel_off(name, missing)
    for name, fault in faults_of_settings(settings).items():
        yield table_unreadable(name, fault)
    for letter in outbox_questions.letters(engine, channels):
        # Planned again by a person, it is still the one that was refused.
        is_dead = letter.state == "dead" or letter.error in slack_codes.OF_MESSAGE | matrix_codes.OF_MESSAGE
        # A message about a refused one that is refused too is in the exit codes; one about it would be refused as well.
        if letter.rule not in DELIVERY_RULES and (is_dead or _is_unfamiliar(letter.error)):
            yield message_refused(
                *(letter.channel, letter.message_key),
                headline=cut(letter.headline, _SHOWN_OF_MESSAGE),
                rows=letter.rows,
                code=letter.error,
                is_dead=is_dead,
            )


def _is_unfamiliar(code: str) -> bool:
    return code != INTERRUPTED and (slack_codes.is_unfamiliar(code) or matrix_codes.is_unfamiliar(code))


def _bring_up_to_date(
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
        _settle(box, channel, now)
        routed = {key for key, alert in alerts.items() if _goes_to(alert, channel.name, routing, now)}
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


def _ended(
    ends: Ends,
    alerts: Mapping[str, Alert],
    entries: Sequence[OutboxEntry],
    routed: Collection[str],
    told: Mapping[str, Told],
    method: str,
) -> Ended:
    """What has ended of the alerts that a channel gets or got, and what of all is news by another method alone."""
    found = {key: end for key, end in ends.of_alerts.items() if key in alerts}
    for key, entry in latest(entries).items():
        if key not in alerts:
            end = ends.of_gone(entry, alerts.values(), routed, told.get(entry.edition or ""), method)
            found |= {key: end} if end else {}
    for entry in entries:
        if entry.kind == "resolution" and entry.state == "sent" and entry.alert_key not in found and ends.stays(entry):
            found[entry.alert_key] = End(cast(Cause, entry.cause), entry.edition)

    def is_by_method(edition: str | None, at: datetime | None) -> bool:
        before = told.get(edition or "")
        return before is not None and before.method_version != method and at is not None and at <= before.until

    over = {key for key, end in found.items() if end.cause == "méthode" or is_by_method(end.edition, end.at)}
    anew = {
        key
        for key in routed
        if alerts[key].of_rule.about != "filing" and is_by_method(alerts[key].edition, alerts[key].raised_at)
    }
    return found, dict.fromkeys(over | anew, method)


def _faults_over(
    faults: Mapping[str, Alert],
) -> Callable[[Outbox, Sequence[OutboxEntry], Collection[str]], Ended]:
    """A fault that is found no more is over."""

    def ends_of(_box: Outbox, entries: Sequence[OutboxEntry], _routed: Collection[str]) -> Ended:
        return {key: End("redressée", entry.edition) for key, entry in latest(entries).items() if key not in faults}, {}

    return ends_of


def _read_until(settings: Settings, rows: Sequence[Mapping[str, Any]]) -> dict[str, datetime]:
    """By edition, when the last of what the marts hold of it was received (naive UTC)."""
    received = [(row["edition"], row["received_at"]) for row in read_mart(settings.marts, "submissions")]
    received += [(row["edition"], row["raised_at"]) for row in rows if row["edition"] and row["raised_at"]]
    latest_of: dict[str, datetime] = {}
    for edition, at in received:
        latest_of[edition] = max(at, latest_of.get(edition, at))
    return latest_of


def _goes_to(alert: Alert, channel: str, routing: Routing | EverythingToEngineers, now: datetime) -> bool:
    if alert.of_rule.about == "filing" and alert.raised_at and alert.raised_at < naive_utc(now - _LONGEST_FILING):
        # Nobody can act any more on what was awaited or refused then.
        return False
    # A channel that works has nothing to say of itself: what would come there is the end alone.
    is_itself = alert.rule == "channel_unreachable" and alert.subject == channel
    return routing.sends(alert, channel) and not is_itself


def _leave_the_rest(
    engine: Engine, channels: Sequence[Channel], is_spoken_of: Callable[[OutboxEntry], bool], now: datetime
) -> None:
    for channel in channels:
        box = Outbox(engine, channel.name)
        box.speak_of([], [e for e in box.entries() if e.state == "planned" and not is_spoken_of(e)], now)


def _settle(box: Outbox, channel: Channel, now: datetime) -> None:
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


def _due(box: Outbox, is_concerned: Callable[[OutboxEntry], bool], now: datetime) -> list[OutboxEntry]:
    return [e for e in box.entries() if e.state == "planned" and is_concerned(e) and e.may_leave(now)]


def _summaries_of_method(due: Sequence[OutboxEntry]) -> Iterator[tuple[list[OutboxEntry], Callable[[str], Message]]]:
    """The rows of each summary of a method: those that were tried together, and all others of one method."""
    found: dict[tuple[str | None, str], list[OutboxEntry]] = {}
    for entry in due:
        if entry.summary:
            found.setdefault((entry.message_key, entry.summary), []).append(entry)
    for (_, method), batch in found.items():
        yield batch, partial(_summary_of_method, method=method, batch=batch)


def _summary_of_method(key: str, method: str, batch: Sequence[OutboxEntry]) -> Message:
    news, ends = ([(e.rule, e.edition) for e in batch if e.kind == kind] for kind in ("alert", "resolution"))
    return messages.summary_of_method(key, method, news, ends, is_repeat=batch[0].attempts > 0)


def _reminders(
    box: Outbox, criticals: Sequence[Alert], around: Around
) -> Iterator[tuple[list[OutboxEntry], Callable[[str], Message]]]:
    """The reminder of this month, once, of what is critical and open by now; one of another month is told no more."""
    known = [entry for entry in box.entries() if entry.kind == "reminder"]
    month = monthly_reminder_due(around.now, [entry.level or "" for entry in known if entry.state != "planned"])
    waiting = [entry for entry in known if entry.state == "planned"]
    over = [entry for entry in waiting if entry.level != month or not criticals]
    box.record([], [(entry, "cancelled") for entry in over], around.now)
    if month and criticals and not [entry for entry in waiting if entry.level == month]:
        title, _ = monthly_reminder(criticals, around.answers, around.now)
        key = f"monthly_reminder::{month}"
        fresh = OutboxEntry(key, "reminder", 1, "monthly_reminder", month, None, title, level=month)
        box.record([fresh], [], around.now)
        waiting = [fresh]
    for entry in waiting:
        if entry not in over and entry.may_leave(around.now):
            yield [entry], partial(messages.reminder, criticals=criticals, around=around, is_repeat=entry.attempts > 0)


def _messages_of_faults(
    due: Sequence[OutboxEntry], faults: Mapping[str, Alert], dagster_url: str
) -> Iterator[tuple[list[OutboxEntry], Callable[[str], Message]]]:
    """The rows of each message, ends first: of faults there is one per cause, of the stores' one per rule; those of a
    message that was tried before stay together.
    """
    rank = {key: number for number, key in enumerate(faults)}
    for kind in ("resolution", "alert"):
        batches: dict[tuple[str | None, ...], list[OutboxEntry]] = {}
        of_kind = [entry for entry in due if entry.kind == kind]
        for entry in sorted(of_kind, key=lambda entry: rank.get(entry.alert_key, 0)):
            # A disk that goes takes a thousand files with it: what to do is the same for all.
            cause = (entry.rule,) if entry.rule in INCIDENT_RULES else (entry.rule, entry.subject)
            batches.setdefault((entry.message_key,) if entry.message_key else cause, []).append(entry)
        for batch in batches.values():
            yield batch, partial(_message_of_fault, batch=batch, faults=faults, dagster_url=dagster_url)


def _message_of_fault(key: str, batch: Sequence[OutboxEntry], faults: Mapping[str, Alert], dagster_url: str) -> Message:
    is_repeat = batch[0].attempts > 0
    if batch[0].kind == "resolution":
        return messages.recovery(key, [entry.headline for entry in batch], batch[0].rule, is_repeat=is_repeat)
    return messages.fault(key, [faults[entry.alert_key] for entry in batch], dagster_url, is_repeat=is_repeat)
