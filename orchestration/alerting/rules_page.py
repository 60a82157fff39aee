"""The page that explains each rule of the alerts: `docs/regles-d-alerte.md`, written by `make alert-rules`.

What belongs here: gathering what is said of a rule, its thresholds and its ends. What does not: rules and reasons
(`domain.alert_rules`, `sentences`), thresholds (the seed `alert_rules`).
"""

from collections.abc import Iterator

from orchestration.alerting.sentences import reason
from orchestration.domain.alert_rules import ALERT_RULES, SEVERITIES, AlertRule
from orchestration.domain.french import plural, typeset
from orchestration.domain.reference_data import seed_rows
from orchestration.places import CHECKOUT
from orchestration.store.whole_file import write_whole

PAGE = CHECKOUT / "docs" / "regles-d-alerte.md"

_OPENING = """\
# Les règles d’alerte

Ce qui fait qu’une alerte est envoyée, à partir de quel seuil, et ce qui y met fin. Cette page est écrite par \
`make alert-rules` à partir des règles elles-mêmes : elle ne se corrige pas à la main.

Un seuil atteint suffit ; de plusieurs gravités, la plus haute vaut. « L’édition précédente » est la dernière où le \
projet figurait ou pour laquelle son ministère a déposé. Une alerte peut aussi être **expliquée** par une personne, \
avec un motif et une date : elle n’est plus à traiter jusqu’à cette date.
"""
_EVENT = (
    "Rien n’y met fin qu’une correction de la remontée d’où elle vient (« corrigée ») : ce qui est arrivé est arrivé."
)
_OVERRUN = (
    "Elle est redressée (✅) quand l’écart repasse cinq points sous son palier, et remplacée par celle d’un palier "
    "plus haut."
)
_ENDS = {
    "budget_overrun": _OVERRUN,
    "schedule_overrun": _OVERRUN,
    "overdue": "Elle est redressée (✅) quand le projet est terminé, et reportée, sans ✅, quand une fin plus "
    "lointaine est déclarée : aucun retard n’est rattrapé.",
    "watermelon": "Elle est redressée (✅) quand la confiance calculée n’est plus rouge, et sans objet quand le "
    "ministère ne déclare plus vert et que les chiffres restent rouges.",
    "stagnant": "Elle est redressée (✅) dès que quelque chose a changé, et remplacée si une autre alerte le dit.",
    "indicator_off_track": "Elle est redressée (✅) quand la valeur revient à moins de cinq points de la droite.",
    "action_overdue": "Elle est redressée (✅) quand l’action est achevée, reportée, sans ✅, quand une fin plus "
    "lointaine est déclarée, et sans objet quand l’action est abandonnée.",
    "submission_missing": "Elle est levée (✅) quand ce qui manquait est déposé, et remplacée par le rappel suivant.",
    "submission_rejected": "Rien n’y met fin : le dépôt corrigé est un autre dépôt, qui a son propre accusé.",
}
_THRESHOLDS = {
    "always": "dans tous les cas",
    "percent": "à partir de {} %",
    "meur": "à partir de {} M€",
    "months": "à partir de {} mois",
    "crossed_percent": "au palier de {} %",
    "above_meur": "pour un projet de plus de {} M€",
    "phases_back": "si la phase recule aussi",
    "if_unfinished": "si rien ne dit le projet terminé",
    "meur_if_done": "si le dernier coût connu atteint {} M€",
    "meur_if_ahead": "si la fin est à venir ou inconnue, et que le dernier coût connu atteint {} M€",
    "editions": "à partir de {} éditions",
    "levels": "à partir de {} paliers",
    "points": "à partir de {} points",
}


def page() -> str:
    """The page, in Markdown: the rules that teams are told of, each with its thresholds and its ends."""
    told = [rule for rule in ALERT_RULES.values() if rule.audience == "teams"]
    return "\n".join([typeset(_OPENING), *(line for rule in told for line in _section(rule))])


def _section(rule: AlertRule) -> Iterator[str]:
    yield typeset(f"## {rule.label_fr}\n")
    why = reason(rule.id)
    yield typeset(f"{why[:1].upper()}{why[1:]}.\n")
    for severity in SEVERITIES:
        rows = [row for row in seed_rows("alert_rules") if (row["rule"], row["severity"]) == (rule.id, severity)]
        if rows:
            yield typeset(f"- **{severity}** : {', ou '.join(map(_threshold, rows))}")
    yield typeset(f"\n{_ENDS.get(rule.id, _EVENT)}\n")


def _threshold(row: dict[str, str]) -> str:
    if row["threshold"] == "days_left":
        days = int(row["at_least"])
        return f"{plural(days, 'jour')} avant la date limite" if days else "à la date limite"
    return _THRESHOLDS[row["threshold"]].format(row["at_least"].replace(".", ","))


if __name__ == "__main__":
    write_whole(PAGE, page().encode(), "umask")
