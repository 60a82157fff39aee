"""One pass at a time over one home: whoever starts a pass holds this lock until its end, and who waits says so.

What belongs here: the locks. What does not: what is done under them (`run`, and the resource of `defs/`), and which
runs are alive (`alive`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.passes.alive import mark, read_mark
from orchestration.settings import Settings

# A shorter wait is not worth a sentence.
_SECONDS_BEFORE_SAYING = 2.0


@contextmanager
def pass_lock(settings: Settings, report: Callable[[str], None] = lambda _step: None) -> Iterator[None]:
    """Wait for the pass that runs now, then hold the home; the system lets go of it if the process dies.

    Who has to wait is told so once, through `report`.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with waited_for(settings.home / "pass.lock", "another pass over this home", report):
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
