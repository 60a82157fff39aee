"""What channels refuse, lose, delay and say twice: nothing is lost, nothing said twice, and engineers know."""

import io
import socket
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from alert_home import NOW, Home, alert_row
from fake_slack import CHANNEL, TOKEN

from orchestration.alerting import messages
from orchestration.alerting.channels import slack as slack_channel
from orchestration.alerting.channels.channel import Channel
from orchestration.alerting.channels.console import Console
from orchestration.alerting.channels.slack import Slack
from orchestration.alerting.engineers_delivery import alert_engineers
from orchestration.alerting.faults import channel_unreachable, message_refused
from orchestration.alerting.outbox_questions import has_unsettled
from orchestration.alerting.refused import refused_messages, refusing_channels, retry
from orchestration.alerting.slack_codes import family_of
from tests.alerting.test_delivery import Dying, fault, held, many

OF_CHANNEL_OR_SENDER = [
    *("not_in_channel", "channel_not_found", "is_archived", "invalid_auth", "account_inactive", "token_revoked"),
    *("token_expired", "missing_scope", "no_permission", "not_authed", "ekm_access_denied", "org_login_required"),
    *("restricted_action", "restricted_action_read_only_channel", "restricted_action_of_next_year"),
    *("team_access_not_granted", "metadata_must_be_sent_from_app", "message_limit_exceeded"),
]
OF_MESSAGE = ["invalid_blocks", "msg_too_long", "msg_blocks_too_long", "invalid_metadata_schema", "metadata_too_large"]
TOLD = "Canal d’alertes en panne"
REFUSED = "Message refusé par un canal"


class Engineers:
    """The console of the engineers, which tells again what a delivery knows."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.screen = io.StringIO()

    def are_told(self, *others: Channel) -> list[str]:
        """The titles that engineers read on their console by now."""
        console = Console(self.screen, name="engineers-console")
        alert_engineers(self._home.settings, [], self._home.now, ["tick_late"], [*others, console])
        return [line for line in self.screen.getvalue().splitlines() if not line.startswith(" ")]


@pytest.fixture
def engineers(home: Home) -> Engineers:
    return Engineers(home)


def owed(home: Home) -> bool:
    """Whether a pass would have something to send, or to look for, on Slack."""
    return has_unsettled(home.settings, ["slack", "engineers-slack"], home.now)


@pytest.mark.parametrize("code", OF_CHANNEL_OR_SENDER)
def test_what_is_about_channel_or_sender_waits_is_told_once_and_leaves_by_itself(
    home: Home, engineers: Engineers, code: str
) -> None:
    home.mart(*many(2))
    home.slack.refuses_posts = code
    assert home.deliver().counts["slack"] == {"planned": 2}
    assert home.slack.posts == 1, "what the channel does not take of one message, it does not take of another"
    assert (owed(home), refused_messages(home.settings)) == (False, [])
    assert [TOLD in title for title in engineers.are_told()] == [True]
    assert code in engineers.screen.getvalue()
    home.deliver_later(1)
    assert home.slack.posts == 2
    assert len(engineers.are_told()) == 1
    home.slack.refuses_posts = None
    home.now += timedelta(hours=1)
    assert owed(home)
    assert home.deliver().counts["slack"] == {"sent": 2}
    assert engineers.are_told()[1:] == [f"✅ Rétabli · {TOLD}"]
    assert not owed(home)


def test_a_channel_that_refuses_is_left_alone_longer_each_time_up_to_an_hour(home: Home) -> None:
    home.mart(alert_row())
    home.slack.refuses_posts = "not_in_channel"
    home.deliver([home.slack_channel()])
    tries = []
    for _ in range(300):
        home.now += timedelta(minutes=1)
        if owed(home):
            home.deliver([home.slack_channel()])
            tries.append(home.now)
    pauses = [after - before for before, after in pairwise(tries)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=1)


@pytest.mark.parametrize("code", OF_MESSAGE)
def test_only_a_refusal_of_the_message_is_dead_and_it_is_told(home: Home, engineers: Engineers, code: str) -> None:
    home.mart(*many(2))
    home.slack.refused["· PROJECT-000"] = code
    assert home.deliver().counts["slack"] == {"dead": 1, "sent": 1}
    assert not owed(home), "no pass would send it"
    assert [(one.channel, one.error, one.rows) for one in refused_messages(home.settings)] == [("slack", code, 1)]
    assert [REFUSED in title for title in engineers.are_told()] == [True]
    assert [f"({code})" in engineers.screen.getvalue(), "jalons alerts retry" in engineers.screen.getvalue()] == [
        True
    ] * 2
    assert len(engineers.are_told()) == 1


def test_a_dead_message_is_planned_again_by_a_person_and_its_end_told(home: Home, engineers: Engineers) -> None:
    home.mart(alert_row())
    home.slack.refused["· SIRHEN"] = "invalid_blocks"
    home.deliver()
    engineers.are_told()
    assert retry(home.settings) == 1
    assert (owed(home), refused_messages(home.settings)) == (True, [])
    assert len(engineers.are_told()) == 1, "it is not over before it was sent"
    home.deliver()
    assert len(refused_messages(home.settings)) == 1
    home.slack.refused.clear()
    assert retry(home.settings) == 1
    assert home.deliver().counts["slack"] == {"sent": 1}
    assert engineers.are_told()[1:] == [f"✅ Rétabli · {REFUSED}"]
    assert retry(home.settings) == 0


def test_what_is_dead_for_one_channel_that_is_closed_by_now_waits_for_nobody(home: Home) -> None:
    home.mart(alert_row())
    home.slack.refused["· SIRHEN"] = "invalid_blocks"
    home.deliver()
    closed = home.settings.model_copy(update={"slack_channel": ""})
    assert (refused_messages(closed), retry(closed)) == ([], 0)


def test_a_person_who_mended_a_channel_need_not_wait_but_a_rest_that_was_asked_for_is_kept(home: Home) -> None:
    home.mart(alert_row())
    home.slack.refuses_posts = "not_in_channel"
    for _ in range(6):
        home.deliver_later(20)
    home.slack.refuses_posts = None
    assert not owed(home)
    retry(home.settings)
    assert owed(home)
    home.slack.mischief.append("long_rate_limit")
    home.deliver()
    retry(home.settings)
    assert not owed(home)
    home.deliver_later(1)
    assert home.states("slack") == {"sirhen": "sent"}


def test_engineers_are_told_on_the_channel_that_works_and_not_on_the_one_that_does_not(
    home: Home, engineers: Engineers
) -> None:
    home.slack.refuses_posts = "account_inactive"
    alert_engineers(home.settings, [fault()], home.now, ["check_failed"], [*home.engineers()])
    assert [TOLD in title for title in engineers.are_told(*home.engineers())] == [True]
    home.slack.refuses_posts = None
    home.now += timedelta(hours=1)
    alert_engineers(home.settings, [fault()], home.now, ["check_failed"], [*home.engineers()])
    assert ["Contrôle en échec" in text for text in home.slack.texts] == [True], "of itself a channel says nothing"


def test_what_is_wrong_with_the_engineers_channel_is_told_by_the_delivery_that_finds_it(home: Home) -> None:
    home.slack.refuses_posts = "is_archived"
    console = Console(home.screen, name="engineers-console")
    alert_engineers(home.settings, [fault()], home.now, ["check_failed"], [*home.engineers(), console])
    assert ["Contrôle en échec" in home.screen.getvalue(), TOLD in home.screen.getvalue()] == [True, True]


def test_a_refused_message_about_a_refused_message_is_not_told_for_ever(home: Home) -> None:
    home.mart(alert_row())
    home.slack.refused["· SIRHEN"] = "invalid_blocks"
    home.settings.slack_engineers_channel = CHANNEL
    home.deliver()
    for _ in range(3):
        alert_engineers(home.settings, [], home.now, ["tick_late"], home.engineers())
    assert len(refused_messages(home.settings)) == 2
    assert home.card_posts == 2


def test_what_was_asked_for_is_kept_by_a_message_that_comes_after_the_one_that_was_limited(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.slack.mischief.append("long_rate_limit")
    home.deliver()
    home.mart(alert_row("chorus"))
    home.deliver()
    assert (home.slack.posts, owed(home)) == (1, False)
    home.deliver_later(0.9)
    assert home.slack.posts == 1
    home.now += timedelta(seconds=6)
    assert owed(home)
    home.deliver()
    assert ["CHORUS" in text for text in home.cards] == [True]


def test_a_rate_limit_that_says_no_time_is_waited_for_and_the_channel_left_alone(home: Home) -> None:
    home.mart(alert_row())
    home.slack.mischief.extend(["bare_rate_limit"] * 2)
    assert home.deliver().counts["slack"] == {"planned": 1}
    assert not owed(home)
    assert home.deliver_later(1).counts["slack"] == {"sent": 1}


def test_a_rate_limit_of_the_history_is_kept_too(home: Home) -> None:
    home.mart(alert_row())
    home.misbehave("lose_answer")
    home.deliver()
    home.slack.history_retry_after = "120"
    home.deliver_later(3)
    calls = len(home.slack.history_calls)
    assert home.deliver_later(1).counts["slack"] == {}
    assert (len(home.slack.history_calls), owed(home)) == (calls, False)
    home.slack.history_retry_after = None
    assert home.deliver_later(1).counts["slack"] == {"sent": 1}
    assert home.card_posts == 1


def test_a_rate_limit_that_is_over_is_no_fault_however_long_ago_it_was(home: Home, engineers: Engineers) -> None:
    home.mart(alert_row())
    home.slack.mischief.append("long_rate_limit")
    home.deliver()
    home.mart()
    home.deliver_later(60)
    assert engineers.are_told() == []


def test_a_rest_noted_while_the_clock_was_ahead_is_none(home: Home) -> None:
    home.mart(alert_row())
    home.now = NOW + timedelta(days=400)
    home.slack.mischief.append("long_rate_limit")
    home.deliver()
    home.now = NOW
    assert owed(home)
    assert home.deliver().counts["slack"] == {"sent": 1}


def test_a_channel_to_which_no_connection_can_be_made_gets_its_messages_later_without_a_look_up(
    home: Home, engineers: Engineers
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home.mart(*many(2))
    nowhere = Slack(token=TOKEN, channel=CHANNEL, base_url=f"http://127.0.0.1:{port}/api/")
    assert home.deliver([nowhere]).counts["slack"] == {"planned": 2}
    assert engineers.are_told() == [], "a network may be away for a while"
    home.deliver_later(11, [nowhere])
    assert [TOLD in title for title in engineers.are_told()] == [True]
    assert home.deliver_later(2).counts["slack"] == {"sent": 2}
    assert home.slack.history_calls == []


def test_a_bot_that_may_not_read_the_history_is_told_and_nothing_is_sent_twice(
    home: Home, engineers: Engineers
) -> None:
    home.mart(alert_row())
    home.misbehave("lose_answer")
    home.deliver()
    home.slack.refuses_history = "missing_scope"
    home.deliver_later(3)
    assert [TOLD in title for title in engineers.are_told()] == [True]
    assert "channels:history" in engineers.screen.getvalue()
    home.mart(alert_row(), alert_row("chorus"))
    assert home.deliver().counts["slack"] == {"sent": 1}
    assert len(engineers.are_told()) == 1, "what it sends says nothing of what it may read"
    home.slack.refuses_history = None
    home.deliver_later(5)
    assert set(home.states("slack").values()) == {"sent"}
    assert home.card_posts == 2
    assert len(engineers.are_told()) == 2


def test_a_code_that_nobody_knows_is_looked_up_tried_again_and_told_and_stops_no_other_message(
    home: Home, engineers: Engineers
) -> None:
    home.mart(*many(2))
    home.slack.refused["· PROJECT-000"] = "a_code_of_next_year"
    assert home.deliver().counts["slack"] == {"unknown": 1, "sent": 1}
    assert [REFUSED in title for title in engineers.are_told()] == [True]
    home.look_twice()
    assert (home.card_posts, home.states("slack")["project-000"]) == (3, "unknown")
    assert len(engineers.are_told()) == 1
    home.slack.refused.clear()
    home.look_twice()
    home.deliver_later(1)
    assert home.states("slack")["project-000"] == "sent"
    assert (len(home.cards), len(engineers.are_told())) == (2, 2)


def test_nothing_is_looked_for_before_the_time_that_slack_may_take_to_list_it(home: Home) -> None:
    home.mart(alert_row())
    home.misbehave("list_late")
    home.deliver()
    assert not owed(home)
    home.deliver_later(2.9)
    assert home.slack.history_calls == []
    home.deliver_later(0.2)
    assert (len(home.slack.history_calls), home.states("slack")) == (1, {"sirhen": "unknown"})
    assert not owed(home)
    home.slack.list_what_is_late()
    assert home.deliver_later(3).counts["slack"] == {"sent": 1}
    assert (home.card_posts, len(home.cards)) == (1, 1)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that gives up soon."""
    monkeypatch.setattr(slack_channel, "TIMEOUT_S", 0.3)


@pytest.mark.usefixtures("impatient")
def test_what_slack_accepts_after_our_time_out_is_not_posted_twice(home: Home) -> None:
    home.mart(alert_row())
    home.misbehave("accept_late")
    assert home.deliver().counts["slack"] == {"unknown": 1}
    home.deliver_later(3)
    home.slack.accept_what_is_late()
    assert home.deliver_later(3).counts["slack"] == {"sent": 1}
    home.deliver_later(600)
    assert (home.card_posts, len(home.cards), home.slack.deleted) == (1, 1, [])


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("after_minutes", [5, 40])
def test_what_comes_after_it_was_sent_again_is_deleted_and_noted(
    home: Home, after_minutes: int, caplog: pytest.LogCaptureFixture
) -> None:
    home.mart(alert_row())
    home.misbehave("accept_late")
    home.deliver()
    home.look_twice()
    sent = [message["ts"] for message in home.slack.messages]
    for minute in range(90):
        if minute == after_minutes:
            home.slack.accept_what_is_late()
            assert len(home.cards) == 2
        home.now += timedelta(minutes=1)
        if owed(home):
            home.deliver()
    assert [message["ts"] for message in home.slack.messages] == sent
    assert (len(home.slack.deleted), home.states("slack")) == (1, {"sirhen": "sent"})
    assert "came late" in caplog.text
    assert not owed(home)


def test_what_was_listed_after_it_was_sent_again_leaves_the_one_that_was_noted(home: Home) -> None:
    home.mart(alert_row())
    home.misbehave("list_late")
    home.deliver()
    home.look_twice()
    summary, first, second = [message["ts"] for message in home.slack.messages]
    home.slack.list_what_is_late()
    home.deliver_later(10)
    assert (home.slack.deleted, [message["ts"] for message in home.slack.messages]) == ([first], [summary, second])


def test_where_the_noted_one_of_two_was_deleted_by_a_person_the_other_does_not_stay_beside_the_next(home: Home) -> None:
    home.mart(alert_row())
    home.slack.mischief.append("list_late")
    home.deliver()
    home.look_twice()
    first, noted, _ = home.slack.messages
    home.slack.delete(noted)
    home.mart(alert_row(), alert_row("chorus"))
    home.deliver()
    home.slack.list_what_is_late()
    home.deliver_later(10)
    assert home.slack.deleted == [first["ts"]]
    assert [summary.split("\n")[0] for summary in home.summaries] == ["Édition 2017-S2 · 2 projets"]


def test_a_duplicate_that_slack_does_not_let_go_of_is_no_fault_of_the_message(home: Home) -> None:
    home.mart(alert_row())
    home.misbehave("list_late")
    home.deliver()
    home.look_twice()
    home.slack.list_what_is_late()
    home.slack.is_delete_refused = True
    home.deliver_later(10)
    home.deliver_later(100)
    assert (len(home.cards), home.states("slack"), owed(home)) == (2, {"sirhen": "sent"}, False)


@pytest.mark.usefixtures("impatient")
def test_what_comes_late_and_was_corrected_meanwhile_is_taken_back(home: Home) -> None:
    home.mart(alert_row())
    home.misbehave("accept_late")
    home.deliver()
    home.mart()
    home.look_twice()
    assert home.states("slack") == {"sirhen": "cancelled"}
    home.slack.accept_what_is_late()
    home.deliver_later(10)
    assert (home.cards, len(home.slack.deleted)) == ([], 1)


def test_a_list_that_comes_late_and_was_corrected_in_part_is_taken_back_and_said_anew(home: Home) -> None:
    home.mart(*many(12))
    home.misbehave("list_late")
    home.deliver()
    home.mart(*many(10))
    home.deliver_later(3)
    home.slack.mischief.append("long_rate_limit")
    home.deliver_later(3)
    home.slack.list_what_is_late()
    home.now += timedelta(minutes=9)
    home.deliver()
    assert [text.split("\n")[0] for text in home.cards] == ["10 projets · édition 2017-S2"]
    assert len(home.slack.deleted) == 1


def test_a_console_which_cannot_be_looked_through_says_again_at_once(home: Home) -> None:
    home.mart(alert_row())
    with pytest.raises(SystemExit):
        home.deliver([Dying(Console(home.screen), accepts=False)])
    assert home.deliver([Console(home.screen)]).counts["console"] == {"sent": 1}


def test_what_waits_for_an_edition_that_is_held_begins_no_pass_and_leaves_when_it_is_let_go(home: Home) -> None:
    home.mart(alert_row())
    home.slack.mischief.append("long_rate_limit")
    home.deliver()
    home.now += timedelta(minutes=2)
    home.deliver_held(held("2017-S2"), [home.slack_channel()])
    assert not owed(home)
    assert home.deliver().counts["slack"] == {"sent": 1}


def test_a_fault_that_a_pass_does_not_look_for_begins_no_pass(home: Home) -> None:
    home.slack.refuses_posts = "not_in_channel"
    alert_engineers(home.settings, [fault()], home.now, ["check_failed"], home.engineers())
    home.now += timedelta(minutes=2)
    assert owed(home)
    alert_engineers(home.settings, [], home.now, ["pass_failed"], home.engineers())
    assert not owed(home)
    home.slack.refuses_posts = None
    home.now += timedelta(minutes=1)
    alert_engineers(home.settings, [fault()], home.now, ["check_failed"], home.engineers())
    assert len(home.cards) == 1


def test_who_refuses_is_said_with_the_code_and_the_time(home: Home) -> None:
    home.mart(alert_row())
    home.slack.refuses_posts = "is_archived"
    home.deliver()
    (one,) = refusing_channels(home.settings)
    assert (one.channel, one.act, one.error, one.since) == ("slack", "send", "is_archived", NOW)
    assert one.not_before == NOW + timedelta(seconds=15)


WORDS: dict[str, Callable[[], object]] = {
    **{
        f"{act} {code}": (lambda act=act, code=code: channel_unreachable("slack", act, code, NOW))
        for act in ("send", "look_up")
        for code in [*OF_CHANNEL_OR_SENDER, "no_connection", "ratelimited", "history_too_long"]
    },
    **{
        f"refused {is_dead} {rows}": (
            lambda is_dead=is_dead, rows=rows: message_refused(
                "slack", "key", headline="Un titre", rows=rows, code="invalid_blocks", is_dead=is_dead
            )
        )
        for is_dead in (True, False)
        for rows in (1, 2, 9)
    },
}


@pytest.mark.parametrize("made", WORDS.values(), ids=WORDS)
def test_what_engineers_read_of_channels_is_plain_french_and_says_what_to_do(made: Callable[[], object]) -> None:
    message = messages.fault("key", [made()], "")  # type: ignore[list-item]
    for text in (message.title, *map(str, message.lines), *message.notes):
        assert not [sign for sign in ":;!?»" if f" {sign}" in text]
        assert "'" not in text
        assert "{" not in text
    assert message.notes[-1].startswith("À faire")


def test_each_code_of_channel_or_sender_has_words_of_its_own() -> None:
    assert {code for code in OF_CHANNEL_OR_SENDER if family_of(code) is None} == set()
