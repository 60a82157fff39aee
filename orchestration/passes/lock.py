"""One pass at a time over one home: whoever starts a pass holds this lock until its end.

What belongs here: the lock. What does not: what is done under it (`run`, and the resource of `defs/`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.settings import Settings


@contextmanager
def pass_lock(settings: Settings) -> Iterator[None]:
    """Wait for the pass that runs now, then hold the home; the system lets go of it if the process dies."""
    from filelock import FileLock

    settings.home.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.home / "pass.lock"):
        yield
