"""Runs of the command line stand where the UI looks for them, and say who started them, why and over what."""

import getpass
import shutil

import dagster as dg
import pytest
from dagster import DagsterRunStatus

from orchestration.defs import alerting, automation
from orchestration.passes.alive import let_go_of_runs
from orchestration.passes.run_tags import DROPS, EDITIONS, PERIMETERS, STARTED_BY, WHY, in_short, starter_of
from orchestration.settings import Settings
from tests.conftest import NOW
from tests.intake.drops import OTHER, drop, projects_csv
from tests.pass_job import buttons, jobs, run_pass

# By what the UI asks for the runs of a job and of the timeline.
OF_THIS_CODE = dg.RunsFilter(tags={".dagster/repository": "__repository__@jalons"})
MOMENT = {"config": {"now": NOW.isoformat()}}
CAUSE = "Something nobody has seen before."


@pytest.fixture
def home(passed_home, settings):
    """A home over which a pass went."""
    shutil.copytree(passed_home, settings.home, symlinks=True)
    return settings


def _instance(settings):
    return dg.DagsterInstance.from_config(str(settings.dagster_home))


@pytest.fixture(scope="module")
def failed(passed_home, tmp_path_factory):
    """A home over which a second pass took in a drop, and failed at its last step."""
    made = Settings(home=tmp_path_factory.mktemp("failed") / "home", settle_seconds=0)
    shutil.copytree(passed_home, made.home, symlinks=True)
    drop(made.home, "2021-S2/MC/projets.csv", projects_csv(OTHER))

    def fails(*_given):
        raise RuntimeError(CAUSE)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(alerting, "deliver", fails)
        assert run_pass(made, NOW).failures == (f"delivered_alerts: RuntimeError: {CAUSE}",)
    return made


def test_runs_of_the_command_line_are_those_of_this_code_and_say_who_why_and_over_what(failed):
    with _instance(failed) as instance:
        publication, intake = instance.get_runs(OF_THIS_CODE, limit=2)
        assert [run.job_name for run in (publication, intake)] == ["publication", "intake"]
        assert {run.remote_job_origin.location_name for run in (publication, intake)} == {"jalons"}
        # The UI tells a run of other definitions by the snapshot of its job.
        assert publication.job_snapshot_id == jobs()["publication"].get_job_snapshot_id()
    for run in (intake, publication):
        assert run.tags[STARTED_BY] == f"jalons run, {getpass.getuser()}"
        assert (run.tags[DROPS], run.tags[PERIMETERS]) == ("2021-S2/MC/projets.csv", "MC")
    assert intake.tags[WHY] == "new files: 1"
    assert publication.tags[WHY] == "the ledger says more than was published"
    # A publication says what it released too: the edition before has something to say of this one.
    assert (intake.tags[EDITIONS], "2021-S2" in publication.tags[EDITIONS]) == ("2021-S2", True)


def test_a_run_again_from_failure_goes_on_from_what_failed_at_the_hour_of_the_day_and_says_so(failed, monkeypatch):
    monkeypatch.setenv("JALONS_HOME", str(failed.home))
    with _instance(failed) as instance:
        (stopped,) = instance.get_runs(dg.RunsFilter(statuses=[DagsterRunStatus.FAILURE]))
        assert "now" not in str(stopped.run_config)
        again = dg.ReexecutionOptions.from_failure(stopped.run_id, instance)
        # Not as a context manager: that would enter the home a second time.
        result = dg.execute_job(dg.reconstructable(publication), instance, reexecution_options=again)
        let_go_of_runs()
        assert result.success
        steps = instance.all_logs(result.run_id, of_type=dg.DagsterEventType.STEP_SUCCESS)
        assert {entry.step_key for entry in steps} == {"delivered_alerts", "open_data"}
        run = instance.get_run_by_id(result.run_id)
        assert run.tags[STARTED_BY] == f"re-execution of {stopped.run_id[:8]}"


def publication() -> dg.JobDefinition:
    """The job, as a process that a daemon begins finds it by name."""
    return jobs()["publication"]


def test_a_button_says_so(home, monkeypatch):
    monkeypatch.setenv("JALONS_HOME", str(home.home))
    with _instance(home) as instance:
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}, "ops": {"drops": MOMENT}}
        keys = [dg.AssetKey("drops")]
        result = buttons().execute_in_process(asset_selection=keys, instance=instance, run_config=quiet)
        let_go_of_runs()
        assert instance.get_run_by_id(result.run_id).tags[STARTED_BY] == "button"


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"dagster/sensor_name": "inbox_sensor"}, "sensor inbox_sensor"),
        ({"dagster/schedule_name": "daily"}, "schedule daily"),
        ({"dagster/backfill": "abcdefgh"}, "backfill abcdefgh"),
        ({"dagster/sensor_name": "inbox_sensor", "dagster/parent_run_id": "0123456789"}, "re-execution of 01234567"),
    ],
)
def test_whoever_dagster_launched_a_run_for_is_named(tags, said):
    parents = {"parent_run_id": "0123456789", "root_run_id": "0123456789"} if len(tags) == 2 else {}
    assert starter_of(dg.DagsterRun("intake", tags=tags, **parents)) == said


def test_the_sensor_asks_with_what_waits(home, monkeypatch):
    monkeypatch.setenv("JALONS_HOME", str(home.home))
    monkeypatch.setenv("JALONS_SETTLE_SECONDS", "0")
    for name in ("MC", "MI"):
        drop(home.home, f"2021-S2/{name}/projets.csv", projects_csv(OTHER))
    with dg.DagsterInstance.ephemeral() as instance:
        request = automation.inbox_sensor(dg.build_sensor_context(instance))
    assert request.tags[DROPS] == "2021-S2/MC/projets.csv, 2021-S2/MI/projets.csv"
    assert (request.tags[EDITIONS], request.tags[PERIMETERS]) == ("2021-S2", "MC, MI")
    # By the clock of today there are days of the calendar too.
    assert request.tags[WHY].split(", ")[0] == "new files: 2"


def test_many_names_or_long_ones_stay_a_line():
    assert in_short(["b", "a"]) == "a, b"
    assert in_short([str(number) for number in range(9)]) == "0, 1, 2, 3, 4, and 4 more"
    assert in_short(["x" * 100 + ".csv"]) == "…" + "x" * 55 + ".csv"
    assert in_short(["a\N{RIGHT-TO-LEFT OVERRIDE}b"]) == "a\N{REPLACEMENT CHARACTER}b"
