"""Whether the headline figures may be published: what they cannot be, and what they seldom are.

What belongs here: the figures of an edition against each other and earlier ones. What does not: computing them (dbt).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from expectations.mart_columns import change_since_previous
from expectations.rule import Rule, Suite, at_least, between

if TYPE_CHECKING:
    import pandas as pd

MAX_TOTAL_COST_BN_EUR = 100
MAX_MEAN_DURATION_YEARS = 30
VARIANCE_PCT = (-50, 200)
MAX_CHANGE = 0.5

_REACHED = {
    "satisfaction": "de satisfaction",
    "dlnuf": "« Dites-le-nous une fois »",
    "accessibility": "d’accessibilité",
}
_VARIANCES = {
    "budget_variance_mean_pct": "L’écart budgétaire moyen",
    "budget_variance_aggregate_pct": "L’écart budgétaire agrégé",
    "schedule_variance_mean_pct": "L’écart calendaire moyen",
    "schedule_variance_aggregate_pct": "L’écart calendaire agrégé",
    "duration_variance_mean_pct": "L’écart de durée moyen",
    "duration_variance_aggregate_pct": "L’écart de durée agrégé",
}
_STEADY = {
    "projects": ("projects", "Le nombre de projets"),
    "total_cost": ("total_cost_bn_eur", "Le coût total"),
    "procedures": ("procedures", "Le nombre de démarches"),
    "roadmap": ("roadmap_actions", "Le nombre d’actions de la feuille de route"),
}


def _helpers(frame: "pd.DataFrame") -> dict[str, Iterable[object]]:
    # A provisional edition still waits for ministries: its figures are far from the last ones, and nobody is to blame.
    is_final = frame["provisional"] == False  # noqa: E712
    changes = {
        f"_{name}_change": change_since_previous(frame, figure).where(is_final) for name, (figure, _) in _STEADY.items()
    }
    connected = frame["franceconnect"].astype("float64") + frame["franceconnect_plus"].astype("float64")
    return {"_connected": connected, **changes}


HEADLINE_FIGURES = Suite(
    "headline_figures",
    keys=("edition",),
    helpers=_helpers,
    rules=(
        Rule(
            "headline_interministerial_within_projects",
            "interministerial",
            at_least("projects", "interministerial"),
            "Il n’y a pas plus de projets interministériels que de projets.",
            "Vérifiez le calcul des deux nombres.",
        ),
        Rule(
            "headline_total_cost_plausible",
            "total_cost_bn_eur",
            between("total_cost_bn_eur", 0, MAX_TOTAL_COST_BN_EUR),
            "Le coût total des grands projets est compris entre 0 et 100 Md€.",
            "Cherchez le projet dont le coût est déclaré dans une autre unité.",
        ),
        Rule(
            "headline_mean_duration_plausible",
            "mean_duration_years",
            between("mean_duration_years", 0, MAX_MEAN_DURATION_YEARS),
            "La durée moyenne des projets est comprise entre 0 et 30 ans.",
            "Cherchez le projet dont la durée est déclarée dans une autre unité.",
        ),
        Rule(
            "headline_procedures_online_within_procedures",
            "procedures_online",
            at_least("procedures", "procedures_online"),
            "Il n’y a pas plus de démarches en ligne que de démarches.",
            "Vérifiez le calcul des deux nombres.",
        ),
        Rule(
            "headline_franceconnect_within_procedures",
            "franceconnect",
            at_least("procedures", "_connected"),
            "Il n’y a pas plus de démarches avec FranceConnect ou FranceConnect+ que de démarches.",
            "Vérifiez que FranceConnect et FranceConnect+ sont comptés à part.",
        ),
        *(
            Rule(
                f"headline_{indicator}_reached_within_rated",
                f"{indicator}_reached",
                at_least(f"{indicator}_rated", f"{indicator}_reached"),
                f"Il n’y a pas plus de démarches qui atteignent l’objectif {words} que de démarches évaluées.",
                "Vérifiez le calcul des deux nombres.",
            )
            for indicator, words in _REACHED.items()
        ),
        *(
            Rule(
                f"headline_{column.removesuffix('_pct')}_plausible",
                column,
                between(column, *VARIANCE_PCT),
                f"{words} est compris entre −50 % et +200 %.",
                "Cherchez le projet dont la valeur initiale ou actuelle est déclarée dans une autre unité.",
                severity="warning",
            )
            for column, words in _VARIANCES.items()
        ),
        *(
            Rule(
                f"headline_{name}_steady",
                figure,
                between(f"_{name}_change", -MAX_CHANGE, MAX_CHANGE),
                f"{words} ne varie pas de plus de 50 % d’une édition à l’autre.",
                "Vérifiez que tous les périmètres ont déposé, et qu’aucun fichier n’est incomplet.",
                severity="warning",
            )
            for name, (figure, words) in _STEADY.items()
        ),
    ),
)
