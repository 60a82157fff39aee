"""Dagster's daemon beside the UI, in a process of its own that does not outlive the one which started it.

What belongs here: noticing that death. What does not: what the daemon does (Dagster), or starting it (`service`).
"""

import os
import signal
import sys
import threading
from time import sleep

from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._daemon.cli import run_command

# Its threads are given half a minute each to end; a tick that is cut off is made again.
_PATIENCE_S = 5


def main(workspace: str) -> None:
    """Run the daemon on the code servers that the file `workspace` names, until told to stop or standard input ends."""
    threading.Thread(target=_end_with_parent, args=(workspace,), daemon=True).start()
    run_command.main(["--workspace", workspace], prog_name="jalons-daemon")


def _end_with_parent(workspace: str) -> None:
    # Its other end is open as long as the parent lives, whatever it dies of.
    os.read(0, 1)
    try:
        # A code server would wait a minute and a half for a sign of life. One that has begun a run ends after it.
        for origin in WorkspaceFileTarget([workspace]).create_origins():
            origin.shutdown_server()
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
    sleep(_PATIENCE_S)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
