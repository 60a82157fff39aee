"""Once a month, the critical alerts that are still open are told again, and no others."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from test_sentences import alert, plain

from orchestration.alerting.alerts import Alert
from orchestration.alerting.answers import Answer
from orchestration.alerting.monthly_reminder import monthly_reminder, monthly_reminder_due, open_criticals

# In Paris, November has begun.
NOW = datetime(2017, 10, 31, 23, 30, tzinfo=UTC)
BEFORE = datetime(2017, 10, 31, 22, 59)


def critical(subject: str = "sirhen", **changed: Any) -> Alert:
    return alert(subject, **({"severity": "critique", "edition": "2017-S1", "raised_at": BEFORE} | changed))


def test_it_is_due_once_in_a_month_of_paris() -> None:
    assert monthly_reminder_due(NOW, {"2017-10"}) == "2017-11"
    assert monthly_reminder_due(NOW, {"2017-10", "2017-11"}) is None


@pytest.mark.parametrize(
    ("found", "is_told"),
    [
        (critical(), True),
        (critical(severity="attention"), False),
        # This month's are not old enough to be reminded of.
        (critical(raised_at=BEFORE + timedelta(minutes=1)), False),
        (critical(raised_at=None), False),
        # What happened is history two semesters on; what lasts is not.
        (critical(edition="2016-S2"), False),
        (critical(edition="2016-S2", rule="overdue"), True),
        (critical("MI/projects", edition="2016-S2", rule="submission_missing", level="0"), False),
        (critical("MI/projects", rule="submission_missing", level="0"), True),
    ],
)
def test_what_is_critical_old_enough_and_no_history_is_open(found: Alert, is_told: bool) -> None:
    assert open_criticals([found], (), {}, NOW) == [found] * is_told


def test_what_has_ended_or_was_answered_until_today_is_not_open() -> None:
    found, today = critical(), date(2017, 11, 1)
    assert open_criticals([found], [found.alert_key], {}, NOW) == []

    def is_open(one: Answer) -> bool:
        return open_criticals([found], (), {found.alert_key: (one,)}, NOW) == [found]

    assert not is_open(Answer("ack", "Marché relancé", "A. Martin", today))
    assert not is_open(Answer("snooze", "Marché relancé", "A. Martin", today))
    assert is_open(Answer("ack", "Marché relancé", "A. Martin", today - timedelta(1)))
    assert is_open(Answer("assign", "Marché relancé", "A. Martin", today, "L. Petit"))


def test_its_title_counts_its_lines_of_which_each_subject_has_one_per_edition() -> None:
    overrun = critical(rule="budget_overrun", level="50", from_value=Decimal(60))
    criticals = [critical(), overrun, critical("chorus", perimeter=None)]
    said = {overrun.alert_key: (Answer("assign", "Suivi", "A. Martin", date(2017, 12, 1), "L. Petit"),)}
    title, lines = monthly_reminder(criticals, said, NOW)
    assert title == "Rappel de novembre 2017\N{NO-BREAK SPACE}: 2 situations critiques toujours ouvertes"
    assert [line.name for line in lines] == [
        "SIRHEN (Éducation nationale, édition 2017-S1)",
        "CHORUS (édition 2017-S1)",
    ]
    assert plain(lines[0].text) == (
        "Coût en hausse de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€, depuis l’édition 2017-S1. Coût passé à 97,0 M€, 61,7 % "
        "au-dessus de la référence initiale (60,0 M€) ; palier de 50 % franchi à l’édition 2017-S1. Suivi : L. Petit."
    )
    (title, _) = monthly_reminder([critical()], {}, datetime(2018, 4, 1, tzinfo=UTC))
    assert plain(title) == "Rappel d’avril 2018 : 1 situation critique toujours ouverte"
