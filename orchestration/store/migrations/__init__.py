"""The history of the database's tables, as alembic runs it: a numbered file of `versions/` per change.

What belongs here: how a table came to be what it is. What does not: what the tables are now
(`orchestration.intake.ledger`, `orchestration.alerting.outbox`), which a test compares with the end of this history.
"""
