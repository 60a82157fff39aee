"""The Table Schema of a kind, by the conventions of schema.data.gouv.fr, with its two examples (docs/rules.md §5).

What belongs here: saying a contract in the words of Frictionless, and files that obey and break it. What does not: any
fact about a column (the kinds). It describes files made by machines: the field ids as headers, ISO dates, points.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from orchestration.contracts.cells.absences import WORDS_FOR_NONE
from orchestration.contracts.cells.cell import Cell, typed_text
from orchestration.contracts.cells.writing import example_of
from orchestration.contracts.contract import Column, Contract, Type
from orchestration.contracts.help_page import help_page
from orchestration.store.whole_file import write_whole

_PROFILE = "https://specs.frictionlessdata.io/schemas/table-schema.json"
_VALID, _INVALID = "exemple-valide.csv", "exemple-invalide.csv"

_TYPES: Mapping[Type, Mapping[str, object]] = {
    "text": {"type": "string"},
    "url": {"type": "string", "format": "uri"},
    "bool": {"type": "boolean", "trueValues": ["Oui"], "falseValues": ["Non"]},
    "code": {"type": "string"},
    "cost": {"type": "number"},
    "duration": {"type": "number"},
    "rate": {"type": "number"},
    "score": {"type": "number"},
    "number": {"type": "number"},
    "volume": {"type": "integer"},
    "integer": {"type": "integer"},
    "date": {"type": "date"},
    "edition": {"type": "string"},
}
_PATTERNS: Mapping[Type, str] = {"edition": "^20[0-9]{2}-S[12]$"}

# What no agent may write in a cell of each type; any text is a text.
_WRONG: Mapping[Type, str] = {
    "url": "voir le site",
    "bool": "peut-être",
    "code": "on verra",
    "cost": "environ 40",
    "duration": "quelques années",
    "rate": "presque tout",
    "score": "très bien",
    "number": "beaucoup",
    "volume": "des milliers",
    "integer": "quelques-uns",
    "date": "bientôt",
    "edition": "l'an dernier",
}


def table_schema(contract: Contract, site_url: str = "") -> dict[str, object]:
    """The descriptor of a kind's current version; `site_url` is where its files are served, relative paths without."""
    folder = f"{site_url.rstrip('/')}/schemas/{contract.kind}/{contract.version}/" if site_url else ""
    return {
        "$schema": _PROFILE,
        "name": f"jalons-{contract.kind.replace('_', '-')}",
        "title": contract.title_fr,
        "description": contract.description_fr,
        "countryCode": "FR",
        "homepage": f"{folder}aide.html",
        "path": f"{folder}schema.json",
        "resources": [
            {"title": "Exemple de fichier valide", "path": f"{folder}{_VALID}"},
            {"title": "Exemple de fichier invalide", "path": f"{folder}{_INVALID}"},
        ],
        "created": contract.created.isoformat(),
        "lastModified": contract.modified.isoformat(),
        "version": contract.version,
        "contributors": [{"title": "Équipe de Jalons", "role": "author"}],
        "fields": [_field(contract, column) for column in contract.current],
        "missingValues": _missing_values(contract),
    }


def schema_json(contract: Contract, site_url: str = "") -> str:
    """The text of `schema.json`."""
    return json.dumps(table_schema(contract, site_url), ensure_ascii=False, indent=2) + "\n"


def valid_example(contract: Contract) -> str:
    """A CSV that obeys the schema: two rows with a value in every column."""
    return _csv(contract, [_example_row(contract, number) for number in (1, 2)])


def invalid_example(contract: Contract) -> str:
    """A CSV that breaks the schema once in every row, from the first column that can be wrong to the last."""
    rows = [
        {**_example_row(contract, number), column.field: wrong}
        for number, (column, wrong) in enumerate(wrong_cells(contract), start=1)
    ]
    return _csv(contract, rows)


def wrong_cells(contract: Contract) -> list[tuple[Column, str]]:
    """The columns that can be wrong, each with a cell that is: what is missing, unreadable or out of its bounds."""
    found = []
    for column in contract.current:
        if column.is_required:
            found.append((column, ""))
        if column.type in _WRONG:
            found.append((column, _WRONG[column.type]))
        found += [(column, str(bound)) for bound in _beyond(column)]
    return found


def _beyond(column: Column) -> Iterator[int]:
    if column.minimum is not None:
        yield column.minimum - 1
    if column.maximum is not None:
        yield column.maximum + 1


def write_schema(contract: Contract, folder: Path, site_url: str = "") -> None:
    """Write the schema, its two examples and the help page into a folder, made where absent."""
    files = {
        "schema.json": schema_json(contract, site_url),
        _VALID: valid_example(contract),
        _INVALID: invalid_example(contract),
        "aide.html": help_page(contract),
    }
    for name, text in files.items():
        write_whole(folder / name, text.encode(), "umask")


def _field(contract: Contract, column: Column) -> dict[str, object]:
    constraints: dict[str, object] = {"required": column.is_required}
    if column.field == contract.key:
        constraints["unique"] = True
    if column.labels:
        constraints["enum"] = list(column.labels.values())
    if column.type in _PATTERNS:
        constraints["pattern"] = _PATTERNS[column.type]
    if column.minimum is not None:
        constraints["minimum"] = column.minimum
    if column.maximum is not None:
        constraints["maximum"] = column.maximum
    field = {
        "name": column.field,
        "title": column.title,
        "description": _description(column),
        "example": typed_text(example_of(column)),
        **_TYPES[column.type],
        "constraints": constraints,
    }
    return field | {"missingValues": ["", *_words(column)]} if column.absences else field


def _description(column: Column) -> str:
    if column.type == "rate":
        return f"{column.help_fr} En fraction : 0.82 pour 82 %."
    is_said = column.unit is None or column.unit in column.help_fr
    return column.help_fr if is_said else f"{column.help_fr} Unité : {column.unit}."


def _words(column: Column) -> list[str]:
    return [word for reason, words in WORDS_FOR_NONE.items() if reason in column.absences for word in words]


def _missing_values(contract: Contract) -> list[str]:
    """For readers who know no list per field: every word for no value that is no value of another column."""
    values = {"Oui", "Non", *(label for column in contract.current for label in column.labels.values())}
    words = dict.fromkeys(word for column in contract.current for word in _words(column))
    return ["", *(word for word in words if word not in values)]


def _example_row(contract: Contract, number: int) -> dict[str, Cell]:
    row = {column.field: example_of(column) for column in contract.current}
    for field in (contract.key, contract.subject):
        row[field] = f"{row[field]} {number}" if number > 1 else row[field]
    return row


def _csv(contract: Contract, rows: Iterable[Mapping[str, Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.field for column in contract.current])
    for row in rows:
        writer.writerow([typed_text(row.get(column.field)) for column in contract.current])
    return text.getvalue()
