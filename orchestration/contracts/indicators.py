"""The contract of `indicators`: measures of a programme, each with a baseline, a target and a target date.

What belongs here: its columns (docs/rules.md §5). What does not: what a column is (`contract`).
"""

from datetime import date

from orchestration.contracts.contract import Column, Contract

_UNKNOWN = frozenset({"non_applicable", "non_communique", "a_venir", "tiret"})

INDICATORS = Contract(
    kind="indicators",
    title_fr="Indicateurs",
    description_fr="Les indicateurs d’un programme : référence, cible et dernière mesure. Une ligne par indicateur.",
    subject_fr="indicateur",
    key="indicator_id",
    subject="title",
    created=date(2026, 11, 23),
    modified=date(2026, 11, 23),
    columns=(
        Column(
            "indicator_id",
            "Identifiant de l'indicateur",
            "text",
            "Identifiant stable de l’indicateur ; il ne change jamais, même si l’indicateur change d’intitulé.",
            "teletravail",
            aliases=("ID Indicateur", "N° de l'indicateur"),
            is_required=True,
        ),
        Column(
            "title",
            "Intitulé de l'indicateur",
            "text",
            "Ce que l’indicateur mesure.",
            "Part des agents de l'État en mesure de télétravailler",
            aliases=("Indicateur", "Nom de l'indicateur", "Libellé de l'indicateur"),
        ),
        Column(
            "unit",
            "Unité",
            "text",
            "Unité des trois valeurs, par exemple %, agents ou démarches.",
            "%",
            aliases=("Unité de mesure",),
        ),
        Column(
            "baseline_value",
            "Valeur de référence",
            "number",
            "Valeur dont on part, dans l’unité de l’indicateur (35 pour 35 %).",
            "12",
            aliases=("Valeur initiale", "Référence"),
            absences=_UNKNOWN,
        ),
        Column(
            "baseline_date",
            "Date de référence",
            "date",
            "Date de la valeur de référence.",
            "30/06/2019",
            aliases=("Date de la valeur de référence", "Date initiale"),
            absences=_UNKNOWN,
        ),
        Column(
            "target_value",
            "Valeur cible",
            "number",
            "Valeur à atteindre, dans l’unité de l’indicateur (35 pour 35 %).",
            "25",
            aliases=("Cible", "Objectif"),
            absences=_UNKNOWN,
        ),
        Column(
            "target_date",
            "Date cible",
            "date",
            "Date à laquelle la cible doit être atteinte.",
            "31/12/2022",
            aliases=("Date de la cible", "Échéance de la cible", "Échéance"),
            absences=_UNKNOWN,
        ),
        Column(
            "measured_value",
            "Valeur mesurée",
            "number",
            "Dernière valeur mesurée, dans l’unité de l’indicateur (35 pour 35 %).",
            "35",
            aliases=("Valeur actuelle", "Dernière valeur", "Valeur"),
            absences=_UNKNOWN,
        ),
        Column(
            "measured_on",
            "Date de mesure",
            "date",
            "Date de la dernière mesure.",
            "30/09/2021",
            aliases=("Date de la mesure", "Mesuré le"),
            absences=_UNKNOWN,
        ),
        Column(
            "source",
            "Source",
            "text",
            "D’où vient la mesure.",
            "Enquête annuelle auprès des directions du numérique",
            aliases=("Source de la mesure",),
        ),
    ),
    versions={
        "1.0.0": ("indicator_id", "title", "unit", "baseline_value", "target_value", "target_date", "measured_value")
    },
    shown=("baseline_value", "target_value", "target_date", "measured_value", "measured_on"),
)
