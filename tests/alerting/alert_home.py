"""A home whose mart `alerts` is what a test says, with a console and a Slack that the test can read."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import SecretStr

from orchestration.alerting.channels.channel import Channel
from orchestration.alerting.channels.console import Console
from orchestration.alerting.channels.slack import Slack
from orchestration.alerting.delivery import deliver
from orchestration.alerting.rounds import Delivery
from orchestration.alerting.standing import alert_states
from orchestration.settings import Settings
from orchestration.validation.holding import Hold
from tests.alerting.fake_slack import CHANNEL, TOKEN, FakeSlack, Mischief
from tests.judgements import unjudged

NOW = datetime(2017, 11, 15, 9, tzinfo=UTC)
MONEY = pa.decimal128(20, 8)
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("alert_key", "rule", "subject", "subject_name", "edition", "level")),
        *((name, pa.string()) for name in ("perimeter", "severity", "previous_edition", "since_edition")),
        *((name, pa.string()) for name in ("measure", "unit")),
        *((name, MONEY) for name in ("from_value", "to_value", "delta", "delta_pct")),
        *((name, pa.string()) for name in ("from_text", "to_text", "from_precision", "to_precision")),
        *((name, pa.int32()) for name in ("slip_months", "semesters", "end_change_months")),
        *((name, pa.string()) for name in ("returns_to_edition", "detail", "variance_comment")),
        ("raised_at", pa.timestamp("us")),
    ]
)


def alert_row(subject: str = "sirhen", **changed: Any) -> dict[str, Any]:
    """A row of the mart: a project whose cost rose from 85 to 97 M€, unless told otherwise."""
    row: dict[str, Any] = dict.fromkeys(SCHEMA.names)
    row |= {"rule": "budget_slip", "subject": subject, "subject_name": subject.upper(), "edition": "2017-S2"}
    row |= {"perimeter": "MEN", "severity": "attention", "previous_edition": "2017-S1", "level": "attention"}
    row |= {"measure": "cost", "unit": "meur", "from_value": Decimal(85), "to_value": Decimal(97)}
    row |= {"raised_at": datetime(2017, 11, 15, 9)}
    row |= changed
    row["alert_key"] = f"{row['rule']}:{subject}:{row['edition']}:{row['level']}"
    return row


class Home:
    """A home whose mart is what the test says, with a console and a Slack that the test can read."""

    def __init__(self, settings: Settings, slack: FakeSlack) -> None:
        self.settings = settings.model_copy(
            update={
                "slack_bot_token": SecretStr(TOKEN),
                "slack_channel": CHANNEL,
                "slack_base_url": slack.base_url,
                "site_url": "https://jalons.example/",
            }
        )
        self.slack = slack
        self.screen = io.StringIO()
        self.now = NOW

    def mart(self, *rows: Mapping[str, Any]) -> None:
        """Rebuild the mart with these rows."""
        self.settings.marts.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist([dict(row) for row in rows], schema=SCHEMA)
        pq.write_table(table, self.settings.marts / "alerts.parquet")

    def deliver(self, channels: Sequence[Channel] | None = None) -> Delivery:
        """One delivery to the console and to Slack, or to the channels given."""
        return self.deliver_held((), channels)

    def deliver_held(self, holds: Sequence[Hold], channels: Sequence[Channel] | None = None) -> Delivery:
        """The same while something is held back."""
        judgement = unjudged(self.settings, holds)
        return deliver(self.settings, self.now, judgement, self.channels() if channels is None else channels)

    def deliver_later(self, minutes: float, channels: Sequence[Channel] | None = None) -> Delivery:
        """The same after a while."""
        self.now += timedelta(minutes=minutes)
        return self.deliver(channels)

    def look_twice(self) -> Delivery:
        """The two deliveries that look for what is unknown; the second one sends it again where it is not there."""
        self.deliver_later(3)
        return self.deliver_later(3)

    def channels(self) -> list[Channel]:
        """The console and Slack."""
        return [Console(self.screen), self.slack_channel()]

    def slack_channel(self) -> Slack:
        """The Slack channel alone."""
        return Slack(token=TOKEN, channel=CHANNEL, base_url=self.slack.base_url)

    def engineers(self) -> list[Channel]:
        """The same Slack, as the engineers' channel."""
        return [Slack(token=TOKEN, channel=CHANNEL, base_url=self.slack.base_url, name="engineers-slack")]

    @property
    def cards(self) -> list[str]:
        """What a reader sees of each message in Slack that is no summary of an edition."""
        return [text for text in self.slack.texts if not text.startswith("Édition ")]

    @property
    def card_posts(self) -> int:
        """How many attempts there were that are no summary of an edition."""
        return self.slack.posts - self.slack.summary_posts

    @property
    def summaries(self) -> list[str]:
        """What a reader sees of the summaries in Slack."""
        return [text for text in self.slack.texts if text.startswith("Édition ")]

    def misbehave(self, *mischief: Mischief | None) -> None:
        """Let Slack do this wrong, one after the other, once the summary is there."""
        self.slack.mischief.extend([None, *mischief])

    @property
    def screen_titles(self) -> list[str]:
        """The first line of each message on the console."""
        return [line for line in self.screen.getvalue().splitlines() if not line.startswith(" ")]

    def states(self, channel: str) -> dict[str, str | None]:
        """The state on this channel of each alert of the mart, by subject."""
        return {row["subject"]: row["channels"].get(channel) for row in alert_states(self.settings)}
