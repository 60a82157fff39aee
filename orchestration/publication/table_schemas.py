"""What the columns of a published table are: one declaration, the contract of its mart, read from dbt's yml.

What belongs here: reading names, types, units, descriptions and permitted values. What does not: which columns leave
the house (`tables`), and how another format says them (`table_formats`, `workbooks`, `data_package`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from orchestration.domain.reference_data import DBT_PROJECT, SEEDS

ColumnType = Literal["text", "integer", "decimal", "boolean", "date", "timestamp"]

_MODELS = DBT_PROJECT / "models"
_TYPES: Mapping[str, ColumnType] = {
    "varchar": "text",
    "integer": "integer",
    "bigint": "integer",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
# How the name of a measure ends -> its unit; `meta: {unit: …}` of the column goes before it.
_UNITS = {
    "_bn_eur": "Md€",
    "_meur": "M€",
    "_pct": "%",
    "_rate": "fraction of 1",
    "_coverage": "fraction of 1",
    "_days": "days",
    "_months": "months",
    "_years": "years",
    "_ms": "ms",
    "_score": "out of 10",
    "_volume": "procedures a year",
}


@dataclass(frozen=True)
class Column:
    """A column: `list_separator` where its text is a list, `values` where only those may stand in it."""

    name: str
    type: ColumnType
    description: str
    unit: str | None = None
    list_separator: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSchema:
    """A table: what a row is of, the columns that tell its rows apart, and its columns in their order."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]


@cache
def table_schema(mart: str) -> TableSchema:
    """The declaration of a mart, read once in a process."""
    model = _model(_MODELS / "marts" / f"{mart}.yml")
    permitted = _permitted(mart)
    return TableSchema(
        name=mart,
        description=model["description"].strip(),
        key=tuple(model["config"]["meta"]["key"]),
        columns=tuple(_column(one, permitted.get(one["name"], ())) for one in model["columns"]),
    )


def is_mart(name: str) -> bool:
    """Whether a table of this name is a mart; else it is reference data."""
    return (_MODELS / "marts" / f"{name}.yml").exists()


@cache
def seed_schema(seed: str) -> TableSchema:
    """The declaration of a table of reference data, which holds texts alone; it has no key."""
    model = next(one for one in _declared(SEEDS / "seeds.yml", "seeds") if one["name"] == seed)
    columns = [_column({"data_type": "varchar"} | one, ()) for one in model["columns"]]
    return TableSchema(seed, model["description"].strip(), (), tuple(columns))


def declarations() -> list[Path]:
    """The files that hold them."""
    return [*sorted((_MODELS / "marts").glob("*.yml")), SEEDS / "seeds.yml"]


def _column(declared: Mapping[str, Any], values: tuple[str, ...]) -> Column:
    meta = declared.get("config", {}).get("meta", {})
    kind: ColumnType = _TYPES.get(declared["data_type"], "decimal")
    by_name = (unit for end, unit in _UNITS.items() if declared["name"].endswith(end))
    unit = meta.get("unit", next(by_name, None) if kind in ("integer", "decimal") else None)
    return Column(declared["name"], kind, declared["description"].strip(), unit, meta.get("list"), values)


def _permitted(mart: str) -> dict[str, tuple[str, ...]]:
    """The values that a test of the mart, or of the model that it shows, permits in a column."""
    found: dict[str, tuple[str, ...]] = {}
    for path in (*_MODELS.glob(f"intermediate/*/int_{mart}.yml"), _MODELS / "marts" / f"{mart}.yml"):
        for column in _model(path).get("columns", []):
            for test in column.get("data_tests", []):
                if "accepted_values" in test:
                    found[column["name"]] = tuple(test["accepted_values"]["arguments"]["values"])
    return found


def _model(path: Path) -> dict[str, Any]:
    return _declared(path, "models")[0]


def _declared(path: Path, what: str) -> list[dict[str, Any]]:
    import yaml  # type: ignore[import-untyped]

    # The loader in C is ten times faster, where PyYAML was built with it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: list[dict[str, Any]] = yaml.load(path.read_bytes(), Loader=loader)[what]  # noqa: S506
    return found
