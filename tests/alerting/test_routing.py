"""Which alert goes to which channel."""

from pathlib import Path
from typing import Any

import pytest
from alert_home import Home, alert_row
from pydantic import SecretStr

from orchestration.alerting import delivery
from orchestration.alerting.alerts import Alert
from orchestration.alerting.channels.registry import engineers_channels, open_channels
from orchestration.alerting.routing import Routing
from orchestration.settings import Settings


def alert(**changed: Any) -> Alert:
    return Alert.of(alert_row(**changed))


@pytest.fixture
def routes(tmp_path: Path) -> Path:
    table = tmp_path / "routing.csv"
    lines = ["channel,perimeter,minimum_severity", "slack,*,attention", "slack,MEN,critique", "slack,MI,information"]
    table.write_text("\n".join(lines))
    return table


def test_everything_goes_to_the_console_and_to_slack_by_default() -> None:
    slightest = alert(severity="information", perimeter=None)
    assert [Routing().sends(slightest, channel) for channel in ("console", "slack", "tchap")] == [True, True, False]


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


def test_an_alert_no_longer_routed_is_not_taken_back(home: Home, routes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mart(alert_row("sirhen"))
    home.deliver()
    monkeypatch.setattr(delivery, "Routing", lambda: Routing(routes))
    assert home.deliver().counts["slack"] == {}
    assert home.states("slack") == {"sirhen": "sent"}


def test_an_alert_no_longer_routed_before_it_was_sent_is_cancelled(
    home: Home, routes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mart(alert_row("sirhen"))
    home.slack.mischief.append("long_rate_limit")
    home.deliver()
    monkeypatch.setattr(delivery, "Routing", lambda: Routing(routes))
    assert home.deliver().counts["slack"] == {"cancelled": 1}
    assert home.slack.messages == []
