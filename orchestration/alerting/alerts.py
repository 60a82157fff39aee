"""The alert rows that the warehouse found, as records.

What belongs here: reading the mart `alerts`, and the ids that their projects had before. What does not: what makes an
alert (dbt decides), the rules themselves (`orchestration.domain.alert_rules`) and how it is worded (`messages`).
"""

from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from orchestration.domain.alert_rules import AlertRule, Severity, alert_rule, severity_rank
from orchestration.settings import Settings
from orchestration.store.marts import mart_path, mart_table, read_mart


@dataclass(frozen=True)
class Alert:
    """One row of the mart `alerts`: `alert_key` is `rule:subject:edition:level`, values are in `unit`.

    Where a text is a date, its precision says how far it is known.

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
    from_precision: str | None
    to_precision: str | None
    slip_months: int | None
    semesters: int | None
    end_change_months: int | None
    returns_to_edition: str | None
    detail: str | None
    variance_comment: str | None
    raised_at: datetime | None
    to_do: str | None = None
    run_id: str | None = None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """Make the record of one row; raise `KeyError` if the mart lacks a column."""
        return cls(**{name: row[name] for name in COLUMNS})

    @property
    def of_rule(self) -> AlertRule:
        """The rule that found it."""
        return alert_rule(self.rule)


# What the mart holds of an alert.
COLUMNS = tuple(field.name for field in fields(Alert) if field.default is MISSING)


def read_rows(settings: Settings) -> list[dict[str, Any]] | None:
    """The rows of the mart, the most severe first, then by key; `None` where no mart was built yet."""
    if not mart_path(settings.marts, "alerts").exists():
        return None
    rows = mart_table(settings.marts, "alerts").to_pylist()
    return sorted(rows, key=lambda row: (-severity_rank(row["severity"]), row["alert_key"]))


def former_project_ids(settings: Settings) -> dict[str, set[str]]:
    """By the id of a project, those that alerts about it may have been sent under."""
    former: dict[str, set[str]] = {}
    for row in read_mart(settings.marts, "former_project_ids"):
        former.setdefault(row["project_id"], set()).add(row["former_id"])
    return former
