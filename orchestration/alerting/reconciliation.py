"""What must change in one channel's outbox when the alerts have changed: a pure comparison.

What belongs here: which rows to plan, cancel, resolve, bring back or keep under another key. What does not: sending
(`sending`) and storing (`outbox`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from orchestration.alerting.alerts import Alert
from orchestration.alerting.end_causes import SILENT
from orchestration.alerting.ends import End
from orchestration.alerting.messages import ended_line, since, summary_line
from orchestration.alerting.outbox_tables import OutboxEntry, State
from orchestration.alerting.sentences import statement
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


def reconcile(
    entries: Sequence[OutboxEntry],
    alerts: Mapping[str, Alert],
    routed: Collection[str],
    ends: Mapping[str, End],
    summaries: Mapping[str, str] = MappingProxyType({}),
) -> Changes:
    """Compare the outbox's rows with all alerts there are, `routed` being the keys that this channel gets, and with the
    `ends` that are known: of alerts that are in the data no more, and of states that are over.

    `summaries` are the keys of what is news by another method alone, with the method: one message tells all of it.

    Returns the rows to add and the rows to move, each with its new state:

    - an alert without a row is planned, a cancelled one is planned again, unless it has ended;
    - an alert gone, ended or no longer routed before it was sent is cancelled;
    - a sent alert that has ended is resolved, and a row is planned to say so, unless its cause is silent, or once what
      replaced it was taken back unsaid;
    - a resolved alert that is back is simply sent again if people were told of its end, else its end is not told.
    """
    new: list[OutboxEntry] = []
    moved: list[tuple[OutboxEntry, State]] = []
    current = latest(entries)
    told_ends = {(entry.alert_key, entry.occurrence): entry for entry in entries if entry.kind == "resolution"}

    for key in sorted(key for key in routed if key not in ends):
        entry = current.get(key)
        if entry is None:
            new.append(_planned(alerts[key], occurrence=1, summary=summaries.get(key)))
        elif entry.state == "cancelled":
            moved.append((replace(entry, summary=summaries.get(key)), "planned"))
        elif entry.state == "resolved":
            told = told_ends.get((key, entry.occurrence))
            if told is None or told.state in ("planned", "cancelled"):
                moved.append((replace(entry, cause=None), "sent"))
            else:
                new.append(_planned(alerts[key], occurrence=entry.occurrence + 1, summary=summaries.get(key)))

    for key, entry in current.items():
        if entry.state in ("planned", "dead") and (key not in routed or key in ends):
            moved.append((entry, "cancelled"))
        elif entry.state == "sent" and key in ends:
            moved.append((replace(entry, cause=ends[key].cause), "resolved"))
            if ends[key].cause not in SILENT:
                end = _end(entry, ends[key], summaries.get(key))
                if (key, entry.occurrence) in told_ends:
                    moved.append((end, "planned"))
                else:
                    new.append(end)

        elif entry.state == "resolved" and _lost_its_successor(entry, ends.get(key), current.values(), told_ends):
            moved.append((replace(entry, cause=ends[key].cause), "resolved"))
            new.append(_end(entry, ends[key], summaries.get(key)))

    is_back = alerts.keys() - ends.keys()
    moved += [(end, "cancelled") for end in told_ends.values() if end.state == "planned" and end.alert_key in is_back]
    return new, moved


def _lost_its_successor(
    entry: OutboxEntry,
    end: End | None,
    current: Collection[OutboxEntry],
    told_ends: Mapping[tuple[str, int], OutboxEntry],
) -> bool:
    """Whether what replaced an alert was taken back before anybody was told of it: then nobody knows that it ended."""
    if (
        entry.cause not in SILENT
        or end is None
        or end.cause in SILENT
        or (entry.alert_key, entry.occurrence) in told_ends
    ):
        return False
    return not any(map(partial(_is_successor, entry), current))


def _is_successor(entry: OutboxEntry, one: OutboxEntry) -> bool:
    """Whether people were told of another level of the same, whatever the id of the subject was by then."""
    same = (one.rule, one.edition) == (entry.rule, entry.edition) and one.alert_key != entry.alert_key
    is_subject = one.subject == entry.subject or (one.card_id, one.subject_name) == (entry.card_id, entry.subject_name)
    return same and is_subject and one.sent_at is not None


def _planned(alert: Alert, occurrence: int, summary: str | None) -> OutboxEntry:
    return OutboxEntry(
        *(alert.alert_key, "alert", occurrence, alert.rule, alert.subject, alert.edition, summary_line([alert])),
        level=alert.level,
        summary=summary,
        severity=alert.severity,
        subject_name=alert.subject_name,
        perimeter=alert.perimeter,
        statement=statement(alert),
    )


def _end(entry: OutboxEntry, end: End, summary: str | None) -> OutboxEntry:
    """The row that tells the end of a sent alert: of the edition that ended it, with what it is now."""
    edition = end.edition if end.edition != entry.edition else None
    told = replace(entry, kind="resolution", state="planned", message_key=None, after_id=None, attempts=0, sent_at=None)
    return replace(
        told,
        edition=end.edition,
        headline=ended_line(entry.headline, edition, end.now),
        statement=since(edition, end.now),
        cause=end.cause,
        summary=summary,
    )
