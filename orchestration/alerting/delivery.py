"""Delivery to teams: every alert reaches every channel it is routed to, and what became of each drop its perimeter.

What belongs here: which alerts are spoken of, what has ended of them, and in which order all that a channel of teams
gets is sent. What does not: faults of the machine (`engineers_delivery`), the order of the steps on a channel
(`rounds`), cards (`sending`) and wording (`messages`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Engine

from orchestration.alerting import messages, outbox, receipts_by_mail
from orchestration.alerting.alerts import Alert, former_project_ids, read_rows
from orchestration.alerting.answers import answers
from orchestration.alerting.channels.channel import Channel
from orchestration.alerting.channels.registry import open_channels
from orchestration.alerting.end_causes import Cause
from orchestration.alerting.ends import End, Ends
from orchestration.alerting.look_ups import settle
from orchestration.alerting.message import Message
from orchestration.alerting.messages import Around
from orchestration.alerting.monthly_reminder import monthly_reminder, monthly_reminder_due, open_criticals
from orchestration.alerting.outbox import Outbox
from orchestration.alerting.outbox_tables import OutboxEntry, Told
from orchestration.alerting.reconciliation import latest, renamed
from orchestration.alerting.rounds import Delivery, Ended, bring_up_to_date, due_rows, goes_to, leave_the_rest
from orchestration.alerting.routing import CONTACTS, ChannelRow, routing_or_engineers_alone
from orchestration.alerting.sending import Desk, send_cards, send_messages
from orchestration.alerting.trends import trends
from orchestration.domain.alert_rules import alert_rule
from orchestration.domain.french import paris
from orchestration.domain.reference_data import method_version
from orchestration.settings import Settings
from orchestration.store.marts import read_mart
from orchestration.validation.holding import Hold, is_held

if TYPE_CHECKING:
    # It reads the lake, whose library takes longer to import than the question whether anything is refused.
    from orchestration.validation.judgement import Judgement


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
    settle(box, channel, now)
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
        if not send_messages(box, channel, _summaries_of_method(due_rows(box, is_free, now)), now):
            return False
        desk = Desk(alerts, around, row.most_cards, is_free, lambda edition: is_held(edition, holds))
        if not send_cards(box, channel, desk, now):
            return False
        routed = [alert for alert in alerts.values() if goes_to(alert, channel.name, routing, now)]
        # What was told to have ended stays so, though its project left since with what ended it.
        told_over = {key for key, entry in latest(box.entries()).items() if entry.state == "resolved"}
        criticals = open_criticals(routed, ends.of_alerts.keys() | told_over, answered, now)
        return send_messages(box, channel, _reminders(box, criticals, around), now)

    routing = routing_or_engineers_alone()
    counts = bring_up_to_date(settings, engine, channels, alerts, is_free, ends_of, send, now)
    read = {edition: at for edition, at in _read_until(settings, rows).items() if not is_held(edition, holds)}
    for box in (Outbox(engine, channel.name) for channel in channels):
        box.tell_by(method, read)
    leave_the_rest(engine, channels, is_free, now)
    return Delivery(counts)


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


def _read_until(settings: Settings, rows: Sequence[Mapping[str, Any]]) -> dict[str, datetime]:
    """By edition, when the last of what the marts hold of it was received (naive UTC)."""
    received = [(row["edition"], row["received_at"]) for row in read_mart(settings.marts, "submissions")]
    received += [(row["edition"], row["raised_at"]) for row in rows if row["edition"] and row["raised_at"]]
    latest_of: dict[str, datetime] = {}
    for edition, at in received:
        latest_of[edition] = max(at, latest_of.get(edition, at))
    return latest_of


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
