"""What a person can mend is a line on standard error and exit 1, whichever command it stops; a bad home is exit 2."""

import inspect
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app, operations
from orchestration.cli.app import alerts_app, alias_app, clock_app, edition_app, inbox_app
from orchestration.intake.ledger import Ledger

JALONS = Path(sys.executable).with_name("jalons")
LEDGER = [
    ("status",),
    ("alerts",),
    ("edition", "close", "2021-S2"),
    ("clock", "confirm"),
    ("template", "projects", "--edition", "2021-S2", "--perimeter", "MI"),
]
BAD = ["a?b", "a[b", "a]b", "a*b", "a\\b"]


def _with_home():
    """Each command that takes --home, with words for what else it asks."""
    given = {"edition": "2021-S2", "kind": "projects", "file": __file__, "drops": __file__, "subject": "cost"}
    given |= {"earlier": "2021-S1", "later": "2021-S2", "name": "X", "project_id": "x", "at": "2021-01-01", "drop": "1"}
    groups = {"edition": edition_app, "clock": clock_app, "inbox": inbox_app, "alias": alias_app, "alerts": alerts_app}
    for typer_app, group in ((app, []), *((one, [name]) for name, one in groups.items())):
        for command in typer_app.registered_commands:
            words = inspect.signature(command.callback).parameters
            if "home" not in words:
                continue
            asked = [
                *(given[name] for name, one in words.items() if one.default is one.empty and name in given),
                *(["--source", "x"] if "source" in words else []),
            ]
            if command.callback.__name__ == "trace":
                asked = ["cost", "--edition", "2021-S2"]
            if command.callback.__name__ == "template":
                asked = ["projects", "--edition", "2021-S2", "--perimeter", "MI"]
            yield [*group, command.name or command.callback.__name__, *asked]


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Call the command in an empty folder, over a ledger that is waited for but briefly."""
    assert operations.clock_app is clock_app
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JALONS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JALONS_LEDGER_URL", f"sqlite:///{tmp_path / 'home' / 'ledger.sqlite'}?timeout=0.1")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def ledger(tmp_path) -> Path:
    path = tmp_path / "home" / "ledger.sqlite"
    with Ledger(f"sqlite:///{path}"):
        pass
    return path


@pytest.mark.parametrize("words", LEDGER, ids=" ".join)
def test_a_locked_ledger_is_a_line(invoke, ledger, words):
    holder = sqlite3.connect(ledger, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    result = invoke(*words)
    holder.close()
    assert (result.exit_code, len(result.stderr.splitlines()), result.stdout) == (1, 1, "")
    assert result.stderr.startswith("The ledger is locked by another program: close it")


@pytest.mark.parametrize("words", LEDGER, ids=" ".join)
def test_a_ledger_that_cannot_be_read_is_a_line(invoke, ledger, words):
    ledger.write_bytes(bytes(range(256)) * 100)
    result = invoke(*words)
    assert (result.exit_code, len(result.stderr.splitlines()), result.stdout) == (1, 1, "")
    assert "jalons restore" in result.stderr


def test_the_program_itself_says_it_in_a_line(invoke, ledger):
    ledger.write_bytes(bytes(range(256)) * 100)
    done = subprocess.run([JALONS, "status"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, len(done.stderr.splitlines()), done.stdout) == (1, 1, "")


def test_an_address_of_a_ledger_that_is_none_is_a_line(invoke, monkeypatch):
    for address in ("nonsense", "foo://bar"):
        monkeypatch.setenv("JALONS_LEDGER_URL", address)
        result = invoke("status")
        assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
        assert result.stderr.startswith("JALONS_LEDGER_URL is no address of a database")


def test_a_fault_of_the_code_keeps_its_traceback(invoke, monkeypatch):
    def fail(*_given):
        raise KeyError("a bug")

    monkeypatch.setattr(Ledger, "open_editions", fail)
    assert isinstance(invoke("status").exception, KeyError)


def test_a_setting_that_cannot_be_used_is_a_line(invoke, monkeypatch):
    monkeypatch.setenv("JALONS_SETTLE_SECONDS", "soon")
    result = invoke("status")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert result.stderr.startswith("JALONS_SETTLE_SECONDS: ")


@pytest.mark.parametrize("words", list(_with_home()), ids=" ".join)
def test_a_home_that_sqlite_duckdb_or_dbt_cannot_take_is_refused_by_every_command(invoke, tmp_path, words):
    for home in BAD:
        result = invoke(*words, "--home", home)
        assert result.exit_code == 2
        assert "The home cannot be" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("home", BAD)
def test_a_refused_home_leaves_nothing_on_the_disk(tmp_path, home):
    done = subprocess.run([JALONS, "run", "--home", home], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines()) < 10) == (2, "", True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_above_the_home_counts_too(invoke, tmp_path, monkeypatch):
    (tmp_path / "a[b").mkdir()
    monkeypatch.chdir(tmp_path / "a[b")
    monkeypatch.delenv("JALONS_HOME")
    assert invoke("status").exit_code == 2


def test_a_home_that_is_a_file_or_under_one_is_refused(invoke, tmp_path):
    (tmp_path / "file").touch()
    for home in ("file", "file/home"):
        result = invoke("run", "--home", home)
        # The box around the sentence breaks its lines.
        said = " ".join(result.stderr.replace("│", " ").split())
        assert (result.exit_code, "is a file" in said) == (2, True)
