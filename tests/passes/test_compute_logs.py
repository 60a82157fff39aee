"""What a run prints and logs is kept for the UI, bounded, without a process more."""

import logging
import os
import shutil
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.compute_log_manager import ComputeIOType

from orchestration.passes import compute_logs

KEY = ["a-run", "compute_logs", "a-step"]


@pytest.fixture
def manager(prepared, settings):
    """The store of an instance as a home has it."""
    shutil.copytree(prepared, settings.dagster_home)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        yield instance.compute_log_manager


def _kept(manager):
    return {one.name: manager.get_log_data_for_type(KEY, one)[0].decode() for one in ComputeIOType}


def test_what_is_printed_and_logged_is_kept_and_still_seen_without_a_process_or_a_file_left_open(manager, capfd):
    ours, others = logging.getLogger("orchestration.somewhere"), logging.getLogger("a.library")
    before = sys.stdout, sys.stderr, set(_children())
    with manager.capture_logs(KEY):
        sys.stdout.write("printed\n")
        sys.stderr.write("said\n")
        ours.info("a step")
        others.info("chatter")
        assert set(_children()) == before[2]
        # Readable while it is at work.
        assert "printed" in _kept(manager)["STDOUT"]
    ours.info("after")
    assert (sys.stdout, sys.stderr) == before[:2]
    assert _kept(manager)["STDOUT"] == "printed\n"
    said = _kept(manager)["STDERR"].splitlines()
    assert [said[0], said[1].split(" ", 2)[2], len(said)] == ["said", "INFO a step", 2]
    assert capfd.readouterr() == ("printed\n", "said\n")
    assert manager.is_capture_complete(KEY)


def test_more_than_is_kept_is_said_to_be_and_seen_all_the_same(manager, capfd, monkeypatch):
    monkeypatch.setattr(compute_logs, "_MOST_CHARACTERS", 10)
    with manager.capture_logs(KEY):
        for _ in range(3):
            sys.stdout.write("12345678\n")
    assert _kept(manager)["STDOUT"] == "12345678\n1\nMore was said; it is not kept.\n"
    assert capfd.readouterr().out == "12345678\n" * 3


def _children():
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
