"""The UI as a service on one port of this machine: Dagster's web application, its daemon, its code server, a watcher.

What belongs here: starting the first three as `dagster dev` does, and the watcher, and ending them. What does not: who
may drive the UI (`guard`), or making the home ready.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from types import FrameType
from typing import Any

import uvicorn
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._cli.utils import get_instance_for_cli
from dagster._core.instance import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.version import __version__
from dagster_webserver.webserver import DagsterWebserver

from orchestration.places import CHECKOUT
from orchestration.settings import Settings
from orchestration.store.whole_file import write_whole
from orchestration.ui.files import with_files
from orchestration.ui.guard import App, guarded, origins

# How long answers under way, then the daemon, and all of it together are waited for at the end.
# A tick that is cut off is made again; runs are processes of the code server, which lets them come to their end.
_ANSWERS_S, _DAEMON_S, _ALL_S = 1, 1.5, 3.5
_WATCHER = [sys.executable, "-c", "from orchestration.cli.app import app; app()", "watch", "--wait"]
_WATCHER_PAUSE_S, _WATCHER_LONGEST_PAUSE_S = 2.0, 60.0
# Dagster's own figures: milliseconds between two looks of a page; of databases, milliseconds, seconds, connections.
_LIVE_DATA_POLL_MS, _DATABASES = 2000, (15_000, 3600, 20)


class DaemonDied(Exception):
    """Dagster's daemon ended by itself, and nothing would look at the inbox any more."""


def serve(
    listener: socket.socket, public_url: str, ready: Callable[[], None], *, host: str, is_read_only: bool = False
) -> None:
    """Serve the UI of `DAGSTER_HOME` on `listener`, from the checkout, until SIGINT or SIGTERM; `ready` is called once.

    `host` is what it listens on, `public_url` the address that a proxy gives it, or nothing. Read-only, nothing can be
    changed or launched from its pages; sensors and schedules go on. Raise `DaemonDied` where the daemon does; told to
    stop, the process ends here.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    # As `dagster dev` tells the processes that it starts.
    os.environ |= {"DAGSTER_IS_DEV_CLI": "1", "DAGSTER_verbose": ""}
    try:
        with (
            get_instance_for_cli() as instance,
            _workspace(instance) as workspace,
            _watcher(),
            _daemon(workspace) as process,
        ):
            instance.optimize_for_webserver(*_DATABASES)
            target = WorkspaceFileTarget([str(workspace)])
            with WorkspaceProcessContext(instance, target, __version__, read_only=is_read_only) as context:
                web: Any = DagsterWebserver(context, live_data_poll_rate=_LIVE_DATA_POLL_MS)
                app = with_files(web.create_asgi_app(), Settings())
                own = origins(listener.getsockname()[1], public_url, host)
                _answer(guarded(app, own), listener, process, ready)
    except KeyboardInterrupt:
        # All is closed; taking Python itself apart takes longer than all the rest.
        sys.stdout.flush()
        os._exit(0)


@cache
def _end_in_time() -> None:
    """From the first word to stop on there is so much time, whatever waits: threads of Dagster may, for half a minute.

    The daemon and the code server notice that this process is gone.
    """
    last = threading.Timer(_ALL_S, os._exit, [0])
    last.daemon = True
    last.start()


def _stop(_number: int, _frame: object) -> None:
    _end_in_time()
    raise KeyboardInterrupt


def _answer(app: App, listener: socket.socket, process: subprocess.Popen[bytes], ready: Callable[[], None]) -> None:
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", proxy_headers=False, timeout_graceful_shutdown=_ANSWERS_S
    )
    server = uvicorn.Server(config)
    died, stop = threading.Event(), server.handle_exit

    def told_to_stop(number: int, frame: FrameType | None) -> None:
        _end_in_time()
        stop(number, frame)
        # While answers under way are waited for, the daemon ends too.
        process.terminate()

    server.handle_exit = told_to_stop  # type: ignore[assignment]

    def watch() -> None:
        process.wait()
        if not server.should_exit:
            died.set()
            server.should_exit = True

    threading.Thread(target=watch, daemon=True).start()
    # Whoever connects from here on is answered: the port has been listened on from the start.
    ready()
    server.run(sockets=[listener])
    if died.is_set():
        raise DaemonDied(f"Dagster's daemon has ended by itself, with status {process.returncode}.")


@contextmanager
def _workspace(instance: DagsterInstance) -> Iterator[Path]:
    """Code servers of `workspace.yaml`, started again where they end, and a file that says where they listen."""
    wanted = WorkspaceFileTarget([str(CHECKOUT / "workspace.yaml")])
    with ProxyServerManager(instance, wanted, "warning") as servers, TemporaryDirectory() as folder:
        file = Path(folder) / "workspace.yaml"
        # JSON is YAML.
        write_whole(file, json.dumps({"load_from": servers.get_code_server_specs()}).encode())
        yield file


@contextmanager
def _watcher() -> Iterator[None]:
    """A watcher of the home, started again where it ends by itself; the sensors stand back for as long as it lives.

    It comes to the end of the pass that it is at, however long that takes, once this process is gone.
    """
    is_ending, process = threading.Event(), list[subprocess.Popen[bytes]]()

    def keep() -> None:
        pause_s = _WATCHER_PAUSE_S
        while not is_ending.is_set():
            began = monotonic()
            process[:] = [subprocess.Popen(_WATCHER, stdin=subprocess.PIPE)]
            process[0].wait()
            pause_s = min(pause_s * 2, _WATCHER_LONGEST_PAUSE_S) if monotonic() - began < 60 else _WATCHER_PAUSE_S
            is_ending.wait(pause_s)

    threading.Thread(target=keep, daemon=True).start()
    try:
        yield
    finally:
        is_ending.set()
        for one in process:
            one.terminate()


@contextmanager
def _daemon(workspace: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "orchestration.ui.daemon", str(workspace)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_DAEMON_S)
        except subprocess.TimeoutExpired:
            process.kill()
