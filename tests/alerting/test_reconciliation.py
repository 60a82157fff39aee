"""What changes in an outbox when alerts come and go: each state of a row beside an alert that is there, or is not."""

from dataclasses import replace

import pytest
from alert_home import alert_row

from orchestration.alerting.alerts import Alert
from orchestration.alerting.end_causes import Cause
from orchestration.alerting.ends import End
from orchestration.alerting.outbox_tables import OutboxEntry, State
from orchestration.alerting.reconciliation import reconcile

ALERT = Alert.of(alert_row())
GONE = {ALERT.alert_key: End("corrigée", ALERT.edition)}
ROW = OutboxEntry(ALERT.alert_key, "alert", 1, ALERT.rule, ALERT.subject, ALERT.edition, "Une phrase.")


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        ("planned", ["cancelled"]),
        # A refused message is owed to nobody once its alert is gone: it does not come back as a failure.
        ("dead", ["cancelled"]),
        ("sent", ["resolved"]),
        ("resolved", []),
        ("cancelled", []),
        ("unknown", []),
    ],
)
def test_an_alert_that_is_gone_moves_its_row(state: State, becomes: list[State]) -> None:
    new, moved = reconcile([replace(ROW, state=state)], {}, set(), GONE)
    assert [to for _, to in moved] == becomes
    assert [entry.kind for entry in new] == (["resolution"] if state == "sent" else [])


@pytest.mark.parametrize("state", ["planned", "dead", "sent", "unknown"])
def test_an_alert_that_stays_leaves_its_row_alone(state: State) -> None:
    assert reconcile([replace(ROW, state=state)], {ALERT.alert_key: ALERT}, {ALERT.alert_key}, {}) == ([], [])


@pytest.mark.parametrize("state", ["sent", "unknown", "resolved"])
def test_an_alert_that_left_with_its_project_leaves_what_was_said_of_it_alone(state: State) -> None:
    assert reconcile([replace(ROW, state=state)], {}, set(), {}) == ([], [])


@pytest.mark.parametrize("cause", ["remplacée", "précision"])
def test_an_end_of_which_nothing_is_to_be_said_is_noted_and_not_told(cause: Cause) -> None:
    ends = {ALERT.alert_key: End(cause, "2018-S1")}
    new, moved = reconcile([replace(ROW, state="sent")], {ALERT.alert_key: ALERT}, {ALERT.alert_key}, ends)
    assert (new, [(entry.cause, to) for entry, to in moved]) == ([], [(cause, "resolved")])


def test_a_state_that_is_over_is_told_with_the_edition_that_ended_it_and_what_it_is_now() -> None:
    ends = {ALERT.alert_key: End("reportée", "2018-S1", now="fin prévue désormais en juin 2019")}
    new, moved = reconcile([replace(ROW, state="sent")], {ALERT.alert_key: ALERT}, {ALERT.alert_key}, ends)
    (told,) = new
    assert (told.kind, told.cause, told.edition) == ("resolution", "reportée", "2018-S1")
    assert told.headline == ("Une phrase. Depuis, à l’édition 2018-S1 : fin prévue désormais en juin 2019.")
    assert [(entry.cause, to) for entry, to in moved] == [("reportée", "resolved")]


def test_an_alert_that_has_ended_before_it_was_sent_is_never_said() -> None:
    alerts, ends = {ALERT.alert_key: ALERT}, {ALERT.alert_key: End("redressée", "2018-S1")}
    assert reconcile([], alerts, {ALERT.alert_key}, ends) == ([], [])
    row = replace(ROW, state="planned")
    assert reconcile([row], alerts, {ALERT.alert_key}, ends) == ([], [(row, "cancelled")])


def test_what_was_replaced_in_silence_and_is_back_is_said_no_second_time() -> None:
    row = replace(ROW, state="resolved", cause="précision")
    assert reconcile([row], {ALERT.alert_key: ALERT}, {ALERT.alert_key}, {}) == (
        [],
        [(replace(row, cause=None), "sent")],
    )


def test_what_is_news_by_another_method_alone_is_planned_for_its_summary() -> None:
    new, _ = reconcile([], {ALERT.alert_key: ALERT}, {ALERT.alert_key}, {}, {ALERT.alert_key: "2.0.0"})
    assert [(entry.state, entry.summary) for entry in new] == [("planned", "2.0.0")]
    new, _ = reconcile([replace(ROW, state="sent")], {}, set(), GONE, {ALERT.alert_key: "2.0.0"})
    assert [(entry.kind, entry.summary) for entry in new] == [("resolution", "2.0.0")]


def test_an_alert_that_is_back_before_it_was_sent_is_planned_again() -> None:
    row = replace(ROW, state="cancelled")
    assert reconcile([row], {ALERT.alert_key: ALERT}, {ALERT.alert_key}, {}) == ([], [(row, "planned")])


@pytest.mark.parametrize(
    ("end", "becomes", "occurrences"),
    [("planned", ["sent", "cancelled"], []), ("cancelled", ["sent"], []), ("sent", [], [2]), ("dead", [], [2])],
)
def test_an_alert_that_is_back_is_said_again_only_if_people_were_told_of_its_end(
    end: State, becomes: list[State], occurrences: list[int]
) -> None:
    rows = [replace(ROW, state="resolved"), replace(ROW, kind="resolution", state=end)]
    new, moved = reconcile(rows, {ALERT.alert_key: ALERT}, {ALERT.alert_key}, {})
    assert [to for _, to in moved] == becomes
    assert [(entry.kind, entry.state, entry.occurrence) for entry in new] == [
        ("alert", "planned", occurrence) for occurrence in occurrences
    ]


def test_an_alert_that_goes_again_before_its_end_was_told_brings_that_end_back() -> None:
    end = replace(ROW, kind="resolution", state="cancelled")
    row = replace(ROW, state="sent")
    _, moved = reconcile([row, end], {}, set(), GONE)
    assert [(entry.kind, entry.cause, to) for entry, to in moved] == [
        ("alert", "corrigée", "resolved"),
        ("resolution", "corrigée", "planned"),
    ]
