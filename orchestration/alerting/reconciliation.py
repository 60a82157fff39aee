"""What must change in one channel's outbox when the alerts have changed: a pure comparison.

What belongs here: which rows to plan, cancel, resolve, bring back or keep under another key. What does not: sending
(`delivery`) and storing (`outbox`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from orchestration.alerting.alerts import Alert
from orchestration.alerting.messages import summary_line
from orchestration.alerting.outbox import OutboxEntry, State
from orchestration.domain.alert_rules import AlertKey

Changes = tuple[list[OutboxEntry], list[tuple[OutboxEntry, State]]]


def latest(entries: Sequence[OutboxEntry]) -> dict[str, OutboxEntry]:
    """The last occurrence of each alert, by alert key; `entries` as the outbox gives them, the oldest first."""
    return {entry.alert_key: entry for entry in entries if entry.kind == "alert"}


def renamed(
    entries: Iterable[OutboxEntry], alerts: Mapping[str, Alert], former_ids: Mapping[str, Collection[str]]
) -> dict[str, AlertKey]:
    """The keys of rows about alerts of projects that have another id by now, with those of the alerts.

    `former_ids` are those that each project had. An alert that has rows under its own key keeps them.
    """
    told = {entry.alert_key for entry in entries}
    found: dict[str, AlertKey] = {}
    for key in sorted(alerts.keys() - told):
        alert = alerts[key]
        if alert.of_rule.about == "project":
            now = AlertKey(alert.rule, alert.subject, alert.edition, alert.level)
            before = (str(replace(now, subject=former)) for former in sorted(former_ids.get(alert.subject, ())))
            old = next((one for one in before if one in told and one not in alerts and one not in found), None)
            if old is not None:
                found[old] = now
    return found


def reconcile(entries: Sequence[OutboxEntry], alerts: Mapping[str, Alert], routed: Collection[str]) -> Changes:
    """Compare the outbox's rows with all alerts there are, `routed` being the keys that this channel gets.

    Returns the rows to add and the rows to move, each with its new state:

    - an alert without a row is planned, a cancelled one is planned again;
    - an alert gone or no longer routed before it was sent is cancelled;
    - a sent alert that is gone is resolved, and a row is planned to say so;
    - a resolved alert that is back is simply sent again if people were told of its end, else its end is not told.
    """
    new: list[OutboxEntry] = []
    moved: list[tuple[OutboxEntry, State]] = []
    current = latest(entries)
    ends = {(entry.alert_key, entry.occurrence): entry for entry in entries if entry.kind == "resolution"}

    for key in sorted(routed):
        entry = current.get(key)
        if entry is None:
            new.append(_planned(alerts[key], occurrence=1))
        elif entry.state == "cancelled":
            moved.append((entry, "planned"))
        elif entry.state == "resolved":
            if ends[key, entry.occurrence].state in ("planned", "cancelled"):
                moved.append((entry, "sent"))
            else:
                new.append(_planned(alerts[key], occurrence=entry.occurrence + 1))

    for key, entry in current.items():
        if entry.state in ("planned", "dead") and key not in routed:
            moved.append((entry, "cancelled"))
        elif entry.state == "sent" and key not in alerts:
            moved.append((entry, "resolved"))
            end = ends.get((key, entry.occurrence))
            if end:
                moved.append((end, "planned"))
            else:
                new.append(replace(entry, kind="resolution", state="planned", message_key=None, attempts=0))

    moved += [(end, "cancelled") for end in ends.values() if end.state == "planned" and end.alert_key in alerts]
    return new, moved


def _planned(alert: Alert, occurrence: int) -> OutboxEntry:
    return OutboxEntry(
        alert.alert_key, "alert", occurrence, alert.rule, alert.subject, alert.edition, summary_line([alert])
    )
