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
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Engine

from orchestration.alerting import messages, outbox
from orchestration.alerting.alerts import COLUMNS, Alert, former_project_ids, read_rows
from orchestration.alerting.channels.channel import Channel, Outcome
from orchestration.alerting.channels.registry import engineers_channels, open_channels, open_names
from orchestration.alerting.end_causes import Cause
from orchestration.alerting.ends import End, Ends
from orchestration.alerting.explanations import Explanation, explanations
from orchestration.alerting.faults import (
    DELIVERY_RULES,
    INCIDENT_RULES,
    FaultRule,
    channel_unreachable,
    message_refused,
)
from orchestration.alerting.messages import Message
from orchestration.alerting.outbox import (
    INTERRUPTED,
    AlertState,
    LookUp,
    Outbox,
    OutboxEntry,
    State,
    Told,
)
from orchestration.alerting.reconciliation import latest, reconcile, renamed
from orchestration.alerting.routing import Routing
from orchestration.alerting.sentences import cut
from orchestration.alerting.slack_codes import OF_MESSAGE, is_unfamiliar
from orchestration.domain.alert_rules import SLIPS_WITH_OVERRUN, alert_rule
from orchestration.domain.reference_data import method_version
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from orchestration.store.marts import read_mart
from orchestration.validation.holding import is_held

if TYPE_CHECKING:
    # It reads the lake, whose library takes longer to import than the question whether anything is refused.
    from orchestration.validation.judgement import Judgement

MOST_SINGLE_MESSAGES = 5
# A channel that nobody need mend (no connection, no answer, a rest it asked for) is told of when it lasts.
_LASTING = timedelta(minutes=10)
# What engineers read of a message that did not leave, in characters.
_SHOWN_OF_MESSAGE = 200

log = logging.getLogger("jalons.alerts")

# The ends by alert key, and the method by alert key of what a summary tells.
Ended = tuple[Mapping[str, End], Mapping[str, str]]


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

        def is_free(one: Alert | OutboxEntry) -> bool:
            # A refusal or a reminder speaks of a file, not of what the tables say.
            return (
                one.edition is None
                or alert_rule(one.rule).about == "filing"
                or not is_held(one.edition, judgement.holds)
            )

        alerts = {alert.alert_key: alert for alert in map(Alert.of, rows) if is_free(alert)}
        ends = Ends.read(settings, lambda edition: is_held(edition, judgement.holds))
        method = method_version()

        def ends_of(box: Outbox, entries: Sequence[OutboxEntry], routed: Collection[str]) -> Ended:
            return _ended(ends, alerts, entries, routed, box.told(), method)

        opened = open_channels(settings) if channels is None else channels
        former_ids = former_project_ids(settings)
        for box in (Outbox(engine, channel.name) for channel in opened):
            box.rename(renamed(box.entries(), alerts, former_ids))
        counts = _bring_up_to_date(engine, opened, alerts, is_free, ends_of, settings.site_url, now)
        read = {
            edition: at for edition, at in _read_until(settings, rows).items() if not is_held(edition, judgement.holds)
        }
        for channel in opened:
            Outbox(engine, channel.name).tell_by(method, read)
        _leave_the_rest(engine, opened, is_free, now)
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
    alerts = {fault.alert_key: fault for fault in faults}
    opened = engineers_channels(settings) if channels is None else channels
    spoken_of = {*rules, *DELIVERY_RULES}
    with outbox.opened(settings) as engine:
        told = [
            _bring_up_to_date(
                *(engine, opened, alerts),
                lambda entry: entry.rule in rules,
                _faults_over(alerts),
                *(settings.dagster_url, now),
            )
        ]
        names = {*open_names(settings), *(channel.name for channel in opened)}
        own = {fault.alert_key: fault for fault in _faults_of_delivery(engine, names)}
        told.append(
            _bring_up_to_date(
                *(engine, opened, own),
                lambda entry: entry.rule in DELIVERY_RULES,
                _faults_over(own),
                *(settings.dagster_url, now),
            )
        )
        _leave_the_rest(engine, opened, lambda entry: entry.rule in spoken_of, now)
    return Delivery({name: Counter(told[0][name]) + Counter(told[1][name]) for name in told[0]})


def _faults_of_delivery(engine: Engine, channels: Collection[str]) -> Iterator[Alert]:
    """What is wrong with channels, and the messages that are refused, or were answered with an unfamiliar code."""
    # What was met once says nothing of now: how long it lasts is known from the last try.
    found = outbox.refusals(engine, channels)
    refused = [one for one in found if one.is_refused or one.not_before - one.since >= _LASTING]
    # Of one channel once: what refuses a message for its token refuses a look-up for it too.
    for one in {one.channel: one for one in sorted(refused, key=lambda one: one.act != "look_up")}.values():
        yield channel_unreachable(one.channel, one.act, one.error, one.since)
    for letter in outbox.letters(engine, channels):
        # Planned again by a person, it is still the one that was refused.
        is_dead = letter.state == "dead" or letter.error in OF_MESSAGE
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
    return code != INTERRUPTED and is_unfamiliar(code)


def _bring_up_to_date(
    engine: Engine,
    channels: Sequence[Channel],
    alerts: Mapping[str, Alert],
    is_concerned: Callable[[OutboxEntry], bool],
    ends_of: Callable[[Outbox, Sequence[OutboxEntry], Collection[str]], Ended],
    base_url: str,
    now: datetime,
) -> dict[str, Counter[State]]:
    """Make each channel say what there is of `alerts`, and take back the rows concerned that are no more."""
    routing, counts = Routing(), {}
    for channel in channels:
        box = Outbox(engine, channel.name)
        before = latest(box.entries())
        _settle(box, channel, now)
        routed = {key for key, alert in alerts.items() if _goes_to(alert, channel.name, routing)}
        entries = list(filter(is_concerned, box.entries()))
        box.record(*reconcile(entries, alerts, routed, *ends_of(box, entries, routed)), now)
        box.speak_of([entry for entry in box.entries() if entry.state == "planned" and is_concerned(entry)], [], now)
        planned = [entry for entry in box.entries() if entry.state == "planned" and is_concerned(entry)]
        # What the channel would not take of one message, it would not take of another either.
        if box.may("send", now):
            _send(box, channel, [entry for entry in planned if entry.may_leave(now)], alerts, base_url, now)
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


def _goes_to(alert: Alert, channel: str, routing: Routing) -> bool:
    # A channel that works has nothing to say of itself: what would come there is the end alone.
    is_itself = alert.rule == "channel_unreachable" and alert.subject == channel
    return routing.sends(alert, channel) and not is_itself


def _leave_the_rest(
    engine: Engine, channels: Sequence[Channel], is_spoken_of: Callable[[OutboxEntry], bool], now: datetime
) -> None:
    for channel in channels:
        box = Outbox(engine, channel.name)
        box.speak_of([], [e for e in box.entries() if e.state == "planned" and not is_spoken_of(e)], now)


def alert_states(settings: Settings, edition: str | None = None, today: date | None = None) -> list[dict[str, Any]]:
    """The mart's rows (of one edition, if given), the most severe first, each with `channels`: {channel name: state},
    and with `errors`: {channel name: why it did not leave}.

    `status` says whether it is `open`, `explained` by a person, or `ended`, and `cause` by what; an explanation whose
    last day is before `today` leaves it open.

    After them, by key, what was told and is true no longer: of such a row the key, edition, rule, subject and, as its
    `detail`, the headline are left.
    """
    rows = read_rows(settings) or []
    known = outbox.read_states(settings) if settings.home.is_dir() else {}
    sent = {key: one for key, one in known.items() if alert_rule(one.rule).audience == "teams"}
    ends, explained = Ends.read(settings).of_alerts, explanations(settings)
    states = [row | _said(sent.get(row["alert_key"])) | _stands(ends.get(row["alert_key"])) for row in rows]
    for key in sorted(sent.keys() - {row["alert_key"] for row in rows}):
        one = sent[key]
        left = {"alert_key": key, "rule": one.rule, "subject": one.subject, "edition": one.edition}
        over = _stands(End(cast(Cause, one.cause or "corrigée"))) if "resolved" in one.channels.values() else _stands()
        states.append(dict.fromkeys(COLUMNS) | left | {"detail": one.headline} | _said(one) | over)
    return [
        row | _explained(row["status"], explained.get(row["alert_key"]), today)
        for row in states
        if edition in (None, row["edition"])
    ]


def _said(one: AlertState | None) -> dict[str, dict[str, str]]:
    return {"channels": one.channels if one else {}, "errors": one.errors if one else {}}


def _stands(end: End | None = None) -> dict[str, str | None]:
    if end is None:
        return {"status": "open", "cause": None, "ended_edition": None, "now": None}
    return {"status": "ended", "cause": end.cause, "ended_edition": end.edition, "now": end.now or None}


def _explained(status: str, one: Explanation | None, today: date | None) -> dict[str, Any]:
    says = {
        "explained_by": one.explained_by if one else None,
        "explanation": one.reason if one else None,
        "explained_until": one.until if one else None,
    }
    holds = one is not None and (today is None or one.holds(today))
    return says | {"status": "explained" if status == "open" and holds else status}


def _settle(box: Outbox, channel: Channel, now: datetime) -> None:
    """Find out what became of the messages whose answer was lost; those that did not arrive are planned again.

    One that arrives after it was sent again is taken back.
    """
    box.interrupt(now, channel.lists_within)
    due = box.due(now)
    if not due or not box.may("look_up", now):
        return
    marks = [one.after_id for one in due]
    try:
        found = channel.find(
            {one.message_key for one in due}, None if None in marks else min(mark for mark in marks if mark)
        )
    except Exception as fault:
        found = Outcome("planned", error=_brief(fault))
    if isinstance(found, Outcome):
        log.warning("%s: cannot tell what became of %d message(s): %s", channel.name, len(due), found.error)
        box.cannot_tell(found, now)
        return
    for one in due:
        kept, extra = _kept(box, one, found.get(one.message_key, ()))
        retracted = [message_id for message_id in extra if _is_retracted(channel, one.message_key, message_id)]
        box.looked(one, kept, retracted, now, channel.lists_within)


def _kept(box: Outbox, one: LookUp, ids: Sequence[str]) -> tuple[str | None, list[str]]:
    """Of the ids under which a message is there, the one that stays, and those that came beside it.

    What was noted as sent stays: another one came late, and may say what was corrected since. Where nothing was, the
    first stays, unless alerts that it tells of were corrected meanwhile: what is left of it is sent anew.
    """
    noted, parts = box.sent_as(one.message_key)
    kept = noted if noted in ids else ids[0] if ids and parts == one.parts else None
    return kept, [message_id for message_id in ids if message_id != kept]


def _is_retracted(channel: Channel, key: str, message_id: str) -> bool:
    try:
        is_gone = channel.retract(message_id)
    except Exception as fault:
        log.warning("%s: message %s came late as %s: %s", channel.name, key, message_id, _brief(fault))
        return False
    said = "is taken back" if is_gone else "could not be taken back"
    log.warning("%s: message %s came late as %s, and %s", channel.name, key, message_id, said)
    return is_gone


def _send(
    box: Outbox,
    channel: Channel,
    planned: Sequence[OutboxEntry],
    alerts: Mapping[str, Alert],
    base_url: str,
    now: datetime,
) -> None:
    """Send what is planned; a refusal or a lost answer concerns one message, "not now" every other one too."""
    rank = {key: number for number, key in enumerate(alerts)}
    alone = [entry for entry in planned if not entry.summary]
    ends = [entry for entry in alone if entry.kind == "resolution"]
    news = [replace(e, headline=messages.summary_line([alerts[e.alert_key]])) for e in alone if e.kind == "alert"]
    news.sort(key=lambda entry: rank[entry.alert_key])
    for batch in (*_summaries([e for e in planned if e.summary]), *_batches(ends), *_batches(news)):
        message = _compose(_message_key(channel.name, batch), batch, alerts, base_url)
        box.claim(batch, message.key)
        try:
            outcome = channel.send(message)
        except Exception as fault:
            outcome = Outcome("unknown", error=_brief(fault))
        box.conclude(message.key, outcome, now, channel.lists_within)
        if outcome.error:
            log.warning("%s: message %s is %s: %s", channel.name, message.key, outcome.state, outcome.error)
        if outcome.state == "planned":
            return


def _batches(entries: Sequence[OutboxEntry]) -> Iterator[list[OutboxEntry]]:
    """The rows of each message: those of a message tried before stay together; many others make one per edition, and
    of ends per cause.

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
    places = {(entry.edition is None, entry.edition or "", entry.cause or "") for entry in fresh}
    for _, edition, cause in sorted(places):
        yield [entry for entry in fresh if (entry.edition or "", entry.cause or "") == (edition, cause)]


def _summaries(entries: Sequence[OutboxEntry]) -> Iterator[list[OutboxEntry]]:
    """The rows of each summary of a method: those that were tried together, and all others of one method."""
    found: dict[tuple[str | None, str | None], list[OutboxEntry]] = {}
    for entry in entries:
        found.setdefault((entry.message_key, entry.summary), []).append(entry)
    yield from found.values()


def _topic(entry: OutboxEntry) -> tuple[str | None, ...]:
    """What alerts of one message have in common: the cause of a fault, the project and edition of one rise."""
    if entry.rule in INCIDENT_RULES:
        # A disk that goes takes a thousand files with it: what to do is the same for all.
        return (entry.rule,)
    if _is_fault(entry):
        return entry.rule, entry.subject
    slip = alert_rule(entry.rule).same_rise_as or entry.rule
    if slip in SLIPS_WITH_OVERRUN:
        return slip, entry.subject, entry.edition, entry.cause
    return (entry.alert_key,)


def _is_fault(one: Alert | OutboxEntry) -> bool:
    return alert_rule(one.rule).audience == "engineers"


def _message_key(channel: str, batch: Sequence[OutboxEntry]) -> str:
    if batch[0].message_key:
        return batch[0].message_key
    kind = "summary" if batch[0].summary else batch[0].kind
    parts = [channel, kind, *sorted(f"{entry.alert_key}#{entry.occurrence}" for entry in batch)]
    return sha256("\n".join(parts).encode())[:32]


def _compose(key: str, batch: Sequence[OutboxEntry], alerts: Mapping[str, Alert], base_url: str) -> Message:
    first, is_repeat = batch[0], batch[0].attempts > 0
    if first.summary:
        news, ends = ([(e.rule, e.edition) for e in batch if e.kind == kind] for kind in ("alert", "resolution"))
        return messages.summary_of_method(key, first.summary, news, ends, is_repeat=is_repeat)
    if first.kind == "resolution":
        headlines = [entry.headline for entry in batch]
        if _is_fault(first):
            return messages.recovery(key, headlines, first.rule, is_repeat=is_repeat)
        return messages.resolution(
            *(key, headlines, first.cause or "corrigée", first.edition, base_url), is_repeat=is_repeat
        )
    found = [alerts[entry.alert_key] for entry in batch]
    if _is_fault(first):
        return messages.fault(key, found, base_url, is_repeat=is_repeat)
    groups = messages.paired(found)
    if len(groups) == 1:
        return messages.single(key, groups[0], base_url, is_repeat=is_repeat)
    return messages.digest(key, found, first.edition, base_url, is_repeat=is_repeat)


def _brief(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"[:300]
