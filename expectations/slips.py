"""Whether the slips that are about to be sent are plausible: a tenfold cost is more often a unit than a slip."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from expectations.rule import Rule, Suite, between

if TYPE_CHECKING:
    import pandas as pd

MAX_COST_RATIO = 10
MAX_SLIP_MONTHS = 120


def _helpers(frame: "pd.DataFrame") -> dict[str, Iterable[object]]:
    before, after = (frame[column].astype("float64") for column in ("from_value", "to_value"))
    is_cost = frame["rule"].isin(["budget_slip", "budget_overrun"]) & (before > 0)
    # What is overdue may have been so for long: only an end that moves by ten years is implausible.
    delay = frame["slip_months"].where(frame["rule"] == "schedule_slip")
    return {"_cost_ratio": (after / before).where(is_cost), "_delay": delay}


SLIPS = Suite(
    "slips",
    keys=("edition", "rule", "subject"),
    helpers=_helpers,
    rules=(
        Rule(
            "slip_cost_not_tenfold",
            "to_value",
            between("_cost_ratio", None, MAX_COST_RATIO),
            "Le coût d’un projet n’a pas décuplé depuis l’édition précédente ou la référence initiale.",
            "Vérifiez l’unité du coût avec le ministère.",
            severity="warning",
        ),
        Rule(
            "slip_delay_plausible",
            "slip_months",
            between("_delay", None, MAX_SLIP_MONTHS),
            "La fin d’un projet ne recule pas de plus de dix ans d’une édition à l’autre.",
            "Vérifiez les dates et la durée avec le ministère.",
            severity="warning",
        ),
    ),
)
