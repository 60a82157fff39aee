"""The SQL database of a home: how it is opened, and how it keeps times.

What belongs here: what its tables share. What does not: the tables (`orchestration.intake.ledger`,
`orchestration.alerting.outbox`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa


def create_engine(url: str) -> sa.Engine:
    """The engine of a SQLAlchemy address; the folder of a SQLite file is made where it is absent."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    return sa.create_engine(address)


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
