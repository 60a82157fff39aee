"""The slips of the projects as lines for a reader: what moved, from what to what, and by how much.

What belongs here: which slips are one line, and their words. What does not: which slips there are (the mart) and layout
(templates).
"""

from collections.abc import Iterable, Mapping
from datetime import date

from markupsafe import Markup

from orchestration.contracts.cells.absences import ABSENCES, WORDS_FOR_NONE
from orchestration.domain import french
from orchestration.domain.alert_rules import alert_rule, severity_rank
from orchestration.domain.folding import fold_header
from orchestration.publication.site.marked import marked
from orchestration.store.marts import MartRow

_BLANK = "non renseigné"


def slip_lines(slips: Iterable[MartRow]) -> list[MartRow]:
    """The rows of the mart, the gravest first, each with `finding`, `before`, `after` and `change` in words.

    What a project overran is told in the line of its slip, as `also`, where it has both.
    """
    rows = {(row["subject"], row["rule"], row["measure"]): row for row in slips if row["kind"] == "projects"}
    lines = {key: row | _words(row) | {"also": None} for key, row in rows.items()}
    by_rule = {key[:2]: key for key in rows}
    for key, row in rows.items():
        slip = by_rule.get((row["subject"], alert_rule(row["rule"]).same_rise_as or ""))
        if slip:
            most_severe = max(row["severity"], lines[slip]["severity"], key=severity_rank)
            lines[slip] |= {"also": _overrun(row), "severity": most_severe}
            del lines[key]
    return sorted(lines.values(), key=lambda row: (-severity_rank(row["severity"]), row["rule"], row["name"]))


def slip_sentence(row: Mapping[str, object]) -> str:
    """A slip as plain text, with no stop at its end: « Coût en hausse : de 49,90 M€ à 53,02 M€, soit +3,12 M€ »."""
    words = _words(dict(row))
    finding, before, after, change = (_plain(words[one]) for one in ("finding", "before", "after", "change"))
    said = finding if french.ABSENT in (before, after) else f"{finding} : {_of(before)} à {after}"
    return french.typeset(said if change == french.ABSENT else f"{said}, soit {change}")


def _of(text: str) -> str:
    return f"d’{text}" if text[:1].lower() in "aeiouyéèêh" else f"de {text}"


def _plain(shown: Markup | str) -> str:
    # What a ministry typed is no markup, whatever it looks like.
    return shown.striptags() if isinstance(shown, Markup) else shown


def _overrun(row: MartRow) -> Markup:
    """« dépassement de coût : +54,6 % sur 40,10 M€ au départ »."""
    initial = marked(french.quantity(row["from_value"], row["unit"]), "slips", "from_value", row)
    rate = marked(f"{french.signed(row['delta_pct'], 1)}{french.NBSP}%", "slips", "delta_pct", row)
    label = alert_rule(row["rule"]).label_fr.lower()
    return Markup("{}{}: {} sur {} au départ").format(label, french.NBSP, rate, initial)


def _words(row: MartRow) -> MartRow:
    withdrawn = row["rule"] == "figure_withdrawn"
    named = _named(row)
    return {
        "finding": alert_rule(row["rule"]).label_fr + (f" ({named})" if named else ""),
        "before": _side(row, "from"),
        "after": _absence(row["to_text"]) if withdrawn else _side(row, "to"),
        "change": _change(row),
    }


def _named(row: MartRow) -> str | None:
    """What a finding is about, where its rule may speak of several things; of a delay, the day on which it was so."""
    if row["rule"] == "overdue":
        day = _day(row["to_text"])
        return f"au {french.day(day)}" if day else None
    if row["rule"] not in ("figure_withdrawn", "rebaselined", "reduced"):
        return None
    return {"cost_and_duration": "coût et durée", "end": "fin"}.get(row["measure"]) or french.label(row["measure"])


def _side(row: MartRow, side: str) -> str:
    """A value, else a date as far as it is known (a month at most), else the words of a code or the text."""
    value, text = row[f"{side}_value"], row[f"{side}_text"]
    day = _day(text)
    if day is not None and (value is None or row["measure"] == "end"):
        # What was held against the calendar on a day has no end of its own.
        if row["rule"] == "went_silent" or (row["rule"], side) == ("overdue", "to"):
            return french.ABSENT
        precision = row[f"{side}_precision"]
        return french.period(day, precision) if precision in ("quarter", "semester") else french.month(day)
    if value is not None:
        return marked(french.quantity(value, row["unit"]), "slips", f"{side}_value", row)
    if not text:
        return french.ABSENT
    return french.label(text)


def _absence(typed: str | None) -> str:
    """What a ministry typed in the place of a figure, and what it stands for: « NC (non communiqué) »."""
    reason = ABSENCES.get(fold_header(typed or ""))
    if reason is None:
        return typed if typed and fold_header(typed) else _BLANK
    word = WORDS_FOR_NONE[reason][0]
    return str(typed) if fold_header(str(typed)) == fold_header(word) else f"{typed} ({word.lower()})"


def _change(row: MartRow) -> str:
    if row["delta"] is not None and row["unit"] in ("meur", "years") and row["measure"] != "end":
        unit, places = ("ans", 1) if row["unit"] == "years" else ("M€", 2)
        change = marked(french.signed(row["delta"], places) + french.NBSP + unit, "slips", "delta", row)
    elif row["slip_months"] is not None:
        change = marked(f"{french.signed(row['slip_months'])}{french.NBSP}mois", "slips", "slip_months", row)
    else:
        return french.ABSENT
    if row["delta_pct"] is not None:
        rate = marked(f"{french.signed(row['delta_pct'], 1)}{french.NBSP}%", "slips", "delta_pct", row)
        change = Markup("{} ({})").format(change, rate)
    return change


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
