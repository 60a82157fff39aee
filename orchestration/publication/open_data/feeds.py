"""Atom feeds: the revisions of all editions, and what changed for each project and each perimeter, edition by edition.

What belongs here: which entries there are, and their words. What does not: the way in (`release_index`), alerts.
An entry is an edition: where a correction comes, the same entry is updated, so that no reader is told twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from orchestration.domain import french
from orchestration.domain.perimeter import perimeter_names
from orchestration.publication.open_data.api import file_name
from orchestration.publication.open_data.shown import ShownRevision
from orchestration.publication.release_index import IndexedRevision
from orchestration.publication.site.slip_lines import slip_sentence
from orchestration.store.templates import templates

# Readers of feeds want news: older entries are in the data.
_MOST_ENTRIES = 50
_MOVEMENTS = {
    "in": "entrée dans le portefeuille",
    "out": "sortie du portefeuille",
    "back": "retour dans le portefeuille",
    "renamed": "changement de nom (auparavant : {previous_name})",
    "awaited": "remontée attendue",
}


@dataclass(frozen=True)
class Entry:
    """An entry: `page` leads to where it is told, from the folder of the feed or by the whole address."""

    id: str
    title: str
    updated: str
    page: str
    text: str


@dataclass(frozen=True)
class Feed:
    """A feed, newest entry first."""

    id: str
    title: str
    entries: Sequence[Entry]

    @property
    def updated(self) -> str:
        """When something of it changed last."""
        return max(entry.updated for entry in self.entries)


def feed_files(
    shown: Sequence[ShownRevision], index: dict[str, list[IndexedRevision]], root: str, publisher: str
) -> dict[str, bytes]:
    """Every feed: path from the root of the tree -> bytes.

    `index` are the revisions of each edition; `root` is the address at which the tree is served, empty where none is
    set: then addresses are relative.
    """
    feeds = {"feeds/editions.atom": _of_editions(index, root or "../")}
    feeds |= {f"feeds/perimeters/{code}.atom": feed for code, feed in _of_perimeters(shown, root or "../../")}
    feeds |= {f"feeds/projects/{file_name(one)}.atom": feed for one, feed in _of_projects(shown, root or "../../")}
    return {path: _written(feed, publisher) for path, feed in feeds.items() if feed.entries}


def _of_editions(index: dict[str, list[IndexedRevision]], root: str) -> Feed:
    """An entry a revision: what a revision says never changes."""
    entries = [
        Entry(
            id=_id(f"editions/{edition}/r{one.revision}"),
            title=f"{french.semester(edition).capitalize()}, révision {one.revision}",
            updated=one.known_at or one.released_at or "",
            page=f"{root}releases/{one.path}/index.html",
            text=" ".join(one.why),
        )
        for edition, revisions in index.items()
        for one in revisions
        if one.released_at
    ]
    return Feed(_id("editions"), "Éditions et révisions", _newest(entries))


def _of_projects(shown: Sequence[ShownRevision], root: str) -> Iterable[tuple[str, Feed]]:
    names: dict[str, str] = {}
    entries: dict[str, list[Entry]] = {}
    for one in shown:
        names |= {values["project_id"]: values["name"] for values, _ in one.records("portfolio") if values["name"]}
        for project, said in _said_of_projects(one).items():
            entries.setdefault(project, []).append(_entry(one, f"projects/{project}", " ".join(said), root, project))
    for project in sorted(entries):
        yield project, Feed(_id(f"projects/{project}"), names.get(project, project), _newest(entries[project]))


def _of_perimeters(shown: Sequence[ShownRevision], root: str) -> Iterable[tuple[str, Feed]]:
    for code, name in perimeter_names().items():
        entries = []
        for one in shown:
            said = [
                f"{values['name'] or values['previous_name']} : {_movement(values)}."
                for values, _ in one.records("movements")
                if code in (values["perimeter"], values["previous_perimeter"])
            ]
            said += [
                f"{values['name']} : {slip_sentence(values)}."
                for values, _ in one.records("slips")
                if values["perimeter"] == code
            ]
            if said:
                entries.append(_entry(one, f"perimeters/{code}", french.typeset("\n".join(said)), root))
        yield code, Feed(_id(f"perimeters/{code}"), name, _newest(entries))


def _said_of_projects(one: ShownRevision) -> dict[str, list[str]]:
    """What an edition says of each project: its movement, then each slip."""
    said: dict[str, list[str]] = {}
    for values, _ in one.records("movements"):
        said.setdefault(values["project_id"], []).append(_sentence(_movement(values)))
    for values, _ in one.records("slips"):
        if values["project_id"]:
            said.setdefault(values["project_id"], []).append(french.typeset(f"{slip_sentence(values)}."))
    return said


def _sentence(words: str) -> str:
    return french.typeset(f"{words[0].upper()}{words[1:]}.")


def _movement(values: Mapping[str, Any]) -> str:
    return _MOVEMENTS[values["movement"]].format_map(dict(values))


def _entry(one: ShownRevision, subject: str, text: str, root: str, anchor: str = "") -> Entry:
    return Entry(
        id=_id(f"{subject}/{one.edition}"),
        title=french.semester(one.edition).capitalize(),
        updated=str(one.manifest["known_at"]),
        page=f"{root}{one.path}/index.html" + (f"#{file_name(anchor)}" if anchor else ""),
        text=text,
    )


def _newest(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.updated, entry.title, entry.id), reverse=True)[:_MOST_ENTRIES]


def _id(name: str) -> str:
    """An id that is the same wherever the tree is served."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'https://jalons.invalid/{name}')}"


def _written(feed: Feed, publisher: str) -> bytes:
    page = templates("publication/open_data").get_template("feed.atom.j2")
    return (page.render(feed=feed, publisher=publisher) + "\n").encode()
