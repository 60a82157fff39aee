"""The half of the watcher that publishes, in a process of its own, so that no answer waits for it.

What belongs here: that process, what it is told and what it tells, and making it anew when it ends. What does not: the
loop (`attending`).
"""

import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from time import monotonic
from typing import TYPE_CHECKING

from orchestration.passes.faults import PUBLICATION
from orchestration.settings import Settings
from orchestration.watcher.attending import Asked, Attendant, Look, State, Stop
from orchestration.watcher.console import LOG, log_to_console
from orchestration.watcher.memory import share_one_arena

if TYPE_CHECKING:
    import dagster as dg

# A process that ends by itself is made anew after a pause, each time twice as long, unless it lived for a while.
_PAUSE_S, _LONGEST_PAUSE_S, _LIVED_S = 1.0, 60.0, 300.0

Jobs = Callable[[], Mapping[str, "dg.JobDefinition"]]


class Publisher:
    """The process that publishes, as its parent holds it: told what may have changed, it tells how it stands."""

    def __init__(self, jobs: Jobs, sources: str, stands: Callable[[State], None]) -> None:
        """Nothing is started yet; `jobs` is called in the process itself, `sources` is what it may publish by."""
        self._jobs, self._sources, self._stands = jobs, sources, stands
        self._asked = deque[Asked]()
        self._connection: Connection | None = None
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, name="publisher", daemon=True)

    def start(self) -> None:
        """Start it, and start it again whenever it ends by itself."""
        self._thread.start()

    def look(self) -> None:
        """Something may have changed."""
        self._tell(("look", False))

    def ask(self, asked: Asked) -> None:
        """Have it publish now, for somebody."""
        self._asked.append(asked)
        if not self._tell(("run", asked.is_forced)):
            self._answer_all()

    def stop(self) -> None:
        """Let it come to the end of what it is at, and end."""
        self._is_ending.set()
        self._tell(("stop", False))
        self._thread.join()

    def _tell(self, message: tuple[str, bool]) -> bool:
        with suppress(OSError, ValueError):
            if self._connection:
                self._connection.send(message)
                return True
        return False

    def _answer_all(self) -> None:
        """Whoever is not answered does what is left."""
        while self._asked:
            self._asked.popleft().answer(None)

    def _keep_alive(self) -> None:
        pause_s = _PAUSE_S
        while not self._is_ending.is_set():
            begun = monotonic()
            try:
                ended = f"ended with status {self._one_process()}"
            except Exception as fault:
                LOG.exception("The process that publishes")
                ended = f"could not be started or heard ({type(fault).__name__}: {fault})"
            self._answer_all()
            if not self._is_ending.is_set():
                pause_s = _PAUSE_S if monotonic() - begun > _LIVED_S else min(pause_s * 2, _LONGEST_PAUSE_S)
                why = f"Its process {ended}; another is started in {pause_s:.0f} s."
                LOG.error("publication: %s", why)
                self._stands(State(PUBLICATION, "failing", why))
                self._is_ending.wait(pause_s)

    def _one_process(self) -> int | None:
        """Have a process publish until it ends; its status."""
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        with self._connection:
            given = (self._jobs, self._sources, other)
            process = context.Process(target=_publish, args=given, name="jalons-publisher")
            with other:
                process.start()
            self._listen(self._connection)
            process.join()
        return process.exitcode

    def _listen(self, connection: Connection) -> None:
        """Take what the process tells, until it ends."""
        with suppress(EOFError, OSError):
            while True:
                kind, said = connection.recv()
                if kind == "stands":
                    self._stands(said)
                elif kind == "step":
                    self._asked[0].report(said)
                elif kind == "summary":
                    self._asked.popleft().answer(said)


def _publish(jobs: Jobs, sources: str, parent: Connection) -> None:
    """Publish what is owed, until told to stop or the parent is gone, whatever it died of."""
    # Ctrl-C at a terminal reaches both; the parent says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    share_one_arena()
    log_to_console()
    tell = threading.Lock()

    def say(kind: str, said: object) -> None:
        with tell, suppress(OSError):
            parent.send((kind, said))

    half = Attendant(Settings(), PUBLICATION, jobs(), sources, lambda state: say("stands", state))
    signal.signal(signal.SIGTERM, lambda *_: half.requests.put(Stop()))

    def listen() -> None:
        with suppress(EOFError, OSError):
            while True:
                kind, is_forced = parent.recv()
                if kind == "look":
                    half.requests.put(Look())
                elif kind == "run":
                    answer = lambda summary: say("summary", summary)  # noqa: E731
                    half.requests.put(Asked(is_forced, lambda step: say("step", step), answer))
                else:
                    break
        half.requests.put(Stop())

    threading.Thread(target=listen, name="parent", daemon=True).start()
    _preload()
    half.attend()


def _preload() -> None:
    """Import what a publication uses, so that the first one does not wait for it."""
    import great_expectations  # noqa: F401

    from orchestration.publication.unchanged import code_digest

    code_digest()
