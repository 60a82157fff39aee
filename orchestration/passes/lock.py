"""One intake and one publication at a time over one home, each under a lock of its own, and who waits says so.

An intake answers drops while a publication builds on what was listed before. Whoever needs both locks takes that of the
publication first.
What belongs here: the locks. What does not: what is done under them (`home`, `upkeep`), and which runs are alive
(`alive`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.passes.alive import mark, read_mark
from orchestration.settings import Settings

# A shorter wait is not worth a sentence.
_SECONDS_BEFORE_SAYING = 2.0


@contextmanager
def intake_lock(settings: Settings, report: Callable[[str], None] = lambda _step: None) -> Iterator[None]:
    """Hold what intake writes: the ledger's decisions, the archive, receipts and the rows of the lake.

    For as short as can be: drops wait for their receipts. The system lets go of it if the process dies; who has to wait
    is told so once, through `report`.
    """
    with _held(settings, "intake", "another intake", report):
        yield


@contextmanager
def publication_lock(settings: Settings, report: Callable[[str], None] = lambda _step: None) -> Iterator[None]:
    """Hold what a publication writes: what the ledger listed for it, the marts, releases and messages; as above."""
    with _held(settings, "publication", "another publication", report):
        yield


@contextmanager
def home_lock(settings: Settings, report: Callable[[str], None] = lambda _step: None) -> Iterator[None]:
    """Hold the whole home."""
    with publication_lock(settings, report), intake_lock(settings, report):
        yield


@contextmanager
def _held(settings: Settings, name: str, what: str, report: Callable[[str], None]) -> Iterator[None]:
    settings.home.mkdir(parents=True, exist_ok=True)
    with waited_for(settings.home / f"{name}.lock", f"{what} over this home", report):
        yield


@contextmanager
def waited_for(path: Path, what: str, report: Callable[[str], None] = lambda _step: None) -> Iterator[None]:
    """Hold a lock; `report` is told once that `what` holds it where it has to be waited for, and who that is."""
    from filelock import FileLock, Timeout

    # The file of a lock is emptied by whoever waits: who holds it is said beside it.
    lock, beside = FileLock(path), path.with_suffix(".holder")
    try:
        held = lock.acquire(timeout=_SECONDS_BEFORE_SAYING)
    except Timeout:
        holder = read_mark(beside)
        report(f"Waiting for {what}{f' ({holder.text})' if holder and holder.is_held else ''}…")
        held = lock.acquire()
    with held, mark(beside):
        yield
