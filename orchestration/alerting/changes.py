"""What an alert compares, in a few French words: for a table, where `sentences` would be too long.

What belongs here: from what to what, and the first baseline. What does not: the sentence of each rule (`sentences`).
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.alerting.sentences import cut, meur, plain, when
from orchestration.domain.french import day, label, number, typeset

_NOTHING = "–"
_MAX_TEXT = 40


def change(row: Mapping[str, Any]) -> str:
    """« 85,0 M€ → 97,0 M€ (référence 80,0 M€) », of a row of `alert_states`; « – » where nothing is compared."""
    match row["rule"]:
        case "budget_overrun" | "completed" | "abandoned":
            # What these compare with is the baseline itself.
            said = _between(_cost(row["from_value"], " (référence)"), _cost(row["to_value"]))
        case "schedule_overrun":
            said = _between(_end(row, "from", " (référence)"), _end(row, "to"))
        case "overdue" | "action_overdue":
            said = _end(row, "from") and f"fin prévue en {_end(row, 'from')}"
        case "went_silent":
            end = _end(row, "from") and f"fin en {_end(row, 'from')}"
            known = ", ".join(part for part in (_cost(row["from_value"]), end) if part)
            said = known and f"{known} → plus déclaré"
        case "submission_missing":
            said = f"date limite le {day(date.fromisoformat(row['to_text']))}" if row["to_text"] else ""
        case "indicator_off_track":
            expected, measured = _sides(row)
            said = f"{measured or _NOTHING} (attendu : {expected or _NOTHING})"
        case "phase_back" | "watermelon":
            said = _between(*(row[side] and label(row[side]) for side in ("from_text", "to_text")))
        case "stagnant":
            since = row["since_edition"] or row["from_text"]
            said = f"inchangé depuis {since}" if since else ""
        case "creep":
            said = " ; ".join(part for part in (_costs(row), _ends(row) if row["slip_months"] else "") if part)
        case _:
            said = _ends(row) if row["measure"] in ("end", "start") else _costs(row) or _between(*_sides(row))
    return typeset(said) or _NOTHING


def _between(before: str | None, after: str | None) -> str:
    return f"{before or _NOTHING} → {after or _NOTHING}" if before or after else ""


def _costs(row: Mapping[str, Any]) -> str:
    if row["unit"] != "meur" and row["measure"] != "trajectory":
        return ""
    said = _between(_cost(row["from_value"]), _cost(row["to_value"]))
    initial = row["baseline_cost_meur"]
    return f"{said} (référence\N{NO-BREAK SPACE}{_cost(initial)})" if said and initial is not None else said


def _ends(row: Mapping[str, Any]) -> str:
    said = _between(_end(row, "from"), _end(row, "to"))
    initial = row["baseline_end_date"]
    if not said or initial is None or row["measure"] == "start":
        return said
    return f"{said} (référence\N{NO-BREAK SPACE}{when(initial.isoformat(), row['from_precision'])})"


def _cost(value: Decimal | None, more: str = "") -> str:
    return "" if value is None else meur(value) + more


def _end(row: Mapping[str, Any], side: str, more: str = "") -> str:
    said = when(row[f"{side}_text"], row[f"{side}_precision"])
    return said and said + more


def _sides(row: Mapping[str, Any]) -> tuple[str, str]:
    """Both values of what has a unit of its own, or words alone."""
    before, after = (_measure(row[f"{side}_value"], row["unit"], row[f"{side}_text"]) for side in ("from", "to"))
    return before, after


def _measure(value: Decimal | None, unit: str | None, text: str | None) -> str:
    if value is None:
        return cut(plain(text or ""), _MAX_TEXT)
    rounded = Decimal(value).quantize(Decimal("0.01")).normalize()
    said = number(rounded, max(0, -int(rounded.as_tuple().exponent)))
    shown = {"score": " sur 10", "pct": " %", "years": " ans", None: ""}.get(
        unit, f" {cut(plain(unit or ''), _MAX_TEXT)}"
    )
    return f"{said}{shown}"
