"""The tree over all editions: made aside, signed, then switched in whole; what did not change is not written again.

Layout: `public/<name>/…` and `public/current`, a link to the one that readers see; what it leads to holds no link.
What belongs here: when a tree is made and how it becomes visible. What does not: what its files hold (the other modules
of this folder).
"""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from orchestration.addresses import tree_address
from orchestration.intake.ledger import Ledger
from orchestration.publication.data_package import tree_package
from orchestration.publication.manifest import listed, versions
from orchestration.publication.open_data.api import api_files
from orchestration.publication.open_data.catalogue import Publisher, catalogue_files
from orchestration.publication.open_data.feeds import feed_files
from orchestration.publication.open_data.long_tables import REFERENCE_TABLES, long_tables, reference_tables
from orchestration.publication.open_data.shown import ShownRevision, shown_revisions
from orchestration.publication.publisher import licence, publisher
from orchestration.publication.release_index import indexed_revisions
from orchestration.publication.revision_check import manifest_digests
from orchestration.publication.signing import PUBLIC_KEY_FILE, read_key
from orchestration.publication.tables import TABLES
from orchestration.settings import Settings
from orchestration.store.access import make_file, make_folder
from orchestration.store.digests import sha256
from orchestration.store.json_values import json_document
from orchestration.store.marts import read_mart
from orchestration.store.whole_file import flush
from orchestration.verification import VERIFIER

_BUILDING = ".building-"
_NAME = re.compile("[0-9a-f]{16}")


def publish_tree(settings: Settings) -> bool:
    """Bring the tree up to date with the revisions that readers see now; whether another one was switched in.

    Whatever a process that died left behind is cleared, and a tree that is not as it was published is made again.
    Nothing is done where no revision is shown. Raise `KeyRefused` where the key that is named cannot sign.
    """
    with FileLock(settings.home / "releases.lock"), Ledger(settings.ledger) as ledger:
        digests = manifest_digests(ledger.engine)
        shown = shown_revisions(settings.releases, digests)
        if not shown:
            return False
        _clear_leftovers(settings.public)
        name, current = _name(settings, digests, shown), settings.public / "current"
        is_there = current.is_symlink() and current.readlink().name == name
        if is_there and altered_files_of(settings.public / name) == []:
            return False
        is_by_us = not is_there and _versions_of(current) == versions()
        before = current if is_by_us and altered_files_of(current) == [] else None
        _switch_to(settings.public, name, tree_files(settings, shown, digests, before))
        return True


def _name(settings: Settings, digests: Mapping[tuple[str, int], str], shown: Sequence[ShownRevision]) -> str:
    """What all that the tree is made of is called: the same revisions, settings and code have the same name."""
    made_of = {
        "shown": [(one.edition, one.revision, one.manifest_sha256) for one in shown],
        "all": sorted((edition, number, digest) for (edition, number), digest in digests.items()),
        "versions": versions(),
        "settings": [settings.site_url, licence(settings), publisher(settings)],
        "key": read_key(settings.signing_key).fingerprint if settings.signing_key else None,
        "former": read_mart(settings.marts, "former_project_ids"),
    }
    return sha256(json_document(made_of))[:16]


def altered_files_of(tree: Path) -> list[str] | None:
    """The files of a tree that are missing, changed or too many by its own manifest; `None` where it cannot be read."""
    try:
        listed_files = {
            one["path"]: one["sha256"] for one in json.loads((tree / "MANIFEST.json").read_bytes())["files"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None
    found = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if not path.is_dir()}
    own = {"MANIFEST.json", "MANIFEST.json.minisig"}
    odd = (found - own) ^ listed_files.keys()
    return sorted(
        odd | {path for path in listed_files.keys() - odd if sha256((tree / path).read_bytes()) != listed_files[path]}
    )


def _versions_of(tree: Path) -> object:
    """What made a tree, by its manifest; `None` where that cannot be read."""
    try:
        return json.loads((tree / "MANIFEST.json").read_bytes())["versions"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def tree_files(
    settings: Settings,
    shown: list[ShownRevision],
    digests: Mapping[tuple[str, int], str],
    before: Path | None = None,
) -> dict[str, bytes]:
    """Every file of the tree, by path from its root; the same for the same revisions, settings and code.

    `before` is a tree of the same code that is as it was published: what is the same there is not written anew.
    """
    root = tree_address(settings.site_url)
    tables = long_tables(shown, before) | reference_tables(settings.marts)
    titles = {name: table.title_fr for name, table in TABLES.items()} | dict(REFERENCE_TABLES)
    who = Publisher(settings.publisher, settings.publisher_url, settings.contact_email, settings.licence_url, root)
    index = indexed_revisions(settings.releases, digests)
    files = tables | api_files(shown) | feed_files(shown, index, root, settings.publisher)
    files |= catalogue_files(shown, titles, tables, who)
    released_at = max(str(one.manifest["known_at"]) for one in shown)
    files["datapackage.json"] = tree_package(settings, tables, titles, released_at)
    files[VERIFIER.name] = VERIFIER.read_bytes()
    key = read_key(settings.signing_key) if settings.signing_key else None
    if key:
        files[PUBLIC_KEY_FILE] = key.public_file
    files["MANIFEST.json"] = _manifest(settings, shown, files, released_at)
    if key:
        files["MANIFEST.json.minisig"] = key.sign(files["MANIFEST.json"], f"tree released_at:{released_at}")
    return files


def _manifest(settings: Settings, shown: list[ShownRevision], files: Mapping[str, bytes], released_at: str) -> bytes:
    document = {
        "kind": "tree",
        "released_at": released_at,
        "revisions": [
            {"edition": one.edition, "revision": one.revision, "manifest_sha256": one.manifest_sha256} for one in shown
        ],
        "licence": licence(settings),
        "publisher": publisher(settings),
        "versions": versions(),
        "files": listed(files),
    }
    return json_document(document)


def _clear_leftovers(public: Path) -> None:
    for leftover in public.glob(f"{_BUILDING}*"):
        if leftover.is_symlink():
            leftover.unlink()
        else:
            shutil.rmtree(leftover)


def _switch_to(public: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Write the tree aside, its unchanged files as second names of those that are there, and point `current` to it."""
    make_folder(public, "all")
    current = public / "current"
    before = public / current.readlink() if current.is_symlink() else None
    building, aside = (public / f"{_BUILDING}{os.getpid()}{what}" for what in ("", "-current"))
    for path, data in files.items():
        _put(building / path, data, before / path if before else None)
    if (public / name).exists():
        # What is there under this name is not what was published.
        (public / name).rename(public / f"{_BUILDING}{os.getpid()}-damaged")
    building.rename(public / name)
    if current.is_dir() and not current.is_symlink():
        # A copy of the home that followed links.
        current.rename(public / f"{_BUILDING}{os.getpid()}-copied")
    aside.symlink_to(name)
    aside.replace(current)
    flush(public)
    # A reader who is at the one before comes to its end.
    kept = {name, before.name if before else name}
    for old in public.iterdir():
        if _NAME.fullmatch(old.name) and old.name not in kept:
            shutil.rmtree(old)
    _clear_leftovers(public)


def _put(path: Path, data: bytes, before: Path | None) -> None:
    make_folder(path.parent, "all")
    if before and before.is_file() and not before.is_symlink() and before.read_bytes() == data:
        path.hardlink_to(before)
        return
    make_file(path, "all")
    # Not waited for on the disk, file by file: where the power goes, the tree is made again from the releases.
    path.write_bytes(data)
