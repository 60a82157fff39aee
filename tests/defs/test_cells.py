"""Checks of submissions, cell by cell: each stays as it is while its file counts, and says which row of which file."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.partitions.utils.multi import get_tags_from_multi_partition_key
from dagster._core.event_api import PartitionKeyFilter
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable

from expectations.runner import SUBMISSION_SUITES
from orchestration.defs.partitions import cell
from orchestration.intake import holds
from orchestration.intake.ledger import Ledger
from orchestration.passes.faults import last_evaluations
from orchestration.passes.instance import prepare_instance
from orchestration.settings import Settings
from tests.conftest import NOW
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.pass_job import buttons

PROJECTS = dg.AssetKey(["submissions", "projects"])
ONCE = dg.AssetCheckKey(PROJECTS, "project_declared_once")
MI, MC = cell("2021-S1", "MI"), cell("2021-S1", "MC")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def home(passed_home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home after a whole pass over one file of MI, and that of the environment."""
    shutil.copytree(passed_home, settings.home, symlinks=True)
    monkeypatch.setenv("JALONS_HOME", str(settings.home))
    monkeypatch.setenv("JALONS_SETTLE_SECONDS", "0")
    return settings


@pytest.fixture
def instance(home: Settings) -> Iterator[dg.DagsterInstance]:
    prepare_instance(home.dagster_home)
    with dg.DagsterInstance.from_config(str(home.dagster_home)) as one:
        yield one


@pytest.fixture
def press(instance: dg.DagsterInstance) -> Callable[..., dg.ExecuteInProcessResult]:
    """Run assets, or checks alone, as the buttons of the UI do."""

    def one(*keys: dg.AssetKey, checks: tuple[dg.AssetCheckKey, ...] = (), partition: str | None = None):
        job = buttons()
        if checks:
            job = job.get_subset(asset_selection=set(keys), asset_check_selection=set(checks))
        moments = {"ops": {"drops": {"config": {"now": NOW.isoformat()}}}} if dg.AssetKey("drops") in keys else {}
        return job.execute_in_process(
            asset_selection=None if checks else list(keys),
            instance=instance,
            # Of checks alone, a run says its partition by its tags, as the daemon begins it.
            partition_key=None if checks else partition,
            tags=_tags(partition) if checks and partition else {},
            run_config=moments | QUIET,
            raise_on_error=False,
        )

    return one


def _tags(partition: dg.MultiPartitionKey) -> dict[str, str]:
    return {"dagster/partition": str(partition), **get_tags_from_multi_partition_key(partition)}


def said(instance: dg.DagsterInstance, key: dg.AssetCheckKey, partition: str | None) -> dg.AssetCheckEvaluation | None:
    """What a check last said of a cell."""
    history = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=1, partition_filter=PartitionKeyFilter(key=partition)
    )
    return history[0].event.asset_check_evaluation if history and history[0].event else None


def test_a_failing_cell_stays_red_while_its_file_counts_and_turns_green_with_a_good_one(home, instance, press):
    drop(home.home, "2021-S1/MI/twice.csv", projects_csv(GOOD, GOOD, OTHER))
    press(dg.AssetKey("drops"))
    # Another cell of its kind is fine, which says nothing of this one.
    drop(home.home, "2021-S1/MC/p.csv", projects_csv(GOOD.replace("l'Intérieur", "la Culture")))
    press(dg.AssetKey("drops"))
    # What the UI shows of a check is its last word, which is of all cells.
    shown = next(last_evaluations(instance, ONCE))
    assert (shown.passed, shown.partition, shown.description) == (
        False,
        None,
        "1 of 2 cells fail (rows): 2021-S1|MI (1)",
    )
    failed = said(instance, ONCE, MI)
    assert (failed.passed, said(instance, ONCE, MC).passed) == (False, True)
    (latest,) = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=PROJECTS, asset_partitions=[MI]), limit=1
    ).records
    assert failed.target_materialization_data.storage_id == latest.storage_id
    assert {name: failed.metadata[name].value for name in ("rows_judged", "failing_rows", "file")} == {
        "rows_judged": 3,
        "failing_rows": 1,
        "file": "2021-S1/MI/twice.csv",
    }
    (row,) = failed.metadata["failing"].records
    assert row.data == {
        "perimeter": "MI",
        "edition": "2021-S1",
        "file": "2021-S1/MI/twice.csv",
        "row": 3,
        "subject": "HORIZON",
        "cell": "A3",
        "value": "HORIZON",
    }
    drop(home.home, "2021-S1/MI/good.csv", projects_csv(GOOD, OTHER))
    press(dg.AssetKey("drops"))
    assert said(instance, ONCE, MI).passed
    assert next(last_evaluations(instance, ONCE)).passed


def test_run_by_hand_a_check_judges_the_cell_of_its_partition_or_every_one_that_counts(home, instance, press):
    drop(home.home, "2021-S1/MI/twice.csv", projects_csv(GOOD, GOOD))
    drop(home.home, "2021-S1/MC/p.csv", projects_csv(GOOD.replace("l'Intérieur", "la Culture")))
    press(dg.AssetKey("drops"))
    # What the lake keeps has lost the row that failed: the file is read again.
    for partition in (MI, None):
        result = press(checks=(ONCE,), partition=partition)
        assert result.success
        evaluations = result.get_asset_check_evaluations()
        # It names one check: no other is judged again.
        assert {one.check_name for one in evaluations} == {ONCE.name}
        assert [one.partition for one in evaluations] == ([MI, None] if partition else [MI, MC, None])
        assert [one.passed for one in evaluations] == ([False, False] if partition else [False, True, False])
    whole = said(instance, ONCE, None)
    assert [row.data["perimeter"] for row in whole.metadata["failing"].records] == ["MI"]
    # The file, the row and the cell in the order in which one looks for them.
    columns = ["perimeter", "edition", "file", "row", "subject", "cell", "value"]
    assert [one.name for one in whole.metadata["failing"].schema.columns] == columns
    assert {name: whole.metadata[name].value for name in ("cells_judged", "cells_failing", "failing_rows")} == {
        "cells_judged": 2,
        "cells_failing": 1,
        "failing_rows": 1,
    }


def test_a_cell_that_is_read_again_by_hand_is_judged_in_the_same_run(home, press):
    result = press(PROJECTS, partition=MI)
    assert result.success
    evaluations = result.get_asset_check_evaluations()
    assert {one.check_name for one in evaluations} == {rule.id for rule in SUBMISSION_SUITES["projects"].rules}
    assert {one.partition for one in evaluations} == {MI, None}


def test_a_cell_for_which_nothing_was_filed_is_a_clear_no_and_no_fault(home, instance, press):
    result = press(PROJECTS, partition=cell("2021-S1", "MJ"))
    assert result.success
    assert result.asset_materializations_for_node("submissions__projects") == []
    said = [entry.user_message for entry in instance.all_logs(result.run_id)]
    assert "Nothing was filed for 2021-S1, MJ, projects: no cell to fill." in said
    assert not instance.get_materialized_partitions(PROJECTS) - {str(MI)}


def test_a_submission_that_is_held_fills_its_cell_when_it_counts(home, instance, press):
    drop(home.home, "2021-S1/MI/more.csv", projects_csv(GOOD, OTHER, OTHER.replace("BOUSSOLE", "PHARE")))
    press(dg.AssetKey("drops"))
    drop(home.home, "2021-S1/MI/cut.csv", projects_csv(GOOD))
    press(dg.AssetKey("drops"))

    def shown() -> str:
        (latest,) = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=PROJECTS, asset_partitions=[MI]), limit=1
        ).records
        return latest.asset_materialization.metadata["file"].value

    assert shown() == "2021-S1/MI/more.csv"
    with Ledger(home.ledger) as ledger:
        (held,) = holds.held(ledger)
        holds.accept(ledger, held, NOW)
    press(dg.AssetKey("drops"))
    assert shown() == "2021-S1/MI/cut.csv"
    assert said(instance, ONCE, MI).metadata["rows_judged"].value == 1
    assert next(last_evaluations(instance, ONCE)).passed


def _begin_anew(instance: dg.DagsterInstance) -> None:
    instance.wipe_assets([PROJECTS])
    with instance.event_log_storage.index_connection() as connection:
        connection.execute(AssetCheckExecutionsTable.delete())


def test_cells_of_a_history_that_was_begun_anew_are_filled_and_judged_again_by_the_next_intake(home, instance, press):
    _begin_anew(instance)
    press(dg.AssetKey("drops"))
    assert instance.get_materialized_partitions(PROJECTS) == {str(MI)}
    assert said(instance, ONCE, MI).passed


def test_a_cell_whose_bytes_are_lost_keeps_no_other_drop_from_its_answer(home, instance, press):
    _begin_anew(instance)
    for one in home.archive.glob("??/*"):
        one.unlink()
    (home.home / "inbox" / "2021-S1" / "MI" / "p.csv").unlink()
    drop(home.home, "2021-S1/MC/p.csv", projects_csv(GOOD.replace("HORIZON", "PHARE")))
    assert press(dg.AssetKey("drops")).success
    assert instance.get_materialized_partitions(PROJECTS) == {str(MC)}
