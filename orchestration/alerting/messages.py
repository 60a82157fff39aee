"""Alerts as messages in French: pure functions from alert rows to channel-neutral messages.

What belongs here: what a message is made of, and caps on sizes. What does not: the words of each rule (`sentences`) and
a channel's own markup (`channels/`).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from orchestration.alerting.alerts import Alert
from orchestration.alerting.end_causes import IN_WORDS
from orchestration.alerting.sentences import (
    MAX_LINE,
    cut,
    headline,
    headline_of_both,
    reason,
    what_to_do,
)
from orchestration.domain.alert_rules import ALERT_RULES, SEVERITIES, Severity, alert_rule, severity_rank
from orchestration.domain.french import agreed, plural, typeset
from orchestration.domain.perimeter import perimeter_names
from orchestration.domain.visible import visible

MAX_LINES = 20

# What a summary counts of an alert: its rule and its edition.
Topic = tuple[str, str | None]

_BADGES: dict[Severity, str] = {
    "critique": "🔴 Critique",
    "attention": "🟠 Attention",
    "information": "🔵 Information",
}
_COUNTED: dict[Severity, tuple[str, str]] = {
    "critique": ("critique", "critiques"),
    "attention": ("à surveiller", "à surveiller"),
    "information": ("pour information", "pour information"),
}


@dataclass(frozen=True)
class Message:
    """One message, ready for any channel; every text is plain (no markup), on one line, and all of it visible.

    `key` is the outbox's key, the same at each attempt; `lines` say what happened, `notes` why it was sent and what to
    do; `link` is (label, address); `is_repeat` is true when an earlier attempt was interrupted.
    """

    key: str
    title: str
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    link: tuple[str, str] | None = None
    is_repeat: bool = False

    def __post_init__(self) -> None:
        # Here, so that no channel and no wording has to think of it.
        object.__setattr__(self, "title", visible(self.title))
        object.__setattr__(self, "lines", tuple(map(visible, self.lines)))
        object.__setattr__(self, "notes", tuple(map(visible, self.notes)))
        if self.link:
            object.__setattr__(self, "link", (visible(self.link[0]), visible(self.link[1])))


def summary_line(alerts: Sequence[Alert]) -> str:
    """What is listed of one alert, or of a slip and its overrun: how severe, then its headline."""
    return cut(f"{_BADGES[_most_severe(alerts)]} · {_headline(alerts)}", MAX_LINE)


def paired(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """The alerts in their order, an overrun after the slip of its project: one rise is one line."""
    slips = {(alert.rule, alert.subject, alert.edition): alert for alert in alerts}
    beside = {alert.alert_key: slip for alert in alerts if (slip := slips.get(_slip_of(alert)))}
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(beside.get(alert.alert_key, alert).alert_key, []).append(alert)
    return [sorted(group, key=lambda alert: alert.alert_key in beside) for group in groups.values()]


def _slip_of(alert: Alert) -> tuple[str, str, str | None]:
    return alert.of_rule.same_rise_as or "", alert.subject, alert.edition


def _headline(alerts: Sequence[Alert]) -> str:
    return headline(alerts[0]) if len(alerts) == 1 else headline_of_both(alerts[0], alerts[1])


def _most_severe(alerts: Sequence[Alert]) -> Severity:
    return max((alert.severity for alert in alerts), key=severity_rank)


def single(key: str, alerts: Sequence[Alert], site_url: str, *, is_repeat: bool = False) -> Message:
    """The message of one alert, or of a slip and its overrun."""
    alert = alerts[0]
    notes = [f"Pourquoi cette alerte : {reason(one.rule, one.severity)}." for one in alerts if one.of_rule.reason_fr]
    if todo := what_to_do(alert):
        notes.append(todo)
    elif alert.perimeter:
        notes.append(f"Périmètre : {perimeter_names().get(alert.perimeter, alert.perimeter)}.")
    return Message(
        key=key,
        title=typeset(f"{_BADGES[_most_severe(alerts)]} · {alert.of_rule.label_fr}{_at(alert.edition)}"),
        lines=(_headline(alerts),),
        notes=tuple(typeset(note) for note in notes),
        link=_link(alert, site_url),
        is_repeat=is_repeat,
    )


def fault(key: str, alerts: Sequence[Alert], dagster_url: str, *, is_repeat: bool = False) -> Message:
    """The message of one fault of the machine: one check in the editions that fail it, or the checks of one mart."""
    first = alerts[0]
    run = f"Passe {first.run_id} (`jalons ui`)." if first.run_id else ""
    link = ("Voir la passe", f"{dagster_url.rstrip('/')}/runs/{first.run_id}") if dagster_url and run else None
    return Message(
        key=key,
        title=typeset(f"{_BADGES[first.severity]} · {first.of_rule.label_fr}{_at(_edition_of(alerts))}"),
        lines=tuple(headline(alert) for alert in alerts[:MAX_LINES]),
        notes=(*_not_shown(len(alerts) - MAX_LINES), *(typeset(note) for note in (first.to_do, run) if note)),
        link=link,
        is_repeat=is_repeat,
    )


def recovery(key: str, headlines: Sequence[str], rule: str, *, is_repeat: bool = False) -> Message:
    """The short message that says that a fault told earlier is no more."""
    return Message(
        key=key,
        title=typeset(f"✅ Rétabli · {alert_rule(rule).label_fr}"),
        lines=tuple(headlines[:MAX_LINES]),
        notes=(*_not_shown(len(headlines) - MAX_LINES), "Ce défaut n’est plus constaté : il n’y a plus rien à faire."),
        is_repeat=is_repeat,
    )


def _edition_of(alerts: Sequence[Alert]) -> str | None:
    """The edition that the alerts share, if they do."""
    editions = {alert.edition for alert in alerts}
    return editions.pop() if len(editions) == 1 else None


def digest(
    key: str, alerts: Sequence[Alert], edition: str | None, site_url: str, *, is_repeat: bool = False
) -> Message:
    """The message of many alerts of one edition, in the order given; the first `MAX_LINES` lines are there.

    A slip and its overrun are one line, and count as one.
    """
    groups = paired(alerts)
    count = Counter(map(_most_severe, groups))
    parts = [f"{count[s]} {agreed(count[s], *_COUNTED[s])}" for s in reversed(SEVERITIES) if count[s]]
    command = f"jalons alerts {edition}" if edition else "jalons alerts"
    rules = [rule for rule in ALERT_RULES.values() if any(alert.rule == rule.id for alert in alerts)]
    return Message(
        key=key,
        title=typeset(f"{len(groups)} {agreed(len(groups), 'alerte')}{_for(edition)} : {', '.join(parts)}"),
        lines=tuple(map(summary_line, groups[:MAX_LINES])),
        notes=(
            *_not_shown(len(groups) - MAX_LINES, f" Liste complète : commande `{command}`."),
            *(typeset(f"{rule.label_fr} : {reason(rule.id)}.") for rule in rules),
        ),
        link=_edition_link(edition, site_url),
        is_repeat=is_repeat,
    )


def ended_line(told: str, edition: str | None, now: str) -> str:
    """What was told of an alert, and what it is by now, at the edition that ended it if that is another one."""
    where = f", à l’édition {edition}" if edition else ""
    since = typeset(f" Depuis{where} : {now}.") if now else ""
    return cut(told, MAX_LINE - len(since)) + since


def resolution(
    key: str, headlines: Sequence[str], cause: str, edition: str | None, site_url: str, *, is_repeat: bool = False
) -> Message:
    """The short message that says that alerts sent earlier have ended, for one cause, each by what was told of it."""
    many = len(headlines) > 1
    words = IN_WORDS[cause]
    title = words.many.format(len(headlines)) + _for(edition) if many else words.one + _at(edition)
    return Message(
        key=key,
        title=typeset(title),
        lines=tuple(headlines[:MAX_LINES]),
        notes=(*_not_shown(len(headlines) - MAX_LINES), typeset(words.note)),
        link=_edition_link(edition, site_url) if many else None,
        is_repeat=is_repeat,
    )


def summary_of_method(
    key: str, method: str, news: Sequence[Topic], ends: Sequence[Topic], *, is_repeat: bool = False
) -> Message:
    """The one message of all that another method makes of editions told before: what is new, and what has ended.

    Each alert is in its counts, and none is told on its own.
    """
    parts = [
        *([plural(len(news), "alerte nouvelle", "alertes nouvelles")] if news else []),
        *([plural(len(ends), "alerte close", "alertes closes")] if ends else []),
    ]
    counted = [(line, len(of)) for line, of in (*_by_rule(news, ""), *_by_rule(ends, "Closes · "))]
    left = sum(count for _, count in counted[MAX_LINES:])
    return Message(
        key=key,
        title=typeset(f"Méthode {method} : {' et '.join(parts)} sur des éditions déjà signalées"),
        lines=tuple(line for line, _ in counted[:MAX_LINES]),
        notes=(
            *_not_shown(left),
            typeset(
                "Ces éditions avaient été signalées selon une méthode antérieure : la façon de lire les données a "
                "changé, pas les données. Rien n’en sera envoyé alerte par alerte. Liste complète : commande "
                "`jalons alerts`."
            ),
        ),
        is_repeat=is_repeat,
    )


def _by_rule(topics: Sequence[Topic], prefix: str) -> Iterator[tuple[str, list[Topic]]]:
    """A line per rule, in the order of the rules: « Dérive lente : 4 (2017-S1, 2017-S2) »."""
    for rule in dict.fromkeys((*ALERT_RULES, *sorted({rule for rule, _ in topics}))):
        of_rule = [topic for topic in topics if topic[0] == rule]
        if of_rule:
            editions = ", ".join(sorted({edition for _, edition in of_rule if edition}))
            yield typeset(f"{prefix}{alert_rule(rule).label_fr} : {len(of_rule)} ({editions})"), of_rule


def _at(edition: str | None) -> str:
    return f" · édition {edition}" if edition else ""


def _for(edition: str | None) -> str:
    return f" pour l’édition {edition}" if edition else " hors édition"


def _not_shown(rest: int, where_to_look: str = "") -> tuple[str, ...]:
    if rest <= 0:
        return ()
    more = f"{plural(rest, 'autre')} {agreed(rest, 'n’est pas montrée', 'ne sont pas montrées')} ici."
    return (typeset(f"{more}{where_to_look}"),)


def _link(alert: Alert, site_url: str) -> tuple[str, str] | None:
    """The project's page; the edition's for what else is published; none for what is not."""
    if alert.of_rule.about == "filing" or not (site_url and alert.edition):
        return None
    if alert.of_rule.about == "project":
        return "Voir la fiche du projet", f"{site_url.rstrip('/')}/{alert.edition}/#{quote(alert.subject)}"
    return _edition_link(alert.edition, site_url)


def _edition_link(edition: str | None, site_url: str) -> tuple[str, str] | None:
    return ("Voir l’édition", f"{site_url.rstrip('/')}/{edition}/") if site_url and edition else None
