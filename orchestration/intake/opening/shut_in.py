"""Shut in: what a process gives up before it looks at a file that a stranger made.

What belongs here: limits and walls that the process raises around itself, for good. What does not: what it does then
(`workbook`), or what it is given: whoever starts it gives an empty environment.

On every system: bounded memory, processor time and answer, no core, and no new descriptor, so that it opens no file and
no socket; only root could take that back. On Linux also, where the kernel lets us: a network of its own with nobody
in it and an owner who owns nothing outside (user and network namespaces; some containers refuse them), and no file
system, no program, no TCP port and no signal to others (Landlock: from 5.13 on files, from 6.7 on TCP, from 6.12 on
signals). There is no filter of system calls. Run in a process that starts in hundredths of a second: few imports.
"""

import ctypes
import os
import resource
import sys

_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_NO_NEW_PRIVILEGES = 38
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
# How many rights over files each version of Landlock knows: it refuses a rule set that names one that it does not.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_TCP_SINCE, _SIGNALS_SINCE = 4, 6


def shut_in(memory_bytes: int, cpu_seconds: int, answer_bytes: int) -> None:
    """Shut this process in: what it needs is imported and open by now. What a system lacks is left out in silence."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.unshare(_NEW_USER | _NEW_NETWORK)
        _give_up_files(libc)
    for what, soft, hard in (
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        # The soft one ends it by a signal of its own, which tells time from memory.
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_FSIZE, answer_bytes, answer_bytes),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NPROC, 0, 0),
        (resource.RLIMIT_NOFILE, 0, 0),
    ):
        # Not every system can bound each of them; the others hold all the same.
        try:
            resource.setrlimit(what, (soft, hard))
        except (ValueError, OSError):
            continue


def _give_up_files(libc: ctypes.CDLL) -> None:
    """Handle every right that this kernel's Landlock knows, and grant none."""
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return
    files = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    handled = [files, 0b11 if version >= _TCP_SINCE else 0, 0b11 if version >= _SIGNALS_SINCE else 0]
    rights = (ctypes.c_uint64 * 3)(*handled[: 3 if version >= _SIGNALS_SINCE else 2 if version >= _TCP_SINCE else 1])
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(rights), ctypes.c_size_t(ctypes.sizeof(rights)), 0)
    if ruleset >= 0:
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        libc.syscall(_RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)
