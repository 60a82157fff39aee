"""What a ministry must mend in its projects.

What belongs here: judgements on one file. What does not: reading cells (intake), or comparing editions (dbt).
"""

import csv
import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from expectations.rule import Rule, Suite, between, holds, present
from expectations.submissions.helper_columns import (
    folded,
    identities,
    is_first,
    is_of_perimeter,
    is_own_name,
    numbers,
)
from orchestration.folding import fold_header, fold_name
from orchestration.perimeter import SEEDS

if TYPE_CHECKING:
    import pandas as pd

MAX_COST_MEUR = 10_000
MAX_DURATION_DAYS = 30 * 365
START_YEARS = (1990, 2050)

# How far the true value may be from the first day of the period that was typed.
_SLACK_DAYS = {"day": 1, "month": 31, "quarter": 92, "semester": 184, "tenth_year": 19}
_MONTHS = {"month": 1, "quarter": 3, "semester": 6}


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
    """Whether the cost is within the band's bounds; `None` where either is unknown, or the cost impossible."""
    bounds = cost_bounds(band) if band else None
    return bounds[0] <= cost <= bounds[1] if bounds and cost >= 0 else None


def _period_start(day: date, precision: str | None) -> date:
    months = _MONTHS.get(precision or "day")
    return date(day.year, (day.month - 1) // months * months + 1, 1) if months else day


def _ends_after_start(
    start: object, start_precision: str | None, end: object, end_precision: str | None
) -> bool | None:
    """Whether the end is not before the start, both seen at the coarser of their precisions."""
    if not isinstance(start, date) or not isinstance(end, date):
        return None
    for precision in (start_precision, end_precision):
        start, end = _period_start(start, precision), _period_start(end, precision)
    return end >= start


def _end_fits_duration(start: object, end: object, days: float, precisions: Iterable[str | None]) -> bool | None:
    """Whether start plus duration gives the end, to a month and what the precisions of the three leave open."""
    if not isinstance(start, date) or not isinstance(end, date) or end < start or not 0 < days <= MAX_DURATION_DAYS:
        return None
    slack = 31 + sum(_SLACK_DAYS[precision or "day"] for precision in precisions)
    return abs((end - start).days - days) <= slack


@cache
def _register() -> dict[str, str]:
    """The alias register: folded name to project id."""
    with (SEEDS / "project_aliases.csv").open(encoding="utf-8", newline="") as lines:
        return {fold_name(row["name"]): row["project_id"] for row in csv.DictReader(lines)}


def _helpers(frame: "pd.DataFrame") -> dict[str, Iterable[object]]:
    names = folded(frame["name"])
    ids = identities(frame["declared_project_id"], names, _register())
    drops = list(frame["submission_id"])
    starts, ends, durations = frame["start_date"], frame["current_end_date"], numbers(frame, "current_duration_days")
    start_precisions, end_precisions = frame["start_date_precision"], frame["current_end_date_precision"]
    precisions = zip(start_precisions, end_precisions, frame["current_duration_days_precision"], strict=True)
    return {
        "_folded_name": names,
        "_is_first": is_first(drops, ids),
        "_is_own_name": is_own_name(drops, names, ids),
        "_is_of_perimeter": is_of_perimeter(frame["ministry"], frame["perimeter"]),
        "_start_year": [start.year if isinstance(start, date) else None for start in starts],
        "_ends_after_start": map(_ends_after_start, starts, start_precisions, ends, end_precisions),
        "_end_fits_duration": map(_end_fits_duration, starts, ends, durations, precisions),
        "_is_exit_explained": [
            reason is not None if phase == "abandonne" else None
            for phase, reason in zip(frame["phase"], frame["exit_reason"], strict=True)
        ],
        "_is_in_band": map(_is_in_band, numbers(frame, "current_cost_meur"), frame["cost_band"]),
    }


PROJECTS = Suite(
    "projects",
    keys=("submission_id", "row_number"),
    helpers=_helpers,
    rules=(
        Rule(
            "project_name_present",
            "name",
            present("_folded_name"),
            "Chaque projet porte un nom.",
            "Saisissez le nom du projet, ou supprimez la ligne.",
            effect="row",
        ),
        Rule(
            "project_declared_once",
            "name",
            holds("_is_first"),
            "Un projet n’est déclaré qu’une fois par fichier (même identifiant, même nom, ou ancien nom) ; "
            "seule la première ligne est retenue.",
            "Supprimez la ligne en double ; si ce sont deux projets, donnez-leur des noms différents.",
            effect="row",
        ),
        Rule(
            "project_name_unambiguous",
            "name",
            holds("_is_own_name"),
            "Deux projets d’identifiants différents ne portent pas le même nom.",
            "Vérifiez l’identifiant ; si ce sont bien deux projets, précisez leurs noms.",
            severity="warning",
        ),
        *(
            rule
            for which, words in (("initial", "initial"), ("current", "actuel"))
            for rule in (
                Rule(
                    f"project_{which}_cost_not_negative",
                    f"{which}_cost_meur",
                    between(f"{which}_cost_meur", 0, None),
                    f"Le coût {words} n’est pas négatif.",
                    "Corrigez le coût, en millions d’euros ; laissez la cellule vide s’il n’est pas connu.",
                    effect="cell",
                ),
                Rule(
                    f"project_{which}_cost_plausible",
                    f"{which}_cost_meur",
                    between(f"{which}_cost_meur", None, MAX_COST_MEUR),
                    f"Le coût {words} d’un projet ne dépasse pas 10 000 M€.",
                    "Vérifiez l’unité : le coût se déclare en millions d’euros, non en euros ni en milliers d’euros.",
                    severity="warning",
                ),
            )
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
                ),
                Rule(
                    f"project_{which}_duration_plausible",
                    f"{which}_duration_days",
                    between(f"{which}_duration_days", None, MAX_DURATION_DAYS),
                    f"La durée {words} d’un projet ne dépasse pas 30 ans.",
                    "Vérifiez l’unité : la durée se déclare en années, non en mois ni en jours.",
                    severity="warning",
                ),
            )
        ),
        Rule(
            "project_start_plausible",
            "start_date",
            between("_start_year", *START_YEARS),
            "Le projet commence entre 1990 et 2050.",
            "Vérifiez l’année de début.",
            severity="warning",
        ),
        Rule(
            "project_end_after_start",
            "current_end_date",
            holds("_ends_after_start"),
            "La fin prévue ne précède pas le début.",
            "Corrigez la date de fin ou la date de début.",
            effect="cell",
        ),
        Rule(
            "project_end_fits_duration",
            "current_end_date",
            holds("_end_fits_duration"),
            "La fin prévue est égale au début plus la durée, à un mois près.",
            "Corrigez la fin, le début ou la durée pour que les trois s’accordent.",
            severity="warning",
        ),
        Rule(
            "project_cost_in_band",
            "cost_band",
            holds("_is_in_band"),
            "Le coût actuel se trouve dans la tranche de coût déclarée.",
            "Corrigez la tranche de coût, ou le coût.",
            severity="warning",
        ),
        Rule(
            "project_ministry_in_perimeter",
            "ministry",
            holds("_is_of_perimeter"),
            "Le nom du ministère est connu pour le périmètre ministériel du dossier de dépôt.",
            "Vérifiez le nom du ministère et le dossier de dépôt ; si le nom est nouveau, signalez-le pour qu’il soit "
            "ajouté à la liste.",
            severity="warning",
        ),
        Rule(
            "project_exit_reason_given",
            "exit_reason",
            holds("_is_exit_explained"),
            "Un projet abandonné indique son motif de sortie.",
            "Indiquez le motif de sortie.",
            severity="warning",
        ),
    ),
)
