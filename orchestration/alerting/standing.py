"""How each alert stands: open, explained or ended, and what became of it on each channel.

What belongs here: putting together what the marts, the outbox and people say of it. What does not: finding an end
(`ends`), what people said (`answers`), and changing anything (`delivery`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, cast

from orchestration.alerting import outbox_questions
from orchestration.alerting.alerts import COLUMNS, read_rows
from orchestration.alerting.answers import Answer, answers
from orchestration.alerting.end_causes import Cause
from orchestration.alerting.ends import End, Ends
from orchestration.alerting.outbox_questions import AlertState
from orchestration.domain.alert_rules import Subject, alert_rule
from orchestration.settings import Settings
from orchestration.store.marts import MartRow, read_mart

# By what an alert is about, the mart that knows its subjects, and the columns of their id and name.
_KNOWN_IN: Mapping[Subject, tuple[str, str, str]] = {
    "project": ("portfolio", "project_id", "name"),
    "procedure": ("procedures", "procedure_id", "name"),
    "action": ("roadmap", "action_id", "title"),
    "indicator": ("indicators", "indicator_id", "title"),
}
_BASELINE = ("baseline_cost_meur", "baseline_end_date")


def alert_states(settings: Settings, edition: str | None = None, today: date | None = None) -> list[dict[str, Any]]:
    """The mart's rows (of one edition, if given), the most severe first, each with `channels`: {channel name: state},
    with `errors`: {channel name: why it did not leave}, and with the first baseline of its project, cost and end.

    `status` says whether it is `open`, `explained` by a person, or `ended`, and `cause` by what; an explanation whose
    last day is before `today` leaves it open. `snoozed_until` and `assigned_to` say what holds on `today`.

    After them, by key, what was told and is true no longer: of such a row the key, edition, rule, subject, its name and
    perimeter as the marts know them otherwise and, as its `detail`, the headline are left.
    """
    rows = read_rows(settings) or []
    known = outbox_questions.read_states(settings) if settings.home.is_dir() else {}
    sent = {key: one for key, one in known.items() if alert_rule(one.rule).audience == "teams"}
    ends, said = Ends.read(settings).of_alerts, answers(settings)
    states = [row | _said(sent.get(row["alert_key"])) | _stands(ends.get(row["alert_key"])) for row in rows]
    for key in sorted(sent.keys() - {row["alert_key"] for row in rows}):
        one = sent[key]
        left = {"alert_key": key, "rule": one.rule, "subject": one.subject, "edition": one.edition}
        over = _stands(End(cast(Cause, one.cause or "corrigée"))) if "resolved" in one.channels.values() else _stands()
        states.append(dict.fromkeys(COLUMNS) | left | {"detail": one.headline} | _said(one) | over)
    found = [row for row in states if edition in (None, row["edition"])]
    subjects = _subjects(settings, {about for row in found if (about := alert_rule(row["rule"]).about) in _KNOWN_IN})
    return [
        row
        | _known_of(row, subjects.get((alert_rule(row["rule"]).about, row["subject"]), ()))
        | _answered(row["status"], said.get(row["alert_key"], ()), today)
        for row in found
    ]


def _subjects(settings: Settings, about: Iterable[Subject]) -> dict[tuple[Subject, str], list[MartRow]]:
    """What the marts know of subjects, by what they are and their id, in the order of the editions."""
    found: dict[tuple[Subject, str], list[MartRow]] = {}
    for one in about:
        mart, key, name = _KNOWN_IN[one]
        columns = ["edition", key, name, "perimeter", *(_BASELINE if one == "project" else ())]
        rows = read_mart(settings.marts, mart, columns=columns)
        for row in sorted(rows, key=lambda row: row["edition"]):
            found.setdefault((one, row[key]), []).append(row | {"subject_name": row[name]})
    return found


def _known_of(row: Mapping[str, Any], editions: Sequence[MartRow]) -> dict[str, Any]:
    """Name, perimeter and baseline as they were in the edition, else in the last one before, else in the last."""
    until = [one for one in editions if row["edition"] is None or one["edition"] <= row["edition"]]
    known = (until or editions or [{}])[-1]
    return {
        **{name: row[name] or known.get(name) for name in ("subject_name", "perimeter")},
        **{name: known.get(name) for name in _BASELINE},
    }


def named(states: Iterable[Mapping[str, Any]], key: str) -> list[Mapping[str, Any]]:
    """Those of `alert_states` that a key names: an alert's own, or `edition/subject` for all of one in an edition."""
    return [row for row in states if key in (row["alert_key"], f"{row['edition']}/{row['subject']}")]


def _said(one: AlertState | None) -> dict[str, dict[str, str]]:
    return {"channels": one.channels if one else {}, "errors": one.errors if one else {}}


def _stands(end: End | None = None) -> dict[str, str | None]:
    if end is None:
        return {"status": "open", "cause": None, "ended_edition": None, "now": None}
    return {"status": "ended", "cause": end.cause, "ended_edition": end.edition, "now": end.now or None}


def _answered(status: str, said: Sequence[Answer], today: date | None) -> dict[str, Any]:
    last = {one.kind: one for one in said}
    held = {one.kind: one for one in said if today is None or one.holds(today)}
    ack, snooze, assign = last.get("ack"), held.get("snooze"), held.get("assign")
    return {
        "explained_by": ack.by if ack else None,
        "explanation": ack.reason if ack else None,
        "explained_until": ack.until if ack else None,
        "snoozed_until": snooze.until if snooze else None,
        "assigned_to": assign.assigned_to if assign else None,
        "status": "explained" if status == "open" and "ack" in held else status,
    }
