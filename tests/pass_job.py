"""A pass as the command line runs one: the real job, executed in this process."""

from collections.abc import Callable
from datetime import datetime
from functools import cache

import dagster as dg

from orchestration.definitions import defs
from orchestration.passes import run
from orchestration.passes.run import PassSummary
from orchestration.settings import Settings


@cache
def job() -> dg.JobDefinition:
    """The job of a pass, resolved once."""
    return defs().resolve_job_def("process_drops")


def run_pass(
    settings: Settings,
    now: datetime,
    report: Callable[[str], None] = lambda _step: None,
    *,
    is_replay: bool = False,
) -> PassSummary:
    """One pass over a home, as if at `now`."""
    return run.run_pass(job(), settings, now, report, is_replay=is_replay)
