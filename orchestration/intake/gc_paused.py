"""Pausing the collector of cycles through work that makes millions of objects and next to no cycle.

What belongs here: the one context manager. What does not: measuring (benchmarks).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the collector, which goes again and again through all that is alive."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
