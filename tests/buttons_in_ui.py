"""Buttons that need the UI's own server and daemon, pressed through them on a real `jalons ui` (`make buttons`).

What belongs here: what launches processes (runs, backfills, re-executions, commands of Dagster), and what stops,
starts, wipes or reports. What does not: the buttons of each asset and check (`tests.buttons`).
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.passes.lock import publication_lock
from orchestration.settings import Settings
from tests.buttons import FILED, LIST, UNFILED, WORKS, make_home
from tests.conftest import ROOT
from tests.intake.golden.tables import EDITION
from tests.ui.started import started

# However busy the machine is: nothing is measured by it.
PATIENCE_S = 300
ENDED = ("SUCCESS", "FAILURE", "CANCELED")
PLACE = "UI, with its daemon"
JOB_OF_ALL = "__ASSET_JOB"
_REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": "jalons"}

LAUNCH = """mutation($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
REEXECUTE = """mutation($params: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
TERMINATE = """mutation($id: String!) { terminateRun(runId: $id) { __typename
  ... on TerminateRunFailure { message } } }"""
RUN = "query($id: ID!) { runOrError(runId: $id) { __typename ... on Run { status } } }"
STARTED = "query { runsOrError(filter: {statuses: [STARTED]}) { ... on Runs { results { runId } } } }"
BACKFILL_STATUS = """query($id: String!) { partitionBackfillOrError(backfillId: $id) {
  ... on PartitionBackfill { status } } }"""
WIPE = "mutation($ranges: [PartitionsByAssetSelector!]!) { wipeAssets(assetPartitionRanges: $ranges) { __typename } }"
DELETE = "mutation($id: String!) { deletePipelineRun(runId: $id) { __typename } }"
STOP_SENSOR = "mutation($id: String!) { stopSensor(id: $id) { __typename } }"
START_SENSOR = "mutation($selector: SensorSelector!) { startSensor(sensorSelector: $selector) { __typename } }"
SENSORS = """query($selector: RepositorySelector!) { sensorsOrError(repositorySelector: $selector) {
  ... on Sensors { results { name id sensorState { status } } } } }"""
TEST_SENSOR = """mutation($selector: SensorSelector!) { sensorDryRun(selectorData: $selector, cursor: null) { __typename
  ... on DryRunInstigationTick { evaluationResult { error { message } } } } }"""
SCHEDULES = """query($selector: RepositorySelector!) { schedulesOrError(repositorySelector: $selector) {
  ... on Schedules { results { name pipelineName scheduleState { status } } } } }"""
TEST_SCHEDULE = """mutation($selector: ScheduleSelector!, $at: Float!) {
  scheduleDryRun(selectorData: $selector, timestamp: $at) { __typename
  ... on DryRunInstigationTick { evaluationResult { error { message } } } } }"""
ADD_PARTITION = """mutation($selector: RepositorySelector!) { addDynamicPartition(repositorySelector: $selector,
  partitionsDefName: "edition", partitionKey: "2021-S2") { __typename } }"""
REPORT = """mutation($params: ReportRunlessAssetEventsParams!) { reportRunlessAssetEvents(eventParams: $params) {
  __typename } }"""
RELOAD = 'mutation { reloadRepositoryLocation(repositoryLocationName: "jalons") { __typename } }'


@dataclass
class Ui:
    """A `jalons ui` that listens at `address` over a home."""

    address: str
    settings: Settings

    def ask(self, query: str, **variables: object) -> Any:
        """The data that a query or a mutation gives; raise `RuntimeError` for what GraphQL refuses."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            found = json.load(answer)
        if found.get("errors"):
            raise RuntimeError(str(found["errors"]))
        (data,) = found["data"].values()
        return data

    def launch(self, job: str, *, tags: dict[str, str] | None = None, **selector: object) -> str:
        """Launch a job, or what is selected of all assets; the id of its run."""
        params = {
            "selector": {**_REPOSITORY, "pipelineName": job, **selector},
            "mode": "default",
            "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in (tags or {}).items()]},
        }
        return self._launched(self.ask(LAUNCH, params=params))

    def again(self, run_id: str, strategy: str) -> str:
        """Re-execute a run, of it all or from its failure; the id of the new run."""
        return self._launched(self.ask(REEXECUTE, params={"parentRunId": run_id, "strategy": strategy}))

    def status(self, run_id: str) -> str:
        """How a run stands."""
        return str(self.ask(RUN, id=run_id).get("status", "gone"))

    def ended(self, run_id: str) -> str:
        """How a run ended."""
        self.until(lambda: self.status(run_id) in ENDED)
        return self.status(run_id)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until it becomes so."""
        end = time.monotonic() + PATIENCE_S
        while not is_so():
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.5)

    @staticmethod
    def _launched(answer: Any) -> str:
        if answer["__typename"] != "LaunchRunSuccess":
            raise RuntimeError(json.dumps(answer))
        return str(answer["run"]["runId"])


def _asset(name: str) -> dict[str, list[str]]:
    return {"path": name.split("/")}


def _assets(*names: str) -> dict[str, object]:
    return {"assetSelection": [_asset(name) for name in names]}


def _check(asset: str, name: str) -> dict[str, object]:
    return {"assetSelection": [], "assetCheckSelection": [{"assetKey": _asset(asset), "name": name}]}


def _partition(key: str) -> dict[str, str]:
    if "|" not in key:
        return {"dagster/partition": key}
    edition, perimeter = key.split("|")
    return {"dagster/partition": key, "dagster/partition/edition": edition, "dagster/partition/perimeter": perimeter}


def materialize_a_model(ui: Ui) -> str:
    """Of the consolidation one model, with its checks."""
    return ui.ended(ui.launch(JOB_OF_ALL, **_assets("top50")))


def execute_a_check(ui: Ui) -> str:
    """One rule on a mart."""
    return ui.ended(ui.launch(JOB_OF_ALL, **_check("portfolio", "portfolio_current_cost_not_negative")))


def execute_a_dbt_test(ui: Ui) -> str:
    """One data test of dbt."""
    return ui.ended(ui.launch(JOB_OF_ALL, **_check("top50", "is_key_top50_edition__rank")))


def materialize_a_cell(ui: Ui) -> str:
    """A submission read again."""
    return ui.ended(ui.launch(JOB_OF_ALL, tags=_partition(FILED), **_assets("submissions/projects")))


def materialize_an_edition(ui: Ui) -> str:
    """The release of one edition."""
    return ui.ended(ui.launch(JOB_OF_ALL, tags=_partition(EDITION), **_assets("edition_release")))


def backfill_cells(ui: Ui) -> str:
    """Several cells of a kind, filed and not."""
    params = {
        "assetSelection": [_asset("submissions/projects")],
        "partitionNames": [FILED, UNFILED, f"{EDITION}|MC"],
        "fromFailure": False,
    }
    backfill = ui.ask(BACKFILL, params=params)["backfillId"]
    status = lambda: str(ui.ask(BACKFILL_STATUS, id=backfill)["status"])  # noqa: E731
    ui.until(lambda: status().startswith(("COMPLETED", "FAILED", "CANCELED")))
    return status()


def launch_the_intake(ui: Ui) -> str:
    """The job of an intake."""
    return ui.ended(ui.launch("intake"))


def launch_the_publication(ui: Ui) -> str:
    """The job of a publication."""
    return ui.ended(ui.launch("publication"))


def launch_maintenance(ui: Ui) -> str:
    """Each other job that a schedule starts."""
    jobs = {one["pipelineName"] for one in ui.ask(SCHEDULES, selector=_REPOSITORY)["results"]}
    return ", ".join(sorted({ui.ended(ui.launch(job)) for job in jobs - {"intake", "publication", JOB_OF_ALL}}))


def reexecute_from_failure(ui: Ui) -> str:
    """A run that failed at a step, from there on, once its cause is mended."""
    mart = ui.settings.marts / "top50.parquet"
    aside = mart.rename(mart.with_suffix(".aside"))
    try:
        run = ui.launch(JOB_OF_ALL, **_assets("verdicts", "releases"))
        first = ui.ended(run)
    finally:
        aside.rename(mart)
    return f"{first}, then {ui.ended(ui.again(run, 'FROM_FAILURE'))}"


def reexecute_all(ui: Ui) -> str:
    """A whole run once more."""
    run = ui.launch(JOB_OF_ALL, **_assets("verdicts"))
    ui.ended(run)
    return ui.ended(ui.again(run, "ALL_STEPS"))


def terminate(ui: Ui) -> str:
    """A run that waits for its turn, whoever launched it; the next one goes through."""
    with publication_lock(ui.settings):
        ui.launch("publication")
        ui.until(lambda: bool(ui.ask(STARTED)["results"]))
        run = ui.ask(STARTED)["results"][0]["runId"]
        # Until it waits.
        time.sleep(20)
        said = ui.ask(TERMINATE, id=run)["__typename"]
        ended = ui.ended(run)
    return f"{said}, {ended}, next {launch_the_publication(ui)}"


def reexecute_a_killed_run(ui: Ui) -> str:
    """A run whose process is gone, once that is known."""
    with publication_lock(ui.settings):
        ui.launch("publication")
        ui.until(lambda: bool(ui.ask(STARTED)["results"]))
        run = ui.ask(STARTED)["results"][0]["runId"]
        mark = ui.settings.dagster_home / "alive" / run
        ui.until(mark.exists)
        os.kill(int(mark.read_text().split()[1]), signal.SIGKILL)
        ended = ui.ended(run)
    return f"{ended}, then {ui.ended(ui.again(run, 'ALL_STEPS'))}"


def stop_and_start_a_sensor(ui: Ui) -> str:
    """A sensor, off and on."""

    def of_inbox() -> Any:
        results = ui.ask(SENSORS, selector=_REPOSITORY)["results"]
        return next(one for one in results if one["name"] == "inbox_sensor")

    ui.ask(STOP_SENSOR, id=of_inbox()["id"])
    off = of_inbox()["sensorState"]["status"]
    ui.ask(START_SENSOR, selector={**_REPOSITORY, "sensorName": "inbox_sensor"})
    return f"{off}, then {of_inbox()['sensorState']['status']}"


def test_sensors(ui: Ui) -> str:
    """The preview of each sensor's tick."""
    names = [one["name"] for one in ui.ask(SENSORS, selector=_REPOSITORY)["results"]]
    return _evaluated(
        ui.ask(TEST_SENSOR, selector={**_REPOSITORY, "sensorName": name}) for name in names if name != "default"
    )


def test_schedules(ui: Ui) -> str:
    """The preview of each schedule's tick."""
    names = [one["name"] for one in ui.ask(SCHEDULES, selector=_REPOSITORY)["results"]]
    return _evaluated(
        ui.ask(TEST_SCHEDULE, selector={**_REPOSITORY, "scheduleName": name}, at=time.time()) for name in names
    )


def _evaluated(ticks: Iterator[Any]) -> str:
    errors = [tick["evaluationResult"]["error"] for tick in ticks]
    return next((str(error["message"]) for error in errors if error), WORKS)


def wipe(ui: Ui) -> str:
    """What is shown of a mart; the next publication shows it again."""
    return str(ui.ask(WIPE, ranges=[{"assetKey": _asset("top50")}])["__typename"])


def delete_a_run(ui: Ui) -> str:
    """A run that is over."""
    run = ui.launch(JOB_OF_ALL, **_assets("verdicts"))
    ui.ended(run)
    ui.ask(DELETE, id=run)
    return ui.status(run)


def add_a_partition(ui: Ui) -> str:
    """An edition of which nothing was filed."""
    return str(ui.ask(ADD_PARTITION, selector=_REPOSITORY)["__typename"])


def report_a_materialization(ui: Ui) -> str:
    """What somebody says by hand: it is shown, and nothing is made of it."""
    params = {"eventType": "ASSET_MATERIALIZATION", "assetKey": _asset("top50"), "description": "by hand"}
    return str(ui.ask(REPORT, params=params)["__typename"])


def reload(ui: Ui) -> str:
    """The code, read again."""
    return str(ui.ask(RELOAD)["__typename"])


def dagster_asset_materialize(ui: Ui) -> str:
    """`dagster asset materialize --select top50 -m orchestration.definitions`."""
    return _command(ui, "dagster", "asset", "materialize", "--select", "top50", "-m", "orchestration.definitions")


def dg_launch(ui: Ui) -> str:
    """`dg launch --assets top50`."""
    return _command(ui, "dg", "launch", "--assets", "top50")


def _command(ui: Ui, *words: str) -> str:
    bin_folder = Path(sys.executable).parent
    env = {**os.environ, "JALONS_HOME": str(ui.settings.home), "DAGSTER_HOME": str(ui.settings.dagster_home)}
    env["PATH"] = f"{bin_folder}:{env['PATH']}"
    done = subprocess.run([bin_folder / words[0], *words[1:]], cwd=ROOT, env=env, capture_output=True, text=True)
    return f"exit {done.returncode}"


# In this order: the last ones stop, wipe and report.
BUTTONS = (
    *(materialize_a_model, execute_a_check, execute_a_dbt_test, materialize_a_cell, materialize_an_edition),
    *(backfill_cells, launch_the_intake, launch_the_publication, launch_maintenance),
    *(reexecute_from_failure, reexecute_all, terminate, reexecute_a_killed_run, dagster_asset_materialize, dg_launch),
    *(stop_and_start_a_sensor, test_sensors, test_schedules, wipe, delete_a_run),
    *(add_a_partition, report_a_materialization, reload),
)


def main(chosen: list[str]) -> None:
    """Press all, or those that are named, and write what came out beside the other buttons."""
    listed = json.loads(LIST.read_text(encoding="utf-8"))
    outcomes = dict(listed.get(PLACE, {})) if chosen else {}
    with tempfile.TemporaryDirectory(prefix="jalons-buttons-") as folder:
        settings = make_home(Path(folder))
        with started(settings.home, "--port", "0") as process:
            address = ""
            while not address:
                line = process.stdout.readline() if process.stdout else ""
                if not line:
                    raise SystemExit("jalons ui did not start")
                address = next(iter(re.findall(r"http://127\.0\.0\.1:\d+", line)), "")
            # Nobody else reads what the daemon says, and it waits once a pipe is full.
            threading.Thread(target=deque, args=(process.stdout, 0), daemon=True).start()
            ui = Ui(address, settings)
            for button in BUTTONS:
                name = button.__name__.replace("_", " ")
                if not chosen or button.__name__ in chosen:
                    try:
                        outcomes[name] = button(ui)
                    except (RuntimeError, OSError, KeyError) as error:
                        outcomes[name] = f"does not: {type(error).__name__} {error}"[:400]
                    sys.stdout.write(f"{name}: {outcomes[name]}\n")
                    sys.stdout.flush()
                    found = json.dumps(listed | {PLACE: outcomes}, indent=1, ensure_ascii=False)
                    LIST.write_text(f"{found}\n", encoding="utf-8")
            with suppress(subprocess.TimeoutExpired):
                process.terminate()
                process.wait(60)


if __name__ == "__main__":
    main(sys.argv[1:])
