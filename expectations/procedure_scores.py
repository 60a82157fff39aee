"""Whether the scores of the procedures may be published: what they cannot be, and what they seldom do."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from expectations.rule import Rule, Suite, between, holds

if TYPE_CHECKING:
    import pandas as pd

MAX_CHANGE = 0.3


def _helpers(frame: "pd.DataFrame") -> dict[str, Iterable[object]]:
    counted = frame[["reached", "not_reached", "excluded"]].astype("float64").sum(axis=1)
    # A perimeter with few procedures may well jump; the State does not.
    of_all = frame["share_change"].astype("float64").where(frame["perimeter"] == "all")
    return {"_is_whole": counted == frame["procedures"].astype("float64"), "_change": of_all}


PROCEDURE_SCORES = Suite(
    "procedure_scores",
    keys=("edition", "perimeter", "indicator"),
    helpers=_helpers,
    rules=(
        Rule(
            "scores_count_every_procedure",
            "procedures",
            holds("_is_whole"),
            "Chaque démarche du TOP 250 atteint l’objectif, ne l’atteint pas ou n’est pas évaluée.",
            "Vérifiez le calcul des niveaux.",
        ),
        Rule(
            "scores_steady",
            "share",
            between("_change", -MAX_CHANGE, MAX_CHANGE),
            "Un score interministériel ne varie pas de plus de 30 points d’une édition à l’autre.",
            "Vérifiez que tous les périmètres ont déposé, et que la colonne n’a pas changé de sens.",
            severity="warning",
        ),
    ),
)
