"""Two passes over one home take turns, and a pass that died leaves the home free."""

import select
import signal
import subprocess
import sys

from orchestration.passes.lock import pass_lock

HOLD = """
import sys, time
from pathlib import Path
from orchestration.passes.lock import pass_lock
from orchestration.settings import Settings
with pass_lock(Settings(home=Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_pass_waits_until_the_first_has_died(settings):
    command = [sys.executable, "-c", HOLD, str(settings.home)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    waiter = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert select.select([waiter.stdout], [], [], 1)[0] == []
        holder.send_signal(signal.SIGKILL)
        assert waiter.stdout.readline() == "held\n"
    finally:
        for process in (holder, waiter):
            process.kill()
            process.wait()
            process.stdout.close()
    with pass_lock(settings):
        pass
