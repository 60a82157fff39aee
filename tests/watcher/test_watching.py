"""The watcher answers and publishes by itself, is asked by the command line, and outlives what fails."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import httpx
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.passes.watched import watcher_of
from orchestration.settings import Settings
from orchestration.watcher.handover import SOCKET, ask_health
from tests.conftest import ROOT
from tests.intake.drops import GOOD, drop, projects_csv
from tests.ui.started import PATIENCE_S, until
from tests.watcher.watching import Watch, watching

PLACE = "2021-S2/MI"


@pytest.fixture(scope="module")
def watch(tmp_path_factory):
    with watching(tmp_path_factory.mktemp("watched") / "home") as one:
        yield one


def _receipts(home: Path) -> list[Path]:
    return sorted((home / "outbox").glob("*/*/*/accuse.json"))


def _filed(watch: Watch, name: str, *lines: str) -> None:
    """Drop a file and wait until its edition says what it says."""
    count = len(_receipts(watch.home))
    drop(watch.home, f"{PLACE}/{name}", projects_csv(*lines))
    assert until(lambda: len(_receipts(watch.home)) > count), watch.said()


def _figures(home: Path) -> dict[str, object]:
    path = home / "releases/2021-S2/current/figures.json"
    return json.loads(path.read_bytes()) if path.exists() else {}


@pytest.fixture
def invoke(watch, monkeypatch) -> Callable[..., Result]:
    """Call a command on its home, from this process."""
    # The command sets it for the processes of Dagster and dbt; it must not outlive the test.
    monkeypatch.setenv("JALONS_HOME", str(watch.home))
    return lambda *words: CliRunner().invoke(app, [*words, "--home", str(watch.home)])


def test_a_drop_is_answered_and_published_and_its_runs_are_in_the_ui(watch):
    _filed(watch, "projets.csv", GOOD)
    assert until(lambda: _figures(watch.home).get("projects") == 1), watch.said()
    assert until(lambda: "released 2021-S2 r1" in watch.said())
    with dg.DagsterInstance.from_config(str(watch.home / "dagster")) as instance:
        runs = [record.dagster_run for record in instance.get_run_records()]
    assert {run.job_name for run in runs} == {"intake", "publication"}
    assert all(run.status == dg.DagsterRunStatus.SUCCESS for run in runs)
    assert all("jalons watch" in run.tags["jalons/started_by"] for run in runs)


def test_its_health_is_told_by_a_file_by_http_and_by_status(watch, invoke):
    told = httpx.get(f"http://127.0.0.1:{watch.port}/health").json()
    assert (told["is_healthy"], told["process"]) == (True, watch.process.pid)
    assert {half["job"] for half in told["halves"]} == {"intake", "publication"}
    kept = json.loads((watch.home / "watch.json").read_bytes())
    assert (kept["is_running"], kept["process"]) == (True, watch.process.pid)
    said = invoke("status").stdout
    assert f"A watcher lives (process {watch.process.pid})" in said
    assert "all is well" in said


def test_its_health_is_not_told_to_a_page_under_another_name(watch):
    at = f"http://127.0.0.1:{watch.port}"
    assert httpx.get(f"{at}/health", headers={"Host": "evil.example"}).status_code == 400
    assert [httpx.post(f"{at}/{path}").status_code for path in ("check?name=a.csv", "run")] == [404, 404]


def test_connections_that_ask_nothing_are_closed_and_keep_nobody_from_asking(watch):
    silent = [socket.create_connection(("127.0.0.1", watch.port)) for _ in range(200)]
    try:
        assert until(lambda: _is_told(watch))
        assert len(os.listdir(f"/proc/{watch.process.pid}/fd")) < 200  # noqa: PTH208
    finally:
        for one in silent:
            one.close()


def _is_told(watch: Watch) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{watch.port}/health").status_code == 200
    except httpx.HTTPError:
        return False


def test_a_replay_beside_it_is_refused_since_it_would_take_the_drops_in_first(invoke, tmp_path):
    listing = tmp_path / "drops.csv"
    listing.write_text("order,as_of,edition,perimeter,kind,file,rows\n")
    refused = invoke("replay", str(listing))
    assert (refused.exit_code, "Stop it before a replay" in refused.stderr) == (1, True)


def test_its_socket_is_for_the_owner_and_the_group_of_the_home_alone(watch):
    found = (watch.home / SOCKET).stat()
    assert stat.S_IMODE(found.st_mode) == 0o660
    assert found.st_gid == watch.home.stat().st_gid


@pytest.mark.parametrize("lines", [[GOOD, ";;;;;"], []], ids=["a bad row", "no row"])
def test_a_check_that_it_answers_is_the_one_of_a_process_alone(watch, invoke, tmp_path, lines):
    file, warm, cold = tmp_path / "à déposer.csv", tmp_path / "warm", tmp_path / "alone"
    file.write_bytes(projects_csv(*lines))
    place = ["check", str(file), "--edition", "2021-S2", "--perimeter", "MI", "--out"]
    answered = invoke(*place, str(warm))
    # A home whose socket nobody listens on has a process of its own do it.
    (watch.home / SOCKET).rename(watch.home / "aside")
    try:
        alone = invoke(*place, str(cold))
    finally:
        (watch.home / "aside").rename(watch.home / SOCKET)
    assert (answered.stdout, answered.exit_code) == (alone.stdout, alone.exit_code)
    assert "Checking" in alone.stderr
    assert "Checking" not in answered.stderr
    files = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in (warm, cold)]
    records = [json.loads(one.pop("accuse.json")) | {"received_at": None} for one in files]
    assert records[0] == records[1]
    assert files[0].keys() == files[1].keys()
    # The pages say when they were made.
    assert len({len(one["accuse.html"]) for one in files}) == 1


def test_a_run_by_hand_is_handed_to_it_and_waits_for_what_it_does(watch, invoke):
    _filed(watch, "encore.csv", GOOD, GOOD.replace("HORIZON", "BOUSSOLE"))
    ran = invoke("run")
    assert ran.exit_code == 0
    assert _figures(watch.home)["projects"] == 2
    forced = invoke("run", "--force")
    assert "Drops: nothing new" in forced.stdout
    with dg.DagsterInstance.from_config(str(watch.home / "dagster")) as instance:
        (last,) = instance.get_run_records(limit=1)
    assert "jalons watch" in last.dagster_run.tags["jalons/started_by"]


def test_a_second_watcher_of_a_home_is_refused(watch):
    # In a process of its own: one that were not refused would watch for ever.
    command = [Path(sys.executable).parent / "jalons", "watch", "--home", watch.home]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=PATIENCE_S)
    assert second.returncode == 1
    assert f"lives over this home already (process {watch.process.pid})".encode() in second.stderr


def test_a_publisher_that_dies_is_made_anew_and_publishes_what_waited(watch):
    before = _figures(watch.home)["projects"]
    assert until(lambda: watch.publisher() != 0)
    killed = watch.publisher()
    os.kill(killed, signal.SIGKILL)
    drop(watch.home, f"{PLACE}/après.csv", projects_csv(*(GOOD.replace("HORIZON", name) for name in "ABCD")))
    assert until(lambda: watch.publisher() not in (0, killed)), watch.said()
    assert until(lambda: _figures(watch.home)["projects"] == 4 != before), watch.said()
    assert "Its process ended with status -9" in watch.said()


def test_told_to_stop_it_comes_to_the_end_of_its_pass_and_leaves_nothing_under_way(watch, invoke):
    drop(watch.home, f"{PLACE}/dernier.csv", projects_csv(GOOD, GOOD.replace("HORIZON", "PHARE")))
    assert until(lambda: _stands(watch.home, "publication") == "working"), watch.said()
    watch.process.send_signal(signal.SIGTERM)
    assert until(lambda: watch.process.poll() is not None), watch.said()
    assert watch.process.returncode == 0
    assert watcher_of(Settings(home=watch.home)) is None
    assert not (watch.home / SOCKET).exists()
    assert json.loads((watch.home / "watch.json").read_bytes())["is_running"] is False
    with dg.DagsterInstance.from_config(str(watch.home / "dagster")) as instance:
        (last,) = instance.get_run_records(limit=1)
    assert last.dagster_run.status == dg.DagsterRunStatus.SUCCESS
    assert "No watcher" in invoke("status").stdout


def _stands(home: Path, job: str) -> str:
    health = ask_health(home)
    return next(half["standing"] for half in health["halves"] if half["job"] == job) if health else ""
