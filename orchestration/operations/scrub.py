"""Scrubbing: every file that a home keeps is read and held against what was noted of it, however it looks.

What belongs here: finding what has decayed, mending what can be mended, and noting the rest for engineers. What does
not: the cheap look before each pass (`orchestration.intake.lake_check`, `orchestration.publication.revision_check`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from orchestration.intake import archive, incidents, lake
from orchestration.intake.archive import DamagedBytes
from orchestration.intake.home_identity import check_home
from orchestration.intake.incidents import Incident
from orchestration.intake.lake_check import set_aside
from orchestration.intake.ledger import Ledger
from orchestration.intake.receipts.files import digest_of
from orchestration.intake.rereading import bytes_of
from orchestration.operations import ledger_copies
from orchestration.publication.revision_check import altered_files, revisions
from orchestration.remote.faults import StoreUnreachable, reaching
from orchestration.settings import Settings
from orchestration.store.whole_file import sweep

Report = Callable[[str], None]
State = Literal["whole", "mended", "damaged"]
# What was read, by name, and how it was found.
Finding = tuple[str, State]


@dataclass(frozen=True)
class Scrubbed:
    """What a scrub read of a store and what it found: `files` read, what was `mended`, what is `damaged`, by name."""

    store: str
    files: int
    mended: tuple[str, ...]
    damaged: tuple[str, ...]


def scrub(settings: Settings, now: datetime, report: Report = lambda _step: None) -> list[Scrubbed]:
    """Read all that the home keeps, store by store, while no publication is at work; engineers are told of damage.

    Bytes of the archive are mended from the inbox, records of drops from the ledger; rows of the lake and current
    revisions by the next pass, from the archive and the marts. Raise `LedgerRefused` where no pass may begin.
    """
    check_home(settings)
    with Ledger(settings.ledger) as ledger:
        found = []
        for name, store in _STORES.items():
            report(f"Reading the {name}")
            found.append(_scrubbed(name, store, settings, ledger))
        for one in found:
            if one.damaged:
                details = {"store": one.store, "files": list(one.damaged)}
                incidents.note(ledger.engine, Incident("scrub_found", one.store, None, details, now))
        incidents.end(ledger.engine, "scrub_found", {one.store for one in found if one.damaged}, now)
    return found


def sweep_home(settings: Settings) -> None:
    """Remove what passes that died left half written; only while no pass is at work."""
    for folder in (settings.archive, settings.outbox, settings.lake, settings.warehouse, settings.releases):
        sweep(folder)
    # In the home itself no further down: hidden files of the inbox are the ministries' own.
    sweep(settings.home, is_deep=False)
    sweep(ledger_copies.folder(settings))


def _scrubbed(
    name: str, found: Callable[[Settings, Ledger], Iterator[Finding]], settings: Settings, ledger: Ledger
) -> Scrubbed:
    seen: dict[State, list[str]] = {"whole": [], "mended": [], "damaged": []}
    for what, state in found(settings, ledger):
        seen[state].append(what)
    return Scrubbed(name, sum(map(len, seen.values())), tuple(seen["mended"]), tuple(seen["damaged"]))


def _ledger(_settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    if ledger.engine.dialect.name != "sqlite":
        return
    try:
        with ledger.engine.connect() as connection:
            said: list[Any] = list(connection.execute(sa.text("pragma integrity_check")).scalars())
    except sa.exc.DatabaseError as damaged:
        said = [str(damaged.orig)]
    yield "ledger", "whole" if said == ["ok"] else "damaged"


def _archive(settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    for drop_id in ledger.drop_ids():
        drop, record = ledger.drop(drop_id), ledger.record(drop_id)
        if drop.sha256:
            state: State = "whole"
            if not archive.is_whole(settings.archive, drop.sha256):
                try:
                    bytes_of(settings, drop)
                    state = "mended"
                except DamagedBytes:
                    state = "damaged"
            yield drop.sha256, state
        try:
            is_right = archive.read_record(settings.archive, drop_id) == record
        except DamagedBytes:
            is_right = False
        if not is_right:
            archive.record(settings.archive, record)
        yield f"drops/{drop_id:08d}", "whole" if is_right else "mended"


def _lake(settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    for one in ledger.submissions():
        if one.file is None:
            continue
        path = lake.path_of(settings.lake, one)
        found = one.file.found(path, hash_anyway=True)
        is_right = found is not None and found.sha256 == one.file.sha256
        if not is_right:
            # What has decayed looks as it did: under another name, the next pass misses it and makes it again.
            set_aside(path)
        yield path.relative_to(settings.lake).as_posix(), "whole" if is_right else "damaged"


def _releases(settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    for edition, revision in revisions(ledger.engine):
        folder = settings.releases / edition / f"r{revision}"
        altered = altered_files(ledger.engine, edition, revision, folder, hash_all=True)
        yield f"{edition}/r{revision}", "damaged" if altered else "whole"
        for path in altered:
            yield f"{edition}/r{revision}/{path}", "damaged"


def _receipts(settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    for receipt, digest in ledger.receipts():
        folder = settings.outbox / receipt
        try:
            with reaching(folder):
                found = digest_of({path.name: path.read_bytes() for path in folder.iterdir()})
        except StoreUnreachable:
            raise
        except OSError:
            found = None
        yield receipt, "whole" if found == digest else "damaged"


_STORES: Mapping[str, Callable[[Settings, Ledger], Iterator[Finding]]] = {
    "ledger": _ledger,
    "archive": _archive,
    "lake": _lake,
    "releases": _releases,
    "receipts": _receipts,
}
