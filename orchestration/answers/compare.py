"""Why the figures of two editions differ: the parts of each change, and what a part says.

What belongs here: reading the decomposition of one pair of editions. What does not: its arithmetic (the mart
`decompositions` holds it, by docs/rules.md §7).
"""

from orchestration.settings import Settings
from orchestration.store.marts import read_mart

# The measures in the order in which they are shown, each with its unit.
MEASURES = {
    "total_cost_meur": "M€",
    "budget_variance_mean_pct": "percentage points",
    "schedule_variance_mean_pct": "percentage points",
}
# What each part says; those of `same_projects` are already counted in it.
PARTS = {
    "from": "What the earlier edition says.",
    "to": "What the later edition says.",
    "same_projects": "The projects of both editions moved it by this much, rebaselining apart.",
    "newly_known": "Of these, the costs that were unknown and are known now.",
    "withdrawn": "Of these, the costs that were known and are unknown now.",
    "entrants": "The projects of the later edition alone brought this.",
    "leavers": "The projects of the earlier edition alone took this away.",
    "rebaselining": "Other baselines of the same projects made this difference.",
}
_COLUMNS = {"from": "from_value", "to": "to_value"}

# A measure -> its parts; `null` where there is nothing to split, or where a part has no meaning.
Comparison = dict[str, dict[str, float | None]]


class NotComparable(Exception):
    """One of the editions has no portfolio; the message names it in one sentence."""


def compare(settings: Settings, earlier: str, later: str) -> Comparison:
    """Split the change of each measure from one edition to a later one: M€, and percentage points, not rounded.

    `same_projects`, `entrants`, `leavers` and `rebaselining` add up to `to` less `from`. Raise `NotComparable` if one
    of the editions has no portfolio.
    """
    with_projects = {
        row["edition"] for row in read_mart(settings.marts, "headline_figures") if row["projects"] is not None
    }
    for edition in (earlier, later):
        if edition not in with_projects:
            raise NotComparable(f"{edition} has no portfolio of projects: there is nothing to compare.")
    rows = {
        row["measure"]: row
        for row in read_mart(settings.marts, "decompositions")
        if (row["from_edition"], row["edition"]) == (earlier, later)
    }
    return {measure: {part: rows[measure][_COLUMNS.get(part, part)] for part in PARTS} for measure in MEASURES}
