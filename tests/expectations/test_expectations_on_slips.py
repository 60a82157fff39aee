"""What the rules on slips look at: how many times a cost rose, and by how many months an end was put off."""

import pandas as pd
import pytest

from expectations.slips import SLIPS


@pytest.mark.parametrize(
    ("rule", "before", "after", "months", "ratio", "delay"),
    [
        ("budget_slip", 10, 25, None, 2.5, None),
        ("budget_overrun", 10, 25, None, 2.5, None),
        ("budget_slip", 0.5, 5, None, 10, None),
        # From nothing no ratio is told, nor of what is no cost.
        ("budget_slip", 0, 25, None, None, None),
        ("schedule_overrun", 4, 8, None, None, None),
        ("schedule_slip", None, None, 121, None, 121),
        # What is overdue may have been so for long.
        ("overdue", None, None, 200, None, None),
    ],
)
def test_a_ratio_is_that_of_costs_and_a_delay_that_of_an_end_that_moves(rule, before, after, months, ratio, delay):
    row = {"rule": rule, "from_value": before, "to_value": after, "slip_months": months}
    assert SLIPS.helpers is not None
    found = {name: pd.Series(values).iloc[0] for name, values in SLIPS.helpers(pd.DataFrame([row])).items()}
    assert {name: None if pd.isna(value) else value for name, value in found.items()} == {
        "_cost_ratio": ratio,
        "_delay": delay,
    }
