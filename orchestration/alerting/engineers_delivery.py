"""Delivery to engineers: every fault that there is reaches their channels once, and so does its end.

What belongs here: what delivery itself knows to be wrong, and which faults are one message. What does not: finding the
other faults (`orchestration.passes.faults`), what each says (`faults`), alerts of teams (`delivery`) and the order of
the steps on a channel (`rounds`).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Engine

from orchestration.alerting import matrix_codes, messages, outbox, outbox_questions, slack_codes
from orchestration.alerting.alerts import Alert
from orchestration.alerting.channels.channel import Channel
from orchestration.alerting.channels.registry import (
    engineers_channels,
    faults_of_settings,
    kinds,
    missing_settings,
    open_names,
)
from orchestration.alerting.ends import End
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
from orchestration.alerting.outbox import Outbox
from orchestration.alerting.outbox_tables import INTERRUPTED, OutboxEntry
from orchestration.alerting.reconciliation import latest
from orchestration.alerting.rounds import Delivery, Ended, Sender, bring_up_to_date, due_rows, leave_the_rest
from orchestration.alerting.routing import ChannelRow
from orchestration.alerting.sending import send_messages
from orchestration.alerting.sentences import cut
from orchestration.settings import Settings

# A channel that nobody need mend (no connection, no answer, a rest it asked for) is told of when it lasts.
_LASTING = timedelta(minutes=10)
# What engineers read of a message that did not leave, in characters.
_SHOWN_OF_MESSAGE = 200


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
            due = due_rows(box, is_concerned, now)
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
            bring_up_to_date(
                *(settings, engine, opened, alerts, is_looked_at, _faults_over(alerts)), send(alerts, is_looked_at), now
            )
        ]
        names = {*open_names(settings), *(channel.name for channel in opened)}
        own = {fault.alert_key: fault for fault in _faults_of_delivery(engine, names, settings)}
        told.append(
            bring_up_to_date(
                *(settings, engine, opened, own, is_of_delivery, _faults_over(own)), send(own, is_of_delivery), now
            )
        )
        leave_the_rest(engine, opened, lambda entry: entry.rule in spoken_of, now)
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


def _faults_over(
    faults: Mapping[str, Alert],
) -> Callable[[Outbox, Sequence[OutboxEntry], Collection[str]], Ended]:
    """A fault that is found no more is over."""

    def ends_of(_box: Outbox, entries: Sequence[OutboxEntry], _routed: Collection[str]) -> Ended:
        return {key: End("redressée", entry.edition) for key, entry in latest(entries).items() if key not in faults}, {}

    return ends_of


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
