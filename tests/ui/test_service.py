"""`jalons ui` as a service: it says where it is, ends with all its processes, and says why it cannot begin."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import time
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.passes.watched import only_watcher
from orchestration.settings import Settings
from orchestration.watcher.handover import ask_health
from tests.ui.started import PATIENCE_S, is_answering, processes, started, until


@pytest.fixture(autouse=True)
def _home_of_the_environment(tmp_path, monkeypatch):
    # The command sets it for the processes of Dagster and dbt; it must not outlive the test.
    monkeypatch.setenv("JALONS_HOME", str(tmp_path / "home"))


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = CliRunner().invoke(app, ["ui", "--port", str(port), "--home", str(tmp_path / "home")])
    assert said.exit_code == 1
    assert said.stderr == (
        f"The UI cannot listen on port {port} of this machine: address already in use. "
        "Let it take a free one: jalons ui --port 0\n"
    )
    assert not (tmp_path / "home").exists()


def test_an_address_that_is_none_of_this_machine_is_said_in_a_sentence(tmp_path):
    said = CliRunner().invoke(app, ["ui", "--host", "nowhere.invalid", "--home", str(tmp_path / "home")])
    sentence = "The UI cannot listen on nowhere.invalid: it is no address of this machine.\n"
    assert (said.exit_code, said.stderr) == (1, sentence)


def _ask(port: int, query: str) -> dict[str, Any]:
    body, headers = json.dumps({"query": query}), {"Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request("POST", "/graphql", body, headers)
        return json.loads(connection.getresponse().read())["data"]


WIPE = 'mutation { wipeAssets(assetPartitionRanges: [{assetKey: {path: ["portfolio"]}}]) { __typename } }'
NAMES = '{ pipelineRunsOrError(filter: {tags: [{key: ".dagster/repository", value: "__repository__@jalons"}]}) '
NAMES += "{ ... on Runs { results { jobName tags { key value } } } } }"


def test_beyond_this_machine_it_warns_and_read_only_it_changes_nothing_and_it_stops_in_seconds(passed_home, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(passed_home, home, symlinks=True)
    given = ["--port", "0", "--host", "0.0.0.0", "--read-only"]  # noqa: S104
    with started(home, *given, inbox="memory://ministry:secret@somewhere/in") as process:
        said = [process.stdout.readline() for _ in range(4)]
        port = int(re.search(r":(\d+) ", said[0])[1])
        assert said[1:3] == [f"  Home: {home}\n", "  Inbox watched: memory://ministry@somewhere/in\n"]
        assert "Read-only" in said[3]
        assert _ask(port, WIPE)["wipeAssets"]["__typename"] == "UnauthorizedError"
        runs = _ask(port, NAMES)["pipelineRunsOrError"]["results"]
        assert {run["jobName"] for run in runs} >= {"intake", "publication"}
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
        # Five seconds where the machine has nothing else to do.
        assert time.monotonic() - begun < 15
        assert until(lambda: not processes(home))
    warned = (tmp_path / "home.log").read_text()
    assert "beyond this machine, and asks for no password" in warned
    assert "secret" not in warned


@pytest.mark.parametrize("who", ["jalons ui", "the daemon"])
def test_it_says_where_it_is_and_whatever_is_killed_nothing_is_left(tmp_path, who):
    home = tmp_path / "home"
    # Where the daemon dies, a watcher that waits for its turn is enough.
    watched = only_watcher(Settings(home=home)) if who == "the daemon" else nullcontext()
    with watched, started(home, "--port", "0") as process:
        ready = re.fullmatch(
            r"The Dagster UI is on http://127\.0\.0\.1:(\d+) \(Ctrl-C stops it\)\n", process.stdout.readline()
        )
        assert ready
        assert is_answering(int(ready[1]))
        if who == "jalons ui":
            # A watcher of its own answers what lands, and ends with it.
            assert until(lambda: (ask_health(home) or {}).get("is_healthy"))
        # The code server and what it starts, the daemon, a watcher, and itself.
        (daemon,) = (pid for pid in processes(home) if b"orchestration.ui.daemon" in _command(pid))
        assert len(processes(home)) >= 5
        (process.send_signal if who == "jalons ui" else lambda how: os.kill(daemon, how))(signal.SIGKILL)
        status = process.wait(PATIENCE_S)
        assert until(lambda: not processes(home))
    if who == "the daemon":
        assert status == 1
        assert "Dagster's daemon has ended by itself, with status -9." in (tmp_path / "home.log").read_text()


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
