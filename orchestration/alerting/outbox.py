"""The outbox of one channel: what was decided about each alert there, and the transitions of it, each one transaction.

What belongs here: those transitions. What does not: the tables (`outbox_tables`), what others ask of them
(`outbox_questions`), and when a transition is due (`reconciliation`, `rounds`, `look_ups`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from filelock import FileLock
from sqlalchemy import ColumnElement, Connection, Engine, ScalarSelect, and_, delete, func, insert, select, update

from orchestration.alerting.channels.channel import Outcome, Rate
from orchestration.alerting.outbox_tables import (
    CARDS,
    DELIVERIES,
    INTERRUPTED,
    LONGEST_REST,
    LOOK_UPS,
    METHODS,
    OUTBOX,
    RATES,
    REFUSALS,
    UNCONCERNED,
    UNSETTLED,
    Act,
    Card,
    LookUp,
    OutboxEntry,
    RowPlace,
    State,
    Told,
    Topic,
    is_to_come,
)
from orchestration.domain.alert_rules import AlertKey
from orchestration.settings import Settings
from orchestration.store.sql import engine_of, naive_utc

# How long a channel rests that refused, twice as long each time; the sensor asks every ten seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
# When a message is looked for whose answer was lost, in times of how long the channel may take to list it: twice before
# it is sent again, and twice after, since the first one may still come.
_LOOKS, _LOOKS_BEFORE_SENDING_AGAIN = (1, 1, 3, 20), 2


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """The database of one delivery at a time: the ledger's, with the outbox's table in it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with engine_of(settings.ledger) as engine, FileLock(settings.home / "delivery.lock"):
        yield engine


def _pause(outcome: Outcome, refusals: int) -> timedelta:
    """How long a channel rests: as long as it asks; else twice as long each time."""
    if outcome.retry_after_seconds is not None:
        return min(timedelta(seconds=min(outcome.retry_after_seconds, 10**6)), LONGEST_REST)
    return _doubled(refusals - 1)


def _again(tried: int) -> timedelta:
    """How long a message rests that did not arrive: not at first, then twice as long each time."""
    return _doubled(tried - 2) if tried > 1 else timedelta()


def _doubled(times: int) -> timedelta:
    pause: timedelta = _FIRST_PAUSE * 2 ** min(times, 10)
    return min(pause, _LONGEST_PAUSE)


class Outbox:
    """The rows of one channel."""

    def __init__(self, engine: Engine, channel: str) -> None:
        self._engine = engine
        self._channel = channel

    def entries(self) -> list[OutboxEntry]:
        """All rows by alert key; of one alert, the oldest occurrence first."""
        rows = select(*(OUTBOX.c[field.name] for field in fields(OutboxEntry))).where(OUTBOX.c.channel == self._channel)
        with self._engine.connect() as connection:
            ordered = connection.execute(rows.order_by(OUTBOX.c.alert_key, OUTBOX.c.kind, OUTBOX.c.occurrence))
            return [OutboxEntry(**row) for row in ordered.mappings()]

    def record(self, new: Sequence[OutboxEntry], moved: Sequence[tuple[OutboxEntry, State]], now: datetime) -> None:
        """Add planned rows and move others, all or nothing; a row not sent forgets the message it was part of, and
        why that did not leave. The end of an alert says what it says by now.
        """
        with self._engine.begin() as connection:
            if new:
                rows = [asdict(entry) | {"channel": self._channel, "planned_at": naive_utc(now)} for entry in new]
                connection.execute(insert(OUTBOX), rows)
            for entry, state in moved:
                values: dict[str, Any] = {"state": state, "cause": entry.cause}
                if state not in ("sent", "resolved"):
                    values |= {"message_key": None, "error": None, "summary": entry.summary}
                if entry.kind == "resolution":
                    values |= {"headline": entry.headline, "edition": entry.edition}
                connection.execute(update(OUTBOX).where(self._is(entry)).values(values))

    def cards(self) -> list[Card]:
        """The cards of the channel, by id."""
        rows = select(CARDS).where(CARDS.c.channel == self._channel).order_by(CARDS.c.card_id)
        with self._engine.connect() as connection:
            return [
                Card(
                    *(row.card_id, Topic(row.kind, row.family, row.edition, row.subject)),
                    *(row.message_id, row.parent_id, row.facts, row.pictured_at),
                )
                for row in connection.execute(rows)
            ]

    def lay(self, new: Sequence[Card], places: Mapping[RowPlace, str]) -> None:
        """Add cards, and note of each row on which card it is."""
        with self._engine.begin() as connection:
            for card in new:
                values = asdict(card.topic) | {"channel": self._channel, "card_id": card.card_id}
                connection.execute(insert(CARDS).values(values))
            for (alert_key, kind, occurrence), card_id in places.items():
                row = and_(
                    *(OUTBOX.c.alert_key == alert_key, OUTBOX.c.channel == self._channel),
                    *(OUTBOX.c.kind == kind, OUTBOX.c.occurrence == occurrence),
                )
                # What it was part of before is another message: its own rows tell what became of that.
                connection.execute(update(OUTBOX).where(row).values(card_id=card_id, message_key=None))

    def plan_change(self, card: Card, headline: str, now: datetime) -> OutboxEntry:
        """Plan that a card is drawn anew; the row that says so."""
        of_card = and_(OUTBOX.c.channel == self._channel, OUTBOX.c.kind == "card", OUTBOX.c.alert_key == card.card_id)
        with self._engine.begin() as connection:
            last = connection.execute(select(func.max(OUTBOX.c.occurrence)).where(of_card)).scalar() or 0
            entry = OutboxEntry(
                *(card.card_id, "card", last + 1, "card", card.topic.subject, card.topic.edition, headline),
                card_id=card.card_id,
            )
            row = asdict(entry) | {"channel": self._channel, "planned_at": naive_utc(now)}
            connection.execute(insert(OUTBOX).values(row))
        return entry

    def cancel_changes(self, card: Card) -> None:
        """Plan no more that a card is drawn anew: nothing is left to be said of it, and what it shows is not known."""
        changes = and_(
            *(OUTBOX.c.channel == self._channel, OUTBOX.c.kind == "card"),
            *(OUTBOX.c.card_id == card.card_id, OUTBOX.c.state == "planned"),
        )
        of_card = and_(CARDS.c.channel == self._channel, CARDS.c.card_id == card.card_id)
        with self._engine.begin() as connection:
            connection.execute(update(OUTBOX).where(changes).values(state="cancelled", message_key=None))
            connection.execute(update(CARDS).where(of_card).values(facts=None))

    def shown(self) -> set[str]:
        """The messages that show a card by now."""
        ids = select(CARDS.c.message_id).where(CARDS.c.channel == self._channel, CARDS.c.message_id.is_not(None))
        with self._engine.connect() as connection:
            return set(connection.execute(ids).scalars())

    def redraw(self, message_id: str) -> None:
        """The card that a message shows may say something older than what was told last: it is drawn anew."""
        shown = and_(CARDS.c.channel == self._channel, CARDS.c.message_id == message_id)
        with self._engine.begin() as connection:
            connection.execute(update(CARDS).where(shown).values(facts=None))

    def lose(self, card: Card, gone: Literal["thread", "message"]) -> None:
        """Note that the message of a card, or the one that it hangs under, was deleted: another one is made."""
        message = card.message_id if gone == "message" else card.parent_id
        with self._engine.begin() as connection:
            of_channel = CARDS.c.channel == self._channel
            lost = and_(of_channel, CARDS.c.message_id == message)
            connection.execute(update(CARDS).where(lost).values(message_id=None, facts=None))
        if gone == "message":
            # A change without news is not worth another message.
            self.cancel_changes(card)

    def first_key(self, card: Card) -> str | None:
        """The key that the message of a card was posted with."""
        first = (
            select(OUTBOX.c.message_key)
            .where(OUTBOX.c.channel == self._channel, OUTBOX.c.message_id == card.message_id)
            .order_by(OUTBOX.c.sent_at, OUTBOX.c.kind, OUTBOX.c.alert_key)
        )
        with self._engine.connect() as connection:
            return connection.execute(first.limit(1)).scalar()

    def rest_until(self, when: datetime) -> None:
        """Nothing planned leaves before a time: the channel's quiet hours."""
        planned = and_(OUTBOX.c.channel == self._channel, OUTBOX.c.state == "planned")
        with self._engine.begin() as connection:
            connection.execute(update(OUTBOX).where(planned).values(not_before=naive_utc(when)))

    def picture(self, card: Card, now: datetime) -> None:
        """Note, before the call, that the picture of a card is tried: it is never tried again."""
        of_card = and_(CARDS.c.channel == self._channel, CARDS.c.card_id == card.card_id)
        with self._engine.begin() as connection:
            connection.execute(update(CARDS).where(of_card).values(pictured_at=naive_utc(now)))

    def take(self, rate: Rate, now: datetime) -> bool:
        """Whether one more message may be sent by now, and if so, note that it is."""
        of_channel = RATES.c.channel == self._channel
        with self._engine.begin() as connection:
            known = connection.execute(select(RATES).where(of_channel)).one_or_none()
            tokens = float(rate.burst)
            if known and naive_utc(now) >= known.at:
                refilled = (naive_utc(now) - known.at).total_seconds() / 60 * rate.per_minute
                tokens = min(tokens, known.tokens + refilled)
            is_free = tokens >= 1
            values = {"tokens": tokens - is_free, "at": naive_utc(now)}
            if known:
                connection.execute(update(RATES).where(of_channel).values(values))
            else:
                connection.execute(insert(RATES).values(values | {"channel": self._channel}))
        return is_free

    def delivered(self, now: datetime) -> None:
        """Note that the channel was brought up to date."""
        with self._engine.begin() as connection:
            connection.execute(delete(DELIVERIES).where(DELIVERIES.c.channel == self._channel))
            connection.execute(insert(DELIVERIES).values(channel=self._channel, at=naive_utc(now)))

    def told(self) -> dict[str, Told]:
        """By edition, the method by which it was told last, and until when; none of one that never was."""
        rows = select(METHODS).where(METHODS.c.channel == self._channel)
        with self._engine.connect() as connection:
            return {row.edition: Told(row.method_version, row.told_until) for row in connection.execute(rows)}

    def tell_by(self, method_version: str, received: Mapping[str, datetime]) -> None:
        """Note by which method these editions are told from now on, and of what was received for each until when."""
        with self._engine.begin() as connection:
            known = {edition: one.until for edition, one in self.told().items()}
            for edition, until in received.items():
                of_edition = and_(METHODS.c.channel == self._channel, METHODS.c.edition == edition)
                values = {"method_version": method_version, "told_until": max(until, known.get(edition, until))}
                if edition in known:
                    connection.execute(update(METHODS).where(of_edition).values(values))
                else:
                    given = {"channel": self._channel, "edition": edition}
                    connection.execute(insert(METHODS).values(given | values))

    def rename(self, keys: Mapping[str, AlertKey]) -> None:
        """Keep the rows of these keys under those that their alerts have now; there must be none under them yet."""
        with self._engine.begin() as connection:
            for old, new in keys.items():
                of_key = and_(OUTBOX.c.alert_key == old, OUTBOX.c.channel == self._channel)
                values = {"alert_key": str(new), "subject": new.subject}
                former = connection.execute(select(OUTBOX.c.subject).where(of_key)).scalars().first()
                connection.execute(update(OUTBOX).where(of_key).values(values))
                self._rename_card(connection, former, new)

    def _rename_card(self, connection: Connection, former: str | None, new: AlertKey) -> None:
        """The card of a subject is that of its new name; where that has one, its rows are on that."""
        of_edition = and_(
            *(CARDS.c.channel == self._channel, CARDS.c.kind == "subject", CARDS.c.edition == new.edition)
        )
        ids = {
            row.subject: row.card_id
            for row in connection.execute(
                select(CARDS.c.subject, CARDS.c.card_id).where(of_edition, CARDS.c.subject.in_((former, new.subject)))
            )
        }
        if former not in ids:
            return
        if new.subject in ids:
            rows = and_(OUTBOX.c.channel == self._channel, OUTBOX.c.card_id == ids[former])
            connection.execute(update(OUTBOX).where(rows).values(card_id=ids[new.subject]))
        else:
            renamed = and_(CARDS.c.channel == self._channel, CARDS.c.card_id == ids[former])
            connection.execute(update(CARDS).where(renamed).values(subject=new.subject))

    def interrupt(self, now: datetime, lists_within: timedelta) -> None:
        """A row found in `sending` belongs to a pass that died: nobody knows what became of it."""
        sending = and_(OUTBOX.c.channel == self._channel, OUTBOX.c.state == "sending")
        keys = select(OUTBOX.c.message_key).where(sending).distinct()
        with self._engine.connect() as connection:
            interrupted = connection.execute(keys).scalars().all()
        for key in interrupted:
            self.conclude(key, Outcome("unknown", error=INTERRUPTED), now, lists_within)

    def claim(
        self,
        entries: Sequence[OutboxEntry],
        message_key: str,
        card: Card | None = None,
    ) -> None:
        """Note, before the call, that these rows are about to be sent as one message, with their words of now; of the
        card that they are on, the facts that it shows by then, and the message that it hangs under.
        """
        there = and_(OUTBOX.c.channel == self._channel, OUTBOX.c.message_id.is_not(None), OUTBOX.c.sent_at.is_not(None))
        newest = select(OUTBOX.c.message_id).where(there).order_by(OUTBOX.c.sent_at.desc(), OUTBOX.c.message_id.desc())
        with self._engine.begin() as connection:
            after_id = connection.execute(newest.limit(1)).scalar()
            for entry in entries:
                values = {"headline": entry.headline, "message_key": message_key, "after_id": after_id}
                values |= {"statement": entry.statement, "severity": entry.severity}
                attempt = update(OUTBOX).where(self._is(entry)).values(state="sending", attempts=entry.attempts + 1)
                connection.execute(attempt.values(**values))
            if card:
                of_card = and_(CARDS.c.channel == self._channel, CARDS.c.card_id == card.card_id)
                shown = {"facts": card.facts, "parent_id": card.parent_id}
                connection.execute(update(CARDS).where(of_card).values(shown))

    def conclude(self, message_key: str, outcome: Outcome, now: datetime, lists_within: timedelta) -> None:
        """Note what became of a message, of all rows that are part of it; and of its channel, which rests or works."""
        values: dict[str, Any] = {"state": outcome.state, "message_id": outcome.message_id, "error": outcome.error}
        values |= {"sent_at": naive_utc(now) if outcome.state == "sent" else None, "not_before": None}
        with self._engine.begin() as connection:
            rows = connection.execute(update(OUTBOX).where(self._of(message_key)).values(values)).rowcount
            if outcome.state == "planned" and outcome.gone:
                return
            if outcome.state == "planned":
                self._rest(connection, "send", outcome, now)
            elif outcome.state in ("sent", "dead"):
                connection.execute(delete(REFUSALS).where(self._act("send")))
                self._shown_as(connection, message_key, outcome.message_id)
            else:
                self._look_for(connection, message_key, rows, now, lists_within)

    def may(self, act: Act, now: datetime) -> bool:
        """Whether the channel may be asked for this by now."""
        with self._engine.connect() as connection:
            not_before = connection.execute(select(REFUSALS.c.not_before).where(self._act(act))).scalar()
        return not is_to_come(not_before, now)

    def due(self, now: datetime) -> list[LookUp]:
        """The messages to look for by now."""
        rows = select(LOOK_UPS).where(LOOK_UPS.c.channel == self._channel, LOOK_UPS.c.look_at.is_not(None))
        with self._engine.connect() as connection:
            found = connection.execute(rows.order_by(LOOK_UPS.c.message_key)).all()
        return [
            LookUp(
                *(row.message_key, row.after_id or None, row.parts, row.looks),
                (row.tried_at or row.look_at).replace(tzinfo=UTC),
                *(row.parent_id, row.replaces_id),
            )
            for row in found
            if not is_to_come(row.look_at, now)
        ]

    def cannot_tell(self, outcome: Outcome, now: datetime) -> None:
        """Note that the channel does not say which messages arrived: it is asked again after a while."""
        with self._engine.begin() as connection:
            self._rest(connection, "look_up", outcome, now)

    def looked(
        self, one: LookUp, message_id: str | None, retracted: Sequence[str], now: datetime, lists_within: timedelta
    ) -> None:
        """Note what was seen of a message: the id under which it is there, if it is, and what was taken back of it.

        Where it is there its rows are sent. Where it is not, those of which nobody knew are planned again after the
        second look; a message that was tried more than once rests longer each time.
        """
        of_it = self._of(one.message_key)
        looks = one.looks + 1
        with self._engine.begin() as connection:
            connection.execute(delete(REFUSALS).where(self._act("look_up")))
            tried = connection.execute(select(func.max(OUTBOX.c.attempts)).where(of_it)).scalar() or 0
            if message_id is not None:
                looks = max(looks, _LOOKS_BEFORE_SENDING_AGAIN)
                waiting = and_(of_it, OUTBOX.c.state.in_((*UNSETTLED, "dead")))
                sent = {"state": "sent", "error": None, "not_before": None, "sent_at": naive_utc(now)}
                connection.execute(update(OUTBOX).where(waiting).values(sent))
                connection.execute(update(OUTBOX).where(of_it).values(message_id=message_id))
                self._shown_as(connection, one.message_key, message_id)
            elif looks >= _LOOKS_BEFORE_SENDING_AGAIN or not lists_within:
                later = naive_utc(now + _again(tried))
                unknown = and_(of_it, OUTBOX.c.state == "unknown")
                connection.execute(update(OUTBOX).where(unknown).values(state="planned", not_before=later))
            # Of a message that was sent once, and is there, no other one comes.
            is_over = looks >= len(_LOOKS) or not lists_within or (message_id is not None and tried <= 1)
            look_at = None if is_over else naive_utc(now + lists_within * _LOOKS[looks])
            noted: dict[str, Any] = {"looks": looks, "look_at": look_at}
            if retracted:
                noted["retracted"] = ", ".join(retracted)
            connection.execute(update(LOOK_UPS).where(self._look_up(one.message_key)).values(noted))

    def sent_as(self, message_key: str) -> tuple[str | None, int]:
        """The id that a message was noted as sent under, if it was, and of how many rows it is by now."""
        rows = select(func.max(OUTBOX.c.message_id), func.count()).where(self._of(message_key))
        with self._engine.connect() as connection:
            message_id, count = connection.execute(rows).one()
        return message_id, count

    def speak_of(self, planned: Sequence[OutboxEntry], others: Sequence[OutboxEntry], now: datetime) -> None:
        """Note which planned rows this delivery speaks of, and which others it does not: no pass is begun for those
        alone, but once an hour.
        """
        with self._engine.begin() as connection:
            for entry in planned:
                if entry.error == UNCONCERNED:
                    connection.execute(update(OUTBOX).where(self._is(entry)).values(error=None, not_before=None))
            for entry in others:
                if entry.may_leave(now):
                    later = {"error": UNCONCERNED, "not_before": naive_utc(now + _LONGEST_PAUSE)}
                    connection.execute(update(OUTBOX).where(self._is(entry)).values(later))

    def _rest(self, connection: Connection, act: Act, outcome: Outcome, now: datetime) -> None:
        before = connection.execute(select(REFUSALS).where(self._act(act))).one_or_none()
        count = before.refusals + 1 if before else 1
        values = {"error": outcome.error or "", "is_refused": outcome.is_refused, "refusals": count}
        values["not_before"] = naive_utc(now + _pause(outcome, count))
        if before:
            connection.execute(update(REFUSALS).where(self._act(act)).values(values))
        else:
            first = {"channel": self._channel, "act": act, "since": naive_utc(now)}
            connection.execute(insert(REFUSALS).values(first | values))

    def _shown_as(self, connection: Connection, message_key: str, message_id: str | None) -> None:
        """The card of a message is shown by it from now on, unless another one shows it, which says so by now."""
        of_card = self._card_of(message_key)
        shown = and_(
            *(CARDS.c.channel == self._channel, CARDS.c.card_id == of_card),
            CARDS.c.message_id.is_(None),
        )
        connection.execute(update(CARDS).where(shown).values(message_id=message_id))

    def _card_of(self, message_key: str) -> ScalarSelect[str]:
        # All rows of a message are on one card.
        return select(OUTBOX.c.card_id).where(self._of(message_key)).distinct().limit(1).scalar_subquery()

    def _place_of(self, connection: Connection, message_key: str) -> tuple[str | None, str | None]:
        """The message that one hangs under, and the one that it is to take the place of."""
        of_card = self._card_of(message_key)
        card = connection.execute(
            select(CARDS).where(CARDS.c.channel == self._channel, CARDS.c.card_id == of_card)
        ).one_or_none()
        return (card.parent_id, card.message_id) if card else (None, None)

    def _look_for(
        self, connection: Connection, message_key: str, parts: int, now: datetime, lists_within: timedelta
    ) -> None:
        known = connection.execute(select(LOOK_UPS).where(self._look_up(message_key))).one_or_none()
        anew: dict[str, Any] = {"looks": 0, "look_at": naive_utc(now + lists_within)}
        if known is None or known.look_at is None:
            after_id = connection.execute(select(func.min(OUTBOX.c.after_id)).where(self._of(message_key))).scalar()
            parent_id, replaces_id = self._place_of(connection, message_key)
            anew |= {"parts": parts, "after_id": after_id, "tried_at": naive_utc(now)}
            anew |= {"parent_id": parent_id, "replaces_id": replaces_id}
        # While it is looked for, any of its attempts may arrive late: what is noted is of the first.
        if known:
            connection.execute(update(LOOK_UPS).where(self._look_up(message_key)).values(anew))
        else:
            given = {"channel": self._channel, "message_key": message_key}
            connection.execute(insert(LOOK_UPS).values(given | anew))

    def _of(self, message_key: str) -> ColumnElement[bool]:
        return and_(OUTBOX.c.channel == self._channel, OUTBOX.c.message_key == message_key)

    def _act(self, act: Act) -> ColumnElement[bool]:
        return and_(REFUSALS.c.channel == self._channel, REFUSALS.c.act == act)

    def _look_up(self, message_key: str) -> ColumnElement[bool]:
        return and_(LOOK_UPS.c.channel == self._channel, LOOK_UPS.c.message_key == message_key)

    def _is(self, entry: OutboxEntry) -> ColumnElement[bool]:
        return and_(
            OUTBOX.c.alert_key == entry.alert_key,
            OUTBOX.c.channel == self._channel,
            OUTBOX.c.kind == entry.kind,
            OUTBOX.c.occurrence == entry.occurrence,
        )
