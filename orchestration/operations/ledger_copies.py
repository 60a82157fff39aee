"""Copies of the ledger, from which it can be restored: the last few, made as passes end.

What belongs here: making and finding them, of a ledger that is a SQLite file. What does not: a server's database, whose
own backups do that, and putting one back (`restore`).
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from orchestration.intake.home_identity import generation
from orchestration.intake.ledger import Ledger
from orchestration.settings import Settings
from orchestration.store.whole_file import appearing_whole

_KEPT = 5


def copy_ledger(settings: Settings) -> Path | None:
    """Copy the ledger as it is at one instant, whoever else writes in it; `None` where it is no file."""
    source = _file_of(settings)
    if source is None or not source.exists():
        return None
    with Ledger(settings.ledger) as ledger:
        number = generation(ledger)
    target = _folder(settings) / f"ledger-{number:08d}.sqlite"
    with (
        appearing_whole(target) as aside,
        closing(sqlite3.connect(source)) as ours,
        closing(sqlite3.connect(aside)) as copy,
    ):
        ours.backup(copy)
    for old in copies(settings)[_KEPT:]:
        old.unlink(missing_ok=True)
    return target


def copies(settings: Settings) -> list[Path]:
    """The copies that are kept, the newest first."""
    return sorted(_folder(settings).glob("ledger-*.sqlite"), reverse=True)


def _folder(settings: Settings) -> Path:
    return settings.home / "ledger-copies"


def _file_of(settings: Settings) -> Path | None:
    address = sa.make_url(settings.ledger)
    return Path(address.database) if address.get_backend_name() == "sqlite" and address.database else None
