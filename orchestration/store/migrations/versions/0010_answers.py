"""What people answer to alerts: explanations, snoozes and assignments in one table."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_COPIED = ("alert_key", "reason", "at", "until")


def upgrade() -> None:
    """Add the table, with all that was explained so far, in its order."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "alert_answers",
        sa.Column("answer_id", number, primary_key=True),
        sa.Column("alert_key", sa.String, nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("answered_by", sa.String, nullable=False),
        sa.Column("assigned_to", sa.String),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
    )
    explanations = sa.table("alert_explanations", *map(sa.column, ("explanation_id", "explained_by", *_COPIED)))
    answers = sa.table("alert_answers", *map(sa.column, ("kind", "answered_by", *_COPIED)))
    # In their order, under numbers of the database's own: a sequence knows nothing of numbers that it did not give.
    said = sa.select(
        sa.literal("ack"), explanations.c.explained_by, *(explanations.c[name] for name in _COPIED)
    ).order_by(explanations.c.explanation_id)
    op.execute(sa.insert(answers).from_select(["kind", "answered_by", *_COPIED], said))
    op.drop_table("alert_explanations")
