"""Whose stores these are: the ledger, archive, lake and releases of one home know each other, and which is older.

What belongs here: the mark in each store, and refusing a ledger that is not the one that wrote them. What does not:
what the stores hold (`lake_check`, `orchestration.publication`), and the way back (`orchestration.operations.restore`).
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from filelock import FileLock

from orchestration.intake import archive
from orchestration.intake.archive import DamagedBytes
from orchestration.intake.ledger import Ledger
from orchestration.remote.faults import reaching
from orchestration.settings import Settings
from orchestration.store.access import close_home
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
# What is in a store once something was filed; the lake of 0.1 had its folders of kinds before.
_HISTORY = {"archive": "*/*", "lake": "*/edition=*", "releases": "*/*"}
_WAY_BACK = "Put the right ledger back, or make it again from its newest copy and the archive: jalons restore"


class LedgerRefused(Exception):
    """The ledger is not the one that wrote the stores beside it; the message says why, and the way back."""


@dataclass(frozen=True)
class Identity:
    """Which home this is, and the generation of its ledger: one more each pass and each closing."""

    home: str
    generation: int


def check_home(settings: Settings) -> None:
    """Raise `LedgerRefused` where the ledger is absent, of another home, or older than what lies beside it.

    A home in which nothing was ever done passes, and so does one of 0.1, whose stores have no mark yet.
    """
    before = None
    while True:
        try:
            return _look(settings)
        except LedgerRefused:
            # Whoever is at work writes between two looks at his stores: a ledger that is refused is one at rest.
            known = _known(settings)
            if known == before:
                raise
            before = known


def _look(settings: Settings) -> None:
    # The stores first: the ledger is written before them.
    beside, marks = _beside(settings), [_mark(place) for _, place in _stores(settings)]
    known, last_drop_id = _known(settings)
    for (name, place), home in zip(_stores(settings), marks, strict=True):
        if known is None and last_drop_id == 0 and (home or _has_history(name, place)):
            raise LedgerRefused(
                f"The ledger is absent or empty, though the {name} ({place}) has a history. "
                f"Nothing was taken in, and no file is lost. {_WAY_BACK}"
            )
        if home and known and home != known.home:
            raise LedgerRefused(f"The {name} ({place}) belongs to another home than the ledger. {_WAY_BACK}")
    if known and last_drop_id > 0:
        expect_archive(settings, known.home)
    if beside and (known is None or beside.home != known.home or beside.generation > known.generation):
        raise LedgerRefused(_OLDER.format("what lies beside it"))
    # A record is written once the ledger knows its drop.
    if _next_is_recorded(settings, last_drop_id):
        raise LedgerRefused(_OLDER.format("the archive"))


_OLDER = (
    "The ledger is older than {}: an earlier copy was put in its place, and what was filed, closed and told since is "
    f"missing in it. Nothing was taken in, and no file is lost. {_WAY_BACK}"
)


def expect_archive(settings: Settings, home: str) -> None:
    """Raise `LedgerRefused` where the archive is not marked as the one of this home: it may be another, empty disk."""
    if _mark(settings.archive) != home:
        raise LedgerRefused(
            f"The archive ({settings.archive}) is not the one of this home: {_MARK} is missing there. If it is on "
            f"another disk, mount it; if its bytes are lost for good, make that file: {json.dumps({'home': home})}"
        )


def enter_home(settings: Settings) -> None:
    """Close the home to others and check it, and begin a generation of its ledger; whoever else does so.

    Raise `LedgerRefused`.
    """
    close_home(settings)
    check_home(settings)
    with Ledger(settings.ledger) as ledger:
        begin_generation(settings, ledger)


def begin_generation(settings: Settings, ledger: Ledger) -> None:
    """Count a generation of the ledger, then say so beside it: the ledger is never behind. Stores get their mark."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.home / "generation.lock"):
        _begin_generation(settings, ledger)


def _begin_generation(settings: Settings, ledger: Ledger) -> None:
    known = _identity(ledger)
    found = identity_of_stores(settings)
    home = known.home if known else found.home if found else str(uuid.uuid4())
    if known is None and ledger.is_begun():
        # A home of 0.1: its stores are marked, and its drops recorded, before the ledger says that they are.
        _mark_stores(settings, home)
        for drop_id in ledger.drop_ids():
            archive.record(settings.archive, ledger.record(drop_id))
    identity = Identity(home, (known.generation if known else 0) + 1)
    adopt(ledger, identity)
    _mark_stores(settings, home)
    write_whole(_beside_path(settings), json_document(asdict(identity)))


def identity_of_stores(settings: Settings) -> Identity | None:
    """What the stores and what lies beside the ledger say of the home; `None` where nothing does."""
    beside = _beside(settings)
    homes = [home for _, place in _stores(settings) if (home := _mark(place))]
    return beside or (Identity(homes[0], 0) if homes else None)


def adopt(ledger: Ledger, identity: Identity) -> None:
    """Make a ledger that has no home, or was restored, the one of the stores that say this of themselves."""
    with ledger.engine.begin() as connection:
        connection.execute(sa.delete(_HOME))
        connection.execute(sa.insert(_HOME).values(only=1, home_id=identity.home, generation=identity.generation))


def generation(ledger: Ledger) -> int:
    """The generation of the ledger."""
    known = _identity(ledger)
    return known.generation if known else 0


def _stores(settings: Settings) -> "Iterator[tuple[str, Path | UPath]]":
    yield "archive", settings.archive
    yield "lake", settings.lake
    yield "releases", settings.releases


def _has_history(name: str, place: "Path | UPath") -> bool:
    with reaching(place):
        return any(place.glob(_HISTORY[name]))


def _mark_stores(settings: Settings, home: str) -> None:
    for name, place in _stores(settings):
        if _mark(place) is None:
            write_whole(place / _MARK, json_document({"home": home}), "all" if name == "releases" else "owner")


def _beside_path(settings: Settings) -> Path:
    return settings.home / "ledger-generation.json"


def _beside(settings: Settings) -> Identity | None:
    found = _read(_beside_path(settings), "home", "generation")
    return Identity(found["home"], found["generation"]) if found else None


def _mark(place: "Path | UPath") -> str | None:
    found = _read(place / _MARK, "home")
    return found["home"] if found else None


def _read(path: "Path | UPath", *names: str) -> dict[str, Any] | None:
    try:
        with reaching(path):
            found: dict[str, Any] = json.loads(path.read_bytes())
        found = {name: found[name] for name in names}
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as damaged:
        raise LedgerRefused(f"{path} cannot be read: nobody knows whose store it is. {_WAY_BACK}") from damaged
    return found


def _next_is_recorded(settings: Settings, last_drop_id: int) -> bool:
    try:
        return archive.read_record(settings.archive, last_drop_id + 1) is not None
    except DamagedBytes:
        return True


def _known(settings: Settings) -> tuple[Identity | None, int]:
    """What the ledger says of its home, and its last drop; asking a file that is not there would make it."""
    address = sa.make_url(settings.ledger)
    if address.get_backend_name() == "sqlite" and not (address.database and Path(address.database).exists()):
        return None, 0
    try:
        with Ledger(settings.ledger) as ledger:
            return _identity(ledger), ledger.extent().last_drop_id
    except sa.exc.OperationalError:
        # Locked, or on a disk that does not answer: it may be whole.
        raise
    except sa.exc.DatabaseError as damaged:
        raise LedgerRefused(
            f"The ledger ({address.database}) cannot be read: {damaged.orig}. "
            f"Nothing was taken in, and no file is lost. {_WAY_BACK}"
        ) from damaged


def _identity(ledger: Ledger) -> Identity | None:
    with ledger.engine.connect() as connection:
        row = connection.execute(sa.select(_HOME)).one_or_none()
        return Identity(row.home_id, row.generation) if row else None
