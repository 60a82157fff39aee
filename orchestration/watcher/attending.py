"""One job of a pass, run whenever it is owed: the loop of each half of the watcher, in a process that stays warm.

What belongs here: when to look, when to run, when to leave what fails alone, and how it stands. What does not: what
is owed (`orchestration.passes.has_work`), what a pass does, or who wakes the loop.
"""

import resource
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from orchestration.passes.faults import INTAKE, PUBLICATION
from orchestration.passes.fingerprint import is_still
from orchestration.passes.has_work import Owed, has_work, intake_owed, publication_owed
from orchestration.passes.heartbeat import BEAT, beat
from orchestration.passes.patience import pause_after
from orchestration.passes.run import Pass, passes_over
from orchestration.passes.summary import PassSummary
from orchestration.passes.telling import is_anything_told, tell_cause, tell_recovered
from orchestration.settings import Settings
from orchestration.watcher.console import LOG
from orchestration.watcher.inbox_events import seconds_between_looks

if TYPE_CHECKING:
    import dagster as dg

_OWED = {INTAKE: intake_owed, PUBLICATION: publication_owed}
# What cannot even be looked at is looked at again after a pause, each time twice as long, up to the longest.
_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 60.0
# A file that settles is looked at this long after it should have.
_MARGIN_S = 0.02

_TIMES = ("looked_at", "passed_at")
Standing = Literal["starting", "waiting", "working", "failing"]


@dataclass(frozen=True)
class State:
    """How a half stands: what it is at and why, in English, when it last looked and passed, and what failed then.

    `passes` counts those of this process, `memory_mb` is the most that it has held.
    """

    job: str
    standing: Standing = "starting"
    why: str = ""
    looked_at: datetime | None = None
    passed_at: datetime | None = None
    pass_seconds: float | None = None
    passes: int = 0
    failures: tuple[str, ...] = ()
    memory_mb: int = 0

    def as_document(self) -> dict[str, Any]:
        """The same for JSON."""
        times = {name: at.isoformat(timespec="milliseconds") for name in _TIMES if (at := getattr(self, name))}
        return asdict(self) | times


@dataclass(frozen=True)
class Look:
    """Something may have changed."""


@dataclass(frozen=True)
class Stop:
    """End, once what is under way has ended."""


@dataclass(frozen=True)
class Asked:
    """A pass that somebody asked for: it is run at once, and its summary is their answer."""

    is_forced: bool
    report: Callable[[str], None]
    answer: Callable[[PassSummary | None], None]


Requests = SimpleQueue[Look | Stop | Asked]


@dataclass
class _Failed:
    """What failed last, word for word of what was owed, how often in a row, and until when it is left alone."""

    word: str | None = None
    tries: int = 0
    until: float = 0.0


@dataclass
class Attendant:
    """Runs one job of a home whenever it is owed; `passed` is called after each pass, `stands` when its state changes.

    Whoever holds `turn` keeps it from beginning a pass. None is begun once `sources`, the fingerprint of what this
    process loaded, is not that of the disk: whoever holds the watcher begins it anew.
    """

    settings: Settings
    job: str
    jobs: Mapping[str, "dg.JobDefinition"]
    sources: str
    stands: Callable[[State], None]
    passed: Callable[[PassSummary], None] = lambda _summary: None
    turn: threading.Lock = field(default_factory=threading.Lock)
    requests: Requests = field(default_factory=SimpleQueue)
    _failed: _Failed = field(default_factory=_Failed)
    _pause_s: float = _PAUSE_S
    _beaten_at: float = float("-inf")
    state: State = field(init=False)

    def __post_init__(self) -> None:
        self.state = State(self.job)

    def attend(self) -> None:
        """Look, and run what is owed, until told to stop."""
        with passes_over(self.settings, LOG.debug) as one_pass:
            wait_s = 0.0
            while True:
                asked = self._next(wait_s)
                if isinstance(asked, Stop):
                    return
                if isinstance(asked, Asked):
                    self._answer(asked, one_pass)
                    wait_s = 0.0
                else:
                    wait_s = self._look(one_pass)

    def _next(self, wait_s: float) -> Look | Stop | Asked:
        """The next request; a look where none comes in time. Looks that came meanwhile are one."""
        try:
            asked = self.requests.get(timeout=max(wait_s, 0.001))
            while isinstance(asked, Look):
                asked = self.requests.get_nowait()
        except Empty:
            return Look()
        return asked

    def _look(self, one_pass: Callable[[Pass], PassSummary]) -> float:
        """Run the job if it is owed; how many seconds from now to look again."""
        now, begun = datetime.now(UTC), monotonic()
        if not is_still(self.settings, self.sources):
            self._stand("waiting", "Code or rules changed: it begins anew.", looked_at=now)
            return seconds_between_looks(self.settings)
        try:
            owed = _OWED[self.job](self.settings, now)
            if owed.word is None and is_anything_told(self.settings) and not has_work(self.settings, now):
                tell_recovered(self.settings)
        except Exception as error:
            cause = tell_cause(self.settings, error)
            if cause:
                return self._rest(cause.sentence)
            # The run meets it too, and engineers are told of runs that fail.
            owed = Owed("unknown", why="what is owed could not be asked")
        self._pause_s = _PAUSE_S
        self._beat(now)
        if owed.word is None:
            self._failed = _Failed()
            self._stand("waiting", " ".join(owed.waits), looked_at=now, failures=())
            # A look at another machine's inbox may take seconds.
            wait_s = max(seconds_between_looks(self.settings), monotonic() - begun)
            return wait_s if owed.settles_in_s is None else min(wait_s, owed.settles_in_s + _MARGIN_S)
        left_s = self._failed.until - monotonic()
        if owed.word == self._failed.word and left_s > 0:
            self._stand("failing", f"Tried again in {left_s:.0f} s, or when anything changes.", looked_at=now)
            return min(seconds_between_looks(self.settings), left_s)
        self._run(one_pass, self._pass(now, LOG.debug, is_forced=False), owed)
        return 0.0 if not self.state.failures else seconds_between_looks(self.settings)

    def _answer(self, asked: Asked, one_pass: Callable[[Pass], PassSummary]) -> None:
        if not is_still(self.settings, self.sources):
            asked.answer(None)
            return
        owed = Owed("asked", why="asked for")
        wanted = self._pass(datetime.now(UTC), asked.report, is_forced=asked.is_forced)
        asked.answer(self._run(one_pass, wanted, owed))

    def _pass(self, now: datetime, report: Callable[[str], None], *, is_forced: bool) -> Pass:
        jobs = {self.job: self.jobs[self.job]}
        who, what = "jalons watch", self.sources
        return Pass(jobs, self.settings, now, report, is_forced=is_forced, started_by=who, of_sources=what)

    def _run(self, one_pass: Callable[[Pass], PassSummary], wanted: Pass, owed: Owed) -> PassSummary | None:
        self._stand("working", owed.why, looked_at=wanted.now)
        begun, summary, failures = monotonic(), None, tuple[str, ...]()
        try:
            with self.turn:
                summary = one_pass(wanted)
            failures = summary.failures
        except Exception as error:
            cause = tell_cause(self.settings, error)
            failures = (cause.sentence if cause else f"{type(error).__name__}: {error}",)
            if cause is None:
                LOG.exception("A pass could not be run")
        seconds = monotonic() - begun
        if failures:
            tries = self._failed.tries + 1 if self._failed.word == owed.word else 1
            self._failed = _Failed(owed.word, tries, monotonic() + pause_after(tries).total_seconds())
        else:
            self._failed = _Failed()
        about = {"passed_at": datetime.now(UTC), "pass_seconds": round(seconds, 2), "passes": self.state.passes + 1}
        self._stand("failing" if failures else "waiting", owed.why, failures=failures, **about)
        if summary:
            _say(self.job, summary, seconds)
            self.passed(summary)
        return summary

    def _rest(self, why: str) -> float:
        """Leave alone what cannot be looked at; for how many seconds."""
        wait_s, self._pause_s = self._pause_s, min(self._pause_s * 2, _LONGEST_PAUSE_S)
        if self.state.standing != "failing":
            LOG.error("%s", why)
        self._stand("failing", why)
        return wait_s

    def _beat(self, now: datetime) -> None:
        if self.job == INTAKE and monotonic() - self._beaten_at >= BEAT.total_seconds():
            import dagster as dg

            self._beaten_at = monotonic()
            try:
                with dg.DagsterInstance.from_config(str(self.settings.dagster_home)) as instance:
                    beat(instance, now)
            except Exception as fault:
                # Dagster's databases are disposable: a pass that meets the fault begins them anew.
                LOG.warning("The look at the inbox cannot be noted: %s", fault)

    def _stand(self, standing: Standing, why: str, **others: Any) -> None:
        memory_mb = _most_memory_mb()
        self.state = State(**(vars(self.state) | {"standing": standing, "why": why, "memory_mb": memory_mb} | others))
        self.stands(self.state)


def _most_memory_mb() -> int:
    """The most that this process held; what it was before it began anew is none of it."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _say(job: str, summary: PassSummary, seconds: float) -> None:
    said = [f"{count} {status}" for status, count in sorted(summary.drops.items())]
    said += [f"released {edition} r{revision}" for edition, revision in summary.releases]
    said += [f"{count} alerts on {channel}" for channel, count in sorted(summary.alerts_sent.items())]
    said += [f"held: {reason}" for reason in summary.held_back] + [f"failed: {one}" for one in summary.failures]
    LOG.info("%s in %.1f s: %s", job, seconds, "; ".join(said) or "nothing new")
