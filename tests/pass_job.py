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
def definitions() -> dg.Definitions:
    """The code location, loaded once in a process."""
    return defs()


@cache
def jobs() -> dict[str, dg.JobDefinition]:
    """The jobs of a pass, resolved once."""
    return {name: definitions().resolve_job_def(name) for name in ("intake", "publication")}


@cache
def buttons() -> dg.JobDefinition:
    """The job behind the buttons of the UI: every asset, of which a run takes those that are chosen."""
    return definitions().resolve_implicit_global_asset_job_def()


def run_pass(
    settings: Settings,
    now: datetime,
    report: Callable[[str], None] = lambda _step: None,
    *,
    is_replay: bool = False,
    is_forced: bool = True,
) -> PassSummary:
    """One pass over a home, as if at `now`; where it is not forced, of what is owed alone."""
    return run.run_pass(Pass(jobs(), settings, now, report, is_replay=is_replay, is_forced=is_forced))
