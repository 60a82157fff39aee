"""The monthly reminder of critical alerts that are still open: when it is due, of which alerts, and its words.

What belongs here: these three, as facts and pure functions. What does not: sending it, and to whom (`delivery`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from babel.dates import format_date

from orchestration.alerting.alerts import Alert
from orchestration.alerting.answers import Answer
from orchestration.alerting.message import Line
from orchestration.alerting.sentences import MAX_NAME, cut, name_of, perimeter_of, plain, statement
from orchestration.domain.edition import Edition
from orchestration.domain.french import agreed, paris, typeset
from orchestration.store.sql import naive_utc


def monthly_reminder_due(now: datetime, told_months: Collection[str]) -> str | None:
    """The month (in Paris) that the reminder is due for, such as `2018-11`; `None` where it was told already."""
    month = f"{paris(now):%Y-%m}"
    return None if month in told_months else month


def open_criticals(
    alerts: Iterable[Alert], ended: Collection[str], answers: Mapping[str, Sequence[Answer]], now: datetime
) -> list[Alert]:
    """The critical alerts to be reminded of, in the order given; `ended` are the keys of those that have ended.

    They were raised before this month, and nobody explained or snoozed them until today. A state is open for as long
    as it lasts; what happened, and a file that is missing, while its edition is not late: history is no open matter.
    """
    today = paris(now).date()
    month_began = naive_utc(paris(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0))

    def is_open(alert: Alert) -> bool:
        said = {one.kind for one in answers.get(alert.alert_key, ()) if one.holds(today)}
        return (
            alert.severity == "critique"
            and alert.alert_key not in ended
            and not said & {"ack", "snooze"}
            and alert.raised_at is not None
            and alert.raised_at < month_began
            and (_lasts(alert) or not _is_late(alert, today))
        )

    return list(filter(is_open, alerts))


def monthly_reminder(
    criticals: Sequence[Alert], answers: Mapping[str, Sequence[Answer]], now: datetime
) -> tuple[str, tuple[Line, ...]]:
    """The title and the lines: one of each subject in an edition, which is what the title counts."""
    groups: dict[tuple[str, str | None], list[Alert]] = {}
    for alert in criticals:
        groups.setdefault((alert.subject, alert.edition), []).append(alert)
    month = format_date(paris(now).date(), "MMMM y", locale="fr")
    of_month = f"d’{month}" if month[0] in "ao" else f"de {month}"
    still_open = agreed(len(groups), "situation critique", "situations critiques")
    still_open += f" toujours {agreed(len(groups), 'ouverte')}"
    title = typeset(f"Rappel {of_month} : {len(groups)} {still_open}")
    return title, tuple(_line(group, answers, paris(now).date()) for group in groups.values())


def _lasts(alert: Alert) -> bool:
    return alert.of_rule.is_state and alert.of_rule.about != "filing"


def _is_late(alert: Alert, today: date) -> bool:
    return alert.edition is not None and Edition.parse(alert.edition).is_late(today)


def _line(group: Sequence[Alert], answers: Mapping[str, Sequence[Answer]], today: date) -> Line:
    first = group[0]
    where = (perimeter_of(first), f"édition {first.edition}" if first.edition else None)
    in_brackets = ", ".join(part for part in where if part)
    who = sorted(
        {
            cut(plain(one.assigned_to), MAX_NAME)
            for alert in group
            for one in answers.get(alert.alert_key, ())
            if one.assigned_to and one.holds(today)
        }
    )
    said = [*map(statement, group), *([typeset(f"Suivi : {', '.join(who)}.")] if who else [])]
    return Line(" ".join(said), f"{name_of(first)} ({in_brackets})" if in_brackets else name_of(first))
