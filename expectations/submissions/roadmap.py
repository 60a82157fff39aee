"""What a ministry must mend in the actions of its roadmap.

What belongs here: judgements on one file. What does not: reading cells (intake), or which actions are due (dbt).
"""

from collections.abc import Iterable
from datetime import date

from expectations.rule import Rule, Suite, Table, between, holds, present
from expectations.submissions.helper_columns import folded, is_by_edition_date, is_first

END_YEARS = (2000, 2050)

_ENDED = ("acheve", "abandonne")


def _is_given(status: object, absence: object) -> bool | None:
    """Whether there is a status; `None` where one is typed that cannot be read, which is said already."""
    return None if absence is not None else status is not None


def _is_end_known(status: object, end: object, absence: object) -> bool | None:
    """Whether a completed action says when; `None` for the others, and where something else stands for the end."""
    return end is not None if status == "acheve" and absence is None else None


def _is_end_fit(status: object, end: object) -> bool | None:
    """Whether an action that has ended is said to have; `None` where the end or the status is unknown."""
    return None if status is None or end is None else status in _ENDED


def _is_entered(entry: object, edition: object) -> bool | None:
    """Whether the action did not enter after the edition; codes of editions sort as time does."""
    return None if entry is None or edition is None else str(entry) <= str(edition)


def _helpers(frame: Table) -> dict[str, Iterable[object]]:
    ids = folded(frame["action_id"])
    return {
        "_id": ids,
        "_is_first": is_first(frame["arrival"], ids),
        "_title": folded(frame["title"]),
        "_mission": folded(frame["mission"]),
        "_is_entered": map(_is_entered, frame["entry_edition"], frame["edition"]),
        "_planned_year": [end.year if isinstance(end, date) else None for end in frame["planned_end"]],
        "_is_given": map(_is_given, frame["status"], frame["status_absence"]),
        "_is_end_known": map(_is_end_known, frame["status"], frame["actual_end"], frame["actual_end_absence"]),
        "_is_end_fit": map(_is_end_fit, frame["status"], frame["actual_end"]),
        "_is_ended_by_then": is_by_edition_date(frame["actual_end"], frame["edition"]),
    }


ROADMAP = Suite(
    "roadmap",
    keys=("arrival", "row_number"),
    helpers=_helpers,
    rules=(
        Rule(
            "action_id_present",
            "action_id",
            present("_id"),
            "Chaque action a un identifiant.",
            "Saisissez l’identifiant de l’action, ou supprimez la ligne.",
            effect="row",
            why_fr="Sans identifiant, l’action ne peut pas être suivie d’une édition à l’autre.",
            wrong_fr="(vide) | Publier le catalogue",
            right_fr="label-03 | Publier le catalogue",
        ),
        Rule(
            "action_declared_once",
            "action_id",
            holds("_is_first"),
            "Une action n’est déclarée qu’une fois par fichier ; seule la première ligne est retenue.",
            "Supprimez la ligne en double ; si ce sont deux actions, donnez-leur des identifiants différents.",
            effect="row",
            why_fr="Une action comptée deux fois fausse l’avancement publié.",
            wrong_fr="label-03, puis label-03 plus bas",
            right_fr="label-03, une seule fois",
        ),
        Rule(
            "action_title_present",
            "title",
            present("_title"),
            "Chaque action a un intitulé.",
            "Saisissez l’intitulé de l’action : c’est sous ce nom qu’elle est publiée.",
            severity="warning",
            why_fr="C’est l’intitulé que lisent les lecteurs.",
            wrong_fr="label-03 | (vide)",
            right_fr="label-03 | Publier le catalogue",
        ),
        Rule(
            "action_mission_present",
            "mission",
            present("_mission"),
            "Chaque action contribue à une mission.",
            "Saisissez la mission à laquelle l’action contribue.",
            severity="warning",
            why_fr="L’avancement est publié mission par mission.",
            wrong_fr="Mission : (vide)",
            right_fr="Mission : Label",
        ),
        Rule(
            "action_status_present",
            "status",
            holds("_is_given"),
            "Chaque action a un statut.",
            "Choisissez le statut de l’action à la date de l’édition.",
            severity="warning",
            why_fr="Sans statut, l’action n’est comptée ni comme faite, ni comme à faire.",
            wrong_fr="Statut : (vide)",
            right_fr="Statut : En cours",
        ),
        Rule(
            "action_entered_by_then",
            "entry_edition",
            holds("_is_entered"),
            "L’édition d’entrée n’est pas postérieure à l’édition du dossier de dépôt.",
            "Vérifiez l’édition d’entrée et le dossier de dépôt.",
            severity="warning",
            why_fr="Une action ne peut pas entrer après l’édition qui la décrit.",
            wrong_fr="Édition 2021-S1 ; entrée : 2021-S2",
            right_fr="Édition 2021-S1 ; entrée : 2021-S1",
        ),
        Rule(
            "action_planned_end_plausible",
            "planned_end",
            between("_planned_year", *END_YEARS),
            "La fin prévue se situe entre 2000 et 2050.",
            "Vérifiez l’année de la fin prévue.",
            severity="warning",
            why_fr="Une année mal tapée fait paraître l’action en retard, ou jamais due.",
            wrong_fr="31/12/0221",
            right_fr="31/12/2021",
        ),
        Rule(
            "action_end_given",
            "actual_end",
            holds("_is_end_known"),
            "Une action achevée indique sa fin réelle.",
            "Indiquez la date à laquelle l’action a été achevée, ou corrigez son statut.",
            severity="warning",
            why_fr="La fin réelle dit si l’action a été tenue à temps.",
            wrong_fr="Achevé ; fin réelle : (vide)",
            right_fr="Achevé ; fin réelle : 15/06/2021",
        ),
        Rule(
            "action_end_fits_status",
            "actual_end",
            holds("_is_end_fit"),
            "Une action à venir ou en cours n’a pas de fin réelle.",
            "Corrigez le statut, ou videz la fin réelle.",
            severity="warning",
            why_fr="Une fin réelle contredit un statut « En cours ».",
            wrong_fr="En cours ; fin réelle : 15/06/2021",
            right_fr="Achevé ; fin réelle : 15/06/2021",
        ),
        Rule(
            "action_ended_by_then",
            "actual_end",
            holds("_is_ended_by_then"),
            "La fin réelle n’est pas postérieure à la date de l’édition.",
            "Vérifiez la fin réelle ; une fin à venir s’écrit dans la colonne de la fin prévue.",
            severity="warning",
            why_fr="L’édition décrit un état à sa date : ce qui vient après compte pour la suivante.",
            wrong_fr="Édition 2021-S1 ; fin réelle : 15/09/2021",
            right_fr="Édition 2021-S1 ; fin réelle : 15/06/2021",
        ),
    ),
)
