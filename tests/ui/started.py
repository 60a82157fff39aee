"""`jalons ui` started as a person does, and all its processes found again."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tests.conftest import ROOT

# However busy the machine is: nothing is measured by it.
PATIENCE_S = 240


@contextmanager
def started(home: Path, *arguments: str, inbox: str = "") -> Iterator[subprocess.Popen[str]]:
    """The UI over a home, in a session of its own; what it says is in `<home>.log`, and at the end nothing is left."""
    names = {name: value for name, value in os.environ.items() if not name.startswith(("JALONS_", "DAGSTER_"))}
    names |= {"JALONS_INBOX_URL": inbox} if inbox else {}
    command = [str(Path(sys.executable).parent / "jalons"), "ui", *arguments, "--home", str(home)]
    with home.with_name(f"{home.name}.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=names, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
    try:
        yield process
    finally:
        for pid in {process.pid, *processes(home)}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate()


def processes(home: Path) -> set[int]:
    """Those that were told of this home, the processes of this test apart."""
    told, found = f"JALONS_HOME={home}\0".encode(), set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):
                if told in (folder / "environ").read_bytes():
                    found.add(int(folder.name))
    return found


def until(is_so: Callable[[], bool]) -> bool:
    """Whether it becomes so."""
    end = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < end:
        time.sleep(0.2)
    return is_so()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def is_answering(port: int) -> bool:
    """Whether the UI gives its page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    with suppress(OSError), closing(connection):
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    return False
