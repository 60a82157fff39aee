"""How a file looked when it was noted, so that one that has changed since is known without reading all of them.

What belongs here: a look at a file, its columns in a table, and whether a file is still the one noted. What does not:
which files are noted (`orchestration.intake.lake_check`, `orchestration.publication.revision_check`).
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from orchestration.store.digests import sha256

COLUMNS = ("sha256", "size", "modified_ns", "changed_ns", "inode")


@dataclass(frozen=True)
class FileState:
    """What a file held (its SHA-256) and how it looked: bytes, times in nanoseconds, inode."""

    sha256: str
    size: int
    modified_ns: int
    changed_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path, digest: str) -> Self:
        """The state of a file that was just written and holds what `digest` says."""
        seen = path.stat()
        return cls(digest, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)

    def as_row(self) -> dict[str, object]:
        """The state as values of `columns`."""
        return asdict(self)

    def found(self, path: Path, *, hash_anyway: bool = False) -> "FileState | None":
        """The file's state now: this very one if it looks the same, else with what it holds; `None` without the file,
        or where the disk does not give it.

        A file that only looks different (a copy put back) is told from one that says something else by its SHA-256.
        """
        try:
            now = FileState.of(path, self.sha256)
            return now if now == self and not hash_anyway else FileState.of(path, sha256(path.read_bytes()))
        except OSError:
            return None


def columns() -> list[sa.Column[Any]]:
    """The columns of a table that notes files."""
    return [sa.Column("sha256", sa.Text, nullable=False)] + [
        sa.Column(name, sa.BigInteger, nullable=False) for name in COLUMNS[1:]
    ]
