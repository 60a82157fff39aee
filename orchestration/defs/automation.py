"""What starts passes: the jobs of an intake and of a publication, and the sensors that ask whether they are owed.

What belongs here: the jobs, their sensors and their patience, the schedules that ask the same under them, the tick of
the calendar, the heartbeat of the looks at the inbox, and the sensor that tells engineers of faults. What does not:
what a pass does, what the calendar asks for and what a fault is (`orchestration.passes`).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.alerting.engineers_delivery import alert_engineers
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
)
from orchestration.passes.has_work import Owed, has_work, intake_owed, publication_owed
from orchestration.passes.healing import heal
from orchestration.passes.heartbeat import BEAT, KEY, beat
from orchestration.passes.patience import is_under_way, tried_again_at
from orchestration.passes.run_tags import WHY, tags_of_drops
from orchestration.passes.telling import is_anything_told, tell_cause, tell_recovered
from orchestration.passes.watched import watcher_of
from orchestration.settings import Settings

# What failed before this service was started says nothing of it.
_LOADED_AT = datetime.now(UTC)
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
    KEY,
    deps=["inbox"],
    group_name="intake",
    owners=["team:intake"],
    kinds={"python"},
    description=f"The last look at the inbox, noted every {BEAT / timedelta(minutes=1):.0f} minutes. Stale means that "
    "nobody looks: the daemon is stopped, the sensor is off, or the inbox or the ledger is out of reach. Whether a "
    "ministry is late is said by the calendar, not by an age.",
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=4 * BEAT, warn_window=2 * BEAT),
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


def _schedule(
    name: str,
    job: str,
    look: Callable[[Settings, datetime], Owed],
    cron_schedule: str,
    description: str,
) -> dg.ScheduleDefinition:
    """What asks at its hours the question of a sensor; a tick that is missed costs nothing, one too many either."""

    @dg.schedule(
        name=name,
        job_name=job,
        cron_schedule=cron_schedule,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description,
    )
    def ask(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return _asked_for(context, job, look)

    return ask


_NET = (
    "A net under {sensor} and the watcher: asks the same question once an hour, in case both are off or broken. A tick "
    "that is missed costs nothing, and one too many asks for nothing."
)
intake_net = _schedule("intake_net", INTAKE, intake_owed, "7 * * * *", _NET.format(sensor="inbox_sensor"))
publication_net = _schedule(
    "publication_net", PUBLICATION, publication_owed, "37 * * * *", _NET.format(sensor="publication_sensor")
)
calendar_day = _schedule(
    "calendar_day",
    INTAKE,
    intake_owed,
    "1 0 * * *",
    "Asks as a day of the calendar begins, at midnight UTC, what inbox_sensor asks, so that on its day an edition "
    "opens or closes, reminders leave, and planned ends that passed are noted. What a missed tick leaves, the next "
    "look makes up for.",
)


def _asked_for(
    context: dg.SensorEvaluationContext | dg.ScheduleEvaluationContext,
    job: str,
    look: Callable[[Settings, datetime], Owed],
) -> dg.RunRequest | dg.SkipReason:
    settings, now = Settings(), datetime.now(UTC)
    try:
        if isinstance(context, dg.SensorEvaluationContext) and (watcher := watcher_of(settings)):
            # It does the same, sooner. A schedule asks all the same: a net is under the watcher too.
            return dg.SkipReason(f"A watcher lives over this home ({watcher}) and answers; this sensor stands back.")
        heal(settings, context.instance, now)
        owed = look(settings, now)
        if job == INTAKE:
            beat(context.instance, now)
        word = owed.word
        if word is None and is_anything_told(settings) and not has_work(settings, now):
            tell_recovered(settings)
    except Exception as error:
        return _known_cause(settings, error)
    if word is None:
        return dg.SkipReason(" ".join(owed.waits) or f"There is nothing to do for the {job}.")
    if is_under_way(context.instance, job):
        return dg.SkipReason(f"The {job} is under way; whatever came since is for the next one.")
    again = tried_again_at(context.instance, job, word, _LOADED_AT)
    if again and again > now:
        return dg.SkipReason(f"The last {job} failed; tried again at {again:%H:%M:%S} UTC, or when anything changes.")
    return dg.RunRequest(tags={OWED: word, WHY: owed.why, **tags_of_drops(owed.drops)})


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
