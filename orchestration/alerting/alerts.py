"""The alert rows that the warehouse found, as records.

What belongs here: reading `alerts.parquet`, the rules' thresholds, and the order of severities. What does not: what
makes an alert (dbt decides) and how it is worded (`messages`).
"""

import csv
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Self

from orchestration.perimeter import SEEDS
from orchestration.settings import Settings

Severity = Literal["information", "attention", "critique"]
SEVERITIES: tuple[Severity, ...] = ("information", "attention", "critique")


@dataclass(frozen=True)
class Alert:
    """One row of the mart `alerts`: `alert_key` is `rule:subject:edition:level`, values are in `unit`.

    A fault of the machine (`faults`) is one too: `detail` says it, `to_do` what to do, `run_id` in which run.
    """

    alert_key: str
    rule: str
    subject: str
    subject_name: str | None
    edition: str | None
    level: str
    perimeter: str | None
    severity: Severity
    previous_edition: str | None
    since_edition: str | None
    measure: str | None
    unit: str | None
    from_value: Decimal | float | None
    to_value: Decimal | float | None
    delta: Decimal | float | None
    from_text: str | None
    to_text: str | None
    slip_months: int | None
    detail: str | None
    raised_at: datetime | None
    to_do: str | None = None
    run_id: str | None = None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """Make the record of one row; raise `KeyError` if the mart lacks a column."""
        return cls(**{name: row[name] for name in COLUMNS})


# What the mart holds of an alert.
COLUMNS = tuple(field.name for field in fields(Alert) if field.default is MISSING)


@cache
def thresholds() -> dict[tuple[str, str], dict[str, str]]:
    """The seed `alert_rules`: by (rule, severity), what it is measured in (percent, meur, months, …) and from how much.

    A rule that always holds has no measure: its thresholds are empty. Of several levels, the first of the seed is kept.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    with (SEEDS / "alert_rules.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            measures = found.setdefault((row["rule"], row["severity"]), {})
            if row["threshold"] != "always":
                measures.setdefault(row["threshold"], row["at_least"])
    return found


def read_rows(settings: Settings) -> list[dict[str, Any]] | None:
    """The rows of the mart, the gravest first, then by key; `None` where no mart was built yet."""
    import pyarrow.parquet as pq

    mart = settings.marts / "alerts.parquet"
    if not mart.exists():
        return None
    rows: list[dict[str, Any]] = pq.read_table(mart).to_pylist()
    return sorted(rows, key=lambda row: (-SEVERITIES.index(row["severity"]), row["alert_key"]))
