"""Whose stores these are: the ledger, archive, lake and releases of one home know each other, and which is older.

What belongs here: the mark in each store, and refusing a ledger that is not the one that wrote them. What does not:
what the stores hold (`lake_check`, `orchestration.publication`), and the way back (`orchestration.operations.restore`).
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from orchestration.intake import archive
from orchestration.intake.ledger import Ledger
from orchestration.settings import Settings
from orchestration.store.json_values import json_document
from orchestration.store.whole_file import write_whole

if TYPE_CHECKING:
    from upath import UPath

METADATA = sa.MetaData()
_HOME = sa.Table(
    "home",
    METADATA,
    sa.Column("only", sa.Integer, primary_key=True),
    sa.Column("home_id", sa.Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
)
_MARK = "HOME.json"
_WAY_BACK = "Put the right ledger back, or make it again from its newest copy and the archive: jalons restore"


class LedgerRefused(Exception):
    """The ledger is not the one that wrote the stores beside it; the message says why, and the way back."""


@dataclass(frozen=True)
class Mark:
    """Which home a store belongs to, and the generation of the ledger that wrote in it last: one more each pass."""

    home: str
    generation: int


def check_home(settings: Settings) -> None:
    """Raise `LedgerRefused` where the ledger is absent, of another home, or older than what lies beside it.

    A home in which nothing was ever done passes, and so does one of 0.1, whose stores have no mark yet.
    """
    known, is_begun = _known(settings), False
    if known is None:
        is_begun = _has_drops(settings)
    for name, place in _stores(settings):
        mark = _mark(place)
        if known is None and not is_begun and (mark or _holds_anything(place)):
            raise LedgerRefused(
                f"The ledger is absent or empty, though the {name} ({place}) has a history. "
                f"Nothing was taken in, and no file is lost. {_WAY_BACK}"
            )
        if mark is None:
            if known and name == "archive" and known.generation > 1:
                raise LedgerRefused(
                    f"The archive ({place}) is not the one of this home: {_MARK} is missing there. If it is on another "
                    f"disk, mount it; if its bytes are lost for good, write {json.dumps(asdict(known))} into that file."
                )
        elif known is None or mark.home != known.home:
            raise LedgerRefused(f"The {name} ({place}) belongs to another home than the ledger. {_WAY_BACK}")
        elif mark.generation > known.generation:
            raise LedgerRefused(
                f"The ledger is older than the {name} ({place}): an earlier copy was put in its place, and what was "
                f"filed, closed and told since is missing in it. Nothing was taken in, and no file is lost. {_WAY_BACK}"
            )


def enter_home(settings: Settings) -> None:
    """Check the home, and mark its stores for the pass that begins; only one at a time. Raise `LedgerRefused`."""
    check_home(settings)
    with Ledger(settings.ledger) as ledger:
        mark_stores(settings, ledger)


def mark_stores(settings: Settings, ledger: Ledger, at_least: int = 0) -> None:
    """Begin a generation of the ledger, `at_least` so high, then say so in the stores: the ledger is never behind."""
    with ledger.engine.begin() as connection:
        row = connection.execute(sa.select(_HOME)).one_or_none()
        mark = Mark(row.home_id if row else str(uuid.uuid4()), max(row.generation if row else 0, at_least) + 1)
        connection.execute(sa.delete(_HOME))
        connection.execute(sa.insert(_HOME).values(only=1, home_id=mark.home, generation=mark.generation))
    if row is None:
        # A home of 0.1 kept no records beside the bytes.
        for drop_id in ledger.drop_ids():
            archive.record(settings.archive, ledger.record(drop_id))
    for _, place in _stores(settings):
        write_whole(place / _MARK, json_document(asdict(mark)))


def highest_mark(settings: Settings) -> Mark | None:
    """The mark of the latest generation in the stores; `None` where there is none."""
    marks = [mark for _, place in _stores(settings) if (mark := _mark(place))]
    return max(marks, key=lambda mark: mark.generation, default=None)


def adopt(ledger: Ledger, mark: Mark) -> None:
    """Make a ledger that has no home, or was restored, the one of the stores that bear this mark."""
    with ledger.engine.begin() as connection:
        connection.execute(sa.delete(_HOME))
        connection.execute(sa.insert(_HOME).values(only=1, home_id=mark.home, generation=mark.generation))


def generation(ledger: Ledger) -> int:
    """The generation of the ledger: how many passes began over it."""
    with ledger.engine.connect() as connection:
        return connection.execute(sa.select(_HOME.c.generation)).scalar() or 0


def _stores(settings: Settings) -> "Iterator[tuple[str, Path | UPath]]":
    yield "archive", settings.archive
    yield "lake", settings.lake
    yield "releases", settings.releases


def _mark(place: "Path | UPath") -> Mark | None:
    try:
        return Mark(**json.loads((place / _MARK).read_bytes()))
    except FileNotFoundError:
        return None
    except NotADirectoryError as wrong:
        raise LedgerRefused(f"{place} is a file, where a folder of this home should be. {_WAY_BACK}") from wrong
    except (ValueError, TypeError) as damaged:
        raise LedgerRefused(
            f"{place / _MARK} cannot be read, so nobody knows whose store it is. {_WAY_BACK}"
        ) from damaged


def _holds_anything(place: "Path | UPath") -> bool:
    return place.exists() and any(path.is_dir() for path in place.iterdir())


def _known(settings: Settings) -> Mark | None:
    if _is_absent(settings.ledger):
        return None
    with Ledger(settings.ledger) as ledger, ledger.engine.connect() as connection:
        row = connection.execute(sa.select(_HOME)).one_or_none()
        return Mark(row.home_id, row.generation) if row else None


def _has_drops(settings: Settings) -> bool:
    if _is_absent(settings.ledger):
        return False
    with Ledger(settings.ledger) as ledger:
        return ledger.is_begun()


def _is_absent(url: str) -> bool:
    """Whether the ledger is a file that is not there: asking it anything would make it."""
    address = sa.make_url(url)
    return address.get_backend_name() == "sqlite" and not (address.database and Path(address.database).exists())
