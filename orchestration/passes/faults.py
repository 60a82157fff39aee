"""What is wrong with the machine now, as Dagster knows it: passes, checks on the marts, ticks of the inbox's sensor.

What belongs here: asking the instance, and the names by which what a failed check says is found there. What does not:
what is said of a fault (`orchestration.alerting.faults`) and to whom (`orchestration.alerting.delivery`).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
from dagster import DagsterRunStatus
from dagster._core.scheduler.instigation import InstigatorStatus, InstigatorType, TickStatus
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from expectations.runner import MART_SUITES
from orchestration.alerting.alerts import Alert
from orchestration.alerting.faults import FaultRule, check_broken, check_failed, pass_failed, tick_late

# The job of a pass, and its step that says the verdicts on the marts.
PROCESS_DROPS, MART_CHECKS = "process_drops", "mart_checks"
# The names of what a failed check says for engineers.
BROKEN, FOUND = "broken", "found"
UNDER_WAY = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
]
# A run that says nothing for so long has died with its machine; a second pass would wait for the home, not clash.
MOST_PATIENCE = timedelta(minutes=30)
# The inbox's sensor looks every ten seconds; a restart of the machine takes a minute or two.
LATE = timedelta(minutes=10)

PASS_RULES: tuple[FaultRule, ...] = ("pass_failed", "check_failed", "check_broken")
ALL_RULES: tuple[FaultRule, ...] = (*PASS_RULES, "tick_late")

_ENDED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE]
_JUDGED = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


def faults_of_passes(instance: dg.DagsterInstance) -> Iterator[Alert]:
    """Where the last pass that ended stopped, a pass that died, and the checks that failed when last they ran."""
    ended = instance.get_runs(dg.RunsFilter(job_name=PROCESS_DROPS, statuses=_ENDED), limit=1)
    if ended and ended[0].status == DagsterRunStatus.FAILURE:
        yield from _stops(instance, ended[0].run_id)
    # The clock of the machine, whatever the hour of the pass: it dates the records.
    dead = dg.RunsFilter(job_name=PROCESS_DROPS, statuses=UNDER_WAY, updated_before=datetime.now(UTC) - MOST_PATIENCE)
    last = instance.get_runs(dg.RunsFilter(job_name=PROCESS_DROPS), limit=1)
    if last and last[0].run_id in {run.run_id for run in instance.get_runs(dead)}:
        silent = f"rien n’est venu d’elle depuis {MOST_PATIENCE // timedelta(minutes=1)} minutes"
        yield pass_failed(PROCESS_DROPS, cause=silent, run_id=last[0].run_id)
    for record in _last_judgements(instance):
        yield from _failed(record)


def faults_of_ticks(instance: dg.DagsterInstance, sensor: str, now: datetime, since: datetime) -> Iterator[Alert]:
    """A sensor whose last good tick is older than `LATE`, if the ticks were watched from `since` on."""
    last, cause = since, "aucun passage enregistré"
    for state in instance.all_instigator_state(instigator_type=InstigatorType.SENSOR):
        if state.name != sensor:
            continue
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        good = instance.get_ticks(
            *(state.instigator_origin_id, state.selector_id),
            limit=1,
            statuses=[TickStatus.SUCCESS, TickStatus.SKIPPED],
        )
        last = max([last, *(datetime.fromtimestamp(tick.timestamp, UTC) for tick in good)])
        if state.status == InstigatorStatus.STOPPED:
            cause = "il est arrêté dans Dagster"
        elif ticks and ticks[0].status == TickStatus.FAILURE and ticks[0].error:
            cause = _brief(ticks[0].error.message)
        else:
            cause = "il ne répond plus"
    if now - last > LATE:
        yield tick_late(sensor, last=last, cause=cause)


def step_failures(events: Iterable[dg.DagsterEvent]) -> Iterator[tuple[str, str]]:
    """The steps that failed, each with the message of its cause."""
    for event in events:
        if event.is_step_failure and (error := event.step_failure_data.error):
            yield str(event.step_key), (error.cause or error).message.strip()


def last_evaluations(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> Iterator[dg.AssetCheckEvaluation]:
    """What a check said when it last said anything: none where it never did."""
    for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=1, status=_JUDGED):
        if record.event and record.event.asset_check_evaluation:
            yield record.event.asset_check_evaluation


def _stops(instance: dg.DagsterInstance, run_id: str) -> Iterator[Alert]:
    logs = instance.all_logs(run_id, of_type={dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE})
    events = [entry.dagster_event for entry in logs if entry.dagster_event]
    # A check that fails is a fault of its own: the step that says it stops nothing.
    failed = dict(step_failures(events))
    for step, cause in failed.items():
        if step != MART_CHECKS:
            yield pass_failed(step, cause=_brief(cause), run_id=run_id)
    if not failed:
        message = next((event.message for event in events if event.message), "aucune cause enregistrée")
        yield pass_failed(PROCESS_DROPS, cause=_brief(message), run_id=run_id)


def _last_judgements(instance: dg.DagsterInstance) -> Iterator[AssetCheckExecutionRecord]:
    log = instance.event_log_storage
    for key, record in log.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(dg.AssetKey([suite.name]), rule.id) for suite in MART_SUITES for rule in suite.rules]
    ).items():
        if record.status in _JUDGED:
            yield record
        else:
            # A pass that stopped before its checks says nothing of them: what was said before still holds.
            yield from log.get_asset_check_execution_history(key, limit=1, status=_JUDGED)


def _failed(record: AssetCheckExecutionRecord) -> Iterator[Alert]:
    evaluation = record.event.asset_check_evaluation if record.event else None
    if evaluation is None or evaluation.passed:
        return
    name, mart = evaluation.check_name, evaluation.asset_key.to_user_string()
    is_error = evaluation.severity == dg.AssetCheckSeverity.ERROR
    metadata: dict[str, Any] = {key: entry.value for key, entry in evaluation.metadata.items()}
    if BROKEN in metadata:
        yield check_broken(name, mart, reason=_brief(metadata[BROKEN]), is_error=is_error, run_id=record.run_id)
    for edition, found in metadata.get(FOUND, {}).items():
        details = {"found": found, "remedy": metadata["remedy"], "is_error": is_error, "run_id": record.run_id}
        yield check_failed(name, mart, edition or None, **details)


def _brief(message: str) -> str:
    return message.strip().splitlines()[0][:300]
