"""Cards: which message of a channel shows which alerts, and how fast a channel may be sent to."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the tables, and what the rows of the outbox and the look-ups know from now on."""
    for name in ("card_id", "severity", "subject_name", "perimeter", "statement"):
        op.add_column("alert_outbox", sa.Column(name, sa.String))
    op.create_index("ix_alert_outbox_card_id", "alert_outbox", ["card_id"])
    op.add_column("alert_look_ups", sa.Column("tried_at", sa.DateTime))
    op.add_column("alert_look_ups", sa.Column("parent_id", sa.String))
    op.add_column("alert_look_ups", sa.Column("replaces_id", sa.String))
    op.create_table(
        "alert_cards",
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("card_id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("family", sa.String, nullable=False),
        sa.Column("edition", sa.String),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("message_id", sa.String),
        sa.Column("parent_id", sa.String),
        sa.Column("facts", sa.String),
        sa.Column("pictured_at", sa.DateTime),
    )
    op.create_table(
        "alert_rates",
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("tokens", sa.Float, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "alert_deliveries",
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
    )
