"""How codes, numbers and dates are said in French, on pages, receipts and messages.

What belongs here: words and typography. What does not: which figure is shown where (pages, receipts, messages).
"""

import re
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

from orchestration.domain.edition import Edition

NBSP = "\u00a0"
_PARIS = ZoneInfo("Europe/Paris")
ABSENT = "–"

Number = Decimal | int | float

LABELS = {
    "projects": "Grands projets",
    "procedures": "Démarches",
    "roadmap": "Feuille de route",
    "indicators": "Indicateurs",
    "cadrage": "Cadrage",
    "conception_realisation": "Conception et réalisation",
    "experimentation": "Expérimentation",
    "deploiement": "Déploiement",
    "termine": "Terminé",
    "abandonne": "Abandonné",
    "en_revision": "Trajectoire en révision",
    "oui": "Oui",
    "partiel": "Partiellement",
    "non": "Non",
    "a_venir": "À venir",
    "deploiement_local": "Déploiement local",
    "demarche_proactive": "Démarche proactive",
    "non_applicable": "Sans objet",
    "non_communique": "Non communiqué",
    "avis_insuffisants": "Trop peu d’avis",
    "tiret": ABSENT,
    "illisible": "Illisible",
    "non_renseigne": "Non renseigné",
    "invraisemblable": "Invraisemblable",
    "franceconnect": "FranceConnect",
    "franceconnect_plus": "FranceConnect+",
    "cost": "coût",
    "duration": "durée",
    "start": "début",
    "reached_early": "Atteint en avance",
    "reached": "Atteint",
    "on_track": "En bonne voie",
    "off_track": "En retard",
    "unknown": "Non évalué",
    "critique": "Critique",
    "attention": "Attention",
    "information": "Information",
}

_UNITS = {"meur": "M€", "years": "ans", "months": "mois", "days": "jours", "pct": "%"}


def label(code: str | None) -> str:
    """The French words for a code; a code without any is shown as it is."""
    return ABSENT if code is None else LABELS.get(code, code)


def number(value: Number | None, places: int = 0) -> str:
    """Write a number with a decimal comma and narrow spaces, rounded half-up: `1 234,6`."""
    if value is None:
        return ABSENT
    return format_decimal(_rounded(value, places), f"#,##0.{'0' * places}", locale="fr").replace("-", "−")


def signed(value: Number | None, places: int = 0) -> str:
    """As `number`, with a plus before what is above zero."""
    return ("+" if value is not None and _rounded(value, places) > 0 else "") + number(value, places)


def quantity(value: Number | None, unit: str | None) -> str:
    """A value of the slips with its unit: `quantity(Decimal("12.5"), "meur")` gives `12,50 M€`."""
    if value is None:
        return ABSENT
    places = {"meur": 2, "years": 1, "pct": 1}.get(unit or "", 0)
    return number(value, places) + (NBSP + _UNITS.get(unit, unit) if unit else "")


def agreed(count: Number, singular: str, many: str | None = None) -> str:
    """A word as it agrees with a count: French says the plural from two on, `1,9 an`, `−2 ans`."""
    return singular if -2 < count < 2 else many or singular + "s"


def plural(count: int, singular: str, many: str | None = None) -> str:
    """Count things: `1 projet`, `1 200 projets`."""
    return number(count) + NBSP + agreed(count, singular, many)


def and_others(count: int) -> str:
    """What ends a list that leaves some out: ` et 1 autre`, ` et 3 autres`; nothing where it leaves out none."""
    return f" et {plural(count, 'autre')}" if count > 0 else ""


def typeset(text: str) -> str:
    """French no-break spaces: before `: ; ! ? % € »`, after `«`, and between a number and its unit.

    Our own sentences write the typographic apostrophe; what a ministry typed is left as it is.
    """
    return re.sub(r" (?=[:;!?%»](?:\W|$)|M€)|(?<=«) |(?<=\(\+) ", NBSP, text)


def day(value: date) -> str:
    """A day in full: `31 décembre 2017`, `1er juillet 2018`."""
    text = format_date(value, "long", locale="fr")
    return (text.replace("1 ", "1er ", 1) if value.day == 1 else text).replace(" ", NBSP)


def month(value: date | None) -> str:
    """A month in short: `déc. 2017`."""
    return ABSENT if value is None else format_date(value, "MMM y", locale="fr").replace(" ", NBSP)


def period(value: date, precision: str) -> str:
    """A date as far as it is known: `12 juillet 2013`, `juillet 2013`, `T3 2026`, `S1 2026`."""
    match precision:
        case "month":
            return format_date(value, "MMMM y", locale="fr").replace(" ", NBSP)
        case "quarter":
            return f"T{(value.month + 2) // 3}{NBSP}{value.year}"
        case "semester":
            return f"S{(value.month + 5) // 6}{NBSP}{value.year}"
    return day(value)


def moment(value: datetime) -> str:
    """A time of the marts (UTC): `15 juin 2017 à 09:00 (UTC)`."""
    return f"{day(value.date())} à {value:%H:%M} (UTC)"


def paris(value: datetime) -> datetime:
    """A time as the clocks of the ministries show it."""
    return value.astimezone(_PARIS)


def paris_midnight(value: date) -> datetime:
    """When a day begins in Paris."""
    return datetime.combine(value, time(), _PARIS)


def paris_moment(value: datetime) -> str:
    """A time for an agent: `15 juin 2017 à 11:00 (heure de Paris)`."""
    shown = paris(value)
    return f"{day(shown.date())} à {shown:%H:%M} (heure de Paris)"


def semester(edition: str) -> str:
    """An edition in words: `second semestre 2017`."""
    parsed = Edition.parse(edition)
    return f"{'premier' if parsed.semester == 1 else 'second'} semestre {parsed.year}"


def file_size(count: int) -> str:
    """The size of a file: `12 ko`, at least one."""
    return number(max(Decimal(1), _rounded(Decimal(count) / 1000, 0))) + NBSP + "ko"


def _rounded(value: Number, places: int) -> Decimal:
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    # A small negative number rounds to minus zero, which would be written with its sign.
    return abs(rounded) if rounded == 0 else rounded
