"""Cards: which message of a channel tells which alert, and what a card has to say by now.

What belongs here: all that an edition says of one project is one card; many small ones are one list; an edition has a
summary that they hang under. What does not: the words (`messages`), the rows (`outbox`), and sending (`sending`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from decimal import Decimal
from itertools import count

from orchestration.alerting.alerts import Alert
from orchestration.alerting.answers import Answer
from orchestration.alerting.outbox_tables import Card, Family, OutboxEntry, RowPlace, Topic
from orchestration.domain.alert_rules import Severity, alert_rule, severity_rank
from orchestration.store.digests import sha256


@dataclass(frozen=True)
class Told:
    """One alert on a card: its row, the alert where the data still hold it, and the row that tells its end, if it has
    one.
    """

    entry: OutboxEntry
    alert: Alert | None
    end: OutboxEntry | None

    @property
    def severity(self) -> Severity:
        """How severe it is by now, or was when it was told."""
        return self.alert.severity if self.alert else self.entry.severity or "information"

    @property
    def is_over(self) -> bool:
        """Whether it holds no more."""
        return self.end is not None

    @property
    def is_silent(self) -> bool:
        """Whether it holds no more, and nothing is said of that: what was said of it stays."""
        return self.alert is None and self.end is None and self.entry.state == "resolved"

    @property
    def is_due(self) -> bool:
        """Whether something of it has still to be told."""
        return "planned" in (self.entry.state, self.end.state if self.end else "")


def family_of(entry: OutboxEntry) -> Family:
    """Whether it is about what an edition says, or about what was filed for it or not."""
    return "filings" if alert_rule(entry.rule).about == "filing" else "slips"


def topic_of(entry: OutboxEntry) -> Topic:
    """What the card of an alert is about: its subject in an edition; of reminders, the day of all of them."""
    # One reminder a day, whoever is awaited: the next one is another message, for an update calls nobody.
    subject = f"{entry.rule}:{entry.level}" if entry.rule == "submission_missing" else entry.subject
    return Topic("subject", family_of(entry), entry.edition, subject)


def lay(
    entries: Sequence[OutboxEntry],
    cards: Sequence[Card],
    severities: Mapping[str, Severity],
    most_cards: int,
) -> dict[RowPlace, Topic]:
    """The topic of the card of each row that has none and is to be told.

    An end goes where its alert went. A channel that was never told anything gets the editions before the newest as
    their summaries alone. What is for information, and what is not critical where an edition has more cards than
    `most_cards`, is listed: in a list for each time that there is news, since nobody is called by a list that grew.
    """
    topics = {card.card_id: card.topic for card in cards}
    rows = {(entry.alert_key, entry.occurrence): entry for entry in entries if entry.kind == "alert"}
    found: dict[RowPlace, Topic] = {}
    groups: dict[tuple[str, Family], list[OutboxEntry]] = {}
    for entry in entries:
        if entry.state == "planned" and not entry.card_id and not entry.summary:
            alert = rows.get((entry.alert_key, entry.occurrence))
            if entry.kind == "resolution" and alert:
                found[entry.place] = topics.get(alert.card_id or "") or topic_of(alert)
            elif entry.kind == "alert":
                groups.setdefault((entry.edition or "", family_of(entry)), []).append(entry)
    is_first = not cards and not any(entry.sent_at for entry in entries)
    newest = max((edition for edition, family in groups if family == "slips"), default="")
    of_channel = set(topics.values())
    for (edition, family), group in sorted(groups.items()):
        if is_first and family == "slips" and edition and edition != newest:
            found |= {entry.place: Topic("summary", "slips", edition, "") for entry in group}
        else:
            found |= _cards_or_list(group, of_channel, severities, most_cards)
    return found


def _cards_or_list(
    rows: Sequence[OutboxEntry],
    topics: Collection[Topic],
    severities: Mapping[str, Severity],
    most_cards: int,
) -> dict[RowPlace, Topic]:
    edition, family = rows[0].edition, family_of(rows[0])
    lists = [topic for topic in topics if (topic.kind, topic.family, topic.edition) == ("digest", family, edition)]
    listed, here = Topic("digest", family, edition, str(len(lists) + 1)), ("subject", family, edition)
    own = {topic for topic in topics if (topic.kind, topic.family, topic.edition) == here}
    gravest_of: dict[Topic, Severity] = {}
    for row in rows:
        severity = severities.get(row.alert_key, "information")
        gravest_of[topic_of(row)] = max(severity, gravest_of.get(topic_of(row), severity), key=severity_rank)
    grave = {topic for topic, severity in gravest_of.items() if severity != "information"}
    critical = {topic for topic, severity in gravest_of.items() if severity == "critique"}
    if len(own | grave) <= most_cards:
        # A file that is missing or was refused is for whoever filed it, whatever its severity.
        own = own | (grave if family == "slips" else gravest_of.keys())
    else:
        own = own | critical
    return {row.place: topic_of(row) if topic_of(row) in own else listed for row in rows}


def told_by(card: Card, entries: Iterable[OutboxEntry], alerts: Mapping[str, Alert]) -> list[Told]:
    """What a card tells, the most severe first: the last occurrence of each of its alerts, with its end if it has one.

    What was taken back before it was sent, or is said by something else by now, is not on it.
    """
    rows = {(entry.alert_key, entry.occurrence): entry for entry in entries if entry.kind == "alert"}
    ends = {
        (entry.alert_key, entry.occurrence): entry
        for entry in entries
        # What a method ended is told in its one summary.
        if entry.kind == "resolution" and entry.state != "cancelled" and not entry.summary
    }
    # An alert of before there were cards has its end on one.
    places = [place for place, row in rows.items() if card.card_id in (row.card_id, _card_id(ends.get(place)))]
    last = dict(places)
    told = [
        Told(rows[place], alerts.get(place[0]), ends.get(place))
        for place in last.items()
        if rows[place].state != "cancelled"
    ]
    # Of one subject, whatever its id was when it was told.
    is_one = card.topic.kind == "subject" and card.topic.family == "slips"
    spoken_of = {is_one or one.entry.subject for one in told if not one.is_silent}
    told = [one for one in told if not one.is_silent or (is_one or one.entry.subject) not in spoken_of]
    return sorted(
        told, key=lambda one: (one.is_over, -severity_rank(one.severity), one.entry.rule, one.entry.alert_key)
    )


def _card_id(entry: OutboxEntry | None) -> str | None:
    return entry.card_id if entry else None


def facts_of(told: Sequence[Told], answers: Mapping[str, Sequence[Answer]]) -> str:
    """A digest of what a card says, of facts alone: other words for the same facts are no news."""
    facts = [
        (
            *(one.entry.alert_key, one.entry.occurrence, one.severity),
            *(_facts_of_alert(one.alert) if one.alert else ()),
            *((one.end.cause, one.end.statement) if one.end else ()),
            *(astuple(answer) for answer in answers.get(one.entry.alert_key, ())),
        )
        for one in told
    ]
    return sha256(repr(facts).encode())


def facts_of_summary(told: Sequence[Told]) -> str:
    """A digest of what the summary of an edition says: which subjects, how grave, and of which nothing holds."""
    facts = [
        (subject, gravest(open_ones) if (open_ones := [one for one in of_it if not one.is_over]) else None)
        for subject, of_it in sorted(subjects_of(told).items())
    ]
    return sha256(repr(facts).encode())


def _facts_of_alert(alert: Alert) -> tuple[str, ...]:
    return tuple(
        str(value.normalize() if isinstance(value, Decimal) else value)
        for value in (
            *(alert.from_value, alert.to_value, alert.from_text, alert.to_text, alert.slip_months),
            *(alert.detail, alert.variance_comment, alert.returns_to_edition),
        )
    )


def in_order(cards: Iterable[Card], told: Mapping[str, Sequence[Told]]) -> list[Card]:
    """By edition: its summary, then its cards, the gravest first, then the list of the others."""
    kinds = {"summary": 0, "subject": 1, "digest": 2}

    def rank(card: Card) -> tuple[str, int, int, str, str]:
        gravest = max((severity_rank(one.severity) for one in told.get(card.card_id, ())), default=0)
        return card.topic.edition or "", kinds[card.topic.kind], -gravest, card.topic.subject, card.card_id

    return sorted(cards, key=rank)


def made(topics: Iterable[Topic], channel: str, taken: Collection[str]) -> list[Card]:
    """A card for each topic, and for each edition of whose slips there are cards, the summary that they hang under.

    An id is of the topic that a card was made for, whatever that is called by now: one that is `taken` is another's.
    """
    wanted = set(topics)
    wanted |= {replace(one, kind="summary", subject="") for one in wanted if one.edition and one.family == "slips"}
    cards = []
    for one in sorted(wanted, key=lambda one: (one.edition or "", one.kind, one.family, one.subject)):
        parts = (channel, one.kind, one.family, one.edition or "", one.subject)
        ids = (sha256("\n".join((*parts, "#" * again)).encode())[:32] for again in count())
        cards.append(Card(next(card_id for card_id in ids if card_id not in taken), one))
    return cards


def subjects_of(told: Iterable[Told]) -> dict[str, list[Told]]:
    """By subject, what is told of it; an alert of a filing is its own subject."""
    found: dict[str, list[Told]] = {}
    for one in told:
        found.setdefault(one.entry.subject, []).append(one)
    return found


def gravest(told: Iterable[Told]) -> Severity:
    """The severity of the gravest of them."""
    return max((one.severity for one in told), key=severity_rank)
