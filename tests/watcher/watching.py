"""`jalons watch` started as a person does."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from tests.ui.started import processes, until


@dataclass
class Watch:
    """A watcher that said that it is ready; what it says is in `log`."""

    process: subprocess.Popen[bytes]
    home: Path
    log: Path

    @property
    def port(self) -> int:
        """Where its health is told."""
        return int(re.search(r"127\.0\.0\.1:(\d+)/health", self.said())[1])

    def said(self) -> str:
        """All that it said so far."""
        return self.log.read_text()

    def publisher(self) -> int:
        """The process of the half that publishes."""
        spawned = [pid for pid in processes(self.home) if b"spawn_main" in _command(pid)]
        return spawned[0] if len(spawned) == 1 else 0


@contextmanager
def watching(home: Path, *, name: str = "watch") -> Iterator[Watch]:
    """A watcher over a home, ready; at the end nothing of it is left."""
    names = {key: value for key, value in os.environ.items() if not key.startswith(("JALONS_", "DAGSTER_"))}
    log = home.with_name(f"{home.name}-{name}.log")
    command = [str(Path(sys.executable).parent / "jalons"), "watch", "--home", str(home)]
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=names | {"JALONS_SETTLE_SECONDS": "0.2"}, stdout=said, stderr=said
        )
    watch = Watch(process, home, log)
    try:
        assert until(lambda: "/health" in watch.said() or process.poll() is not None), watch.said()
        yield watch
    finally:
        for pid in {process.pid, *processes(home)}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
