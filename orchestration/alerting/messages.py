"""Alerts as messages in French: pure functions from alert rows to channel-neutral messages.

What belongs here: what a message is made of, and caps on sizes. What does not: the words of each rule (`sentences`) and
a channel's own markup (`slack`, `channels`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from orchestration.alerting.alerts import SEVERITIES, Alert, Severity
from orchestration.alerting.sentences import (
    LABELS,
    MAX_LINE,
    PROJECT_RULES,
    REASONS,
    cut,
    headline,
    label,
    reason,
    typeset,
    what_to_do,
)
from orchestration.perimeter import perimeter_names

MAX_LINES = 20

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
    """One message, ready for any channel; every text is plain (no markup), on one line.

    `key` is the outbox's key, the same at each attempt; `lines` say what happened, `notes` why it was sent and what to
    do; `link` is (label, address); `is_repeat` is true when an earlier attempt was interrupted.
    """

    key: str
    title: str
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    link: tuple[str, str] | None = None
    is_repeat: bool = False


def single(key: str, alert: Alert, site_url: str, *, is_repeat: bool = False) -> Message:
    """The message of one alert."""
    notes = [f"Pourquoi cette alerte : {reason(alert.rule, alert.severity)}."] if alert.rule in REASONS else []
    if todo := what_to_do(alert):
        notes.append(todo)
    elif alert.perimeter:
        notes.append(f"Périmètre : {perimeter_names().get(alert.perimeter, alert.perimeter)}.")
    return Message(
        key=key,
        title=typeset(f"{_BADGES[alert.severity]} · {label(alert)}{_at(alert.edition)}"),
        lines=(headline(alert),),
        notes=tuple(typeset(note) for note in notes),
        link=_link(alert, site_url),
        is_repeat=is_repeat,
    )


def digest(
    key: str, alerts: Sequence[Alert], edition: str | None, site_url: str, *, is_repeat: bool = False
) -> Message:
    """The message of many alerts of one edition, in the order given; the first `MAX_LINES` are listed."""
    count = Counter(alert.severity for alert in alerts)
    parts = [f"{count[s]} {_COUNTED[s][count[s] > 1]}" for s in reversed(SEVERITIES) if count[s]]
    command = f"jalons alerts {edition}" if edition else "jalons alerts"
    rules = [rule for rule in REASONS if any(alert.rule == rule for alert in alerts)]
    return Message(
        key=key,
        title=typeset(f"{len(alerts)} alertes{_for(edition)} : {', '.join(parts)}"),
        lines=tuple(cut(f"{_BADGES[alert.severity]} · {headline(alert)}", MAX_LINE) for alert in alerts[:MAX_LINES]),
        notes=(
            *_not_shown(len(alerts), f" Liste complète : commande `{command}`."),
            *(typeset(f"{LABELS[rule]} : {reason(rule)}.") for rule in rules),
        ),
        link=_edition_link(edition, site_url),
        is_repeat=is_repeat,
    )


def resolution(
    key: str, headlines: Sequence[str], edition: str | None, site_url: str, *, is_repeat: bool = False
) -> Message:
    """The short message that takes back alerts sent earlier, each recalled by its headline."""
    many = len(headlines) > 1
    title = f"{len(headlines)} alertes levées{_for(edition)}" if many else f"Alerte levée{_at(edition)}"
    note = "Ce qui a été reçu depuis a fait disparaître le motif de {}, qui n'{} plus lieu d'être."
    return Message(
        key=key,
        title=typeset(f"✅ {title}"),
        lines=tuple(headlines[:MAX_LINES]),
        notes=(
            *_not_shown(len(headlines)),
            note.format(*(("ces alertes", "ont") if many else ("cette alerte", "a"))),
        ),
        link=_edition_link(edition, site_url) if many else None,
        is_repeat=is_repeat,
    )


def _at(edition: str | None) -> str:
    return f" · édition {edition}" if edition else ""


def _for(edition: str | None) -> str:
    return f" pour l'édition {edition}" if edition else " hors édition"


def _not_shown(total: int, where_to_look: str = "") -> tuple[str, ...]:
    rest = total - MAX_LINES
    if rest <= 0:
        return ()
    more = "1 autre n'est pas montrée" if rest == 1 else f"{rest} autres ne sont pas montrées"
    return (typeset(f"{more} ici.{where_to_look}"),)


def _link(alert: Alert, site_url: str) -> tuple[str, str] | None:
    """The project's page; the edition's for what else is published; none for what is not."""
    if alert.rule.startswith("submission_") or not (site_url and alert.edition):
        return None
    if alert.rule in PROJECT_RULES:
        return "Voir la fiche du projet", f"{site_url.rstrip('/')}/{alert.edition}/#{quote(alert.subject)}"
    return _edition_link(alert.edition, site_url)


def _edition_link(edition: str | None, site_url: str) -> tuple[str, str] | None:
    return ("Voir l'édition", f"{site_url.rstrip('/')}/{edition}/") if site_url and edition else None
