"""Leave a copy of a home as if a pass had just ended over it."""

from datetime import UTC, datetime

from sqlalchemy import update

from orchestration.alerting.outbox_tables import DELIVERIES
from orchestration.passes import fingerprint
from orchestration.settings import Settings
from orchestration.store.sql import engine_of, naive_utc


def left_up_to_date(settings: Settings) -> None:
    """Note its files as they are, and its channels as told of this month: one may have begun since it was made."""
    fingerprint.note(settings, fingerprint.sources(settings))
    with engine_of(settings.ledger) as engine, engine.begin() as connection:
        connection.execute(update(DELIVERIES).values(at=naive_utc(datetime.now(UTC))))
