"""What changes in an outbox when alerts come and go: each state of a row beside an alert that is there, or is not."""

from dataclasses import replace

import pytest
from alert_home import alert_row

from orchestration.alerting.alerts import Alert
from orchestration.alerting.outbox import OutboxEntry, State
from orchestration.alerting.reconciliation import reconcile

ALERT = Alert.of(alert_row())
ROW = OutboxEntry(ALERT.alert_key, "alert", 1, ALERT.rule, ALERT.subject, ALERT.edition, "Une phrase.")


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        ("planned", ["cancelled"]),
        # A refused message is owed to nobody once its alert is gone: it does not come back as a failure.
        ("dead", ["cancelled"]),
        ("sent", ["resolved"]),
        ("cancelled", []),
        ("unknown", []),
    ],
)
def test_an_alert_that_is_gone_moves_its_row(state: State, becomes: list[State]) -> None:
    new, moved = reconcile([replace(ROW, state=state)], {}, set())
    assert [to for _, to in moved] == becomes
    assert [entry.kind for entry in new] == (["resolution"] if state == "sent" else [])


@pytest.mark.parametrize("state", ["planned", "dead", "sent", "unknown"])
def test_an_alert_that_stays_leaves_its_row_alone(state: State) -> None:
    assert reconcile([replace(ROW, state=state)], {ALERT.alert_key: ALERT}, {ALERT.alert_key}) == ([], [])


def test_an_alert_that_is_back_before_it_was_sent_is_planned_again() -> None:
    row = replace(ROW, state="cancelled")
    assert reconcile([row], {ALERT.alert_key: ALERT}, {ALERT.alert_key}) == ([], [(row, "planned")])


@pytest.mark.parametrize(
    ("end", "becomes", "occurrences"),
    [("planned", ["sent", "cancelled"], []), ("cancelled", ["sent"], []), ("sent", [], [2]), ("dead", [], [2])],
)
def test_an_alert_that_is_back_is_said_again_only_if_people_were_told_of_its_end(
    end: State, becomes: list[State], occurrences: list[int]
) -> None:
    rows = [replace(ROW, state="resolved"), replace(ROW, kind="resolution", state=end)]
    new, moved = reconcile(rows, {ALERT.alert_key: ALERT}, {ALERT.alert_key})
    assert [to for _, to in moved] == becomes
    assert [(entry.kind, entry.state, entry.occurrence) for entry in new] == [
        ("alert", "planned", occurrence) for occurrence in occurrences
    ]


def test_an_alert_that_goes_again_before_its_end_was_told_brings_that_end_back() -> None:
    end = replace(ROW, kind="resolution", state="cancelled")
    row = replace(ROW, state="sent")
    assert reconcile([row, end], {}, set()) == ([], [(row, "resolved"), (end, "planned")])
