"""The same project as Dagster's defaults have it: a process per run and per step, sensors that look every 30 seconds.

What belongs here: the code location that `latency` measures beside ours. What does not: assets, checks and the question
what is owed, which are ours.
"""

import dagster as dg

from orchestration.definitions import defs as ours
from orchestration.defs import automation

_OURS = ours()
_JOBS = {
    job.name: dg.define_asset_job(job.name, selection=job.selection)
    for job in (automation.intake, automation.publication)
}


@dg.sensor(job=_JOBS["intake"], default_status=dg.DefaultSensorStatus.RUNNING)
def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """What ours asks."""
    return automation.inbox_sensor(context)  # type: ignore[return-value]


@dg.sensor(job=_JOBS["publication"], default_status=dg.DefaultSensorStatus.RUNNING)
def publication_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """What ours asks."""
    return automation.publication_sensor(context)  # type: ignore[return-value]


defs = dg.Definitions(
    assets=_OURS.assets,
    asset_checks=_OURS.asset_checks,
    resources=_OURS.resources,
    jobs=list(_JOBS.values()),
    sensors=[inbox_sensor, publication_sensor],
)
