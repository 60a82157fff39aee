"""Which alert goes to which channel."""

import io
from pathlib import Path
from typing import Any

import pytest
from alert_home import NOW, Home, alert_row
from pydantic import SecretStr

from orchestration.alerting import rounds, routing
from orchestration.alerting.alerts import Alert
from orchestration.alerting.channels import registry
from orchestration.alerting.channels.console import Console
from orchestration.alerting.channels.registry import engineers_channels, missing_settings, open_channels
from orchestration.alerting.delivery import deliver
from orchestration.alerting.engineers_delivery import alert_engineers
from orchestration.alerting.routing import Routing
from orchestration.settings import Settings
from tests.judgements import unjudged


def alert(**changed: Any) -> Alert:
    return Alert.of(alert_row(**changed))


@pytest.fixture
def routes(tmp_path: Path) -> Path:
    table = tmp_path / "routing.csv"
    lines = ["channel,perimeter,rule,minimum_severity", "slack,*,*,attention", "slack,MEN,*,critique"]
    lines += ["slack,MI,*,information", "slack,MI,creep,critique", "slack,*,overdue,information"]
    table.write_text("\n".join(lines))
    return table


def test_everything_goes_to_the_console_and_to_slack_by_default() -> None:
    slightest = alert(severity="information", perimeter=None)
    assert [Routing().sends(slightest, channel) for channel in ("console", "slack", "unknown")] == [True, True, False]


def test_every_channel_that_can_be_open_has_a_row(tmp_path: Path) -> None:
    set_up = Settings(
        home=tmp_path, slack_bot_token=SecretStr("made-up"), slack_channel="C1", slack_engineers_channel="C2"
    )
    critical = alert(severity="critique")
    names = [channel.name for channel in (*open_channels(set_up), *engineers_channels(set_up))]
    assert len(names) == 4
    assert [name for name in names if not Routing().sends(critical, name)] == []


@pytest.mark.parametrize(
    ("perimeter", "severity", "is_sent"),
    [
        ("MC", "information", False),
        ("MC", "attention", True),
        (None, "critique", True),
        ("MEN", "attention", False),
        ("MEN", "critique", True),
        ("MI", "information", True),
    ],
)
def test_the_row_of_a_perimeter_decides_before_the_general_one(
    routes: Path, perimeter: str | None, severity: str, is_sent: bool
) -> None:
    assert Routing(routes).sends(alert(perimeter=perimeter, severity=severity), "slack") is is_sent


@pytest.mark.parametrize(
    ("perimeter", "rule", "is_sent"),
    [("MI", "creep", False), ("MI", "overdue", True), ("MEN", "overdue", False), ("MC", "overdue", True)],
)
def test_a_rule_has_its_own_row_and_a_perimeter_decides_before_a_rule(
    routes: Path, perimeter: str, rule: str, is_sent: bool
) -> None:
    found = alert(perimeter=perimeter, rule=rule, severity="information")
    assert Routing(routes).sends(found, "slack") is is_sent


def test_a_channel_that_has_an_address_and_lacks_the_rest_is_off_and_said_to_be(home: Home) -> None:
    assert missing_settings(home.settings) == {}
    halved = home.settings.model_copy(update={"slack_bot_token": SecretStr(""), "tchap_room": "!a:example.org"})
    assert missing_settings(halved) == {
        "slack": ["SLACK_BOT_TOKEN"],
        "tchap": ["JALONS_TCHAP_HOMESERVER", "JALONS_TCHAP_TOKEN"],
    }
    screen = io.StringIO()
    for _ in range(2):
        alert_engineers(halved, [], NOW, ["tick_late"], [Console(screen, name="engineers-console")])
    said = screen.getvalue().replace("\N{NO-BREAK SPACE}", " ")
    assert (said.count("« slack » est fermé"), "SLACK_BOT_TOKEN" in said) == (1, True)


@pytest.mark.parametrize("row", ["slack,XX,*,information", "slack,*,no_such_rule,information", "slack,*,*,grave"])
def test_a_row_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, row: str) -> None:
    table = tmp_path / "routing.csv"
    table.write_text(f"channel,perimeter,rule,minimum_severity\nslack,*,*,attention\n{row}\n")
    with pytest.raises(ValueError, match=r"routing\.csv, line 3: .* is none of "):
        Routing(table)


def test_an_alert_no_longer_routed_is_not_taken_back(home: Home, routes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mart(alert_row("sirhen"))
    home.deliver()
    monkeypatch.setattr(rounds, "routing_or_engineers_alone", lambda: Routing(routes))
    assert home.deliver().counts["slack"] == {}
    assert home.states("slack") == {"sirhen": "sent"}


def test_an_alert_no_longer_routed_before_it_was_sent_is_cancelled(
    home: Home, routes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mart(alert_row("sirhen"))
    home.slack.mischief.append("long_rate_limit")
    home.deliver()
    monkeypatch.setattr(rounds, "routing_or_engineers_alone", lambda: Routing(routes))
    assert home.deliver().counts["slack"] == {"cancelled": 1}
    assert home.slack.messages == []


@pytest.mark.parametrize("broken", ["routing.csv", "channels.csv", "contacts.csv", "webhook"])
def test_what_cannot_be_read_of_the_tables_is_told_once_and_stops_nothing_else(
    home: Home, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        raise ValueError("line 2: perimeter 'XX' is unknown")

    settings = home.settings
    if broken == "webhook":
        settings = settings.model_copy(update={"webhook_url": SecretStr("http://secret.example/hook")})
    else:
        name = {"routing.csv": "Routing", "channels.csv": "channel_rows", "contacts.csv": "contacts"}[broken]
        monkeypatch.setattr(registry, name, unreadable)
        if broken == "routing.csv":
            monkeypatch.setattr(routing, name, unreadable)
    home.mart(alert_row())
    assert "console" in {channel.name for channel in open_channels(settings)}
    deliver(settings, NOW, unjudged(settings))
    screen = io.StringIO()
    for _ in range(2):
        alert_engineers(settings, [], NOW, ["tick_late"], [Console(screen, name="engineers-console")])
    assert screen.getvalue().count("ne peut être lu") == 1
    assert broken in screen.getvalue()
    assert "secret" not in screen.getvalue()
    assert (len(home.cards) == 0) is (broken in ("routing.csv", "channels.csv"))
