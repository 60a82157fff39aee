"""The SHA-256 of the values of a submission's rows: read again, they must be those that were accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; of rows noted before only their number is known."""
    op.add_column("lake_files", sa.Column("rows_sha256", sa.Text))
