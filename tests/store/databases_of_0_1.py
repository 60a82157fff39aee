"""Databases as 0.1 made them, statement by statement: it kept no history of its tables.

What belongs here: how a database of before looks. What does not: what becomes of one (`test_migrations`).
"""

import sqlite3
from contextlib import closing
from pathlib import Path

LEDGER = (
    """CREATE TABLE drops (
        drop_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL, size BIGINT NOT NULL,
        modified TEXT NOT NULL, sha256 TEXT NOT NULL, received_at DATETIME NOT NULL, edition TEXT, perimeter TEXT,
        is_dry_run BOOLEAN NOT NULL, kind TEXT, status TEXT NOT NULL, contract_version TEXT, rules_version TEXT,
        rows_read INTEGER, rows_accepted INTEGER, errors INTEGER, warnings INTEGER, verdict TEXT, receipt TEXT)""",
    """CREATE TABLE observations (
        path TEXT NOT NULL, size BIGINT NOT NULL, modified TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (path))""",
    """CREATE TABLE edition_events (
        edition TEXT NOT NULL, event TEXT NOT NULL, at DATETIME NOT NULL, PRIMARY KEY (edition, event))""",
    "CREATE TABLE passes (only INTEGER NOT NULL, head TEXT NOT NULL, PRIMARY KEY (only))",
)
_OUTBOX = """CREATE TABLE alert_outbox (
    alert_key VARCHAR NOT NULL, channel VARCHAR NOT NULL, kind VARCHAR NOT NULL, occurrence INTEGER NOT NULL,
    state VARCHAR NOT NULL, {named} edition VARCHAR, headline VARCHAR NOT NULL, message_key VARCHAR, message_id VARCHAR,
    after_id VARCHAR, planned_at DATETIME NOT NULL, sent_at DATETIME, attempts INTEGER NOT NULL, error VARCHAR,
    PRIMARY KEY (alert_key, channel, kind, occurrence))"""
_INDEX = "CREATE INDEX ix_alert_outbox_message_key ON alert_outbox (message_key)"
OUTBOX = (_OUTBOX.format(named="rule VARCHAR, subject VARCHAR,"), _INDEX)
# The first outboxes said rule and subject in their keys alone.
UNNAMED_OUTBOX = (_OUTBOX.format(named=""), _INDEX)

DROP = (
    *(1, "2021-S2/MI/a.csv", 12, "1638349200.0", "a" * 64, "2021-12-01 09:00:00.000000", "2021-S2", "MI", 0),
    *("projects", "accepted", "1", "1", 1, 1, 0, 0, "Votre fichier est accepté.", "2021-S2/MI/20211201T090000Z-00001"),
)
EVENT = ("2021-S2", "opened", "2021-12-01 09:00:00.000000")
KEY = "budget_slip:MI:HORIZON: the second:2021-S2:10"
_MESSAGE = (
    *(KEY, "console", "alert", 1, "sent", "2021-S2", "HORIZON coûte plus", "m", "17", None),
    *("2021-12-01 09:00:00.000000", "2021-12-01 09:00:01.000000", 1, None),
)


def make(path: Path, outbox: tuple[str, ...] = OUTBOX) -> None:
    """Make a database of 0.1 that says one thing in each of its tables."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        for statement in (*LEDGER, *outbox):
            connection.execute(statement)
        connection.execute(f"INSERT INTO drops VALUES ({_marks(DROP)})", DROP)  # noqa: S608 - marks only
        connection.execute("INSERT INTO observations VALUES (?, ?, ?, ?)", DROP[1:5])
        connection.execute("INSERT INTO edition_events VALUES (?, ?, ?)", EVENT)
        connection.execute("INSERT INTO passes VALUES (1, '1:1')")
        if outbox:
            columns = (
                "alert_key, channel, kind, occurrence, state, edition, headline, message_key, message_id, after_id"
            )
            columns += ", planned_at, sent_at, attempts, error"
            connection.execute(f"INSERT INTO alert_outbox ({columns}) VALUES ({_marks(_MESSAGE)})", _MESSAGE)  # noqa: S608 - marks only
        connection.commit()


def _marks(values: tuple[object, ...]) -> str:
    return ", ".join("?" * len(values))
