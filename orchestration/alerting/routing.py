"""Which alert goes to which channel: the reviewed table `routing.csv`.

What belongs here: reading that table. What does not: whether a channel is open (settings and `channels.registry`).
"""

import csv
from pathlib import Path
from typing import cast

from orchestration.alerting.alerts import Alert
from orchestration.domain.alert_rules import Severity, severity_rank

ROUTES = Path(__file__).with_name("routing.csv")


class Routing:
    """The rows `channel, perimeter, minimum_severity`; a perimeter's own row decides before its channel's row `*`."""

    def __init__(self, path: Path = ROUTES) -> None:
        with path.open(encoding="utf-8", newline="") as lines:
            self._minimum = {
                (row["channel"], row["perimeter"]): severity_rank(cast(Severity, row["minimum_severity"]))
                for row in csv.DictReader(lines)
            }

    def sends(self, alert: Alert, channel: str) -> bool:
        """Whether the alert goes to this channel; a channel without a row gets nothing."""
        anywhere = self._minimum.get((channel, "*"))
        minimum = self._minimum.get((channel, alert.perimeter or ""), anywhere)
        return minimum is not None and severity_rank(alert.severity) >= minimum
