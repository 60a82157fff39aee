"""Editions are semesters; their codes sort as they follow each other."""

from datetime import date

import pytest

from orchestration.domain.edition import Edition
from tests.calendars import set_calendar


def test_a_code_is_read_and_written_back():
    assert Edition.parse("2021-S2").code == "2021-S2"


@pytest.mark.parametrize("code", ["2021-S3", "2021-S0", "21-S1", "2021S1", "2021-S1 ", "", "2021-s1"])
def test_anything_else_is_refused_with_an_example(code):
    with pytest.raises(ValueError, match="2021-S1"):
        Edition.parse(code)


def test_the_state_is_that_of_the_last_day_of_the_semester():
    assert Edition.parse("2021-S1").as_of == date(2021, 6, 30)
    assert Edition.parse("2021-S2").as_of == date(2021, 12, 31)


def test_previous_and_next_cross_the_year():
    assert Edition.parse("2021-S1").previous().code == "2020-S2"
    assert Edition.parse("2020-S2").next().code == "2021-S1"


def test_publication_comes_after_the_deadline_and_the_deadline_after_the_opening():
    edition = Edition.parse("2021-S2")
    assert edition.opening < edition.deadline < edition.publication


def test_an_edition_is_late_two_semesters_on_and_not_while_it_is_waited_for(tmp_path, monkeypatch):
    edition = Edition(2019, 1)
    days = [date(2019, 6, 30), date(2019, 12, 31), date(2020, 1, 1), date(2018, 1, 1)]
    assert [edition.is_late(day) for day in days] == [False, False, True, False]
    set_calendar(monkeypatch, tmp_path, "2019-S1,,2020-03-31,,")
    assert [edition.is_late(day) for day in (date(2020, 3, 31), date(2020, 4, 1))] == [False, True]
