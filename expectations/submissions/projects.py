"""What a ministry must mend in its projects.

What belongs here: judgements on one file. What does not: reading cells (intake), or comparing editions (dbt).
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from expectations.rule import Rule, Suite, Table, between, holds, present
from expectations.submissions.helper_columns import (
    ends_after_start,
    folded,
    is_first,
    is_of_perimeter,
    is_own_name,
    numbers,
)
from orchestration.domain.alias_register import registered
from orchestration.domain.durations import DAYS_IN_A_YEAR, SLACK_DAYS
from orchestration.domain.folding import fold_header
from orchestration.domain.project_identity import declared_keys

if TYPE_CHECKING:
    from expectations.submissions.helper_columns import Flags, Floats

MIN_COST_MEUR, MAX_COST_MEUR = 0.01, 10_000
MAX_DURATION_DAYS = 30 * DAYS_IN_A_YEAR
START_YEARS = (1990, 2050)

# A cost that far above its band is in another unit, if it fits there.
_FAR_ABOVE = 10
# No project costs, or lasts, so many times what was planned: one of the two figures is in another unit.
_OTHER_SCALE = 8


def cost_bounds(band: str) -> tuple[float, float] | None:
    """The lowest and highest cost (M€) of a cost band; no cost fits while scoping; `None` for an unknown wording.

    `"< 5 M€"` and `"moins de 5M€"` give `(0, 5)`, `"entre 9 et 20 M€"` `(9, 20)`, `"plus de 100 M€"` `(100, inf)`.
    """
    words = fold_header(band)
    if words == "en cadrage":
        return (float("inf"), float("-inf"))
    numbers = [float(number.replace(",", ".")) for number in re.findall(r"\d+(?:[.,]\d+)?", band)]
    if len(numbers) == 2:
        return (numbers[0], numbers[1])
    if len(numbers) == 1 and ("<" in band or words.startswith(("moins", "inferieur"))):
        return (0, numbers[0])
    if len(numbers) == 1 and (">" in band or words.startswith(("plus", "superieur"))):
        return (numbers[0], float("inf"))
    return None


def _is_in_band(cost: float, band: str | None) -> bool | None:
    """Whether the cost is within the band's bounds; `None` where it is in another unit, or where either is unknown."""
    bounds = cost_bounds(band) if band else None
    if not bounds or not cost >= 0 or _is_in_meur(cost, band) is False:
        return None
    return bounds[0] <= cost <= bounds[1]


def _is_in_meur(cost: float, band: str | None) -> bool | None:
    """`False` where the band says that the cost was typed in euros or thousands of euros; else `None`."""
    bounds = cost_bounds(band) if band else None
    if not bounds or not cost > _FAR_ABOVE * bounds[1]:
        return None
    low = max(bounds[0], bounds[1] / _FAR_ABOVE)
    return False if any(low <= cost / factor <= bounds[1] for factor in (1_000, 1_000_000)) else None


def _is_tiny(costs: "Floats") -> "Flags":
    """Whether a cost is less than that of any project, and more than nothing."""
    return (costs > 0) & (costs < MIN_COST_MEUR)


def _is_same_scale(value: float, initial: float) -> bool | None:
    """Whether a figure and the initial one are of one order of magnitude; `None` where either is unknown."""
    return max(value / initial, initial / value) < _OTHER_SCALE if value > 0 and initial > 0 else None


def _are_durations_alike(days: float, initial: float) -> bool | None:
    """Whether two durations are of one order of magnitude; `None` where one is implausible by itself, or unknown."""
    return None if max(days, initial) > MAX_DURATION_DAYS else _is_same_scale(days, initial)


def _end_fits_duration(start: object, end: object, days: float, precisions: Iterable[str | None]) -> bool | None:
    """Whether start plus duration gives the end, to a month and what the precisions of the three leave open."""
    if not isinstance(start, date) or not isinstance(end, date) or end < start or not 0 < days <= MAX_DURATION_DAYS:
        return None
    slack = 31 + sum(SLACK_DAYS[precision or "day"] for precision in precisions)
    return abs((end - start).days - days) <= slack


def _helpers(frame: Table) -> dict[str, Iterable[object]]:
    names = folded(frame["name"])
    keys = declared_keys(list(frame["declared_project_id"]), ["" if one is None else one for one in frame["perimeter"]])
    registered_ids = registered(names, frame["edition"])
    projects = [project or name for project, name in zip(registered_ids, names, strict=True)]
    # The register is above declared ids, and two of these under one name are two projects.
    ids = [
        project if key is None or known else f"{project}\n{key}"
        for project, known, key in zip(projects, registered_ids, keys, strict=True)
    ]
    costs = numbers(frame, "current_cost_meur")
    starts, ends, durations = frame["start_date"], frame["current_end_date"], numbers(frame, "current_duration_days")
    start_precisions, end_precisions = frame["start_date_precision"], frame["current_end_date_precision"]
    precisions = zip(start_precisions, end_precisions, frame["current_duration_days_precision"], strict=True)
    initial_costs = numbers(frame, "initial_cost_meur")
    return {
        "_folded_name": names,
        "_is_first": is_first(frame["arrival"], ids),
        "_is_own_name": is_own_name(frame["arrival"], names, ids),
        "_is_own_id": is_own_name(frame["arrival"], keys, projects),
        "_is_of_perimeter": is_of_perimeter(frame["ministry"], frame["perimeter"]),
        "_start_year": [start.year if isinstance(start, date) else None for start in starts],
        "_ends_after_start": map(ends_after_start, starts, start_precisions, ends, end_precisions),
        "_ends_after_start_initially": map(
            ends_after_start, starts, start_precisions, frame["initial_end_date"], frame["initial_end_date_precision"]
        ),
        "_end_fits_duration": map(_end_fits_duration, starts, ends, durations, precisions),
        "_is_exit_explained": [
            reason is not None if phase == "abandonne" else None
            for phase, reason in zip(frame["phase"], frame["exit_reason"], strict=True)
        ],
        "_is_in_band": map(_is_in_band, costs, frame["cost_band"]),
        "_is_in_meur": map(_is_in_meur, costs, frame["cost_band"]),
        "_are_costs_alike": map(_is_same_scale, costs, initial_costs),
        "_is_initial_cost_given": (initial_costs != 0).tolist(),
        "_is_current_cost_given": (costs != 0).tolist(),
        "_is_initial_cost_not_tiny": (~_is_tiny(initial_costs)).tolist(),
        "_is_current_cost_not_tiny": (~_is_tiny(costs)).tolist(),
        "_are_durations_alike": map(_are_durations_alike, durations, numbers(frame, "initial_duration_days")),
    }


PROJECTS = Suite(
    "projects",
    keys=("arrival", "row_number"),
    helpers=_helpers,
    rules=(
        Rule(
            "project_name_present",
            "name",
            present("_folded_name"),
            "Le nom du projet doit être rempli.",
            "Saisissez le nom du projet, ou supprimez la ligne.",
            effect="row",
            why_fr="Sans nom, rien ne dit de quel projet il s’agit : la ligne ne peut pas être prise en compte.",
            wrong_fr="(vide) | 01/01/2020 | 4,5 | Déploiement | 42,5",
            right_fr="HORIZON | 01/01/2020 | 4,5 | Déploiement | 42,5",
        ),
        Rule(
            "project_declared_once",
            "name",
            holds("_is_first"),
            "Un projet n’est déclaré qu’une fois par fichier (même identifiant, même nom, ou ancien nom) ; "
            "seule la première ligne est retenue.",
            "Supprimez la ligne en double ; si ce sont deux projets, donnez-leur des noms différents.",
            effect="row",
            why_fr="Un projet compté deux fois fausse le nombre de projets et leur coût total.",
            wrong_fr="HORIZON, puis « Horizon » plus bas",
            right_fr="HORIZON, une seule fois",
        ),
        Rule(
            "project_name_unambiguous",
            "name",
            holds("_is_own_name"),
            "Deux projets d’identifiants différents ne portent pas le même nom.",
            "Vérifiez l’identifiant ; si ce sont bien deux projets, précisez leurs noms.",
            severity="warning",
            why_fr="Le lecteur ne voit que le nom : deux projets du même nom se confondent.",
            wrong_fr="sirh-2020 HORIZON et sirh-2021 HORIZON",
            right_fr="sirh-2020 HORIZON et sirh-2021 HORIZON Paie",
        ),
        Rule(
            "project_id_unambiguous",
            "declared_project_id",
            holds("_is_own_id"),
            "Un identifiant ne désigne qu’un projet. Sous plusieurs noms, nous comptons plusieurs projets, et "
            "l’identifiant n’est retenu pour aucun.",
            "Donnez à chaque projet son identifiant ; si c’est le même projet, gardez une seule ligne.",
            severity="warning",
            why_fr="L’identifiant relie un projet d’une édition à l’autre : s’il en désigne deux, il n’en relie aucun.",
            wrong_fr="sirh-2020 HORIZON et sirh-2020 LUMEN",
            right_fr="sirh-2020 HORIZON et sirh-2021 LUMEN",
        ),
        *(
            rule
            for which, words in (("initial", "initial"), ("current", "actuel"))
            for rule in (
                Rule(
                    f"project_{which}_cost_not_negative",
                    f"{which}_cost_meur",
                    between(f"{which}_cost_meur", 0, None),
                    f"Le coût {words} ne peut pas être négatif.",
                    "Corrigez le coût, en millions d’euros ; laissez la cellule vide s’il n’est pas connu.",
                    effect="cell",
                    why_fr="Un coût négatif se retrancherait du total publié.",
                    wrong_fr="-42,5",
                    right_fr="42,5",
                ),
                Rule(
                    f"project_{which}_cost_given",
                    f"{which}_cost_meur",
                    holds(f"_is_{which}_cost_given"),
                    f"Le coût {words} d’un projet n’est pas de 0.",
                    "Inconnu ? Laissez la cellule vide. S’il est vraiment de 0, il n’y a rien à faire.",
                    severity="warning",
                    why_fr="Un coût de 0 est compté comme un coût connu : les moyennes et les écarts en sont faussés.",
                    wrong_fr="0",
                    right_fr="(vide)",
                ),
                Rule(
                    f"project_{which}_cost_not_tiny",
                    f"{which}_cost_meur",
                    holds(f"_is_{which}_cost_not_tiny"),
                    f"Le coût {words} d’un projet ne peut pas être inférieur à 0,01 M€.",
                    "Vérifiez l’unité : le coût se déclare en millions d’euros. Inconnu ? Laissez la cellule vide.",
                    effect="cell",
                    why_fr="Aucun grand projet ne coûte moins de 10 000 euros : c’est une autre unité.",
                    wrong_fr="0,0000482",
                    right_fr="48,2",
                ),
                Rule(
                    f"project_{which}_cost_plausible",
                    f"{which}_cost_meur",
                    between(f"{which}_cost_meur", None, MAX_COST_MEUR),
                    f"Le coût {words} d’un projet ne peut pas dépasser 10 000 M€.",
                    "Vérifiez l’unité : le coût se déclare en millions d’euros, non en euros ni en milliers d’euros.",
                    effect="cell",
                    why_fr="Aucun projet numérique de l’État n’a jamais approché ce montant : c’est une autre unité.",
                    wrong_fr="42500 (milliers d’euros)",
                    right_fr="42,5",
                ),
            )
        ),
        Rule(
            "project_costs_of_one_scale",
            "current_cost_meur",
            holds("_are_costs_alike"),
            "Le coût actuel et le coût initial sont du même ordre de grandeur.",
            "Vérifiez l’unité et la virgule des deux coûts : tous deux sont en millions d’euros.",
            severity="warning",
            why_fr="Un coût huit fois plus grand ou plus petit que prévu est presque toujours une erreur de saisie.",
            wrong_fr="Coût initial : 42,5 ; coût actualisé : 425",
            right_fr="Coût initial : 42,5 ; coût actualisé : 48,2",
        ),
        *(
            rule
            for which, words in (("initial", "initiale"), ("current", "actuelle"))
            for rule in (
                Rule(
                    f"project_{which}_duration_positive",
                    f"{which}_duration_days",
                    between(f"{which}_duration_days", 0, None, strictly_above=True),
                    f"La durée {words} est supérieure à zéro.",
                    "Corrigez la durée, en années ; laissez la cellule vide si elle n’est pas connue.",
                    effect="cell",
                    why_fr="Une durée nulle ou négative donnerait une fin avant le début.",
                    wrong_fr="0",
                    right_fr="4,5",
                ),
                Rule(
                    f"project_{which}_duration_plausible",
                    f"{which}_duration_days",
                    between(f"{which}_duration_days", None, MAX_DURATION_DAYS),
                    f"La durée {words} d’un projet ne dépasse pas 30 ans.",
                    "Vérifiez l’unité : la durée se déclare en années, non en mois ni en jours.",
                    severity="warning",
                    why_fr="Une durée en mois ou en jours fausse la fin prévue et la durée moyenne publiée.",
                    wrong_fr="54 (mois)",
                    right_fr="4,5",
                ),
            )
        ),
        Rule(
            "project_durations_of_one_scale",
            "current_duration_days",
            holds("_are_durations_alike"),
            "La durée actuelle et la durée initiale sont du même ordre de grandeur.",
            "Vérifiez l’unité et la virgule des deux durées : toutes deux sont en années.",
            severity="warning",
            why_fr="Une durée huit fois plus longue que prévu est presque toujours une durée en mois.",
            wrong_fr="Durée initiale : 2 ; durée actualisée : 27",
            right_fr="Durée initiale : 2 ; durée actualisée : 2,25",
        ),
        Rule(
            "project_start_plausible",
            "start_date",
            between("_start_year", *START_YEARS),
            "Le projet commence entre 1990 et 2050.",
            "Vérifiez l’année de début.",
            severity="warning",
            why_fr="Une année mal tapée déplace la fin prévue d’autant.",
            wrong_fr="01/01/0202",
            right_fr="01/01/2020",
        ),
        Rule(
            "project_end_after_start",
            "current_end_date",
            holds("_ends_after_start"),
            "La fin prévue doit suivre le début.",
            "Corrigez la date de fin ou la date de début.",
            effect="cell",
            why_fr="Une fin avant le début donnerait une durée négative.",
            wrong_fr="Début : 01/01/2020 ; fin : 30/06/2019",
            right_fr="Début : 01/01/2020 ; fin : 30/06/2024",
        ),
        Rule(
            "project_initial_end_after_start",
            "initial_end_date",
            holds("_ends_after_start_initially"),
            "La fin prévue au lancement doit suivre le début.",
            "Corrigez la date de fin initiale ou la date de début.",
            effect="cell",
            why_fr="La durée initiale se calcule du début à la fin initiale : elle serait négative.",
            wrong_fr="Début : 01/01/2020 ; fin initiale : 30/06/2019",
            right_fr="Début : 01/01/2020 ; fin initiale : 30/06/2024",
        ),
        Rule(
            "project_end_fits_duration",
            "current_end_date",
            holds("_end_fits_duration"),
            "La fin prévue est égale au début plus la durée, à un mois près.",
            "Corrigez la fin, le début ou la durée pour que les trois s’accordent.",
            severity="warning",
            why_fr="Si les trois se contredisent, c’est la durée qui est retenue, peut-être à tort.",
            wrong_fr="Début : 01/01/2020 ; durée : 4,5 ; fin : 31/12/2022",
            right_fr="Début : 01/01/2020 ; durée : 4,5 ; fin : 30/06/2024",
        ),
        Rule(
            "project_cost_unit_fits_band",
            "current_cost_meur",
            holds("_is_in_meur"),
            "Le coût est en millions d’euros, comme sa tranche.",
            "Divisez le coût par 1 000 s’il est en milliers d’euros, par 1 000 000 s’il est en euros.",
            severity="warning",
            why_fr="Divisé par mille ou par un million, le coût tient dans sa tranche : il est dans une autre unité.",
            wrong_fr="Coût : 12500 ; tranche : entre 9 et 20 M€",
            right_fr="Coût : 12,5 ; tranche : entre 9 et 20 M€",
        ),
        Rule(
            "project_cost_in_band",
            "cost_band",
            holds("_is_in_band"),
            "Le coût actuel se trouve dans la tranche de coût déclarée.",
            "Corrigez la tranche de coût, ou le coût.",
            severity="warning",
            why_fr="Le coût et sa tranche sont publiés côte à côte : ils ne doivent pas se contredire.",
            wrong_fr="Coût : 42,5 ; tranche : entre 9 et 20 M€",
            right_fr="Coût : 42,5 ; tranche : entre 20 et 100 M€",
        ),
        Rule(
            "project_ministry_in_perimeter",
            "ministry",
            holds("_is_of_perimeter"),
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
            "project_exit_reason_given",
            "exit_reason",
            holds("_is_exit_explained"),
            "Un projet abandonné indique son motif de sortie.",
            "Indiquez le motif de sortie.",
            severity="warning",
            why_fr="Le motif est publié avec les sorties ; sans lui, la sortie est dite « non déclarée ».",
            wrong_fr="Phase : Abandonné ; motif de sortie : (vide)",
            right_fr="Phase : Abandonné ; motif de sortie : Repris par un dispositif européen",
        ),
    ),
)
