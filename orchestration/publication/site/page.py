"""The page of a release: its tables said in French for a reader, in one HTML file that needs nothing else.

What belongs here: what is shown and in which order. What does not: the figures themselves (the marts), words and
typography (`french`), the cards (`headline_cards`), layout (templates).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from orchestration.domain import french
from orchestration.domain.edition import Edition
from orchestration.domain.folding import fold_name, folded_name
from orchestration.domain.perimeter import perimeter_names
from orchestration.publication.manifest import Revision
from orchestration.publication.site.charts import bar_chart
from orchestration.publication.site.headline_cards import headline_cards, is_incomplete
from orchestration.publication.site.marked import figure
from orchestration.publication.site.slip_lines import slip_lines
from orchestration.publication.table_formats import FORMATS
from orchestration.publication.tables import TABLES
from orchestration.store.marts import MartRow
from orchestration.store.templates import templates

_FILTERS = (
    french.label,
    french.number,
    french.signed,
    french.quantity,
    french.plural,
    french.day,
    french.month,
    french.period,
    french.moment,
    french.semester,
    french.file_size,
)

_FORMAT_NAMES = {"csv": "CSV", "fr.csv": "CSV français", "xlsx": "XLSX", "parquet": "Parquet", "json": "JSON"}

# The indicators of `procedure_scores` that have a goal, in the order in which they are shown.
_GOALS = (
    "online",
    "authentication",
    "satisfaction",
    "accessibility",
    "dlnuf",
    "help_reachable",
    "help_efficiency",
    "availability",
    "load_time",
)


def render(
    tables: dict[str, list[MartRow]],
    drops: Sequence[MartRow],
    *,
    revision: Revision,
    content: str,
    sizes: dict[str, int],
    key_fingerprint: str | None,
    licence: Mapping[str, str],
) -> bytes:
    """Write the page.

    `tables` are the rows of each published table; `drops`, `content` and `licence` are those of the manifest; `sizes`
    are the bytes of each file of the release. `key_fingerprint` is of the key that signs it, if one does.
    """
    headline = tables["headline_figures"][0]
    has_projects, has_procedures = headline["projects"] is not None, headline["procedures"] is not None
    names = perimeter_names()
    costs = _costs_by_perimeter(tables["portfolio"])
    goals = sorted(
        (row for row in tables["procedure_scores"] if row["perimeter"] == "all" and row["indicator"] in _GOALS),
        key=lambda row: _GOALS.index(row["indicator"]),
    )
    page = templates("publication/site", *_FILTERS).get_template("index.html.j2")
    text = page.render(
        figure=figure,
        headline=headline,
        as_of=Edition.parse(headline["edition"]).as_of,
        awaited=[
            (kind, headline[f"perimeters_filed_{kind}"], [names.get(code, code) for code in missing])
            for kind in ("projects", "procedures")
            if is_incomplete(headline, kind) and (missing := headline[f"missing_perimeters_{kind}"].split(", "))
        ],
        absent=[
            (kind, [names.get(code, code) for code in missing.split(", ")])
            for kind in ("projects", "procedures")
            if (missing := headline[f"missing_perimeters_{kind}"]) and not is_incomplete(headline, kind)
        ],
        is_ranked={kind: not is_incomplete(headline, kind) for kind in ("projects", "procedures")},
        perimeter_names=names,
        cards=headline_cards(
            headline,
            {row["figure"]: row for row in tables["headline_changes"]},
            {row["indicator"]: row for row in goals},
        ),
        published=tables["state_publications"],
        has_projects=has_projects,
        has_procedures=has_procedures,
        is_semester_before=headline["previous_edition"] == Edition.parse(headline["edition"]).previous().code,
        has_previous_projects=has_projects and (headline["entrants"] is not None or bool(tables["movements"])),
        costs=costs,
        costs_chart=bar_chart(
            (row["perimeter_name"], row["cost_meur"], french.number(row["cost_meur"], 1) + french.NBSP + "M€")
            for row in costs
        ),
        top50=tables["top50"],
        portfolio=sorted(tables["portfolio"], key=lambda row: (fold_name(row["name"] or ""), row["project_id"])),
        movements={
            kind: [row for row in tables["movements"] if row["movement"] == kind]
            for kind in ("in", "out", "renamed", "back", "awaited")
        },
        slips=slip_lines(tables["slips"]),
        ids={row["project_id"] for row in tables["portfolio"]},
        received={drop["submission_id"]: datetime.fromisoformat(drop["received_at"]) for drop in drops},
        goals=goals,
        goals_chart=bar_chart(
            (
                (_rated(goal), goal["share_pct"], french.number(goal["share_pct"], 1) + french.NBSP + "%")
                for goal in goals
                if goal["share_pct"] is not None
            ),
            full=Decimal(100),
        ),
        missions=_missions(tables["roadmap"]),
        actions={
            heading: [row for row in tables["roadmap"] if row[flag]]
            for heading, flag in (
                ("En retard", "is_overdue"),
                ("À achever d’ici la fin de l’année", "is_due_by_year_end"),
                ("Nouvelles", "is_new"),
            )
        },
        indicators=[row | _indicator(row) for row in tables["indicators"]],
        top250=[row | _procedure(row) for row in tables["top250"]],
        downloads=[
            (
                table.title_fr,
                [(_FORMAT_NAMES[form], path, sizes[path]) for form in FORMATS for path in (f"data/{name}.{form}",)],
            )
            for name, table in TABLES.items()
            if f"data/{name}.csv" in sizes
        ],
        drops=[drop | {"received": datetime.fromisoformat(drop["received_at"])} for drop in drops],
        revision=revision.number,
        is_correction=revision.is_correction,
        method_before=revision.method_before,
        content=content,
        key_fingerprint=key_fingerprint,
        licence=licence,
    )
    return f"{text}\n".encode()


def _rated(goal: MartRow) -> str:
    """« En ligne (245 évaluées) »: the indicator, and how many procedures its share is of."""
    return f"{goal['indicator_name']} ({french.plural(goal['reached'] + goal['not_reached'], 'évaluée')})"


def _procedure(row: MartRow) -> MartRow:
    """A procedure's rates as percents, and its address when it is one that a browser may follow."""
    url = (row["procedure_url"] or "").strip()
    return {
        "digital_use_pct": _percent(row["digital_use_rate"]),
        "accessibility_pct": _percent(row["accessibility_rate"]),
        "web_address": url if re.match(r"https?://[^\s/]", url, re.IGNORECASE) else None,
    }


def _percent(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else rate * 100


def _costs_by_perimeter(portfolio: list[MartRow]) -> list[MartRow]:
    """Number of projects, number of known costs and their sum in M€ per perimeter, the largest sum first."""
    rows: dict[str, MartRow] = {}
    for project in portfolio:
        empty = {"perimeter_name": project["perimeter_name"], "projects": 0, "known": 0, "cost_meur": Decimal(0)}
        row = rows.setdefault(project["perimeter"], empty)
        row["projects"] += 1
        if project["current_cost_meur"] is not None:
            row["known"] += 1
            row["cost_meur"] += project["current_cost_meur"]
    return sorted(rows.values(), key=lambda row: (-row["cost_meur"], row["perimeter_name"]))


def _missions(roadmap: list[MartRow]) -> list[MartRow]:
    """Number of actions per mission, as it is first written, whatever their status and by status."""
    rows: dict[str, MartRow] = {}
    for action in roadmap:
        mission = action["mission"] or french.ABSENT
        row = rows.setdefault(folded_name(mission), {"mission": mission, "statuses": Counter()})
        row["statuses"][action["status"]] += 1
    return sorted(rows.values(), key=lambda row: fold_name(row["mission"]))


def _indicator(row: MartRow) -> MartRow:
    """An indicator's values with the digits that they have, its dates as far as they are known, its progress."""

    def value(number: Decimal | None) -> str:
        places = 0 if number is None else max(0, -int(number.normalize().as_tuple().exponent))
        return french.number(number, places)

    def when(day: date | None, precision: str | None) -> str:
        return french.ABSENT if day is None else french.period(day, precision or "day")

    return {
        "value_shown": value(row["value"]),
        "baseline_shown": value(row["baseline"]),
        "target_shown": value(row["target"]),
        "measured_shown": when(row["measured_on"], row["measured_on_precision"]),
        "target_date_shown": when(row["target_date"], row["target_date_precision"]),
        "progress_pct": _percent(row["progress"]),
    }
