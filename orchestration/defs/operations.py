"""Operations in the UI: the scrub of the home, once a day.

What belongs here: the job and its schedule. What does not: what a scrub reads and mends (`orchestration.operations`).
"""

from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.metadata import markdown_table
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
    context.add_output_metadata({"stores": markdown_table(lines)})
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
)
