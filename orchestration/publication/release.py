"""Releases: what an edition says, frozen as a revision and switched in atomically.

Layout: `releases/<edition>/r<N>/{index.html,MANIFEST.json,MANIFEST.json.minisig,figures.json,datapackage.json,
verifier.py,data/<table>.<format>}` and `releases/<edition>/current`, a link to the latest revision.
What belongs here: when a revision is made and how it becomes visible. What does not: what its files hold (`tables`,
`manifest`, `site.page`).
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache, cached_property, partial
from itertools import product
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock

from orchestration.domain.edition import Edition
from orchestration.intake import incidents
from orchestration.intake.incidents import Incident
from orchestration.intake.ledger import Ledger
from orchestration.publication import unchanged
from orchestration.publication.data_package import release_package
from orchestration.publication.figures import FIGURES
from orchestration.publication.manifest import (
    Revision,
    changed_at,
    closed_at,
    content_sha256,
    drops_used,
    known_at,
    known_times,
    manifest,
    trusted_comment,
)
from orchestration.publication.publisher import licence
from orchestration.publication.release_index import write_index
from orchestration.publication.revision_check import (
    altered_files,
    listed_files,
    manifest_digests,
    note_revision,
    note_states,
    noted_files,
    noted_revisions,
)
from orchestration.publication.signing import SigningKey, read_key
from orchestration.publication.site import page
from orchestration.publication.table_formats import data_files
from orchestration.publication.tables import read_tables
from orchestration.settings import Settings
from orchestration.store.access import make_file, make_folder
from orchestration.store.digests import sha256
from orchestration.store.file_state import FileState
from orchestration.store.json_values import json_document, json_number, moment_text
from orchestration.store.marts import MartRow, mart_table
from orchestration.store.whole_file import flush, write_whole
from orchestration.validation.holding import is_held
from orchestration.validation.judgement import Judgement
from orchestration.verification import VERIFIER

_BUILDING = ".building-"
_MANIFEST, _SIGNATURE = "MANIFEST.json", "MANIFEST.json.minisig"


class NoRelease(LookupError):
    """The edition, or the revision asked for, has not been released."""


@dataclass(frozen=True)
class Release:
    """The latest revision of an edition; `is_new` says that this call made it, `figures` is its figures.json."""

    edition: str
    revision: int
    path: Path
    is_new: bool
    figures: dict[str, object]


def release(
    settings: Settings, judgement: Judgement, now: datetime, editions: list[str] | None = None
) -> list[Release]:
    """Make a revision of each edition whose content changed, oldest edition first, and point `current` to the latest.

    Reads the marts that the judgement is on and the closings of the lake; `editions` narrows the work, and one without
    figures is passed over. An edition that is held back keeps the revision that it has.
    Whatever a process that died left behind is put right, and a revision that is not as it was published is made again
    where that gives the same bytes; else it is an incident, noted at `now`. Raise `UnfitMarts` where the marts are
    others by now, `KeyRefused` before anything is made where the key that is named cannot sign.
    """
    judgement.expect_unchanged(settings)
    key = read_key(settings.signing_key) if settings.signing_key else None
    known = mart_table(settings.marts, "headline_figures", columns=["edition"]).column("edition").to_pylist()
    make_folder(settings.releases, "all")
    # The system lets go of the lock when its holder dies: every leftover found under it is a dead process's.
    with FileLock(settings.home / "releases.lock"), Ledger(settings.ledger) as ledger:
        for leftover in settings.releases.glob(f"*/{_BUILDING}*"):
            if leftover.is_symlink():
                leftover.unlink()
            else:
                shutil.rmtree(leftover)
        made, altered = list[Release](), set[str]()
        rows, before = unchanged.rows_by_edition(settings.marts), unchanged.noted(settings.warehouse)
        published = _Published.of(settings, ledger.engine)
        # One that is held is looked at too, and so is one that has no figures any more.
        for edition in sorted({*known, *published.on_disk}):
            if editions is not None and edition not in editions:
                continue
            content = cache(partial(_content_of, settings, key, edition)) if edition in known else None
            altered |= _hold_to_what_was_published(settings, ledger.engine, edition, content, published, key, now)
            if content and not is_held(edition, judgement.holds):
                number = max(published.numbers(edition), default=0)
                if before.get(edition) == (number, rows[edition]) and f"{edition}/r{number}" not in altered:
                    figures = read_figures(settings, edition, number)
                    made.append(Release(edition, number, settings.releases / edition / f"r{number}", False, figures))
                else:
                    made.append(_release_edition(settings, ledger.engine, content(), number, key))
        unchanged.note(settings.warehouse, before | {one.edition: (one.revision, rows[one.edition]) for one in made})
        write_index(settings.releases, manifest_digests(ledger.engine))
        if editions is None:
            incidents.end(ledger.engine, "release_altered", altered, now)
        return made


def current_revision(settings: Settings, edition: str) -> int:
    """The revision that readers see now; raise `NoRelease` without one, `ValueError` for a bad edition code."""
    current = _folder(settings, edition) / "current"
    if not current.is_symlink():
        raise NoRelease(f"{edition} has no release")
    return _revision_number(current.readlink())


def revision_as_of(settings: Settings, edition: str, at: datetime) -> int:
    """The revision that readers saw at an instant; raise `NoRelease` when there was none yet."""
    latest = current_revision(settings, edition)
    for revision in range(latest, 0, -1):
        written = json.loads((_folder(settings, edition) / f"r{revision}" / _MANIFEST).read_bytes())
        if datetime.fromisoformat(written.get("known_at", written["released_at"])) <= at:
            return revision
    raise NoRelease(f"{edition} had no release on {at:%Y-%m-%d at %H:%M} UTC")


def read_figures(settings: Settings, edition: str, revision: int | None = None) -> dict[str, object]:
    """Read figures.json of a revision, by default the current one.

    Raises `NoRelease` when it does not exist, `ValueError` for a bad edition code.
    """
    number = current_revision(settings, edition) if revision is None else revision
    path = _folder(settings, edition) / f"r{number}" / "figures.json"
    if not path.is_file():
        raise NoRelease(f"{edition} has no revision {number}")
    figures: dict[str, object] = json.loads(path.read_bytes())
    return figures


@dataclass(frozen=True)
class _Content:
    """What an edition says by the marts: its data files by path, the drops and the figures that they rest on, and who
    publishes it, with the fingerprint of the key that signs it.
    """

    settings: Settings
    fingerprint: str | None
    edition: str
    headline: MartRow
    tables: dict[str, list[MartRow]]
    files: dict[str, bytes]
    drops: list[MartRow]
    compared_with: str | None

    @cached_property
    def sha256(self) -> str:
        """The identity of the content."""
        return content_sha256(self.files, self.drops, self.compared_with)

    @property
    def released_at(self) -> str:
        """When the last of its drops was received, as the manifest says it."""
        return moment_text(self.headline["released_at"])

    def readable(self, revision: Revision) -> dict[str, bytes]:
        """The files that people read, figures.json and the descriptor of the tables."""
        figures = json_document(
            {"edition": self.edition, "revision": revision.number}
            | {name: self.headline[name] for name in FIGURES}
            | {"published_on": day.isoformat() if (day := self.headline["published_on"]) else None}
            | {"indicators": _indicators(self.headline, self.tables["indicators"])}
        )
        sizes = {path: len(data) for path, data in {**self.files, "figures.json": figures}.items()}
        html = page.render(
            self.tables,
            self.drops,
            revision=revision,
            content=self.sha256,
            sizes=sizes,
            key_fingerprint=self.fingerprint,
            licence=licence(self.settings),
        )
        package = release_package(self.settings, self.edition, revision.number, self.released_at, self.files)
        named = {"datapackage.json": package, "figures.json": figures, "index.html": html}
        return named | {VERIFIER.name: VERIFIER.read_bytes()}

    def manifest(self, revision: Revision, known: datetime, whole: dict[str, bytes]) -> bytes:
        """The manifest of a revision of it that holds the files `whole`."""
        of_content = (self.sha256, whole, self.drops, self.compared_with)
        return manifest(self.settings, self.headline, revision, known, *of_content)


def _content_of(settings: Settings, key: SigningKey | None, edition: str) -> _Content:
    rows = {name: table.to_pylist() for name, table in read_tables(settings.marts, edition).items()}
    headline = rows["headline_figures"][0]
    drops, compared_with = drops_used(settings.marts, edition), headline["previous_edition"]
    fingerprint = key.fingerprint if key else None
    return _Content(settings, fingerprint, edition, headline, rows, data_files(rows), drops, compared_with)


@dataclass(frozen=True)
class _Published:
    """What was published so far: the numbers whose folders are there, by edition, and the files that were noted."""

    on_disk: Mapping[str, set[int]]
    noted: Mapping[tuple[str, int], Mapping[str, FileState]]

    @classmethod
    def of(cls, settings: Settings, engine: sa.Engine) -> "_Published":
        found: dict[str, set[int]] = {}
        for path in settings.releases.glob("*/r*"):
            if path.name[1:].isdigit():
                found.setdefault(path.parent.name, set()).add(_revision_number(path))
        return cls(found, noted_revisions(engine))

    def numbers(self, edition: str) -> list[int]:
        """The numbers given so far, whether their folders are there or only what was noted of them."""
        noted = {number for one, number in self.noted if one == edition}
        return sorted(self.on_disk.get(edition, set()) | noted)


def _release_edition(
    settings: Settings, engine: sa.Engine, content: _Content, number: int, key: SigningKey | None
) -> Release:
    """Make the revision after the last `number` that was given, if its content is another.

    A number once published is never given again, whatever became of its folder.
    """
    edition, folder = content.edition, settings.releases / content.edition
    is_new = _manifest_of(folder / f"r{number}").get("content_sha256") != content.sha256
    if is_new:
        number += 1
        closing = closed_at(settings.lake, edition)
        is_correction = closing is not None and changed_at(content.headline, settings.lake) > closing
        before = noted_files(engine, edition, number - 1).get(_MANIFEST)
        revision = Revision(
            *(number, is_correction, _method_before(content, folder, number)),
            previous_manifest_sha256=before.sha256 if before else None,
            compared_with_revision=_current_number(settings, content.compared_with),
        )
        whole = content.files | content.readable(revision)
        whole[_MANIFEST] = content.manifest(revision, known_at(settings.marts, settings.lake), whole)
        if key:
            whole[_SIGNATURE] = _signature(key, content, number, whole[_MANIFEST])
        _commit(folder, number, whole)
    _switch(folder, number)
    if is_new:
        # Last: where a revision is noted and `current` leads elsewhere, nobody died on the way.
        note_revision(engine, edition, number, {path: sha256(data) for path, data in whole.items()})
    return Release(edition, number, folder / f"r{number}", is_new, read_figures(settings, edition, number))


def _hold_to_what_was_published(
    settings: Settings,
    engine: sa.Engine,
    edition: str,
    content: Callable[[], _Content] | None,
    published: _Published,
    key: SigningKey | None,
    now: datetime,
) -> set[str]:
    """Make again what is no longer as it was published; the revisions of what cannot be, for a person to put right."""
    folder, altered, given = settings.releases / edition, set(), published.numbers(edition)
    latest = max((number for number in given if (edition, number) in published.noted), default=0)
    for revision in given:
        one, noted = folder / f"r{revision}", published.noted.get((edition, revision))
        if noted is None:
            note_revision(engine, edition, revision, listed_files(one) or {})
        wrong = altered_files(engine, edition, revision, one, noted=noted)
        if wrong and content:
            wrong = _mend(settings, engine, content(), revision, wrong, key, now)
        if wrong:
            altered.add(f"{edition}/r{revision}")
            about = {"store": "releases", "revision": revision, "is_latest": revision == given[-1], "files": wrong}
            incidents.note(engine, Incident("release_altered", f"{edition}/r{revision}", edition, about, now))
    # Of a later one that was not noted yet, whoever made it died before that: it is no accident.
    is_there = (folder / f"r{latest}" / _MANIFEST).is_file()
    if is_there and latest == given[-1] and _switch(folder, latest):
        about = {"store": "releases", "revision": latest}
        incidents.note(engine, Incident("store_mended", f"{edition}/current", edition, about, now))
    return altered


def _mend(
    settings: Settings,
    engine: sa.Engine,
    content: _Content,
    revision: int,
    altered: list[str],
    key: SigningKey | None,
    now: datetime,
) -> list[str]:
    """Make again the files of a revision that come out as they were published; those that do not."""
    folder, noted = settings.releases / content.edition / f"r{revision}", noted_files(engine, content.edition, revision)
    left = list(altered)

    def mend(path: str, data: bytes) -> None:
        if path in left and path in noted and sha256(data) == noted[path].sha256:
            _write_again(engine, content.edition, revision, folder / path, path, data, now)
            left.remove(path)

    before = _method_before(content, folder.parent, revision)
    may_be = [Revision(revision, is_correction, before) for is_correction in (False, True)]
    for path, data in (pair for files in (content.files, *map(content.readable, may_be)) for pair in files.items()):
        mend(path, data)
    of_proof = {_MANIFEST, _SIGNATURE}
    if _MANIFEST in left and not set(left) - of_proof:
        # It rests on the files that it names, on what was known when it was made, and on the revisions before it.
        whole = {path: (folder / path).read_bytes() for path in noted.keys() - of_proof}
        previous = noted_files(engine, content.edition, revision - 1).get(_MANIFEST)
        latest = _current_number(settings, content.compared_with) or 0
        for known in known_times(settings.marts, settings.lake):
            for one, compared in product(may_be, (*range(latest, 0, -1), None)):
                chained = replace(
                    one, previous_manifest_sha256=previous.sha256 if previous else None, compared_with_revision=compared
                )
                mend(_MANIFEST, content.manifest(chained, known, whole))
    if key and _MANIFEST not in left and _SIGNATURE in left:
        mend(_SIGNATURE, _signature(key, content, revision, (folder / _MANIFEST).read_bytes()))
    return left


def _write_again(
    engine: sa.Engine, edition: str, revision: int, target: Path, path: str, data: bytes, now: datetime
) -> None:
    about = {"store": "releases", "revision": revision}
    # Noted first: whoever dies here tells it after.
    incidents.note(engine, Incident("store_mended", f"{edition}/r{revision}/{path}", edition, about, now))
    write_whole(target, data, "all")
    note_states(engine, edition, revision, {path: FileState.of(target, sha256(data))})


def _signature(key: SigningKey, content: _Content, revision: int, manifest_file: bytes) -> bytes:
    return key.sign(manifest_file, trusted_comment(content.edition, revision, content.released_at))


def _current_number(settings: Settings, edition: str | None) -> int | None:
    """The number of the revision of an edition that readers see; `None` where there is none."""
    current = settings.releases / edition / "current" if edition else None
    return _revision_number(current.readlink()) if current and current.is_symlink() else None


def _indicators(headline: MartRow, rows: list[MartRow]) -> list[MartRow] | None:
    """The indicators of the edition in short, values as numbers in their own unit; null where none was filed."""
    if headline["indicators"] is None:
        return None
    return [
        {
            "indicator_id": row["indicator_id"],
            "value": _known(row["value"]),
            "target": _known(row["target"]),
            "target_date": row["target_date"] and row["target_date"].isoformat(),
            "status": row["status"],
        }
        for row in rows
    ]


def _known(value: Decimal | None) -> int | float | None:
    return None if value is None else json_number(value)


def _commit(folder: Path, revision: int, files: dict[str, bytes]) -> None:
    """Write the revision aside, then give it its name: it is there whole or not at all."""
    building = folder / f"{_BUILDING}{os.getpid()}-r{revision}"
    for path, data in files.items():
        make_folder((building / path).parent, "all")
        make_file(building / path, "all")
        (building / path).write_bytes(data)
        flush(building / path)
    flush(building / "data")
    flush(building)
    building.rename(folder / f"r{revision}")
    flush(folder)


def _switch(folder: Path, revision: int) -> bool:
    """Point `current` to a revision; `False` where it does already."""
    current, target = folder / "current", Path(f"r{revision}")
    if current.is_symlink() and current.readlink() == target:
        return False
    if current.exists() and not current.is_symlink():
        # A copy of the home that followed links: what it shows is kept, under a name that nothing reads.
        current.rename(folder / f"current.set-aside-{sum(1 for _ in folder.glob('current.set-aside-*')) + 1}")
    aside = folder / f"{_BUILDING}{os.getpid()}-current"
    aside.symlink_to(target)
    aside.replace(current)
    flush(folder)
    return True


def _manifest_of(path: Path) -> dict[str, Any]:
    """What a revision's manifest says; nothing when there is no such revision or it was damaged."""
    try:
        found: dict[str, Any] = json.loads((path / _MANIFEST).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found


def _method_before(content: _Content, folder: Path, revision: int) -> str | None:
    """The method of the revision before this one, where it was another: why the figures may differ."""
    before: str | None = _manifest_of(folder / f"r{revision - 1}").get("method_version")
    return None if before == content.headline["method_version"] else before


def _revision_number(path: Path) -> int:
    return int(path.name.removeprefix("r"))


def _folder(settings: Settings, edition: str) -> Path:
    return settings.releases / Edition.parse(edition).code
