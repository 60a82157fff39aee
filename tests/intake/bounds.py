"""How much time and memory a block takes, here and in the processes that it starts."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MAX_SECONDS = 10
MAX_MIB = 512


@dataclass
class Cost:
    """Seconds of processor time, not of the clock, which other programs share; growth of resident memory in MiB."""

    seconds: float = 0
    mib: float = 0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure a block; its memory is that of this process's peak over its start, or of a child's where that is more."""
    cost = Cost()
    with suppress(OSError):
        # Linux forgets the peak so far; elsewhere only a new peak is seen.
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    memory, seconds, largest_child = _peak(), _seconds(), _children().ru_maxrss
    try:
        yield cost
    finally:
        cost.seconds = _seconds() - seconds
        # Of all the children so far the system keeps the largest alone: it is ours only if it is new. And each child
        # starts with the size of the process that it leaves, which says nothing of what it does.
        child = _children().ru_maxrss
        is_ours = child > largest_child and child / 1024 > _peak()
        cost.mib = max(_peak() - memory, child / 1024 if is_ours else 0)


def assert_bounded(cost: Cost, what: str) -> None:
    assert cost.seconds < MAX_SECONDS, f"{what}: {cost.seconds:.1f} s"
    assert cost.mib < MAX_MIB, f"{what}: {cost.mib:.0f} MiB"


def _seconds() -> float:
    children = _children()
    return time.process_time() + children.ru_utime + children.ru_stime


def _children() -> resource.struct_rusage:
    return resource.getrusage(resource.RUSAGE_CHILDREN)


def _peak() -> float:
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
