"""The small pieces of the glue, called as plain functions."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.rule import Rule, present
from expectations.runner import Verdict
from orchestration.consolidation.build import NodeResult
from orchestration.defs import consolidation
from orchestration.defs.checks import check_result
from orchestration.defs.metadata import bars, numbers, parquet_metadata, table
from orchestration.defs.moment import Moment
from orchestration.passes.home import Hour
from orchestration.passes.instance import prepare_instance


def test_the_hour_of_a_pass_is_the_one_given_in_utc():
    assert Moment(now="2017-06-15T11:00:00+02:00").read(Hour()) == datetime(2017, 6, 15, 9, tzinfo=UTC)


def test_an_hour_without_its_offset_is_refused():
    with pytest.raises(ValueError, match="offset"):
        Moment(now="2017-06-15T09:00:00").read(Hour())


@pytest.mark.parametrize(
    ("severity", "expected"), [("error", dg.AssetCheckSeverity.ERROR), ("warning", dg.AssetCheckSeverity.WARN)]
)
def test_a_check_that_could_not_run_has_failed_and_says_why(severity, expected):
    verdict = Verdict(
        Rule("an_id", "rank", present("rank"), "Une phrase.", "", severity), "top50", success=False, broken="no file"
    )
    result = check_result(verdict, ["top50"])
    assert (result.passed, result.severity) == (False, expected)
    assert result.description == "Contrôle impossible\N{NO-BREAK SPACE}: no file"


def test_a_preview_is_of_the_latest_edition_and_no_wider_than_a_page(tmp_path):
    wide = {f"column_{n}": [n, n] for n in range(60)}
    mart = pa.table({"edition": ["2021-S1", "2021-S2"], "cost": [Decimal("7.50"), Decimal("8.50")], **wide})
    pq.write_table(mart, tmp_path / "top50.parquet")
    shown = parquet_metadata(tmp_path / "top50.parquet")
    (row,) = shown["preview"].records
    assert (shown["dagster/row_count"], row.data["edition"], row.data["cost"]) == (2, "2021-S2", 8.5)
    assert [one.type for one in shown["preview"].schema.columns][:3] == ["string", "float", "int"]
    assert len(row.data) == 12


def test_what_dagster_plots_is_a_number_and_nothing_else():
    figures = {"projects": 3, "cost": Decimal("1.5"), "provisional": True, "method": "2.0.0", "unknown": None}
    assert numbers(figures) == {"projects": 3, "cost": 1.5}


def test_a_table_without_rows_still_says_its_columns():
    shown = table([], columns={"perimeter": "its code"})
    assert (shown.records, [one.name for one in shown.schema.columns]) == ([], ["perimeter"])


def test_signs_that_nobody_sees_are_shown_in_a_table():
    (row,) = table([{"file": "a\u202eb"}]).records
    assert row.data["file"] == "a\ufffdb"


def test_a_picture_needs_neither_file_nor_server():
    assert bars([("2021-S2", Decimal(2), "2 Md€")], "Costs").value.startswith("![Costs](data:image/svg+xml;base64,")


def test_a_model_that_the_manifest_does_not_know_says_what_to_do(settings):
    with pytest.raises(dg.Failure, match="make install"):
        consolidation._table(settings, NodeResult("model.jalons.newcomer", "success", 0.1, None, None))


def test_an_instance_is_prepared_once_and_then_belongs_to_its_owner(tmp_path):
    prepare_instance(tmp_path)
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    prepare_instance(tmp_path)
    assert (tmp_path / "dagster.yaml").read_text(encoding="utf-8") == "telemetry: {enabled: false}\n"
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert not instance.telemetry_enabled


def test_an_instance_that_an_earlier_version_wrote_gets_the_settings_of_this_one(tmp_path):
    prepare_instance(tmp_path)
    now = (tmp_path / "dagster.yaml").read_text(encoding="utf-8")
    before = Path(__file__).with_name("dagster_yaml_written_before.yaml").read_text(encoding="utf-8")
    (tmp_path / "dagster.yaml").write_text(before, encoding="utf-8")
    prepare_instance(tmp_path)
    assert (before != now, (tmp_path / "dagster.yaml").read_text(encoding="utf-8")) == (True, now)


def test_a_run_that_never_starts_or_stops_is_given_up_and_one_at_work_never(tmp_path):
    prepare_instance(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_start_timeout_seconds == instance.run_monitoring_cancel_timeout_seconds == 180
        assert instance.run_monitoring_max_runtime_seconds == 0
        # Where it does, the daemon would take a pass of another process for a dead one.
        assert not instance.run_launcher.supports_check_run_worker_health
