"""The Dagster instance of a home, and a pass executed on it by this process.

What belongs here: preparing the instance, running the job, and summing the run up. What does not: what a pass does
(the assets).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from io import StringIO
from pathlib import Path

import dagster as dg

from orchestration.alerting.delivery import Delivery, tell_engineers
from orchestration.defs.event_log import kept_open
from orchestration.defs.faults import PASS_RULES, faults_of_passes, step_failures
from orchestration.defs.resources import home_resource
from orchestration.garbage import collection_held
from orchestration.intake.take_in import TakeIn
from orchestration.publication.release import Release
from orchestration.settings import Settings

_DAGSTER_YAML = """\
# Written once by Jalons and then yours. Without a `storage` section everything is SQLite in this folder.
telemetry:
  enabled: false
concurrency:
  pools:
    # A pass holds the warehouse as one unit, from its first step to its last.
    default_limit: 1
    granularity: run
compute_logs:
  # What a step prints goes where its process prints; capturing it takes four more processes per run.
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
retention:
  sensor:
    purge_after_days: {skipped: 1, success: 30, failure: 30, started: 7}
"""


# What failed is in the summary, and in full in the UI.
_SILENT = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class PassSummary:
    """What a pass did: drops by status, (edition, revision) of new releases, alerts sent by channel, what failed."""

    run_id: str
    drops: Mapping[str, int] = field(default_factory=dict)
    releases: tuple[tuple[str, int], ...] = ()
    alerts_sent: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[str, ...] = ()


def prepare_instance(dagster_home: Path) -> None:
    """Write `dagster.yaml` where it is absent and bring the instance's tables up to date; two at once is safe."""
    from filelock import FileLock

    dagster_home.mkdir(parents=True, exist_ok=True)
    with FileLock(dagster_home / ".prepare.lock"):
        seen = dagster_home / ".nux" / "nux.yaml"
        if not seen.exists():
            # The UI's welcome asks for an address; nothing leaves the machine.
            seen.parent.mkdir(exist_ok=True)
            seen.write_text("seen: 1\n", encoding="utf-8")
        config = dagster_home / "dagster.yaml"
        if not config.exists():
            config.write_text(_DAGSTER_YAML, encoding="utf-8")
            with dg.DagsterInstance.from_config(str(dagster_home)) as instance, redirect_stdout(StringIO()):
                instance.upgrade()


def run_pass(settings: Settings, now: datetime, say: Callable[[str], None] = lambda _step: None) -> PassSummary:
    """Execute the job `process_drops` in this process on the home's instance, as if at `now`; `say` is told each step.

    What fails is in the summary; nothing is raised for it.
    """
    say("Starting")
    prepare_instance(settings.dagster_home)
    moment = {"config": {"now": now.isoformat()}}
    dagster_home = str(settings.dagster_home)
    with dg.DagsterInstance.from_config(dagster_home) as instance, kept_open(instance), collection_held():
        result = _job().execute_in_process(
            instance=instance,
            resources={"home": home_resource(lambda: settings, say)},
            run_config={"ops": {"drops": moment, "delivered_alerts": moment}, **_SILENT},
            tags={"jalons/now": now.isoformat()},
            raise_on_error=False,
        )
        tell_engineers(settings, faults_of_passes(instance), now, PASS_RULES)
    return _summary(result)


@cache
def _job() -> dg.JobDefinition:
    from orchestration.definitions import defs

    return defs().resolve_job_def("process_drops")


def _summary(result: dg.ExecuteInProcessResult) -> PassSummary:
    done = {event.step_key for event in result.get_step_success_events()}
    taken: TakeIn | None = result.output_for_node("drops") if "drops" in done else None
    made: list[Release] = result.output_for_node("releases") if "releases" in done else []
    delivery: Delivery | None = result.output_for_node("delivered_alerts") if "delivered_alerts" in done else None
    sent = {name: counts["sent"] for name, counts in delivery.counts.items() if "sent" in counts} if delivery else {}
    return PassSummary(
        run_id=result.run_id,
        drops=Counter(one.receipt.status for one in taken.outcomes) if taken else {},
        releases=tuple((one.edition, one.revision) for one in made if one.is_new),
        alerts_sent=sent,
        failures=tuple(f"{step}: {cause}" for step, cause in step_failures(result.all_events)),
    )
