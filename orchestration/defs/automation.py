"""What starts a pass: one job over everything that has no partition, and the sensor that looks at the inbox.

What belongs here: the job, its sensor and its patience, and the sensor that tells engineers of faults. What does not:
what a pass does and what a fault is (`orchestration.passes`).
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import DagsterRunStatus

from orchestration.alerting.delivery import alert_engineers
from orchestration.contracts import CONTRACTS
from orchestration.intake.home_identity import check_home
from orchestration.passes.faults import (
    ALL_RULES,
    DIED,
    LATE,
    PROCESS_DROPS,
    faults_of_passes,
    faults_of_ticks,
)
from orchestration.passes.has_work import has_work
from orchestration.passes.healing import heal
from orchestration.passes.telling import tell_cause, tell_recovered
from orchestration.settings import Settings

_PAUSE_AFTER_FAILURE = timedelta(minutes=5)
# What failed before this service was started says nothing of it.
_LOADED_AT = datetime.now(UTC)
# Those that died are none of them: each look at the inbox begins by healing.
_UNDER_WAY = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]

# The UI has every event; a terminal is for what went wrong.
_QUIET = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}

# One job cannot hold two kinds of partitions: a pass logs what it filled of these, and they are run by hand.
_PARTITIONED = dg.AssetSelection.assets(*(["submissions", kind] for kind in CONTRACTS), "edition_release")

process_drops = dg.define_asset_job(
    PROCESS_DROPS,
    selection=dg.AssetSelection.all() - _PARTITIONED,
    description="One pass: take in every pending drop, consolidate, validate, release what changed, deliver alerts.",
    executor_def=dg.in_process_executor,
    config=_QUIET,
)


@dg.sensor(job=process_drops, minimum_interval_seconds=10, default_status=dg.DefaultSensorStatus.RUNNING)
def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a pass when the inbox and the ledger differ; the ledger decides: neither cursor nor run key."""
    settings, now = Settings(), datetime.now(UTC)
    try:
        heal(settings, context.instance, now)
        is_work_owed = has_work(settings, now)
    except Exception as error:
        return _known_cause(settings, error)
    if not is_work_owed:
        tell_recovered(settings)
        return dg.SkipReason("The inbox holds nothing that the ledger does not know.")
    if context.instance.get_runs_count(dg.RunsFilter(job_name=PROCESS_DROPS, statuses=_UNDER_WAY)):
        return dg.SkipReason("A pass is under way; whatever came since is for the next one.")
    paused = now - _PAUSE_AFTER_FAILURE
    recent = dg.RunsFilter(job_name=PROCESS_DROPS, updated_after=paused, created_after=_LOADED_AT)
    last = context.instance.get_runs(recent, limit=2)
    # A death is no fault of the pass, unless the next one dies too.
    died_once = bool(last) and DIED in last[0].tags and not any(DIED in run.tags for run in last[1:])
    if last and last[0].status == DagsterRunStatus.FAILURE and not died_once:
        return dg.SkipReason(f"The last pass failed ({last[0].run_id}); the next try is five minutes after it.")
    return dg.RunRequest()


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def engineers_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Tell engineers what is wrong with passes, checks and the inbox's sensor: each fault once, and its end once."""
    settings, now = Settings(), datetime.now(UTC)
    # While a machine is off nothing ticks, this sensor neither: only what it has watched for itself is late.
    since, last = map(datetime.fromisoformat, context.cursor.split()) if context.cursor else (now, now)
    if now - last > LATE:
        since = now
    context.update_cursor(f"{since.isoformat()} {now.isoformat()}")
    try:
        # The outbox of a ledger that is not this home's is none of ours.
        check_home(settings)
        heal(settings, context.instance, now)
        late = faults_of_ticks(context.instance, inbox_sensor.name, now, since)
        faults = [*faults_of_passes(settings, context.instance, now), *late]
        alert_engineers(settings, faults, now, ALL_RULES)
    except Exception as error:
        return _known_cause(settings, error)
    return dg.SkipReason(f"Faults: {', '.join(fault.alert_key for fault in faults) or 'none'}.")


def _known_cause(settings: Settings, error: Exception) -> dg.SkipReason:
    """Tell engineers why nothing can be looked at, rather than fail each time; an unknown error is raised again."""
    cause = tell_cause(settings, error)
    if cause is None:
        raise error
    return dg.SkipReason(cause.sentence)
