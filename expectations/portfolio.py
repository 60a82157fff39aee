"""Whether the portfolio may be published: what no project can be, and what few are."""

from expectations.rule import Rule, Suite, between
from expectations.submissions.projects import MAX_COST_MEUR, MAX_DURATION_DAYS

# A project that lost all its budget, or took five times more.
VARIANCE_RATES = (-0.9, 4.0)

PORTFOLIO = Suite(
    "portfolio",
    keys=("edition", "project_id"),
    rules=(
        Rule(
            "portfolio_current_cost_not_negative",
            "current_cost_meur",
            between("current_cost_meur", 0, None),
            "Aucun projet n’a de coût actuel négatif.",
            "Retrouvez la ligne de la remontée et demandez une correction au ministère.",
        ),
        Rule(
            "portfolio_baseline_cost_not_negative",
            "baseline_cost_meur",
            between("baseline_cost_meur", 0, None),
            "Aucun projet n’a de coût de référence négatif.",
            "Retrouvez la première remontée du projet et demandez une correction au ministère.",
        ),
        Rule(
            "portfolio_duration_positive",
            "current_duration_days",
            between("current_duration_days", 0, None, strictly_above=True),
            "Aucun projet n’a de durée nulle ou négative.",
            "Retrouvez la ligne de la remontée et demandez une correction au ministère.",
        ),
        Rule(
            "portfolio_cost_plausible",
            "current_cost_meur",
            between("current_cost_meur", None, MAX_COST_MEUR),
            "Aucun projet ne coûte plus de 10 000 M€.",
            "Vérifiez l’unité avec le ministère.",
            severity="warning",
        ),
        Rule(
            "portfolio_duration_plausible",
            "current_duration_days",
            between("current_duration_days", None, MAX_DURATION_DAYS),
            "Aucun projet ne dure plus de 30 ans.",
            "Vérifiez l’unité avec le ministère.",
            severity="warning",
        ),
        Rule(
            "portfolio_budget_variance_plausible",
            "budget_variance_rate",
            between("budget_variance_rate", *VARIANCE_RATES),
            "L’écart budgétaire d’un projet est compris entre −90 % et +400 %.",
            "Vérifiez l’unité du coût initial et du coût actuel.",
            severity="warning",
        ),
        Rule(
            "portfolio_schedule_variance_plausible",
            "schedule_variance_rate",
            between("schedule_variance_rate", *VARIANCE_RATES),
            "L’écart calendaire d’un projet est compris entre −90 % et +400 %.",
            "Vérifiez le début, et l’unité de la durée initiale et de la durée actuelle.",
            severity="warning",
        ),
        Rule(
            "portfolio_duration_variance_plausible",
            "duration_variance_rate",
            between("duration_variance_rate", *VARIANCE_RATES),
            "L’écart de durée d’un projet est compris entre −90 % et +400 %.",
            "Vérifiez l’unité de la durée initiale et de la durée actuelle.",
            severity="warning",
        ),
    ),
)
