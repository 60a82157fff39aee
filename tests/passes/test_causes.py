"""What a person can mend is recognised, as it is raised and as Dagster keeps it; what nobody can is not."""

import errno
import re
import sqlite3
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
import sqlalchemy as sa
from dagster_shared.error import SerializableErrorInfo

from orchestration.consolidation.build import ConsolidationError
from orchestration.domain.french import typeset
from orchestration.intake.clock import ClockAhead
from orchestration.intake.home_identity import LedgerRefused
from orchestration.intake.ledger import Ledger
from orchestration.passes import causes
from orchestration.passes.causes import cause_called, cause_of, cause_of_record
from orchestration.settings import Settings
from orchestration.store.mart_set import UnfitMarts
from orchestration.store.sql import NewerDatabase
from orchestration.store.whole_file import write_whole


def as_kept(error: BaseException) -> SerializableErrorInfo:
    """An exception as the event log keeps it."""
    text = "".join(traceback.format_exception_only(error))
    cause = as_kept(error.__cause__) if error.__cause__ else None
    return SerializableErrorInfo(text, [], type(error).__name__, cause)


def raised(function) -> Exception:
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def _open(url: str) -> None:
    with Ledger(url):
        pass


def _locked(tmp_path: Path) -> None:
    _open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    holder = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        _open(f"sqlite:///{tmp_path / 'ledger.sqlite'}?timeout=0.1")
    finally:
        holder.close()


def _garbage(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(bytes(range(256)) * 100)
    _open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


def _malformed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    _open(f"sqlite:///{path}")
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 8192)
    _open(f"sqlite:///{path}")


def _no_more_pages(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        connection.exec_driver_sql("create table a (b)")
        connection.exec_driver_sql("insert into a values (zeroblob(99999))")


def _read_only(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    _open(f"sqlite:///{path}")
    with sa.create_engine(f"sqlite:///file:{path}?immutable=1&uri=true").begin() as connection:
        connection.exec_driver_sql("delete from drops")


def _no_folder(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    _open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


def _full_device(_tmp_path: Path) -> None:
    with open("/dev/full", "wb", buffering=0) as file:  # noqa: PTH123
        file.write(b"x")


def _wrapped(error: Exception):
    def function(_tmp_path: Path) -> None:
        try:
            raise error
        except Exception as inner:
            raise RuntimeError("Error occurred while executing op") from inner

    return function


def _says(error: Exception):
    def function(_tmp_path: Path) -> None:
        raise error

    return function


REAL = [
    (_locked, "ledger_locked"),
    (_garbage, "ledger_unreadable"),
    (_malformed, "ledger_unreadable"),
    (_no_more_pages, "disk_full"),
    (_read_only, "not_permitted"),
    (_no_folder, "not_permitted"),
    (_full_device, "disk_full"),
    (_wrapped(OSError(errno.EDQUOT, "Disk quota exceeded", "/srv/x")), "disk_full"),
    (_wrapped(OSError(errno.EROFS, "Read-only file system", "/srv/x")), "not_permitted"),
    (_wrapped(OSError(errno.EACCES, "Permission denied", "/srv/x")), "not_permitted"),
    (_wrapped(OSError(errno.EIO, "Input/output error")), "disk_failing"),
    (lambda tmp_path: (tmp_path / "a").touch() or write_whole(tmp_path / "a" / "b" / "c", b""), "not_a_folder"),
    (_says(RuntimeError('IO Error: Could not write "x.parquet": No space left on device')), "disk_full"),
    (_says(LedgerRefused("This one.")), "ledger_refused"),
    (_says(ClockAhead("This one.")), "clock_ahead"),
    (_says(NewerDatabase("This one.")), "ledger_newer"),
    (_says(UnfitMarts("This one.")), "marts_unfit"),
    (_says(ConsolidationError("This\none.")), "dbt_cannot_run"),
    (lambda _tmp_path: _open("nonsense"), "ledger_address"),
    (lambda _tmp_path: _open("foo://bar"), "ledger_address"),
    (lambda _tmp_path: Settings(settle_seconds="soon"), "settings"),
]


@pytest.mark.parametrize(("function", "key"), REAL, ids=[f"{key}-{n}" for n, (_, key) in enumerate(REAL)])
def test_a_cause_is_known_as_it_is_raised_and_as_dagster_keeps_it_and_is_one_line(tmp_path, function, key):
    error = raised(lambda: function(tmp_path))
    for cause in (cause_of(error), cause_of_record(as_kept(error))):
        assert cause is not None
        assert cause.key == key
        assert len(cause.sentence.splitlines()) == 1
        assert "[SQL" not in cause.sentence
        assert "{" not in cause.sentence + cause.said + cause.to_do


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "x"),
        sqlite3.OperationalError("no such table: drops"),
        sa.exc.ArgumentError("Column expression expected"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_a_fault_of_the_code_is_no_cause(error):
    assert (cause_of(error), cause_of_record(as_kept(error))) == (None, None)


def test_our_own_exceptions_say_their_own_words():
    refused = cause_of(LedgerRefused("The ledger is  of\nanother home."))
    assert refused.sentence == "The ledger is of another home."
    assert cause_of_record(as_kept(LedgerRefused("Of another home."))).sentence == "Of another home."


def test_a_full_disk_is_said_with_its_place():
    cause = cause_of(OSError(errno.ENOSPC, "No space left on device", "/srv/lake"))
    assert "(/srv/lake): free some space" in cause.sentence
    assert "atteint (/srv/lake)." in cause.said


def test_a_setting_that_cannot_be_used_is_named_and_no_secret_is_shown(monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setenv("JALONS_HOME", "/srv/a?b")
    error = raised(Settings)
    assert "xoxb" not in str(error)
    assert cause_of(error).sentence.startswith("JALONS_HOME: The home cannot be /srv/a?b: ")


def test_a_database_of_dagster_is_not_taken_for_the_ledger(tmp_path):
    from dagster._core.storage.runs.sqlite import SqliteRunStorage

    (tmp_path / "runs.db").write_bytes(b"garbage" * 1000)
    error = raised(lambda: SqliteRunStorage.from_local(str(tmp_path)).get_runs())
    assert cause_of(error).key == "dagster_unreadable"


# What a limit on the sizes of files, the quota of a process, makes of a write.
LIMITED = """
import resource, sys
from pathlib import Path
from orchestration.intake.ledger import Ledger
from orchestration.passes.causes import cause_of
from orchestration.store.whole_file import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
def ledger():
    with Ledger(f"sqlite:///{sys.argv[1]}/ledger.sqlite"): pass
for function in (ledger, lambda: write_whole(Path(sys.argv[1]) / "big", b"x" * 9999)):
    try:
        function()
    except Exception as error:
        print(cause_of(error).key)
"""


def test_a_limit_on_the_sizes_of_files_is_a_cause(tmp_path):
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["disk_failing", "disk_full"], done.stderr


@pytest.mark.parametrize("key", [cause.key for cause in causes._CAUSES])
def test_the_french_of_a_cause_is_typeset(key):
    cause = cause_called(key)
    for text in (cause.said, cause.to_do):
        assert "'" not in text
        assert text == typeset(text)
        assert re.search(r"[.]$", text)
    assert cause.said[0].isupper() or cause.said.startswith("dbt")
