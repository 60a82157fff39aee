"""Restoring: a ledger that was lost, or is not the one of its home, is made again from its copy and the archive.

What belongs here: the way back. What does not: refusing the wrong ledger (`orchestration.intake.home_identity`), and
deciding the drops again, which the next pass does.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from orchestration.intake import archive, home_identity
from orchestration.intake.home_identity import Identity
from orchestration.intake.ledger import Ledger
from orchestration.operations.ledger_copies import DamagedCopy, copies, identity_of, number_of
from orchestration.settings import Settings
from orchestration.store.whole_file import write_whole


class NothingToRestore(Exception):
    """Neither a copy of the ledger nor a record of a drop is there."""


@dataclass(frozen=True)
class Restored:
    """What a ledger was made again from: the copy, if any, how many drops the archive knew beside it, and where the
    ledger that stood there is kept.
    """

    copy: Path | None
    drops_of_archive: int
    set_aside: Path | None


def restore(settings: Settings, now: datetime, copy: Path | None = None) -> Restored:
    """Put a copy of the ledger in its place, the newest unless one is given, and add what the archive knows beside it.

    What stood there is kept under another name. Closings, and which messages were sent, are those of the copy. Raise
    `NothingToRestore` where there is nothing to restore from, `ValueError` for a ledger that is no file and for a copy
    that is damaged or of another home, `DamagedBytes` for a record that cannot be read, and `LedgerRefused` where the
    archive is not the one of the home. Nothing is changed then.
    """
    database = sa.make_url(settings.ledger).database
    if not settings.ledger.startswith("sqlite") or not database:
        raise ValueError("The ledger is no file: restore it with the tools of its database.")
    place = Path(database)
    chosen = copy or next(filter(_is_whole, copies(settings)), None)
    of_copy = identity_of(chosen) if chosen else None
    of_stores = home_identity.identity_of_stores(settings)
    if of_copy and of_stores and of_copy.home != of_stores.home:
        raise ValueError(f"{chosen} is the ledger of another home than the one of these stores.")
    home = of_stores or of_copy
    if home:
        home_identity.expect_archive(settings, home.home)
    records = list(archive.records(settings.archive))
    if chosen is None and not records:
        raise NothingToRestore("There is neither a copy of the ledger nor a record of a drop in the archive.")
    set_aside = None
    data = chosen.read_bytes() if chosen else None
    if place.exists():
        set_aside = place.with_name(f"{place.name}.{now:%Y%m%dT%H%M%SZ}")
        # Its journal belongs to it.
        for beside in ("", "-journal", "-wal"):
            if Path(f"{place}{beside}").exists():
                shutil.move(f"{place}{beside}", f"{set_aside}{beside}")
    if data is not None:
        write_whole(place, data)
    with Ledger(settings.ledger) as ledger:
        count = ledger.restore(records)
        if home:
            # Later than anything that this home was at: the copies to come must be the newest.
            known = [one.generation for one in (of_copy, of_stores) if one]
            home_identity.adopt(ledger, Identity(home.home, max(known + [number_of(one) for one in copies(settings)])))
        home_identity.begin_generation(settings, ledger)
    return Restored(chosen, count, set_aside)


def _is_whole(copy: Path) -> bool:
    try:
        identity_of(copy)
    except DamagedCopy:
        return False
    return True
