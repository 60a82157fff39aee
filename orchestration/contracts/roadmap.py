"""The contract of `roadmap`: the actions of a programme such as TECH.GOUV (docs/rules.md §5)."""

from datetime import date

from orchestration.contracts.contract import Column, Contract

_UNKNOWN = frozenset({"non_applicable", "non_communique", "a_venir", "tiret"})

ROADMAP = Contract(
    kind="roadmap",
    title_fr="Feuille de route",
    description_fr="Les actions d’un programme, mission par mission, et où en est chacune. Une ligne par action.",
    subject_fr="action",
    key="action_id",
    subject="title",
    created=date(2026, 11, 23),
    modified=date(2026, 11, 23),
    columns=(
        Column(
            "action_id",
            "Identifiant de l'action",
            "text",
            "Identifiant stable de l’action ; il ne change jamais, même si l’action change d’intitulé.",
            "label-03",
            aliases=("ID Action", "N° de l'action", "Numéro de l'action"),
            is_required=True,
        ),
        Column(
            "title",
            "Intitulé de l'action",
            "text",
            "Ce que l’action doit produire, en une phrase.",
            "Publier le catalogue des produits labellisés",
            aliases=("Action", "Nom de l'action", "Libellé de l'action"),
        ),
        Column(
            "mission",
            "Mission",
            "text",
            "Mission du programme à laquelle l’action contribue.",
            "Label",
            aliases=("Nom de la mission",),
        ),
        Column(
            "status",
            "Statut de l'action",
            "code",
            "Où en est l’action à la date de l’édition.",
            "Achevé",
            aliases=("Statut", "État d'avancement", "Avancement"),
            labels={"a_venir": "À venir", "en_cours": "En cours", "acheve": "Achevé", "abandonne": "Abandonné"},
            words={
                "achevee": "acheve",
                "termine": "acheve",
                "terminee": "acheve",
                "realise": "acheve",
                "realisee": "acheve",
                "abandonnee": "abandonne",
            },
            final_codes=frozenset({"acheve", "abandonne"}),
        ),
        Column(
            "entry_edition",
            "Édition d'entrée",
            "edition",
            "Édition dans laquelle l’action est entrée dans la feuille de route.",
            "2020-S2",
            aliases=("Entrée dans la feuille de route", "Édition d'entrée dans la feuille de route"),
        ),
        Column(
            "planned_end",
            "Fin prévue",
            "date",
            "Date à laquelle l’action doit être achevée.",
            "31/12/2021",
            aliases=("Date de fin prévue", "Échéance", "Fin prévisionnelle"),
            absences=_UNKNOWN,
        ),
        Column(
            "actual_end",
            "Fin réelle",
            "date",
            "Date à laquelle l’action a été achevée ou abandonnée ; rien tant qu’elle ne l’est pas.",
            "15/06/2021",
            aliases=("Date de fin réelle", "Date d'achèvement"),
            absences=_UNKNOWN,
        ),
    ),
    versions={"1.0.0": ("action_id", "title", "mission", "status", "entry_edition", "planned_end")},
    shown=("status", "planned_end", "actual_end"),
    leaving_fr="déclarez chacune une dernière fois, avec le statut Achevé ou Abandonné",
)
