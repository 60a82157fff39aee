"""Dagster's own databases, which are SQLite files: one that cannot be read any more is set aside, never deleted.

What belongs here: telling whether they can be read, and setting aside. What does not: beginning anew (`instance`).
Nothing of our truth is in them: receipts, releases and what was told are in the home and its ledger.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

_MAGIC = b"SQLite format 3\0"
_CANNOT_BE_READ = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# Runs and their events go together: the one without the other would tell half a story.
_TOGETHER = {"history": ("runs.db", "runs/index.db"), "schedules": ("schedules.db",)}
_SET_ASIDE = "set-aside-"


def unreadable(dagster_home: Path, *, thorough: bool = False) -> list[Path]:
    """What cannot be read: folders of databases that go together, or logs of single runs; 0.1 s for 150 MB.

    Of the event log of a single run, a file of its own, only beginning and size are looked at unless `thorough`.
    """
    bad = [
        dagster_home / folder
        for folder, names in _TOGETHER.items()
        if not all(_is_readable(dagster_home / folder / name) for name in names)
    ]
    if dagster_home / "history" not in bad:
        bad += [log for log in _logs(dagster_home) if (thorough or not _looks_whole(log)) and not _opens(log)]
    return bad


def set_aside_unreadable(dagster_home: Path, *, thorough: bool = False) -> bool:
    """Set aside what cannot be read, looked for as `unreadable` says, and say whether there was any."""
    return _set_aside(dagster_home, unreadable(dagster_home, thorough=thorough))


def set_aside_unreadable_log(dagster_home: Path, run_id: str) -> bool:
    """Set aside the event log of one run if it cannot be read, and say whether it was."""
    log = dagster_home / "history" / "runs" / f"{run_id}.db"
    return _set_aside(dagster_home, [] if not log.exists() or _opens(log) else [log])


def folders_set_aside(dagster_home: Path) -> list[Path]:
    """The folders of what was set aside and that nobody has taken away since, the oldest first."""
    return sorted(dagster_home.glob(f"{_SET_ASIDE}*"))


def _set_aside(dagster_home: Path, bad: Iterable[Path]) -> bool:
    # The clock of the machine, whatever the hour of the pass: it names a folder.
    folder = dagster_home / f"{_SET_ASIDE}{datetime.now(UTC):%Y-%m-%dT%H%M%S.%fZ}"
    for path in bad:
        for one in (path, *path.parent.glob(f"{path.name}-*")):
            target = folder / one.relative_to(dagster_home)
            target.parent.mkdir(parents=True, exist_ok=True)
            one.rename(target)
    return folder.is_dir()


def _logs(dagster_home: Path) -> Iterator[Path]:
    return (path for path in (dagster_home / "history" / "runs").glob("*.db") if path.stem != "index")


def _is_readable(path: Path) -> bool:
    """Whether a database that is there can be read; an empty file is one that was cut short."""
    return not path.exists() or (path.stat().st_size > 0 and _opens(path))


def _looks_whole(path: Path) -> bool:
    """Whether a file begins like a database, and is as long as it says (see SQLite's file format)."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
        size = int.from_bytes(head[16:18]) * int.from_bytes(head[28:32])
        return not head or (head.startswith(_MAGIC) and size <= path.stat().st_size)
    except FileNotFoundError:
        # A purge took it away.
        return True


def _opens(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.Error as error:
        # Locked, or not ours to open: that says nothing against it.
        return getattr(error, "sqlite_errorcode", 0) & 0xFF not in _CANNOT_BE_READ
