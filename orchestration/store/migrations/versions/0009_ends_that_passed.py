"""Planned ends that passed after they were filed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "ends_passed",
        sa.Column("edition", sa.Text, primary_key=True),
        sa.Column("project_id", sa.Text, primary_key=True),
        sa.Column("planned_end", sa.Date, primary_key=True),
        sa.Column("perimeter", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("passed_at", sa.DateTime, nullable=False),
    )
