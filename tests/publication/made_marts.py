"""Marts made by hand, in the schemas that dbt exports."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml  # type: ignore[import-untyped]

from orchestration.domain.reference_data import DBT_PROJECT
from orchestration.publication.release import Release, release
from orchestration.publication.tables import TABLES
from orchestration.settings import Settings
from tests.judgements import unjudged

Row = dict[str, Any]

_TYPES = {
    "varchar": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
_TEXT, _TIME = _TYPES["varchar"], _TYPES["timestamp"]


def _schema(mart: str) -> dict[str, pa.DataType]:
    """The columns that the contract of a mart declares, as dbt exports them."""
    text = (DBT_PROJECT / "models" / "marts" / f"{mart}.yml").read_text(encoding="utf-8")
    (model,) = yaml.safe_load(text)["models"]
    types = {column["name"]: str(column["data_type"]) for column in model["columns"]}
    digits = re.compile(r"decimal\((\d+),(\d+)\)")
    return {
        name: pa.decimal128(*map(int, match.groups())) if (match := digits.fullmatch(one)) else _TYPES[one]
        for name, one in types.items()
    }


SCHEMAS = {mart: _schema(mart) for mart in TABLES}


def utc(*parts: int) -> datetime:
    """A time as the marts hold it: UTC, without its zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc,arg-type]


FIRST, SECOND = utc(2021, 6, 15, 9), utc(2021, 12, 15, 9)


@dataclass
class State:
    """The marts of a home, to be changed by a test and released."""

    settings: Settings
    marts: dict[str, list[Row]]

    def release(self, editions: list[str] | None = None) -> list[Release]:
        """Export the marts as dbt would, then release; what no row names is null, a mart without rows empty."""
        self.settings.marts.mkdir(parents=True, exist_ok=True)
        for name, columns in SCHEMAS.items():
            rows = self.marts.get(name, [])
            unknown = {key for row in rows for key in row} - set(columns)
            assert not unknown, f"{name} has no column {unknown}"
            write_rows(self.settings.marts / f"{name}.parquet", columns, rows)
        return release(self.settings, unjudged(self.settings), SECOND, editions)

    def close(self, edition: str, at: datetime) -> None:
        """Export a ledger that says when `edition` was closed."""
        events = self.settings.lake / "_ledger" / "edition_events.parquet"
        events.parent.mkdir(parents=True, exist_ok=True)
        columns = {"edition": _TEXT, "event": _TEXT, "at": _TIME}
        opened = {"edition": edition, "event": "opened", "at": FIRST}
        write_rows(events, columns, [opened, {"edition": edition, "event": "closed", "at": at}])

    def in_another_home(self, home: Path) -> "State":
        """The same rows in another home, met in the reverse order."""
        return State(Settings(home=home), {name: rows[::-1] for name, rows in self.marts.items()})

    def row(self, mart: str, **values: object) -> Row:
        """The first row of a mart that has these values."""
        return next(row for row in self.marts[mart] if values.items() <= row.items())


def write_rows(path: Path, columns: dict[str, pa.DataType], rows: list[Row]) -> None:
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(list(columns.items()))), path)


def project(project_id: str, name: str, cost: str | None, **others: Any) -> Row:
    """A row of `portfolio` in the second edition."""
    return {
        "edition": "2021-S2",
        "project_id": project_id,
        "name": name,
        "perimeter": "MJ",
        "perimeter_name": "Justice",
        "is_interministerial": False,
        "start_date": date(2017, 2, 1),
        "phase": "deploiement",
        "current_cost_meur": None if cost is None else Decimal(cost),
        "current_duration_days": Decimal("2085.999999999999999999"),
        "received_at": SECOND,
        "submission_id": "2021-S2/MJ/projects/7",
    } | others
