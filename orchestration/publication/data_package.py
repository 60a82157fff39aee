"""`datapackage.json` (Data Package v2): what each file of a release is, and what each column of its tables means.

What belongs here: saying the declaration of the tables as Table Schemas. What does not: the declaration itself
(`table_schemas`), and who publishes (`publisher`). Titles are in French, descriptions of columns in English.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.domain.french import LABELS
from orchestration.publication.publisher import licence, publisher
from orchestration.publication.table_formats import FORMATS
from orchestration.publication.table_schemas import Column, ColumnType, TableSchema, is_mart, seed_schema, table_schema
from orchestration.publication.tables import TABLES, published_schema
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from orchestration.store.json_values import json_document

_TITLE = "Grands projets et démarches numériques de l’État"
_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES: Mapping[ColumnType, str] = {
    "text": "string",
    "integer": "integer",
    "decimal": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "datetime",
}
_MEDIA_TYPES = {
    "csv": "text/csv",
    "fr.csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
}
_DIALECT = {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True}
# The same table in another format: how it differs from the reference.
_OTHERWISE = {
    "fr.csv": "CSV pour tableur français : point-virgule, virgule décimale, VRAI et FAUX.",
    "xlsx": "Classeur typé, avec une feuille de notes.",
    "parquet": "Parquet : mesures en flottants, instants en UTC.",
    "json": "Liste d’enregistrements, chaque chiffre y est.",
}

# Table -> the tables of the same package of which it names a row, by the columns that do.
_FILED = (("submissions", ("submission_id",)),)
_OF_A_PROJECT = (("portfolio", ("edition", "project_id")),)
_OF_A_PROCEDURE = (("procedures", ("edition", "procedure_id")),)
_REFERENCES: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "portfolio": _FILED,
    "top50": _OF_A_PROJECT + _FILED,
    "confidence": _OF_A_PROJECT + _FILED,
    "forecasts": _OF_A_PROJECT,
    "rebaselines": _OF_A_PROJECT,
    "procedures": _FILED,
    "top250": _OF_A_PROCEDURE + _FILED,
    "procedure_history": _OF_A_PROCEDURE + _FILED,
    "roadmap": _FILED,
    "indicators": _FILED,
}

# Why a value is null: the words that stand in `<column>_absence` and `<indicator>_exclusion`.
_WORDS = {
    one: LABELS[one]
    for one in (
        *("a_venir", "avis_insuffisants", "demarche_proactive", "illisible", "non", "non_applicable"),
        *("non_communique", "non_renseigne"),
    )
} | {"en_cadrage": "En cadrage", "tiret": "Un tiret"}
_OUTSIDE = {
    "phase": "En cadrage ou en révision",
    "unknown_value": "Valeur ou référence inconnue",
    "zero_baseline": "Référence nulle",
    "first_value": "Première valeur reçue",
}


def release_package(
    settings: Settings, edition: str, revision: int, released_at: str, files: Mapping[str, bytes]
) -> bytes:
    """Describe the tables of a revision of an edition."""
    about = {"name": f"jalons-{edition.lower()}", "title": f"{_TITLE}, édition {edition}", "version": str(revision)}
    titles = {name: table.title_fr for name, table in TABLES.items()}
    return _package(settings, about | {"created": released_at}, titles, files)


def tree_package(settings: Settings, files: Mapping[str, bytes], titles: Mapping[str, str], released_at: str) -> bytes:
    """Describe the tables over all editions, of these titles by name."""
    about = {"name": "jalons", "title": f"{_TITLE}, toutes les éditions", "created": released_at}
    return _package(settings, about, titles, files)


def _package(
    settings: Settings, about: Mapping[str, str], titles: Mapping[str, str], files: Mapping[str, bytes]
) -> bytes:
    there = [(title, _declared(name)) for name, title in titles.items() if f"data/{name}.csv" in files]
    names = {schema.name for _, schema in there}
    document: dict[str, object] = {"$schema": _PROFILE, **about, "language": "fr"}
    document |= {"homepage": settings.site_url} if settings.site_url else {}
    document |= {
        "licenses": [licence(settings)],
        "contributors": [publisher(settings) | {"roles": ["publisher"]}],
        "resources": [one for title, schema in there for one in _resources(title, schema, names, files)],
    }
    return json_document(document)


def _declared(name: str) -> TableSchema:
    if name in TABLES:
        return published_schema(name)
    return table_schema(name) if is_mart(name) else seed_schema(name)


def _resources(
    title: str, schema: TableSchema, names: set[str], files: Mapping[str, bytes]
) -> Iterator[dict[str, object]]:
    """The reference of a table with its schema, then the same table in each other format."""
    for form in FORMATS:
        path = f"data/{schema.name}.{form}"
        if path not in files:
            continue
        of_file: dict[str, object] = {"path": path, "format": form.rpartition(".")[2], "mediatype": _MEDIA_TYPES[form]}
        of_file |= {"encoding": "utf-8"} if form.endswith(("csv", "json")) else {}
        of_file |= {"bytes": len(files[path]), "hash": f"sha256:{sha256(files[path])}"}
        if form == "csv":
            described = {"dialect": _DIALECT, "schema": _table_schema(schema, names)}
            yield {"name": schema.name, "type": "table", "title": title, **of_file, **described}
        else:
            told = {"title": title, "description": _OTHERWISE[form], "alternateOf": schema.name}
            yield {"name": f"{schema.name}.{form}", "type": "file", **told, **of_file}


def _table_schema(schema: TableSchema, names: set[str]) -> dict[str, object]:
    columns = {column.name for column in schema.columns}
    keys = [
        {"fields": list(fields), "reference": {"resource": table, "fields": list(fields)}}
        for table, fields in _REFERENCES.get(schema.name, ())
        if table in names
    ]
    return {
        "description": schema.description,
        "language": "en",
        "fields": [_field(column, schema.key, columns) for column in schema.columns],
        **({"primaryKey": list(schema.key)} if schema.key else {}),
        **({"foreignKeys": keys} if keys else {}),
        "missingValues": [""],
    }


def _field(column: Column, key: tuple[str, ...], columns: set[str]) -> dict[str, object]:
    field: dict[str, Any] = {"name": column.name, "type": _TYPES[column.type]}
    if column.list_separator:
        field |= {"type": "list", "delimiter": column.list_separator, "itemType": "string"}
    field |= {"description": column.description} | ({"unit": column.unit} if column.unit else {})
    constraints = ({"required": True} if column.name in key else {}) | (
        {"enum": list(column.values)} if column.values else {}
    )
    reason = next((one for one in _reasons(column.name) if one in columns), None)
    reasons = _labels(column.name)
    return (
        field
        | ({"constraints": constraints} if constraints else {})
        | ({"missingValues": [{"value": "", "label": f"Non connu : {reason} dit pourquoi"}]} if reason else {})
        | ({"categories": [{"value": code, "label": label} for code, label in reasons.items()]} if reasons else {})
    )


def _reasons(column: str) -> Iterator[str]:
    """The columns that may say why this one is null."""
    yield f"{column}_absence"
    for end, beside in (("_rate", "_absence"), ("_level", "_exclusion"), ("level", "exclusion")):
        if column.endswith(end):
            yield column.removesuffix(end) + beside


def _labels(column: str) -> dict[str, str]:
    """The words that a column of reasons may hold, and what they mean; none for another column."""
    if column.endswith("_variance_absence"):
        return _OUTSIDE
    if column.endswith("_absence"):
        return _WORDS
    return _WORDS | {"invraisemblable": LABELS["invraisemblable"]} if column.endswith("exclusion") else {}
