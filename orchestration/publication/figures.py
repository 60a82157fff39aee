"""The headline figures by name: what is published of them, compared, and shown in short.

What belongs here: which columns of `headline_figures` are figures. What does not: computing them (dbt), wording them
(`site`), or the cells that they rest on (`orchestration.answers.trace`).
"""

VARIANCES = ("budget", "schedule", "duration")
# Why a project is outside of a variance: the codes of `portfolio`.
ABSENCES = ("phase", "unknown_value", "zero_baseline", "first_value")

# The keys of figures.json after `edition` and `revision`, in their published order: columns of `headline_figures`.
# `indicators` comes last, the list of them where the column holds their number.
FIGURES = (
    "method_version",
    "provisional",
    "perimeters_filed",
    "projects",
    "interministerial",
    "total_cost_bn_eur",
    "mean_duration_years",
    "entrants",
    "leavers",
    "budget_variance_mean_pct",
    "budget_variance_aggregate_pct",
    "budget_variance_projects",
    "schedule_variance_mean_pct",
    "schedule_variance_aggregate_pct",
    "schedule_variance_projects",
    "baseline_source",
    "procedures",
    "procedures_online",
    "franceconnect",
    "franceconnect_plus",
    "satisfaction_reached",
    "satisfaction_rated",
    "dlnuf_reached",
    "dlnuf_rated",
    "accessibility_reached",
    "accessibility_rated",
    "roadmap_actions",
    "roadmap_missions",
    "roadmap_completed",
    "roadmap_due_by_year_end",
    "roadmap_new",
    "duration_variance_mean_pct",
    "duration_variance_aggregate_pct",
    "duration_variance_projects",
    *(
        f"{variance}_variance_{about}"
        for variance in VARIANCES
        for about in ("baseline_source", *(f"outside_{absence}" for absence in ABSENCES))
    ),
    "published_on",
    "published_budget_variance_pct",
    "published_duration_variance_pct",
    *(f"perimeters_filed_{kind}" for kind in ("projects", "procedures", "roadmap", "indicators")),
)

# Those by which an edition is told at a glance.
IN_SHORT = ("projects", "total_cost_bn_eur", "mean_duration_years", "procedures", "procedures_online", "provisional")
