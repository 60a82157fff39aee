"""The headline figures of an edition as cards: the value in French, what it covers, and the previous edition's.

What belongs here: which figures are shown and how they are compared. What does not: the figures and their changes (the
marts), layout.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from orchestration.domain.edition import Edition
from orchestration.domain.french import ABSENT, NBSP, agreed, day, number, plural, semester, signed
from orchestration.domain.reference_data import dbt_variable
from orchestration.store.marts import MartRow

_PERCENT = NBSP + "%"
_YEARS = NBSP + "ans"

# Variance -> what is said of it where all baselines are declared, where some are not, and of which rate of the State's.
_VARIANCES = {
    "budget": ("Écart budgétaire moyen", "Dérive moyenne des coûts", "published_budget_variance_pct"),
    "schedule": ("Écart calendaire moyen", "Dérive moyenne des fins prévues", None),
    "duration": ("Écart de durée moyen", "Dérive moyenne des durées", "published_duration_variance_pct"),
}
_OUTSIDE = {
    "phase": "en cadrage ou en révision",
    "unknown_value": "de valeur inconnue",
    "zero_baseline": "de référence nulle",
    "first_value": "dont c’est la première valeur reçue",
}


@dataclass(frozen=True)
class Card:
    """A headline figure as shown: what it is, its value, what is worth knowing about it, and the previous edition's."""

    title: str
    value: str
    details: tuple[str, ...]
    comparison: str | None


# Figure -> its row of the mart `headline_changes`.
Changes = Mapping[str, MartRow]


def headline_cards(headline: MartRow, changes: Changes, goals: Mapping[str, MartRow]) -> list[Card]:
    """The figures that the edition has, each beside the previous edition's where both are whole.

    `goals` are the scores of all perimeters by indicator, so that a card and the chart of the goals give one share.
    """
    cards: list[Card | None] = []
    if headline["projects"] is not None:
        cards += _of_projects(headline, _of_whole(headline, changes, "projects"))
    if headline["procedures"] is not None:
        cards += _of_procedures(headline, _of_whole(headline, changes, "procedures"), goals)
    if headline["roadmap_actions"] is not None:
        cards += _of_roadmap(headline, _of_whole(headline, changes, "roadmap"))
    return [card for card in cards if card is not None]


def since_when(headline: MartRow) -> str:
    """Since when who came and went did: where an edition in between never was whole, that is not one day for all."""
    previous = headline["previous_edition"]
    if previous == Edition.parse(headline["edition"]).previous().code:
        return f"le {semester(previous)}"
    return "la remontée précédente de chaque périmètre"


def is_incomplete(headline: MartRow, kind: str) -> bool:
    """Whether perimeters are still awaited for a kind: what is there is then neither ranked nor compared."""
    return bool(headline["provisional"] and headline[f"missing_perimeters_{kind}"])


def _of_whole(headline: MartRow, changes: Changes, kind: str) -> Changes:
    return {} if is_incomplete(headline, kind) else changes


def _of_projects(headline: MartRow, changes: Changes) -> list[Card | None]:
    moves = None
    if headline["entrants"] is not None:
        since = f"depuis {since_when(headline)}" if headline["previous_edition"] else None
        details = (plural(headline["entrants"], "entrée"), plural(headline["leavers"], "sortie"))
        change = f"{signed(headline['entrants'])}{NBSP}/{NBSP}{signed(-headline['leavers'])}"
        moves = Card("Entrées et sorties", change, details, since)
    interministerial = f"dont {plural(headline['interministerial'], 'interministériel')}"
    return [
        _card(headline, changes, "Grands projets", "projects", details=(interministerial,)),
        _card(headline, changes, "Coût total estimé", "total_cost_bn_eur", 2, NBSP + "Md€"),
        _card(headline, changes, "Durée prévue moyenne", "mean_duration_years", 1, _YEARS),
        moves,
        *(_variance(headline, changes, stem) for stem in _VARIANCES),
    ]


def _variance(headline: MartRow, changes: Changes, stem: str) -> Card | None:
    """A mean rate: of how many projects, against what, who is outside, and what the State published itself.

    Of few projects their number comes first: their mean says little of the others.
    """
    title, drift, published = _VARIANCES[stem]
    mean, count = headline[f"{stem}_variance_mean_pct"], headline[f"{stem}_variance_projects"]
    said_by_the_state = headline[published] if published else None
    if mean is None and said_by_the_state is None:
        return None
    details = []
    value = ABSENT
    if mean is not None:
        value = signed(mean, 1) + _PERCENT
        if count < dbt_variable("least_projects_compared"):
            value = f"{plural(count, 'projet')}{NBSP}: {value}"
        else:
            details.append(f"moyenne de {plural(count, 'projet')}")
        details.append(f"agrégé{NBSP}: {signed(headline[f'{stem}_variance_aggregate_pct'], 1)}{_PERCENT}")
        if headline[f"{stem}_variance_baseline_source"] != "declared":
            title = drift
            details.append("depuis la première valeur reçue de chaque projet, faute de valeurs initiales déclarées")
    outside = [
        f"{number(many)}{NBSP}{words}"
        for absence, words in _OUTSIDE.items()
        if (many := headline[f"{stem}_variance_outside_{absence}"])
    ]
    if outside:
        details.append(f"hors calcul{NBSP}: {', '.join(outside)}")
    if said_by_the_state is not None:
        details.append(
            f"publié par l’État le {day(headline['published_on'])}{NBSP}: {signed(said_by_the_state, 1)}{_PERCENT}"
        )
    return Card(title, value, tuple(details), _comparison(changes, f"{stem}_variance_mean_pct", _PERCENT, signed))


def _of_procedures(headline: MartRow, changes: Changes, goals: Mapping[str, MartRow]) -> list[Card | None]:
    def rated(indicator: str) -> str:
        goal = goals[indicator]
        over = plural(goal["reached"] + goal["not_reached"], "démarche évaluée", "démarches évaluées")
        rate = "" if goal["share_pct"] is None else f", soit {number(goal['share_pct'], 1)}{_PERCENT}"
        return f"sur {over}{rate}"

    def goal(title: str, figure: str, indicator: str) -> Card | None:
        return _card(headline, changes, title, figure, details=(rated(indicator),)) if indicator in goals else None

    alone, plus = headline["franceconnect"], headline["franceconnect_plus"]
    apart = f"dont {number(alone)} avec FranceConnect seul et {number(plus)} avec FranceConnect+"
    connected = Card(
        "Avec FranceConnect ou FranceConnect+",
        number(alone + plus),
        (rated("authentication"), apart) if "authentication" in goals else (apart,),
        _connected_before(changes),
    )
    return [
        _card(headline, changes, "Démarches du TOP 250", "procedures"),
        goal("Entièrement en ligne", "procedures_online", "online"),
        connected,
        goal("Satisfaction d’au moins 8 sur 10", "satisfaction_reached", "satisfaction"),
        goal("«\u00a0Dites-le-nous une fois\u00a0» respecté", "dlnuf_reached", "dlnuf"),
        goal("Accessibilité totale", "accessibility_reached", "accessibility"),
    ]


def _connected_before(changes: Changes) -> str | None:
    alone, plus = changes.get("franceconnect"), changes.get("franceconnect_plus")
    if alone is None or plus is None:
        return None
    either = alone | {name: alone[name] + plus[name] for name in ("previous_value", "value", "change")}
    return _comparison({"connected": either}, "connected", "")


def _of_roadmap(headline: MartRow, changes: Changes) -> list[Card | None]:
    missions = f"dans {plural(headline['roadmap_missions'], 'mission')}"
    new = f"dont {plural(headline['roadmap_new'], 'nouvelle action', 'nouvelles actions')}"
    due = f"{number(headline['roadmap_due_by_year_end'])}{NBSP}à achever d’ici la fin de l’année"
    return [
        _card(headline, changes, "Actions de la feuille de route", "roadmap_actions", details=(missions, new)),
        _card(headline, changes, "Actions achevées", "roadmap_completed", details=(due,)),
    ]


def _card(
    headline: MartRow,
    changes: Changes,
    title: str,
    figure: str,
    places: int = 0,
    unit: str = "",
    details: tuple[str, ...] = (),
) -> Card | None:
    value = headline[figure]
    if value is None:
        return None
    return Card(title, number(value, places) + unit, details, _comparison(changes, figure, unit))


def _comparison(changes: Changes, figure: str, unit: str, say: Callable[[Decimal, int], str] = number) -> str | None:
    """« 2,56 Md€ au premier semestre 2017, soit +0,01 Md€ »: the change is that of the exact values."""
    row = changes.get(figure)
    if row is None:
        return None
    before = f"{say(row['previous_value'], row['places'])}{unit} au {semester(row['previous_edition'])}"
    if not row["change"]:
        return f"{before}, sans changement"
    # French counts from two on: 0,4 an, 2,9 points.
    words = {_PERCENT: "point", _YEARS: "an"}
    counted = NBSP + agreed(row["change"], words[unit]) if unit in words else unit
    exactly = "" if row["change"] == row["value"] - row["previous_value"] else " (calculé avant arrondi)"
    return f"{before}, soit{NBSP}{signed(row['change'], row['places'])}{counted}{exactly}"
