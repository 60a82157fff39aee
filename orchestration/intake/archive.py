"""The archive: the bytes received, unchanged, for ever, addressed by their sha256 (docs/rules.md §3).

What belongs here: keeping bytes and giving them back, each held against its name, and beside them a record of every
drop, from which the ledger can be made again. What does not: what the bytes say.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from orchestration.remote.faults import StoreUnreachable, reaching
from orchestration.store.digests import sha256
from orchestration.store.json_values import moment_text
from orchestration.store.whole_file import write_whole

if TYPE_CHECKING:
    from upath import UPath

_RECORDS = "drops"


class DamagedBytes(Exception):
    """What the archive holds under a sha256 is missing, or is something else."""


@dataclass(frozen=True)
class DropRecord:
    """What the ledger knows of a drop before it is read: enough to decide it again from the archived bytes."""

    drop_id: int
    path: str
    size: int
    modified: str
    sha256: str
    received_at: datetime
    edition: str | None
    perimeter: str | None
    is_dry_run: bool


def put(archive: "UPath", data: bytes) -> str:
    """Keep these bytes and return their sha256; bytes already there are left alone, damaged ones are mended."""
    name = sha256(data)
    if not is_whole(archive, name):
        write_whole(_address(archive, name), data)
    return name


def get(archive: "UPath", name: str) -> bytes:
    """The bytes of that sha256; raise `DamagedBytes` where the archive has others, none, or does not give them."""
    try:
        with reaching(archive):
            data = bytes(_address(archive, name).read_bytes())
    except StoreUnreachable:
        # Nothing is known of the bytes.
        raise
    except FileNotFoundError as absent:
        raise DamagedBytes(f"the archive has no file {name}") from absent
    except OSError as unreadable:
        raise DamagedBytes(f"the archived file {name} cannot be read: {unreadable}") from unreadable
    if sha256(data) != name:
        raise DamagedBytes(f"the archived file {name} holds other bytes than those received")
    return data


def is_whole(archive: "UPath", name: str) -> bool:
    """Whether the bytes of that sha256 are there, unchanged."""
    try:
        get(archive, name)
    except DamagedBytes:
        return False
    return True


def record(archive: "UPath", drop: DropRecord) -> None:
    """Keep the record of a drop beside the bytes; the latest says what is known."""
    document = asdict(drop) | {"received_at": moment_text(drop.received_at)}
    data = (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode(errors="surrogateescape")
    address = _record_address(archive, drop.drop_id)
    with reaching(archive):
        is_there = address.exists() and address.read_bytes() == data
    if not is_there:
        write_whole(address, data)


def read_record(archive: "UPath", drop_id: int) -> DropRecord | None:
    """The record of a drop; `None` without one. Raise `DamagedBytes` where it cannot be read."""
    address = _record_address(archive, drop_id)
    try:
        with reaching(archive):
            found = json.loads(address.read_bytes().decode(errors="surrogateescape"))
        known = DropRecord(**found | {"received_at": datetime.fromisoformat(found["received_at"])})
    except FileNotFoundError:
        return None
    except StoreUnreachable:
        raise
    except (OSError, ValueError, TypeError, KeyError) as damaged:
        raise DamagedBytes(f"the record of drop {drop_id} cannot be read: {address}") from damaged
    if known.drop_id != drop_id:
        raise DamagedBytes(f"the record of drop {drop_id} is of another drop: {address}")
    return known


def records(archive: "UPath") -> Iterator[DropRecord]:
    """Every record, by number. Raise `DamagedBytes` at one that cannot be read."""
    folder = archive / _RECORDS
    with reaching(archive):
        names = sorted(path.name for path in folder.glob("*/*.json")) if folder.exists() else []
    for name in names:
        if found := read_record(archive, int(name.removesuffix(".json"))):
            yield found


def _address(archive: "UPath", name: str) -> "UPath":
    return archive / name[:2] / name


def _record_address(archive: "UPath", drop_id: int) -> "UPath":
    # A thousand a folder: listing one stays quick.
    return archive / _RECORDS / f"{drop_id // 1000:05d}" / f"{drop_id:08d}.json"
