"""What ended a message and under which method each edition was told; and what people explain of alerts."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_METHOD_BEFORE = "1.0.0"


def upgrade() -> None:
    """Add them; what a home has told so far, it told of what its last whole publication had read, by method 1."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.add_column("alert_outbox", sa.Column("level", sa.String))
    op.add_column("alert_outbox", sa.Column("cause", sa.String))
    op.add_column("alert_outbox", sa.Column("summary", sa.String))
    op.create_table(
        "alert_methods",
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("edition", sa.String, primary_key=True),
        sa.Column("method_version", sa.String, nullable=False),
        sa.Column("told_until", sa.DateTime, nullable=False),
    )
    op.create_table(
        "alert_explanations",
        sa.Column("explanation_id", number, primary_key=True),
        sa.Column("alert_key", sa.String, nullable=False, index=True),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("explained_by", sa.String, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
    )
    _note_what_was_told()


def _note_what_was_told() -> None:
    connection = op.get_bind()
    outbox = sa.table("alert_outbox", *map(sa.column, ("channel", "rule", "edition")))
    is_dry_run = sa.column("is_dry_run", sa.Boolean)
    drops = sa.table("drops", *map(sa.column, ("drop_id", "edition", "status")), is_dry_run, _time("received_at"))
    events = sa.table("edition_events", sa.column("edition"), sa.column("event"), _time("at"))
    methods = sa.table("alert_methods", *map(sa.column, ("channel", "edition", "method_version")), _time("told_until"))
    passes = sa.table("passes", sa.column("head"))
    # Engineers' channels, the only ones whose messages are of no edition's figures, keep none.
    told = sa.select(outbox.c.channel).where(outbox.c.channel.not_like("engineers-%")).distinct()
    channels = list(connection.execute(told).scalars())
    head = connection.execute(sa.select(passes.c.head)).scalar()
    accepted = drops.c.status.in_(("accepted", "accepted_with_warnings", "unchanged")), ~drops.c.is_dry_run
    read = [drops.c.drop_id <= int(head.split(":")[0])] if head else []
    received = sa.select(drops.c.edition, drops.c.received_at.label("at")).where(*accepted, *read)
    closed = sa.select(events.c.edition, events.c.at).where(events.c.event == "closed")
    evidence = sa.union_all(received, closed).subquery()
    until = sa.select(evidence.c.edition, sa.func.max(evidence.c.at)).group_by(evidence.c.edition)
    editions = connection.execute(until).all()
    for channel in channels:
        for edition, at in editions:
            row = {"channel": channel, "edition": edition, "method_version": _METHOD_BEFORE, "told_until": at}
            connection.execute(sa.insert(methods).values(row))


def _time(name: str) -> sa.ColumnClause[datetime]:
    return sa.column(name, sa.DateTime())
