"""The numbered steps of a pass, and the accident that happens at one of them, in the process of the pass alone.

What belongs here: seeing a step from outside of the code and acting there. What does not: which step is chosen
(`trials`), and what must hold afterwards (`checker`).
"""

import errno
import functools
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import slack_sdk
import sqlalchemy as sa
from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

# A file of the home opened for writing, made, renamed or removed; a commit of the ledger and outbox; a request to
# Slack, before and after; a write of Dagster's storage; a statement of dbt.
KINDS = ("file", "ledger", "slack", "dagster", "warehouse")
_WRITING = os.O_WRONLY | os.O_RDWR
_PATHS_OF = {"open": 1, "os.rename": 2, "os.remove": 1, "os.mkdir": 1, "os.rmdir": 1, "os.symlink": 2}
_NEEDS_SPACE = {"open", "os.mkdir", "os.symlink"}


class Steps:
    """Counts the steps of a pass over `home`, by kind, and at step `at` (kind, number) does `act`.

    `kill` ends the process; `torn` does too, with half a file where one was being opened; `full <bytes>` lets no file
    grow beyond so many bytes from then on; `refuse` lets none be made.
    """

    def __init__(self, home: Path, at: tuple[str, int] | None, act: str) -> None:
        self.counts: Counter[str] = Counter()
        self.has_struck = False
        self._home, self._at, self._act = f"{home}/", at, act
        self._is_refusing = False

    def install(self) -> None:
        """Watch this process from now on."""
        sys.addaudithook(self._audit)
        sa.event.listen(sa.Engine, "commit", self._commit)
        sa.event.listen(sa.Engine, "before_cursor_execute", self._statement)
        _wrap(slack_sdk.WebClient, "api_call", lambda: self._step("slack"), lambda: self._step("slack"))
        _wrap(DuckDBCursorWrapper, "execute", lambda: self._step("warehouse"))
        # Arrow writes its files itself, unseen by Python.
        _wrap(pyarrow.parquet, "write_table", lambda: self._step("file"))

    def _step(self, kind: str, path: str | None = None) -> None:
        self.counts[kind] += 1
        if self._at != (kind, self.counts[kind]):
            return
        self.has_struck = True
        match self._act.split():
            case ["kill"]:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["torn"]:
                self._at = None
                if path:
                    Path(path).write_bytes(b"PK\x03\x04 half of a fi")
                os.kill(os.getpid(), signal.SIGKILL)
            case ["full", size]:
                resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), resource.RLIM_INFINITY))
            case ["refuse"]:
                self._is_refusing = True

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if event not in _PATHS_OF or (event == "open" and not (isinstance(args[2], int) and args[2] & _WRITING)):
            return
        paths = [os.fsdecode(one) for one in args[: _PATHS_OF[event]] if isinstance(one, str | bytes | os.PathLike)]
        # A lock is taken by opening it: nothing is written.
        if not any(one.startswith(self._home) and not one.endswith(".lock") for one in paths):
            return
        self._step("file", paths[0] if event == "open" else None)
        if self._is_refusing and event in _NEEDS_SPACE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), paths[-1])

    def _commit(self, connection: sa.Connection) -> None:
        if str(connection.engine.url).endswith("ledger.sqlite"):
            self._step("ledger")

    def _statement(self, connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        is_ledger = str(connection.engine.url).endswith("ledger.sqlite")
        if not is_ledger and not statement.lstrip().startswith(("SELECT", "PRAGMA")):
            self._step("dagster")


def _wrap(owner: Any, name: str, before: Callable[[], None], after: Callable[[], None] = lambda: None) -> None:
    real = getattr(owner, name)

    @functools.wraps(real)
    def wrapped(*args: object, **kwargs: object) -> object:
        before()
        answer = real(*args, **kwargs)
        after()
        return answer

    setattr(owner, name, wrapped)
