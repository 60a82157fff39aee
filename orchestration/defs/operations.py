"""Operations in the UI: the scrub of the home and the purge of its history, once a day each.

What belongs here: the jobs and their schedules. What does not: what a scrub reads and mends
(`orchestration.operations`), or what a purge leaves (`orchestration.passes.purge`).
"""

from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.metadata import table
from orchestration.passes import upkeep
from orchestration.settings import Settings


@dg.op(description="Read every file that the home keeps, and hold it against what was noted of it.")
def scrub_home(context: dg.OpExecutionContext) -> None:
    """Scrub the home between two publications; fail where something is missing or damaged."""
    found = upkeep.scrub_home(Settings(), datetime.now(UTC), context.log.info)
    lines = [
        {"store": one.store, "read": one.files, "mended": len(one.mended), "damaged": ", ".join(one.damaged)}
        for one in found
    ]
    context.add_output_metadata({"stores": table(lines)})
    if any(one.damaged for one in found):
        raise dg.Failure(
            "Files are missing or damaged; a pass makes again what can be made again.", allow_retries=False
        )


@dg.job(description="Once a day: what the home keeps is what it kept. Engineers are told what is not.")
def scrub_job() -> None:
    """Scrub the home."""
    scrub_home()


scrub_schedule = dg.ScheduleDefinition(
    job=scrub_job,
    cron_schedule="30 3 * * *",
    execution_timezone="Europe/Paris",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Once a night, before the purge: has anything decayed on the disk? One that is missed costs nothing.",
)


@dg.op(description="Take away the history of runs that is over, but for what is plotted and what is latest.")
def purge_home(context: dg.OpExecutionContext) -> None:
    """Purge Dagster's history and dead drafts, whoever is at work."""
    done = upkeep.purge_home(Settings(), datetime.now(UTC), context.log.info)
    context.add_output_metadata(
        {"runs": done.runs, "mb_before": done.bytes_before / 1e6, "mb_after": done.bytes_after / 1e6}
    )


@dg.job(description="Once a day: Dagster's history stays within JALONS_HISTORY_DAYS. The ledger keeps all that counts.")
def purge_job() -> None:
    """Purge the history."""
    purge_home()


purge_schedule = dg.ScheduleDefinition(
    job=purge_job,
    cron_schedule="30 4 * * *",
    execution_timezone="Europe/Paris",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Once a night, after the scrub: what is old goes. One that is missed is made up for by the next.",
)
