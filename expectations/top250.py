"""Whether the TOP 250 may be published: the ranking of the procedures by yearly volume, edition by edition."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from expectations.mart_columns import places
from expectations.rule import Rule, Suite, at_least, between, equal, holds, present, unique

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 250


def _helpers(frame: "pd.DataFrame") -> dict[str, Iterable[object]]:
    helpers = places(frame, "total_volume")
    # A volume that is not known has no rank.
    ranked = zip(helpers["_place"], frame["total_volume"].notna(), strict=True)
    places_known = [place if is_known else None for place, is_known in ranked]
    return {**helpers, "_place": places_known, "_rows": frame.groupby("edition").cumcount() + 1}


TOP250 = Suite(
    "top250",
    keys=("edition", "procedure_id"),
    helpers=_helpers,
    rules=(
        Rule(
            "top250_ranks_contiguous",
            "rank",
            equal("rank", "_place"),
            "Les rangs du TOP 250 se suivent à partir de 1, sans trou ni doublon ; seul un volume inconnu n’en a pas.",
            "Vérifiez le calcul du rang.",
        ),
        Rule(
            "top250_at_most_two_hundred_and_fifty",
            "procedure_id",
            between("_rows", None, MAX_ROWS),
            "Le TOP 250 compte au plus deux cent cinquante démarches.",
            "Vérifiez la sélection des démarches classées.",
        ),
        Rule(
            "top250_procedure_once",
            "procedure_id",
            unique("edition", "procedure_id"),
            "Une démarche n’apparaît qu’une fois dans le TOP 250 d’une édition.",
            "Vérifiez les doublons entre périmètres.",
        ),
        Rule(
            "top250_perimeter_known",
            "perimeter",
            holds("_is_known_perimeter"),
            "Chaque démarche du TOP 250 relève de l’un des onze périmètres ministériels.",
            "Vérifiez la table des périmètres.",
        ),
        Rule(
            "top250_volume_decreasing",
            "total_volume",
            at_least("_value_above", "_value"),
            "Le volume annuel ne croît pas avec le rang.",
            "Vérifiez le calcul du rang.",
        ),
        Rule(
            "top250_name_present",
            "name",
            present("name"),
            "Chaque démarche du TOP 250 porte un nom.",
            "Demandez au ministère le nom de la démarche.",
            severity="warning",
        ),
    ),
)
