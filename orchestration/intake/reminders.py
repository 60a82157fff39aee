"""When those who have not filed are reminded: so many days before the deadline of an open edition (docs/rules.md §8).

What belongs here: which reminder of an edition is due. What does not: who has not filed (dbt decides, from what the
ledger remembers) and what they are told (`orchestration.alerting`).
"""

from datetime import datetime, timedelta
from functools import cache

from orchestration.domain.edition import Edition, day_begins
from orchestration.domain.reference_data import seed_rows


@cache
def days_before_deadline() -> tuple[int, ...]:
    """The reminders of the seed `alert_rules`, the first one first: 30, 7, 1 and 0 days before the deadline."""
    rows = [row for row in seed_rows("alert_rules") if row["rule"] == "submission_missing"]
    return tuple(sorted((int(row["at_least"]) for row in rows), reverse=True))


def due(
    edition: Edition, opened_at: datetime, now: datetime, reminded_at: datetime | None = None
) -> tuple[int, datetime] | None:
    """The last reminder of an open edition whose day has begun (UTC): its days before the deadline, and that day.

    Those before it are left out, so that a pass after a long silence reminds once. None is due for a day on which the
    edition was not open yet, for one up to `reminded_at`, the day of the last reminder that was given, nor once its
    closing day has come: the next edition is being filed.
    """
    if now.date() >= edition.closing:
        return None
    days = {left: day_begins(edition.deadline - timedelta(left)) for left in days_before_deadline()}
    since = max(opened_at, reminded_at or opened_at)
    begun = [(left, day) for left, day in days.items() if since < day <= now]
    return min(begun, default=None)
