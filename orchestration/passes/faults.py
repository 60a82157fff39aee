"""What is wrong with the machine now, as Dagster knows it: passes, checks on the marts, ticks of the inbox's sensor.

What belongs here: asking the instance, and the names by which what a failed check says is found there. What does not:
finding the runs that died (`healing`), what is said of a fault (`orchestration.alerting.faults`) and to whom
(`orchestration.alerting.engineers_delivery`).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import dagster as dg
from dagster import DagsterRunStatus
from dagster._core.event_api import PartitionKeyFilter
from dagster._core.scheduler.instigation import InstigatorStatus, InstigatorType, TickStatus
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)
from dagster._core.storage.tags import HIDDEN_TAG_PREFIX
from dagster_shared.error import SerializableErrorInfo

from expectations.runner import MART_SUITES
from orchestration.alerting.alerts import Alert
from orchestration.alerting.faults import (
    INCIDENT_RULES,
    FaultRule,
    check_broken,
    check_failed,
    history_set_aside,
    of_incident,
    pass_died,
    pass_failed,
    tick_late,
)
from orchestration.alerting.outbox_questions import read_states
from orchestration.intake.incidents import open_incidents
from orchestration.intake.ledger import Ledger
from orchestration.passes.causes import Cause, cause_of_record, words_of
from orchestration.passes.databases import folders_set_aside
from orchestration.settings import Settings

# The jobs of a pass (and the resource that a publication holds), and its step that says the verdicts on the marts.
INTAKE, PUBLICATION, MART_CHECKS = "intake", "publication", "mart_checks"
JOBS = (INTAKE, PUBLICATION)
# The names of what a failed check says for engineers.
BROKEN, FOUND = "broken", "found"
# Tags of a run: that its process died, and the word for what was owed as it began, a digest that the UI need not show.
DIED, OWED = "jalons/died", f"{HIDDEN_TAG_PREFIX}jalons_owed"
# Which run it was that died: whoever runs a run again is given all its tags.
DIED_AS = f"{HIDDEN_TAG_PREFIX}jalons_died_as"
# The inbox's sensor looks every ten seconds; a restart of the machine takes a minute or two.
LATE = timedelta(minutes=10)

PASS_RULES: tuple[FaultRule, ...] = (
    *("pass_failed", "pass_died", "check_failed", "check_broken", "history_set_aside"),
    *INCIDENT_RULES,
)
ALL_RULES: tuple[FaultRule, ...] = (*PASS_RULES, "tick_late")

_ENDED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE]
_JUDGED = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}
# States of the outbox in which a channel has still to be told.
_UNTOLD = {"planned", "sending", "unknown"}
# Runs looked at, from the last one back; who dies more often has told engineers so.
_MOST_RUNS = 50
_UNKNOWN = "aucune cause enregistrée"


def has_died(run: dg.DagsterRun) -> bool:
    """Whether the process of this run died, and not only that of the one that it runs again."""
    # One that died before this was noted has no such tag; what runs it again has a parent.
    known = run.tags.get(DIED_AS, None if run.parent_run_id else run.run_id)
    return run.tags.get(DIED) == "true" and known == run.run_id


def faults_of_passes(settings: Settings, instance: dg.DagsterInstance, now: datetime) -> Iterator[Alert]:
    """Where the last intake and publication that ended stopped, runs that died, checks that failed when last they ran,
    what of Dagster's own was set aside, and what went wrong with the stores of the home.
    """
    with Ledger(settings.ledger) as ledger:
        yield from map(of_incident, open_incidents(ledger.engine, now))
    for job in JOBS:
        ended = instance.get_runs(dg.RunsFilter(job_name=job, statuses=_ENDED), limit=_MOST_RUNS)
        # One that died says nothing of what stopped the one before it.
        last = next((run for run in ended if not has_died(run)), None)
        if last and last.status == DagsterRunStatus.FAILURE:
            yield from _stops(instance, last)
    yield from faults_of_deaths(settings, instance)
    for record in _last_judgements(instance):
        yield from _failed(record)
    for folder in folders_set_aside(settings.dagster_home):
        yield history_set_aside(str(folder))


def faults_of_deaths(settings: Settings, instance: dg.DagsterInstance) -> Iterator[Alert]:
    """Each run that died, until its job has gone through since, and until every channel has been told.

    What was begun by hand is over once a publication has gone through.
    """
    through = {job: _last_success(instance, job) for job in JOBS}
    tagged = instance.get_run_records(dg.RunsFilter(tags={DIED: "true"}), limit=_MOST_RUNS)
    dead = [record for record in tagged if has_died(record.dagster_run)]
    told = read_states(settings) if dead else {}
    # The oldest first: of two deaths of a pass, the message is about the later one.
    for record in reversed(dead):
        fault = death_of(instance, record.dagster_run)
        last = through.get(record.dagster_run.job_name, through[PUBLICATION])
        states = told[fault.alert_key].channels.values() if fault.alert_key in told else ()
        if last is None or last < record.update_timestamp or not _UNTOLD.isdisjoint(states):
            yield fault


def _last_success(instance: dg.DagsterInstance, job: str) -> datetime | None:
    through = dg.RunsFilter(job_name=job, statuses=[DagsterRunStatus.SUCCESS])
    return max((record.update_timestamp for record in instance.get_run_records(through, limit=1)), default=None)


def death_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Alert:
    """What is said of a run that died: one run of a job after another is one fault, a run begun by hand is one each."""
    is_by_hand = run.job_name not in JOBS
    ends = {dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE}
    logs = instance.all_logs(run.run_id, of_type={dg.DagsterEventType.STEP_START, *ends})
    # Steps come one after the other: the last word is of the one that it died in, or after.
    step, is_over = (logs[-1].step_key, logs[-1].dagster_event_type in ends) if logs else (None, False)
    subject = run.run_id if is_by_hand else run.job_name
    return pass_died(subject, step=step, is_step_over=is_over, is_by_hand=is_by_hand, run_id=run.run_id)


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


class Stop(NamedTuple):
    """Where a run stopped, at no step in particular if `None`: what was said there, and the cause where it is known."""

    step: str | None
    words: str
    cause: Cause | None

    @property
    def sentences(self) -> list[str]:
        """What the terminal says of it: a sentence where the cause is known, else the first line of what was said."""
        # Each line about verdicts is ours, and says which edition is held back.
        said = (
            [self.cause.sentence]
            if self.cause
            else self.words.splitlines()
            if self.step == MART_CHECKS
            else [_brief(self.words)]
        )
        return [f"{self.step}: {one}" if self.step else one for one in said]


def stops(events: Iterable[dg.DagsterEvent]) -> list[Stop]:
    """The steps that failed; else what made the whole run fail, or went wrong as it gave up what it was given."""
    steps, others = [], []
    for event in events:
        error = getattr(event.event_specific_data, "error", None)
        if event.is_step_failure:
            steps.append(_stop(event, error))
        elif event.is_run_failure or (event.is_engine_event and error):
            others.append(_stop(event, error))
    return steps or others


def _stop(event: dg.DagsterEvent, error: SerializableErrorInfo | None) -> Stop:
    if error is None:
        return Stop(event.step_key, event.message or _UNKNOWN, None)
    deepest = error.cause or error
    # A failure that is ours says all in its own words; of any other the class says much.
    words = words_of(deepest) if deepest.cls_name == dg.Failure.__name__ else deepest.message.strip()
    return Stop(event.step_key, words or _UNKNOWN, cause_of_record(error))


def last_evaluations(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, partition: str | None = None
) -> Iterator[dg.AssetCheckEvaluation]:
    """What a check said when it last said anything, of a partition where one is given: none where it never did."""
    of_partition = PartitionKeyFilter(key=partition) if partition else None
    for record in instance.event_log_storage.get_asset_check_execution_history(
        key, limit=1, status=_JUDGED, partition_filter=of_partition
    ):
        if record.event and record.event.asset_check_evaluation:
            yield record.event.asset_check_evaluation


def _stops(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Iterator[Alert]:
    logs = instance.all_logs(run.run_id, of_type={dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE})
    events = [entry.dagster_event for entry in logs if entry.dagster_event]
    for step, words, cause in stops(events) or [Stop(None, _UNKNOWN, None)]:
        # A check that fails is a fault of its own: the step that says it stops nothing.
        if step != MART_CHECKS:
            said, to_do = (cause.said, cause.to_do) if cause else (_brief(words), None)
            yield pass_failed(step or run.job_name, step=step, cause=said, to_do=to_do, run_id=run.run_id)


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
