"""What every test of alerting may ask for: a Slack that listens on this machine, and a home that delivers to it."""

from collections.abc import Iterator

import pytest
from alert_home import Home
from fake_slack import FakeSlack

from orchestration.settings import Settings


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with FakeSlack() as fake:
        yield fake


@pytest.fixture
def home(settings: Settings, slack: FakeSlack) -> Home:
    return Home(settings, slack)
