"""Which files of the inbox may be taken now: those that have been quiet for as long as what is odd about them asks.

What belongs here: how long a file has been quiet, what waits, and whether a pass is owed for the inbox. What does not:
the signs of a file that is not whole (`signs`), and what is wrong with the inbox itself (`inbox_faults`).
A file is quiet since its last change by its store's own clock, where that can be asked; else since it was first seen to
be as it is, noted by `pending` alone: a pass that waited for another one has a clock that is late.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

import sqlalchemy as sa

from orchestration.intake import inbox, inbox_faults
from orchestration.intake.inbox import SeenFile
from orchestration.intake.incidents import Incident
from orchestration.intake.ledger import Ledger, Observed
from orchestration.intake.signs import WORDS, Sign, signs_of, wait_of
from orchestration.remote.faults import StoreUnreachable
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from orchestration.store.sql import naive_utc

METADATA = sa.MetaData()
# Files that a look found new, as they were then; kept for a while after they were taken, to know one that goes on
# changing.
_SETTLING = sa.Table(
    "settling",
    METADATA,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("modified", sa.Text, nullable=False),
    sa.Column("changed", sa.Text, nullable=False),
    sa.Column("signs", sa.JSON, nullable=False),
    sa.Column("seen_at", sa.DateTime, nullable=False),
)
# A file that was as it is not now so short ago is being written; and one so young is read again, to see that it is the
# same, where its store would not tell.
_RECENT = timedelta(minutes=10)


@dataclass(frozen=True)
class New:
    """A file that the ledger does not know as it is, what it shows, and since when it is known to be so."""

    seen: SeenFile
    signs: frozenset[Sign]
    since: datetime


@dataclass(frozen=True)
class Waiting:
    """A file that is not taken yet: why, in English, and how much longer it must be quiet, in seconds."""

    path: str
    why: str
    seconds: float


class _Watch:
    """One look at the inbox, held against the ledger and against the looks before it."""

    def __init__(self, settings: Settings, ledger: Ledger, now: datetime) -> None:
        self._settings, self._ledger, self._now = settings, ledger, now
        self.listing = inbox.look(settings.inbox)
        self.observed = ledger.observed()
        self._held = {one.seen.path: one.sha256 for one in self.observed}
        self.unread: dict[str, OSError] = {}
        with ledger.engine.connect() as connection:
            self._noted = {row.path: _new(row) for row in connection.execute(sa.select(_SETTLING))}

    def new(self) -> list[SeenFile]:
        """The files that the ledger does not know as they are; those of which most is known come first."""
        known = {one.seen: one for one in self.observed}
        found = [seen for seen in self.listing.files if seen not in known or self._is_rewritten(seen, known[seen])]
        return sorted(found, key=lambda seen: (not self._is_noted(seen), seen.path))

    def _is_noted(self, seen: SeenFile) -> bool:
        return seen.path in self._noted and self._noted[seen.path].seen == seen

    def _is_rewritten(self, seen: SeenFile, one: Observed) -> bool:
        """Whether a file taken lately looks the same and holds other bytes, where its store says nothing of changes."""
        if seen.changed or one.noted_at is None or self._now - one.noted_at > _RECENT:
            return False
        data = self._read(seen)
        return data is not None and sha256(data) != one.sha256

    def judge(self, seen: SeenFile) -> New | None:
        """What a new file shows; `None` where it holds what it held, could not be read, or is gone."""
        before = self._noted.get(seen.path)
        if before and before.seen == seen and before.since <= self._now:
            return before
        data = self._read(seen) if seen.is_readable else b""
        if data is None:
            return None
        held, place = sha256(data) if seen.is_readable else "", inbox.place_of(seen.path)
        if held == self._held.get(seen.path):
            # It was touched, or moved with its home: nothing new is in it.
            self._ledger.note_look(seen, held, self._now)
            return None
        if not (seen.is_readable and self._settings.settle_seconds):
            return New(seen, frozenset(), self._now)
        signs = signs_of(data, lambda kind: self._ledger.rows_filed(place, kind) if place else None)
        if before and before.seen != seen and self._now - before.since < _RECENT:
            signs |= {"changing"}
        return New(seen, signs, self._now)

    def lost(self, fault: StoreUnreachable) -> None:
        """Note that the inbox went while it was looked at: what is read of it from here on is nothing."""
        self.listing = replace(self.listing, unlisted={"": fault})

    def _read(self, seen: SeenFile) -> bytes | None:
        if "" in self.listing.unlisted:
            return None
        try:
            return inbox.read_file(self._settings.inbox, seen)
        except FileNotFoundError:
            return None
        except StoreUnreachable as fault:
            self.lost(fault)
            return None
        except OSError as fault:
            self.unread[seen.path] = fault
            return None

    def waiting(self, one: New) -> Waiting | None:
        """Why a file is not taken yet, if so."""
        signs = one.signs
        if self._settings.settle_seconds and inbox.is_being_written(self._settings.inbox, one.seen):
            signs |= {"being_written"}
        if not signs:
            return None
        quiet = (self._now - one.since).total_seconds()
        if self._clock_of_store and one.seen.changed.isdigit():
            quiet = max(quiet, (self._clock_of_store - int(one.seen.changed)) / 1e9)
        left = self._settings.settle_seconds * wait_of(signs) - quiet
        why = ", ".join(WORDS[sign] for sign in WORDS if sign in signs)
        return Waiting(one.seen.path, why, left) if left > 0 else None

    @cached_property
    def _clock_of_store(self) -> int | None:
        return inbox.clock_of_store(self._settings.inbox, self._settings.home)

    def can_be_taken(self, one: New) -> bool:
        """Whether a file that is quiet can be read, now if it was noted by an earlier look."""
        return one is not self._noted.get(one.seen.path) or not one.seen.is_readable or self._read(one.seen) is not None

    def note(self, found: Collection[New], new: Collection[SeenFile]) -> None:
        """Note what was found new, and forget what was noted long ago of files that are not new any more."""
        pending = {seen.path for seen in new}
        old = [path for path, one in self._noted.items() if path not in pending and self._now - one.since > _RECENT]
        changed = [one for one in found if self._noted.get(one.seen.path) != one]
        if old or changed:
            with self._ledger.engine.begin() as connection:
                for path in (*old, *(one.seen.path for one in changed)):
                    connection.execute(sa.delete(_SETTLING).where(_SETTLING.c.path == path))
                for one in changed:
                    connection.execute(sa.insert(_SETTLING).values(_row(one)))

    def faults(self) -> list[Incident]:
        """What is wrong with the inbox; files that are gone are noted where nothing is."""
        found = inbox_faults.faults_of(self._settings.inbox, self.listing, self.observed, self.unread, self._now)
        if not any(one.rule in ("inbox_missing", "inbox_unreachable") for one in found):
            gone = inbox_faults.gone(self.listing, self.observed)
            if gone != {one.seen.path for one in self.observed if one.is_gone}:
                self._ledger.note_gone(gone, self._now)
        return found


@dataclass(frozen=True)
class Pending:
    """What is new in the inbox, a line each, if a pass would act on it now; and what it would not take yet.

    `paths` are those of the new files, settled or not.
    """

    owed: Sequence[str]
    waiting: Sequence[Waiting]
    paths: Sequence[str]


def pending(settings: Settings, ledger: Ledger, now: datetime) -> Pending:
    """What a pass would take of the inbox now, or has to tell of what is wrong with it; else what waits.

    `now` is the machine's time, just read: what is not settled yet is noted with it, and owed once its time has come.
    """
    watch = _Watch(settings, ledger, now)
    new, found, waiting, unchanged, is_ready = watch.new(), [], list[Waiting](), set[str](), False
    for seen in new:
        if one := watch.judge(seen):
            found.append(one)
            if waits := watch.waiting(one):
                waiting.append(waits)
            elif is_ready := watch.can_be_taken(one):
                # A pass looks at all the others.
                break
        else:
            unchanged.add(seen.path)
    watch.note(found, new)
    is_news = inbox_faults.is_news(ledger.engine, watch.faults(), now)
    owed = [*map(repr, new), "news of the inbox"] if is_ready or is_news else []
    return Pending(owed, waiting, [seen.path for seen in new if seen.path not in unchanged])


@dataclass(frozen=True)
class Settled:
    """The files that may be taken, in the order in which they are; `watch` goes on from here."""

    files: Sequence[SeenFile]
    watch: _Watch

    def note_faults(self, ledger: Ledger, unread: Mapping[str, OSError], now: datetime) -> None:
        """Note what is wrong with the inbox, and the end of what was; `unread` could not be read since."""
        self.watch.unread |= unread
        inbox_faults.note(ledger.engine, self.watch.faults(), now)


def settled(settings: Settings, ledger: Ledger, now: datetime) -> Settled:
    """The files that may be taken: quiet for as long as they must, and the same once more `settle_seconds` later.

    Nobody waits here for a file that must be quiet for longer.
    """
    watch = _Watch(settings, ledger, now)
    if settings.settle_seconds:
        ready = {one.seen for seen in watch.new() if (one := watch.judge(seen)) and not watch.waiting(one)}
    else:
        ready = set(watch.new())
    if ready and settings.settle_seconds:
        time.sleep(settings.settle_seconds)
        ready &= inbox.look(settings.inbox).files
    return Settled(inbox.in_order(ready), watch)


def _new(row: sa.Row[tuple[object, ...]]) -> New:
    seen = SeenFile(row.modified, row.path, row.size, row.changed)
    return New(seen, frozenset(row.signs), row.seen_at.replace(tzinfo=UTC))


def _row(one: New) -> dict[str, object]:
    seen = one.seen
    about = {"path": seen.path, "size": seen.size, "modified": seen.modified, "changed": seen.changed}
    return about | {"signs": sorted(one.signs), "seen_at": naive_utc(one.since)}
