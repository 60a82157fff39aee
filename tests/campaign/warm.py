"""A warm process that has imported everything and forks a child for each pass: starting one anew takes ten seconds.

What belongs here: starting passes and hearing how they ended; `python -m tests.campaign.warm` is the warm process.
What does not: what befalls a pass (`steps`), and which passes there are (`trials`).
"""

import contextlib
import gc
import importlib
import io
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

ROOT = Path(__file__).resolve().parent.parent.parent
# A pass that is not over by then hangs.
PATIENCE_S = 180


class Ended(NamedTuple):
    """How a pass ended: `status` is of `os.waitpid` (9: killed), `failures` what it said that failed.

    Of one that was killed `counts` are none; `has_struck` says that another accident than a kill befell it.
    """

    status: int
    failures: list[str]
    counts: dict[str, int]
    has_struck: bool
    cpu_seconds: float

    @property
    def is_killed(self) -> bool:
        """Whether it was killed, as `os.waitpid` says."""
        return os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == signal.SIGKILL

    @property
    def is_whole(self) -> bool:
        """Whether it went through to its end without a fault."""
        return self.status == 0 and not self.failures


class Warm:
    """The warm process; `start` asks for a pass in a child of its own, as many at once as wanted."""

    def __init__(self) -> None:
        quiet = {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "GX_ANALYTICS_ENABLED": "false"}
        # Threads of a numeric library do not survive a fork.
        quiet |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "NO_PROXY": "127.0.0.1"}
        ours = ("JALONS_", "SLACK_", "DAGSTER_", "HTTP_", "HTTPS_")
        environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(ours)} | quiet
        command = [sys.executable, "-m", "tests.campaign.warm"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._numbers = itertools.count()
        self._running: dict[int, Future[Ended]] = {}
        self._writing = threading.Lock()
        self.cpu_seconds = 0.0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, home: Path, now: datetime, **more: Any) -> "Future[Ended]":
        """A pass over `home` as if at `now`; `more` are `at` and `act` (`steps`), `slack` (its address)."""
        number, ended = next(self._numbers), Future[Ended]()
        self._running[number] = ended
        order = {"number": number, "home": str(home), "now": now.isoformat(), **more}
        with self._writing:
            assert self._process.stdin
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        return ended

    def run(self, home: Path, now: datetime, **more: Any) -> Ended:
        """The same, waited for."""
        return self.start(home, now, **more).result(PATIENCE_S)

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            told = json.loads(line)
            self.cpu_seconds += told["cpu_seconds"]
            self._running.pop(told.pop("number")).set_result(Ended(**told))
        for ended in self._running.values():
            ended.set_exception(ChildProcessError("the warm process has died"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()


def _serve() -> None:
    """Fork for each order on standard input a process that starts the pass and says how it ended."""
    _warm_up()
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1
    # Nobody waits for those that wait for a pass.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _mind(json.loads(line))
            os._exit(0)


def _mind(order: dict[str, Any]) -> None:
    """Start a pass in a child, wait for it, and say on standard output how it ended."""
    told = Path(f"{order['home']}.{order['number']}.json")
    pid = os.fork()
    if pid == 0:
        _child(order, told)
    _, status, used = os.wait4(pid, 0)
    said = json.loads(told.read_text()) if told.exists() else {"failures": [], "counts": {}, "has_struck": False}
    told.unlink(missing_ok=True)
    said |= {"number": order["number"], "status": status, "cpu_seconds": used.ru_utime + used.ru_stime}
    os.write(1, json.dumps(said).encode() + b"\n")


def _child(order: dict[str, Any], told: Path) -> None:
    """One pass, then the end of the process, whatever happens."""
    from tests.campaign.steps import Steps
    from tests.pass_job import run_pass

    home, now = Path(order["home"]), datetime.fromisoformat(order["now"])
    at, act = order.get("at"), order.get("act", "kill")
    # A log is a file too: a full disk would be felt there first.
    log = os.devnull if act != "kill" else str(home.with_name(f"{home.name}.log"))
    with open(log, "ab", buffering=0) as file:  # noqa: PTH123
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    signal.alarm(PATIENCE_S)
    settings = _settings(home, order.get("slack", ""))
    steps = Steps(home, tuple(at) if at else None, act)
    steps.install()
    said: list[str] = []
    code = 0
    try:
        said += run_pass(settings, now).failures
    except BaseException as error:
        traceback.print_exc()
        said.append(f"raised {type(error).__name__}: {error}")
        code = 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    told.write_text(json.dumps({"failures": said, "counts": dict(steps.counts), "has_struck": steps.has_struck}))
    os._exit(code)


def _settings(home: Path, slack: str) -> Any:
    from pydantic import SecretStr

    from orchestration.settings import Settings
    from tests.alerting.fake_slack import CHANNEL, TOKEN

    told = {"slack_bot_token": SecretStr(TOKEN), "slack_channel": CHANNEL, "slack_engineers_channel": CHANNEL}
    more = {**told, "slack_base_url": slack} if slack else {"slack_bot_token": SecretStr("")}
    return Settings(home=home, settle_seconds=0).model_copy(update=more)


def _warm_up() -> None:
    """Import all that a pass imports, and make what it makes once for a process, but neither thread nor database."""
    for name in (
        "dagster._core.execution.api",
        "dagster._core.executor.in_process",
        "dagster._core.instance.factory",
        "orchestration.passes.compute_logs",
        "dagster._core.storage.runs.sqlite.sqlite_run_storage",
        "dagster._core.storage.schedules.sqlite.sqlite_schedule_storage",
        "dagster._core.storage.root",
        "dagster._daemon.daemon",
        "dbt.adapters.duckdb.environments.local",
        "dbt.cli.main",
        "dbt.parser.sql",
        "dbt.task.build",
        "dbt_common.clients.agate_helper",
        "fsspec.implementations.local",
        "great_expectations",
        "orchestration.alerting.channels.slack",
        "orchestration.consolidation.duckdb_functions",
        "pyarrow.dataset",
        "pyarrow.pandas_compat",
        "tests.alerting.fake_slack",
        "tests.campaign.steps",
        "upath.implementations.local",
    ):
        importlib.import_module(name)
    import tqdm
    from dbt.cli.main import dbtRunner

    from orchestration.consolidation.build import parsed_manifest
    from orchestration.domain.reference_data import DBT_PROJECT
    from orchestration.intake.take_in import check_file
    from tests.campaign import homes
    from tests.pass_job import jobs

    jobs()
    # Its monitor is a thread; parsing starts some too. None survives a fork.
    tqdm.tqdm.monitor_interval = 0
    assert parsed_manifest(), "dbt's manifest is absent or older than its sources: run `make install`"
    with tempfile.TemporaryDirectory() as aside, contextlib.redirect_stdout(io.StringIO()):
        for number, data in enumerate(homes.FIRST_WAVE.values()):
            path = Path(aside, f"{number}.csv")
            path.write_bytes(data)
            check_file(path, homes.FIRST).files()
        quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json", "--log-path", aside]
        places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", aside]
        with contextlib.chdir(aside):
            # Compiling opens no database, and makes most of the templates.
            compiled = dbtRunner(manifest=parsed_manifest()).invoke([*quiet, "compile", "--no-populate-cache", *places])
        assert compiled.success, compiled.exception
        assert not list(Path(aside).rglob("*.duckdb"))


if __name__ == "__main__":
    _serve()
