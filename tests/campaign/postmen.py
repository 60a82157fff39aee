"""A process that has imported what a delivery needs and forks a child for each: a child may be killed at any moment.

What belongs here: one delivery in a process of its own, and its death; `python -m tests.campaign.postmen` is the
process. What does not: what there is to deliver (`alert_world`), and how the receiver misbehaves (`peers`).
"""

import base64
import os
import pickle
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from orchestration.alerting.channels.channel import Channel
from orchestration.validation.judgement import Judgement

ROOT = Path(__file__).resolve().parent.parent.parent
# A delivery that is not over by then hangs.
PATIENCE_S = 120


@dataclass(frozen=True)
class Death:
    """When a delivery is killed: before the call of the channel of this number, or after it, before its answer is
    noted; before a commit of the outbox; or after some seconds, by another process.
    """

    at: Literal["call", "answer", "commit", "moment"]
    number: float


@dataclass(frozen=True)
class Round:
    """One delivery: over which home, as if when, to which channel (`peers` says how it is opened), and its death."""

    home: Path
    now: datetime
    judgement: Judgement
    opened: Callable[[datetime], Channel]
    death: Death | None = None


class Postmen:
    """The process that delivers; one delivery at a time."""

    def __init__(self) -> None:
        quiet = {
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONWARNINGS": "ignore",
            "NO_PROXY": "127.0.0.1",
            "OMP_NUM_THREADS": "1",
        }
        ours = ("JALONS_", "SLACK_", "DAGSTER_", "HTTP_", "HTTPS_", "ALL_")
        environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(ours)} | quiet
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaign.postmen"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def deliver(self, one: Round) -> int:
        """Make a delivery and wait for its end; its status, as `os.waitpid` says."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(base64.b64encode(pickle.dumps(one)) + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._process.stdout.close()


def is_killed(status: int) -> bool:
    """Whether a delivery died of a kill."""
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


class _Deadly:
    """A channel whose process dies at the call of a number, before or after it."""

    def __init__(self, channel: Channel, death: Death) -> None:
        self._channel, self._death, self._calls = channel, death, 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._channel, name)
        if name not in ("send", "find", "retract", "show"):
            return found

        def call(*given: Any) -> Any:
            self._calls += 1
            is_the_one = self._calls == self._death.number
            if is_the_one and self._death.at == "call":
                _die()
            answer = found(*given)
            if is_the_one and self._death.at == "answer":
                _die()
            return answer

        return call


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _serve() -> None:
    _warm_up()
    for line in sys.stdin.buffer:
        one: Round = pickle.loads(base64.b64decode(line))  # noqa: S301
        pid = os.fork()
        if pid == 0:
            _child(one)
        death = one.death
        if death and death.at == "moment":
            time.sleep(death.number)
            # Not waited for, so that the number is still that of the child, alive or not.
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.write(1, f"{status}\n".encode())


def _child(one: Round) -> None:
    """One delivery, then the end of the process, whatever happens."""
    with open(one.home.with_name(f"{one.home.name}.log"), "ab", buffering=0) as log:  # noqa: PTH123
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    signal.alarm(PATIENCE_S)
    code = 0
    try:
        _deliver(one)
    except BaseException:
        traceback.print_exc()
        code = 1
    os._exit(code)


def _deliver(one: Round) -> None:
    import sqlalchemy as sa

    from orchestration.alerting.channels import slack
    from orchestration.alerting.delivery import deliver
    from orchestration.settings import Settings

    slack.TIMEOUT_S = 1
    channel: Any = one.opened(one.now)
    death = one.death
    if death and death.at in ("call", "answer"):
        channel = _Deadly(channel, death)
    if death and death.at == "commit":
        left = int(death.number)

        @sa.event.listens_for(sa.Engine, "commit")
        def _(_connection: sa.Connection) -> None:
            nonlocal left
            left -= 1
            if not left:
                _die()

    settings = Settings(home=one.home, settle_seconds=0).model_copy(update={"site_url": "https://jalons.example"})
    deliver(settings, one.now, one.judgement, [channel])


def _warm_up() -> None:
    """Import all that a delivery imports, and read what it reads once; no thread survives a fork, and no database."""
    import email.mime.image  # noqa: F401

    import pyarrow.dataset  # noqa: F401

    import tests.campaign.peers  # noqa: F401
    from orchestration.domain.alert_rules import thresholds
    from orchestration.domain.reference_data import method_version

    method_version()
    thresholds()


if __name__ == "__main__":
    _serve()
