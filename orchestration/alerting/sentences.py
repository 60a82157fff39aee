"""What one alert says, in French: who, what, by how much, since when, and why its rule speaks.

What belongs here: the words of each rule. What does not: how a message is laid out (`messages`) and thresholds (the
seed `alert_rules` holds them).
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from babel.dates import format_date

from orchestration.alerting.alerts import Alert
from orchestration.domain.alert_rules import SEVERITIES, Severity, alert_rule, thresholds
from orchestration.domain.durations import DAYS_IN_A_YEAR
from orchestration.domain.french import agreed, label, number, period, plural, quantity, semester, typeset
from orchestration.domain.french import day as full_day
from orchestration.domain.perimeter import perimeter_names
from orchestration.domain.visible import visible

MAX_NAME = 120
_LEVELS = (10, 25, 50, 100)
# Escaping multiplies a text by five at most, so that a line always fits the 3000 characters of a Slack text.
MAX_LINE = 500

_UNITS = {
    "percent": "%",
    "crossed_percent": "%",
    "meur": "M€",
    "above_meur": "M€",
    "meur_if_ahead": "M€ pour un projet dont la fin est à venir ou inconnue",
    "months": "mois",
    "editions": "éditions",
    "levels": "paliers",
    "points": "points de retard",
}
_WATERMELON_REASONS = {
    "budget_variance": "coût très au-dessus de la référence initiale",
    "schedule_variance": "durée très au-dessus de la référence initiale",
    "slip": "fort glissement dans l’édition",
    "overdue": "fin prévue dépassée de longue date",
    "missing_figures": "ni coût ni fin prévue",
    "rebaselines": "référence initiale réécrite à plusieurs reprises",
}
_REGRESSIONS = {
    "online": "le statut en ligne",
    "authentication": "l’authentification",
    "satisfaction": "la satisfaction des usagers",
    "accessibility": "l’accessibilité",
}
_WITHDRAWN = {
    "cost": ("le coût", "renseigné"),
    "duration": ("la durée", "renseignée"),
    "cost_and_duration": ("le coût", "renseigné"),
}
# What they say is the verb of their subject.
_GO_ON = frozenset({"went_silent"})
_REWRITTEN = {"cost": "coût initial réécrit", "duration": "durée initiale réécrite", "start": "date de début réécrite"}


def headline(alert: Alert) -> str:
    """The one line that says who, what, by how much and since when; never longer than `MAX_LINE`."""
    if alert.of_rule.audience == "engineers":
        return _line(plain(alert.detail or ""))
    return _line(f"{_subject(alert)}{_said(alert)}.")


def headline_of_both(slip: Alert, overrun: Alert) -> str:
    """The line of a slip whose project crossed a level over its baseline by the same rise: it says both."""
    return _line(f"{_subject(slip)}{_said_of_both(slip, overrun)}.")


def statement(alert: Alert) -> str:
    """The same without its subject, for what stands under it (`name_of`, `perimeter_of`)."""
    return headline(alert) if alert.of_rule.audience == "engineers" else _line(f"{_capital(_said(alert))}.")


def statement_of_both(slip: Alert, overrun: Alert) -> str:
    """The statement of a slip and of the level that the same rise crossed."""
    return _line(f"{_capital(_said_of_both(slip, overrun))}.")


def name_of(alert: Alert) -> str:
    """The name of its subject, cut; that of a perimeter where it is about what the whole of it files."""
    whose = (
        (short_perimeter(alert.perimeter) if _is_of_perimeter(alert) else None) or alert.subject_name or alert.subject
    )
    return cut(plain(whose), MAX_NAME)


def perimeter_of(alert: Alert) -> str | None:
    """The perimeter in short; `None` where there is none, and where the name is the perimeter's."""
    return None if _is_of_perimeter(alert) else short_perimeter(alert.perimeter)


def reason(rule: str, severity: Severity | None = None) -> str:
    """Why the rule speaks, and from where on it is as grave as this, if that takes more than the rule itself."""
    levels = [level for level in SEVERITIES if (rule, level) in thresholds()]
    lowest = _threshold(rule, levels[0]) if levels else ""
    why = alert_rule(rule).reason_fr.format(lowest or "un seuil")
    if severity in levels[1:] and (graver := _threshold(rule, severity)):
        above = "au-delà" if "above_meur" in thresholds()[rule, severity] else "à partir"
        why += f" ; gravité « {severity} » {above} de {graver}"
    return why


def what_to_do(alert: Alert) -> str | None:
    """What whoever files can do about it; `None` where the figures speak of the project, not of the filing."""
    folder = f"{alert.edition}/{alert.perimeter}" if alert.edition and alert.perimeter else "_non_classes"
    if alert.rule == "submission_rejected":
        return (
            f"À faire : lire l’accusé de réception (dossier {folder} des accusés), corriger le fichier, puis le "
            "déposer de nouveau. En attendant, la dernière remontée acceptée, s’il y en a une, continue de compter."
        )
    if alert.rule == "submission_missing":
        return (
            f"À faire : déposer le fichier dans le dossier {folder}, ou, s’il n’y a rien à déclarer, un fichier d’une "
            "seule ligne « NÉANT ». Le rappel est levé dès qu’une remontée est acceptée."
        )
    return None


def cut(text: str, length: int) -> str:
    """The text, ended by an ellipsis where it is longer."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def plain(text: str) -> str:
    """One line in which every sign is visible: submitted text must not steer a terminal or a reader's eye."""
    return visible(" ".join(text.split()))


def when(iso: str | None, precision: str | None = None) -> str:
    """« juin 2018 » for `2018-06-30`, « T2 2018 » for a quarter; a text that is not a date is shown as it is."""
    try:
        day = date.fromisoformat(iso or "")
    except ValueError:
        return plain(iso or "")
    if precision in ("quarter", "semester"):
        return period(day, precision)
    return format_date(day, "MMMM y", locale="fr")


def meur(value: Decimal | float | None) -> str:
    """A cost: « 12,5 M€ », with two decimals under a million."""
    return "un montant inconnu" if value is None else f"{number(value, 1 if value >= 1 else 2)} M€"


def _line(sentence: str) -> str:
    return cut(typeset(sentence), MAX_LINE)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _subject(alert: Alert) -> str:
    perimeter = perimeter_of(alert)
    who = f"{name_of(alert)} ({perimeter})" if perimeter else name_of(alert)
    return f"{who} " if alert.rule in _GO_ON else f"{who} : "


def _is_of_perimeter(alert: Alert) -> bool:
    return alert.rule == "submission_missing" or alert.measure == "trajectories"


def _said(alert: Alert) -> str:
    return _SAYINGS.get(alert.rule, _other)(alert)


def _said_of_both(slip: Alert, overrun: Alert) -> str:
    """The rise since the previous edition, then over the baseline: but for the level, not twice the same values."""
    crossed = f"palier de {overrun.level} % franchi"
    if overrun.rule == "budget_overrun":
        if slip.from_value is not None and slip.from_value == overrun.from_value:
            return f"{_said(slip)} ; palier de {overrun.level} % au-dessus de la référence initiale franchi"
        return f"{_said(slip)} ; {_over_the_cost(overrun)} : {crossed}"
    initial = when(overrun.from_text, overrun.from_precision)
    if initial and initial == when(slip.from_text, slip.from_precision):
        share = _share_over(overrun)
        return (
            f"{_said(slip)}, soit {share} de la durée initiale : {crossed}" if share else f"{_said(slip)} ; {crossed}"
        )
    return f"{_said(slip)} ; {_after_the_end(overrun, f' ({initial})' if initial else '')} : {crossed}"


def _budget_slip(alert: Alert) -> str:
    return f"coût en hausse {_change(alert)}{_since(alert)}{_returns(alert, 'il')}"


def _change(alert: Alert) -> str:
    """« de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€ », up or down."""
    if alert.from_value is None or alert.to_value is None:
        return "d’un montant inconnu"
    before, after = _decimal(alert.from_value), _decimal(alert.to_value)
    gap = after - before
    places = 1 if abs(gap) >= 1 else 2
    sign = "−" if gap < 0 else "+"
    rate = f" ({sign} {_percent(abs(gap) / before * 100)})" if before > 0 else ""
    return f"de {number(abs(gap), places)} M€{rate}, de {number(before, places)} à {number(after, places)} M€"


def _schedule_slip(alert: Alert) -> str:
    moved = f"fin prévue repoussée{_by_months(alert)}{_dates(alert)}{_since(alert)}"
    return f"{moved}{_returns(alert, 'elle')}"


def _by_months(alert: Alert) -> str:
    return f" {_by(alert.slip_months)}" if alert.slip_months else ""


def _by(months: int) -> str:
    return "d’un mois" if abs(months) == 1 else f"de {abs(months)} mois"


def _dates(alert: Alert) -> str:
    """« , de juin 2018 à janvier 2019 », « , de T1 2018 à T3 2018 » where no month is known."""
    before, after = when(alert.from_text, alert.from_precision), when(alert.to_text, alert.to_precision)
    return f", {_of(before)} à {after}" if before and after else ""


def _instead(alert: Alert) -> str:
    """« (janvier 2019 au lieu de juin 2018) »."""
    before, after = when(alert.from_text, alert.from_precision), when(alert.to_text, alert.to_precision)
    return f" ({after} au lieu {_of(before)})" if before and after else ""


def _returns(alert: Alert, it: str) -> str:
    then = alert.returns_to_edition
    return f" ; {it} revient à la valeur du {semester(then)}" if then else ""


def _budget_overrun(alert: Alert) -> str:
    now = f"coût passé à {meur(alert.to_value)}, " if alert.to_value is not None else "coût "
    return f"{now}{_over_the_cost(alert)}{_crossed(alert)}"


def _schedule_overrun(alert: Alert) -> str:
    return f"fin prévue {_after_the_end(alert, _instead(alert))}{_crossed(alert)}"


def _crossed(alert: Alert) -> str:
    return f" ; palier de {alert.level} % franchi" + (f" à l’édition {alert.edition}" if alert.edition else "")


def _over_the_cost(alert: Alert) -> str:
    """« 24,9 % au-dessus de la référence initiale (121,2 M€) »."""
    initial = "" if alert.from_value is None else f" ({meur(alert.from_value)})"
    return f"{_share_over(alert)} au-dessus de la référence initiale{initial}".lstrip()


def _after_the_end(alert: Alert, ends: str) -> str:
    """« 12 mois après la fin initiale (décembre 2019), soit 12,6 % de la durée initiale »; `ends` is in brackets."""
    after = f"{alert.slip_months} mois après" if alert.slip_months else "au-delà de"
    share = f", soit {over} de la durée initiale" if (over := _share_over(alert)) else ""
    return f"{after} la fin initiale{ends}{share}"


def _share_over(alert: Alert) -> str:
    """To one decimal: 24,9 % must not be read as 25 %, which is another level."""
    if alert.from_value is None or alert.to_value is None or alert.from_value <= 0:
        return ""
    before, after = _decimal(alert.from_value), _decimal(alert.to_value)
    return f"{number((after - before) / before * 100, 1)} %"


def _creep(alert: Alert) -> str:
    crept = []
    if alert.from_value is not None and alert.to_value is not None:
        crept.append(f"coût en hausse {_change(alert)}")
    if alert.slip_months:
        crept.append(f"fin prévue repoussée{_by_months(alert)}{_dates(alert)}")
    since = f", depuis l’édition {alert.since_edition}" if alert.since_edition else ""
    return f"dérive lente, {' ; '.join(crept)}{since}, par étapes dont aucune n’atteint le seuil d’alerte"


def _reduced(alert: Alert) -> str:
    if alert.measure == "end":
        what = f"fin prévue avancée{_by_months(alert)}{_dates(alert)}"
    else:
        what = f"coût en baisse {_change(alert)}"
    back = " ; la phase, elle aussi, revient en arrière" if alert.detail == "phase_back" else ""
    return f"{what}{_since(alert)}{back}"


def _phase_back(alert: Alert) -> str:
    before, after = (label(phase) for phase in (alert.from_text, alert.to_text))
    return f"phase revenue de « {before} » à « {after} »{_since(alert)}"


def _completed(alert: Alert) -> str:
    return f"projet terminé{_outcome(alert, 'déclarée')}"


def _abandoned(alert: Alert) -> str:
    why = f"motif : « {cut(plain(alert.detail), 150)} »" if alert.detail else "motif non déclaré"
    return f"projet abandonné{_outcome(alert, 'prévue')} ; {why}"


def _outcome(alert: Alert, is_end: str) -> str:
    """« , coût de 12,5 M€ (10,0 M€ au départ), fin prévue en juin 2018 (6 mois après la fin initiale) »."""
    cost, end = ", coût inconnu", ""
    if alert.to_value is not None:
        initial = f" ({meur(alert.from_value)} au départ)" if alert.from_value is not None else ""
        if meur(alert.from_value) == meur(alert.to_value):
            initial = " (comme au départ)"
        cost = f", coût de {meur(alert.to_value)}{initial}"
    if alert.to_text:
        months = alert.slip_months
        against = {None: "", 0: " (comme au départ)"}.get(
            months, f" ({abs(months or 0)} mois {'avant' if (months or 0) < 0 else 'après'} la fin initiale)"
        )
        end = f", fin {is_end} en {when(alert.to_text, alert.to_precision)}{against}"
    return f"{cost}{end}"


def _entered(alert: Alert) -> str:
    return f"nouveau projet, d’un coût de {meur(alert.to_value)}{_already_over(alert)}"


def _cost_known(alert: Alert) -> str:
    return f"coût désormais connu, de {meur(alert.to_value)}{_already_over(alert)}"


def _already_over(alert: Alert) -> str:
    """What a project that comes in, or has its first cost, once it is over leaves to be decided: nothing."""
    return f", déjà déclaré {label(alert.detail).lower()}" if alert.detail else ""


def _rebaselined(alert: Alert) -> str:
    if alert.detail == "first_declared":
        return f"{_first_declared(alert)}{_end_moved(alert.end_change_months)}"
    what = _REWRITTEN.get(alert.measure or "", "référence initiale réécrite")
    if alert.measure == "start":
        way = "plus tôt" if (alert.slip_months or 0) < 0 else "plus tard"
        what += (f", {abs(alert.slip_months)} mois {way}" if alert.slip_months else "") + _instead(alert)
    else:
        what += _span(alert)
    return f"{what}{_since(alert)}{_end_moved(alert.end_change_months)}"


def _first_declared(alert: Alert) -> str:
    """Of a value that stood for one that had never been declared: nothing is rewritten."""
    what = {"cost": "coût initial déclaré", "duration": "durée initiale déclarée"}[alert.measure or ""]
    declared, seen = (quantity(value, alert.unit) for value in (alert.to_value, alert.from_value))
    return f"{what} pour la première fois, de {declared} ; la première valeur reçue, de {seen}, en tenait lieu"


def _end_moved(months: int | None) -> str:
    """Whether the planned end moved when a baseline was rewritten."""
    if months is None:
        return ""
    if months == 0:
        return " ; la fin prévue n’a pas changé"
    return f" ; la fin prévue est {'repoussée' if months > 0 else 'avancée'} {_by(months)}"


def _span(alert: Alert) -> str:
    """« , de 59,0 à 75,4 M€ » for two values in M€ or in years."""
    if alert.from_value is None or alert.to_value is None:
        return ""
    before, after = _decimal(alert.from_value), _decimal(alert.to_value)
    places = 1 if abs(after - before) >= Decimal("0.1") else 2
    unit = "ans" if alert.unit == "years" else "M€"
    return f", de {number(before, places)} à {number(after, places)} {unit}"


def _overdue(alert: Alert) -> str:
    late = _by(alert.slip_months) if alert.slip_months else "de moins d’un mois"
    return (
        f"{_planned_end(alert)}, dépassée {late} au {_day(alert.to_text)}, "
        f"alors que le projet n’est déclaré ni terminé ni abandonné{_lasting(alert)}"
    )


def _planned_end(alert: Alert) -> str:
    """« fin prévue en juin 2018 »; where it is known less than to the day, the text is the last that it may be."""
    latest = "" if alert.from_precision in (None, "day") else "au plus tard "
    return f"fin prévue {latest}en {when(alert.from_text)}"


def _went_silent(alert: Alert) -> str:
    then, now = alert.previous_edition or "précédente", f" à l’édition {alert.edition}" if alert.edition else ""
    known = [f"dernier coût connu : {_figure(alert)}"] if alert.from_value is not None else []
    known += [_planned_end(alert)] if alert.from_text else []
    last = f" ({', '.join(known) or 'ni coût ni fin prévue connus'})"
    silence = f"n’est plus déclaré{now}, sans motif de sortie connu, alors qu’il l’était à l’édition {then}{last}"
    if alert.detail == "nothing_filed":
        silence += " ; son ministère n’a rien déposé pour cette édition"
    maybe = " : terminé ? motif à confirmer" if alert.severity == "information" else ""
    return f"{silence}{maybe}"


def _figure_withdrawn(alert: Alert) -> str:
    what, known = _WITHDRAWN.get(alert.measure or "", ("un chiffre", "renseigné"))
    figure = f" {_of(value)}" if (value := _figure(alert)) else f" {known}"
    then, now = alert.previous_edition or "précédente", f" à l’édition {alert.edition}" if alert.edition else ""
    gone = "et la durée ne sont plus renseignés" if alert.measure == "cost_and_duration" else f"n’est plus {known}"
    return f"{what},{figure} à l’édition {then}, {gone}{now}"


def _watermelon(alert: Alert) -> str:
    codes = (alert.detail or "").split(", ")
    reasons = ", ".join(_WATERMELON_REASONS[code] for code in codes if code in _WATERMELON_REASONS)
    because = f" ({reasons})" if reasons else ""
    return f"confiance déclarée verte, mais rouge d’après ses chiffres{because}{_lasting(alert)}"


def _stagnant(alert: Alert) -> str:
    if alert.measure == "trajectories":
        count = plural(int(alert.delta or 0), "projet")
        names = cut(plain(alert.detail or ""), 300)
        return f"{count} dont la déclaration ne change pas depuis trois éditions ou plus : {names}"
    count = f" ({number(alert.delta)} éditions de suite)" if alert.delta is not None else ""
    return f"déclaration inchangée depuis l’édition {alert.since_edition or alert.from_text}{count}"


def _procedure_regressed(alert: Alert) -> str:
    what = _REGRESSIONS.get(alert.measure or "", "un indicateur")
    unit = {"pct": " %", "score": " sur 10"}.get(alert.unit or "", "")
    sides = [
        f"« {plain(text or 'inconnu')} »" + ("" if value is None else f" ({_measure(value)}{unit})")
        for text, value in ((alert.from_text, alert.from_value), (alert.to_text, alert.to_value))
    ]
    return f"{what} recule, de {sides[0]} à {sides[1]}{_since(alert)}"


def _indicator_off_track(alert: Alert) -> str:
    unit = f" {cut(plain(alert.unit), 40)}" if alert.unit else ""
    measured, expected = _measures(alert)
    now = f"valeur de {measured}{unit}" if measured else "valeur inconnue"
    return f"{now} ; il faudrait {expected}{unit} à cette date pour tenir la cible{_lasting(alert)}"


def _measures(alert: Alert) -> tuple[str, str]:
    """What was measured and what was expected, as exactly as the former is known; more so where that hides the gap."""
    measured, expected = _measure(alert.to_value), _measure(alert.from_value)
    if alert.to_value is None or alert.from_value is None:
        return measured, expected
    places = len(measured.partition(",")[2])
    rounded = number(alert.from_value, places)
    return measured, expected if rounded == number(alert.to_value, places) else rounded


def _measure(value: Decimal | float | None) -> str:
    """As many decimals as the value has, two at most: 19,9 and 20."""
    if value is None:
        return ""
    rounded = _decimal(value).quantize(Decimal("0.01")).normalize()
    return number(rounded, max(0, -int(rounded.as_tuple().exponent)))


def _action_overdue(alert: Alert) -> str:
    late = f"{alert.slip_months} mois de retard" if alert.slip_months else "moins d’un mois de retard"
    due = when(alert.from_text, alert.from_precision)
    return f"action prévue pour {due}, encore ouverte au {_day(alert.to_text)}, soit {late}{_lasting(alert)}"


def _submission_missing(alert: Alert) -> str:
    what = label(alert.measure).lower()
    return (
        f"aucune remontée acceptée ({what}) pour l’édition {alert.edition}, dont la date limite "
        # A pass may come some days after the reminder's own day: the sentence must be true whenever it is read.
        f"{'était' if alert.level.partition('@')[0] == '0' else 'est'} le {_day(alert.to_text)}"
    )


def _submission_rejected(alert: Alert) -> str:
    # The verdict speaks to the ministry (« Votre fichier… »): it is quoted, not made ours.
    verdict = f" ; réponse faite au ministère : « {cut(plain(alert.detail), 250)} »" if alert.detail else ""
    return f"fichier refusé{verdict}"


def _other(alert: Alert) -> str:
    values = f" de {plain(alert.from_text)} à {plain(alert.to_text)}" if alert.from_text and alert.to_text else ""
    return f"{alert.of_rule.label_fr}{values}{_since(alert)}"


# What each rule says: without its subject, a capital or a full stop.
_SAYINGS: dict[str, Callable[[Alert], str]] = {
    "budget_slip": _budget_slip,
    "schedule_slip": _schedule_slip,
    "budget_overrun": _budget_overrun,
    "schedule_overrun": _schedule_overrun,
    "creep": _creep,
    "reduced": _reduced,
    "phase_back": _phase_back,
    "completed": _completed,
    "abandoned": _abandoned,
    "entered": _entered,
    "cost_known": _cost_known,
    "rebaselined": _rebaselined,
    "overdue": _overdue,
    "went_silent": _went_silent,
    "figure_withdrawn": _figure_withdrawn,
    "watermelon": _watermelon,
    "stagnant": _stagnant,
    "procedure_regressed": _procedure_regressed,
    "indicator_off_track": _indicator_off_track,
    "action_overdue": _action_overdue,
    "submission_missing": _submission_missing,
    "submission_rejected": _submission_rejected,
}


def _threshold(rule: str, severity: Severity) -> str:
    row = thresholds()[rule, severity]
    return " ou ".join(f"{row[name].replace('.', ',')} {unit}" for name, unit in _UNITS.items() if row.get(name))


def _figure(alert: Alert) -> str | None:
    if alert.from_value is None:
        return plain(alert.from_text) if alert.from_text else None
    value = _decimal(alert.from_value)
    if alert.unit == "meur":
        return f"{number(value, 1 if value >= 1 else 2)} M€"
    if alert.unit in ("days", "years"):
        years = value / DAYS_IN_A_YEAR if alert.unit == "days" else value
        return f"{number(years, 1)} {agreed(years, 'an')}"
    return number(value, 1)


def short_perimeter(perimeter: str | None) -> str | None:
    """« Éducation nationale » rather than « Éducation nationale, jeunesse et sports, … »."""
    return perimeter_names().get(perimeter, perimeter).split(",")[0] if perimeter else None


def _since(alert: Alert) -> str:
    """Since which edition, and in how many months where that is more than the six of a semester."""
    if not alert.previous_edition:
        return ""
    span = f", en {6 * alert.semesters} mois" if alert.semesters and alert.semesters > 1 else ""
    return f", depuis l’édition {alert.previous_edition}{span}"


def _lasting(alert: Alert) -> str:
    """Since when a state holds, where that is longer than this edition."""
    lasts = alert.since_edition and alert.since_edition != alert.edition
    return f" ; premier constat à l’édition {alert.since_edition}" if lasts else ""


def _decimal(value: Decimal | float) -> Decimal:
    return Decimal(str(value))


def _percent(value: Decimal) -> str:
    # 24,9 % must not be read as 25 %, which is a level of its own.
    is_rounded_to_a_level = round(value) in _LEVELS and value < round(value)
    return f"{number(value, 0 if value >= 10 and not is_rounded_to_a_level else 1)} %"


def _day(iso: str | None) -> str:
    """« 30 juin 2018 » for `2018-06-30`; a text that is not a date is shown as it is."""
    try:
        return full_day(date.fromisoformat(iso or ""))
    except ValueError:
        return plain(iso or "")


def _of(word: str) -> str:
    return f"d’{word}" if word[:1] in "aeéiou" else f"de {word}"
