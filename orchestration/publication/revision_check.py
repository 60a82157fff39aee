"""What was published stays as it was published: each file of a revision is noted, and current ones are held to it.

What belongs here: noting a revision, and which files are no longer what was published. What does not: making a revision
or a file again (`release`), and what engineers are told (`orchestration.alerting.faults`).
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from orchestration.store.digests import sha256
from orchestration.store.file_state import FileState, columns

METADATA = sa.MetaData()
_FILES = sa.Table(
    "release_files",
    METADATA,
    sa.Column("edition", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("path", sa.Text, primary_key=True),
    *columns(),
)


def note_revision(engine: sa.Engine, edition: str, revision: int, digests: Mapping[str, str]) -> None:
    """Note the files of a revision: path inside it -> SHA-256; what was noted of it before is kept."""
    if not digests or noted_files(engine, edition, revision):
        return
    # A look that no file has: each is read once before it is believed.
    unseen = dict.fromkeys(FileState.__dataclass_fields__, 0)
    whose = {"edition": edition, "revision": revision}
    rows = [whose | {"path": path} | unseen | {"sha256": digest} for path, digest in sorted(digests.items())]
    with engine.begin() as connection:
        connection.execute(sa.insert(_FILES), rows)


def noted_files(engine: sa.Engine, edition: str, revision: int) -> dict[str, FileState]:
    """The files of a revision as they were noted, by path; none of a revision that was not."""
    of_revision = sa.select(_FILES).where(_FILES.c.edition == edition, _FILES.c.revision == revision)
    with engine.connect() as connection:
        return {
            row["path"]: FileState(**{name: row[name] for name in FileState.__dataclass_fields__})
            for row in connection.execute(of_revision).mappings()
        }


def noted_revisions(engine: sa.Engine) -> dict[tuple[str, int], dict[str, FileState]]:
    """The files of every revision that was noted, by edition and number, in one look."""
    found: dict[tuple[str, int], dict[str, FileState]] = {}
    with engine.connect() as connection:
        for row in connection.execute(sa.select(_FILES)):
            state = FileState(row.sha256, row.size, row.modified_ns, row.changed_ns, row.inode)
            found.setdefault((row.edition, row.revision), {})[row.path] = state
    return found


def manifest_digests(engine: sa.Engine) -> dict[tuple[str, int], str]:
    """The SHA-256 of the manifest of each revision that was noted, by edition and number."""
    manifests = sa.select(_FILES).where(_FILES.c.path == "MANIFEST.json")
    with engine.connect() as connection:
        return {(row.edition, row.revision): row.sha256 for row in connection.execute(manifests)}


def revisions(engine: sa.Engine) -> list[tuple[str, int]]:
    """Every revision that was noted, by edition and number: none is given twice."""
    each = sa.select(_FILES.c.edition, _FILES.c.revision).distinct().order_by(_FILES.c.edition, _FILES.c.revision)
    with engine.connect() as connection:
        return [(row.edition, row.revision) for row in connection.execute(each)]


def listed_files(folder: Path) -> dict[str, str] | None:
    """The SHA-256 of each file of a revision by its own manifest; `None` where that cannot be read."""
    try:
        data = (folder / "MANIFEST.json").read_bytes()
        own = {path.name: sha256(path.read_bytes()) for path in folder.glob("MANIFEST.json*")}
        return {one["path"]: one["sha256"] for one in json.loads(data)["files"]} | own
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def altered_files(
    engine: sa.Engine,
    edition: str,
    revision: int,
    folder: Path,
    *,
    noted: Mapping[str, FileState] | None = None,
    hash_all: bool = False,
) -> list[str]:
    """The files of a revision that are missing, changed or too many, by path; only those that look different are read,
    unless `hash_all`. Whoever looks at many gives what was `noted` of this one.
    """
    noted = noted_files(engine, edition, revision) if noted is None else noted
    if not noted:
        # Nobody noted it, and its own manifest cannot be read.
        return ["MANIFEST.json"]
    altered, looks = sorted(_strangers(folder, noted)), dict[str, FileState]()
    for path, state in sorted(noted.items()):
        found = state.found(folder / path, hash_anyway=hash_all)
        if found is None or found.sha256 != state.sha256:
            altered.append(path)
            if found and replace(found, sha256=state.sha256) == state:
                # What has decayed looks as it did: the next look must not believe that.
                looks[path] = replace(state, inode=0)
        elif found != state:
            looks[path] = found
    note_states(engine, edition, revision, looks)
    return altered


def note_states(engine: sa.Engine, edition: str, revision: int, looks: Mapping[str, FileState]) -> None:
    """Note how files of a revision look now that hold what they held, by path; one write for all of them."""
    if not looks:
        return
    of_revision = (_FILES.c.edition == edition) & (_FILES.c.revision == revision)
    update = sa.update(_FILES).where(of_revision, _FILES.c.path == sa.bindparam("of_path"))
    with engine.begin() as connection:
        connection.execute(update, [{"of_path": path, **state.as_row()} for path, state in sorted(looks.items())])


def _strangers(folder: Path, noted: Iterable[str]) -> set[str]:
    found = {Path(at, name).relative_to(folder).as_posix() for at, _, names in os.walk(folder) for name in names}
    return found - set(noted)
