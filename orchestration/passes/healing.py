"""Healing: a run whose process died is reported failed and told to engineers, so that nothing waits for it.

What belongs here: finding the dead and burying them. What does not: who is alive (`alive`), and what engineers are
told and until when (`faults`). Dagster's word does not decide: it takes a run that died for one under way, for good.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import DagsterRunStatus, RunRecord
from filelock import FileLock

from orchestration.alerting.engineers_delivery import alert_engineers
from orchestration.answers.filing_status import known_editions
from orchestration.passes import fingerprint
from orchestration.passes.alive import ENDED, Mark, forget_run, run_marks
from orchestration.passes.databases import set_aside_unreadable_log
from orchestration.passes.faults import DIED, DIED_AS, JOBS, death_of, faults_of_deaths, has_died
from orchestration.passes.run_tags import LOCATION
from orchestration.settings import Settings

# From its first word to its file a run takes some ten seconds, to load its code, and a minute on a machine that has
# much else to do: until then it may be starting. Dagster waits for as long (`start_timeout_seconds`).
STARTING_UP = timedelta(minutes=3)

_UNDER_WAY = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]
_IN_ORDER = {DagsterRunStatus.SUCCESS, DagsterRunStatus.CANCELED}
# As Dagster names the job of what is materialized by hand.
_BY_HAND = "__ASSET_JOB"


def heal(settings: Settings, instance: dg.DagsterInstance, now: datetime) -> None:
    """Report each run that died as failed, free what it held, and tell engineers, once however often it is looked for.

    A death between any two steps leaves what the next call finds: a file goes last, and engineers are told before.
    """
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / ".heal.lock"):
        marks = run_marks(home)
        records = _records(instance, list(marks))
        dead = [record.dagster_run for record in records if _is_dead(record, marks.get(record.dagster_run.run_id))]
        for run in dead:
            # What killed it may have broken its log too.
            set_aside_unreadable_log(home, run.run_id)
            instance.add_run_tags(run.run_id, {DIED: "true", DIED_AS: run.run_id})
        if dead:
            faults = [*faults_of_deaths(settings, instance), *(death_of(instance, run) for run in dead)]
            alert_engineers(settings, faults, now, ["pass_died"])
        for run in dead:
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            if not run.is_finished:
                instance.report_run_failed(run, "The process of this run died; the next pass takes all that waits.")
            forget_run(home, run.run_id)
        if dead:
            # What they left half written is swept before the next publication.
            fingerprint.forget(settings)
        for run_id, mark in marks.items():
            if not mark.is_held:
                forget_run(home, run_id)


def fill_grid(settings: Settings, instance: dg.DagsterInstance) -> None:
    """Make sure that every edition there is has its row in Dagster's grid, which a database begun anew has not."""
    missing = set(known_editions(settings)) - set(instance.get_dynamic_partitions("edition"))
    if missing:
        instance.add_dynamic_partitions("edition", sorted(missing))


def _records(instance: dg.DagsterInstance, marked: list[str]) -> list[RunRecord]:
    """The runs under way, and those that have left a file."""
    records = list(instance.get_run_records(dg.RunsFilter(statuses=_UNDER_WAY)))
    if marked:
        records += instance.get_run_records(dg.RunsFilter(run_ids=marked))
    return list({record.dagster_run.run_id: record for record in records}.values())


def _is_dead(record: RunRecord, mark: Mark | None) -> bool:
    run = record.dagster_run
    if mark is None:
        # The clock of the machine, whatever the hour of the pass: it dates the records.
        is_late = datetime.now(UTC) - record.update_timestamp > STARTING_UP or has_died(run)
        return _leaves_a_file(run) and is_late
    if mark.is_held or run.status in _IN_ORDER or run.status == DagsterRunStatus.QUEUED:
        return False
    # A failure that the run said itself is none of a dead one; one that Dagster said of it is.
    return not run.is_finished or mark.text != ENDED


def _leaves_a_file(run: dg.DagsterRun) -> bool:
    """Whether a run is ours, and takes the home for sure: checks alone do not, and hold nothing."""
    origin = run.remote_job_origin
    is_ours = origin is None or origin.location_name == LOCATION
    takes_home = run.job_name in JOBS or (run.job_name.startswith(_BY_HAND) and bool(run.run_op_concurrency))
    return is_ours and takes_home
