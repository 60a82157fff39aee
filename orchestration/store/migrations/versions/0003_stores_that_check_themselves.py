"""What lets a home notice that a store is not what it left: whose it is, what its files held, what went wrong."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables and columns; a home of before has none of these facts yet."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "home",
        sa.Column("only", sa.Integer, primary_key=True),
        sa.Column("home_id", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
    )
    op.create_table(
        "lake_files",
        sa.Column("drop_id", number, primary_key=True, autoincrement=False),
        sa.Column("rows", sa.Integer, nullable=False),
        *_file_state(),
    )
    op.create_table(
        "release_files",
        sa.Column("edition", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("path", sa.Text, primary_key=True),
        *_file_state(),
    )
    op.create_table(
        "incidents",
        sa.Column("incident_id", number, primary_key=True, autoincrement=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("edition", sa.Text),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("noted_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
    )
    op.create_table(
        "clock", sa.Column("only", sa.Integer, primary_key=True), sa.Column("seen_at", sa.DateTime, nullable=False)
    )
    op.create_table(
        "clock_events",
        sa.Column("clock_event_id", number, primary_key=True, autoincrement=True),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("drop_id", number),
        sa.Column("edition", sa.Text),
        sa.Column("edition_event", sa.Text),
        sa.Column("said_at", sa.DateTime),
        sa.Column("mended_to", sa.DateTime),
    )
    op.add_column("drops", sa.Column("receipt_sha256", sa.Text))
    op.add_column("alert_outbox", sa.Column("not_before", sa.DateTime))


def _file_state() -> list[sa.Column[Any]]:
    return [
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("modified_ns", sa.BigInteger, nullable=False),
        sa.Column("changed_ns", sa.BigInteger, nullable=False),
        sa.Column("inode", sa.BigInteger, nullable=False),
    ]
