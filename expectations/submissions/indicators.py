"""What a ministry must mend in its indicators.

What belongs here: judgements on one file. What does not: reading cells (intake), or whether a target is near (dbt).
"""

from collections.abc import Iterable, Sequence

from expectations.rule import Rule, Suite, Table, holds, present
from expectations.submissions.helper_columns import ends_after_start, folded, is_by_edition_date, is_first, numbers
from orchestration.domain.folding import fold_header

# Each value with its date: the fields, and how a sentence calls them.
_DATED = (
    ("baseline_value", "baseline_date", "La valeur de référence", "la date de référence"),
    ("target_value", "target_date", "La valeur cible", "la date cible"),
    ("measured_value", "measured_on", "La valeur mesurée", "la date de mesure"),
)


def _is_percent(unit: object) -> bool:
    return unit is not None and (str(unit).strip().startswith("%") or fold_header(str(unit)).startswith("pourcent"))


def _is_not_fraction(unit: object, values: Sequence[float]) -> bool | None:
    """Whether percents are not written as fractions: all known values between 0 and 1, one of them in between."""
    known = [value for value in values if value == value]  # NaN differs from itself.
    if not known or not _is_percent(unit):
        return None
    return not (all(0 <= value <= 1 for value in known) and any(0 < value < 1 for value in known))


def _is_measure_in_percent(unit: object, values: Sequence[float]) -> bool | None:
    """Whether a measure is not a fraction beside a baseline and a target in percent; `None` where one is unknown."""
    baseline, target, measured = values
    if not _is_percent(unit) or not (baseline >= 1 and target >= 1 and measured == measured):
        return None
    return not 0 < measured < 1


def _is_dated(value: float, day: object, absence: object) -> bool | None:
    """Whether a known value has its date; `None` where there is no value, or something else stands for the date."""
    return None if value != value or absence is not None else day is not None


def _differs(target: float, baseline: float) -> bool | None:
    """Whether the target is another value than the baseline, where both are known."""
    return target != baseline if target == target and baseline == baseline else None


def _helpers(frame: Table) -> dict[str, Iterable[object]]:
    ids = folded(frame["indicator_id"])
    values = [numbers(frame, value) for value, *_ in _DATED]
    baseline = frame["baseline_date"], frame["baseline_date_precision"]
    return {
        "_id": ids,
        "_is_first": is_first(frame["arrival"], ids),
        "_title": folded(frame["title"]),
        "_is_not_fraction": map(_is_not_fraction, frame["unit"], zip(*values, strict=True)),
        "_is_measure_in_percent": map(_is_measure_in_percent, frame["unit"], zip(*values, strict=True)),
        **{
            f"_is_{value}_dated": map(_is_dated, known, frame[day], frame[f"{day}_absence"])
            for known, (value, day, *_) in zip(values, _DATED, strict=True)
        },
        "_differs": map(_differs, values[1], values[0]),
        "_target_follows": map(ends_after_start, *baseline, frame["target_date"], frame["target_date_precision"]),
        "_measure_follows": map(ends_after_start, *baseline, frame["measured_on"], frame["measured_on_precision"]),
        "_is_measured_by_then": is_by_edition_date(frame["measured_on"], frame["edition"]),
    }


INDICATORS = Suite(
    "indicators",
    keys=("arrival", "row_number"),
    helpers=_helpers,
    rules=(
        Rule(
            "indicator_id_present",
            "indicator_id",
            present("_id"),
            "Chaque indicateur a un identifiant.",
            "Saisissez l’identifiant de l’indicateur, ou supprimez la ligne.",
            effect="row",
            why_fr="Sans identifiant, l’indicateur ne peut pas être suivi d’une édition à l’autre.",
            wrong_fr="(vide) | Agents en télétravail",
            right_fr="tele-01 | Agents en télétravail",
        ),
        Rule(
            "indicator_declared_once",
            "indicator_id",
            holds("_is_first"),
            "Un indicateur n’est déclaré qu’une fois par fichier ; seule la première ligne est retenue.",
            "Supprimez la ligne en double ; si ce sont deux indicateurs, donnez-leur des identifiants différents.",
            effect="row",
            why_fr="Deux mesures du même indicateur se contrediraient.",
            wrong_fr="tele-01, puis tele-01 plus bas",
            right_fr="tele-01, une seule fois",
        ),
        Rule(
            "indicator_title_present",
            "title",
            present("_title"),
            "Chaque indicateur a un intitulé.",
            "Saisissez l’intitulé de l’indicateur : c’est sous ce nom qu’il est publié.",
            severity="warning",
            why_fr="C’est l’intitulé que lisent les lecteurs.",
            wrong_fr="tele-01 | (vide)",
            right_fr="tele-01 | Agents en télétravail",
        ),
        Rule(
            "indicator_unit_present",
            "unit",
            present("unit"),
            "Chaque indicateur a une unité.",
            "Saisissez l’unité des valeurs, par exemple % ou agents.",
            severity="warning",
            why_fr="Sans unité, 35 peut être une part, un nombre d’agents ou des jours.",
            wrong_fr="35 | (vide)",
            right_fr="35 | %",
        ),
        Rule(
            "indicator_percent_not_fraction",
            "unit",
            holds("_is_not_fraction"),
            "Les valeurs d’un indicateur en % s’écrivent en pour cent, non en fraction.",
            "Écrivez 35 pour 35 %, et non 0,35.",
            severity="warning",
            why_fr="0,35 avec l’unité % se lit 0,35 %, cent fois trop peu.",
            wrong_fr="0,35 | %",
            right_fr="35 | %",
        ),
        Rule(
            "indicator_measured_value_not_fraction",
            "measured_value",
            holds("_is_measure_in_percent"),
            "La valeur mesurée d’un indicateur en % s’écrit en pour cent, comme la référence et la cible.",
            "Écrivez 35 pour 35 %, et non 0,35 ; si la valeur est juste, il n’y a rien à faire.",
            severity="warning",
            why_fr="0,35 à côté d’une référence de 12 et d’une cible de 25 se lit 0,35 %, cent fois trop peu.",
            wrong_fr="Référence : 12 ; cible : 25 ; mesure : 0,35",
            right_fr="Référence : 12 ; cible : 25 ; mesure : 35",
        ),
        *(
            Rule(
                f"indicator_{value}_dated",
                day,
                holds(f"_is_{value}_dated"),
                f"{words} a une date.",
                f"Saisissez {words_of_day}.",
                severity="warning",
                why_fr="Une valeur sans date ne peut pas être placée sur la trajectoire.",
                wrong_fr="35 | (vide)",
                right_fr="35 | 30/06/2021",
            )
            for value, day, words, words_of_day in _DATED
        ),
        Rule(
            "indicator_target_differs_from_baseline",
            "target_value",
            holds("_differs"),
            "La valeur cible n’est pas la valeur de référence.",
            "Corrigez la cible ou la référence : sans écart entre elles, aucun progrès ne se mesure.",
            severity="warning",
            why_fr="Le progrès se mesure de la référence à la cible : il faut un écart entre elles.",
            wrong_fr="Référence : 25 ; cible : 25",
            right_fr="Référence : 10 ; cible : 25",
        ),
        Rule(
            "indicator_target_after_baseline",
            "target_date",
            holds("_target_follows"),
            "La date cible doit suivre la date de référence.",
            "Corrigez la date cible ou la date de référence.",
            effect="cell",
            why_fr="La trajectoire va de la référence à la cible, dans le sens du temps.",
            wrong_fr="Référence : 31/12/2021 ; cible : 31/12/2019",
            right_fr="Référence : 31/12/2019 ; cible : 31/12/2022",
        ),
        Rule(
            "indicator_measured_after_baseline",
            "measured_on",
            holds("_measure_follows"),
            "La date de mesure doit suivre la date de référence.",
            "Vérifiez la date de mesure et la date de référence.",
            severity="warning",
            why_fr="Une mesure plus ancienne que la référence ne dit rien du progrès.",
            wrong_fr="Référence : 31/12/2019 ; mesure : 30/06/2018",
            right_fr="Référence : 31/12/2019 ; mesure : 30/06/2021",
        ),
        Rule(
            "indicator_measured_by_then",
            "measured_on",
            holds("_is_measured_by_then"),
            "La date de mesure n’est pas postérieure à la date de l’édition.",
            "Vérifiez la date de mesure et le dossier de dépôt.",
            severity="warning",
            why_fr="L’édition décrit un état à sa date : ce qui vient après compte pour la suivante.",
            wrong_fr="Édition 2021-S1 ; mesure : 30/09/2021",
            right_fr="Édition 2021-S1 ; mesure : 30/06/2021",
        ),
    ),
)
