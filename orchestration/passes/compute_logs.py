"""What a run prints and logs, kept for the UI to show beside its events, without a process more.

What belongs here: taking it down, and where it is kept. What does not: events of Dagster, or for how long it is kept
(`purge`). Named in the instance's `dagster.yaml`: whoever opens the instance imports this module.
"""

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

from dagster._core.storage.compute_log_manager import CapturedLogContext, ComputeIOType
from dagster._core.storage.local_compute_log_manager import (
    IO_TYPE_EXTENSION,
    LocalComputeLogManager,
    LocalComputeLogSubscriptionManager,
)
from dagster._serdes import ConfigurableClassData

FOLDER = "logs"
# Of what a run prints, and of what it logs, no more is kept.
_MOST_CHARACTERS = 1_000_000
# Whose lines are kept from INFO up; of any other library, what it warns of.
_OURS = ("orchestration", "expectations")
_POLLING_S = 2.5


class ComputeLogs(LocalComputeLogManager):
    """Dagster's own store of what runs print, below the instance's folder, filled by the process that runs."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._polling_timeout = _POLLING_S
        self._subscription_manager = LocalComputeLogSubscriptionManager(self)  # type: ignore[no-untyped-call]
        self._inst_data = inst_data

    @property
    def _base_dir(self) -> str:  # type: ignore[override]
        # Asked each time: a home may be moved.
        return str(Path(self._instance.root_directory) / FOLDER)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """There is nothing to configure."""
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "ComputeLogs":
        """As `dagster.yaml` names it."""
        return cls(inst_data, **config_value)

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Iterator[CapturedLogContext]:
        """Take down what this process prints and logs; whoever reads along at the terminal sees it as before."""
        with ExitStack() as opened:
            out, err = (opened.enter_context(_kept(self._path(log_key, io_type))) for io_type in ComputeIOType)
            lines = _Lines(err)
            for name in _OURS:
                opened.enter_context(_heard(logging.getLogger(name), lines))
            opened.enter_context(_copied("stdout", out))
            opened.enter_context(_copied("stderr", err))
            yield CapturedLogContext(log_key)
        Path(self.get_captured_local_path(log_key, "complete")).touch()

    def _path(self, log_key: Sequence[str], io_type: ComputeIOType) -> Path:
        return Path(self.get_captured_local_path(log_key, IO_TYPE_EXTENSION[io_type]))


class _Bounded:
    """A file that takes no more than so many characters, and says so."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._left = file, _MOST_CHARACTERS

    def write(self, text: str) -> None:
        if self._left > 0:
            self._file.write(text[: self._left])
            self._left -= len(text)
            if self._left <= 0:
                self._file.write("\nMore was said; it is not kept.\n")
            self._file.flush()


class _Copy:
    """A stream of this process that is written down beside; anything else is asked of the stream itself."""

    def __init__(self, stream: TextIO, beside: _Bounded) -> None:
        self._stream, self._beside = stream, beside

    def write(self, text: str) -> int:
        written = self._stream.write(text)
        self._beside.write(text)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Lines(logging.Handler):
    """What our own code logs, a line each."""

    def __init__(self, file: _Bounded) -> None:
        super().__init__(logging.INFO)
        self._kept = file
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING and logging.lastResort and not logging.getLogger().handlers:
            # Where nobody listens, Python itself says it at the terminal, from where it is copied.
            logging.lastResort.handle(record)
        else:
            self._kept.write(f"{self.format(record)}\n")


@contextmanager
def _kept(path: Path) -> Iterator[_Bounded]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", errors="replace") as file:
        yield _Bounded(file)


@contextmanager
def _heard(logger: logging.Logger, lines: logging.Handler) -> Iterator[None]:
    before = logger.level
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(lines)


@contextmanager
def _copied(name: str, beside: _Bounded) -> Iterator[None]:
    before = getattr(sys, name)
    setattr(sys, name, _Copy(before, beside))
    try:
        yield
    finally:
        setattr(sys, name, before)
