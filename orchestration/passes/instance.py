"""The Dagster instance of a home, made ready before anything uses it.

What belongs here: its configuration. What does not: running a job on it (`run`).
"""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import dagster as dg

from orchestration.store.whole_file import write_whole

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


def prepare_instance(dagster_home: Path) -> None:
    """Write `dagster.yaml` where it is absent and bring the instance's tables up to date; two at once is safe."""
    from filelock import FileLock

    dagster_home.mkdir(parents=True, exist_ok=True)
    with FileLock(dagster_home / ".prepare.lock"):
        seen = dagster_home / ".nux" / "nux.yaml"
        if not seen.exists():
            # The UI's welcome asks for an address; nothing leaves the machine.
            write_whole(seen, b"seen: 1\n")
        config = dagster_home / "dagster.yaml"
        if not config.exists():
            write_whole(config, _DAGSTER_YAML.encode())
            with dg.DagsterInstance.from_config(str(dagster_home)) as instance, redirect_stdout(StringIO()):
                instance.upgrade()
