"""Whether the TOP 50 may be published: the ranking of the projects over the cost threshold, edition by edition."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from expectations.mart_columns import places
from expectations.rule import Rule, Suite, at_least, between, equal, holds, present, unique
from orchestration.domain.reference_data import dbt_variable

if TYPE_CHECKING:
    import pandas as pd

MAX_RANK = 50


def _helpers(frame: "pd.DataFrame") -> dict[str, Iterable[object]]:
    threshold_meur = dbt_variable("top50_threshold_meur")
    return {**places(frame, "current_cost_meur"), "_threshold_meur": [threshold_meur] * len(frame)}


TOP50 = Suite(
    "top50",
    keys=("edition", "rank"),
    helpers=_helpers,
    rules=(
        Rule(
            "top50_ranks_contiguous",
            "rank",
            equal("rank", "_place"),
            "Les rangs du TOP 50 se suivent à partir de 1, sans trou ni doublon.",
            "Vérifiez le calcul du rang.",
        ),
        Rule(
            "top50_at_most_fifty",
            "rank",
            between("rank", None, MAX_RANK),
            "Le TOP 50 compte au plus cinquante projets.",
            "Vérifiez la sélection des projets classés.",
        ),
        Rule(
            "top50_project_once",
            "project_id",
            unique("edition", "project_id"),
            "Un projet n’apparaît qu’une fois dans le TOP 50 d’une édition.",
            "Vérifiez le registre des alias et les doublons entre périmètres.",
        ),
        Rule(
            "top50_name_present",
            "name",
            present("name"),
            "Chaque projet du TOP 50 porte un nom.",
            "Retrouvez la ligne de la remontée et demandez le nom au ministère.",
        ),
        Rule(
            "top50_perimeter_known",
            "perimeter",
            holds("_is_known_perimeter"),
            "Chaque projet du TOP 50 relève de l’un des onze périmètres ministériels.",
            "Vérifiez la table des périmètres.",
        ),
        Rule(
            "top50_cost_known",
            "current_cost_meur",
            present("current_cost_meur"),
            "Le coût de chaque projet du TOP 50 est connu.",
            "Vérifiez la sélection des projets classés.",
        ),
        Rule(
            "top50_cost_over_threshold",
            "current_cost_meur",
            at_least("current_cost_meur", "_threshold_meur", strictly=True),
            "Le coût de chaque projet du TOP 50 dépasse le seuil du classement.",
            "Vérifiez la sélection des projets classés.",
        ),
        Rule(
            "top50_cost_decreasing",
            "current_cost_meur",
            at_least("_value_above", "_value"),
            "Le coût ne croît pas avec le rang.",
            "Vérifiez le calcul du rang.",
        ),
    ),
)
