"""Releases: what an edition says, frozen as a revision and switched in atomically.

Layout: `releases/<edition>/r<N>/{index.html,MANIFEST.json,figures.json,data/<table>.{csv,json,parquet}}` and
`releases/<edition>/current`, a link to the latest revision.
What belongs here: when a revision is made and how it becomes visible. What does not: what its files hold (`tables`,
`manifest`, `site.page`).
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from filelock import FileLock

from orchestration.domain.edition import Edition
from orchestration.publication.figures import COMPARED, FIGURES
from orchestration.publication.manifest import closed_at, content_sha256, drops_used, known_at, manifest
from orchestration.publication.site import page
from orchestration.publication.tables import data_files, read_tables
from orchestration.settings import Settings
from orchestration.store.json_values import json_document, json_number
from orchestration.store.marts import MartRow, mart_table
from orchestration.validation.holding import Hold, is_held

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


def release(settings: Settings, editions: list[str] | None = None, holds: Sequence[Hold] = ()) -> list[Release]:
    """Make a revision of each edition whose content changed, oldest edition first, and point `current` to the latest.

    Reads the marts and the closings of the lake; `editions` narrows the work, and one without figures is passed over.
    An edition that `holds` hold back keeps the revision that it has.
    Whatever a process that died left behind is put right. Raises `FileNotFoundError` when a mart is missing.
    """
    known = mart_table(settings.marts, "headline_figures", columns=["edition"])
    wanted = sorted(
        code
        for code in known.column("edition").to_pylist()
        if (editions is None or code in editions) and not is_held(code, holds)
    )
    settings.releases.mkdir(parents=True, exist_ok=True)
    # The system lets go of the lock when its holder dies: every leftover found under it is a dead process's.
    with FileLock(settings.home / "releases.lock"):
        for leftover in settings.releases.glob(f"*/{_BUILDING}*"):
            if leftover.is_symlink():
                leftover.unlink()
            else:
                shutil.rmtree(leftover)
        return [_release_edition(settings, edition) for edition in wanted]


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


def _release_edition(settings: Settings, edition: str) -> Release:
    tables = read_tables(settings.marts, edition)
    drops = drops_used(settings.marts, edition)
    files = data_files(tables)
    headline = tables["headline_figures"].to_pylist()[0]
    compared_with = _compared_with(settings.marts, headline["previous_edition"])
    content = content_sha256(files, drops, compared_with)

    folder = settings.releases / edition
    revision = max((_revision_number(path) for path in folder.glob("r*") if path.name[1:].isdigit()), default=0)
    is_new = _content_of(folder / f"r{revision}") != content
    if is_new:
        revision += 1
        closing = closed_at(settings.lake, edition)
        is_correction = closing is not None and headline["released_at"] > closing
        files["figures.json"] = json_document(
            {"edition": edition, "revision": revision}
            | {name: headline[name] for name in FIGURES}
            | {"indicators": _indicators(headline, tables["indicators"].to_pylist())}
        )
        files["index.html"] = page.render(
            {name: table.to_pylist() for name, table in tables.items()},
            drops,
            compared_with,
            revision=revision,
            is_correction=is_correction,
            content=content,
            sizes={path: len(data) for path, data in files.items()},
        )
        known = known_at(settings.marts, settings.lake)
        files["MANIFEST.json"] = manifest(
            headline, revision, known, is_correction, content, files, drops, compared_with
        )
        _commit(folder, revision, files)
    _switch(folder, revision)
    return Release(edition, revision, folder / f"r{revision}", is_new, read_figures(settings, edition, revision))


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
    building.rename(folder / f"r{revision}")


def _switch(folder: Path, revision: int) -> None:
    current, target = folder / "current", Path(f"r{revision}")
    if current.is_symlink() and current.readlink() == target:
        return
    aside = folder / f"{_BUILDING}{os.getpid()}-current"
    aside.symlink_to(target)
    aside.replace(current)


def _content_of(path: Path) -> str | None:
    """The fingerprint that a revision's manifest holds, `None` when there is no such revision or it was damaged."""
    try:
        found: str | None = json.loads((path / "MANIFEST.json").read_bytes()).get("content_sha256")
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return found


def _compared_with(marts: Path, edition: str | None) -> MartRow | None:
    """The figures of the previous edition that the page shows beside its own."""
    rows = mart_table(marts, "headline_figures", edition=edition).to_pylist() if edition else []
    return {name: rows[0][name] for name in ("edition", *COMPARED)} if rows else None


def _revision_number(path: Path) -> int:
    return int(path.name.removeprefix("r"))


def _folder(settings: Settings, edition: str) -> Path:
    return settings.releases / Edition.parse(edition).code
