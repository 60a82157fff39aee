"""The tables of one edition: which marts are published, and which of their rows and columns.

What belongs here: what leaves the house, and in which order of rows. What does not: any rule of the domain (the marts
hold the figures), how a table is written (`table_formats`) and where files go (`release`).
"""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.domain.edition import Edition
from orchestration.publication.table_schemas import Column, TableSchema, table_schema
from orchestration.store.marts import MartRow, mart_table

_KINDS = ("projects", "procedures", "roadmap_actions", "indicators")


class PublishedTable(NamedTuple):
    """What is known of a published table: the columns that order its rows inside an edition, its name for readers, the
    headline figures without all of which an edition has nothing to show in it (none: it always has), and the columns of
    the mart that stay at home: JSON, and what depends on later editions.
    """

    order_by: tuple[str, ...]
    title_fr: str
    needs: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def has_of(self, headline: MartRow) -> bool:
        """Whether the edition of these figures has anything that the table is about."""
        return not self.needs or any(headline[name] is not None for name in self.needs)


_PROJECTS, _PROCEDURES = ("projects",), ("procedures",)
# The published tables, in the order of the downloads.
TABLES = {
    "headline_figures": PublishedTable(("edition",), "Chiffres clés"),
    "headline_changes": PublishedTable(("figure",), "Chiffres clés comparés à l’édition précédente"),
    "state_publications": PublishedTable(("published_on",), "Chiffres publiés par l’État lui-même", ("published_on",)),
    "portfolio": PublishedTable(("project_id",), "Tous les grands projets", _PROJECTS, ("cell_columns",)),
    "top50": PublishedTable(("rank",), "TOP 50", _PROJECTS),
    "movements": PublishedTable(("project_id", "movement"), "Mouvements", _PROJECTS),
    "slips": PublishedTable(("rule", "subject", "measure"), "Glissements", _KINDS),
    "decompositions": PublishedTable(("from_edition", "measure"), "Décomposition des évolutions", _PROJECTS),
    "contributions": PublishedTable(
        ("from_edition", "measure", "project_id"), "Contribution de chaque projet aux évolutions", _PROJECTS
    ),
    "rebaselines": PublishedTable(("project_id", "measure"), "Références réécrites", _PROJECTS),
    "confidence": PublishedTable(("project_id",), "Confiance déclarée et confiance calculée", _PROJECTS),
    "forecasts": PublishedTable(("project_id",), "Prévisions d’un modèle, par projet", _PROJECTS),
    "forecast_backtest": PublishedTable(("scope", "forecast"), "Prévisions passées face aux faits", _PROJECTS),
    "procedures": PublishedTable(("procedure_id",), "Toutes les démarches", _PROCEDURES, ("cell_columns",)),
    "top250": PublishedTable(("rank", "procedure_id"), "TOP 250", _PROCEDURES),
    "procedure_scores": PublishedTable(
        ("perimeter", "indicator"), "Objectifs des démarches, par périmètre", _PROCEDURES
    ),
    "procedure_history": PublishedTable(
        ("procedure_id", "indicator"),
        "Niveaux des démarches face à l’édition précédente",
        _PROCEDURES,
        ("last_edition",),
    ),
    "roadmap": PublishedTable(("action_id",), "Feuille de route", ("roadmap_actions",)),
    "indicators": PublishedTable(("indicator_id",), "Indicateurs", ("indicators",)),
    "submissions": PublishedTable(("kind", "perimeter", "submission_id"), "Remontées reçues"),
    "revisions": PublishedTable(("revision",), "Ce que l’on savait, date par date"),
    "sources": PublishedTable(("kind", "subject", "field"), "Cellules d’où viennent les valeurs"),
}


def published_columns(name: str) -> tuple[Column, ...]:
    """The columns of a table that are published, as the contract of its mart declares them."""
    left_out = TABLES[name].left_out
    return tuple(column for column in table_schema(name).columns if column.name not in left_out)


def published_schema(name: str) -> TableSchema:
    """The declaration of a table as it is published."""
    return replace(table_schema(name), columns=published_columns(name))


def published_rows(marts: Path, name: str, edition: str | None = None) -> pa.Table:
    """The published columns of a table in their order, of one edition or of all, in the order of its rows."""
    columns = [column.name for column in published_columns(name)]
    order = TABLES[name].order_by if edition else ("edition", *TABLES[name].order_by)
    return mart_table(marts, name, edition=edition, columns=columns, order_by=order)


def read_tables(marts: Path, edition: str) -> dict[str, pa.Table]:
    """Read every published table of `edition`; one that has no row for it is there, empty."""
    tables = {name: published_rows(marts, name, edition) for name in TABLES}
    return tables | {"contributions": tables["contributions"].filter(_compared_by_project(edition, tables))}


def _compared_by_project(edition: str, tables: dict[str, pa.Table]) -> pc.Expression:
    """The previous edition, and the latest one a year before: of all earlier ones, contributions would be endless."""
    previous = tables["headline_figures"].column("previous_edition").drop_null().to_pylist()
    a_year_before = Edition.parse(edition).previous().previous().code
    earlier = [one for one in tables["decompositions"].column("from_edition").to_pylist() if one <= a_year_before]
    return pc.field("from_edition").isin(pa.array({*previous, max(earlier, default=a_year_before)}, pa.string()))
