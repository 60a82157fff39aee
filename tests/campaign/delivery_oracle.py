"""What readers must see by the end, whatever died or got lost: from what is so and what the receiver holds alone.

What belongs here: reading messages as a person does, and how they differ from what is so. Nothing of
`orchestration.alerting` is asked, and the outbox by its rows only. What does not: accidents (`peers`, `deliveries`).
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.campaign.alert_world import LEVELS, Project, World
from tests.campaign.peers import Shown

Key = tuple[str, str]
_BADGES = {"critique": "🔴 Critique", "attention": "🟠 Attention", "information": "🔵 Information"}
_SIGNS = {"critique": "🔴", "attention": "🟠", "information": "🔵"}
_ENDS = {"redressée": "Situation redressée", "reportée": "Échéance reportée", "sans objet": "Alerte sans objet"}
_ENDED = (*_ENDS.values(), "Alerte corrigée", "Alertes closes", "Alerte close")
_CARD = re.compile(r"(?P<badge>.+?) · (?P<name>ORION-\d\d) \(.+?\) · édition (?P<edition>\d{4}-S\d)")
_LIST = re.compile(r"\d+ projets?(?:, dont \d+ ci-dessous)? · édition (?P<edition>\d{4}-S\d)")
_SUMMARY = re.compile(r"Édition (?P<edition>\d{4}-S\d) · (?P<count>\d+|aucun) projets?")
_LISTED = re.compile(r"(?P<sign>[🔴🟠🔵] )?(?P<name>ORION-\d\d) \(.+?\) (?P<text>.+)")
_COST = re.compile(r"(?:\bà|passé à) (\d+,\d) M€")
_LEVEL = re.compile(r"palier de (\d+) %")
_MONTH = re.compile(r"au plus tard en (\w+) 2016, dépassée")


@dataclass(frozen=True)
class Hindrances:
    """What people did beside: whose cards are refused by name, the ids of messages that they deleted, and whose cards
    are among those; and whether what is refused for good was left so.
    """

    refused: Collection[str] = ()
    deleted_ids: Collection[str] = ()
    deleted_cards: Collection[Key] = ()


@dataclass
class Seen:
    """What a reader sees of one project in an edition: the cards, and the lines of lists, one for each time of news."""

    is_updated: bool = True
    cards: list[Shown] = field(default_factory=list)
    listed: list[re.Match[str]] = field(default_factory=list)

    @property
    def lines(self) -> list[re.Match[str]]:
        """The lines that say how it stands: all of them where each is updated, else the last."""
        return self.listed if self.is_updated else self.listed[-1:]

    @property
    def is_open(self) -> bool:
        """Whether anything of it is said to hold."""
        return any(one.title.startswith(tuple(_BADGES.values())) for one in self.cards[-1:]) or any(
            one["sign"] for one in self.lines
        )


class Reader:
    """All that a receiver holds, by what it is about."""

    def __init__(self, shown: Sequence[Shown], *, can_update: bool = True) -> None:
        self._can_update = can_update
        self.summaries: dict[str, list[Shown]] = {}
        self.lists: dict[str, list[Shown]] = {}
        self.projects: dict[Key, Seen] = {}
        self.strangers: list[str] = []
        for one in shown:
            if found := _SUMMARY.match(one.title):
                self.summaries.setdefault(found["edition"], []).append(one)
            elif found := _LIST.match(one.title):
                self.lists.setdefault(found["edition"], []).append(one)
                for line in filter(None, map(_LISTED.match, one.lines[1:])):
                    self.of(found["edition"], line["name"]).listed.append(line)
            elif found := _CARD.match(one.title):
                self.of(found["edition"], found["name"]).cards.append(one)
            else:
                self.strangers.append(one.title)

    def of(self, edition: str, name: str) -> Seen:
        """What is seen of a project."""
        return self.projects.setdefault((edition, name.lower()), Seen(self._can_update))


def differences(
    *,
    world: World,
    shown: Sequence[Shown],
    said: Sequence[Sequence[str]],
    home: Path,
    channel: str,
    can_update: bool,
    hindrances: Hindrances,
) -> list[str]:
    """How what a receiver holds differs from what is so, and the outbox from both; none where all is well."""
    reader, rows = Reader(shown, can_update=can_update), _rows(home, channel)
    dead = {(row["edition"], row["subject"]) for row in rows if row["state"] == "dead"}
    found = [f"no such message: {title}" for title in reader.strangers]
    found += [f"refused for good, though nobody refused it: {one}" for one in dead if one[1] not in hindrances.refused]
    found += [f"unsettled: {row}" for row in rows if row["state"] in ("planned", "sending", "unknown")]
    keys = Counter(one.key for one in shown)
    found += [f"there {count} times: {key}" for key, count in keys.items() if count > 1]
    told = {key for key, seen in Reader([Shown("", "", lines) for lines in said]).projects.items() if seen.cards}
    for place, one in world.projects.items():
        seen = reader.projects.get(place, Seen())
        found += [f"{place}: {fault}" for fault in _false(one, seen, can_update=can_update)]
        if one.edition in world.still | world.early or place in dead or one.has_left:
            continue
        if not can_update and _is_in_doubt(rows, one):
            continue
        if (
            place in hindrances.deleted_cards
            and not (seen.cards or seen.listed)
            and not one.is_new_since.get("deleted")
        ):
            continue
        found += [f"{place}: {fault}" for fault in _missing(one, seen, is_told=place in told, can_update=can_update)]
    for edition in sorted({edition for edition, _ in world.projects}):
        found += [f"{edition}: {fault}" for fault in _of_edition(world, edition, reader, dead, hindrances, can_update)]
    found += _of_outbox(world, rows, dead)
    if can_update:
        found += _of_cards(home, channel, shown, hindrances)
    return found


def _is_in_doubt(rows: Sequence[Mapping[str, Any]], one: Project) -> bool:
    """Whether something of it was tried and taken back: where nothing can be looked up, nobody knows what arrived."""
    of_it = [row for row in rows if (row["edition"], row["subject"]) == (one.edition, one.id)]
    return any(row["state"] == "cancelled" and row["attempts"] for row in of_it)


def _false(one: Project, seen: Seen, *, can_update: bool) -> Iterator[str]:
    """What is said that never was so, or twice."""
    if can_update and len(seen.cards) > 1:
        yield f"{len(seen.cards)} cards"
    if can_update and len({line.group() for line in seen.listed}) < len(seen.listed):
        yield f"the same line in {len(seen.listed)} lists"
    texts = [line for card in seen.cards for line in card.lines[1:]] + [line["text"] for line in seen.listed]
    for pattern, known in ((_COST, one.costs), (_LEVEL, one.levels), (_MONTH, one.months)):
        for text in texts:
            if wrong := set(pattern.findall(text)) - known:
                yield f"{wrong} was never so: {text}"


def _missing(one: Project, seen: Seen, *, is_told: bool, can_update: bool) -> Iterator[str]:
    """What is so and is not seen, or is seen and is so no more."""
    if not seen.cards and not seen.listed:
        if one.severity:
            yield "nothing of it is there"
        elif is_told:
            yield "its end is not there"
        return
    if one.severity is None:
        if seen.is_open:
            yield f"said to hold, and does not: {_brief(seen)}"
        return
    if not seen.is_open:
        yield f"holds, and is not said to: {_brief(seen)}"
        return
    signs = [card.title for card in seen.cards[-1:]] + [line["sign"] or "" for line in seen.lines]
    if not any(_SIGNS[one.severity] in sign for sign in signs):
        yield f"is {one.severity}: {_brief(seen)}"
    if seen.listed:
        # Of a list it is one line, of the gravest alone.
        return
    texts = seen.cards[-1].lines[1:] if can_update else [line for card in seen.cards for line in card.lines[1:]]
    holds = [text for text in texts if not any(text.startswith((end, f"✅ {end}")) for end in _ENDED)]
    cost = f"{one.cost:.1f}".replace(".", ",")
    costs = {cost for text in holds for cost in _COST.findall(text)}
    levels = {level for text in holds for level in _LEVEL.findall(text)}
    months = {month for text in holds for month in _MONTH.findall(text)}
    wanted = (
        ("cost", costs, {cost} if one.has_slipped or one.level else set()),
        ("level", levels, {one.level} if one.level else set()),
        ("month", months, {one.month} if one.month and not one.cause else set()),
    )
    for what, there, so in wanted:
        if (there != so) if can_update else (what != "cost" and not so <= there):
            yield f"{what} is {so}, and readers see {there}: {_brief(seen)}"
    if can_update:
        names = {found for text in texts for found in re.findall(r"Expliqué par (\w+)", text)}
        if names != set(one.explanations()):
            yield f"explained by {one.explanations()}, and readers see {names}: {_brief(seen)}"
        if any("Mis en veille" in text for text in texts):
            yield f"no more snoozed: {_brief(seen)}"


def _of_edition(
    world: World, edition: str, reader: Reader, dead: Collection[Key], hindrances: Hindrances, can_update: bool
) -> Iterator[str]:
    projects = [one for one in world.projects.values() if one.edition == edition]
    summaries = reader.summaries.get(edition, [])
    cards = [card for (of, _), seen in reader.projects.items() if of == edition for card in seen.cards]
    cards += reader.lists.get(edition, [])
    if len(summaries) > 1 or (not summaries and cards and not hindrances.deleted_ids):
        yield f"{len(summaries)} summaries"
    parents = {*(one.id for one in summaries), *hindrances.deleted_ids}
    for card in cards:
        if can_update and card.parent_id not in parents:
            yield f"hangs under {card.parent_id}, which is no summary: {card.title}"
    if not summaries or not can_update:
        return
    # What left stays counted, and of what is refused nobody knows what was told.
    if any(one.has_left for one in projects) or any(place[0] == edition for place in dead):
        return
    if edition in world.still and cards:
        yield "cards of what is told as a summary alone"
    text = " ".join(summaries[0].lines)
    count = Counter(one.severity for one in projects if one.severity)
    for severity, sign in _SIGNS.items():
        shown = re.search(rf"{sign} (\d+)", text)
        if (int(shown[1]) if shown else 0) != count[severity]:
            yield f"{count[severity]} projects are {severity}: {text}"
    total = _SUMMARY.match(summaries[0].title)
    if total and total["count"] != (str(count.total()) if count else "aucun"):
        yield f"{count.total()} projects: {text}"


def _of_outbox(world: World, rows: Sequence[Mapping[str, Any]], dead: Collection[Key]) -> Iterator[str]:
    last = {row["alert_key"]: row for row in rows if row["kind"] == "alert"}
    for place, one in world.projects.items():
        if place in dead:
            continue
        keys = one.keys()
        for key in keys:
            state = last[key]["state"] if key in last else None
            if state != "sent":
                yield f"the outbox says {state} of what holds: {key}"
        others = {row["alert_key"] for row in rows if row["subject"] == one.id and row["edition"] == one.edition}
        for key in others - set(keys):
            if key in last and last[key]["state"] == "sent" and not one.has_left:
                yield f"the outbox says sent of what does not hold: {key}"


def _of_cards(home: Path, channel: str, shown: Sequence[Shown], hindrances: Hindrances) -> Iterator[str]:
    with closing(sqlite3.connect(home / "ledger.sqlite")) as outbox:
        asked = "select message_id from alert_cards where channel = ? and message_id is not null"
        noted = {message_id for (message_id,) in outbox.execute(asked, (channel,))}
    there = {one.id for one in shown}
    yield from (f"there, and no card of the outbox: {one.title}" for one in shown if one.id not in noted)
    yield from (f"a card of the outbox that is not there: {one}" for one in noted - there - set(hindrances.deleted_ids))


def _rows(home: Path, channel: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(home / "ledger.sqlite")) as outbox:
        outbox.row_factory = sqlite3.Row
        asked = "select * from alert_outbox where channel = ? order by alert_key, kind, occurrence"
        return [dict(row) for row in outbox.execute(asked, (channel,))]


def is_settled(home: Path, channel: str) -> bool:
    """Whether nothing has still to leave, or to be looked for."""
    with closing(sqlite3.connect(home / "ledger.sqlite")) as outbox:
        asked = "select count(*) from alert_outbox where channel = ? and state in ('planned', 'sending', 'unknown')"
        (left,) = outbox.execute(asked, (channel,)).fetchone()
        asked = "select count(*) from alert_look_ups where channel = ? and look_at is not null"
        (looks,) = outbox.execute(asked, (channel,)).fetchone()
    return not left and not looks


def _brief(seen: Seen) -> str:
    return " | ".join([*(" / ".join(card.lines[:6]) for card in seen.cards), *(line[0] for line in seen.listed)])[:700]


assert set(LEVELS.values()) == set(_SIGNS)
