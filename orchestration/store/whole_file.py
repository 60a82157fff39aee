"""Whole files: whoever opens a file of ours finds all of it, the one before or the one after, never a part.

What belongs here: writing under a name of its own, on the disk before it is renamed, and what dead writers left.
What does not: what is written.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upath import UPath

_ENDING = ".part"


def write_whole(path: "Path | UPath", data: bytes) -> None:
    """Write a file that appears whole, its folder made where absent; what stood there is replaced."""
    with appearing_whole(path) as aside:
        aside.write_bytes(data)


@contextmanager
def appearing_whole(path: "Path | UPath") -> "Iterator[Any]":
    """A place beside `path` to write to, which takes its name at the end; nothing is left of one that fails.

    On a local disk, file and name are there for good when this returns, whatever becomes of the power.
    """
    local = _local(path)
    missing = _missing_folders(local.parent) if local else []
    path.parent.mkdir(parents=True, exist_ok=True)
    # No two writers share a name, and intake takes no hidden one for a drop.
    aside = path.with_name(f".{uuid.uuid4().hex}{_ENDING}")
    try:
        yield aside
        if local:
            flush(local.with_name(aside.name))
        aside.rename(path)  # type: ignore[arg-type]
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    if local:
        for folder in (local.parent, *(made.parent for made in missing)):
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
    left: list[Any] = list((folder.rglob if is_deep else folder.glob)(f".*{_ENDING}")) if folder.exists() else []
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def _local(path: "Path | UPath") -> Path | None:
    return Path(path) if isinstance(path, os.PathLike) else None


def _missing_folders(folder: Path) -> list[Path]:
    return [one for one in (folder, *folder.parents) if not one.exists()]
