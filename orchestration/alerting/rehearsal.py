"""What a delivery would send to each channel, tried without sending: the real delivery, on a copy of the outbox.

What belongs here: the copy, and channels that only note. What does not: how it is shown (`preview`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from orchestration.alerting.alerts import read_rows
from orchestration.alerting.channels.channel import Lost, Outcome, Place, Rate
from orchestration.alerting.channels.registry import team_rows
from orchestration.alerting.delivery import bring_teams_up_to_date
from orchestration.alerting.message import Message
from orchestration.alerting.outbox_tables import METADATA, OUTBOX
from orchestration.alerting.preview import PreviewItem
from orchestration.alerting.routing import ChannelRow
from orchestration.drawing.trend import Trend
from orchestration.settings import Settings
from orchestration.store.sql import engine_of
from orchestration.validation.holding import Hold


def rehearse(
    settings: Settings, now: datetime, holds: Sequence[Hold] = (), since: str | None = None
) -> list[PreviewItem]:
    """What each channel of teams would get by now, whether or not it has its settings; nothing is sent, nor noted.

    With `since`, as if nothing had been told of that edition and of the later ones, one edition after the other. What
    has ended by now is not said, as in a first pass.
    """
    rows = read_rows(settings) or []
    channels = [_Notebook(row) for row in team_rows(settings)]
    engine = sa.create_engine("sqlite://")
    try:
        _copy_outbox(settings, engine, since)
        told_by_then = sorted({row["edition"] for row in rows if since and row["edition"] and row["edition"] >= since})
        for edition in told_by_then or [None]:
            known = [row for row in rows if edition is None or (row["edition"] or "") <= edition]
            bring_teams_up_to_date(engine, settings, known, holds, channels, now)
        for channel in channels:
            channel.forget_before(engine, since)
    finally:
        engine.dispose()
    return [item for channel in channels for item in channel.items()]


def _copy_outbox(settings: Settings, engine: sa.Engine, since: str | None) -> None:
    METADATA.create_all(engine)
    if not settings.home.is_dir():
        return
    with engine_of(settings.ledger) as ledger, ledger.connect() as before, engine.begin() as copy:
        for table in METADATA.sorted_tables:
            chosen = sa.select(table)
            if since and "edition" in table.c:
                chosen = chosen.where(sa.or_(table.c.edition.is_(None), table.c.edition < since))
            rows = [dict(row) for row in before.execute(chosen).mappings()]
            # What a channel rests for is not a matter of what it would show.
            if rows and table.name not in ("alert_channels", "alert_rates"):
                copy.execute(sa.insert(table), rows)


class _Notebook:
    """A channel that takes everything, each update in the place of what it replaces."""

    can_update = True
    rate = Rate(burst=10**6, per_minute=10**6)
    lists_within = timedelta()

    def __init__(self, row: ChannelRow) -> None:
        self.name = row.name
        self._kind = row.kind
        self._messages: dict[str, tuple[Message, str | None]] = {}

    def send(self, message: Message, place: Place) -> Outcome:
        message_id = place.replaces_id or f"preview-{len(self._messages)}"
        self._messages[message_id] = (message, place.thread_id)
        return Outcome("sent", message_id)

    def find(self, lost: Sequence[Lost]) -> Mapping[str, Sequence[str]]:  # noqa: ARG002
        return {}

    def retract(self, message_id: str) -> bool:  # noqa: ARG002
        return False

    def show(self, trend: Trend, place: Place) -> None:
        """The page draws the pictures itself."""

    def forget_before(self, engine: sa.Engine, since: str | None) -> None:
        """Leave only what is of this edition and of the later ones."""
        with engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX.c.message_key, OUTBOX.c.edition)).all()
        edition_of = {row.message_key: row.edition for row in rows}
        self._messages = {
            message_id: (message, parent)
            for message_id, (message, parent) in self._messages.items()
            if since is None or (edition_of.get(message.key) or since) >= since
        }

    def items(self) -> list[PreviewItem]:
        """What it holds, each message with those that hang under it."""
        return [
            PreviewItem(
                self.name,
                self._kind,
                message,
                [other for other, parent in self._messages.values() if parent == message_id],
            )
            for message_id, (message, thread) in self._messages.items()
            if thread not in self._messages
        ]
