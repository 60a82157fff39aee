"""What the real waves say of rebaselining, and of where their totals come from, as a human reading found it."""

from collections import Counter
from decimal import Decimal

import pytest
from made_lake import read_mart

from tests.real_home import KEPT_AFTER, RealHome

Marts = dict[str, list[dict[str, object]]]


@pytest.fixture(scope="module")
def after(real_home: RealHome) -> dict[int, Marts]:
    """The marts after waves 6 and 7: the last edition as it was filed first, then as it was filed again."""
    names = ("rebaselines", "decompositions", "slips")
    return {order: {name: read_mart(real_home.after(order), name) for name in names} for order in KEPT_AFTER}


def moved(marts: Marts) -> set[tuple[object, ...]]:
    return {
        (row["edition"], row["measure"], row["project_id"], str(row["from_date"])[:7], str(row["to_date"])[:7])
        for row in marts["rebaselines"]
    }


def test_the_starts_that_moved_are_rebaselines_and_those_that_only_lost_their_day_are_not(
    after: dict[int, Marts],
) -> None:
    assert moved(after[7]) == {
        ("2017-S1", "start", "sirhen", "2007-01", "2008-12"),
        ("2017-S1", "start", "renoirh", "2014-04", "2011-01"),
        ("2017-S1", "start", "montee-de-version-sirh", "2016-09", "2016-10"),
    }


def test_a_start_that_moved_in_a_superseded_file_is_a_rebaseline_for_as_long_as_the_file_counts(
    after: dict[int, Marts],
) -> None:
    assert moved(after[6]) - moved(after[7]) == {("2018-S1", "start", "ppng", "2016-03", "2015-06")}


@pytest.mark.parametrize(
    ("earlier", "later", "known_or_unknown"),
    [("2016-S2", "2017-S1", "51.0"), ("2017-S1", "2017-S2", "-8.9"), ("2017-S2", "2018-S1", "180.0")],
)
def test_costs_that_became_known_or_unknown_are_told_from_costs_that_rose(
    after: dict[int, Marts], earlier: str, later: str, known_or_unknown: str
) -> None:
    (row,) = (
        row
        for row in after[7]["decompositions"]
        if (row["from_edition"], row["edition"], row["measure"]) == (earlier, later, "total_cost_meur")
    )
    assert round(row["newly_known"] + row["withdrawn"], 1) == Decimal(known_or_unknown)


def test_the_slips_of_each_edition_are_counted_by_rule(after: dict[int, Marts]) -> None:
    assert Counter((row["edition"], row["rule"]) for row in after[7]["slips"]) == {
        ("2017-S1", "budget_slip"): 4,
        ("2017-S1", "schedule_slip"): 9,
        ("2017-S1", "budget_overrun"): 4,
        ("2017-S1", "schedule_overrun"): 5,
        ("2017-S1", "rebaselined"): 3,
        ("2017-S1", "reduced"): 4,
        ("2017-S1", "phase_back"): 2,
        ("2017-S1", "entered"): 6,
        ("2017-S1", "cost_known"): 3,
        ("2017-S1", "went_silent"): 8,
        ("2017-S2", "budget_slip"): 5,
        ("2017-S2", "schedule_slip"): 12,
        ("2017-S2", "budget_overrun"): 8,
        ("2017-S2", "schedule_overrun"): 12,
        ("2017-S2", "reduced"): 1,
        ("2017-S2", "phase_back"): 1,
        ("2017-S2", "entered"): 1,
        ("2017-S2", "cost_known"): 1,
        ("2017-S2", "stagnant"): 6,
        ("2017-S2", "figure_withdrawn"): 1,
        ("2017-S2", "went_silent"): 1,
        ("2018-S1", "budget_slip"): 10,
        ("2018-S1", "schedule_slip"): 16,
        ("2018-S1", "budget_overrun"): 16,
        ("2018-S1", "schedule_overrun"): 20,
        ("2018-S1", "creep"): 1,
        ("2018-S1", "reduced"): 2,
        ("2018-S1", "completed"): 1,
        ("2018-S1", "entered"): 1,
        ("2018-S1", "cost_known"): 4,
        ("2018-S1", "stagnant"): 4,
        ("2018-S1", "went_silent"): 5,
    }


def test_a_start_rewritten_by_39_months_is_no_delay_where_the_end_stands(after: dict[int, Marts]) -> None:
    renoirh = [row for row in after[7]["slips"] if row["subject"] == "renoirh" and row["edition"] == "2017-S1"]
    said = {row["rule"]: (row["severity"], row["slip_months"], row["end_change_months"]) for row in renoirh}
    assert said["rebaselined"] == ("attention", -39, 0)
    # Its cost alone is over the baseline.
    assert said.keys() == {"rebaselined", "budget_slip", "budget_overrun"}


def test_ends_that_come_back_to_what_they_were_are_no_delay_to_act_on(after: dict[int, Marts]) -> None:
    returned = {
        (row["edition"], row["subject"], row["severity"], row["returns_to_edition"])
        for row in after[7]["slips"]
        if row["returns_to_edition"]
    }
    assert returned == {
        ("2017-S2", "cassiopee", "information", "2016-S2"),
        ("2017-S2", "deploiement-renoirh", "information", "2016-S2"),
        ("2017-S2", "regroup-centres-info", "information", "2016-S2"),
    }


def test_no_project_is_late_before_the_day(after: dict[int, Marts]) -> None:
    # Filed on 15 March 2018; LSUN was to end in June.
    late = [row for row in after[6]["slips"] if (row["edition"], row["rule"]) == ("2018-S1", "overdue")]
    assert {row["to_text"] for row in late} == {"2018-03-15"}
    assert all(str(row["from_text"]) < "2018-03-15" and row["subject"] != "lsun" for row in late)


def test_projects_last_filed_as_finished_are_not_silent_when_they_are_gone(after: dict[int, Marts]) -> None:
    silent = {
        row["subject"] for row in after[7]["slips"] if (row["edition"], row["rule"]) == ("2018-S1", "went_silent")
    }
    assert silent == {"genesis-v2", "pnij", "revtc-v2", "rie", "segur"}
    completed = {
        row["subject"] for row in after[6]["slips"] if (row["edition"], row["rule"]) == ("2018-S1", "completed")
    }
    assert completed >= {"alpha", "cpp-2017", "ppng"}
