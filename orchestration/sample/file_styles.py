"""How ministries write: the columns, words and formats of each kind of file really seen, and the new templates.

What belongs here: the styles, as data. What does not: which ministry writes how (`generate`) and the cells themselves
(`cells`). Titles of the current contracts are read from them; those of legacy files are literal.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial

from orchestration.contracts import CONTRACTS
from orchestration.sample import spelling
from orchestration.sample.writers import FileCell, FileTable, csv_bytes, json_bytes, ods_bytes, xlsx_bytes

Columns = tuple[tuple[str, str], ...]

_PANORAMA: Columns = (
    ("Ministère porteur ", "ministry_code"),
    ("Ministère nom complet", "ministry"),
    ("Nom du projet", "name"),
    ("Projet interministériel", "is_interministerial"),
    ("Description et objectifs du projet", "description"),
    ("En savoir plus sur le projet", "more_info_url"),
    ("Début", "start_date"),
    ("Durée prévisionnelle en année", "current_duration_days"),
    ("Phase du projet en cours", "phase"),
    ("Coût estimé", "current_cost_meur"),
    ("Coût estimé par tranche", "cost_band"),
    ("Zone fonctionnelle", "functional_zone"),
    ("Financement [programme(s)]", "funding_programmes"),
    ("Lien vers les Projets Annuels de Performances", "performance_plan_url"),
    ("Date de publication", "published_on"),
)
_EXCERPT: Columns = (
    ("Projet", "name"),
    ("Ministère porteur", "ministry"),
    ("Projet inter-ministériel", "is_interministerial"),
    ("Description et objectifs", "description"),
    ("Début", "start_date"),
    ("Durée du projet en années", "current_duration_days"),
    ("Phase du projet en cours", "phase"),
    ("Coût estimé", "current_cost_meur"),
    ("Zone fonctionnelle principale", "functional_zone"),
    ("Programme de financement", "funding_programmes"),
)
_TEMPLATE_FIELDS = (
    "declared_project_id",
    "name",
    "ministry",
    "is_interministerial",
    "description",
    "more_info_url",
    "start_date",
    "initial_duration_days",
    "current_duration_days",
    "phase",
    "initial_cost_meur",
    "current_cost_meur",
    "functional_zone",
    "funding_programmes",
    "declared_confidence",
    "variance_comment",
    "exit_reason",
    "published_on",
)


def _titles(kind: str, fields: Iterable[str] | None = None) -> Columns:
    by_field = CONTRACTS[kind].by_field
    return tuple((by_field[field].title, field) for field in fields or by_field)


@dataclass(frozen=True)
class FileStyle:
    """One way of writing a file: its name, format, columns, and how each sort of value is typed in its cells."""

    file_name: str
    write: Callable[[FileTable], bytes]
    columns: Columns
    cost: Callable[[Decimal], FileCell] = spelling.as_is
    duration: Callable[[int], FileCell] = spelling.exact
    volume: Callable[[int], FileCell] = spelling.as_is
    rate: Callable[[Decimal], FileCell] = spelling.as_is
    score: Callable[[Decimal], FileCell] = spelling.as_is
    start: Callable[[date], FileCell] = date.isoformat
    day: Callable[[date], FileCell] = date.isoformat
    edition: Callable[[str], FileCell] = spelling.as_is
    measure: Callable[[Decimal, str], FileCell] = spelling.bare
    statuses: Mapping[str, str] = field(default_factory=lambda: CONTRACTS["roadmap"].by_field["status"].labels)
    in_cadrage: str | None = None
    unknown: str | None = None
    no_link: FileCell = None
    has_html: bool = False
    nameless_columns: int = 0
    blank_rows: int = 0

    def file(self, rows: Iterable[dict[str, FileCell]]) -> bytes:
        """The file that holds these rows of cells."""
        padding: list[FileCell] = [None] * self.nameless_columns
        header = [title for title, _ in self.columns] + padding
        body = [[row[field] for _, field in self.columns] + padding for row in rows]
        return self.write([header, *body, *[[None] * len(header)] * self.blank_rows])


_XLSX = FileStyle(
    "export_{perimeter}.xlsx",
    xlsx_bytes,
    _PANORAMA,
    spelling.comma,
    spelling.comma_exact,
    start=spelling.slashes,
    day=spelling.as_is,
    unknown="NA",
)
_TEMPLATE = FileStyle(
    "remontee_{perimeter}_{edition}.xlsx",
    partial(xlsx_bytes, sheet="Grands projets"),
    _titles("projects", _TEMPLATE_FIELDS),
    start=spelling.as_is,
    day=spelling.as_is,
    in_cadrage="En cadrage",
    unknown="NC",
)
PROJECT_STYLES = {
    # As published in 2016: nameless columns, blank rows, a header that ends in a space.
    "panorama": FileStyle(
        "panorama_projets_si_{perimeter}.csv",
        csv_bytes,
        _PANORAMA,
        in_cadrage="En cadrage",
        nameless_columns=11,
        blank_rows=7,
    ),
    # June 2017: durations to a tenth of a year.
    "rounded": FileStyle(
        "Panorama_des_grands_projets_SI_{perimeter}.csv",
        partial(csv_bytes, encoding="utf-8-sig", row_end="\r\n"),
        _PANORAMA,
        duration=spelling.to_tenths,
        in_cadrage="En cadrage",
    ),
    # November 2017: saved by a French Excel.
    "excel": FileStyle(
        "Panorama {perimeter} (Excel).csv",
        partial(csv_bytes, encoding="cp1252", separator=";", row_end="\r\n", line_break="\r\n"),
        _EXCERPT,
        start=spelling.month,
        has_html=True,
    ),
    "pipe": FileStyle(
        "extraction_{perimeter}.txt", partial(csv_bytes, separator="|"), _EXCERPT, start=spelling.month, has_html=True
    ),
    "tab": FileStyle(
        "suivi projets {perimeter}.tsv",
        partial(csv_bytes, separator="\t"),
        _PANORAMA,
        start=spelling.short_month,
        unknown="ND",
    ),
    # March 2018: numbers and dates as text.
    "export": _XLSX,
    "export_1904": replace(
        _XLSX,
        write=partial(xlsx_bytes, sheet="Feuil1", date_1904=True),
        start=spelling.as_is,
        unknown="N/A",
        no_link=0,
    ),
    # July 2018: typed numbers, another word for the cost.
    "ods": FileStyle(
        "panorama_{perimeter}_juillet.ods",
        ods_bytes,
        tuple(("Coût complet estimé" if field == "current_cost_meur" else title, field) for title, field in _EXCERPT),
        start=spelling.month,
        has_html=True,
    ),
    "json": FileStyle("projets_{perimeter}.json", json_bytes, _PANORAMA, unknown="n/c"),
    # The templates of 2020: project ids, initial cost and duration.
    "template": _TEMPLATE,
    "template_ods": replace(
        _TEMPLATE, file_name="remontee_{perimeter}_{edition}.ods", write=partial(ods_bytes, sheet="Grands projets")
    ),
    "template_csv": replace(
        _TEMPLATE,
        file_name="remontee_{perimeter}_{edition}.csv",
        write=partial(csv_bytes, encoding="utf-8-sig", separator=";", row_end="\r\n"),
        cost=spelling.with_unit,
        duration=spelling.comma_exact,
        start=spelling.slashes,
        day=spelling.slashes,
    ),
    "template_json": replace(
        _TEMPLATE,
        file_name="remontee_{perimeter}_{edition}.json",
        write=json_bytes,
        start=date.isoformat,
        day=date.isoformat,
    ),
    # End dates in place of durations, which the contract lets a ministry choose.
    "template_ends": replace(
        _TEMPLATE,
        columns=_titles("projects", (field.replace("duration_days", "end_date") for field in _TEMPLATE_FIELDS)),
    ),
}

# The Observatoire breaks its longest title over three lines.
_OBSERVED = tuple(
    (title.replace(" (rouge", "\n(rouge").replace("; ", ";\n"), field) for title, field in _titles("procedures")
)
_OBSERVATORY = FileStyle(
    "observatoire_{edition}_{perimeter}.xlsx",
    partial(xlsx_bytes, sheet="Chiffres VDE"),
    _OBSERVED,
    day=spelling.as_is,
)
_FORMER_TITLES = {
    "online_status": "Réalisable En Ligne",
    "satisfaction_score": "SATISFACTION USAGERS ",
    "load_time_ms": "Tps moy chargement ",
}
PROCEDURE_STYLES = {
    "observatory": _OBSERVATORY,
    # Before the columns were renamed.
    "observatory_former": replace(
        _OBSERVATORY, columns=tuple((_FORMER_TITLES.get(field, title), field) for title, field in _OBSERVATORY.columns)
    ),
    "observatory_ods": replace(_OBSERVATORY, file_name="observatoire_{edition}_{perimeter}.ods", write=ods_bytes),
    "observatory_csv": replace(
        _OBSERVATORY,
        file_name="observatoire_{edition}_{perimeter}.csv",
        write=partial(csv_bytes, encoding="cp1252", separator=";", row_end="\r\n", line_break="\r\n"),
        volume=spelling.grouped,
        rate=spelling.percent,
        score=spelling.comma,
        day=spelling.slashes,
    ),
    "observatory_json": replace(
        _OBSERVATORY, file_name="observatoire_{edition}_{perimeter}.json", write=json_bytes, day=date.isoformat
    ),
}

_ROADMAP = FileStyle(
    "feuille_de_route_{perimeter}_{edition}.xlsx",
    partial(xlsx_bytes, sheet="Feuille de route"),
    _titles("roadmap"),
    start=spelling.as_is,
    day=spelling.as_is,
    unknown="À venir",
)
ROADMAP_STYLES = {
    "roadmap": _ROADMAP,
    # A table kept by hand: other titles, months for dates, other words for what is done.
    "roadmap_ods": FileStyle(
        "suivi actions {perimeter}.ods",
        partial(ods_bytes, sheet="Suivi"),
        (
            ("Nom de la mission", "mission"),
            ("N° de l'action", "action_id"),
            ("Action", "title"),
            ("Entrée dans la feuille de route", "entry_edition"),
            ("ÉCHÉANCE ", "planned_end"),
            ("État d'avancement", "status"),
            ("Date d'achèvement", "actual_end"),
        ),
        start=spelling.month,
        day=spelling.month,
        edition=spelling.semester_first,
        statuses={"a_venir": "à venir", "en_cours": "en cours", "acheve": "Terminée", "abandonne": "Abandonnée"},
    ),
    "roadmap_csv": replace(
        _ROADMAP,
        file_name="actions_{perimeter}.csv",
        write=partial(csv_bytes, encoding="cp1252", separator=";", row_end="\r\n"),
        start=spelling.slashes,
        day=spelling.slashes,
        unknown="NC",
        blank_rows=3,
    ),
}

_INDICATORS = FileStyle(
    "indicateurs_{perimeter}_{edition}.xlsx",
    partial(xlsx_bytes, sheet="Indicateurs"),
    _titles("indicators"),
    start=spelling.month,
    day=spelling.as_is,
    measure=spelling.with_percent_sign,
    unknown="NC",
)
INDICATOR_STYLES = {
    "indicators": _INDICATORS,
    "indicators_json": replace(
        _INDICATORS,
        file_name="indicateurs_{perimeter}_{edition}.json",
        write=json_bytes,
        start=date.isoformat,
        day=date.isoformat,
        measure=spelling.bare,
    ),
}
