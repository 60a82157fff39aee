"""A pass as the command line runs one by force: the real jobs, executed in this process."""

from collections.abc import Callable
from datetime import datetime
from functools import cache

import dagster as dg

from orchestration.definitions import defs
from orchestration.passes import run
from orchestration.passes.run import Pass, PassSummary
from orchestration.settings import Settings


@cache
def jobs() -> dict[str, dg.JobDefinition]:
    """The jobs of a pass, resolved once."""
    return {name: defs().resolve_job_def(name) for name in ("intake", "publication")}


def run_pass(
    settings: Settings,
    now: datetime,
    report: Callable[[str], None] = lambda _step: None,
    *,
    is_replay: bool = False,
) -> PassSummary:
    """One pass over a home, as if at `now`."""
    return run.run_pass(Pass(jobs(), settings, now, report, is_replay=is_replay))
