"""What lets the inbox be trusted: files that are not settled yet, which files it still holds, and when they changed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table and the columns; files of before, whose last change is not known, are read once more."""
    op.create_table(
        "settling",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("modified", sa.Text, nullable=False),
        sa.Column("changed", sa.Text, nullable=False),
        sa.Column("signs", sa.JSON, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
    )
    op.add_column("observations", sa.Column("changed", sa.Text))
    op.add_column("observations", sa.Column("noted_at", sa.DateTime))
    op.add_column("observations", sa.Column("gone_at", sa.DateTime))
