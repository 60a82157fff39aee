"""What starts passes: the jobs of an intake and of a publication, and the sensors that ask whether they are owed.

What belongs here: the jobs, their sensors and their patience, the schedules that ask the same under them, the
heartbeat of the looks at the inbox, and the sensor that tells engineers of faults. What does not: what a pass does and
what a fault is (`orchestration.passes`).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import dagster as dg
from dagster import DagsterRunStatus

from orchestration.alerting.delivery import alert_engineers
from orchestration.contracts import CONTRACTS
from orchestration.intake.home_identity import check_home
from orchestration.passes.faults import (
    ALL_RULES,
    INTAKE,
    LATE,
    OWED,
    PUBLICATION,
    faults_of_passes,
    faults_of_ticks,
    has_died,
)
from orchestration.passes.has_work import Owed, has_work, intake_owed, publication_owed
from orchestration.passes.healing import heal
from orchestration.passes.run_tags import WHY, tags_of_drops
from orchestration.passes.telling import is_anything_told, tell_cause, tell_recovered
from orchestration.settings import Settings

# A run that fails for one cause is tried again after a pause, each time twice as long, up to the longest.
_PAUSE, _LONGEST_PAUSE, _MOST_TRIES = timedelta(minutes=5), timedelta(hours=1), 5
# How often a look at the inbox is noted: often enough to be missed soon, and no more than 288 events a day.
_BEAT = timedelta(minutes=5)
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
_DROPS = dg.AssetSelection.assets("drops")

intake = dg.define_asset_job(
    INTAKE,
    selection=_DROPS,
    description="Take in every pending drop and answer it, whatever a publication is at.",
    executor_def=dg.in_process_executor,
    config=_QUIET,
)
publication = dg.define_asset_job(
    PUBLICATION,
    selection=dg.AssetSelection.all() - _DROPS - _PARTITIONED,
    description="Consolidate what the ledger lists, validate, release what changed, deliver alerts.",
    executor_def=dg.in_process_executor,
    config=_QUIET,
)


inbox_heartbeat = dg.AssetSpec(
    "inbox_heartbeat",
    deps=["inbox"],
    group_name="intake",
    owners=["team:intake"],
    kinds={"python"},
    description=f"The last look at the inbox, noted every {_BEAT / timedelta(minutes=1):.0f} minutes. Stale means that "
    "nobody looks: the daemon is stopped, the sensor is off, or the inbox or the ledger is out of reach. Whether a "
    "ministry is late is said by the calendar, not by an age.",
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=4 * _BEAT, warn_window=2 * _BEAT),
)


@dg.sensor(
    job=intake,
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks at the inbox every ten seconds, and asks for an intake when it and the ledger differ. What "
    "failed is tried again after a pause that grows to an hour, at once when anything changes.",
)
def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for an intake when the inbox and the ledger differ; the ledger decides: neither cursor nor run key."""
    return _asked_for(context, INTAKE, intake_owed)


@dg.sensor(
    job=publication,
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a publication when what was published is not what the ledger, the rules and the stores say "
    "now. What failed is tried again after a pause that grows to an hour, at once when anything changes.",
)
def publication_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a publication when what was published is not what the ledger, the rules and the stores say now."""
    return _asked_for(context, PUBLICATION, publication_owed)


@dg.schedule(
    job=intake,
    cron_schedule="7 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="A net under inbox_sensor: asks the same question once an hour, in case the sensor is off or "
    "broken. A tick that is missed costs nothing, and one too many asks for nothing.",
)
def intake_net(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask once an hour what inbox_sensor asks."""
    return _asked_for(context, INTAKE, intake_owed)


@dg.schedule(
    job=publication,
    cron_schedule="37 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="A net under publication_sensor: asks the same question once an hour, in case the sensor is off or "
    "broken. A tick that is missed costs nothing, and one too many asks for nothing.",
)
def publication_net(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask once an hour what publication_sensor asks."""
    return _asked_for(context, PUBLICATION, publication_owed)


def _asked_for(
    context: dg.SensorEvaluationContext | dg.ScheduleEvaluationContext,
    job: str,
    look: Callable[[Settings, datetime], Owed],
) -> dg.RunRequest | dg.SkipReason:
    settings, now = Settings(), datetime.now(UTC)
    try:
        heal(settings, context.instance, now)
        owed = look(settings, now)
        if job == INTAKE:
            _beat(context.instance, now)
        word = owed.word
        if word is None and is_anything_told(settings) and not has_work(settings, now):
            tell_recovered(settings)
    except Exception as error:
        return _known_cause(settings, error)
    if word is None:
        return dg.SkipReason(" ".join(owed.waits) or f"There is nothing to do for the {job}.")
    if context.instance.get_runs_count(dg.RunsFilter(job_name=job, statuses=_UNDER_WAY)):
        return dg.SkipReason(f"The {job} is under way; whatever came since is for the next one.")
    again = _tried_again_at(context.instance, job, word)
    if again and again > now:
        return dg.SkipReason(f"The last {job} failed; tried again at {again:%H:%M:%S} UTC, or when anything changes.")
    return dg.RunRequest(tags={OWED: word, WHY: owed.why, **tags_of_drops(owed.drops)})


def _beat(instance: dg.DagsterInstance, now: datetime) -> None:
    """Note that the inbox was looked at, unless it was noted lately."""
    last = instance.get_latest_materialization_event(inbox_heartbeat.key)
    if last is None or now - datetime.fromtimestamp(last.timestamp, UTC) >= _BEAT:
        instance.report_runless_asset_event(dg.AssetMaterialization(inbox_heartbeat.key))


def _tried_again_at(instance: dg.DagsterInstance, job: str, owed: str) -> datetime | None:
    """When a run may be tried again that failed over what is owed now; `None` where none did."""
    recent = instance.get_run_records(dg.RunsFilter(job_name=job, created_after=_LOADED_AT), limit=_MOST_TRIES)
    last = list(takewhile(lambda one: _is_failed(one, owed), recent))
    # A death is no fault of the pass, unless the next one dies too.
    died = [has_died(one.dagster_run) for one in last]
    if not last or died == [True] or died[:2] == [True, False]:
        return None
    ended: datetime = last[0].update_timestamp
    pause: timedelta = min(_PAUSE * 2 ** (len(last) - 1), _LONGEST_PAUSE)
    return ended + pause


def _is_failed(record: dg.RunRecord, owed: str) -> bool:
    run = record.dagster_run
    return run.status == DagsterRunStatus.FAILURE and run.tags.get(OWED) == owed


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells engineers on their channels what is wrong with passes, checks and the sensors: each fault once, "
    "and its end once.",
)
def engineers_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Tell engineers what is wrong with passes, checks and the sensors: each fault once, and its end once."""
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
        watched = (inbox_sensor.name, publication_sensor.name)
        late = (late for name in watched for late in faults_of_ticks(context.instance, name, now, since))
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
