"""When two dates that are known to a day, a month or a semester say the same."""

from datetime import date

import pytest

from orchestration.domain.durations import period_start


@pytest.mark.parametrize(
    ("day", "precisions", "start"),
    [
        (date(2021, 12, 31), ("day", None), date(2021, 12, 31)),
        (date(2021, 12, 31), (), date(2021, 12, 31)),
        (date(2021, 12, 31), ("day", "month"), date(2021, 12, 1)),
        (date(2021, 1, 31), ("month",), date(2021, 1, 1)),
        (date(2021, 9, 30), ("month", "quarter"), date(2021, 7, 1)),
        (date(2021, 10, 1), ("quarter",), date(2021, 10, 1)),
        (date(2021, 6, 30), ("semester", "quarter"), date(2021, 1, 1)),
        (date(2021, 7, 1), ("semester",), date(2021, 7, 1)),
        (date(2021, 7, 9), ("unheard_of",), date(2021, 7, 9)),
    ],
)
def test_a_period_starts_at_the_coarser_of_the_precisions(day, precisions, start):
    assert period_start(day, precisions) == start
