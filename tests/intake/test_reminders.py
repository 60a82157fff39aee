"""A reminder is due on its day, once, and only while its edition is being filed."""

from datetime import UTC, datetime

import pytest

from orchestration.domain.edition import Edition
from orchestration.intake.inbox import Place, SeenFile
from orchestration.intake.ledger import Ledger
from orchestration.intake.reminders import days_before_deadline, due
from orchestration.intake.take_in import take_in
from tests.calendars import set_calendar
from tests.intake.drops import GOOD, drop, projects_csv

EDITION = Edition.parse("2021-S1")  # its deadline is 30 June


def at(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def test_the_days_are_those_of_the_seed_the_first_one_first():
    assert days_before_deadline() == (30, 7, 1, 0)


@pytest.mark.parametrize(
    ("now", "reminder"),
    [
        (at("2021-05-30", 23), None),
        (at("2021-05-31", 0), (30, at("2021-05-31", 0))),
        (at("2021-06-22"), (30, at("2021-05-31", 0))),
        (at("2021-06-23"), (7, at("2021-06-23", 0))),
        (at("2021-06-29"), (1, at("2021-06-29", 0))),
        (at("2021-06-30"), (0, at("2021-06-30", 0))),
        (at("2021-09-30"), (0, at("2021-06-30", 0))),
        # The next edition is being filed: nobody waits for this one any longer.
        (at("2021-10-01"), None),
    ],
)
def test_the_last_reminder_whose_day_has_begun_is_due(now, reminder):
    assert due(EDITION, at("2021-04-02"), now) == reminder


def test_no_reminder_is_due_for_a_day_on_which_the_edition_was_not_open_yet():
    assert due(EDITION, at("2021-06-23"), at("2021-06-28")) is None
    assert due(EDITION, at("2021-06-22"), at("2021-06-28")) == (7, at("2021-06-23", 0))
    # Opened at the very instant the day began: it was not open before, so nobody was late.
    assert due(EDITION, at("2021-06-23", 0), at("2021-06-28")) is None
    # Filed years later, as a correction of the past.
    assert due(EDITION, at("2025-11-01"), at("2025-11-01")) is None


@pytest.fixture
def ledger(settings):
    with Ledger(settings.ledger) as opened:
        opened.receive(SeenFile("1", "2021-S1/MI/a.csv", 1), "aaa", Place("2021-S1", "MI", False), at("2021-04-02"))
        opened.decide(1, kind="projects", status="accepted")
        yield opened


def test_a_reminder_is_recorded_once_on_its_own_day_whenever_the_pass_takes_place(ledger):
    ledger.remind(at("2021-04-02"))
    ledger.remind(at("2021-06-25"))
    assert ledger.due_reminders(at("2021-06-26")) == {}
    ledger.remind(at("2021-06-26"))
    assert ledger.due_reminders(at("2021-06-30")) == {("2021-S1", "reminder_0"): at("2021-06-30", 0)}


def test_a_closed_edition_is_no_longer_recalled(ledger):
    ledger.close("2021-S1", at("2021-06-20"))
    assert ledger.due_reminders(at("2021-06-25")) == {}


def test_a_reminder_is_due_until_a_pass_has_recorded_it(settings):
    drop(settings.home, "2021-S1/MI/projets.csv", projects_csv(GOOD))
    take_in(settings, at("2021-04-02"))
    with Ledger(settings.ledger) as ledger:
        assert not ledger.due_reminders(at("2021-05-30"))
        assert ledger.due_reminders(at("2021-05-31"))
        take_in(settings, at("2021-05-31"))
        assert not ledger.due_reminders(at("2021-06-01"))


def test_a_deadline_that_is_moved_moves_the_reminders_and_those_given_come_again(ledger, monkeypatch, tmp_path):
    ledger.remind(at("2021-05-31"))
    ledger.remind(at("2021-06-24"))
    set_calendar(monkeypatch, tmp_path, "2021-S1,,2021-07-12,,Report")
    # The day that 30 days before would be is before the last reminder: nothing is told late.
    assert ledger.due_reminders(at("2021-06-30")) == {}
    moved = {("2021-S1", "reminder_7@2021-07-12"): at("2021-07-05", 0)}
    assert ledger.due_reminders(at("2021-07-05")) == moved
    ledger.remind(at("2021-07-05"))
    assert ledger.due_reminders(at("2021-07-10")) == {}
    assert ledger.due_reminders(at("2021-07-11")) == {("2021-S1", "reminder_1"): at("2021-07-11", 0)}


def test_an_edition_for_which_nobody_has_filed_is_recalled_once_the_calendar_has_opened_it(ledger):
    ledger.open_due(at("2021-10-04"))
    assert ledger.due_reminders(at("2021-11-30")) == {}
    assert ledger.due_reminders(at("2021-12-24")) == {("2021-S2", "reminder_7"): at("2021-12-24", 0)}
