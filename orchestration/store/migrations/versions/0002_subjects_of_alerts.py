"""The outbox's rows say their rule and subject; those of a home made before say it in their keys alone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add both columns where they are absent, and fill them from the keys, which are `rule:subject:edition:level`."""
    connection = op.get_bind()
    known = {column["name"] for column in sa.inspect(connection).get_columns("alert_outbox")}
    for name in ("rule", "subject"):
        if name not in known:
            op.add_column("alert_outbox", sa.Column(name, sa.String))
    outbox = sa.table("alert_outbox", sa.column("alert_key"), sa.column("rule"), sa.column("subject"))
    unnamed = sa.select(outbox.c.alert_key).where(outbox.c.rule.is_(None)).distinct()
    for (key,) in connection.execute(unnamed).all():
        # A subject may hold colons; the rule, the edition and the level never do.
        rule, rest = key.split(":", 1)
        subject = rest.rsplit(":", 2)[0]
        connection.execute(sa.update(outbox).where(outbox.c.alert_key == key).values(rule=rule, subject=subject))
