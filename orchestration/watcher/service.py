"""The watcher of a home as a service: the half that answers in this process, the one that publishes in another.

What belongs here: starting and ending them, what wakes them, and their health as a file. What does not: the loop
(`attending`), what is answered to whom (`answering`).
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from time import sleep
from typing import TYPE_CHECKING, Any

from orchestration.passes.faults import INTAKE, PUBLICATION
from orchestration.passes.fingerprint import is_still
from orchestration.passes.summary import PassSummary
from orchestration.passes.watched import only_watcher, watcher_of
from orchestration.settings import Settings
from orchestration.store.json_values import json_document
from orchestration.store.whole_file import write_whole
from orchestration.watcher.answering import Answers, health_app, listening, operators_app, served
from orchestration.watcher.attending import Asked, Attendant, Look, State, Stop
from orchestration.watcher.console import LOG
from orchestration.watcher.inbox_events import NET_S, tell_changes, watched_folder
from orchestration.watcher.publisher import Jobs, Publisher

if TYPE_CHECKING:
    pass

HEALTH = "watch.json"
# A half that has not looked for so long is stuck; a pass may take hours, and says that it is at work.
_STUCK = timedelta(seconds=6 * NET_S)
# A process grows as libraries keep things: at this size it is begun anew, between two passes.
_MOST_MB = 1200


class Watcher:
    """The two halves of a home's watcher, their health, and who is answered."""

    def __init__(self, settings: Settings, jobs: Jobs, sources: str, port: int) -> None:
        """Nothing is started yet; `sources` was taken before all was loaded, `port` is where its health is told."""
        self._settings, self._port = settings, port
        self._since = datetime.now(UTC)
        self._sources = sources
        self._states: dict[str, State] = {INTAKE: State(INTAKE), PUBLICATION: State(PUBLICATION)}
        self._is_again = self._is_told = False
        self._jobs = jobs
        self._publisher = Publisher(jobs, sources, self._stands)

    def watch(self, listener: socket.socket, ready: Callable[[], None]) -> bool:
        """Watch until told to stop by SIGTERM or SIGINT; whether to begin anew, since code changed or memory grew.

        What is under way comes to its end. Raise `AlreadyWatched` where another watcher lives.
        """
        settings = self._settings
        with ExitStack() as held:
            held.enter_context(only_watcher(settings))
            half = Attendant(settings, INTAKE, self._jobs(), self._sources, self._stands, self._passed)

            def stop(*_signal: object) -> None:
                # Whatever else was about to be: who is told to end does not begin anew.
                self._is_told = True
                half.requests.put(Stop())

            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, stop)
            self._publisher.start()
            held.callback(self._publisher.stop)
            answers = Answers(settings, self.health, self._is_current, partial(self._ask, half), half.turn)
            held.enter_context(served(health_app(answers), listener))
            held.enter_context(served(operators_app(answers), held.enter_context(listening(settings.home))))
            self._wake(half, held)
            _preload(settings)
            # What an earlier watcher said is not believed by whoever is told that this one is there.
            self._write(self.health())
            ready()
            half.attend()
        self._write({"is_running": False, "ended_at": datetime.now(UTC).isoformat(timespec="seconds")})
        return self._is_again and not self._is_told

    def health(self) -> dict[str, Any]:
        """How both halves stand, and whether all is well."""
        now = datetime.now(UTC)
        is_healthy = all(self._is_well(state, now) for state in self._states.values())
        return {
            "is_running": True,
            "is_healthy": is_healthy,
            "process": os.getpid(),
            "health_url": f"http://127.0.0.1:{self._port}/health",
            "since": self._since.isoformat(timespec="seconds"),
            "said_at": now.isoformat(timespec="milliseconds"),
            "good_until": (now + 3 * timedelta(seconds=NET_S)).isoformat(timespec="milliseconds"),
            "halves": [state.as_document() for state in self._states.values()],
        }

    def _is_well(self, state: State, now: datetime) -> bool:
        # A pass takes as long as it takes; what waits, or is about to, must look now and then.
        is_stuck = state.standing != "working" and now - (state.looked_at or self._since) > _STUCK
        return state.standing != "failing" and not is_stuck

    def _stands(self, state: State) -> None:
        self._states[state.job] = state
        self._write(self.health())

    def _write(self, health: dict[str, Any]) -> None:
        try:
            write_whole(self._settings.home / HEALTH, json_document(health))
        except OSError as fault:
            # A full disk is told by the pass that meets it; what was said before must not be believed.
            LOG.warning("Its health cannot be written: %s", fault)
            with suppress(OSError):
                (self._settings.home / HEALTH).unlink(missing_ok=True)

    def _passed(self, _summary: PassSummary) -> None:
        self._publisher.look()

    def _wake(self, half: Attendant, held: ExitStack) -> None:
        stop, look = threading.Event(), lambda: half.requests.put(Look())
        threads = [threading.Thread(target=self._keep_young, args=(half, stop), daemon=True)]
        if folder := watched_folder(self._settings):
            threads.append(threading.Thread(target=tell_changes, args=(folder, look, stop), daemon=True))
        for thread in threads:
            thread.start()
        held.callback(stop.set)

    def _keep_young(self, half: Attendant, stop: threading.Event) -> None:
        """Have it begin anew once its code is not that on the disk any more, or it has grown too large."""
        while not stop.wait(NET_S):
            self._write(self.health())
            grown = [state for state in self._states.values() if state.memory_mb > _MOST_MB]
            if grown or not self._is_current():
                LOG.info("Beginning anew: %s.", "memory grew" if grown else "code or rules changed")
                self._is_again = True
                half.requests.put(Stop())
                return

    def _is_current(self) -> bool:
        return is_still(self._settings, self._sources)

    def _ask(self, half: Attendant, asked: Asked) -> None:
        """Have the home's drops taken in, then publish, and answer with the summary of both."""

        def publish(taken: PassSummary | None) -> None:
            if taken is None:
                asked.answer(None)
                return
            answer = lambda summary: asked.answer(summary and taken.followed_by(summary))  # noqa: E731
            self._publisher.ask(replace(asked, answer=answer))

        half.requests.put(replace(asked, answer=publish))


def _preload(settings: Settings) -> None:
    """Look at a small file, as any will be, so that the first drop does not wait for what that imports."""
    from orchestration.answers.checking import checked
    from orchestration.contracts import CONTRACTS
    from orchestration.contracts.table_schema import valid_example

    for contract in CONTRACTS.values():
        data = valid_example(contract).encode()
        checked("exemple.csv", data, datetime.now(UTC), None, None, settings, with_files=True)


def end_with_input() -> None:
    """Be told to stop once standard input ends: its other end is held by whoever started this, whatever it dies of."""

    def wait() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def wait_for_turn(settings: Settings) -> None:
    """Wait until no watcher lives over a home."""
    if who := watcher_of(settings):
        LOG.info("A watcher lives over this home already (%s): this one waits for its end.", who)
    while watcher_of(settings):
        sleep(NET_S)


def begin_anew() -> None:
    """Become a fresh process, with the same arguments."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
