"""Permissions that bind root too, for tests of what may not be read: the suite runs as root in a container."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION, _OVERRIDE_AND_READ = 0x20080522, (1 << 1) | (1 << 2)
_HEADER, _DATA = ctypes.c_uint32 * 2, ctypes.c_uint32 * 6


@contextmanager
def modes_obeyed() -> Iterator[None]:
    """Do without the two capabilities of root that open what the modes of files forbid, in this thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, before = _HEADER(_VERSION, 0), _DATA()
    assert libc.capget(header, before) == 0
    less = _DATA(*before)
    less[0] &= ~_OVERRIDE_AND_READ
    assert libc.capset(header, less) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0
