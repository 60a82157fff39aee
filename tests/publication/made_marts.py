"""Marts made by hand, in the schemas that dbt exports."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.publication.release import Release, release
from orchestration.settings import Settings
from tests.judgements import unjudged

Row = dict[str, Any]

_TEXT, _INT, _BIG, _BOOL, _DAY, _TIME = pa.string(), pa.int32(), pa.int64(), pa.bool_(), pa.date32(), pa.timestamp("us")
_COST, _DURATION, _RATE, _SCORE = (pa.decimal128(*size) for size in ((20, 8), (38, 18), (18, 15), (9, 6)))
_PCT, _VARIANCE, _YEARS = pa.decimal128(12, 1), pa.decimal128(38, 12), pa.decimal128(9, 4)

_INDICATORS = (
    *("online", "authentication", "satisfaction", "accessibility", "dlnuf"),
    *("help_reachable", "help_efficiency", "availability", "load_time"),
)
_PROCEDURE = {
    "edition": _TEXT,
    "procedure_id": _TEXT,
    "name": _TEXT,
    "perimeter": _TEXT,
    "perimeter_name": _TEXT,
    "ministry": _TEXT,
    "administration": _TEXT,
    "online_status": _TEXT,
    "user_categories": _TEXT,
    "total_volume": _BIG,
    "online_volume": _BIG,
    "digital_use_rate": _RATE,
    "satisfaction_score": _SCORE,
    "disability_status": _TEXT,
    "accessibility_rate": _RATE,
    "accessibility_declared_on": _DAY,
    "language_clarity_score": _SCORE,
    "autonomy_rate": _RATE,
    "help_reachable_rate": _RATE,
    "help_efficiency_score": _SCORE,
    "authentication": _TEXT,
    "dlnuf_score": _INT,
    "availability_rate": _RATE,
    "load_time_ms": _INT,
    "procedure_url": _TEXT,
    "rank": _INT,
    "is_in_top250": _BOOL,
    **{f"{indicator}_status": _TEXT for indicator in ("online_goal", *_INDICATORS[1:])},
    **{f"{indicator}_level": _INT for indicator in _INDICATORS},
    "submission_id": _TEXT,
    "received_at": _TIME,
    "file_name": _TEXT,
    "file_sha256": _TEXT,
    "sheet": _TEXT,
    "row_number": _INT,
    "cell_columns": _TEXT,
}

SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    "portfolio": {
        "edition": _TEXT,
        "project_id": _TEXT,
        "name": _TEXT,
        "perimeter": _TEXT,
        "perimeter_name": _TEXT,
        "ministry": _TEXT,
        "is_interministerial": _BOOL,
        "description": _TEXT,
        "more_info_url": _TEXT,
        "start_date": _DAY,
        "start_precision": _TEXT,
        "phase": _TEXT,
        "current_duration_days": _DURATION,
        "current_duration_precision": _TEXT,
        "current_duration_years": _YEARS,
        "planned_end_date": _DAY,
        "current_cost_meur": _COST,
        "cost_band": _TEXT,
        "functional_zone": _TEXT,
        "funding_programmes": _TEXT,
        "declared_confidence": _TEXT,
        "variance_comment": _TEXT,
        "exit_reason": _TEXT,
        "baseline_cost_meur": _COST,
        "baseline_duration_days": _DURATION,
        "baseline_start_date": _DAY,
        "baseline_source": _TEXT,
        "baseline_cost_submission_id": _TEXT,
        "baseline_duration_submission_id": _TEXT,
        "baseline_start_submission_id": _TEXT,
        "baseline_cost_cell": _TEXT,
        "baseline_duration_cell": _TEXT,
        "current_baseline_cost_meur": _COST,
        "current_baseline_duration_days": _DURATION,
        "current_baseline_start_date": _DAY,
        "rebaselines": _INT,
        "budget_variance_rate": _VARIANCE,
        "schedule_variance_rate": _VARIANCE,
        "current_baseline_budget_variance_rate": _VARIANCE,
        "current_baseline_schedule_variance_rate": _VARIANCE,
        "is_top50_eligible": _BOOL,
        "submission_id": _TEXT,
        "received_at": _TIME,
        "file_name": _TEXT,
        "file_sha256": _TEXT,
        "sheet": _TEXT,
        "row_number": _INT,
        "cost_cell": _TEXT,
        "duration_cell": _TEXT,
        "cost_typed": _TEXT,
        "duration_typed": _TEXT,
        "cell_columns": _TEXT,
    },
    "top50": {
        "edition": _TEXT,
        "rank": _INT,
        "project_id": _TEXT,
        "name": _TEXT,
        "perimeter": _TEXT,
        "perimeter_name": _TEXT,
        "phase": _TEXT,
        "current_cost_meur": _COST,
        "current_duration_years": _YEARS,
        "planned_end_date": _DAY,
        "budget_variance_pct": _PCT,
        "schedule_variance_pct": _PCT,
        "previous_rank": _INT,
        "cost_change_meur": _COST,
        "submission_id": _TEXT,
        "received_at": _TIME,
        "file_name": _TEXT,
        "file_sha256": _TEXT,
        "sheet": _TEXT,
        "row_number": _INT,
        "cost_cell": _TEXT,
        "duration_cell": _TEXT,
    },
    "procedures": _PROCEDURE,
    "top250": {
        name: _PROCEDURE[name]
        for name in _PROCEDURE
        if name not in ("is_in_top250", "ministry", "user_categories", "cell_columns")
    },
    "procedure_scores": {
        "edition": _TEXT,
        "perimeter": _TEXT,
        "perimeter_name": _TEXT,
        "indicator": _TEXT,
        "indicator_name": _TEXT,
        "goal": _TEXT,
        "procedures": _INT,
        "reached": _INT,
        "not_reached": _INT,
        "partly_reached": _INT,
        "excluded": _INT,
        "share": _VARIANCE,
        "share_pct": _PCT,
        "previous_edition": _TEXT,
        "previous_reached": _INT,
        "previous_share": _VARIANCE,
        "reached_change": _INT,
        "share_change": _VARIANCE,
    },
    "roadmap": {
        "edition": _TEXT,
        "action_id": _TEXT,
        "title": _TEXT,
        "mission": _TEXT,
        "status": _TEXT,
        "entry_edition": _TEXT,
        "planned_end": _DAY,
        "planned_end_precision": _TEXT,
        "actual_end": _DAY,
        "actual_end_precision": _TEXT,
        "perimeter": _TEXT,
        "perimeter_name": _TEXT,
        "perimeters_filing": _INT,
        "is_completed": _BOOL,
        "is_due_by_year_end": _BOOL,
        "is_overdue": _BOOL,
        "is_new": _BOOL,
        "submission_id": _TEXT,
        "received_at": _TIME,
        "file_name": _TEXT,
        "file_sha256": _TEXT,
        "sheet": _TEXT,
        "row_number": _INT,
        "status_cell": _TEXT,
        "planned_end_cell": _TEXT,
        "planned_end_typed": _TEXT,
    },
    "indicators": {
        "edition": _TEXT,
        "indicator_id": _TEXT,
        "title": _TEXT,
        "unit": _TEXT,
        "value": _COST,
        "measured_on": _DAY,
        "measured_on_precision": _TEXT,
        "baseline": _COST,
        "baseline_date": _DAY,
        "target": _COST,
        "target_date": _DAY,
        "target_date_precision": _TEXT,
        "progress": _VARIANCE,
        "expected_progress": _VARIANCE,
        "status": _TEXT,
        "source": _TEXT,
        "perimeter": _TEXT,
        "perimeter_name": _TEXT,
        "perimeters_filing": _INT,
        "submission_id": _TEXT,
        "received_at": _TIME,
        "file_name": _TEXT,
        "file_sha256": _TEXT,
        "sheet": _TEXT,
        "row_number": _INT,
        "value_cell": _TEXT,
        "value_typed": _TEXT,
    },
    "headline_figures": {
        "edition": _TEXT,
        "method_version": _TEXT,
        "provisional": _BOOL,
        "perimeters_filed": _INT,
        "missing_perimeters": _TEXT,
        "previous_edition": _TEXT,
        "projects": _BIG,
        "interministerial": _BIG,
        "total_cost_bn_eur": pa.decimal128(12, 2),
        "mean_duration_years": pa.decimal128(6, 1),
        "entrants": _BIG,
        "leavers": _BIG,
        "budget_variance_mean_pct": _PCT,
        "budget_variance_aggregate_pct": _PCT,
        "budget_variance_projects": _BIG,
        "schedule_variance_mean_pct": _PCT,
        "schedule_variance_aggregate_pct": _PCT,
        "schedule_variance_projects": _BIG,
        "baseline_source": _TEXT,
        "procedures": _BIG,
        "procedures_online": _BIG,
        "franceconnect": _BIG,
        "franceconnect_plus": _BIG,
        "satisfaction_reached": _BIG,
        "satisfaction_rated": _BIG,
        "dlnuf_reached": _BIG,
        "dlnuf_rated": _BIG,
        "accessibility_reached": _BIG,
        "accessibility_rated": _BIG,
        "roadmap_actions": _BIG,
        "roadmap_missions": _BIG,
        "roadmap_completed": _BIG,
        "roadmap_due_by_year_end": _BIG,
        "roadmap_new": _BIG,
        "indicators": _BIG,
        "released_at": _TIME,
    },
    "movements": {
        "edition": _TEXT,
        "previous_edition": _TEXT,
        "project_id": _TEXT,
        "movement": _TEXT,
        "name": _TEXT,
        "previous_name": _TEXT,
        "perimeter": _TEXT,
        "previous_perimeter": _TEXT,
        "reason": _TEXT,
        "current_cost_meur": _COST,
        "previous_cost_meur": _COST,
        "from_submission_id": _TEXT,
        "to_submission_id": _TEXT,
    },
    "slips": {
        "edition": _TEXT,
        "previous_edition": _TEXT,
        "rule": _TEXT,
        "kind": _TEXT,
        "subject": _TEXT,
        "project_id": _TEXT,
        "name": _TEXT,
        "perimeter": _TEXT,
        "measure": _TEXT,
        "unit": _TEXT,
        "level": _INT,
        "from_value": _COST,
        "to_value": _COST,
        "delta": _COST,
        "delta_pct": _PCT,
        "from_text": _TEXT,
        "to_text": _TEXT,
        "slip_months": _INT,
        "detail": _TEXT,
        "severity": _TEXT,
        "since_edition": _TEXT,
        "is_new": _BOOL,
        "from_submission_id": _TEXT,
        "to_submission_id": _TEXT,
    },
    "submissions": {
        "edition": _TEXT,
        "perimeter": _TEXT,
        "kind": _TEXT,
        "submission_id": _TEXT,
        "file_name": _TEXT,
        "file_sha256": _TEXT,
        "received_at": _TIME,
        "superseded_at": _TIME,
        "rows_accepted": _BIG,
    },
}


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
        """Export the marts as dbt would, then release; a column that a row does not name is null."""
        self.settings.marts.mkdir(parents=True, exist_ok=True)
        for name, columns in SCHEMAS.items():
            unknown = {key for row in self.marts[name] for key in row} - set(columns)
            assert not unknown, f"{name} has no column {unknown}"
            write_rows(self.settings.marts / f"{name}.parquet", columns, self.marts[name])
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
