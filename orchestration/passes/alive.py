"""Who is alive: whoever is at work locks a file that says who it is, and the system lets go of it at death.

What belongs here: those files, and that of each run. What does not: what is done about a run that died (`healing`), or
whose turn it is (`lock`). No time-out decides: a pass may take hours, and a run that waits for its turn is alive too.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

# What a run that came to its end in order leaves in its file: whatever failed, it has said so itself.
ENDED = "ended"

# The files of this process's runs, by run id.
_held: dict[str, tuple[Path, IO[bytes]]] = {}


class Mark(NamedTuple):
    """A file found: whether the process that left it lives, and what it says."""

    is_held: bool
    text: str


def read_mark(path: Path) -> Mark | None:
    """Look at a file that somebody at work has left; `None` where there is none."""
    try:
        with path.open("rb") as file:
            return Mark(not _lock(file, fcntl.LOCK_SH), file.read().decode())
    except FileNotFoundError:
        return None


@contextmanager
def mark(path: Path) -> Iterator[None]:
    """Leave a file at `path` that says which process is at work, as long as it is; for one process at a time."""
    file = _appearing_locked(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        file.close()


@contextmanager
def run_mark(dagster_home: Path, run_id: str) -> Iterator[None]:
    """Leave the file of a run; it stays locked until this process ends or lets go of its runs.

    A run says its last word, that it succeeded or failed, after it has given up what it was given.
    """
    path = _folder(dagster_home) / run_id
    file = _appearing_locked(path)
    _held[run_id] = path, file
    try:
        yield
    finally:
        file.seek(0)
        file.truncate()
        file.write(ENDED.encode())


def let_go_of_runs() -> None:
    """Take away the files of this process's runs, which have said their last word."""
    while _held:
        path, file = _held.popitem()[1]
        path.unlink(missing_ok=True)
        file.close()


def run_marks(dagster_home: Path) -> dict[str, Mark]:
    """The files of runs, by run id."""
    found = {path.name: read_mark(path) for path in _folder(dagster_home).glob("[!.]*")}
    return {run_id: mark for run_id, mark in found.items() if mark}


def forget_run(dagster_home: Path, run_id: str) -> None:
    """Take away the file of a run that is over, and what it left of one that it was making."""
    for name in (run_id, f".{run_id}.part"):
        (_folder(dagster_home) / name).unlink(missing_ok=True)


def is_a_run_dead(dagster_home: Path) -> bool:
    """Whether a run has left its file and died; cheap, and without Dagster."""
    return any(not mark.is_held and mark.text != ENDED for mark in run_marks(dagster_home).values())


def _folder(dagster_home: Path) -> Path:
    return dagster_home / "alive"


def _appearing_locked(path: Path) -> IO[bytes]:
    """A file that appears locked, so that nobody takes one that is just being made for one left by a dead process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    file = aside.open("wb", buffering=0)
    _lock(file, fcntl.LOCK_EX)
    file.write(f"process {os.getpid()}".encode())
    aside.rename(path)
    return file


def _lock(file: IO[bytes], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
