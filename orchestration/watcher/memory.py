"""How the C library hands out memory in a process that stays.

What belongs here: that one setting. What does not: what a process holds, and when it begins anew (`service`).
"""

import ctypes
from contextlib import suppress

# Of malloc.h.
_M_ARENA_MAX = -8


def share_one_arena() -> None:
    """Have all threads to come take memory from one place; to be called while there are no others.

    Each pass starts threads of its own. By default glibc gives each a region of its own, where what outlives the thread
    lies among holes that the others cannot fill. Other libraries of C are left as they are.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
