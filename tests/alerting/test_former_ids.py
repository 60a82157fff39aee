"""A project whose id is written otherwise since it was told of is not told of again."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alert_home import Home, alert_row

from orchestration.alerting.alerts import Alert
from orchestration.alerting.outbox_tables import OutboxEntry
from orchestration.alerting.reconciliation import renamed


def _former(home: Home, ids: Mapping[str, str]) -> None:
    rows = [{"former_id": former, "project_id": now, "is_redirect": True} for former, now in ids.items()]
    pq.write_table(pa.Table.from_pylist(rows), home.settings.marts / "former_project_ids.parquet")


def test_what_was_sent_under_a_former_id_is_not_sent_again_and_its_end_is_told_once(home: Home) -> None:
    home.mart(alert_row("francevisas"), alert_row("1", rule="overdue"), alert_row("sirhen"))
    home.deliver()
    told, sent = list(home.screen_titles), len(home.cards)
    home.mart(alert_row("france-visas"), alert_row("mi-1", rule="overdue"), alert_row("sirhen"))
    _former(home, {"francevisas": "france-visas", "1": "mi-1"})
    home.deliver()
    home.deliver_later(10)
    assert (home.screen_titles, len(home.cards)) == (told, sent)
    assert home.states("slack") == {"france-visas": "sent", "mi-1": "sent", "sirhen": "sent"}
    home.mart(alert_row("mi-1", rule="overdue"), alert_row("sirhen"))
    home.deliver()
    home.deliver_later(10)
    assert len(home.screen_titles) == len(told) + 1


def test_without_the_former_ids_it_would_be_told_twice(home: Home) -> None:
    home.mart(alert_row("francevisas"))
    home.deliver()
    told = len(home.screen_titles)
    home.mart(alert_row("france-visas"))
    home.deliver()
    assert len(home.screen_titles) > told


def test_a_message_that_was_lost_under_a_former_id_leaves_once_under_the_new_one(home: Home) -> None:
    home.mart(alert_row("francevisas"))
    home.misbehave("lose_request")
    home.deliver()
    home.mart(alert_row("france-visas"))
    _former(home, {"francevisas": "france-visas"})
    home.deliver_later(90)
    home.deliver_later(90)
    home.look_twice()
    assert len(home.cards) == 1
    assert home.states("slack") == {"france-visas": "sent"}


@pytest.mark.parametrize(
    ("told", "row", "old"),
    [
        (["francevisas"], {}, "francevisas"),
        # Under its own key it is known already; of another edition, or of a procedure, it is another one.
        (["francevisas", "france-visas"], {}, None),
        (["france"], {}, None),
        (["francevisas"], {"edition": "2018-S1"}, None),
        (["francevisas"], {"rule": "procedure_regressed"}, None),
    ],
)
def test_only_the_same_alert_of_a_project_is_known_under_a_former_id(
    told: list[str], row: dict[str, str], old: str | None
) -> None:
    alert = Alert.of(alert_row("france-visas", **row))
    rows = [Alert.of(alert_row(subject, rule=alert.rule)) for subject in told]
    entries = [
        OutboxEntry(one.alert_key, "alert", 1, one.rule, one.subject, one.edition, "Une phrase.") for one in rows
    ]
    found = renamed(entries, {alert.alert_key: alert}, {"france-visas": {"francevisas", "visas"}})
    expected = {} if old is None else {rows[0].alert_key: alert.alert_key}
    assert {key: str(now) for key, now in found.items()} == expected


def test_one_former_id_of_two_projects_is_of_one_of_them_alone() -> None:
    both = {row["alert_key"]: Alert.of(row) for row in (alert_row("mi-1"), alert_row("mj-1"))}
    told = Alert.of(alert_row("1"))
    entry = OutboxEntry(told.alert_key, "alert", 1, told.rule, told.subject, told.edition, "Une phrase.")
    found = renamed([entry], both, {"mi-1": {"1"}, "mj-1": {"1"}})
    assert [now.subject for now in found.values()] == ["mi-1"]
