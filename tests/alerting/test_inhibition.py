"""Causes inhibit their consequences, and nothing else."""

from typing import Any

import pytest
from test_sentences import alert

from orchestration.alerting.alerts import Alert
from orchestration.alerting.inhibition import inhibited

START = {"rule": "rebaselined", "measure": "start", "level": "start"}
SLIP = {"rule": "schedule_slip", "measure": "end", "level": "end"}
EARLIER = {"rule": "reduced", "measure": "end", "level": "end"}


def rules(*alerts: Alert) -> set[str]:
    """The rules of the alerts that are inhibited."""
    keys = inhibited(alerts)
    return {one.rule for one in alerts if one.alert_key in keys}


@pytest.mark.parametrize(
    ("start", "moved", "is_made"),
    [
        ({"slip_months": 6}, SLIP | {"slip_months": 6}, True),
        ({"slip_months": 23}, SLIP | {"slip_months": 3}, True),
        ({"slip_months": 6}, SLIP | {"slip_months": 8}, True),
        ({"slip_months": 6}, SLIP | {"slip_months": 9}, False),
        ({"slip_months": 6}, SLIP | {"slip_months": 11, "semesters": 4}, True),
        ({"slip_months": 6}, SLIP | {"slip_months": 12, "semesters": 4}, False),
        ({"slip_months": -6}, SLIP | {"slip_months": 6}, False),
        ({"slip_months": -12}, EARLIER | {"slip_months": -12}, True),
        ({"slip_months": -12}, EARLIER | {"slip_months": -15}, False),
        ({"slip_months": None}, SLIP | {"slip_months": 6}, False),
        ({"slip_months": 6, "measure": "duration"}, SLIP | {"slip_months": 6}, False),
        ({"slip_months": 6}, EARLIER | {"measure": "cost", "slip_months": None}, False),
    ],
)
def test_a_rewritten_start_inhibits_the_move_of_the_end_that_it_makes(
    start: dict[str, Any], moved: dict[str, Any], is_made: bool
) -> None:
    cause, consequence = alert(**(START | start)), alert(**moved)
    assert rules(cause, consequence) == ({consequence.rule} if is_made else set())


def test_an_overrun_that_the_models_let_through_is_the_end_s_own() -> None:
    overrun = alert(rule="schedule_overrun", level="25", measure="end", slip_months=6)
    assert rules(alert(**START, slip_months=6), overrun, alert()) == set()


def test_an_absence_inhibits_all_else() -> None:
    assert rules(alert(rule="went_silent"), alert(), alert(rule="watermelon")) == {"budget_slip", "watermelon"}


def test_a_withdrawal_is_one_line_unless_the_figures_are_red_for_another_reason_too() -> None:
    withdrawn = alert(rule="figure_withdrawn", measure="cost_and_duration")
    assert rules(withdrawn, alert(rule="watermelon", detail="missing_figures")) == {"watermelon"}
    assert rules(withdrawn, alert(rule="watermelon", detail="missing_figures, overdue")) == set()
    assert rules(alert(rule="watermelon", detail="missing_figures")) == set()
