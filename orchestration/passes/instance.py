"""The Dagster instance of a home, made ready before anything uses it.

What belongs here: its configuration. What does not: running a job on it (`run`).
"""

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import dagster as dg

from orchestration.passes.databases import set_aside_unreadable
from orchestration.passes.lock import waited_for
from orchestration.passes.purge import give_back_from_now_on
from orchestration.store.digests import sha256
from orchestration.store.whole_file import sweep, write_whole

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
  # What a run prints and logs, kept beside its events; Dagster's own way takes four more processes per run.
  module: orchestration.passes.compute_logs
  class: ComputeLogs
freshness:
  # Whether somebody still looks at the inbox: the one policy is on inbox_heartbeat.
  enabled: true
run_monitoring:
  # A run that does not start or does not stop is given up. How long a pass takes is nobody's business: no max_runtime.
  enabled: true
  start_timeout_seconds: 180
  cancel_timeout_seconds: 180
retention:
  sensor:
    purge_after_days: {skipped: 1, success: 30, failure: 30, started: 7}
  schedule:
    purge_after_days: {skipped: 1, success: 30, failure: 30, started: 7}
"""


# What earlier versions of Jalons wrote, by SHA-256: whoever has one of these has changed nothing in it.
_WRITTEN_BEFORE = {
    "d65a0fa1b8950de5b3f194bfd671c4a79e93c877c7b5070e9e03b78b514366fd",
    "b3e5338f571dbcfe0605ff0554a790722fbc76d6e359cbce891fd9e69bf02e97",
}


def prepare_instance(dagster_home: Path, report: Callable[[str], None] = lambda _step: None) -> None:
    """Make the instance of a home ready: its `dagster.yaml`, and databases that can be read; two at once is safe.

    Databases that cannot be read are set aside and begun anew. `report` is told if another start has to be waited for.
    """
    dagster_home.mkdir(parents=True, exist_ok=True)
    with waited_for(dagster_home / ".prepare.lock", "another start, which prepares Dagster's instance", report):
        seen = dagster_home / ".nux" / "nux.yaml"
        # Only whoever holds this lock writes there.
        for folder in (dagster_home, seen.parent):
            sweep(folder, is_deep=False)
        if not seen.exists():
            # The UI's welcome asks for an address; nothing leaves the machine.
            write_whole(seen, b"seen: 1\n")
        config = dagster_home / "dagster.yaml"
        is_new = not config.exists()
        if is_new or sha256(config.read_bytes()) in _WRITTEN_BEFORE:
            write_whole(config, _DAGSTER_YAML.encode())
        if set_aside_unreadable(dagster_home) or is_new:
            begin(dagster_home)


def begin_anew_if_unreadable(dagster_home: Path) -> bool:
    """Look closely at the databases, set aside what cannot be read, and say whether there was any."""
    with waited_for(dagster_home / ".prepare.lock", "another start"):
        is_unreadable = set_aside_unreadable(dagster_home, thorough=True)
        if is_unreadable:
            begin(dagster_home)
    return is_unreadable


def begin(dagster_home: Path) -> None:
    """Make the tables that are missing, and bring those there are up to date."""
    with (
        dg.DagsterInstance.from_config(str(dagster_home)) as instance,
        redirect_stdout(StringIO()),
        redirect_stderr(StringIO()),
    ):
        instance.upgrade()
    give_back_from_now_on(dagster_home)
