"""What starts a pass: one job over everything that has no partition, and the sensor that looks at the inbox.

What belongs here: the job, the sensor and its patience. What does not: what a pass does.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import DagsterRunStatus

from orchestration.intake.contracts import CONTRACTS
from orchestration.intake.take_in import pending
from orchestration.settings import Settings

_UNDER_WAY = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
]
# A run that says nothing for so long has died with its machine; a second pass would wait for the home, not clash.
_MOST_PATIENCE = timedelta(minutes=30)
_PAUSE_AFTER_FAILURE = timedelta(minutes=5)

# The UI has every event; a terminal is for what went wrong.
_QUIET = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}

# One job cannot hold two kinds of partitions: a pass logs what it filled of these, and they are run by hand.
_PARTITIONED = dg.AssetSelection.assets(*(["submissions", kind] for kind in CONTRACTS), "edition_release")

process_drops = dg.define_asset_job(
    "process_drops",
    selection=dg.AssetSelection.all() - _PARTITIONED,
    description="One pass: take in every pending drop, consolidate, validate, release what changed, deliver alerts.",
    executor_def=dg.in_process_executor,
    config=_QUIET,
)


@dg.sensor(job=process_drops, minimum_interval_seconds=10, default_status=dg.DefaultSensorStatus.RUNNING)
def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a pass when the inbox and the ledger differ; the ledger decides: neither cursor nor run key."""
    now = datetime.now(UTC)
    if not pending(Settings(), now):
        return dg.SkipReason("The inbox holds nothing that the ledger does not know.")
    under_way = dg.RunsFilter(job_name=process_drops.name, statuses=_UNDER_WAY, updated_after=now - _MOST_PATIENCE)
    if context.instance.get_runs_count(under_way):
        return dg.SkipReason("A pass is under way; whatever came since is for the next one.")
    failed = dg.RunsFilter(job_name=process_drops.name, updated_after=now - _PAUSE_AFTER_FAILURE)
    last = context.instance.get_runs(failed, limit=1)
    if last and last[0].status == DagsterRunStatus.FAILURE:
        return dg.SkipReason(f"The last pass failed ({last[0].run_id}); the next try is five minutes after it.")
    return dg.RunRequest()
