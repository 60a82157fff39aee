"""A watcher's threads take memory from one place."""

import subprocess
import sys

import pytest

# How many arenas glibc has once four threads have taken memory at a time.
_SAID = """
import ctypes, os, tempfile, threading
from orchestration.watcher.memory import share_one_arena

{first}
together = threading.Barrier(4)


def take():
    together.wait()
    held = [bytes(1000 + n) for n in range(1000)]
    together.wait()


threads = [threading.Thread(target=take) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as file:
    opened = ctypes.c_void_p(library.fopen(file.name.encode(), b"w"))
    library.malloc_info(0, opened)
    library.fclose(opened)
    print(file.read().count(b"<heap nr"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has arenas")
@pytest.mark.parametrize(("first", "is_one"), [("", False), ("share_one_arena()", True)], ids=["default", "shared"])
def test_its_threads_take_memory_from_one_place(first: str, *, is_one: bool) -> None:
    command = [sys.executable, "-c", _SAID.format(first=first)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert (int(said) == 1) is is_one
