"""Sending to one channel: its cards, each posted once and brought up to date in its place; and what is no card.

What belongs here: the order of the calls to a channel, and noting each before and after. What does not: what is due
(`reconciliation`), which alert is on which card (`cards`), wording (`messages`), storage (`outbox`).
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from orchestration.alerting import cards as laying
from orchestration.alerting import messages
from orchestration.alerting.alerts import Alert
from orchestration.alerting.cards import Told
from orchestration.alerting.channels.channel import Channel, Outcome, Place
from orchestration.alerting.message import Message
from orchestration.alerting.messages import Around
from orchestration.alerting.outbox import Outbox
from orchestration.alerting.outbox_tables import Card, OutboxEntry, Topic
from orchestration.alerting.sentences import statement
from orchestration.store.digests import sha256

log = logging.getLogger("jalons.alerts")

_UNSETTLED = ("planned", "sending", "unknown")


@dataclass(frozen=True)
class Desk:
    """What one delivery has at hand for a channel: its alerts by key, what cards are made with, from how many cards on
    an edition is listed, and which rows it speaks of, and
    which editions are held back.
    """

    alerts: Mapping[str, Alert]
    around: Around
    most_cards: int
    is_concerned: Callable[[OutboxEntry], bool]
    is_held: Callable[[str], bool]


@dataclass(frozen=True)
class _Draft:
    """What a card would show by now, the rows that it would tell, and how to say it."""

    card: Card
    due: Sequence[OutboxEntry]
    told: Sequence[Told]
    is_told: bool


@dataclass(frozen=True)
class _Seen:
    """What the outbox of a channel held when it was read last: the rows that a delivery speaks of, and its cards."""

    entries: Sequence[OutboxEntry]
    cards: Mapping[str, Card]

    @classmethod
    def of(cls, box: Outbox, desk: Desk) -> Self:
        cards = {card.card_id: card for card in box.cards()}
        return cls(list(filter(desk.is_concerned, box.entries())), cards)

    def rows_of(self, card: Card) -> list[OutboxEntry]:
        return [entry for entry in self.entries if entry.card_id == card.card_id]

    def told_by(self, card: Card, desk: Desk) -> list[Told]:
        """What a card tells; a summary tells what hangs under it too."""
        told = laying.told_by(card, self.entries, desk.alerts)
        if card.topic.kind == "summary":
            told += [one for other in self.under(card) for one in laying.told_by(other, self.entries, desk.alerts)]
            # What was told before there were cards counts too.
            told += [
                Told(entry, desk.alerts.get(entry.alert_key), None)
                for entry in self.entries
                if (entry.kind, entry.state, entry.card_id) == ("alert", "sent", None)
                and (entry.edition, laying.family_of(entry)) == (card.topic.edition, "slips")
            ]
        return told

    def under(self, summary: Card) -> list[Card]:
        """The cards that hang under a summary."""
        return [one for one in self.cards.values() if _hangs(one) and one.topic.edition == summary.topic.edition]

    def has_news_under(self, summary: Card) -> bool:
        """Whether something is about to hang under a summary."""
        return any(entry.state == "planned" for card in self.under(summary) for entry in self.rows_of(card))

    def above(self, card: Card) -> Card:
        """The summary that a card hangs under."""
        edition = card.topic.edition
        return next(one for one in self.cards.values() if one.topic == Topic("summary", "slips", edition, ""))


def send_cards(box: Outbox, channel: Channel, desk: Desk, now: datetime) -> bool:
    """Post the cards that are due, each under the summary of its edition, and bring up to date those that say something
    else by now; whether all of them were tried. A refusal or a lost answer concerns one card, "not now" every other one
    too.
    """
    seen = _Seen.of(box, desk)
    severities = {key: alert.severity for key, alert in desk.alerts.items()}
    topics = laying.lay(seen.entries, list(seen.cards.values()), severities, desk.most_cards)
    if topics:
        there = {card.topic: card for card in seen.cards.values()}
        made = laying.made(topics.values(), channel.name, seen.cards.keys())
        fresh = [card for card in made if card.topic not in there]
        there |= {card.topic: card for card in fresh}
        box.lay(fresh, {place: there[topic].card_id for place, topic in topics.items()})
        seen = _Seen.of(box, desk)
    told = {card.card_id: laying.told_by(card, seen.entries, desk.alerts) for card in seen.cards.values()}
    for card in laying.in_order(seen.cards.values(), told):
        if card.topic.family == "slips" and card.topic.edition and desk.is_held(card.topic.edition):
            continue
        # Twice where its place was deleted by somebody: it is told anew, once, where it now belongs.
        for _ in range(2):
            draft = _draft(box, channel, desk, seen, seen.cards[card.card_id], now)
            if draft is None:
                break
            if not box.take(channel.rate, now):
                return False
            outcome = _send_card(box, channel, desk, seen, draft, now)
            if outcome.gone:
                box.lose(draft.card, outcome.gone)
            seen = _Seen.of(box, desk)
            if outcome.gone is None:
                if outcome.state == "planned":
                    return False
                break
    return True


def _draft(box: Outbox, channel: Channel, desk: Desk, seen: _Seen, card: Card, now: datetime) -> _Draft | None:
    """What is to be said of a card by now, if anything is, and may be."""
    rows, told = seen.rows_of(card), seen.told_by(card, desk)
    waiting = [entry for entry in rows if entry.state in _UNSETTLED]
    if any(entry.state != "planned" or not entry.may_leave(now) for entry in waiting):
        return None
    is_summary = card.topic.kind == "summary"
    # A summary of which nothing is left says so; of a card each end was told, but those of which nothing is said.
    if not (is_summary and card.message_id) and all(one.is_silent for one in told):
        if any(entry.kind == "card" for entry in waiting):
            box.cancel_changes(card)
        return None
    parent_id = card.parent_id
    if _hangs(card) and not card.message_id:
        parent = seen.above(card)
        # Without its answer nobody knows where to hang a card, which waits, and no other with it.
        if any(entry.state in _UNSETTLED for entry in seen.rows_of(parent)):
            return None
        parent_id = parent.message_id
    facts = laying.facts_of_summary(told) if is_summary else laying.facts_of(told, desk.around.answers)
    if not waiting:
        is_first = is_summary and not card.message_id and (not rows or card.facts is None) and seen.has_news_under(card)
        if not is_first and not (channel.can_update and card.message_id and facts != card.facts):
            return None
        waiting = [box.plan_change(card, messages.headline_of_card(card.topic, told), now)]
    return _Draft(replace(card, facts=facts, parent_id=parent_id), waiting, told, any(e.sent_at for e in rows))


def _hangs(card: Card) -> bool:
    return card.topic.kind != "summary" and card.topic.family == "slips" and card.topic.edition is not None


def _send_card(box: Outbox, channel: Channel, desk: Desk, seen: _Seen, draft: _Draft, now: datetime) -> Outcome:
    card = draft.card
    rows = [_in_words(entry, desk.alerts) for entry in draft.due]
    message = _compose(channel, desk, seen, draft, _key(channel.name, rows))
    place = Place(card.parent_id, card.message_id, box.first_key(card) if card.message_id else None)
    box.claim(rows, message.key, card)
    outcome = attempt(box, channel, message, place, now)
    if outcome.state == "sent" and message.trend and not card.pictured_at and not card.message_id:
        _show(box, channel, card, message, Place(card.parent_id or outcome.message_id), now)
    return outcome


def _show(box: Outbox, channel: Channel, card: Card, message: Message, place: Place, now: datetime) -> None:
    """Show the picture of a card, at most once: it is decoration, and nothing of it is told again."""
    if not box.take(channel.rate, now):
        # Words come first: a picture takes no message's place.
        return
    box.picture(card, now)
    try:
        if message.trend:
            channel.show(message.trend, place)
    except Exception as fault:
        log.warning("%s: the picture of %s is not shown: %s", channel.name, message.key, brief(fault))


def _compose(channel: Channel, desk: Desk, seen: _Seen, draft: _Draft, key: str) -> Message:
    topic, told = draft.card.topic, draft.told
    is_repeat = any(entry.attempts for entry in draft.due)
    if topic.kind == "summary":
        on_cards = {one.topic.subject for one in seen.under(draft.card) if one.topic.kind == "subject"}
        return messages.summary(
            *(key, topic.edition or "", told, desk.around),
            on_cards=on_cards,
            is_listed=any(one.topic.kind == "digest" for one in seen.under(draft.card)),
            is_repeat=is_repeat,
            is_change=draft.is_told,
        )
    if topic.kind == "digest":
        # Where nothing can be updated, what was said there stays there: only what is new is said.
        shown = told if channel.can_update else [one for one in told if one.is_due]
        return messages.digest(key, shown, desk.around, is_repeat=is_repeat, is_change=draft.is_told)
    make = messages.filing if topic.family == "filings" else messages.card
    return make(key, told, desk.around, is_repeat=is_repeat, is_change=draft.is_told)


def send_messages(
    box: Outbox,
    channel: Channel,
    batches: Iterable[tuple[Sequence[OutboxEntry], Callable[[str], Message]]],
    now: datetime,
) -> bool:
    """Send what is no card: each batch of rows as the message that is made of its key; whether all were tried."""
    for rows, made in batches:
        if not box.take(channel.rate, now):
            return False
        message = made(_key(channel.name, rows))
        box.claim(rows, message.key)
        if attempt(box, channel, message, Place(), now).state == "planned":
            return False
    return True


def attempt(box: Outbox, channel: Channel, message: Message, place: Place, now: datetime) -> Outcome:
    """Try to send what was claimed, and note what became of it."""
    try:
        outcome = channel.send(message, place)
    except Exception as fault:
        outcome = Outcome("unknown", error=brief(fault))
    box.conclude(message.key, outcome, now, channel.lists_within)
    if outcome.error:
        log.warning("%s: message %s is %s: %s", channel.name, message.key, outcome.state, outcome.error)
    return outcome


def _in_words(entry: OutboxEntry, alerts: Mapping[str, Alert]) -> OutboxEntry:
    """The row with what it says by now: what its alert said when it was told stays with it."""
    alert = alerts.get(entry.alert_key)
    if entry.kind != "alert" or alert is None:
        return entry
    return replace(entry, headline=messages.summary_line([alert]), statement=statement(alert), severity=alert.severity)


def _key(channel: str, rows: Sequence[OutboxEntry]) -> str:
    tried: Collection[str] = {entry.message_key for entry in rows if entry.message_key}
    if len(tried) == 1 and all(entry.message_key for entry in rows):
        return next(iter(tried))
    parts = [channel, *sorted(f"{entry.kind} {entry.alert_key}#{entry.occurrence}" for entry in rows)]
    return sha256("\n".join(parts).encode())[:32]


def brief(fault: Exception) -> str:
    """What went wrong, short enough for a row."""
    return f"{type(fault).__name__}: {fault}"[:300]
