"""A made-up lake and ledger export, as intake writes them; the columns are those that dbt declares for its sources."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from orchestration.consolidation.build import DBT_PROJECT
from orchestration.settings import Settings

_ARROW = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "BOOLEAN": pa.bool_(),
    "DECIMAL(20,8)": pa.decimal128(20, 8),
    "DECIMAL(38,18)": pa.decimal128(38, 18),
    "DECIMAL(18,15)": pa.decimal128(18, 15),
    "DECIMAL(9,6)": pa.decimal128(9, 6),
}

CELLS = '{"name": "C", "current_cost_meur": "J", "current_duration_days": "H"}'


def on(day: str) -> datetime:
    """Midnight UTC of an ISO day, naive as in the ledger's export."""
    return datetime.fromisoformat(day)


def source_schema(table: str) -> pa.Schema:
    """The columns that `sources.yml` declares for a table of the lake or of the ledger."""
    declared = yaml.safe_load((DBT_PROJECT / "models" / "staging" / "sources.yml").read_text(encoding="utf-8"))
    columns = {item["name"]: item["columns"] for source in declared["sources"] for item in source["tables"]}
    return pa.schema([(column["name"], _ARROW[column["data_type"]]) for column in columns[table]])


@dataclass
class MadeLake:
    """The lake of a home. Drops are numbered in the order of their filing; nothing is readable before `write`."""

    settings: Settings
    drops: list[dict[str, object]] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)

    def file(
        self,
        edition: str | None,
        perimeter: str | None,
        at: datetime,
        rows: Iterable[Mapping[str, object]] = (),
        kind: str | None = "projects",
        status: str = "accepted",
        is_dry_run: bool = False,
    ) -> int:
        """File a drop received at `at` (UTC, naive) and return its number; rows start on line 2 unless they say so."""
        number = len(self.drops) + 1
        filed = [
            {"row_number": line, **row, "edition": edition, "perimeter": perimeter, "drop_id": number}
            | {"file_sha256": f"{number:064x}"}
            for line, row in enumerate(rows, start=2)
        ]
        has_rows = bool(filed and kind and status.startswith("accepted"))
        file = f"{kind}/edition={edition}/perimeter={perimeter}/{number:08d}.parquet" if has_rows else None
        self.drops.append(
            {
                "drop_id": number,
                "edition": edition,
                "perimeter": perimeter,
                "kind": kind,
                "path": f"{edition}/{perimeter}/{number}.csv",
                "modified": str(number),
                "file_name": f"{number}.csv",
                "sha256": f"{number:064x}",
                "received_at": at,
                "status": status,
                "is_dry_run": is_dry_run,
                "rows_read": len(filed),
                "rows_accepted": len(filed),
                "errors": 0,
                "warnings": 0,
                "verdict": "Dépôt refusé." if status == "rejected" else "Dépôt accepté.",
                "lake_rows": len(filed) if has_rows else None,
                "lake_file": file,
                "lake_sha256": f"{number:064x}" if has_rows else None,
            }
        )
        if kind and file:
            _write(self.settings.lake / file, filed, source_schema(kind))
        return number

    def close(self, edition: str, at: datetime) -> None:
        """Close an edition at `at` (UTC, naive)."""
        self.events.append({"edition": edition, "event": "closed", "at": at})

    def remind(self, edition: str, days: int, at: datetime) -> None:
        """Remember that those who have not filed were reminded, so many days before the deadline."""
        self.events.append({"edition": edition, "event": f"reminder_{days}", "at": at})

    def write(self) -> None:
        """Write the ledger's export and the empty file of each kind."""
        _write(self.settings.lake / "_ledger" / "drops.parquet", self.drops, source_schema("drops"))
        _write(self.settings.lake / "_ledger" / "edition_events.parquet", self.events, source_schema("edition_events"))
        for kind in ("projects", "procedures", "roadmap", "indicators"):
            _write(self.settings.lake / kind / "_empty.parquet", [], source_schema(kind))


def project(name: str, cost: str | None, years: int | None = 2, **more: object) -> dict[str, object]:
    """A project as the lake holds it: full cost in M€ as typed, duration in years."""
    return {
        "name": name,
        "phase": "deploiement",
        "is_interministerial": False,
        "start_date": date(2019, 1, 1),
        "start_date_precision": "day",
        "current_cost_meur": None if cost is None else Decimal(cost),
        "current_cost_meur_typed": cost,
        "current_duration_days": None if years is None else Decimal(365 * years),
        "current_duration_days_typed": None if years is None else str(years),
        "current_duration_days_precision": "day",
        "cell_columns": CELLS,
        **more,
    }


def three_editions(settings: Settings, rng: random.Random | None = None) -> None:
    """One edition closed and corrected too late, a second one closed, a third one that a single perimeter has filed.

    `rng` shuffles the rows of each file.
    """

    def rows(*items: dict[str, object]) -> list[dict[str, object]]:
        mixed = list(items)
        if rng is not None:
            rng.shuffle(mixed)
        return mixed

    lake = MadeLake(settings)
    lake.file(
        "2019-S2",
        "MI",
        on("2019-12-01"),
        rows(project("SIRHIUS V1", "10", is_interministerial=True), project("Gone", "60"), project("Stays", "9")),
    )
    lake.file("2019-S2", "MJ", on("2019-12-01"), rows(project("Moves", "20"), project("Waits", "5")))
    lake.close("2019-S2", on("2020-06-01"))
    # Too late to move a baseline; SIRHIUS then counts as 11 M€ in its edition.
    lake.file(
        "2019-S2",
        "MI",
        on("2020-06-02"),
        rows(project("SIRHIUS V1", "11", is_interministerial=True), project("Gone", "60"), project("Stays", "9")),
    )
    lake.file(
        "2020-S1",
        "MI",
        on("2020-06-03"),
        rows(
            project("SIRHIUS", "12.5", 3),
            project("MOVES!", "20", exit_reason=" "),
            project("Stays", None, exit_reason="Projet terminé"),
        ),
    )
    lake.file("2020-S1", "MJ", on("2020-06-04"), rows(project("Waits", "5", None, current_end_date=date(2021, 1, 1))))
    lake.file("2020-S1", "MJ", on("2020-06-05"), status="rejected")
    lake.file("2020-S1", "MJ", on("2020-06-05"), status="rejected", is_dry_run=True)
    lake.file(None, None, on("2020-06-06"), kind=None, status="rejected")
    lake.file("2020-S1", "MC", on("2020-06-06"))
    lake.close("2020-S1", on("2020-12-01"))
    lake.file("2020-S2", "MI", on("2020-12-02"), rows(project("SIRHIUS", "12.5", 3), project("Gone", "61")))
    lake.write()


def read_mart(settings: Settings, mart: str) -> list[dict[str, object]]:
    """The rows of an exported mart, in the order of the file."""
    rows: list[dict[str, object]] = pq.read_table(settings.marts / f"{mart}.parquet").to_pylist()
    return rows


def _write(path: Path, rows: list[dict[str, object]], schema: pa.Schema) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
