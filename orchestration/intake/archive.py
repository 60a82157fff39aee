"""The archive: the bytes received, unchanged, for ever, addressed by their sha256 (SPEC §3)."""

import hashlib
import os
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upath import UPath


def digest(data: bytes) -> str:
    """The sha256 that addresses these bytes."""
    return hashlib.sha256(data).hexdigest()


def _address(archive: "UPath", sha256: str) -> "UPath":
    return archive / sha256[:2] / sha256


def put(archive: "UPath", data: bytes) -> str:
    """Keep these bytes and return their sha256; bytes already there are left alone."""
    sha256 = digest(data)
    address = _address(archive, sha256)
    if not address.exists():
        address.parent.mkdir(parents=True, exist_ok=True)
        # Written aside, then renamed: a reader never meets half a file, and two writers write the same bytes.
        aside = address.with_name(f".{sha256}.{os.getpid()}.{uuid.uuid4().hex}")
        aside.write_bytes(data)
        aside.rename(address)
    return sha256


def get(archive: "UPath", sha256: str) -> bytes:
    """The bytes of that sha256; raise `FileNotFoundError` if they were never received."""
    return bytes(_address(archive, sha256).read_bytes())
