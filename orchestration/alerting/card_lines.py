"""What a card says beside its statements: out of what, the ministry's own words, what people answered, that it is late.

What belongs here: the words of these lines. What does not: what happened (`sentences`), and how they are laid out
(`messages`).
"""

from collections.abc import Iterable
from datetime import datetime

from babel.dates import format_date

from orchestration.alerting.alerts import Alert
from orchestration.alerting.answers import Answer
from orchestration.alerting.sentences import MAX_NAME, cut, plain
from orchestration.domain.edition import Edition
from orchestration.domain.french import day, number, paris, typeset
from orchestration.drawing.trend import Trend

# What a ministry or a person wrote is quoted as far as this, in characters.
MAX_QUOTE = 300

# What comes in, or comes to its end, is news that nobody owes an explanation for.
_NEED_NO_EXPLANATION = frozenset({"entered", "cost_known", "completed", "reduced", "stagnant"})


def baseline_line(trend: Trend) -> str | None:
    """« Référence initiale : 80,0 M€, fin en juin 2018. »; `None` where neither is known."""
    cost, end = trend.baseline_cost_meur, trend.baseline_end
    known = [] if cost is None else [f"{number(cost, 1 if cost >= 1 else 2)} M€"]
    known += [] if end is None else [f"fin en {format_date(end, 'MMMM y', locale='fr')}"]
    return typeset(f"Référence initiale : {', '.join(known)}.") if known else None


def comment_line(variance_comment: str | None) -> str:
    """The explanation that the ministry filed, in its own words, or that none came."""
    words = plain(variance_comment or "")
    return f"{typeset('Le ministère :')} {quoted(words)}" if words else "Aucune explication reçue."


def answer_line(answer: Answer) -> str:
    """« Expliqué par A. Martin (DINUM) jusqu’au 31 décembre 2026 : « … ». »."""
    by, whom = (cut(plain(name or ""), MAX_NAME) for name in (answer.by, answer.assigned_to))
    said = {
        "ack": f"Expliqué par {by}",
        "snooze": f"Mis en veille par {by}",
        "assign": f"Confié à {whom} par {by}",
    }[answer.kind]
    return f"{said} jusqu’au {day(answer.until)}{typeset(' :')} {quoted(plain(answer.reason))}."


def is_to_be_explained(alerts: Iterable[Alert]) -> bool:
    """Whether the ministry is asked why: that no explanation came is unfair where nothing has to be explained."""
    return any(one.of_rule.about == "project" and one.rule not in _NEED_NO_EXPLANATION for one in alerts)


def late_prefix(edition: str | None, now: datetime) -> str | None:
    """What the title of late news says: « avec retard : édition de 2019 »; `None` where it comes in time."""
    if edition is None:
        return None
    told_of = Edition.parse(edition)
    return typeset(f"avec retard : édition de {told_of.year}") if told_of.is_late(paris(now).date()) else None


def quoted(words: str) -> str:
    """What somebody wrote, between French quotation marks; their spaces alone are ours."""
    return f"«\N{NO-BREAK SPACE}{cut(words, MAX_QUOTE)}\N{NO-BREAK SPACE}»"
