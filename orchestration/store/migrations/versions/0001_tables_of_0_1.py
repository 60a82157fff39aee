"""The tables of 0.1, which made them without a history: what a home has already is left as it is."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the ledger's tables and the outbox's, where they are absent."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "drops",
        sa.Column("drop_id", number, primary_key=True, autoincrement=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("modified", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("edition", sa.Text),
        sa.Column("perimeter", sa.Text),
        sa.Column("is_dry_run", sa.Boolean, nullable=False),
        sa.Column("kind", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("contract_version", sa.Text),
        sa.Column("rules_version", sa.Text),
        sa.Column("rows_read", sa.Integer),
        sa.Column("rows_accepted", sa.Integer),
        sa.Column("errors", sa.Integer),
        sa.Column("warnings", sa.Integer),
        sa.Column("verdict", sa.Text),
        sa.Column("receipt", sa.Text),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_table(
        "observations",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("modified", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "edition_events",
        sa.Column("edition", sa.Text, primary_key=True),
        sa.Column("event", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "passes",
        sa.Column("only", sa.Integer, primary_key=True),
        sa.Column("head", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "alert_outbox",
        sa.Column("alert_key", sa.String, primary_key=True),
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("occurrence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("edition", sa.String),
        sa.Column("headline", sa.String, nullable=False),
        sa.Column("message_key", sa.String),
        sa.Column("message_id", sa.String),
        sa.Column("after_id", sa.String),
        sa.Column("planned_at", sa.DateTime, nullable=False),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.String),
        if_not_exists=True,
    )
    op.create_index("ix_alert_outbox_message_key", "alert_outbox", ["message_key"], if_not_exists=True)
