"""The archive: the bytes received, unchanged, for ever, addressed by their sha256 (docs/rules.md §3).

What belongs here: keeping bytes and giving them back. What does not: what they say, or where they came from (the
ledger).
"""

from typing import TYPE_CHECKING

from orchestration.store.digests import sha256
from orchestration.store.whole_file import write_whole

if TYPE_CHECKING:
    from upath import UPath


def put(archive: "UPath", data: bytes) -> str:
    """Keep these bytes and return their sha256; bytes already there are left alone."""
    name = sha256(data)
    address = _address(archive, name)
    if not address.exists():
        write_whole(address, data)
    return name


def get(archive: "UPath", name: str) -> bytes:
    """The bytes of that sha256; raise `FileNotFoundError` if they were never received."""
    return bytes(_address(archive, name).read_bytes())


def _address(archive: "UPath", name: str) -> "UPath":
    return archive / name[:2] / name
