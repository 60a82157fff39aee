"""Alerts as messages in French: pure functions from what a card tells to channel-neutral messages.

What belongs here: what is on a card, a list, a summary, and caps on sizes. What does not: the words of each rule
(`sentences`), which alert is on which card (`cards`) and a channel's own markup (`channels/`).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from orchestration.addresses import edition_page, project_page, rules_page
from orchestration.alerting.alerts import Alert
from orchestration.alerting.answers import Answer
from orchestration.alerting.card_lines import answer_line, baseline_line, comment_line, is_to_be_explained, late_prefix
from orchestration.alerting.cards import Told, gravest, subjects_of
from orchestration.alerting.end_causes import IN_WORDS
from orchestration.alerting.inhibition import inhibited
from orchestration.alerting.message import Line, Link, Message
from orchestration.alerting.monthly_reminder import monthly_reminder
from orchestration.alerting.outbox_tables import Topic
from orchestration.alerting.sentences import (
    MAX_LINE,
    MAX_NAME,
    cut,
    headline,
    headline_of_both,
    name_of,
    perimeter_of,
    plain,
    reason,
    short_perimeter,
    statement,
    statement_of_both,
    what_to_do,
)
from orchestration.alerting.trends import Trends
from orchestration.domain.alert_rules import ALERT_RULES, SEVERITIES, Severity, Subject, alert_rule, severity_rank
from orchestration.domain.french import agreed, plural, typeset
from orchestration.domain.perimeter import perimeter_names

MAX_LINES = 20
_MAX_NAMES = 300

# What a summary of a method counts of an alert: its rule and its edition.
RuleAndEdition = tuple[str, str | None]

_BADGES: dict[Severity, str] = {
    "critique": "🔴 Critique",
    "attention": "🟠 Attention",
    "information": "🔵 Information",
}
_SIGNS: dict[Severity, str] = {"critique": "🔴", "attention": "🟠", "information": "🔵"}
_COUNTED: dict[Severity, tuple[str, str]] = {
    "critique": ("critique", "critiques"),
    "attention": ("à surveiller", "à surveiller"),
    "information": ("pour information", "pour information"),
}
_NOUNS: Mapping[str, tuple[str, str]] = {
    "project": ("projet", "projets"),
    "procedure": ("démarche", "démarches"),
    "indicator": ("indicateur", "indicateurs"),
    "action": ("action", "actions"),
    "filing": ("dépôt", "dépôts"),
    "perimeter": ("ministère dont des projets ne changent plus", "ministères dont des projets ne changent plus"),
}


@dataclass(frozen=True)
class Around:
    """What cards are made with beside their alerts: when they are told, where things are published, the trends of
    projects, and what people answered to each alert and still holds.
    """

    now: datetime
    site_url: str = ""
    trends: Trends = field(default_factory=lambda: Trends({}))
    answers: Mapping[str, Sequence[Answer]] = field(default_factory=dict)


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


def card(
    key: str, told: Sequence[Told], around: Around, *, is_repeat: bool = False, is_change: bool = False
) -> Message:
    """The card of one subject in an edition: what happened, out of what, what the ministry says, why it was sent."""
    first = told[0]
    open_ones = [one for one in told if not one.is_over]
    alerts = [one.alert for one in open_ones if one.alert]
    hidden = inhibited(alerts)
    shown = [alert for alert in alerts if alert.alert_key not in hidden]
    # They left with their project: what was told of them stays, unless the absence of all is told.
    left = [] if any(alert.rule == "went_silent" for alert in alerts) else [one for one in open_ones if not one.alert]
    ended = [one for one in told if one.is_over]
    edition, about = first.entry.edition, _about(first)
    trend = around.trends.of(first.entry.subject, edition) if about == "project" and edition else None
    lines = [
        *(Line(typeset(_statement(group))) for group in paired(shown)),
        *(Line(typeset(_as_told(one))) for one in left),
        *(_end_line(one, is_in_title=not open_ones and len(set(map(_cause, told))) == 1) for one in ended),
        *([Line(baseline)] if trend and alerts and (baseline := baseline_line(trend)) else []),
        *([Line(comment_line(alerts[0].variance_comment))] if is_to_be_explained(alerts) else []),
        *map(
            Line, dict.fromkeys(answer_line(one) for alert in shown for one in around.answers.get(alert.alert_key, ()))
        ),
    ]
    whose = _subject_of(first)
    badge = _badge(open_ones or told, is_over=not open_ones)
    title = f"{badge} · {whose}{_at(edition)}{_late(told, around)}"
    return Message(
        key=key,
        title=typeset(title),
        lines=tuple(lines[:MAX_LINES]),
        notes=tuple(
            typeset(note)
            for note in (
                *_not_shown(len(lines) - MAX_LINES),
                *([f"Pourquoi cette fiche : {_why(alerts)}."] if alerts else []),
                *dict.fromkeys(IN_WORDS[_cause(one)].note for one in ended if _cause(one) in IN_WORDS),
            )
        ),
        links=_links(edition, first.entry.subject if about == "project" else None, around.site_url),
        trend=trend,
        is_repeat=is_repeat,
        is_change=is_change,
    )


def filing(
    key: str, told: Sequence[Told], around: Around, *, is_repeat: bool = False, is_change: bool = False
) -> Message:
    """The message of one refused drop, or of the reminders of one day: who is concerned, and what to do."""
    first = told[0]
    open_ones = [one for one in told if not one.is_over]
    alerts = [one.alert for one in open_ones if one.alert]
    todo = {what for alert in alerts if (what := what_to_do(alert))}
    if not open_ones:
        title = f"{_ended_title(told)}{_at(first.entry.edition)}"
    else:
        badge = _BADGES[gravest(open_ones)]
        title = f"{badge} · {alert_rule(first.entry.rule).label_fr}{_at(first.entry.edition)}"
    lines = [Line(headline(alert)) for alert in alerts] + [_end_line(one) for one in told if one.is_over]
    return Message(
        key=key,
        title=typeset(title + _late(told, around)),
        lines=tuple(lines[:MAX_LINES]),
        notes=(*_not_shown(len(lines) - MAX_LINES), *(map(typeset, sorted(todo)[:1] if len(todo) > 1 else todo))),
        is_repeat=is_repeat,
        is_change=is_change,
    )


def digest(
    key: str, told: Sequence[Told], around: Around, *, is_repeat: bool = False, is_change: bool = False
) -> Message:
    """The list of what has no card of its own in an edition: a line per subject, as many as are shown are counted."""
    edition = told[0].entry.edition
    of_subjects = sorted(subjects_of(told).values(), key=lambda group: _weight(group, around))
    shown, rest = of_subjects[:MAX_LINES], of_subjects[MAX_LINES:]
    only = f", dont {len(shown)} ci-dessous" if rest else ""
    where = f" sur la page de l’édition {edition}" if around.site_url and edition else " dans les données de l’édition"
    return Message(
        key=key,
        title=typeset(f"{_counted_subjects(of_subjects)}{only}{_at(edition)}{_late(told, around)}"),
        lines=tuple(_listed(group) for group in shown),
        notes=tuple(
            typeset(note)
            for note in (
                [f"{agreed(len(rest), 'L’autre est', f'Les {len(rest)} autres sont')}{where}."] if rest else []
            )
        ),
        links=_links(edition, None, around.site_url),
        is_repeat=is_repeat,
        is_change=is_change,
    )


def summary(
    key: str,
    edition: str,
    told: Sequence[Told],
    around: Around,
    *,
    on_cards: Collection[str],
    is_listed: bool,
    is_repeat: bool = False,
    is_change: bool = False,
) -> Message:
    """What an edition says as a whole: how many subjects, by their gravest alert, and which of them are critical."""
    open_ones = [one for one in told if not one.is_over]
    groups = subjects_of(open_ones)
    by_severity: dict[Severity, list[list[Told]]] = {}
    for group in groups.values():
        by_severity.setdefault(gravest(group), []).append(group)
    lines = []
    for severity in reversed(SEVERITIES):
        found = by_severity.get(severity, [])
        if found:
            names = cut(", ".join(_subject_of(group[0]) for group in found), _MAX_NAMES)
            count = f"{_SIGNS[severity]} {len(found)} {agreed(len(found), *_COUNTED[severity])}"
            # Of many, only the gravest are named.
            lines.append(Line(names, typeset(f"{count} :")) if severity == "critique" else Line("", count))
    over = [group for key, group in subjects_of(told).items() if key not in groups]
    if over:
        lines.append(Line(typeset(f"{_counted_subjects(over)} dont plus rien de ce qui avait été signalé ne vaut.")))
    with_card = len(groups.keys() & set(on_cards))
    if with_card and is_listed:
        below = f"{plural(with_card, 'fiche')} ci-dessous, pour les plus graves ; le reste en liste."
    elif with_card:
        # Of an edition that was told by its summary alone, what came since has a card, and nothing else has.
        below = (
            "Une fiche par sujet, ci-dessous."
            if with_card == len(groups)
            else f"{plural(with_card, 'fiche')} ci-dessous."
        )
    elif is_listed:
        below = "La liste est ci-dessous."
    else:
        below = "Édition antérieure à l’ouverture de ce canal : seul ce résumé en est envoyé."
    return Message(
        key=key,
        title=typeset(f"Édition {edition} · {_counted_subjects(list(groups.values()))}{_late(told, around)}"),
        lines=tuple(lines) or (Line("Plus rien de ce qui avait été signalé ne vaut."),),
        notes=(typeset(below),),
        links=_links(edition, None, around.site_url),
        is_repeat=is_repeat,
        is_change=is_change,
    )


def reminder(key: str, criticals: Sequence[Alert], around: Around, *, is_repeat: bool = False) -> Message:
    """The monthly message of the critical alerts that are still open."""
    title, lines = monthly_reminder(criticals, around.answers, around.now)
    return Message(
        key=key,
        title=title,
        lines=lines[:MAX_LINES],
        notes=_not_shown(len(lines) - MAX_LINES),
        is_repeat=is_repeat,
    )


def headline_of_card(topic: Topic, told: Sequence[Told]) -> str:
    """What a card is called in the outbox."""
    name = f"{_subject_of(told[0])} · " if topic.kind == "subject" else ""
    return typeset(f"{name}édition {topic.edition}")


def _statement(group: Sequence[Alert]) -> str:
    return statement(group[0]) if len(group) == 1 else statement_of_both(group[0], group[1])


def _listed(group: Sequence[Told]) -> Line:
    """A line of a list: how grave, who, and the first thing that is said of it."""
    open_ones = [one for one in group if not one.is_over]
    alerts = [one.alert for one in open_ones if one.alert]
    hidden = inhibited(alerts)
    groups = paired([alert for alert in alerts if alert.alert_key not in hidden])
    if not groups and open_ones:
        return Line(
            typeset(cut(_as_told(open_ones[0]), MAX_LINE)), f"{_SIGNS[gravest(open_ones)]} {_subject_of(group[0])}"
        )
    if not groups:
        end = _end_line(group[0])
        return Line(f"{end.name} · {end.text}" if end.name else end.text, _subject_of(group[0]))
    more = f" (et {plural(len(groups) - 1, 'autre constat', 'autres constats')})" if len(groups) > 1 else ""
    says = _statement(groups[0]) if alerts[0].of_rule.about != "filing" else headline(alerts[0])
    return Line(typeset(cut(says, MAX_LINE) + more), f"{_SIGNS[gravest(open_ones)]} {_subject_of(group[0])}")


def _as_told(one: Told) -> str:
    """What was said of an alert when it was told; of one of before there were cards, with its subject."""
    return one.entry.statement or one.entry.headline


def _end_line(one: Told, *, is_in_title: bool = False) -> Line:
    """What was told of an alert that holds no more, why (unless the title says it), and what it is by now."""
    words = IN_WORDS.get(_cause(one))
    since = (one.end.statement if one.end else None) or ""
    name = "" if is_in_title or one.is_silent else f"{words.one if words else 'Alerte close'} —"
    return Line(typeset(cut(_as_told(one), MAX_LINE)) + since, name)


def _badge(told: Sequence[Told], *, is_over: bool) -> str:
    return _ended_title(told) if is_over else _BADGES[gravest(told)]


def _ended_title(told: Sequence[Told]) -> str:
    causes = {_cause(one) for one in told}
    words = IN_WORDS.get(causes.pop()) if len(causes) == 1 else None
    return words.one if words else "Alertes closes"


def _cause(one: Told) -> str:
    return (one.end.cause if one.end else None) or "corrigée"


def _subject_of(one: Told) -> str:
    if one.alert:
        name, perimeter = name_of(one.alert), perimeter_of(one.alert)
    else:
        name = cut(plain(one.entry.subject_name or one.entry.subject), MAX_NAME)
        perimeter = short_perimeter(one.entry.perimeter)
    return f"{name} ({perimeter})" if perimeter else name


def _counted_subjects(groups: Sequence[Sequence[Told]]) -> str:
    """« 8 projets et 2 démarches »."""
    count: Counter[str] = Counter(_about(group[0]) for group in groups)
    parts = []
    for about, (one, many) in _NOUNS.items():
        if count[about]:
            parts.append(f"{count[about]} {agreed(count[about], one, many)}")
    rest = sum(count[about] for about in count if about not in _NOUNS)
    if rest:
        parts.append(f"{rest} {agreed(rest, 'sujet')}")
    return " et ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:]))) or "aucun projet"


def _about(one: Told) -> Subject | Literal["perimeter"]:
    # A line of a ministry says of many projects that they did not move.
    is_of_perimeter = one.entry.rule == "stagnant" and one.entry.subject in perimeter_names()
    return "perimeter" if is_of_perimeter else alert_rule(one.entry.rule).about


def _weight(group: Sequence[Told], around: Around) -> tuple[bool, int, Decimal, str]:
    """What comes first on a list: what holds, the gravest, the costliest."""
    open_ones = [one for one in group if not one.is_over]
    first = group[0].entry
    trend = around.trends.of(first.subject, first.edition) if first.edition else None
    known = [point.cost_meur for point in trend.points if point.cost_meur is not None] if trend else []
    cost = Decimal(known[-1]) if known else Decimal(0)
    return not open_ones, -severity_rank(gravest(group)), -cost, first.subject


def _why(alerts: Sequence[Alert]) -> str:
    """The rule of the gravest, with what makes it so grave; the others are behind the link."""
    worst = max(alerts, key=lambda alert: severity_rank(alert.severity))
    return reason(worst.rule, worst.severity)


def _links(edition: str | None, project: str | None, site_url: str) -> tuple[Link, ...]:
    if not site_url or not edition:
        return ()
    page = project_page(site_url, edition, project) if project else edition_page(site_url, edition)
    found = (
        ("Voir le projet" if project else "Voir l’édition", page),
        ("Règles et seuils", rules_page(site_url, edition)),
    )
    return tuple(Link(label, address) for label, address in found if address)


def _answers_to(alerts: Iterable[Alert], around: Around) -> list[Answer]:
    return [one for alert in alerts for one in around.answers.get(alert.alert_key, ())]


def _late(told: Sequence[Told], around: Around) -> str:
    """That it came late, where it did when it was told first."""
    first = min((one.entry.sent_at.replace(tzinfo=UTC) for one in told if one.entry.sent_at), default=around.now)
    late = late_prefix(told[0].entry.edition, first) if told else None
    return f" · {late}" if late else ""


def fault(key: str, alerts: Sequence[Alert], dagster_url: str, *, is_repeat: bool = False) -> Message:
    """The message of one fault of the machine: one check in the editions that fail it, or the checks of one mart."""
    first = alerts[0]
    run = f"Passe {first.run_id} (`jalons ui`)." if first.run_id else ""
    address = f"{dagster_url.rstrip('/')}/runs/{first.run_id}"
    return Message(
        key=key,
        title=typeset(f"{_BADGES[first.severity]} · {first.of_rule.label_fr}{_at(_edition_of(alerts))}"),
        lines=tuple(Line(headline(alert)) for alert in alerts[:MAX_LINES]),
        notes=(*_not_shown(len(alerts) - MAX_LINES), *(typeset(note) for note in (first.to_do, run) if note)),
        links=(Link("Voir la passe", address),) if dagster_url and run else (),
        is_repeat=is_repeat,
    )


def recovery(key: str, headlines: Sequence[str], rule: str, *, is_repeat: bool = False) -> Message:
    """The short message that says that a fault told earlier is no more."""
    return Message(
        key=key,
        title=typeset(f"✅ Rétabli · {alert_rule(rule).label_fr}"),
        lines=tuple(map(Line, headlines[:MAX_LINES])),
        notes=(*_not_shown(len(headlines) - MAX_LINES), "Ce défaut n’est plus constaté : il n’y a plus rien à faire."),
        is_repeat=is_repeat,
    )


def _edition_of(alerts: Sequence[Alert]) -> str | None:
    """The edition that the alerts share, if they do."""
    editions = {alert.edition for alert in alerts}
    return editions.pop() if len(editions) == 1 else None


def ended_line(told: str, edition: str | None, now: str) -> str:
    """What was told of an alert, and what it is by now, at the edition that ended it if that is another one."""
    after = since(edition, now)
    return cut(told, MAX_LINE - len(after)) + after


def since(edition: str | None, now: str) -> str:
    """« Depuis, à l’édition 2018-S1 : coût désormais … », after a space; nothing where nothing need be said."""
    where = f", à l’édition {edition}" if edition else ""
    return typeset(f" Depuis{where} : {now}.") if now else ""


def summary_of_method(
    key: str, method: str, news: Sequence[RuleAndEdition], ends: Sequence[RuleAndEdition], *, is_repeat: bool = False
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
        lines=tuple(Line(line) for line, _ in counted[:MAX_LINES]),
        notes=(
            *_not_shown(left),
            typeset(
                "Ces éditions avaient été signalées selon une méthode antérieure : la façon de lire les données a "
                "changé, pas les données. Rien n’en sera envoyé alerte par alerte."
            ),
        ),
        is_repeat=is_repeat,
    )


def _by_rule(topics: Sequence[RuleAndEdition], prefix: str) -> Iterator[tuple[str, list[RuleAndEdition]]]:
    """A line per rule, in the order of the rules: « Dérive lente : 4 (2017-S1, 2017-S2) »."""
    for rule in dict.fromkeys((*ALERT_RULES, *sorted({rule for rule, _ in topics}))):
        of_rule = [topic for topic in topics if topic[0] == rule]
        if of_rule:
            editions = ", ".join(sorted({edition for _, edition in of_rule if edition}))
            yield typeset(f"{prefix}{alert_rule(rule).label_fr} : {len(of_rule)} ({editions})"), of_rule


def _at(edition: str | None) -> str:
    return f" · édition {edition}" if edition else ""


def _not_shown(rest: int) -> tuple[str, ...]:
    if rest <= 0:
        return ()
    return (typeset(f"{plural(rest, 'autre')} {agreed(rest, 'n’est pas montrée', 'ne sont pas montrées')} ici."),)
