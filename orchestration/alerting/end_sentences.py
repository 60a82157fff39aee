"""What is said, in French, where an alert has ended: what it is now.

What belongs here: the words, made from the rows of the marts `alert_ends` and `corrections`. What does not: what the
alert said (`sentences`), why it ended (`ends`) and the message around it (`messages`).
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.domain.french import label, number, period
from orchestration.domain.visible import visible

_CONFIDENCES = {"vert": "verte", "orange": "orange", "rouge": "rouge"}


def now(row: Mapping[str, Any]) -> str:
    """What the subject of an alert is by now, of a row of `alert_ends`; nothing where it need not be said."""
    rule, cause = row["rule"], row["cause"]
    if rule in ("budget_overrun", "schedule_overrun"):
        return _overrun(row)
    if rule == "watermelon":
        return _confidence(row)
    if rule == "overdue":
        return "projet terminé" if cause == "redressée" else f"fin prévue désormais en {_period(row)}"
    if rule == "action_overdue":
        return {
            "redressée": "action achevée",
            "reportée": f"prévue désormais pour {_period(row)}",
        }.get(cause, "action abandonnée")
    if rule == "indicator_off_track":
        return _indicator(row)
    return {"stagnant": "déclaration mise à jour", "submission_missing": "remontée reçue"}.get(rule, "")


def corrected(row: Mapping[str, Any]) -> str:
    """What a correction changed of a project, of a row of `corrections`: « coût de 40,0 M€ au lieu de 53,0 M€ »."""
    # An end that moved within how well it is known has not moved.
    end = row["to_end"] if row["end_change_days"] == 0 else row["from_end"]
    changes = [
        _changed(*change)
        for change in (
            ("coût", "non renseigné", _cost(row["from_cost_meur"]), _cost(row["to_cost_meur"])),
            ("fin", "non renseignée", _end(end, row["end_precision"]), _end(row["to_end"], row["end_precision"])),
            ("phase", "non renseignée", _phase(row["from_phase"]), _phase(row["to_phase"])),
            (
                *("confiance déclarée", "non renseignée"),
                *(_declared(row["from_declared_confidence"]), _declared(row["to_declared_confidence"])),
            ),
        )
    ]
    return ", ".join(filter(None, changes))


def _changed(name: str, absent: str, before: str | None, after: str | None) -> str:
    """« coût de 17,5 M€ (non renseigné auparavant) »; nothing where it says the same."""
    if before == after:
        return ""
    if before is None:
        return f"{name} {after} ({absent} auparavant)"
    return f"{name} {after or absent} au lieu {_of(before)}"


def _overrun(row: Mapping[str, Any]) -> str:
    rate = Decimal(row["now_value"])
    share = f"{number(abs(rate), 1)} %"
    if row["rule"] == "budget_overrun":
        where = f"à {share} {'au-dessus' if rate > 0 else 'en dessous'} de" if round(rate, 1) else "égal à"
        return f"coût désormais {where} la référence initiale"
    if not round(rate, 1):
        return "fin prévue de nouveau égale à la fin initiale"
    side = "au-delà" if rate > 0 else "en deçà"
    return f"fin prévue désormais {side} de la fin initiale, de {share} de la durée initiale"


def _confidence(row: Mapping[str, Any]) -> str:
    colour = _CONFIDENCES.get(row["now_text"] or "", row["now_text"] or "inconnue")
    if row["cause"] == "redressée":
        return f"confiance désormais {colour} d’après ses chiffres"
    return f"confiance désormais déclarée {colour}"


def _indicator(row: Mapping[str, Any]) -> str:
    unit = f" {visible(row['now_unit'])}" if row["now_unit"] else ""
    where = {
        "reached": "cible atteinte",
        "reached_early": "cible atteinte en avance",
        "on_track": "de retour sur sa trajectoire",
    }.get(row["now_text"], "moins de cinq points derrière sa trajectoire")
    return f"valeur de {_measure(row['now_value'])}{unit}, {where}"


def _period(row: Mapping[str, Any]) -> str:
    return _when(row["now_date"], row["now_precision"])


def _when(day: date, precision: str | None) -> str:
    return period(day, precision if precision in ("quarter", "semester") else "month")


def _measure(value: Decimal) -> str:
    rounded = Decimal(value).quantize(Decimal("0.01")).normalize()
    return number(rounded, max(0, -int(rounded.as_tuple().exponent)))


def _cost(value: Decimal | None) -> str | None:
    return None if value is None else f"de {number(value, 1 if value >= 1 else 2)} M€"


def _end(day: date | None, precision: str | None) -> str | None:
    return None if day is None else f"en {_when(day, precision)}"


def _phase(phase: str | None) -> str | None:
    return None if phase is None else f"« {label(phase)} »"


def _declared(confidence: str | None) -> str | None:
    return None if confidence is None else _CONFIDENCES.get(confidence, confidence)


def _of(words: str) -> str:
    """« de 53,0 M€ », « de juin 2018 », « d’avril 2018 », « de « Déploiement » »."""
    bare = words.removeprefix("de ").removeprefix("en ")
    return f"d’{bare}" if bare[:1] in "ao" else f"de {bare}"
