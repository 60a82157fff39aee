"""Two passes over one home take turns, who waits is told so, and a pass that died leaves the home free."""

import os
import select
import signal
import subprocess
import sys
import threading

import pytest
from filelock import FileLock, Timeout

from orchestration.passes import lock
from orchestration.passes.alive import read_mark
from orchestration.passes.instance import prepare_instance
from orchestration.passes.lock import home_lock, intake_lock, publication_lock, waited_for

HOLD = """
import sys, time
from pathlib import Path
from orchestration.passes.lock import publication_lock
from orchestration.settings import Settings
with publication_lock(Settings(home=Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_publication_waits_until_the_first_has_died(settings):
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
    with publication_lock(settings):
        pass


def test_an_intake_waits_for_no_publication_and_whoever_holds_the_home_for_both(settings):
    with publication_lock(settings), intake_lock(settings):
        pass
    with home_lock(settings), pytest.raises(Timeout):
        FileLock(settings.home / "intake.lock").acquire(blocking=False)


@pytest.fixture
def said_by(monkeypatch):
    """Wait for a lock that another thread holds for a moment; give what was said meanwhile."""
    monkeypatch.setattr(lock, "_SECONDS_BEFORE_SAYING", 0.1)

    def call(path, wait):
        said, is_held, is_enough = [], threading.Event(), threading.Event()

        def hold():
            with waited_for(path, "nobody"):
                is_held.set()
                is_enough.wait(10)

        holder = threading.Thread(target=hold)
        holder.start()
        assert is_held.wait(10)

        def report(sentence):
            said.append(sentence)
            is_enough.set()

        wait(report)
        holder.join()
        return said

    return call


def _wait_for_publication(settings):
    def wait(report):
        with publication_lock(settings, report):
            pass

    return wait


def test_who_waits_for_a_publication_is_told_once_and_by_which_process_it_is_held(settings, said_by):
    settings.home.mkdir(parents=True)
    said = said_by(settings.home / "publication.lock", _wait_for_publication(settings))
    assert said == [f"Waiting for another publication over this home (process {os.getpid()})…"]


def test_who_waits_for_an_instance_to_be_prepared_is_told(tmp_path, said_by):
    (said,) = said_by(tmp_path / ".prepare.lock", lambda report: prepare_instance(tmp_path, report))
    assert said.startswith("Waiting for another start, which prepares Dagster's instance (process ")


def test_nothing_is_said_where_there_is_no_wait(settings, tmp_path):
    said: list[str] = []
    with publication_lock(settings, said.append):
        prepare_instance(tmp_path, said.append)
    assert said == []


def test_a_holder_that_died_is_not_named(settings, said_by):
    command = [sys.executable, "-c", HOLD, str(settings.home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        beside = settings.home / "publication.holder"
        left = beside.read_bytes()
        holder.send_signal(signal.SIGKILL)
    assert (read_mark(beside).is_held, left) == (False, f"process {holder.pid}".encode())

    def wait(report):
        # As if whoever holds the lock now had not come to say so yet.
        beside.unlink()
        beside.write_bytes(left)
        _wait_for_publication(settings)(report)

    (said,) = said_by(settings.home / "publication.lock", wait)
    assert str(holder.pid) not in said
