"""The days of an edition are those that a person set, else the rule's: one place says each."""

from datetime import date

import pytest

from orchestration.domain.edition import Edition
from orchestration.domain.reference_data import seed_rows
from tests.calendars import set_calendar

S2 = Edition.parse("2021-S2")


def test_an_edition_that_the_calendar_does_not_name_has_the_days_of_the_rule():
    assert (S2.opening, S2.deadline, S2.publication, S2.closing) == (
        date(2021, 10, 1),
        date(2021, 12, 31),
        date(2022, 1, 15),
        date(2022, 4, 1),
    )
    assert not S2.is_named


def test_a_day_that_the_calendar_sets_is_the_editions_and_what_it_leaves_blank_the_rules(monkeypatch, tmp_path):
    set_calendar(monkeypatch, tmp_path, "2021-S2,,2022-01-14,,Report", "2022-S1,2022-03-15,,,")
    assert (S2.opening, S2.deadline, S2.publication) == (date(2021, 10, 1), date(2022, 1, 14), date(2022, 1, 15))
    # Nobody waits for it once the next one is being filed.
    assert S2.closing == date(2022, 3, 15)
    assert S2.is_named
    assert S2.as_of == date(2021, 12, 31)


def test_an_edition_is_not_closed_before_its_deadline_has_passed(monkeypatch, tmp_path):
    set_calendar(monkeypatch, tmp_path, "2021-S2,,2022-04-30,,Report")
    assert S2.closing == date(2022, 5, 1)
    assert Edition.filed_on(date(2022, 4, 15)) == [S2, Edition.parse("2022-S1")]


def test_a_calendar_that_is_edited_holds_at_once_in_a_service_that_runs(monkeypatch, tmp_path):
    set_calendar(monkeypatch, tmp_path, "2021-S2,,2022-01-14,,")
    assert S2.deadline == date(2022, 1, 14)
    set_calendar(monkeypatch, tmp_path, "2021-S2,,2022-01-10,,Report")
    assert S2.deadline == date(2022, 1, 10)


def test_what_is_not_a_day_is_named(monkeypatch, tmp_path):
    set_calendar(monkeypatch, tmp_path, "2021-S2,,31/12/2021,,")
    with pytest.raises(ValueError, match="deadline of 2021-S2, '31/12/2021', is not a day"):
        _ = S2.deadline


def test_the_reviewed_calendar_names_each_edition_once_with_days_in_their_order():
    editions = [Edition.parse(row["edition"]) for row in seed_rows("edition_calendar")]
    assert editions == sorted(set(editions))
    for edition in editions:
        assert edition.opening < edition.deadline < edition.publication
        assert edition.deadline < edition.closing
