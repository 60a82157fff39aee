"""Whole files: whoever opens a file of ours finds all of it, the one before or the one after, never a part.

What belongs here: writing under a name of its own, then renaming. What does not: what is written.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upath import UPath


def write_whole(path: "Path | UPath", data: bytes) -> None:
    """Write a file that appears whole, its folder made where absent; what stood there is replaced."""
    with appearing_whole(path) as aside:
        aside.write_bytes(data)


@contextmanager
def appearing_whole(path: "Path | UPath") -> "Iterator[Any]":
    """A place beside `path` to write to, which takes its name at the end; nothing is left of one that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # No two writers share a name, and intake takes no hidden one for a drop.
    aside = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        yield aside
        aside.rename(path)  # type: ignore[arg-type]
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
