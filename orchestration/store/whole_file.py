"""Whole files: whoever opens a file of ours finds all of it, the one before or the one after, never a part.

What belongs here: writing under a name of its own, on the disk before it is renamed, and what dead writers left.
What does not: what is written.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.remote.address import is_in_bucket
from orchestration.remote.faults import StoreUnreachable, reaching
from orchestration.store.access import Access, local, make_file, make_folder

if TYPE_CHECKING:
    from upath import UPath

_ENDING = ".part"


def write_whole(path: "Path | UPath", data: bytes, access: Access = "owner") -> None:
    """Write a file that appears whole, its folder made where absent; what stood there is replaced.

    On another machine it is on its disk when that one says so.
    """
    if is_in_bucket(path):
        try:
            with reaching(path):
                path.fs.pipe_file(path.path, data)  # type: ignore[union-attr]
        except FileNotFoundError as absent:
            raise StoreUnreachable("nowhere", path, str(absent)) from None  # type: ignore[arg-type]
        return
    with appearing_whole(path, access) as aside:
        aside.write_bytes(data)


@contextmanager
def appearing_whole(path: "Path | UPath", access: Access = "owner") -> "Iterator[Any]":
    """A place beside `path` to write to, which takes its name at the end; nothing is left of one that fails.

    On a local disk `access` says who may read the file, and the folders that are made for it.
    On a local disk, file and name are there for good when this returns, whatever becomes of the power.
    """
    on_disk = local(path)
    if on_disk:
        missing = make_folder(on_disk.parent, access)
    else:
        with reaching(path):
            path.parent.mkdir(parents=True, exist_ok=True)
    # No two writers share a name, and intake takes no hidden one for a drop.
    aside = path.with_name(f".{uuid.uuid4().hex}{_ENDING}")
    try:
        if on_disk:
            make_file(on_disk.with_name(aside.name), access)
        with reaching(path):
            yield aside
            if on_disk:
                flush(on_disk.with_name(aside.name))
            aside.rename(path)  # type: ignore[arg-type]
    except BaseException:
        # A server that is gone takes nothing away either: the next sweep does.
        with suppress(StoreUnreachable), reaching(path):
            aside.unlink(missing_ok=True)
        raise
    if on_disk:
        for folder in (on_disk.parent, *(made.parent for made in missing)):
            flush(folder)


def flush(path: Path) -> None:
    """See to it that a local file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: "Path | UPath", *, is_deep: bool = True) -> int:
    """Remove what writers that died left in a folder and under it, and count it; only where no writer is at work."""
    if is_in_bucket(folder):
        return 0
    with reaching(folder):
        left: list[Any] = list((folder.rglob if is_deep else folder.glob)(f".*{_ENDING}")) if folder.exists() else []
        for path in left:
            path.unlink(missing_ok=True)
    return len(left)
