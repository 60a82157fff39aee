"""Engineers are told where a channel is left, once, though the ledger and its outbox are out of reach; and the end."""

import errno
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.defs import automation, consolidation
from orchestration.intake.home_identity import LedgerRefused
from orchestration.passes import home as home_of_pass
from orchestration.passes import telling
from orchestration.settings import Settings
from orchestration.store.whole_file import write_whole
from tests.alerting.fake_slack import CHANNEL, TOKEN, FakeSlack
from tests.conftest import TODAY
from tests.intake.drops import GOOD, projects_csv
from tests.left_up_to_date import left_up_to_date
from tests.pass_job import run_pass

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""
LOCKED = "Le registre est verrouillé par un autre programme. Rien n’est perdu\N{NO-BREAK SPACE}: les dépôts attendent."
IN_ENGLISH = "The ledger is locked by another program"
TITLE = "🔴 Critique · Passe en échec"
ENDED = "✅ Rétabli · Passe en échec"


@pytest.fixture
def slack(monkeypatch) -> Iterator[FakeSlack]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with FakeSlack() as fake:
        yield fake


@pytest.fixture
def home(home_of_today, tmp_path, monkeypatch, slack) -> Path:
    """A home over which one pass went, in the environment, with a Slack for engineers.

    Its ledger is waited for but briefly.
    """
    copy = tmp_path / "home"
    shutil.copytree(home_of_today, copy, symlinks=True)
    given = {
        "JALONS_HOME": str(copy),
        "JALONS_SETTLE_SECONDS": "0",
        "JALONS_LEDGER_URL": f"sqlite:///{copy / 'ledger.sqlite'}?timeout=0.1",
        "SLACK_BOT_TOKEN": TOKEN,
        "JALONS_SLACK_ENGINEERS_CHANNEL": CHANNEL,
        "JALONS_SLACK_BASE_URL": slack.base_url,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(telling, "_told_here", set())
    monkeypatch.setattr(telling, "_resting", {})
    return copy


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """The ledger, held by another process."""
    command = [sys.executable, "-c", LOCK, str(home / "ledger.sqlite")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "locked\n"
        yield
        process.stdin.close()


def invoke(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def titles(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("🔴", "✅"))]


def test_a_locked_ledger_is_told_on_each_channel_once_and_its_end_once(home, slack):
    with locked(home):
        first, second = invoke("run"), invoke("run")
    assert (first.exit_code, second.exit_code) == (1, 1)
    assert (titles(first.stderr), LOCKED in first.stderr) == ([TITLE], True)
    assert first.stderr.splitlines()[-1].startswith(IN_ENGLISH)
    assert (len(second.stderr.splitlines()), second.stdout) == (1, "")
    (said,) = slack.texts
    assert said.startswith(TITLE)
    assert LOCKED in said
    assert "À faire\N{NO-BREAK SPACE}: fermer ce programme" in said
    again = [invoke("run") for _ in range(2)]
    assert [one.exit_code for one in again] == [0, 0]
    assert [titles(one.stderr) for one in again] == [[ENDED], []]
    assert len(slack.texts) == 2
    with locked(home):
        invoke("run")
    assert len(slack.texts) == 3


def test_a_pass_that_is_forced_fails_in_one_line_over_a_locked_ledger(home, slack):
    with locked(home):
        forced = invoke("run", "--force")
    (failed,) = [line for line in forced.stderr.splitlines() if line.startswith("  Failed: ")]
    assert failed.startswith(f"  Failed: {IN_ENGLISH}")
    assert (forced.exit_code, "[SQL" in forced.output, len(slack.texts)) == (1, False, 1)


def test_the_sensors_skip_and_tell_once_between_them_and_the_end_where_no_pass_is_owed(home, slack, capfd):
    # A copy looks like other files, of which a pass would be owed.
    left_up_to_date(Settings())
    with locked(home), dg.DagsterInstance.ephemeral() as instance:
        for sensor in (automation.inbox_sensor, automation.engineers_sensor) * 2:
            answer = sensor(dg.build_sensor_context(instance))
            assert answer.skip_message.startswith(IN_ENGLISH)
    assert titles(capfd.readouterr().err) == [TITLE]
    assert len(slack.texts) == 1
    with dg.DagsterInstance.ephemeral() as instance:
        answer = automation.inbox_sensor(dg.build_sensor_context(instance))
    assert "nothing" in answer.skip_message
    assert titles(capfd.readouterr().err) == [ENDED]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda ledger: ledger.write_bytes(bytes(range(256)) * 100), "Le registre est illisible"),
        (lambda ledger: ledger.unlink(), "Le registre est absent"),
    ],
    ids=["garbage", "absent"],
)
def test_a_ledger_that_cannot_be_used_is_told_and_nothing_is_put_in_its_place(home, slack, harm, said):
    harm(home / "ledger.sqlite")
    before = (home / "ledger.sqlite").exists()
    for words in (("run",), ("run", "--force"), ("run", "--force")):
        assert invoke(*words).exit_code == 1
    (told,) = slack.texts
    assert said in told
    assert (home / "ledger.sqlite").exists() == before


def test_what_refuses_a_run_before_its_first_step_fails_it(home, slack, monkeypatch):
    def refuse(_settings):
        raise LedgerRefused("The ledger is of another home.")

    monkeypatch.setattr(home_of_pass, "enter_home", refuse)
    summary = run_pass(Settings(), TODAY)
    assert summary.failures == ("The ledger is of another home.",)
    forced = invoke("run", "--force")
    assert forced.exit_code == 1
    assert "  Failed: The ledger is of another home." in forced.stderr.splitlines()


def _full(*_given, **_more):
    raise OSError(errno.ENOSPC, "No space left on device", "/srv/lake")


def test_a_full_disk_in_a_step_is_a_line_at_the_terminal_and_french_on_the_channel(home, slack, monkeypatch):
    monkeypatch.setattr(consolidation, "build", _full)
    summary = run_pass(Settings(), TODAY)
    (failure,) = summary.failures
    assert failure.startswith("consolidation: The disk is full, or a quota is reached (/srv/lake): free some space")
    (said,) = slack.texts
    line = "La passe s’est arrêtée à l’étape consolidation\N{NO-BREAK SPACE}: Le disque est plein"
    assert line in said
    assert "À faire\N{NO-BREAK SPACE}: libérer de la place" in said


def test_what_is_given_up_badly_at_the_end_of_a_run_fails_it(home, slack, monkeypatch):
    monkeypatch.setattr(home_of_pass, "copy_ledger", _full)
    # The intake copies the ledger as its step ends, and each run as it ends.
    of_step, of_run = run_pass(Settings(), TODAY).failures
    assert (of_step.startswith("drops: The disk is full"), of_run.startswith("The disk is full")) == (True, True)


def test_an_unknown_failure_is_its_first_line(home, slack, monkeypatch):
    def fail(_settings):
        raise ValueError("line one\nline two")

    monkeypatch.setattr(consolidation, "build", fail)
    assert run_pass(Settings(), TODAY).failures == ("consolidation: ValueError: line one",)


def test_where_no_name_can_be_written_a_process_tells_once(home, slack, monkeypatch):
    monkeypatch.setattr(Path, "touch", _full)
    for _ in range(2):
        telling.tell_cause(Settings(), OSError(errno.ENOSPC, "No space left on device"))
    assert len(slack.texts) == 1
    assert not list(home.glob(".told-*"))


def test_a_channel_that_cannot_be_reached_is_told_the_next_time_and_the_other_not_again(home, slack, capfd):
    slack.mischief.extend(["invalid_auth", "lose_request"])
    for _ in range(4):
        telling.tell_cause(Settings(), OSError(errno.ENOSPC, "No space left on device"))
    assert (slack.posts, len(slack.texts)) == (3, 1)
    assert titles(capfd.readouterr().err) == [TITLE]


def test_a_channel_that_asks_for_a_rest_is_left_alone_though_no_outbox_can_keep_it(home, slack):
    slack.mischief.append("long_rate_limit")
    for _ in range(3):
        telling.tell_cause(Settings(), OSError(errno.ENOSPC, "No space left on device"))
    assert (slack.posts, len(slack.texts)) == (1, 0)


def test_an_unknown_error_is_told_to_nobody(home, slack):
    with pytest.raises(ValueError, match="a bug"), telling.causes_told(Settings()):
        raise ValueError("a bug")
    assert slack.posts == 0


def test_a_replay_is_told_too(home, slack, tmp_path):
    listing = tmp_path / "drops.csv"
    write_whole(tmp_path / "a.csv", projects_csv(GOOD))
    listing.write_text("order,as_of,edition,perimeter,kind,file,rows\n1,2017-06,2017-S1,MI,projects,a.csv,1\n")
    with locked(home):
        result = invoke("replay", listing)
    assert (result.exit_code, len(slack.texts)) == (1, 1)
    assert result.stderr.splitlines()[-1].startswith(IN_ENGLISH)


def test_a_ledger_of_a_later_version_is_told(home, slack):
    with sqlite3.connect(home / "ledger.sqlite") as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    connection.close()
    result = invoke("run")
    assert (result.exit_code, "is of version 9999" in result.stderr.splitlines()[-1]) == (1, True)
    assert "une version plus récente de Jalons" in json.dumps(slack.texts, ensure_ascii=False)
