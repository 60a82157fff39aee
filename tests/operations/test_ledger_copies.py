"""The last few copies of the ledger are whole, each as the ledger was at one instant."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from orchestration.intake.home_identity import enter_home
from orchestration.intake.ledger import Ledger
from orchestration.operations import ledger_copies
from orchestration.operations.ledger_copies import DamagedCopy, copies, copy_ledger, identity_of, number_of
from orchestration.operations.scrub import sweep_home
from orchestration.passes.causes import cause_of
from orchestration.settings import Settings

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)


def _pass(settings) -> None:
    enter_home(settings)
    with Ledger(settings.ledger) as ledger:
        ledger.confirm_clock(NOW)
    copy_ledger(settings)


def test_each_pass_leaves_a_copy_and_the_last_five_are_kept_the_newest_first(settings):
    for _ in range(7):
        _pass(settings)
    assert [number_of(one) for one in copies(settings)] == [7, 6, 5, 4, 3]
    for one in copies(settings):
        with closing(sqlite3.connect(one)) as copy:
            assert copy.execute("select count(*) from clock_events").fetchone() == (number_of(one),)
            assert identity_of(one).generation == number_of(one)


def test_a_copy_holds_nothing_of_what_another_process_has_not_committed(settings):
    enter_home(settings)
    with closing(sqlite3.connect(settings.home / "ledger.sqlite")) as other:
        other.execute("insert into clock_events (event, at) values ('confirmed', '2021-12-01')")
        copy = copy_ledger(settings)
        other.rollback()
    with closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("select count(*) from clock_events").fetchone() == (0,)


def test_a_damaged_ledger_is_not_copied_over_what_was_whole(settings):
    for _ in range(6):
        _pass(settings)
    before = copies(settings)
    ledger = settings.home / "ledger.sqlite"
    data = bytearray(ledger.read_bytes())
    # Pages after the first are of tables that are opened late.
    for page in range(4096, len(data), 4096):
        data[page : page + 8] = b"\xff" * 8
    ledger.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_copies, "generation", lambda _ledger: 7)
        patch.setattr(ledger_copies, "Ledger", _NoLedger)
        with pytest.raises(DamagedCopy, match=r"is (damaged|no ledger)") as damaged:
            copy_ledger(settings)
    cause = cause_of(damaged.value)
    assert cause is not None
    assert cause.key == "ledger_unreadable"
    assert copies(settings) == before
    assert [path for path in (settings.home / "ledger-copies").iterdir() if path not in before] == []


class _NoLedger:
    """A ledger that is damaged where nobody looked yet."""

    def __init__(self, _url: str) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *_error: object) -> None: ...


@pytest.mark.parametrize("data", [b"", b"no database" * 999], ids=["empty", "text"])
def test_what_is_no_database_is_no_copy(tmp_path, data):
    (tmp_path / "copy.sqlite").write_bytes(data)
    with pytest.raises(DamagedCopy, match=r"copy\.sqlite is no ledger"):
        identity_of(tmp_path / "copy.sqlite")


def test_copies_that_were_left_half_written_are_swept(settings):
    _pass(settings)
    (settings.home / "ledger-copies" / ".0a.part").write_bytes(b"half")
    sweep_home(settings)
    assert [path.name for path in (settings.home / "ledger-copies").iterdir()] == ["ledger-00000001.sqlite"]


def test_a_ledger_on_a_server_is_left_to_its_own_backups(tmp_path):
    settings = Settings(home=tmp_path, ledger_url="sqlite://")
    assert copy_ledger(settings) is None
