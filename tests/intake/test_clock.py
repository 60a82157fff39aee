"""A time of receipt never goes back, and a clock that cannot be right notes nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestration.intake import archive, clock, incidents
from orchestration.intake.clock import ClockAhead, mend_times
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from tests.intake.drops import GOOD, drop, projects_csv

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
PATH = "2021-S2/MI/a.csv"
ROWS = [GOOD.replace("42,5", f"{cost},5") for cost in range(40, 48)]
TICK = timedelta(microseconds=1)


@pytest.fixture
def file(settings):
    """File a correction at a time; what was decided."""
    filed = []

    def one(at, **more):
        filed.append(at)
        drop(settings.home, PATH, projects_csv(ROWS[len(filed)]))
        return take_in(settings, at, **more).outcomes

    return one


def _counts(settings) -> int:
    with Ledger(settings.ledger) as ledger:
        return ledger.counting("2021-S2", "MI")["projects"].drop_id


def _times(settings) -> list[datetime]:
    with Ledger(settings.ledger) as ledger:
        return [ledger.record(number).received_at for number in ledger.drop_ids()]


def _open(settings, now) -> list[tuple[str, str]]:
    with Ledger(settings.ledger) as ledger:
        return [(one.rule, one.subject) for one in incidents.open_incidents(ledger.engine, now)]


def test_a_correction_counts_though_the_clock_went_back_by_hours(settings, file):
    file(NOW)
    (corrected,) = file(NOW - 5 * HOUR)
    # At one instant the files' own times would decide, and the same clock wrote those.
    assert corrected.receipt.received_at == NOW + TICK
    assert _counts(settings) == 2
    assert _open(settings, NOW) == [("clock_behind", "clock")]
    file(NOW - 4 * HOUR)
    assert _counts(settings) == 3
    assert _open(settings, NOW) == [("clock_behind", "clock")]
    file(NOW + HOUR)
    assert _counts(settings) == 4
    assert _open(settings, NOW) == []
    assert _times(settings) == [NOW, NOW + TICK, NOW + 2 * TICK, NOW + HOUR]


def test_an_incident_of_the_clock_ends_with_a_pass_that_finds_nothing_to_take_in(settings, file):
    file(NOW)
    take_in(settings, NOW - HOUR)
    assert _open(settings, NOW) == [("clock_behind", "clock")]
    take_in(settings, NOW + HOUR)
    assert _open(settings, NOW) == []


def test_clocks_of_two_machines_may_differ_by_seconds(settings, file):
    file(NOW)
    (corrected,) = file(NOW - timedelta(seconds=50))
    # At one instant the files' own times would decide, and the same clock wrote those.
    assert corrected.receipt.received_at == NOW + TICK
    assert _counts(settings) == 2
    assert _open(settings, NOW) == []


@pytest.mark.parametrize("is_filed", [True, False], ids=["after a drop", "after an empty pass"])
def test_a_clock_years_ahead_notes_nothing_until_a_person_says_that_it_is_right(settings, file, is_filed):
    if is_filed:
        file(NOW)
    else:
        take_in(settings, NOW)
    before = sorted(path for path in settings.home.rglob("*") if "inbox" not in path.parts)
    said = _times(settings)
    with pytest.raises(ClockAhead, match=r"The clock says 2024-11-30 09:00 UTC.*2021-12-01 09:00 UTC.*jalons clock"):
        file(NOW + 3 * YEAR)
    assert _times(settings) == said
    assert sorted(path for path in settings.home.rglob("*") if "inbox" not in path.parts) == before
    with Ledger(settings.ledger) as ledger:
        assert ledger.clock_seen() == NOW
        ledger.confirm_clock(NOW + 3 * YEAR)
    (outcome,) = take_in(settings, NOW + 3 * YEAR).outcomes
    assert outcome.receipt.received_at == NOW + 3 * YEAR


def test_what_came_while_the_clock_was_years_ahead_is_taken_in_once_it_is_right_again(settings, file):
    file(NOW)
    with pytest.raises(ClockAhead):
        file(NOW + 3 * YEAR)
    (outcome,) = take_in(settings, NOW + HOUR).outcomes
    assert (outcome.receipt.status, outcome.receipt.received_at) == ("accepted", NOW + HOUR)


def test_a_home_that_rested_for_a_year_between_two_semesters_is_believed(settings, file):
    file(NOW)
    assert len(file(NOW + YEAR)) == 1


def test_a_replay_says_any_times_in_any_order(settings, file):
    take_in(settings, NOW)
    for at in (NOW + 9 * YEAR, NOW - 4 * YEAR, NOW):
        (outcome,) = file(at, is_replay=True)
        assert outcome.receipt.received_at == at
    assert _counts(settings) == 1
    assert _open(settings, NOW) == []


def test_a_home_that_was_replayed_years_ago_takes_in_what_comes_today(settings, file):
    file(NOW - 4 * YEAR, is_replay=True)
    (outcome,) = file(NOW)
    assert outcome.receipt.received_at == NOW
    assert _counts(settings) == 2


@pytest.fixture
def ahead(settings, file):
    """A home whose clock was months ahead while the second and third of three drops came, and an edition was closed."""
    file(NOW)
    file(NOW + 100 * timedelta(days=1))
    file(NOW + 90 * timedelta(days=1))
    with Ledger(settings.ledger) as ledger:
        ledger.close("2021-S2", NOW + 101 * timedelta(days=1))
    return settings


def test_false_times_are_mended_in_the_order_in_which_the_drops_came(ahead, file):
    assert mend_times(ahead, NOW + HOUR, NOW + 2 * HOUR) == [2, 3]
    assert _times(ahead) == [NOW, NOW + HOUR, NOW + HOUR + TICK]
    assert _counts(ahead) == 3
    (correction,) = file(NOW + 3 * HOUR)
    assert correction.receipt.received_at == NOW + 3 * HOUR
    assert _counts(ahead) == 4
    assert _open(ahead, NOW + 3 * HOUR) == []


def test_records_closings_and_what_was_said_before_follow_a_mended_time(ahead):
    mend_times(ahead, NOW + HOUR, NOW + 2 * HOUR)
    with Ledger(ahead.ledger) as ledger:
        assert list(archive.records(ahead.archive)) == [ledger.record(number) for number in (1, 2, 3)]
        with ledger.engine.connect() as connection:
            query = "select event, drop_id, edition, edition_event, said_at, mended_to from clock_events"
            events = connection.exec_driver_sql(query).all()
            closing = connection.exec_driver_sql("select at from edition_events where event = 'closed'").scalar()
        assert ledger.clock_seen() == NOW + 2 * HOUR
    assert closing.startswith("2021-12-01 10:00:00")
    assert [(one.event, one.drop_id, one.edition, one.edition_event, one.said_at[:10]) for one in events] == [
        ("mended", 2, None, None, "2022-03-11"),
        ("mended", 3, None, None, "2022-03-11"),
        ("mended", None, "2021-S2", "closed", "2022-03-12"),
        # Its day was the deadline, which had not come.
        ("mended", None, "2021-S2", "reminder_0", "2021-12-31"),
    ]
    assert {one.mended_to[:16] for one in events} == {"2021-12-01 10:00"}


def test_mending_twice_mends_nothing_more_and_a_mended_home_owes_a_pass(ahead):
    with Ledger(ahead.ledger) as ledger:
        ledger.pass_done(ledger.head())
        assert ledger.is_up_to_date()
        mend_times(ahead, NOW + HOUR, NOW + 2 * HOUR)
        assert not ledger.is_up_to_date()
    assert mend_times(ahead, NOW + HOUR, NOW + 2 * HOUR) == []


def test_a_time_before_a_drop_that_is_dated_right_is_no_time_to_give_to_what_came_after_it(ahead):
    said = _times(ahead)
    with pytest.raises(ValueError, match="2021-12-01 09:00:00 UTC"):
        mend_times(ahead, NOW - HOUR, NOW + 2 * HOUR)
    assert _times(ahead) == said
    assert clock.mend_times(ahead, NOW, NOW + 2 * HOUR) == [2, 3]
    assert _counts(ahead) == 3
