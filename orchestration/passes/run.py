"""A pass executed by this process on the home's Dagster instance.

What belongs here: running the job that it is given, telling engineers what failed, and summing the run up. What does
not: what a pass does (the assets of `defs/`), whether there is anything to do (`has_work`), or what is done about runs
that died (`healing`).
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import dagster as dg
import sqlalchemy as sa

from orchestration.alerting.delivery import alert_engineers
from orchestration.intake.gc_paused import gc_paused
from orchestration.intake.home_identity import check_home
from orchestration.operations.ledger_copies import copy_ledger
from orchestration.passes.alive import let_go_of_runs
from orchestration.passes.causes import cause_of
from orchestration.passes.event_log import connections_kept_open
from orchestration.passes.faults import PASS_RULES, Stop, faults_of_passes, stops
from orchestration.passes.healing import fill_grid, heal
from orchestration.passes.home import Done, home_resource
from orchestration.passes.instance import begin_anew_if_unreadable, prepare_instance
from orchestration.passes.telling import tell_cause
from orchestration.settings import Settings

# What failed is in the summary, and in full in the UI.
_SILENT = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class PassSummary:
    """What a pass did: drops by status, (edition, revision) of new releases, alerts sent by channel, what failed.

    A failure is a line; `causes` are the keys of those that are known.
    """

    run_id: str
    drops: Mapping[str, int] = field(default_factory=dict)
    releases: tuple[tuple[str, int], ...] = ()
    alerts_sent: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    causes: frozenset[str] = frozenset()


def run_pass(
    job: dg.JobDefinition,
    settings: Settings,
    now: datetime,
    report: Callable[[str], None] = lambda _step: None,
    *,
    is_replay: bool = False,
) -> PassSummary:
    """Execute the job of a pass in this process on the home's instance, as if at `now`; `report` is told each step.

    What fails is in the summary; nothing is raised for it. A replay says the time of another day. Where Dagster's
    databases cannot be read, they are begun anew, and so is the pass.
    """
    report("Starting")
    prepare_instance(settings.dagster_home, report)
    moment = {"config": {"now": now.isoformat(), "is_replay": is_replay}}

    def execute() -> PassSummary:
        return _execute(job, settings, now, moment, report)

    try:
        summary = execute()
        is_doubtful = not summary.causes.isdisjoint({"ledger_unreadable", "dagster_unreadable"})
    except (sqlite3.DatabaseError, sa.exc.DatabaseError):
        if not begin_anew_if_unreadable(settings.dagster_home):
            raise
        summary, is_doubtful = execute(), False
    if is_doubtful and begin_anew_if_unreadable(settings.dagster_home):
        summary = execute()
    return summary


def make_ready(settings: Settings, now: datetime, report: Callable[[str], None]) -> None:
    """Make the home's instance ready for whoever runs passes on it, without running one."""
    prepare_instance(settings.dagster_home, report)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        heal(settings, instance, now)
        fill_grid(settings, instance)


def _execute(
    job: dg.JobDefinition,
    settings: Settings,
    now: datetime,
    moment: Mapping[str, object],
    report: Callable[[str], None],
) -> PassSummary:
    done = Done()
    dagster_home = str(settings.dagster_home)
    with dg.DagsterInstance.from_config(dagster_home) as instance, connections_kept_open(instance), gc_paused():
        heal(settings, instance, now)
        result = job.execute_in_process(
            instance=instance,
            resources={"home": home_resource(lambda: settings, report, done)},
            run_config={"ops": {"drops": moment, "delivered_alerts": moment}, **_SILENT},
            tags={"jalons/now": now.isoformat()},
            raise_on_error=False,
        )
        let_go_of_runs()
        found = [*stops(result.all_events), *_told(settings, instance, now)]
    return _summary(result.run_id, done, found)


def _told(settings: Settings, instance: dg.DagsterInstance, now: datetime) -> list[Stop]:
    """Bring the grid and the engineers up to date; where the ledger is out of reach they are told without it."""
    try:
        # The outbox of a ledger that is not this home's is none of ours.
        check_home(settings)
        fill_grid(settings, instance)
        alert_engineers(settings, faults_of_passes(settings, instance, now), now, PASS_RULES)
        # With what engineers were told, which they would be told again from a copy without it.
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
        # One cause may stop several things.
        failures=tuple(dict.fromkeys(sentence for stop in found for sentence in stop.sentences)),
        causes=frozenset(stop.cause.key for stop in found if stop.cause),
    )
