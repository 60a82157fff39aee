"""A drop that the machine cannot decide waits: it is never refused for it, and holds up nobody else."""

import errno
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestration.intake import archive, incidents, lake, take_in
from orchestration.intake.ledger import Ledger
from orchestration.intake.receipts import files
from orchestration.intake.rereading import has_bytes
from orchestration.passes.has_work import has_work
from orchestration.store.digests import sha256
from tests.intake.drops import GOOD, OTHER, drop, projects_csv

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
DATA = projects_csv(GOOD)
INTERIOR, JUSTICE = "2021-S2/MI/a.csv", "2021-S2/MJ/b.csv"


def _pass(settings, hours=0) -> dict[str, str]:
    taken = take_in.take_in(settings, NOW + timedelta(hours=hours))
    return {one.path: one.receipt.status for one in taken.outcomes}


def _open(settings) -> list[tuple[str, str, object]]:
    with Ledger(settings.ledger) as ledger:
        found = incidents.open_incidents(ledger.engine, NOW)
    return [(one.rule, one.subject, one.details["path"]) for one in found]


def _die(*_arguments, **_named):
    raise KeyboardInterrupt


@pytest.fixture
def waiting(settings, monkeypatch):
    """A home of two drops, received by a pass that died; the bytes of one are lost since."""
    drop(settings.home, INTERIOR, DATA)
    drop(settings.home, JUSTICE, projects_csv(OTHER.replace("l'Intérieur", "la Justice")))
    with monkeypatch.context() as dying:
        dying.setattr(take_in, "examine", _die)
        with pytest.raises(KeyboardInterrupt):
            take_in.take_in(settings, NOW)
    (settings.home / "inbox" / INTERIOR).unlink()
    (settings.archive / sha256(DATA)[:2] / sha256(DATA)).unlink()
    return settings


def test_a_drop_whose_bytes_are_lost_waits_and_the_others_go_on(waiting):
    assert _pass(waiting, 1) == {JUSTICE: "accepted"}
    assert _open(waiting) == [("store_damaged", sha256(DATA), INTERIOR)]
    assert _pass(waiting, 2) == {}
    assert _open(waiting) == [("store_damaged", sha256(DATA), INTERIOR)]
    assert not list((waiting.home / "outbox" / "2021-S2").glob("MI/*"))


@pytest.mark.parametrize("harm", ["other bytes", "a folder", "a file where its folder should be"])
def test_bytes_that_are_damaged_or_that_the_archive_does_not_give_are_lost(waiting, harm):
    folder = waiting.home / "archive" / sha256(DATA)[:2]
    match harm:
        case "other bytes":
            (folder / sha256(DATA)).write_bytes(DATA + b"x")
        case "a folder":
            (folder / sha256(DATA)).mkdir()
        case _:
            shutil.rmtree(folder)
            folder.write_bytes(b"")
    assert _pass(waiting, 1) == {JUSTICE: "accepted"}
    assert _open(waiting) == [("store_damaged", sha256(DATA), INTERIOR)]


@pytest.mark.parametrize("where", ["archive", "inbox"])
def test_it_is_decided_as_of_the_day_it_came_once_its_bytes_are_back_and_the_incident_ends(waiting, where):
    _pass(waiting, 1)
    with Ledger(waiting.ledger) as ledger:
        ledger.pass_done(ledger.head())
    if where == "archive":
        (waiting.archive / sha256(DATA)[:2] / sha256(DATA)).write_bytes(DATA)
    else:
        drop(waiting.home, INTERIOR, DATA)
    assert has_work(waiting, NOW)
    (outcome,) = take_in.take_in(waiting, NOW + timedelta(hours=5)).outcomes
    assert (outcome.receipt.status, outcome.receipt.received_at) == ("accepted", NOW)
    assert _open(waiting) == []
    assert archive.get(waiting.archive, sha256(DATA)) == DATA


def test_what_is_no_file_needs_no_bytes_to_be_decided_after_a_pass_that_died(settings, monkeypatch):
    (settings.home / "inbox" / "2021-S2/MI/a.csv").mkdir(parents=True)
    with monkeypatch.context() as dying:
        dying.setattr(take_in, "examine", _die)
        with pytest.raises(KeyboardInterrupt):
            take_in.take_in(settings, NOW)
    with Ledger(settings.ledger) as ledger:
        (undecided,) = ledger.undecided()
    assert has_bytes(settings, undecided)
    assert _pass(settings) == {"2021-S2/MI/a.csv": "rejected"}


FULL = OSError(errno.ENOSPC, "No space left on device")
STEPS = {"rows": (lake, "write_submission"), "receipt": (files, "write_whole")}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", [FULL, OSError(errno.EIO, "Input/output error")], ids=["full", "broken"])
def test_a_disk_that_takes_nothing_refuses_no_drop_and_the_next_pass_accepts_it(settings, monkeypatch, step, fault):
    def fails(*_arguments, **_named):
        raise fault

    drop(settings.home, INTERIOR, DATA)
    with monkeypatch.context() as disk:
        disk.setattr(*STEPS[step], fails)
        with pytest.raises(OSError, match=fault.strerror):
            take_in.take_in(settings, NOW)
    with Ledger(settings.ledger) as ledger:
        assert [one.path for one in ledger.undecided()] == [INTERIOR]
        assert ledger.counting("2021-S2", "MI") == {}
    assert has_work(settings, NOW)
    (outcome,) = take_in.take_in(settings, NOW + timedelta(hours=1)).outcomes
    assert (outcome.receipt.status, outcome.receipt.received_at) == ("accepted", NOW)


def test_a_disk_that_fills_up_between_the_files_of_a_receipt_leaves_one_receipt_that_is_whole(settings, monkeypatch):
    write, written = files.write_whole, []

    def fails_the_second_time(path, data, access):
        written.append(path)
        if len(written) == 2:
            raise FULL
        write(path, data, access)

    drop(settings.home, INTERIOR, DATA)
    with monkeypatch.context() as disk:
        disk.setattr(files, "write_whole", fails_the_second_time)
        with pytest.raises(OSError, match="No space"):
            take_in.take_in(settings, NOW)
    (outcome,) = take_in.take_in(settings, NOW + timedelta(hours=1)).outcomes
    (folder,) = (settings.home / "outbox/2021-S2/MI").iterdir()
    assert str(folder) == outcome.receipt_folder
    with Ledger(settings.ledger) as ledger:
        ((receipt, digest),) = ledger.receipts()
    assert receipt == folder.relative_to(settings.home / "outbox").as_posix()
    assert digest == files.digest_of({path.name: path.read_bytes() for path in folder.iterdir()})


def test_a_ledger_that_takes_nothing_refuses_no_drop(settings, monkeypatch):
    def locked(*_arguments, **_named):
        raise sa.exc.OperationalError("insert", {}, Exception("database or disk is full"))

    drop(settings.home, INTERIOR, DATA)
    with monkeypatch.context() as disk:
        disk.setattr(Ledger, "counting", locked)
        with pytest.raises(sa.exc.OperationalError):
            take_in.take_in(settings, NOW)
    assert _pass(settings, 1) == {INTERIOR: "accepted"}


def test_an_archive_that_takes_nothing_costs_no_drop(settings, monkeypatch):
    drop(settings.home, INTERIOR, DATA)

    def fails(*_arguments):
        raise FULL

    with monkeypatch.context() as disk:
        disk.setattr(archive, "write_whole", fails)
        with pytest.raises(OSError, match="No space"):
            take_in.take_in(settings, NOW)
    assert _pass(settings, 1) == {INTERIOR: "accepted"}


def test_no_drop_is_decided_before_its_rows_and_receipt_are_on_the_disk(settings, monkeypatch):
    asked: list[str] = []
    fsync, rename = os.fsync, os.rename

    def flushed(descriptor):
        path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - no path of ours
        asked.append("flush aside" if path.endswith(".part") else f"flush {path}")
        fsync(descriptor)

    def renamed(source, target, **more):
        asked.append(f"name {target}")
        rename(source, target, **more)

    def executed(_connection, _cursor, statement, *_more):
        if statement.startswith("UPDATE drops"):
            asked.append("decide")

    drop(settings.home, INTERIOR, DATA)
    with Ledger(settings.ledger):
        pass
    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "rename", renamed)
    sa.event.listen(sa.Engine, "before_cursor_execute", executed)
    try:
        (outcome,) = take_in.take_in(settings, NOW).outcomes
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", executed)
    rows = lake.submission_path(settings.lake, "projects", "2021-S2", "MI", 1)
    names = [str(rows), *(f"{outcome.receipt_folder}/{name}" for name in ("accuse.html", "accuse.json"))]
    names.append(str(settings.home / "archive" / sha256(DATA)[:2] / sha256(DATA)))
    decided = asked.index("decide")
    for name in names:
        at = asked.index(f"name {name}")
        assert asked[at - 1] == "flush aside"
        assert asked[at + 1] == f"flush {name.rpartition('/')[0]}"
        assert at + 1 < decided


def test_asking_whether_a_drop_can_be_decided_costs_no_library_that_is_slow_to_import():
    code = "import orchestration.passes.has_work, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pyarrow", "numpy", "openpyxl", "alembic"} & set(done.stdout.split())
