"""The small pieces of the glue, called as plain functions."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.rule import Rule, present
from expectations.runner import SUBMISSION_SUITES, Verdict
from orchestration.consolidation.build import NodeResult
from orchestration.defs import consolidation
from orchestration.defs.checks import check_result
from orchestration.defs.intake import _judged
from orchestration.defs.metadata import bars, markdown_table, parquet_metadata
from orchestration.defs.moment import Moment
from orchestration.intake.take_in import take_in
from orchestration.passes.home import Hour
from orchestration.passes.instance import prepare_instance
from tests.conftest import NOW
from tests.intake.drops import GOOD, drop, projects_csv


def test_the_hour_of_a_pass_is_the_one_given_in_utc():
    assert Moment(now="2017-06-15T11:00:00+02:00").read(Hour()) == datetime(2017, 6, 15, 9, tzinfo=UTC)


def test_an_hour_without_its_offset_is_refused():
    with pytest.raises(ValueError, match="offset"):
        Moment(now="2017-06-15T09:00:00").read(Hour())


def test_the_rows_that_fail_a_rule_are_named_by_their_file(settings):
    drop(settings.home, "2021-S2/MC/projets.csv", projects_csv(GOOD.replace("HORIZON", "PHARE")))
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD, GOOD))
    results = {one.check_name: one for one in _judged(take_in(settings, NOW))}
    assert set(results) == {rule.id for rule in SUBMISSION_SUITES["projects"].rules}
    failed = [one for one in results.values() if not one.passed]
    assert failed
    assert "| 2021-S2/MI/projets.csv | 3 |" in failed[0].metadata["failing"].value


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


def test_a_table_shows_its_first_rows_and_says_how_many_there_are():
    shown = markdown_table([{"name": "a|b\nc", "cost": Decimal("53.02000000")}, {"name": None, "cost": None}], most=1)
    assert shown.value == "| name | cost |\n| --- | --- |\n| a\\|b c | 53.02 |\n\n… 2 in all"


def test_a_preview_is_of_the_latest_edition(tmp_path):
    pq.write_table(pa.table({"edition": ["2021-S1", "2021-S2"], "rank": [7, 8]}), tmp_path / "top50.parquet")
    shown = parquet_metadata(tmp_path / "top50.parquet")
    assert (shown["dagster/row_count"], "| 2021-S2 | 8 |" in shown["preview"].value) == (2, True)
    assert "2021-S1" not in shown["preview"].value


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
    before = re.sub(r"run_monitoring:\n(  .*\n)+", "", now)
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
