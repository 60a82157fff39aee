"""What a ministry must mend in its procedures.

What belongs here: judgements on one file. What does not: reading cells (intake), or whether a goal is reached (dbt).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from expectations.rule import Rule, Suite, Table, at_least, between, holds, present
from expectations.submissions.helper_columns import (
    folded,
    identities,
    is_by_edition_date,
    is_first,
    is_given,
    is_of_perimeter,
    is_own_name,
    numbers,
)

if TYPE_CHECKING:
    import pandas as pd

    from expectations.submissions.helper_columns import Flags, Floats

MIN_PLAUSIBLE_AVAILABILITY = 0.5
MAX_LOAD_TIME_MS = 60_000
# Published shares are rounded to the percent at worst.
SHARE_TOLERANCE = 0.02

_NOT_ONLINE = ("non", "a_venir")
_VOLUMES = {"total_volume": "Le volume total", "online_volume": "Le volume en ligne"}
_RATES = {
    "digital_use_rate": "Le taux de recours au numérique",
    "accessibility_rate": "Le taux d’accessibilité",
    "autonomy_rate": "Le niveau d’autonomie",
    "help_reachable_rate": "Le taux de réponse de l’aide",
    "availability_rate": "Le taux de disponibilité",
}
_SCORES = {
    "satisfaction_score": "La note de satisfaction",
    "language_clarity_score": "La note de clarté du langage",
    "help_efficiency_score": "La note d’efficacité de l’aide",
}


def _share_fits(rate: "Floats", online: "Floats", total: "Floats") -> "Flags":
    """Whether the rate is the online share of the volume, or one of the three is unknown or impossible."""
    import numpy as np

    is_known = (rate >= 0) & (rate <= 1) & (online >= 0) & (online <= total) & (total > 0)
    share = np.divide(online, total, out=np.zeros_like(total), where=is_known)
    return ~is_known | (np.abs(rate - share) <= SHARE_TOLERANCE)


def _level_fits(level: "pd.Series[str]", rate: "Floats") -> "Flags":
    """Whether full accessibility and a rate of 100 % go together, or either is unknown."""
    is_known = level.notna().to_numpy() & (rate >= 0) & (rate <= 1)
    fits: Flags = ~is_known | ((level.to_numpy() == "totale") == (rate == 1))
    return fits


def _is_share(scores: "Floats") -> "Flags":
    """Whether a score is less than any that users give, and more than nothing: 82 % typed in its cell is 0.82."""
    return (scores > 0) & (scores < 1)


def _is_idle(status: "pd.Series[str]", volume: "Floats") -> "Flags":
    """Whether a procedure that is not online has no online volume."""
    return ~status.isin(_NOT_ONLINE).to_numpy() | ~(volume > 0)


def _helpers(frame: Table) -> dict[str, Iterable[object]]:
    names = folded(frame["name"])
    ids = identities(frame["procedure_id"], names)
    rates, online, total = (numbers(frame, name) for name in ("digital_use_rate", "online_volume", "total_volume"))
    return {
        "_identity": is_given(ids),
        "_is_first": is_first(frame["arrival"], ids),
        "_is_own_name": is_own_name(frame["arrival"], names, ids),
        "_is_own_ministry": is_of_perimeter(frame["ministry"], frame["perimeter"]),
        "_is_own_perimeter": is_of_perimeter(frame["perimeter_name"], frame["perimeter"]),
        "_is_idle": _is_idle(frame["online_status"], online),
        **{f"_is_{name}_no_share": (~_is_share(numbers(frame, name))).tolist() for name in _SCORES},
        "_share_fits": _share_fits(rates, online, total),
        "_level_fits": _level_fits(frame["disability_status"], numbers(frame, "accessibility_rate")),
        "_is_declared_by_then": is_by_edition_date(frame["accessibility_declared_on"], frame["edition"]),
    }


PROCEDURES = Suite(
    "procedures",
    keys=("arrival", "row_number"),
    helpers=_helpers,
    rules=(
        Rule(
            "procedure_identity_present",
            "name",
            present("_identity"),
            "Chaque démarche a un identifiant ou un nom.",
            "Saisissez l’identifiant ou le nom de la démarche, ou supprimez la ligne.",
            effect="row",
            why_fr="Sans identifiant ni nom, rien ne dit de quelle démarche il s’agit.",
            wrong_fr="(vide) | (vide) | Oui | 220000",
            right_fr="1661 | Demande de carte de séjour | Oui | 220000",
        ),
        Rule(
            "procedure_declared_once",
            "procedure_id",
            holds("_is_first"),
            "Une démarche n’est déclarée qu’une fois par fichier (même identifiant, ou même nom sans identifiant) ; "
            "seule la première ligne est retenue.",
            "Supprimez la ligne en double ; si ce sont deux démarches, donnez-leur des identifiants différents.",
            effect="row",
            why_fr="Une démarche comptée deux fois fausse le classement et les parts publiées.",
            wrong_fr="1661, puis 1661 plus bas",
            right_fr="1661, une seule fois",
        ),
        Rule(
            "procedure_name_unambiguous",
            "name",
            holds("_is_own_name"),
            "Deux démarches d’identifiants différents ne portent pas le même nom.",
            "Vérifiez l’identifiant ; si ce sont bien deux démarches, précisez leurs noms.",
            severity="warning",
            why_fr="Le lecteur ne voit que le nom : deux démarches du même nom se confondent.",
            wrong_fr="1661 Carte de séjour et 1662 Carte de séjour",
            right_fr="1661 Carte de séjour et 1662 Carte de séjour (étudiants)",
        ),
        Rule(
            "procedure_ministry_in_perimeter",
            "ministry",
            holds("_is_own_ministry"),
            "Le nom du ministère est connu pour le périmètre ministériel du dossier de dépôt.",
            "Vérifiez le nom du ministère et le dossier de dépôt ; si le nom est nouveau, signalez-le pour qu’il soit "
            "ajouté à la liste.",
            severity="warning",
            why_fr="Le dossier décide du périmètre : un autre nom de ministère trahit un dépôt au mauvais endroit.",
            wrong_fr="Ministère de la Justice, dans le dossier 2021-S2/MI",
            right_fr="Ministère de l’Intérieur, dans le dossier 2021-S2/MI",
            judges_perimeter=True,
        ),
        Rule(
            "procedure_perimeter_name_in_perimeter",
            "perimeter_name",
            holds("_is_own_perimeter"),
            "Le nom du périmètre est connu pour le périmètre ministériel du dossier de dépôt.",
            "Vérifiez le nom du périmètre et le dossier de dépôt ; si le nom est nouveau, signalez-le pour qu’il soit "
            "ajouté à la liste.",
            severity="warning",
            why_fr="Le dossier décide du périmètre : un autre nom trahit un dépôt au mauvais endroit.",
            wrong_fr="Justice, dans le dossier 2021-S2/MI",
            right_fr="Intérieur et outre-mer, dans le dossier 2021-S2/MI",
            judges_perimeter=True,
        ),
        *(
            Rule(
                f"procedure_{column}_not_negative",
                column,
                between(column, 0, None),
                f"{words} ne peut pas être négatif.",
                "Corrigez le volume annuel ; laissez la cellule vide s’il n’est pas connu.",
                effect="cell",
                why_fr="Un volume négatif fausserait le classement des démarches.",
                wrong_fr="-220000",
                right_fr="220000",
            )
            for column, words in _VOLUMES.items()
        ),
        Rule(
            "procedure_online_volume_within_total",
            "online_volume",
            at_least("total_volume", "online_volume"),
            "Le volume en ligne ne dépasse pas le volume total.",
            "Corrigez l’un des deux volumes ; ils portent sur la même année.",
            severity="warning",
            why_fr="Le volume en ligne est une partie du volume total.",
            wrong_fr="Total : 180000 ; en ligne : 220000",
            right_fr="Total : 220000 ; en ligne : 180000",
        ),
        Rule(
            "procedure_online_volume_expected",
            "online_volume",
            holds("_is_idle"),
            "Une démarche qui n’est pas en ligne n’a pas de volume en ligne.",
            "Corrigez le statut en ligne, ou le volume en ligne.",
            severity="warning",
            why_fr="Un volume en ligne contredit un statut « Non » ou « À venir ».",
            wrong_fr="Statut : Non ; volume en ligne : 180000",
            right_fr="Statut : Oui ; volume en ligne : 180000",
        ),
        Rule(
            "procedure_digital_use_rate_fits_volumes",
            "digital_use_rate",
            holds("_share_fits"),
            "Le taux de recours au numérique est le volume en ligne divisé par le volume total, à 2 points près.",
            "Corrigez le taux, ou les volumes.",
            severity="warning",
            why_fr="Le taux et les volumes sont publiés côte à côte : ils ne doivent pas se contredire.",
            wrong_fr="Total : 220000 ; en ligne : 180000 ; taux : 50 %",
            right_fr="Total : 220000 ; en ligne : 180000 ; taux : 82 %",
        ),
        *(
            Rule(
                f"procedure_{column}_within_bounds",
                column,
                between(column, 0, 1),
                f"{words} est compris entre 0 et 100 %.",
                "Corrigez le taux : écrivez par exemple 85 %, avec le signe %.",
                effect="cell",
                why_fr="Sans le signe %, 85 se lit 8 500 % : la valeur ne peut pas être publiée.",
                wrong_fr="85",
                right_fr="85 %",
            )
            for column, words in _RATES.items()
        ),
        Rule(
            "procedure_availability_rate_plausible",
            "availability_rate",
            between("availability_rate", MIN_PLAUSIBLE_AVAILABILITY, None),
            "Le taux de disponibilité d’un service ouvert atteint au moins 50 %.",
            "Vérifiez l’unité : écrivez par exemple 99,5 %, avec le signe %.",
            severity="warning",
            why_fr="Un service indisponible plus de la moitié du temps serait fermé : c’est une erreur d’unité.",
            wrong_fr="0,0055",
            right_fr="99,45 %",
        ),
        *(
            Rule(
                f"procedure_{column}_within_bounds",
                column,
                between(column, 0, 10),
                f"{words} est comprise entre 0 et 10.",
                "Corrigez la note ; elle est donnée sur 10.",
                effect="cell",
                why_fr="Les notes sont publiées sur 10 : une note sur 20 ou sur 100 fausserait les comparaisons.",
                wrong_fr="14 (sur 20)",
                right_fr="7",
            )
            for column, words in _SCORES.items()
        ),
        *(
            Rule(
                f"procedure_{column}_plausible",
                column,
                holds(f"_is_{column}_no_share"),
                f"{words} n’est pas une part entre 0 et 1.",
                "Vérifiez l’unité : une note de 82 % s’écrit 8,2, sur 10.",
                severity="warning",
                why_fr="Un tableur garde 0,82 de « 82 % » : publié sur 10, c’est dix fois trop peu.",
                wrong_fr="0,82",
                right_fr="8,2",
            )
            for column, words in _SCORES.items()
        ),
        Rule(
            "procedure_dlnuf_score_not_negative",
            "dlnuf_score",
            between("dlnuf_score", 0, None),
            "Le score « Dites-le-nous une fois » ne peut pas être négatif.",
            "Corrigez le score : c’est un nombre de pièces demandées.",
            effect="cell",
            why_fr="Le score compte des pièces : il est nul ou positif.",
            wrong_fr="-1",
            right_fr="1",
        ),
        Rule(
            "procedure_load_time_positive",
            "load_time_ms",
            between("load_time_ms", 0, None, strictly_above=True),
            "Le temps moyen de chargement est supérieur à zéro.",
            "Corrigez le temps de chargement, en millisecondes.",
            effect="cell",
            why_fr="Une page ne se charge pas en zéro milliseconde : la mesure manque.",
            wrong_fr="0",
            right_fr="350",
        ),
        Rule(
            "procedure_load_time_plausible",
            "load_time_ms",
            between("load_time_ms", None, MAX_LOAD_TIME_MS),
            "Le temps moyen de chargement ne dépasse pas 60 secondes.",
            "Vérifiez l’unité : le temps se déclare en millisecondes.",
            severity="warning",
            why_fr="Un temps de chargement de plus d’une minute est sans doute dans une autre unité.",
            wrong_fr="350000 (microsecondes)",
            right_fr="350",
        ),
        Rule(
            "procedure_accessibility_level_fits_rate",
            "disability_status",
            holds("_level_fits"),
            "La prise en compte du handicap est totale si, et seulement si, le taux d’accessibilité est de 100 %.",
            "Corrigez le niveau, ou le taux d’audit.",
            severity="warning",
            why_fr="« Totale » veut dire que 100 % des critères sont respectés.",
            wrong_fr="Totale ; taux : 76 %",
            right_fr="Partielle ; taux : 76 %",
        ),
        Rule(
            "procedure_accessibility_declared_by_then",
            "accessibility_declared_on",
            holds("_is_declared_by_then"),
            "La déclaration d’accessibilité n’est pas postérieure à la date de l’édition.",
            "Vérifiez la date de publication de la déclaration.",
            severity="warning",
            why_fr="L’édition décrit un état à sa date : ce qui vient après compte pour la suivante.",
            wrong_fr="Édition 2021-S2 ; déclaration du 15/03/2022",
            right_fr="Édition 2021-S2 ; déclaration du 15/09/2021",
        ),
    ),
)
