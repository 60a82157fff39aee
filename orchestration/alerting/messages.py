"""What an alert says, in French: pure functions from alert rows to channel-neutral messages.

What belongs here: wording and caps on sizes. What does not: a channel's own markup (`slack`, `channels`) and thresholds
(the seed `alert_rules` holds them).
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from babel.dates import format_date

from orchestration.alerting.alerts import SEVERITIES, Alert, Severity, thresholds
from orchestration.french import number
from orchestration.perimeter import perimeter_names

MAX_LINES = 20
MAX_NAME = 120
# Escaping multiplies a text by five at most, so that a line always fits the 3000 characters of a Slack text.
MAX_LINE = 500

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
_PROJECT_RULES = ("budget_slip", "schedule_slip", "went_silent", "figure_withdrawn")
_LABELS = {
    "budget_slip": "Coût en hausse",
    "schedule_slip": "Fin reportée",
    "went_silent": "N'est plus déclaré",
    "figure_withdrawn": "Chiffre retiré",
    "submission_rejected": "Dépôt refusé",
}
# {} is the rule's lowest threshold, such as « 10 % ou 5 M€ ».
_REASONS = {
    "budget_slip": "coût complet en hausse d'au moins {} par rapport à l'édition précédente",
    "schedule_slip": "fin prévue (début + durée) reculée d'au moins {} par rapport à l'édition précédente",
    "went_silent": "projet de l'édition précédente qui n'est plus déclaré, sans motif de sortie",
    "figure_withdrawn": "coût ou durée connus à l'édition précédente et vides dans celle-ci",
    "submission_rejected": "tout dépôt refusé est signalé, car rien de son contenu n'est pris en compte",
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


def headline(alert: Alert) -> str:
    """The one line that says who, what, by how much and since when; never longer than `MAX_LINE`."""
    sentence = _SENTENCES.get(alert.rule, _other)(alert)
    return _cut(_typeset(sentence), MAX_LINE)


def single(key: str, alert: Alert, site_url: str, *, is_repeat: bool = False) -> Message:
    """The message of one alert."""
    notes = [f"Pourquoi cette alerte : {_reason(alert.rule, alert.severity)}."] if alert.rule in _REASONS else []
    if alert.rule == "submission_rejected":
        notes.append(_what_to_do(alert))
    elif alert.perimeter:
        notes.append(f"Périmètre : {perimeter_names().get(alert.perimeter, alert.perimeter)}.")
    return Message(
        key=key,
        title=_typeset(f"{_BADGES[alert.severity]} · {_label(alert)}{_at(alert.edition)}"),
        lines=(headline(alert),),
        notes=tuple(_typeset(note) for note in notes),
        link=_project_link(alert, site_url),
        is_repeat=is_repeat,
    )


def digest(
    key: str, alerts: Sequence[Alert], edition: str | None, site_url: str, *, is_repeat: bool = False
) -> Message:
    """The message of many alerts of one edition, in the order given; the first `MAX_LINES` are listed."""
    count = Counter(alert.severity for alert in alerts)
    parts = [f"{count[s]} {_COUNTED[s][count[s] > 1]}" for s in reversed(SEVERITIES) if count[s]]
    command = f"jalons alerts {edition}" if edition else "jalons alerts"
    rules = [rule for rule in _REASONS if any(alert.rule == rule for alert in alerts)]
    return Message(
        key=key,
        title=_typeset(f"{len(alerts)} alertes{_for(edition)} : {', '.join(parts)}"),
        lines=tuple(_cut(f"{_BADGES[alert.severity]} · {headline(alert)}", MAX_LINE) for alert in alerts[:MAX_LINES]),
        notes=(
            *_not_shown(len(alerts), f" Liste complète : commande `{command}`."),
            *(_typeset(f"{_LABELS[rule]} : {_reason(rule)}.") for rule in rules),
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
    note = "Une correction reçue depuis a fait disparaître le motif de {}, qui n'{} plus lieu d'être."
    return Message(
        key=key,
        title=_typeset(f"✅ {title}"),
        lines=tuple(headlines[:MAX_LINES]),
        notes=(
            *_not_shown(len(headlines)),
            note.format(*(("ces alertes", "ont") if many else ("cette alerte", "a"))),
        ),
        link=_edition_link(edition, site_url) if many else None,
        is_repeat=is_repeat,
    )


def _budget_slip(alert: Alert) -> str:
    return f"{_subject(alert)} : coût en hausse {_change(alert)}{_since(alert)}."


def _change(alert: Alert) -> str:
    if alert.from_value is None or alert.to_value is None:
        return "d'un montant inconnu"
    before, after = _decimal(alert.from_value), _decimal(alert.to_value)
    gap = after - before
    places = 1 if abs(gap) >= 1 else 2
    rate = f" (+ {_percent(gap / before * 100)})" if before > 0 else ""
    return f"de {number(gap, places)} M€{rate}, de {number(before, places)} à {number(after, places)} M€"


def _schedule_slip(alert: Alert) -> str:
    by = f" de {alert.slip_months} mois" if alert.slip_months else ""
    span = f", {_of(_month(alert.from_text))} à {_month(alert.to_text)}" if alert.from_text and alert.to_text else ""
    return f"{_subject(alert)} : fin prévue repoussée{by}{span}{_since(alert)}."


def _went_silent(alert: Alert) -> str:
    then, now = alert.previous_edition or "précédente", f" à l'édition {alert.edition}" if alert.edition else ""
    cost = f" (dernier coût connu : {_figure(alert)})" if alert.from_value is not None else ""
    silence = f"n'est plus déclaré{now}, sans motif de sortie, alors qu'il l'était à l'édition {then}{cost}"
    return f"{_subject(alert)} {silence}."


def _figure_withdrawn(alert: Alert) -> str:
    what, known = {"cost": ("le coût", "renseigné"), "duration": ("la durée", "renseignée")}.get(
        alert.measure or "", ("un chiffre", "renseigné")
    )
    figure = f" de {value}" if (value := _figure(alert)) else f" {known}"
    then, now = alert.previous_edition or "précédente", f" à l'édition {alert.edition}" if alert.edition else ""
    return f"{_subject(alert)} : {what},{figure} à l'édition {then}, n'est plus {known}{now}."


def _figure(alert: Alert) -> str | None:
    if alert.from_value is None:
        return _plain(alert.from_text) if alert.from_text else None
    value = _decimal(alert.from_value)
    if alert.unit == "meur":
        return f"{number(value, 1 if value >= 1 else 2)} M€"
    if alert.unit in ("days", "years"):
        years = value / 365 if alert.unit == "days" else value
        return f"{number(years, 1)} {'ans' if years >= 2 else 'an'}"
    return number(value, 1)


def _submission_rejected(alert: Alert) -> str:
    where = ", ".join(part for part in (_short_perimeter(alert), alert.edition and f"édition {alert.edition}") if part)
    # The verdict speaks to the ministry (« Votre fichier… »): it is quoted, not made ours.
    verdict = f" Réponse faite au ministère : « {_cut(_plain(alert.detail), 250)} »" if alert.detail else ""
    name = _cut(_plain(alert.subject_name or alert.subject), MAX_NAME)
    return f"Fichier « {name} »{f' ({where})' if where else ''} refusé.{verdict}"


def _what_to_do(alert: Alert) -> str:
    folder = f"{alert.edition}/{alert.perimeter}" if alert.edition and alert.perimeter else "_non_classes"
    return (
        f"À faire : lire l'accusé de réception (dossier {folder} des accusés), corriger le fichier, puis le déposer de "
        "nouveau. En attendant, la dernière remontée acceptée, s'il y en a une, continue de compter."
    )


def _other(alert: Alert) -> str:
    values = f" de {_plain(alert.from_text)} à {_plain(alert.to_text)}" if alert.from_text and alert.to_text else ""
    return f"{_subject(alert)} : {_label(alert)}{values}{_since(alert)}."


_SENTENCES: dict[str, Callable[[Alert], str]] = {
    "budget_slip": _budget_slip,
    "schedule_slip": _schedule_slip,
    "went_silent": _went_silent,
    "figure_withdrawn": _figure_withdrawn,
    "submission_rejected": _submission_rejected,
}


def _label(alert: Alert) -> str:
    return _LABELS.get(alert.rule, f"règle {alert.rule}")


def _reason(rule: str, severity: Severity | None = None) -> str:
    """Why the rule speaks, and from where on it is as grave as this, if that takes more than the rule itself."""
    levels = [level for level in SEVERITIES if (rule, level) in thresholds()]
    lowest = _threshold(rule, levels[0]) if levels else ""
    reason = _REASONS[rule].format(lowest or "un seuil")
    if severity in levels[1:] and (graver := _threshold(rule, severity)):
        reason += f" ; gravité « {severity} » à partir de {graver}"
    return reason


def _threshold(rule: str, severity: Severity) -> str:
    row = thresholds()[rule, severity]
    units = {"percent": "%", "meur": "M€", "months": "mois"}
    return " ou ".join(f"{row[name].replace('.', ',')} {unit}" for name, unit in units.items() if row.get(name))


def _subject(alert: Alert) -> str:
    name = _cut(_plain(alert.subject_name or alert.subject), MAX_NAME)
    perimeter = _short_perimeter(alert)
    return f"{name} ({perimeter})" if perimeter else name


def _short_perimeter(alert: Alert) -> str | None:
    """« Éducation nationale » rather than « Éducation nationale, jeunesse et sports, … », which a note gives."""
    return perimeter_names().get(alert.perimeter, alert.perimeter).split(",")[0] if alert.perimeter else None


def _since(alert: Alert) -> str:
    return f", depuis l'édition {alert.previous_edition}" if alert.previous_edition else ""


def _at(edition: str | None) -> str:
    return f" · édition {edition}" if edition else ""


def _for(edition: str | None) -> str:
    return f" pour l'édition {edition}" if edition else " hors édition"


def _not_shown(total: int, where_to_look: str = "") -> tuple[str, ...]:
    rest = total - MAX_LINES
    if rest <= 0:
        return ()
    more = "1 autre n'est pas montrée" if rest == 1 else f"{rest} autres ne sont pas montrées"
    return (_typeset(f"{more} ici.{where_to_look}"),)


def _project_link(alert: Alert, site_url: str) -> tuple[str, str] | None:
    if not (site_url and alert.edition and alert.rule in _PROJECT_RULES):
        return None
    return "Voir la fiche du projet", f"{site_url.rstrip('/')}/{alert.edition}/#{quote(alert.subject)}"


def _edition_link(edition: str | None, site_url: str) -> tuple[str, str] | None:
    return ("Voir l'édition", f"{site_url.rstrip('/')}/{edition}/") if site_url and edition else None


def _decimal(value: Decimal | float) -> Decimal:
    return Decimal(str(value))


def _percent(value: Decimal) -> str:
    return f"{number(value, 0 if value >= 10 else 1)} %"


def _month(iso: str | None) -> str:
    """« juin 2018 » for `2018-06-30`; a text that is not a date is shown as it is."""
    try:
        day = date.fromisoformat(iso or "")
    except ValueError:
        return _plain(iso or "")
    return format_date(day, "MMMM y", locale="fr")


def _of(word: str) -> str:
    return f"d'{word}" if word[:1] in "ao" else f"de {word}"


def _plain(text: str) -> str:
    """One line without control or invisible characters: submitted text must not steer a terminal or a reader's eye."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _typeset(text: str) -> str:
    """French no-break spaces: before `: ; ! ? % € »`, after `«`, and between a number and its unit."""
    return re.sub(r" (?=[:;!?%»](?:\W|$)|M€)|(?<=«) |(?<=\(\+) ", "\N{NO-BREAK SPACE}", text)
