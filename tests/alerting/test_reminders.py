"""The monthly reminder of what is critical and still open, and what makes a delivery due that nothing was filed for."""

from datetime import UTC, date, datetime

from alert_home import NOW, Home, alert_row

from orchestration.alerting.answers import Answer, answer, last_turn
from orchestration.alerting.outbox_questions import is_behind
from tests.alerting.test_ends import correction, corrections, end_row, ends

CRITICAL = alert_row(severity="critique", raised_at=datetime(2017, 10, 2))


def reminders(home: Home) -> list[str]:
    return [text for text in home.slack.texts if text.startswith("Rappel")]


def test_what_is_critical_and_open_is_recalled_once_a_month(home: Home) -> None:
    home.mart(CRITICAL)
    home.deliver()
    home.deliver_later(60)
    assert ["SIRHEN" in text for text in reminders(home)] == [True]
    home.now = datetime(2017, 12, 1, 9, tzinfo=UTC)
    home.deliver()
    home.deliver_later(60)
    assert len(reminders(home)) == 2


def test_what_was_explained_is_not_recalled(home: Home) -> None:
    home.mart(CRITICAL)
    answer(home.settings, [CRITICAL["alert_key"]], Answer("ack", "On sait", "A. M.", date(2017, 12, 31)), NOW)
    home.deliver()
    assert reminders(home) == []


def test_what_was_told_to_have_ended_is_not_recalled_though_its_project_left_since(home: Home) -> None:
    overdue = alert_row(rule="overdue", level="end", severity="critique", raised_at=datetime(2017, 10, 2))
    home.mart(overdue)
    home.deliver()
    ends(home, end_row(overdue, "redressée"))
    home.deliver_later(60)
    ends(home)
    corrections(home, correction(edition="2018-S1", is_present=False))
    home.now = datetime(2017, 12, 1, 9, tzinfo=UTC)
    home.deliver()
    assert len(reminders(home)) == 1


def test_a_reminder_whose_answer_was_lost_is_not_sent_twice(home: Home) -> None:
    home.mart(CRITICAL)
    home.misbehave(None, "lose_answer")
    home.deliver()
    home.look_twice()
    assert len(reminders(home)) == 1


def test_a_reminder_that_could_not_leave_in_its_month_is_told_no_more(home: Home) -> None:
    home.mart(CRITICAL)
    home.misbehave(None, "long_rate_limit")
    home.deliver()
    home.mart()
    home.now = datetime(2017, 12, 2, 9, tzinfo=UTC)
    home.deliver()
    assert reminders(home) == []


def test_a_delivery_is_due_when_something_was_answered_and_when_an_answer_runs_out(home: Home) -> None:
    home.mart(alert_row())
    home.deliver()
    assert last_turn(home.settings, home.now) is None
    answered_at = datetime(2017, 11, 16, 9, tzinfo=UTC)
    said = Answer("ack", "On sait", "A. M.", date(2017, 11, 20))
    answer(home.settings, [alert_row()["alert_key"]], said, answered_at)
    assert last_turn(home.settings, answered_at) == answered_at
    over = datetime(2017, 11, 20, 23, tzinfo=UTC)
    assert last_turn(home.settings, datetime(2017, 11, 22, tzinfo=UTC)) == over
    assert [is_behind(home.settings, {"slack"}, turn, home.now) for turn in (NOW, answered_at, over)] == [
        False,
        True,
        True,
    ]
    home.deliver_later(60 * 24 * 7)
    assert not is_behind(home.settings, {"slack"}, over, home.now)


def test_no_delivery_is_due_on_a_channel_that_rests(home: Home) -> None:
    home.mart(alert_row())
    home.deliver()
    home.mart(alert_row(), alert_row("chorus"))
    home.slack.refuses_posts = "token_revoked"
    home.now = datetime(2017, 12, 1, 9, tzinfo=UTC)
    home.deliver()
    turn = datetime(2017, 12, 1, tzinfo=UTC)
    assert not is_behind(home.settings, {"slack"}, turn, home.now)
    assert is_behind(home.settings, {"slack"}, turn, datetime(2017, 12, 1, 11, tzinfo=UTC))
