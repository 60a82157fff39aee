"""Which project each filed row is about: the one rule that receipts and, through a DuckDB function, dbt share.

What belongs here: the order of docs/rules.md §7, the ids that a row gives rise to, and who has an id that two rows of
an edition claim. What does not: which submissions count (dbt), and what the register says (`alias_register`).

It is a loop over editions, no recursive CTE: an edition reads all that those before it taught, where a recursive CTE
sees the last step alone. DuckDB calls it once, in a model, so that still only dbt writes tables.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count, groupby
from typing import Literal

from orchestration.domain.folding import hyphenated

# An id is a part of addresses and of names of files.
_MOST_LETTERS = 100
_NOT_LETTERS = re.compile(r"[\W_]+")
# What people type in the cell of an id that a project does not have, and errors of a spreadsheet, as words.
_NO_IDS = frozenset(
    (
        *("", "na", "n-a", "nc", "n-c", "nd", "n-d", "nr", "n-r", "so", "s-o", "x", "xx", "xxx", "tbd", "null", "none"),
        *("nan", "aucun", "aucune", "neant", "sans", "sans-objet", "sans-id", "sans-identifiant", "inconnu"),
        *("non-applicable", "non-communique", "non-disponible", "non-renseigne", "non-defini", "non-attribue"),
        *("a-venir", "a-definir", "a-completer", "a-attribuer", "a-creer", "en-cours", "en-attente"),
        *("ref", "valeur", "value", "nom", "name", "div-0"),
    )
)

# How an id was found, in the order of docs/rules.md §7.
Way = Literal["register", "declared", "published", "name", "own", "slug"]


@dataclass(frozen=True, order=True)
class Filing:
    """A project as a submission names it; rows of a submission with the same three are one.

    `received_at` only orders spellings of one edition and perimeter. `register_id` is what the register says of the
    name in this edition.
    """

    edition: str
    perimeter: str
    received_at: str
    submission_id: str
    folded_name: str
    declared_id: str | None = field(compare=False)
    name: str = field(compare=False)
    register_id: str | None = field(compare=False)
    is_current: bool = field(default=True, compare=False)
    # What makes the order total where all else is the same.
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Read the declared id."""
        object.__setattr__(self, "key", declared_key(self.declared_id, self.perimeter) or "")


@dataclass(frozen=True)
class Identity:
    """The id of a project, and how it was found."""

    project_id: str
    way: Way


@lru_cache(maxsize=65536)
def slug(name: str) -> str:
    """A name as a readable id: its words in small letters without accents, hyphenated; never empty."""
    return _shortened(hyphenated([name])[0], name)


def _shortened(words: str, text: str) -> str:
    words = words or _NOT_LETTERS.sub("-", text.lower()).strip("-")
    return words[:_MOST_LETTERS].strip("-") or "projet"


def declared_keys(declared_ids: Sequence[str | None], perimeters: Iterable[str]) -> list[str | None]:
    """What each declared id is compared by in its perimeter; `None` where it is none (`-`, `NC`, `#`).

    With or without the perimeter before it, it is the same: `mi-1` and `1` of MI.
    """
    texts = [text or "" for text in declared_ids]
    return [
        None
        # One without any Latin letter or digit may be one all the same.
        if words in _NO_IDS and (words or not _NOT_LETTERS.sub("", text))
        else _shortened(words, text).removeprefix(f"{perimeter.lower()}-")
        for words, text, perimeter in zip(hyphenated(texts), texts, perimeters, strict=True)
    ]


@lru_cache(maxsize=65536)
def declared_key(declared_id: str | None, perimeter: str) -> str | None:
    """What one declared id is compared by, as `declared_keys`."""
    return declared_keys([declared_id], [perimeter])[0]


def own_id(declared_id: str | None, perimeter: str) -> str | None:
    """A declared id as its perimeter's own, `mi-1`: another perimeter's `1` is another project."""
    key = declared_key(declared_id, perimeter)
    return key and f"{perimeter.lower()}-{key}"


def possible_ids(filing: Filing) -> set[str]:
    """Every id that a row has had, or would have under another order of arrival; the glued ones of 0.1 among them."""
    trimmed = (filing.declared_id or "").strip()
    glued = trimmed or (filing.register_id or "").replace("-", "")
    own = own_id(filing.declared_id, filing.perimeter)
    return {slug(filing.name), filing.folded_name, *filter(None, (glued, own))}


def identify(filings: Iterable[Filing]) -> dict[Filing, Identity]:
    """The project of each filing, edition by edition; the same whatever the order in which they are given.

    What counts in an edition (`is_current`) is identified together, and is what later editions know. What was
    superseded is held against it, each submission by itself.
    """
    ordered = sorted(filings)
    known = _Known(ordered)
    found: dict[Filing, Identity] = {}
    for _, of_edition in groupby(ordered, key=lambda one: one.edition):
        several = list(of_edition)
        counting = known.identify([one for one in several if one.is_current])
        known.remember(counting)
        found |= counting
        superseded = sorted((one for one in several if not one.is_current), key=lambda one: one.submission_id)
        for _, submission in groupby(superseded, key=lambda one: one.submission_id):
            found |= known.identify(list(submission))
    return found


# The weaker claim gives way; by name, the perimeter that carried the project is before another one.
_STRENGTH: Mapping[tuple[Way, bool], int] = {
    ("register", True): 0,
    ("register", False): 0,
    ("declared", True): 1,
    ("declared", False): 1,
    ("published", True): 1,
    ("name", True): 2,
    ("published", False): 3,
    ("name", False): 4,
}


@dataclass
class _Unit:
    """Filings of one edition that are one project whatever its id: by the register, by id and name, or by name."""

    filings: list[Filing] = field(default_factory=list)
    claims: Iterator["_Claim"] = field(default_factory=lambda: iter(()))

    @property
    def perimeters(self) -> set[str]:
        """Who filed it."""
        return {one.perimeter for one in self.filings}

    @property
    def place(self) -> tuple[str, str, str]:
        """What orders the units of an edition: never a row or a date."""
        first = min(self.filings)
        return first.perimeter, first.folded_name, first.key


@dataclass(frozen=True)
class _Claim:
    """That a unit may be this project: the smaller `strength`, the stronger."""

    project_id: str
    way: Way
    strength: tuple[int, int, str, str, str]


class _Known:
    """What the editions so far taught."""

    def __init__(self, filings: Sequence[Filing]) -> None:
        self._spellings: dict[str, str] = {}
        for one in filings:
            self._spellings.setdefault(one.folded_name, one.name)
        # Of each id: how it was made, and the perimeters that carried it last.
        self._ways: dict[str, Way] = {}
        self._carriers: dict[str, set[str]] = {}
        # The project that a declared id last named in a perimeter, and those that bore a name: each with the edition,
        # counted from the first.
        self._editions = 0
        self._declared: dict[tuple[str, str], tuple[str, int]] = {}
        self._bearers: dict[str, dict[str, int]] = {}

    def identify(self, filings: Sequence[Filing]) -> dict[Filing, Identity]:
        """The projects of the submissions that count in an edition, or of one that was superseded."""
        unclear = _unclear(filings)
        units = self._units(filings, unclear)
        held = self._settle(units)
        given = {id(unit): Identity(project_id, claim.way) for project_id, (claim, unit) in held.items()}
        taken = set(held)
        for unit in units:
            if id(unit) not in given:
                given[id(unit)] = self._new(unit, taken, unclear)
                taken.add(given[id(unit)].project_id)
        return {one: given[id(unit)] for unit in units for one in unit.filings}

    def remember(self, found: Mapping[Filing, Identity]) -> None:
        """Learn what counts in an edition."""
        self._editions += 1
        unclear = _unclear(found)
        carriers: dict[str, set[str]] = {}
        for one, identity in found.items():
            project_id = identity.project_id
            self._ways.setdefault(project_id, identity.way)
            carriers.setdefault(project_id, set()).add(one.perimeter)
            if one.key:
                self._declared[one.perimeter, one.key] = (project_id, self._editions)
            # What the register says of a name holds in its editions alone.
            if identity.way != "register":
                self._bearers.setdefault(one.folded_name, {})[project_id] = self._editions
        self._carriers |= carriers
        for place in unclear:
            del self._declared[place]

    def _units(self, filings: Sequence[Filing], unclear: set[tuple[str, str]]) -> list[_Unit]:
        units: dict[tuple[str, ...], _Unit] = {}
        for one in filings:
            place = (one.perimeter, one.key)
            if one.register_id:
                key: tuple[str, ...] = ("register", one.register_id)
            elif not one.key or place in unclear:
                key = ("name", one.folded_name)
            else:
                named = next(self._by_id(one), None)
                key = ("id", named.project_id, one.folded_name) if named else ("new", *place, one.folded_name)
            if key in units and not one.register_id and one.perimeter in units[key].perimeters:
                # What a file names twice under two ids are two projects.
                key = ("again", *place, one.folded_name)
            units.setdefault(key, _Unit()).filings.append(one)
        for unit in units.values():
            unit.claims = self._claims(unit, unclear)
        return sorted(units.values(), key=lambda unit: unit.place)

    def _settle(self, units: Sequence[_Unit]) -> dict[str, tuple[_Claim, _Unit]]:
        """Who has which known project: each unit claims what it may be in its own order, and the stronger claim holds.

        The result does not depend on who claims first.
        """
        held: dict[str, tuple[_Claim, _Unit]] = {}
        waiting = list(units)
        while waiting:
            unit = waiting.pop()
            for claim in unit.claims:
                before = held.get(claim.project_id)
                if before is None or claim.strength < before[0].strength:
                    held[claim.project_id] = (claim, unit)
                    if before:
                        waiting.append(before[1])
                    break
        return held

    def _claims(self, unit: _Unit, unclear: set[tuple[str, str]]) -> Iterator[_Claim]:
        first = unit.filings[0]
        if first.register_id:
            yield self._claim(unit.filings, first.register_id, "register", 0)
            return
        for one in unit.filings:
            if one.key and (one.perimeter, one.key) not in unclear:
                yield from self._by_id(one)
        bearers = self._bearers.get(first.folded_name, {}).items()
        named = [self._claim(unit.filings, project_id, "name", last) for project_id, last in bearers]
        yield from sorted(named, key=lambda claim: (claim.strength, claim.project_id))

    def _by_id(self, one: Filing) -> Iterator[_Claim]:
        if known := self._declared.get((one.perimeter, one.key)):
            yield self._claim([one], known[0], "declared", known[1])
        published = slug(one.declared_id or "")
        if published in self._ways:
            yield self._claim([one], published, "published", 0)

    def _claim(self, filings: Sequence[Filing], project_id: str, way: Way, last: int) -> _Claim:
        is_carrier = any(one.perimeter in self._carriers.get(project_id, ()) for one in filings)
        first = min(filings)
        # The later it was so, the stronger.
        return _Claim(
            project_id, way, (_STRENGTH[way, is_carrier], -last, first.perimeter, first.folded_name, first.key)
        )

    def _new(self, unit: _Unit, taken: set[str], unclear: set[tuple[str, str]]) -> Identity:
        """An id that no other project has: the declared one as its perimeter's own, else the slug, with a number."""
        first = min(unit.filings)
        own = own_id(first.declared_id, first.perimeter)
        if own and (first.perimeter, first.key) not in unclear and own not in taken and self._ways.get(own) != "slug":
            return Identity(own, "own")
        base = slug(self._spellings[first.folded_name])
        numbered = (base if number == 1 else f"{base}-{number}" for number in count(1))
        return Identity(next(one for one in numbered if one not in taken and one not in self._ways), "slug")


def _unclear(filings: Iterable[Filing]) -> set[tuple[str, str]]:
    """The declared ids, by perimeter, under which more than one project is named: they name none."""
    named: dict[tuple[str, str], set[str]] = {}
    for one in filings:
        if one.key:
            named.setdefault((one.perimeter, one.key), set()).add(one.register_id or one.folded_name)
    return {place for place, names in named.items() if len(names) > 1}
