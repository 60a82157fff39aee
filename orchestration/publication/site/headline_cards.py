"""The headline figures of an edition as cards: the value in French, what it covers, and the previous edition's.

What belongs here: which figures are shown and how they are compared. What does not: the figures and their changes (the
marts), layout.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from markupsafe import Markup

from orchestration.domain.edition import Edition
from orchestration.domain.french import ABSENT, NBSP, agreed, day, number, plural, semester, signed
from orchestration.domain.reference_data import dbt_variable
from orchestration.publication.site.marked import marked
from orchestration.store.marts import MartRow

# A figure of the edition among the words of a card.
_figure = partial(marked, table="headline_figures")

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
    value: Markup | str
    details: tuple[Markup | str, ...]
    comparison: Markup | str | None


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
        details = tuple(
            _figure(plural(headline[column], noun), column=column)
            for column, noun in (("entrants", "entrée"), ("leavers", "sortie"))
        )
        change = f"{signed(headline['entrants'])}{NBSP}/{NBSP}{signed(-headline['leavers'])}"
        moves = Card("Entrées et sorties", change, details, since)
    interministerial = Markup("dont {}").format(
        _figure(plural(headline["interministerial"], "interministériel"), column="interministerial")
    )
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
    details: list[Markup | str] = []
    value: Markup | str = ABSENT
    if mean is not None:
        value = _figure(signed(mean, 1) + _PERCENT, column=f"{stem}_variance_mean_pct")
        counted = _figure(plural(count, "projet"), column=f"{stem}_variance_projects")
        if count < dbt_variable("least_projects_compared"):
            value = Markup("{}{}: {}").format(counted, NBSP, value)
        else:
            details.append(Markup("moyenne de {}").format(counted))
        aggregate = f"{stem}_variance_aggregate_pct"
        details.append(
            Markup("agrégé{}: {}").format(NBSP, _figure(signed(headline[aggregate], 1) + _PERCENT, column=aggregate))
        )
        if headline[f"{stem}_variance_baseline_source"] != "declared":
            title = drift
            details.append("depuis la première valeur reçue de chaque projet, faute de valeurs initiales déclarées")
    outside = [
        Markup("{}{}{}").format(_figure(number(many), column=column), NBSP, words)
        for absence, words in _OUTSIDE.items()
        if (many := headline[column := f"{stem}_variance_outside_{absence}"])
    ]
    if outside:
        details.append(Markup("hors calcul{}: {}").format(NBSP, Markup(", ").join(outside)))
    if published and said_by_the_state is not None:
        rate = _figure(signed(said_by_the_state, 1) + _PERCENT, column=published)
        details.append(Markup("publié par l’État le {}{}: {}").format(day(headline["published_on"]), NBSP, rate))
    return Card(title, value, tuple(details), _comparison(changes, f"{stem}_variance_mean_pct", _PERCENT, signed))


def _of_procedures(headline: MartRow, changes: Changes, goals: Mapping[str, MartRow]) -> list[Card | None]:
    def rated(indicator: str) -> Markup:
        goal = goals[indicator]
        over = plural(goal["reached"] + goal["not_reached"], "démarche évaluée", "démarches évaluées")
        if goal["share_pct"] is None:
            return Markup("sur {}").format(over)
        share = number(goal["share_pct"], 1) + _PERCENT
        return Markup("sur {}, soit {}").format(over, marked(share, "procedure_scores", "share_pct", goal))

    def goal(title: str, figure: str, indicator: str) -> Card | None:
        return _card(headline, changes, title, figure, details=(rated(indicator),)) if indicator in goals else None

    alone, plus = headline["franceconnect"], headline["franceconnect_plus"]
    apart = Markup("dont {} avec FranceConnect seul et {} avec FranceConnect+").format(
        _figure(number(alone), column="franceconnect"), _figure(number(plus), column="franceconnect_plus")
    )
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


def _connected_before(changes: Changes) -> Markup | None:
    alone, plus = changes.get("franceconnect"), changes.get("franceconnect_plus")
    if alone is None or plus is None:
        return None
    either = alone | {name: alone[name] + plus[name] for name in ("previous_value", "value", "change")}
    # A sum of two cells stands in none.
    return _comparison({"connected": either | {"figure": None}}, "connected", "")


def _of_roadmap(headline: MartRow, changes: Changes) -> list[Card | None]:
    missions = Markup("dans {}").format(
        _figure(plural(headline["roadmap_missions"], "mission"), column="roadmap_missions")
    )
    new = Markup("dont {}").format(
        _figure(plural(headline["roadmap_new"], "nouvelle action", "nouvelles actions"), column="roadmap_new")
    )
    due = Markup("{}{}à achever d’ici la fin de l’année").format(
        _figure(number(headline["roadmap_due_by_year_end"]), column="roadmap_due_by_year_end"), NBSP
    )
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
    details: tuple[Markup | str, ...] = (),
) -> Card | None:
    value = headline[figure]
    if value is None:
        return None
    shown = _figure(number(value, places) + unit, column=figure)
    return Card(title, shown, details, _comparison(changes, figure, unit))


def _comparison(changes: Changes, figure: str, unit: str, say: Callable[[Decimal, int], str] = number) -> Markup | None:
    """« 2,56 Md€ au premier semestre 2017, soit +0,01 Md€ »: the change is that of the exact values."""
    row = changes.get(figure)
    if row is None:
        return None

    def cell(text: str, column: str) -> Markup:
        return marked(text, "headline_changes", column, row) if row["figure"] else Markup("{}").format(text)

    previous = cell(say(row["previous_value"], row["places"]) + unit, "previous_value")
    before = Markup("{} au {}").format(previous, semester(row["previous_edition"]))
    if not row["change"]:
        return Markup("{}, sans changement").format(before)
    # French counts from two on: 0,4 an, 2,9 points.
    words = {_PERCENT: "point", _YEARS: "an"}
    counted = NBSP + agreed(row["change"], words[unit]) if unit in words else unit
    exactly = "" if row["change"] == row["value"] - row["previous_value"] else " (calculé avant arrondi)"
    change = cell(signed(row["change"], row["places"]) + counted, "change")
    return Markup("{}, soit{}{}{}").format(before, NBSP, change, exactly)
