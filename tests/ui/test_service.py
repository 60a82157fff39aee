"""`jalons ui` as a service: it says where it is, ends with all its processes, and says why it cannot begin."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ui.started import PATIENCE_S, is_answering, processes, started, until


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [Path(sys.executable).parent / "jalons", "ui", "--port", str(port), "--home", tmp_path / "home"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert said.returncode == 1
    assert said.stderr == (
        f"The UI cannot listen on port {port} of this machine: address already in use. "
        "Let it take a free one: jalons ui --port 0\n"
    )
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("who", ["jalons ui", "the daemon"])
def test_it_says_where_it_is_and_whatever_is_killed_nothing_is_left(tmp_path, who):
    home = tmp_path / "home"
    with started(home, "--port", "0") as process:
        ready = re.fullmatch(
            r"The Dagster UI is on http://127\.0\.0\.1:(\d+) \(Ctrl-C stops it\)\n", process.stdout.readline()
        )
        assert ready
        assert is_answering(int(ready[1]))
        # The code server and what it starts, the daemon, and itself.
        (daemon,) = (pid for pid in processes(home) if b"orchestration.ui.daemon" in _command(pid))
        assert len(processes(home)) >= 4
        (process.send_signal if who == "jalons ui" else lambda how: os.kill(daemon, how))(signal.SIGKILL)
        status = process.wait(PATIENCE_S)
        assert until(lambda: not processes(home))
    if who == "the daemon":
        assert status == 1
        assert "Dagster's daemon has ended by itself, with status -9." in (tmp_path / "home.log").read_text()


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
