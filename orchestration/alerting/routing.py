"""Which alert goes to which channel, and when a channel is left alone: the reviewed tables `routing.csv` and
`channels.csv`.

What belongs here: reading those tables. What does not: whether a channel has the settings that it needs
(`channels.registry`), and the addresses of people (`contacts`).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import cast, get_args

from orchestration.alerting.alerts import Alert
from orchestration.alerting.channel_kinds import ChannelKind
from orchestration.domain.alert_rules import ALERT_RULES, Audience, Severity, severity_rank
from orchestration.domain.french import paris
from orchestration.domain.perimeter import perimeter_names

ROUTES = Path(__file__).with_name("routing.csv")
CHANNELS = Path(__file__).with_name("channels.csv")

# The channel of whoever files for a perimeter: `contacts.csv` says who that is.
CONTACTS = "contacts"
_ANY = "*"


@dataclass(frozen=True)
class ChannelRow:
    """One channel: its kind, who reads it, its address (empty: that of the settings), and from how many cards on an
    edition is listed. From `quiet_from` to `quiet_until` (Paris) nothing is sent, and what is planned waits.
    """

    name: str
    kind: ChannelKind
    audience: Audience
    address: str = ""
    most_cards: int = 8
    quiet_from: time | None = None
    quiet_until: time | None = None

    def quiet_ends(self, now: datetime) -> datetime | None:
        """When it may be written to again, where it may not now."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        here = paris(now)
        clock = here.time()
        is_overnight = self.quiet_from > self.quiet_until
        is_quiet = (
            clock >= self.quiet_from or clock < self.quiet_until
            if is_overnight
            else self.quiet_from <= clock < self.quiet_until
        )
        if not is_quiet:
            return None
        day = here.date() + timedelta(days=is_overnight and clock >= self.quiet_from)
        return datetime.combine(day, self.quiet_until, here.tzinfo)


def channel_rows(path: Path = CHANNELS) -> list[ChannelRow]:
    """The rows of `channels.csv`; raise `ValueError`, with the line, where one cannot be read."""
    return [
        ChannelRow(
            row["channel"],
            cast(ChannelKind, _one_of(row["kind"], get_args(ChannelKind), "kind", where)),
            cast(Audience, _one_of(row["audience"], get_args(Audience), "audience", where)),
            row["address"],
            int(row["most_cards"] or ChannelRow.most_cards),
            time.fromisoformat(row["quiet_from"]) if row["quiet_from"] else None,
            time.fromisoformat(row["quiet_until"]) if row["quiet_until"] else None,
        )
        for where, row in _rows(path)
    ]


class EverythingToEngineers:
    """What stands for a table that cannot be read: engineers are told all, and nobody else anything."""

    def sends(self, alert: Alert, channel: str) -> bool:  # noqa: ARG002
        """Whether the alert is for engineers."""
        return alert.of_rule.audience == "engineers"


def routing_or_engineers_alone() -> "Routing | EverythingToEngineers":
    """The table; where it cannot be read, what stands for it."""
    try:
        return Routing()
    except ValueError:
        return EverythingToEngineers()


class Routing:
    """The rows `channel, perimeter, rule, minimum_severity`, `*` being any: the one that says most decides, a perimeter
    before a rule.
    """

    def __init__(self, path: Path = ROUTES) -> None:
        self._minimum: dict[tuple[str, str, str], int] = {}
        for where, row in _rows(path):
            _one_of(row["perimeter"], (_ANY, *perimeter_names()), "perimeter", where)
            _one_of(row["rule"], (_ANY, *ALERT_RULES), "rule", where)
            _one_of(row["minimum_severity"], get_args(Severity), "minimum_severity", where)
            key = row["channel"], row["perimeter"], row["rule"]
            self._minimum[key] = severity_rank(cast(Severity, row["minimum_severity"]))

    def sends(self, alert: Alert, channel: str) -> bool:
        """Whether the alert goes to this channel: one without a row gets nothing, contacts only what is theirs."""
        name, _, theirs = channel.partition(":")
        if theirs and theirs != alert.perimeter:
            return False
        perimeter = alert.perimeter or ""
        places = ((perimeter, alert.rule), (perimeter, _ANY), (_ANY, alert.rule), (_ANY, _ANY))
        minimum = next((self._minimum[name, *place] for place in places if (name, *place) in self._minimum), None)
        return minimum is not None and severity_rank(alert.severity) >= minimum


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in (reader := csv.DictReader(lines)):
            yield f"{path.name}, line {reader.line_num}", row


def _one_of(value: str, known: tuple[str, ...], what: str, where: str) -> str:
    if value not in known:
        raise ValueError(f"{where}: {what} {value!r} is none of {', '.join(known)}")
    return value
