"""Access: who may read what a home keeps, whatever the umask of whoever starts.

What belongs here: how folders and files are made, and closing what an earlier version left open. What does not: what is
written (`whole_file` writes files, `orchestration.publication.release` a revision). Nothing here opens what was closed.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE, S_ISVTX
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from upath import UPath

    from orchestration.settings import Settings

_LOG = logging.getLogger(__name__)

# Its owner alone; whoever may read the folder, as its operator said; everyone; whoever the umask lets.
Access = Literal["owner", "folder", "all", "umask"]

_OTHERS = 0o077
_FOLDERS = {"owner": 0o700, "all": 0o755}
_FILES = {"owner": 0o600, "all": 0o644}
# Receipts and releases are reached through the home, and what else is in it has modes of its own.
_HOME = 0o711
_OF_A_HOME = ("ledger*", "*.lock", "*.holder", ".told-*")


def local(path: "Path | UPath") -> Path | None:
    """The path on a disk of this machine; `None` for any other."""
    return Path(path) if isinstance(path, os.PathLike) else None


def make_folder(folder: Path, access: Access) -> list[Path]:
    """Make a folder, and those above it that are missing; return the folders that were made, the highest last."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        _give(one, _mode_of_folder(one.parent, access))
    return missing


def make_file(path: Path, access: Access) -> None:
    """Make an empty file that does not exist yet; whoever writes to it leaves its mode alone."""
    asked = 0o666 if access in ("folder", "umask") else _FILES[access]
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, asked))
    mode = _mode_of_folder(path.parent, access)
    _give(path, None if mode is None else mode & 0o666)


def make_if_nobody_did(folder: "Path | UPath") -> None:
    """Make a folder, its owner's alone, unless an operator made it: then who may read it is the operator's word."""
    if on_disk := local(folder):
        make_folder(on_disk, "owner")


def make_home(home: Path) -> None:
    """Make the folder of a home where it is absent: it may be gone through, and not be listed."""
    if not home.exists():
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(_HOME)


def _mode_of_folder(parent: Path, access: Access) -> int | None:
    """The mode of what is made as a folder in a folder; `None` where the system has given it already."""
    if access == "umask" or (access == "folder" and _has_default_acl(parent)):
        return None
    return S_IMODE(parent.stat().st_mode) if access == "folder" else _FOLDERS[access]


def _has_default_acl(folder: Path) -> bool:
    """Whether a folder says itself what is made in it, by its ACL: a mode set after would take that back."""
    if sys.platform != "linux":
        return False
    try:
        return bool(os.getxattr(folder, "system.posix_acl_default"))
    except OSError:
        return False


def _give(path: Path, mode: int | None) -> None:
    if mode is not None and S_IMODE(path.stat().st_mode) != mode:
        path.chmod(mode)


def close_home(settings: "Settings") -> None:
    """See to it that what a home keeps for itself is its owner's alone; inbox, receipts and releases are left alone.

    From here on what this process makes is private, and what the processes that it starts make, but for what is made
    above by another rule. Stores that others may read, as an earlier version left them, are closed with all that is in
    them; one that is closed already costs a look.
    """
    make_home(settings.home)
    os.umask(_OTHERS)
    for store in _stores(settings):
        _close_store(store)
    # Whoever only asks for a mode does not wait for it.
    import sqlalchemy as sa

    database = sa.make_url(settings.ledger)
    of_ledger = Path(database.database) if database.get_backend_name() == "sqlite" and database.database else None
    for path in (
        *(found for pattern in _OF_A_HOME for found in settings.home.glob(pattern)),
        *(of_ledger.parent.glob(f"{of_ledger.name}*") if of_ledger else ()),
    ):
        if path.is_file() and not path.is_symlink():
            _close(path)


def _stores(settings: "Settings") -> Iterator[Path]:
    if archive := local(settings.archive):
        yield archive
    yield from (settings.lake, settings.warehouse, settings.dagster_home)
    yield from (settings.home / "ledger-copies", settings.home / "templates")


def _close_store(store: Path) -> None:
    # The sticky bit says that the closing was begun; the folder itself is closed at once.
    if not store.is_dir() or not S_IMODE(store.stat().st_mode) & (_OTHERS | S_ISVTX):
        return
    with suppress(OSError):
        store.chmod(0o700 | S_ISVTX)
    if S_IMODE(store.stat().st_mode) & _OTHERS:
        _LOG.warning("%s can be read by others, and this account cannot change that", store)
        return
    for folder, folders, files in os.walk(store):
        for name in (*folders, *files):
            path = Path(folder, name)
            if not path.is_symlink():
                _close(path)
    store.chmod(0o700)


def _close(path: Path) -> None:
    try:
        mode = S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
    except FileNotFoundError:
        # What another process of this home has just taken away.
        return
    except OSError:
        _LOG.warning("%s can be read by others, and this account cannot change that", path)
