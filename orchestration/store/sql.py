"""The SQL database of a home: how it is opened and brought up to date, and how it keeps times.

What belongs here: what its tables share. What does not: the tables (`orchestration.intake.ledger`,
`orchestration.alerting.outbox`) and their history (`migrations`).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from orchestration.store.access import make_file, make_home

_MIGRATIONS = Path(__file__).parent / "migrations"


class NewerDatabase(Exception):
    """The database was brought up to date by a later version of the project, which this one cannot read."""


def create_engine(url: str) -> sa.Engine:
    """The engine of a SQLAlchemy address, its tables up to date; a SQLite file and its folder are made where absent."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        _make_database(Path(address.database))
    engine = sa.create_engine(address)
    with engine.connect() as connection:
        is_up_to_date = _version_of(connection) == _newest()
    if not is_up_to_date:
        _migrate(engine, address)
    return engine


def _make_database(path: Path) -> None:
    """Make an empty database that its owner alone can read, as SQLite makes its journals after it."""
    make_home(path.parent)
    if not path.exists():
        with suppress(FileExistsError):
            make_file(path, "owner")


@contextmanager
def engine_of(url: str) -> Iterator[sa.Engine]:
    """The engine of an address for as long as it is needed."""
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def naive_utc(moment: datetime) -> datetime:
    """A time as it is kept: SQLite keeps no zone, so that every time is UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)


@cache
def _newest() -> str:
    return max(path.name for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _version_of(connection: sa.Connection) -> str | None:
    """Asked without alembic, which takes half a second to import and is needed once per database."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("select version_num from alembic_version")).scalar()
    return None if found is None else str(found)


def _migrate(engine: sa.Engine, address: sa.URL) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # One transaction for all of it, which SQLite's driver does not begin by itself; another process waits here.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        known = _version_of(connection)
        if known and known > _newest():
            raise NewerDatabase(
                f"{address.render_as_string(hide_password=True)} is of version {known}, and this code knows "
                f"{_newest()} at most: use the version of Jalons that last ran here, or a later one."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
