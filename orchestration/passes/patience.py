"""When a job that failed is tried again: after a pause that grows, and at once when anything changes.

What belongs here: the pauses, and the runs that they are counted from. What does not: whether anything is owed
(`has_work`), or who asks (the sensors of `defs/`, the watcher).
"""

from datetime import datetime, timedelta
from itertools import takewhile

import dagster as dg
from dagster import DagsterRunStatus

from orchestration.passes.faults import OWED, has_died

# A run that fails for one cause is tried again after a pause, each time twice as long, up to the longest.
_PAUSE, _LONGEST_PAUSE, _MOST_TRIES = timedelta(minutes=5), timedelta(hours=1), 5
# Those that died are none of them: each look at the inbox begins by healing.
_UNDER_WAY = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def is_under_way(instance: dg.DagsterInstance, job: str) -> bool:
    """Whether a run of the job waits or is at work, whoever started it."""
    return bool(instance.get_runs_count(dg.RunsFilter(job_name=job, statuses=_UNDER_WAY)))


def tried_again_at(instance: dg.DagsterInstance, job: str, owed: str, since: datetime) -> datetime | None:
    """When a run may be tried again that failed over what is owed now; `None` where none did `since` then."""
    recent = instance.get_run_records(dg.RunsFilter(job_name=job, created_after=since), limit=_MOST_TRIES)
    last = list(takewhile(lambda one: _is_failed(one, owed), recent))
    # A death is no fault of the pass, unless the next one dies too.
    died = [has_died(one.dagster_run) for one in last]
    if not last or died == [True] or died[:2] == [True, False]:
        return None
    ended: datetime = last[0].update_timestamp
    return ended + pause_after(len(last))


def pause_after(tries: int) -> timedelta:
    """How long nothing is tried after so many failures in a row over the same."""
    pause: timedelta = _PAUSE * 2 ** (min(tries, _MOST_TRIES) - 1)
    return min(pause, _LONGEST_PAUSE)


def _is_failed(record: dg.RunRecord, owed: str) -> bool:
    run = record.dagster_run
    return run.status == DagsterRunStatus.FAILURE and run.tags.get(OWED) == owed
