"""A pass executed by this process on the home's Dagster instance: an intake, then a publication.

What belongs here: running the jobs that it is given, telling engineers what failed, and summing them up. What does
not: what a pass does (the assets of `defs/`), whether there is anything to do (`has_work`), or what is done about runs
that died (`healing`).
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import dagster as dg
import sqlalchemy as sa
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator

from orchestration.alerting.engineers_delivery import alert_engineers
from orchestration.intake.gc_paused import gc_paused
from orchestration.intake.home_identity import check_home
from orchestration.operations.ledger_copies import copy_ledger
from orchestration.passes.alive import let_go_of_runs
from orchestration.passes.causes import cause_of
from orchestration.passes.event_log import connections_kept_open
from orchestration.passes.faults import INTAKE, OWED, PASS_RULES, PUBLICATION, Stop, faults_of_passes, stops
from orchestration.passes.has_work import Owed, intake_owed, publication_owed
from orchestration.passes.healing import fill_grid, heal
from orchestration.passes.home import Done, Hour, home_resource, publication
from orchestration.passes.instance import begin_anew_if_unreadable, prepare_instance
from orchestration.passes.lock import intake_lock
from orchestration.passes.run_tags import LAUNCHED_BY, STARTED_BY, WHY, by_person, origin_of, tags_of_drops
from orchestration.passes.summary import PassSummary
from orchestration.passes.telling import tell_cause
from orchestration.settings import Settings
from orchestration.store.access import close_home
from orchestration.validation.holding import reason

# The jobs of a pass in their order, each with the question whether its work is owed.
_OWED = {INTAKE: intake_owed, PUBLICATION: publication_owed}
# What failed is in the summary, and in full in the UI.
_SILENT = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Pass:
    """What is asked of a pass: by the jobs of an intake and of a publication, in a home, as if at `now`.

    A replay says the time of another day. Each of the `jobs` runs where its work is owed, or `is_forced`: a watcher has
    one at a time. `started_by` is said of its runs in the UI, beside the account of the system. `of_sources` is the
    fingerprint of what a process that stays has loaded, where that may not be what is on the disk.
    """

    jobs: Mapping[str, dg.JobDefinition]
    settings: Settings
    now: datetime
    report: Callable[[str], None] = lambda _step: None
    is_replay: bool = False
    is_forced: bool = True
    started_by: str = "jalons run"
    of_sources: str | None = None


def run_pass(asked: Pass) -> PassSummary:
    """Execute a pass in this process on the home's instance; `report` is told each step.

    What fails is in the summary; nothing is raised for it. A publication that is owed follows an intake that failed.
    Where Dagster's databases cannot be read, they are begun anew, and so is the pass.
    """
    with passes_over(asked.settings, asked.report) as one_pass:
        return one_pass(asked)


@contextmanager
def passes_over(settings: Settings, report: Callable[[str], None]) -> Iterator[Callable[[Pass], PassSummary]]:
    """What runs passes over a home one after another, as `run_pass` does one, on an instance that is opened once."""
    report("Starting")
    close_home(settings)
    prepare_instance(settings.dagster_home, report)
    with ExitStack() as opened:

        @cache
        def instance() -> dg.DagsterInstance:
            return opened.enter_context(dg.DagsterInstance.from_config(str(settings.dagster_home)))

        def is_begun_anew() -> bool:
            # What is set aside is not to be held open.
            opened.close()
            instance.cache_clear()
            return begin_anew_if_unreadable(settings.dagster_home)

        def one_pass(asked: Pass) -> PassSummary:
            try:
                summary = _execute(asked, instance())
                is_doubtful = not summary.causes.isdisjoint({"ledger_unreadable", "dagster_unreadable"})
            except (sqlite3.DatabaseError, sa.exc.DatabaseError):
                if not is_begun_anew():
                    raise
                return _execute(asked, instance())
            return _execute(asked, instance()) if is_doubtful and is_begun_anew() else summary

        yield one_pass


def make_ready(settings: Settings, now: datetime, report: Callable[[str], None]) -> None:
    """Make the home's instance ready for whoever runs passes on it, without running one."""
    close_home(settings)
    prepare_instance(settings.dagster_home, report)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        heal(settings, instance, now)
        fill_grid(settings, instance)


def _execute(asked: Pass, instance: dg.DagsterInstance) -> PassSummary:
    settings, done, found, run_id = asked.settings, Done(), list[Stop](), ""
    with connections_kept_open(instance), gc_paused():
        heal(settings, instance, asked.now)
        for job, owed in _OWED.items():
            if job not in asked.jobs:
                continue
            what = _owed(owed, asked)
            if what.word or asked.is_forced:
                ran, events = _run(asked, job, what, instance, done)
                run_id = run_id if found else ran
                found += stops(events)
        let_go_of_runs()
        found += _told(settings, instance, asked.now)
    return _summary(run_id, done, found)


def _owed(owed: Callable[[Settings, datetime], Owed], asked: Pass) -> Owed:
    try:
        return owed(asked.settings, asked.now)
    except Exception:
        # The run meets it too, and says it.
        return Owed("unknown", why="what is owed could not be asked")


def _run(
    asked: Pass, job: str, owed: Owed, instance: dg.DagsterInstance, done: Done
) -> tuple[str, list[dg.DagsterEvent]]:
    """Execute a job in this process as one of the runs that the UI lists; its id, and what was said of it."""
    why = owed.why if owed.word else "asked for though nothing is owed"
    who = by_person(asked.started_by)
    about = {STARTED_BY: who, LAUNCHED_BY: who, WHY: why, **tags_of_drops(owed.drops)}
    about |= {OWED: owed.word} if owed.word else {}
    hour = Hour(asked.now, is_replay=asked.is_replay)
    home = home_resource(lambda: asked.settings, asked.report, done, hour, asked.of_sources)
    definition = asked.jobs[job]
    here = definition.as_ephemeral_job(resource_defs={"home": home, PUBLICATION: publication}, input_values={})
    run = instance.create_run_for_job(
        definition, run_config=_SILENT, tags=about | _of_another_day(asked), remote_job_origin=origin_of(job)
    )
    # Unlike `execute_in_process` it takes a run that says where it belongs, without which the UI lists it nowhere.
    return run.run_id, list(execute_run_iterator(InMemoryJob(here), run, instance))


def _of_another_day(asked: Pass) -> dict[str, str]:
    return {"jalons/now": asked.now.isoformat()} if asked.is_replay else {}


def _told(settings: Settings, instance: dg.DagsterInstance, now: datetime) -> list[Stop]:
    """Bring the grid and the engineers up to date; where the ledger is out of reach they are told without it."""
    try:
        # The outbox of a ledger that is not this home's is none of ours.
        check_home(settings)
        fill_grid(settings, instance)
        alert_engineers(settings, faults_of_passes(settings, instance, now), now, PASS_RULES)
        # With what engineers were told, which they would be told again from a copy without it.
        with intake_lock(settings):
            copy_ledger(settings)
    except Exception as error:
        cause = cause_of(error)
        # Whoever begins Dagster's databases anew begins the pass again.
        if cause is None or cause.key == "dagster_unreadable":
            raise
        tell_cause(settings, error)
        return [Stop(None, str(error), cause)]
    return []


def _summary(run_id: str, done: Done, found: Sequence[Stop]) -> PassSummary:
    told = done.delivery.counts if done.delivery else {}
    sent = {name: counts["sent"] for name, counts in told.items() if "sent" in counts}
    return PassSummary(
        run_id=run_id,
        drops=Counter(one.receipt.status for one in done.taken.outcomes) if done.taken else {},
        releases=tuple((one.edition, one.revision) for one in done.releases or () if one.is_new),
        alerts_sent=sent,
        held_back=tuple(map(reason, done.judgement.holds)) if done.judgement else (),
        # One cause may stop several things.
        failures=tuple(dict.fromkeys(sentence for stop in found for sentence in stop.sentences)),
        causes=frozenset(stop.cause.key for stop in found if stop.cause),
    )
