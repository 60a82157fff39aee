"""Causes inhibit their consequences: which alerts of a card say again what another one of it says.

What belongs here: what is known of two alerts of one project in one edition. What does not: what the models leave out
themselves (the level that a rewritten start alone makes an end cross, cost and duration withdrawn together).
"""

from collections.abc import Collection

from orchestration.alerting.alerts import Alert
from orchestration.domain.alert_rules import thresholds

# Months of slips are for six months; between editions further apart they count twice (docs/rules.md §8).
_MOST_SEMESTERS_COUNTED = 2


def inhibited(alerts: Collection[Alert]) -> frozenset[str]:
    """The keys of those that are consequences of others; all are of one project, in one edition.

    An absence says all else; a start that was rewritten says the move of the end that it makes; a withdrawal says that
    figures are missing. How grave they are is to be seen on the card though: nothing is made lighter by its cause.
    """
    silent = [one for one in alerts if one.rule == "went_silent"]
    if silent:
        return frozenset(one.alert_key for one in alerts if one not in silent)
    starts = [one for one in alerts if one.rule == "rebaselined" and one.measure == "start"]
    are_withdrawn = any(one.rule == "figure_withdrawn" for one in alerts)
    return frozenset(
        one.alert_key
        for one in alerts
        if any(_is_made_by(start, one) for start in starts)
        or (are_withdrawn and one.rule == "watermelon" and one.detail == "missing_figures")
    )


def _is_made_by(start: Alert, moved: Alert) -> bool:
    """Whether the end moved as its start did: what it moved beyond is less than would be told."""
    if moved.rule != "schedule_slip" and not (moved.rule == "reduced" and moved.measure == "end"):
        return False
    if start.slip_months is None or moved.slip_months is None:
        return False
    least = int(thresholds()[moved.rule, "information"]["months"]) * min(moved.semesters or 1, _MOST_SEMESTERS_COUNTED)
    is_same_way = start.slip_months * moved.slip_months > 0
    return is_same_way and abs(moved.slip_months) - abs(start.slip_months) < least
