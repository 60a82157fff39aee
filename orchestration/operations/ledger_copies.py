"""Copies of the ledger, from which it can be restored: the last few, made as passes end.

What belongs here: making and finding them, of a ledger that is a SQLite file. What does not: a server's database, whose
own backups do that, and putting one back (`restore`).
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from orchestration.intake.home_identity import Identity, generation
from orchestration.intake.ledger import Ledger
from orchestration.settings import Settings
from orchestration.store.whole_file import appearing_whole

_KEPT = 5


class DamagedCopy(ValueError):
    """A copy is no whole database; the message says which."""


def copy_ledger(settings: Settings) -> Path | None:
    """Copy the ledger as it is at one instant, whoever else writes in it; `None` where it is no file.

    Raise `DamagedCopy` where it is damaged: its copies of before are kept, being worth more.
    """
    source = _file_of(settings)
    if source is None or not source.exists():
        return None
    with Ledger(settings.ledger) as ledger:
        number = generation(ledger)
    target = folder(settings) / f"ledger-{number:08d}.sqlite"
    with appearing_whole(target) as aside:
        with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(aside)) as copy:
            ours.backup(copy)
        identity_of(aside)
    for old in copies(settings)[_KEPT:]:
        old.unlink(missing_ok=True)
    return target


def copies(settings: Settings) -> list[Path]:
    """The copies that are kept, the newest first."""
    return sorted(folder(settings).glob("ledger-*.sqlite"), reverse=True)


def number_of(copy: Path) -> int:
    """The generation that a copy is named for."""
    return int(copy.stem.removeprefix("ledger-"))


def identity_of(copy: Path) -> Identity | None:
    """Which home and generation a copy says that it is of; `None` for one of 0.1. Raise `DamagedCopy`."""
    try:
        with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            said = opened.execute("pragma quick_check").fetchone()
            if said != ("ok",):
                raise DamagedCopy(f"{copy} is damaged: {said[0]}")
            tables = {name for (name,) in opened.execute("select name from sqlite_master where type = 'table'")}
            if "drops" not in tables:
                raise DamagedCopy(f"{copy} is no ledger: it has no drops")
            if "home" not in tables:
                return None
            row = opened.execute("select home_id, generation from home").fetchone()
            return Identity(*row) if row else None
    except sqlite3.DatabaseError as damaged:
        raise DamagedCopy(f"{copy} is no ledger: {damaged}") from damaged


def folder(settings: Settings) -> Path:
    """Where the copies are kept."""
    return settings.home / "ledger-copies"


def _file_of(settings: Settings) -> Path | None:
    address = sa.make_url(settings.ledger)
    return Path(address.database) if address.get_backend_name() == "sqlite" and address.database else None
