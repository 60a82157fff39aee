"""Reading a submission again from the archive: after a rule has changed, or where its rows were lost.

What belongs here: its bytes, wherever they still are, and its rows as they are read today. What does not: when that is
done (`lake_check`, and the cells of the grid in the UI).
"""

from datetime import datetime
from typing import TYPE_CHECKING

from orchestration.intake import archive, inbox, incidents
from orchestration.intake.archive import DamagedBytes
from orchestration.intake.inbox import SeenFile
from orchestration.intake.ledger import ACCEPTED, Drop, Ledger
from orchestration.settings import Settings
from orchestration.store.digests import sha256

if TYPE_CHECKING:
    # Half a second to import, where `has_bytes` is all that is asked.
    from orchestration.intake.examining import Arrival
    from orchestration.intake.lake import WrittenRows
    from orchestration.intake.receipts.record import Receipt


class Unreadable(Exception):
    """A submission gives no rows today: its bytes are lost, or the rules of today refuse them."""


def bytes_of(settings: Settings, drop: Drop) -> bytes:
    """The bytes of a drop as they were received: of the archive, else of the inbox, which mends the archive.

    Raise `DamagedBytes` where neither has them.
    """
    try:
        return archive.get(settings.archive, drop.sha256)
    except DamagedBytes:
        try:
            data = inbox.read_file(settings.inbox, SeenFile(modified="", path=drop.path, size=0))
        except OSError:
            data = None
        if data is None or sha256(data) != drop.sha256:
            raise
        archive.put(settings.archive, data)
        return data


def has_bytes(settings: Settings, drop: Drop) -> bool:
    """Whether a drop can be decided: its bytes can be had, or it never had any."""
    try:
        if drop.sha256:
            bytes_of(settings, drop)
    except DamagedBytes:
        return False
    return True


def are_lost_bytes_back(settings: Settings, ledger: Ledger, now: datetime) -> bool:
    """Whether bytes can be had again whose rows were found lost."""
    damaged = (one for one in incidents.open_incidents(ledger.engine, now) if one.rule == "store_damaged")
    lost = (one.details["drop_id"] for one in damaged if one.details.get("is_lost"))
    return any(has_bytes(settings, ledger.drop(drop_id)) for drop_id in lost)


def arrival_of(settings: Settings, drop: Drop) -> "Arrival":
    """A drop with its bytes; raise `DamagedBytes` where they are lost."""
    from orchestration.intake.examining import Arrival

    data = bytes_of(settings, drop) if drop.sha256 else b""
    return Arrival(
        drop.drop_id, drop.file_name, data, drop.sha256, drop.received_at, drop.place, is_misplaced=drop.place is None
    )


def rows_again(settings: Settings, ledger: Ledger, drop_id: int) -> "WrittenRows":
    """The rows of an accepted drop as they are read today; raise `Unreadable` where there are none."""
    receipt, rows = _read_again(settings, ledger.drop(drop_id))
    if rows is None:
        raise Unreadable(f"read again it is {receipt.status}: {receipt.verdict}")
    return rows


def reread(settings: Settings, kind: str, edition: str, perimeter: str) -> "tuple[Receipt, Drop] | None":
    """Read again the submission that counts for a cell of the grid, after a rule has changed.

    The rows in the lake are written anew; the ledger and the receipt keep what was said on the day. `None` if nothing
    counts there; raise `Unreadable` where its bytes are lost.
    """
    from orchestration.intake import lake

    with Ledger(settings.ledger) as ledger:
        drop = ledger.counting(edition, perimeter).get(kind)
        if drop is None:
            return None
        receipt, rows = _read_again(settings, drop)
        if rows and rows.count:
            (one,) = (one for one in ledger.submissions() if one.drop_id == drop.drop_id)
            ledger.note_rows(drop.drop_id, lake.write_submission(settings.lake, one, rows))
        return receipt, drop


def _read_again(settings: Settings, drop: Drop) -> "tuple[Receipt, WrittenRows | None]":
    from orchestration.intake.examining import examine, receipt_of

    try:
        arrival = arrival_of(settings, drop)
    except DamagedBytes as lost:
        raise Unreadable(str(lost)) from lost
    (examined,), _ = examine([arrival])
    receipt = receipt_of(examined, None)
    return receipt, examined.parquet() if receipt.status in ACCEPTED else None
