"""What keeps a home in good order, as a person calls it: what is printed, and the exit code."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app, editions, operations
from orchestration.intake.home_identity import LedgerRefused, check_home, generation
from orchestration.intake.ledger import Ledger
from orchestration.operations.ledger_copies import copies, number_of
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.intake.homes import contents, run_intake

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
DATA = projects_csv(GOOD)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home of two passes, with a drop each."""
    settings = Settings(home=tmp_path_factory.mktemp("made") / "home", settle_seconds=0)
    drop(settings.home, "2021-S2/MI/a.csv", DATA)
    run_intake(settings, NOW)
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(OTHER))
    run_intake(settings, NOW + timedelta(days=1))
    return settings


@pytest.fixture
def home(made, settings):
    """A copy of that home."""
    shutil.copytree(made.home, settings.home)
    return settings


@pytest.fixture
def invoke(home, monkeypatch):
    """Call the command on that home."""
    # The command sets it for the processes of Dagster and dbt; it must not outlive the test.
    monkeypatch.setenv("JALONS_HOME", str(home.home))
    return lambda *words: CliRunner().invoke(app, [*map(str, words), "--home", str(home.home)])


@pytest.fixture
def clock(monkeypatch):
    """Set the machine's clock."""

    def to(now: datetime) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, _tz=None):
                return now

        monkeypatch.setattr(operations, "datetime", Clock)
        monkeypatch.setattr(editions, "datetime", Clock)

    return to


def _generation(settings) -> int:
    with Ledger(settings.ledger) as ledger:
        return generation(ledger)


def _ledger(settings) -> Path:
    return settings.home / "ledger.sqlite"


def test_a_clean_home_is_said_to_be_whole_and_exits_with_0(invoke):
    result = invoke("scrub")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "  ledger: 1 read, 0 mended, 0 missing or damaged",
        "  archive: 4 read, 0 mended, 0 missing or damaged",
        "  lake: 2 read, 0 mended, 0 missing or damaged",
        "  releases: 0 read, 0 mended, 0 missing or damaged",
        "  receipts: 2 read, 0 mended, 0 missing or damaged",
    ]


def test_damage_is_named_with_what_to_do_and_exits_with_1(invoke, home):
    rows = home.lake / "projects/edition=2021-S2/perimeter=MI/00000001.parquet"
    seen = rows.stat()
    rows.write_bytes(b"x" * seen.st_size)
    os.utime(rows, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    (home.home / "archive" / sha256(DATA)[:2] / sha256(DATA)).unlink()
    result = invoke("scrub")
    assert result.exit_code == 1
    for name in ("projects/edition=2021-S2/perimeter=MI/00000001.parquet", sha256(DATA)):
        assert f"    {name}" in result.stdout.splitlines()
    assert "jalons run" in result.stderr


def test_what_was_mended_is_counted_and_exits_with_0(invoke, home):
    (home.home / "archive/drops/00000/00000002.json").unlink()
    result = invoke("scrub")
    assert result.exit_code == 0
    assert "  archive: 4 read, 1 mended, 0 missing or damaged" in result.stdout


def test_a_scrub_of_a_home_without_its_ledger_is_no_clean_scrub(invoke, home):
    _ledger(home).unlink()
    result = invoke("scrub")
    assert result.exit_code == 1
    assert (result.exit_code, "jalons restore" in result.stderr) == (1, True)
    assert not _ledger(home).exists()


def test_a_ledger_is_restored_from_its_newest_copy(invoke, home):
    _ledger(home).write_bytes(b"no database")
    result = invoke("restore")
    assert result.exit_code == 0
    assert f"The ledger is the copy {copies(home)[0]}." in result.stdout
    assert "beside it: 0" in result.stdout
    (kept,) = home.home.glob("ledger.sqlite.*")
    assert f"is kept: {kept}" in result.stdout
    assert "Next: jalons run" in result.stdout
    check_home(home)


def test_a_ledger_is_restored_from_the_copy_that_is_named(invoke, home):
    _ledger(home).unlink()
    result = invoke("restore", copies(home)[-1])
    assert result.exit_code == 0
    assert "beside it: 1" in result.stdout
    assert "is kept" not in result.stdout


def test_a_copy_that_is_not_there_is_a_wrong_word(invoke, home):
    result = invoke("restore", home.home / "absent.sqlite")
    assert result.exit_code == 2
    assert "there is no file" in result.stderr


def test_a_restore_that_cannot_be_says_why_and_changes_nothing(invoke, home):
    for path in copies(home):
        path.unlink()
    shutil.rmtree(home.home / "archive/drops")
    before = contents(home.home)
    result = invoke("restore")
    assert result.exit_code == 1
    assert "neither a copy of the ledger nor a record" in result.stderr
    (home.home / "archive/drops/00000").mkdir(parents=True)
    (home.home / "archive/drops/00000/00000001.json").write_bytes(b"{")
    result = invoke("restore")
    assert result.exit_code == 1
    assert "the record of drop 1 cannot be read" in result.stderr
    assert "if there is none, remove it" in result.stderr
    assert {name: data for name, data in contents(home.home).items() if name in before and "lock" not in name} == {
        name: data for name, data in before.items() if "lock" not in name
    }


def test_a_clock_is_confirmed_once_and_noted(invoke, home, clock):
    clock(datetime(2031, 6, 1, tzinfo=UTC))
    result = invoke("clock", "confirm")
    assert (result.exit_code, result.stdout) == (0, "It is 2031-06-01 00:00 UTC. Next: jalons run\n")
    with Ledger(home.ledger) as ledger:
        assert ledger.clock_seen() == datetime(2031, 6, 1, tzinfo=UTC)
        assert not ledger.is_up_to_date()


@pytest.mark.parametrize(
    "words", [("clock", "confirm"), ("clock", "mend", "2021-12-01"), ("edition", "close", "2021-S2")]
)
def test_nothing_is_noted_in_a_ledger_that_is_not_the_one_of_its_home(invoke, home, words):
    _ledger(home).unlink()
    result = invoke(*words)
    assert (result.exit_code, "jalons restore" in result.stderr) == (1, True)
    assert not _ledger(home).exists()
    shutil.copy(copies(home)[-1], _ledger(home))
    before = _ledger(home).read_bytes()
    result = invoke(*words)
    assert (result.exit_code, "jalons restore" in result.stderr) == (1, True)
    assert _ledger(home).read_bytes() == before


def test_false_times_are_mended_and_a_copy_from_before_is_older_from_then_on(invoke, home, clock):
    clock(NOW + timedelta(hours=2))
    before = copies(home)[0]
    result = invoke("clock", "mend", "2021-12-01T10:00:00Z")
    assert result.exit_code == 0
    assert "1 drops are dated 2021-12-01 10:00 UTC now" in result.stdout
    with Ledger(home.ledger) as ledger:
        assert ledger.record(2).received_at == NOW + timedelta(hours=1)
    check_home(home)
    assert number_of(copies(home)[0]) == _generation(home) == 3
    shutil.copy(before, _ledger(home))
    with pytest.raises(LedgerRefused, match="older"):
        check_home(home)


def test_a_time_that_has_not_come_or_comes_before_what_is_right_mends_nothing(invoke, home, clock):
    clock(NOW + timedelta(hours=2))
    result = invoke("clock", "mend", "2021-12-01T12:00:00Z")
    assert result.exit_code == 2
    assert "has not come" in result.stderr
    result = invoke("clock", "mend", "2021-12-01T08:00:00Z")
    assert result.exit_code == 1
    assert "before the last drop that is dated right" in result.stderr
    with Ledger(home.ledger) as ledger:
        assert ledger.record(2).received_at == NOW + timedelta(days=1)


def test_closing_an_edition_begins_a_generation_of_which_a_copy_is_kept(invoke, home):
    assert _generation(home) == 2
    assert invoke("edition", "close", "2021-S2").exit_code == 0
    assert _generation(home) == 3
    assert number_of(copies(home)[0]) == 3
    check_home(home)
    shutil.copy(copies(home)[1], _ledger(home))
    with pytest.raises(LedgerRefused, match="older"):
        check_home(home)


def test_a_closing_that_is_said_twice_begins_nothing(invoke, home):
    invoke("edition", "close", "2021-S2")
    assert invoke("edition", "close", "2021-S2").exit_code == 1
    assert _generation(home) == 3


def test_a_closing_while_the_clock_is_behind_makes_no_correction_of_what_was_filed_before(invoke, home, clock):
    clock(NOW - timedelta(days=3))
    assert invoke("edition", "close", "2021-S2").exit_code == 0
    with Ledger(home.ledger) as ledger, ledger.engine.connect() as connection:
        at = connection.exec_driver_sql("select at from edition_events where event = 'closed'").scalar_one()
    assert at.startswith("2021-12-02 09:00:00")
