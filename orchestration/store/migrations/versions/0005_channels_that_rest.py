"""What the outbox knows of its channels: which of them rest, and which messages are looked for in them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add both tables; what rested, or was unknown, by its rows alone goes on so."""
    op.create_table(
        "alert_channels",
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("act", sa.String, primary_key=True),
        sa.Column("error", sa.String, nullable=False),
        sa.Column("is_refused", sa.Boolean, nullable=False),
        sa.Column("refusals", sa.Integer, nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("not_before", sa.DateTime, nullable=False),
    )
    op.create_table(
        "alert_look_ups",
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("message_key", sa.String, primary_key=True),
        sa.Column("after_id", sa.String),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("look_at", sa.DateTime),
        sa.Column("retracted", sa.String),
    )
    op.execute(
        "insert into alert_channels (channel, act, error, is_refused, refusals, since, not_before) "
        "select channel, 'send', coalesce(min(error), ''), false, 1, min(planned_at), max(not_before) "
        "from alert_outbox where state = 'planned' and not_before is not null group by channel"
    )
    op.execute("update alert_outbox set not_before = null")
    op.execute(
        "insert into alert_look_ups (channel, message_key, after_id, parts, looks, look_at) "
        "select channel, message_key, min(coalesce(after_id, '')), count(*), 0, min(planned_at) "
        "from alert_outbox where state = 'unknown' and message_key is not null group by channel, message_key"
    )
