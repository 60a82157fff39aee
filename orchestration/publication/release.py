"""Releases: what an edition says, frozen as a revision and switched in atomically.

Layout: `releases/<edition>/r<N>/{index.html,MANIFEST.json,figures.json,data/<table>.{csv,json,parquet}}` and
`releases/<edition>/current`, a link to the latest revision.
What belongs here: when a revision is made and how it becomes visible. What does not: what its files hold (`tables`,
`manifest`, `site.page`).
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock

from orchestration.domain.edition import Edition
from orchestration.intake import incidents
from orchestration.intake.incidents import Incident
from orchestration.intake.ledger import Ledger
from orchestration.publication.figures import COMPARED, FIGURES
from orchestration.publication.manifest import closed_at, content_sha256, drops_used, known_at, manifest
from orchestration.publication.revision_check import (
    altered_files,
    latest_revision,
    listed_files,
    note_revision,
    note_state,
    noted_files,
)
from orchestration.publication.site import page
from orchestration.publication.tables import data_files, read_tables
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from orchestration.store.file_state import FileState
from orchestration.store.json_values import json_document, json_number
from orchestration.store.marts import MartRow, mart_table
from orchestration.store.whole_file import flush, write_whole
from orchestration.validation.holding import is_held
from orchestration.validation.judgement import Judgement

_BUILDING = ".building-"


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
    Whatever a process that died left behind is put right, and a current revision that is not as it was published is
    made again where that gives the same bytes; else it is an incident, noted at `now`. Raise `UnfitMarts` where the
    marts are others by now.
    """
    judgement.expect_unchanged(settings)
    known = mart_table(settings.marts, "headline_figures", columns=["edition"])
    wanted = sorted(
        code
        for code in known.column("edition").to_pylist()
        if (editions is None or code in editions) and not is_held(code, judgement.holds)
    )
    settings.releases.mkdir(parents=True, exist_ok=True)
    # The system lets go of the lock when its holder dies: every leftover found under it is a dead process's.
    with FileLock(settings.home / "releases.lock"), Ledger(settings.ledger) as ledger:
        for leftover in settings.releases.glob(f"*/{_BUILDING}*"):
            if leftover.is_symlink():
                leftover.unlink()
            else:
                shutil.rmtree(leftover)
        made, altered = [], set()
        for edition in wanted:
            one, again = _release_edition(settings, ledger.engine, edition)
            made.append(one)
            altered |= _hold_to_what_was_published(ledger.engine, edition, one.path, again, now)
        for current in settings.releases.glob("*/current"):
            # A held edition is read too, and so is one that has no figures any more.
            if current.parent.name not in wanted:
                folder = current.parent / current.readlink()
                altered |= _hold_to_what_was_published(ledger.engine, current.parent.name, folder, dict, now)
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
        written = json.loads((_folder(settings, edition) / f"r{revision}" / "MANIFEST.json").read_bytes())
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


def _release_edition(
    settings: Settings, engine: sa.Engine, edition: str
) -> tuple[Release, Callable[[], dict[str, bytes]]]:
    """Release an edition, and tell how to make the files of its current revision again, but for its manifest."""
    tables = read_tables(settings.marts, edition)
    drops = drops_used(settings.marts, edition)
    files = data_files(tables)
    headline = tables["headline_figures"].to_pylist()[0]
    compared_with = _compared_with(settings.marts, headline["previous_edition"])
    content = content_sha256(files, drops, compared_with)

    def readable(revision: int, *, is_correction: bool) -> dict[str, bytes]:
        """The files that people read, and figures.json."""
        figures = json_document(
            {"edition": edition, "revision": revision}
            | {name: headline[name] for name in FIGURES}
            | {"indicators": _indicators(headline, tables["indicators"].to_pylist())}
        )
        sizes = {path: len(data) for path, data in {**files, "figures.json": figures}.items()}
        rows = {name: table.to_pylist() for name, table in tables.items()}
        html = page.render(
            *(rows, drops, compared_with), revision=revision, is_correction=is_correction, content=content, sizes=sizes
        )
        return {"figures.json": figures, "index.html": html}

    folder = settings.releases / edition
    on_disk = max((_revision_number(path) for path in folder.glob("r*") if path.name[1:].isdigit()), default=0)
    # A number once published is never given again, whatever became of its folder.
    revision = max(on_disk, latest_revision(engine, edition))
    published = _manifest_of(folder / f"r{revision}")
    is_new = published.get("content_sha256") != content
    closing = closed_at(settings.lake, edition)
    is_correction = closing is not None and headline["released_at"] > closing
    if is_new:
        revision += 1
        known = known_at(settings.marts, settings.lake)
        whole = files | readable(revision, is_correction=is_correction)
        whole["MANIFEST.json"] = manifest(
            headline, revision, known, is_correction, content, whole, drops, compared_with
        )
        _commit(folder, revision, whole)
        note_revision(engine, edition, revision, folder / f"r{revision}", {p: sha256(whole[p]) for p in whole})
    _switch(folder, revision)

    def again() -> dict[str, bytes]:
        return files | readable(revision, is_correction=published.get("is_correction", is_correction))

    return Release(edition, revision, folder / f"r{revision}", is_new, read_figures(settings, edition, revision)), again


def _hold_to_what_was_published(
    engine: sa.Engine, edition: str, folder: Path, again: Callable[[], dict[str, bytes]], now: datetime
) -> set[str]:
    """Make again what is no longer as it was published; the subject of what cannot be, for a person to put right."""
    revision, subject = _revision_number(folder), f"{edition}/{folder.name}"
    note_revision(engine, edition, revision, folder, listed_files(folder) or {})
    altered = altered_files(engine, edition, revision, folder)
    if not altered:
        return set()
    noted, made = noted_files(engine, edition, revision), again()
    for path in [path for path in altered if path in noted and path in made]:
        if sha256(made[path]) == noted[path].sha256:
            about = {"store": "releases", "revision": revision}
            incidents.note(engine, Incident("store_mended", f"{subject}/{path}", edition, about, now))
            write_whole(folder / path, made[path])
            note_state(engine, edition, revision, path, FileState.of(folder / path, noted[path].sha256))
            altered.remove(path)
    if not altered:
        return set()
    about = {"store": "releases", "revision": revision, "files": altered}
    incidents.note(engine, Incident("release_altered", subject, edition, about, now))
    return {subject}


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
        (building / path).parent.mkdir(parents=True, exist_ok=True)
        (building / path).write_bytes(data)
        flush(building / path)
    flush(building / "data")
    flush(building)
    building.rename(folder / f"r{revision}")
    flush(folder)


def _switch(folder: Path, revision: int) -> None:
    current, target = folder / "current", Path(f"r{revision}")
    if current.is_symlink() and current.readlink() == target:
        return
    aside = folder / f"{_BUILDING}{os.getpid()}-current"
    aside.symlink_to(target)
    aside.replace(current)
    flush(folder)


def _manifest_of(path: Path) -> dict[str, Any]:
    """What a revision's manifest says; nothing when there is no such revision or it was damaged."""
    try:
        found: dict[str, Any] = json.loads((path / "MANIFEST.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found


def _compared_with(marts: Path, edition: str | None) -> MartRow | None:
    """The figures of the previous edition that the page shows beside its own."""
    rows = mart_table(marts, "headline_figures", edition=edition).to_pylist() if edition else []
    return {name: rows[0][name] for name in ("edition", *COMPARED)} if rows else None


def _revision_number(path: Path) -> int:
    return int(path.name.removeprefix("r"))


def _folder(settings: Settings, edition: str) -> Path:
    return settings.releases / Edition.parse(edition).code
