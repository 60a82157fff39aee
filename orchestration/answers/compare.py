"""Why the figures of two editions differ: the parts of each change, and what a part says.

What belongs here: reading the decomposition of one pair of editions. What does not: its arithmetic (the marts
`decompositions` and `contributions` hold it, by docs/rules.md §7).
"""

from typing import Any

from orchestration.settings import Settings
from orchestration.store.marts import MartRow, read_mart

# The measures in the order in which they are shown, each with its unit.
MEASURES = {
    "total_cost_meur": "M€",
    "budget_variance_mean_pct": "percentage points",
    "schedule_variance_mean_pct": "percentage points",
    "duration_variance_mean_pct": "percentage points",
}
# What each part says; those of `same_projects` are already counted in it.
PARTS = {
    "from": "What the earlier edition says.",
    "to": "What the later edition says.",
    "same_projects": "The projects of both editions moved it by this much, rebaselining apart.",
    "rises": "Of these, those that moved it up.",
    "falls": "Of these, those that moved it down.",
    "newly_known": "Of these, what was unknown, or outside of the mean, and counts now.",
    "withdrawn": "Of these, what counted, and is unknown or outside of the mean now.",
    "entrants": "The projects of the later edition alone brought this.",
    "leavers": "The projects of the earlier edition alone took this away.",
    "rebaselining": "Other baselines of the same projects made this difference.",
}
_COLUMNS = {"from": "from_value", "to": "to_value"}
# What is said of each project that moved a measure.
_OF_PROJECT = ("project_id", "name", "perimeter", "part", "from_value", "to_value", "contribution")

# A measure -> its parts, `null` where there is nothing to split, and the `contributions` of the projects.
Comparison = dict[str, dict[str, Any]]


class NotComparable(Exception):
    """One of the editions has no portfolio; the message names it in one sentence."""


def compare(settings: Settings, earlier: str, later: str) -> Comparison:
    """Split the change of each measure from one edition to a later one: M€, and percentage points, not rounded.

    `same_projects`, `entrants`, `leavers` and `rebaselining` add up to `to` less `from`, and so do the
    `contributions` of the projects, those that weigh most first. Raise `NotComparable` if one of the editions has no
    portfolio.
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
    weighed: dict[str, list[MartRow]] = {measure: [] for measure in MEASURES}
    for row in read_mart(settings.marts, "contributions", edition=later):
        if row["from_edition"] == earlier:
            weighed[row["measure"]].append({column: row[column] for column in _OF_PROJECT})
    return {
        measure: {part: rows[measure][_COLUMNS.get(part, part)] for part in PARTS}
        | {"contributions": sorted(weighed[measure], key=lambda one: (-abs(one["contribution"]), one["project_id"]))}
        for measure in MEASURES
    }
