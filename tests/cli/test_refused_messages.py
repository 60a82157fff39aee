"""What a channel refuses shows where people look: exit codes, `jalons alerts`, engineers; and it can be sent again."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from tests.alerting.fake_slack import CHANNEL, TOKEN, FakeSlack
from tests.intake.drops import GOOD, drop, projects_csv


@pytest.fixture
def slack(monkeypatch) -> Iterator[FakeSlack]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with FakeSlack() as fake:
        yield fake


@pytest.fixture
def invoke(tmp_path, monkeypatch, slack):
    """Call the command on a home in which a good file and a damaged one wait, with a Slack for teams."""
    home = tmp_path / "home"
    drop(home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    drop(home, "2021-S2/MC/projets.xlsx", b"PK\x03\x04 not a workbook")
    given = {"JALONS_HOME": home, "JALONS_SETTLE_SECONDS": "0", "SLACK_BOT_TOKEN": TOKEN}
    given |= {"JALONS_SLACK_CHANNEL": CHANNEL, "JALONS_SLACK_BASE_URL": slack.base_url}
    for name, value in given.items():
        monkeypatch.setenv(name, str(value))
    return lambda *words: CliRunner().invoke(app, words)


def test_what_is_refused_is_said_by_each_command_until_it_was_sent_again(invoke, slack):
    slack.refuses_posts = "not_in_channel"
    waits = invoke("run")
    assert waits.exit_code == 0, "it leaves by itself"
    assert "Canal d’alertes en panne" in waits.stderr
    assert "inviter le robot" in waits.stderr
    shown = invoke("alerts", "2021-S2")
    assert (shown.exit_code, "(not_in_channel)" in shown.stdout, "planned: slack" in shown.stdout) == (0, True, True)
    assert "slack takes no message (not_in_channel) since" in shown.stderr

    slack.refuses_posts = None
    slack.refused["Dépôt refusé"] = "invalid_blocks"
    assert invoke("alerts", "retry").stdout == "No message was refused for good.\n"
    dead = invoke("run")
    assert dead.exit_code == 1
    assert "Refused for good on slack (invalid_blocks): 🟠 Attention · " in dead.stderr
    assert "Message refusé par un canal" in dead.stderr
    again = invoke("run")
    assert (again.exit_code, "Nothing new" in again.stdout) == (1, True)
    assert "jalons alerts retry" in again.stderr
    shown, as_json = invoke("alerts"), invoke("alerts", "--json")
    assert (shown.exit_code, "(invalid_blocks)" in shown.stdout, "dead: slack" in shown.stdout) == (1, True, True)
    (alert,) = json.loads(as_json.stdout)
    assert (as_json.exit_code, alert["channels"]["slack"], alert["errors"]) == (1, "dead", {"slack": "invalid_blocks"})

    slack.refused.clear()
    assert invoke("alerts", "retry").stdout == "1 alert is planned again. Next: jalons run\n"
    sent = invoke("run")
    assert (sent.exit_code, len(slack.messages)) == (0, 1)
    assert sent.stderr.count("✅ Rétabli") == 1
    assert invoke("alerts").exit_code == 0


def test_the_help_of_alerts_names_what_can_be_done(invoke):
    shown = invoke("alerts", "--help")
    assert (shown.exit_code, "retry" in shown.stdout) == (0, True)


def test_a_home_that_is_not_there_has_nothing_refused_and_is_not_made(tmp_path, monkeypatch):
    monkeypatch.setenv("JALONS_HOME", str(tmp_path / "none"))
    results = [CliRunner().invoke(app, words) for words in (["alerts"], ["alerts", "retry"])]
    assert [result.exit_code for result in results] == [0, 0]
    assert not (tmp_path / "none").exists()
