"""Whether the indicators may be published: a target that moves, or a way that nobody goes, is more often a mistake."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from expectations.rule import Rule, Suite, between, holds

if TYPE_CHECKING:
    import pandas as pd

PROGRESS = (-2, 10)


def _helpers(frame: "pd.DataFrame") -> dict[str, Iterable[object]]:
    aims = frame[["indicator_id", "edition"]].assign(**frame[["target", "baseline"]].astype("float64"))
    before = aims.sort_values("edition", kind="stable").groupby("indicator_id", sort=False).shift().reindex(frame.index)
    return {
        f"_is_{name}_kept": (aims[name] == before[name]).where(aims[name].notna() & before[name].notna(), None)
        for name in ("target", "baseline")
    }


INDICATORS = Suite(
    "indicators",
    keys=("edition", "indicator_id"),
    helpers=_helpers,
    rules=(
        Rule(
            "indicators_filed_once",
            "perimeters_filing",
            between("perimeters_filing", 1, 1),
            "Un indicateur n’est déposé que par un périmètre ; de plusieurs, seule la dernière remontée compte.",
            "Demandez aux périmètres lequel répond de l’indicateur, ou de donner deux identifiants à deux indicateurs.",
            severity="warning",
        ),
        Rule(
            "indicators_progress_plausible",
            "progress",
            between("progress", *PROGRESS),
            "L’avancement d’un indicateur est compris entre −200 % et 1 000 % du chemin de la référence à la cible.",
            "Vérifiez que la référence, la cible et la mesure sont dans la même unité.",
            severity="warning",
        ),
        *(
            Rule(
                f"indicators_{name}_kept",
                name,
                holds(f"_is_{name}_kept"),
                f"{words} d’un indicateur ne change pas d’une édition à l’autre.",
                "Demandez au périmètre pourquoi elle a changé : l’avancement publié ne se compare plus au précédent.",
                severity="warning",
            )
            for name, words in (("target", "La cible"), ("baseline", "La référence"))
        ),
    ),
)
