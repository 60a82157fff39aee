"""Whether a watcher lives over a home: it locks `watch.lock` for as long as it does, and the system frees it at death.

What belongs here: that lock. What does not: what a watcher does (`orchestration.watcher`), and who stands back for it
(the sensors of `defs/`). Nobody asks how old anything is: no clock decides.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from orchestration.passes.alive import read_mark
from orchestration.settings import Settings
from orchestration.store.access import make_home

# Whoever asks locks it too, for an instant.
_INSTANT_S = 1.0


class AlreadyWatched(Exception):
    """Another watcher lives over the home; the message says which process it is."""


@contextmanager
def only_watcher(settings: Settings) -> Iterator[None]:
    """Be the watcher of a home for as long as this process lives; raise `AlreadyWatched` where there is one."""
    make_home(settings.home)
    with (settings.home / "watch.lock").open("a+b", buffering=0) as file:
        until = monotonic() + _INSTANT_S
        while not _is_locked(file.fileno()):
            if monotonic() > until:
                raise AlreadyWatched(f"A watcher lives over this home already ({watcher_of(settings)}).")
            sleep(_INSTANT_S / 20)
        file.truncate(0)
        file.write(f"process {os.getpid()}".encode())
        yield


def watcher_of(settings: Settings) -> str | None:
    """Which process watches a home, such as `process 1234`; `None` where none does."""
    mark = read_mark(settings.home / "watch.lock")
    return mark.text if mark and mark.is_held else None


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
