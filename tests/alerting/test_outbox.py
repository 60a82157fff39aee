"""An outbox made before rows named their rule and subject goes on where it was: nothing is said twice."""

from typing import Any

import sqlalchemy as sa
from alert_home import Home, alert_row

from orchestration.alerting.outbox_questions import has_unsettled, read_states
from orchestration.alerting.standing import alert_states

OLD_TABLE = """
create table alert_outbox (
    alert_key varchar not null, channel varchar not null, kind varchar not null, occurrence integer not null,
    state varchar not null, edition varchar, headline varchar not null, message_key varchar, message_id varchar,
    after_id varchar, planned_at datetime not null, sent_at datetime, attempts integer not null, error varchar,
    primary key (alert_key, channel, kind, occurrence)
)
"""


def _old_home(home: Home, *rows: dict[str, Any], state: str = "sent", channel: str = "console") -> None:
    home.settings.home.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(home.settings.ledger)
    with engine.begin() as connection:
        connection.exec_driver_sql(OLD_TABLE)
        for row in rows:
            connection.exec_driver_sql(
                "insert into alert_outbox values "
                "(?, ?, 'alert', 1, ?, ?, 'Ancien titre.', 'k', null, null, ?, ?, 1, null)",
                (row["alert_key"], channel, state, row["edition"], *["2017-11-15 09:00:00"] * 2),
            )
    engine.dispose()


def test_what_was_sent_by_an_older_version_is_not_sent_again(home: Home) -> None:
    row = alert_row("a:subject:with:colons")
    _old_home(home, row)
    home.mart(row)
    home.deliver(home.channels()[:1])
    assert home.screen.getvalue() == ""
    assert home.states("console") == {"a:subject:with:colons": "sent"}


def test_an_alert_of_an_older_version_that_is_gone_is_taken_back_and_still_names_its_subject(home: Home) -> None:
    _old_home(home, alert_row("a:subject:with:colons"))
    home.mart()
    home.deliver(home.channels()[:1])
    assert "Ancien titre." in home.screen.getvalue()
    (left,) = alert_states(home.settings)
    assert (left["rule"], left["subject"], left["edition"]) == ("budget_slip", "a:subject:with:colons", "2017-S2")


def test_what_an_older_version_left_unknown_is_looked_for_and_sent_again(home: Home) -> None:
    row = alert_row()
    _old_home(home, row, state="unknown", channel="slack")
    home.mart(row)
    assert has_unsettled(home.settings, ["slack"], home.now)
    home.deliver([home.slack_channel()])
    assert (len(home.slack.history_calls), home.card_posts) == (1, 0)
    home.deliver_later(3, [home.slack_channel()])
    assert (home.card_posts, home.states("slack")) == (1, {"sirhen": "sent"})


def test_states_are_read_from_an_older_outbox_before_any_delivery(home: Home) -> None:
    row = alert_row()
    _old_home(home, row)
    (state,) = read_states(home.settings).values()
    assert (state.rule, state.subject, state.channels) == ("budget_slip", "sirhen", {"console": "sent"})
