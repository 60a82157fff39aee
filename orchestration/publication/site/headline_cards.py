"""The headline figures of an edition as cards: the value in French, what it covers, and the previous edition's.

What belongs here: which figures are shown and how they are compared. What does not: the figures (the marts), layout.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from orchestration.domain.french import NBSP, agreed, number, plural, semester, signed
from orchestration.store.marts import MartRow

_PERCENT = NBSP + "%"
_YEARS = NBSP + "ans"


@dataclass(frozen=True)
class Card:
    """A headline figure as shown: what it is, its value, what is worth knowing about it, and the previous edition's."""

    title: str
    value: str
    details: tuple[str, ...]
    comparison: str | None


def headline_cards(headline: MartRow, previous: MartRow | None) -> list[Card]:
    """The figures that the edition has; `previous` holds `edition` and `COMPARED` (`figures`) of the one before."""
    cards: list[Card | None] = []
    if headline["projects"] is not None:
        cards += _of_projects(headline, previous)
    if headline["procedures"] is not None:
        cards += _of_procedures(headline, previous)
    if headline["roadmap_actions"] is not None:
        cards += _of_roadmap(headline, previous)
    return [card for card in cards if card is not None]


def _of_projects(headline: MartRow, previous: MartRow | None) -> list[Card | None]:
    def variance(title: str, stem: str) -> Card | None:
        mean, aggregate = headline[f"{stem}_mean_pct"], headline[f"{stem}_aggregate_pct"]
        if mean is None:
            return None
        details = (
            f"moyenne de {plural(headline[f'{stem}_projects'], 'projet')}",
            f"agrégé{NBSP}: {signed(aggregate, 1)}{_PERCENT}",
        )
        compared = _comparison(headline, previous, f"{stem}_mean_pct", 1, _PERCENT, signed)
        return Card(title, signed(mean, 1) + _PERCENT, details, compared)

    moves = None
    if headline["entrants"] is not None:
        since = f"depuis le {semester(headline['previous_edition'])}" if headline["previous_edition"] else None
        details = (plural(headline["entrants"], "entrée"), plural(headline["leavers"], "sortie"))
        change = f"{signed(headline['entrants'])}{NBSP}/{NBSP}{signed(-headline['leavers'])}"
        moves = Card("Entrées et sorties", change, details, since)
    interministerial = f"dont {plural(headline['interministerial'], 'interministériel')}"
    return [
        _card(headline, previous, "Grands projets", "projects", details=(interministerial,)),
        _card(headline, previous, "Coût total estimé", "total_cost_bn_eur", 2, NBSP + "Md€"),
        _card(headline, previous, "Durée prévue moyenne", "mean_duration_years", 1, _YEARS),
        moves,
        variance("Écart budgétaire moyen", "budget_variance"),
        variance("Écart calendaire moyen", "schedule_variance"),
    ]


def _of_procedures(headline: MartRow, previous: MartRow | None) -> list[Card | None]:
    def share(reached: int, total: int, of_what: str) -> str:
        rate = f", soit {number(Decimal(100 * reached) / total, 1)}{_PERCENT}" if total else ""
        return f"sur {of_what}{rate}"

    def goal(title: str, stem: str) -> Card | None:
        rated = headline[f"{stem}_rated"]
        over = plural(rated, "démarche évaluée", "démarches évaluées")
        detail = share(headline[f"{stem}_reached"], rated, over)
        return _card(headline, previous, title, f"{stem}_reached", details=(detail,))

    total, alone, plus = headline["procedures"], headline["franceconnect"], headline["franceconnect_plus"]
    connected = alone + plus
    # The chart of the goals leaves out the procedures that are not rated: its shares are others.
    of_all = f"{plural(total, 'démarche')} du TOP 250, évaluées ou non"
    online = share(headline["procedures_online"], total, of_all)
    apart = f"dont {number(alone)} avec FranceConnect seul et {number(plus)} avec FranceConnect+"
    details = (share(connected, total, of_all), apart)
    return [
        _card(headline, previous, "Démarches du TOP 250", "procedures"),
        _card(headline, previous, "Entièrement en ligne", "procedures_online", details=(online,)),
        Card("Avec FranceConnect ou FranceConnect+", number(connected), details, _connected_before(headline, previous)),
        goal("Satisfaction d’au moins 8 sur 10", "satisfaction"),
        goal("«\u00a0Dites-le-nous une fois\u00a0» respecté", "dlnuf"),
        goal("Accessibilité totale", "accessibility"),
    ]


def _connected_before(headline: MartRow, previous: MartRow | None) -> str | None:
    def either(row: MartRow) -> MartRow:
        known = row["franceconnect"] is not None
        return row | {"connected": row["franceconnect"] + row["franceconnect_plus"] if known else None}

    return _comparison(either(headline), previous and either(previous), "connected", 0, "")


def _of_roadmap(headline: MartRow, previous: MartRow | None) -> list[Card | None]:
    missions = f"dans {plural(headline['roadmap_missions'], 'mission')}"
    new = f"dont {plural(headline['roadmap_new'], 'nouvelle action', 'nouvelles actions')}"
    due = f"{number(headline['roadmap_due_by_year_end'])}{NBSP}à achever d’ici la fin de l’année"
    return [
        _card(headline, previous, "Actions de la feuille de route", "roadmap_actions", details=(missions, new)),
        _card(headline, previous, "Actions achevées", "roadmap_completed", details=(due,)),
    ]


def _card(
    headline: MartRow,
    previous: MartRow | None,
    title: str,
    figure: str,
    places: int = 0,
    unit: str = "",
    details: tuple[str, ...] = (),
) -> Card | None:
    value = headline[figure]
    if value is None:
        return None
    return Card(title, number(value, places) + unit, details, _comparison(headline, previous, figure, places, unit))


def _comparison(
    headline: MartRow,
    previous: MartRow | None,
    figure: str,
    places: int,
    unit: str,
    say: Callable[[Decimal, int], str] = number,
) -> str | None:
    if previous is None or previous[figure] is None:
        return None
    before = f"{say(previous[figure], places)}{unit} au {semester(previous['edition'])}"
    # A part of the perimeters is not to be compared with all of them.
    if headline["provisional"]:
        return before
    change = headline[figure] - previous[figure]
    if not change:
        return f"{before}, sans changement"
    # French counts from two on: 0,4 an, 2,9 points.
    words = {_PERCENT: "point", _YEARS: "an"}
    counted = NBSP + agreed(change, words[unit]) if unit in words else unit
    return f"{before}, soit{NBSP}{signed(change, places)}{counted}"
