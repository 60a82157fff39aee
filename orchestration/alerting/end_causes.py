"""The causes for which an alert ends, and what a message says of each in French.

What belongs here: the words of each cause. What does not: which end has which cause (`ends`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# Good news; neither good nor bad; told in one summary alone; and not told, since something in its place is, or nothing.
Cause = Literal["redressée", "déposée", "reportée", "corrigée", "sans objet", "méthode", "remplacée", "précision"]
SILENT: tuple[Cause, ...] = ("remplacée", "précision")


@dataclass(frozen=True)
class CauseInWords:
    """The title of one end and of many, and the sentence that explains the cause."""

    one: str
    many: str
    note: str


# Only good news carries the sign of it.
IN_WORDS: Mapping[str, CauseInWords] = {
    "redressée": CauseInWords(
        "✅ Situation redressée", "✅ {} situations redressées", "Ce qui avait été signalé n’est plus constaté."
    ),
    "déposée": CauseInWords("✅ Remontée reçue", "✅ {} rappels satisfaits", "Ce qui manquait a été déposé."),
    "reportée": CauseInWords(
        "Échéance reportée",
        "{} échéances reportées",
        "La fin prévue a été repoussée : elle n’est plus dépassée, mais le retard n’est pas rattrapé.",
    ),
    "corrigée": CauseInWords(
        "Alerte corrigée",
        "{} alertes corrigées",
        "Les données d’où venait l’alerte ont été corrigées depuis son envoi : elle ne vaut plus telle qu’elle était.",
    ),
    "sans objet": CauseInWords(
        "Alerte sans objet", "{} alertes sans objet", "Ce que l’alerte signalait n’a plus lieu d’être suivi."
    ),
}
