"""Each alert reaches each channel once, whatever dies or gets lost on the way."""

import io
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from alert_home import NOW, Home, alert_row
from fake_slack import TOKEN, FakeSlack, Mischief

from expectations.rule import Rule, present
from expectations.runner import Verdict
from orchestration.alerting.alerts import Alert
from orchestration.alerting.channels.channel import Channel, Outcome, Place
from orchestration.alerting.channels.console import Console
from orchestration.alerting.channels.registry import engineers_channels, open_channels
from orchestration.alerting.delivery import deliver
from orchestration.alerting.engineers_delivery import alert_engineers
from orchestration.alerting.faults import check_failed
from orchestration.alerting.message import Message
from orchestration.alerting.outbox_questions import has_unsettled
from orchestration.alerting.standing import alert_states
from orchestration.settings import Settings
from orchestration.validation.holding import Hold
from tests.judgements import unjudged


class Dying:
    """A channel whose process dies, before or after the message was accepted."""

    def __init__(self, channel: Channel, *, accepts: bool) -> None:
        self._channel = channel
        self._accepts = accepts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def send(self, message: Message, place: Place) -> Outcome:
        """The summary is sent; the first card kills."""
        if message.title.startswith("Édition "):
            return self._channel.send(message, place)
        if self._accepts:
            self._channel.send(message, place)
        raise SystemExit("killed")


def many(count: int, **changed: Any) -> list[dict[str, Any]]:
    return [alert_row(f"project-{number:03d}", **changed) for number in range(count)]


def test_an_alert_reaches_the_console_and_slack(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    delivery = home.deliver()
    assert delivery.counts == {"console": {"sent": 1}, "slack": {"sent": 1}}
    assert "SIRHEN" in home.screen.getvalue()
    assert ["SIRHEN" in text for text in home.cards] == [True]
    assert [message.get("thread_ts") for message in home.slack.messages] == [None, home.slack.messages[0]["ts"]]


def test_a_second_delivery_sends_nothing(home: Home) -> None:
    home.mart(alert_row("sirhen"), *many(9, edition="2017-S1"))
    home.deliver()
    said, seen = list(home.slack.texts), home.screen.getvalue()
    delivery = home.deliver()
    assert delivery.counts == {"console": {}, "slack": {}}
    assert (home.slack.texts, home.screen.getvalue()) == (said, seen)


def test_without_a_mart_nothing_is_sent_and_nothing_is_taken_back(home: Home) -> None:
    assert home.deliver().counts == {}
    home.mart(alert_row("sirhen"))
    home.deliver()
    (home.settings.marts / "alerts.parquet").unlink()
    assert home.deliver().counts == {}
    assert len(home.cards) == 1


def test_the_gravest_alert_comes_first_whatever_the_order_of_the_mart(home: Home) -> None:
    home.mart(alert_row("b-light"), alert_row("z-grave", severity="critique"), alert_row("a-light"))
    home.deliver()
    assert [text.split(" · ")[1].split(" ")[0] for text in home.cards] == ["Z-GRAVE", "A-LIGHT", "B-LIGHT"]


def test_a_message_whose_answer_was_lost_is_found_in_the_history_and_not_sent_again(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.misbehave("lose_answer")
    assert home.deliver().counts["slack"] == {"unknown": 1}
    assert home.states("slack") == {"sirhen": "unknown"}
    assert home.deliver_later(3).counts["slack"] == {"sent": 1}
    assert home.slack.posts == 2
    assert (len(home.cards), len(home.summaries)) == (1, 1)


@pytest.mark.parametrize("mischief", ["lose_answer", "lose_request"])
def test_no_card_is_hung_before_it_is_known_under_what(home: Home, mischief: Mischief) -> None:
    home.mart(alert_row("sirhen"))
    home.slack.mischief.append(mischief)
    assert home.deliver().counts["slack"] == {"planned": 1}
    home.look_twice()
    assert [message.get("thread_ts") for message in home.slack.messages] == [None, home.slack.messages[0]["ts"]]


def test_a_message_that_never_arrived_is_sent_again_by_the_next_delivery(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.misbehave("lose_request")
    assert home.deliver().counts["slack"] == {"unknown": 1}
    assert home.look_twice().counts["slack"] == {"sent": 1}
    assert len(home.cards) == 1


@pytest.mark.parametrize("mischief", ["server_error", "proxy_page", "empty_object", "garble_answer"])
def test_an_answer_that_is_not_a_refusal_of_slack_is_an_unknown_outcome(home: Home, mischief: Mischief) -> None:
    home.mart(alert_row("sirhen"))
    home.misbehave(mischief)
    assert home.deliver().counts["slack"] == {"unknown": 1}
    home.look_twice()
    assert len(home.cards) == 1


def test_nothing_is_sent_again_while_the_history_cannot_be_read(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.misbehave("lose_request")
    home.deliver()
    home.slack.is_history_down = True
    for _ in range(3):
        assert home.deliver_later(3).counts["slack"] == {}
    assert home.slack.posts == 2
    home.slack.is_history_down = False
    assert home.deliver().counts["slack"] == {}
    assert home.look_twice().counts["slack"] == {"sent": 1}


def test_the_look_up_reads_every_page_of_the_thread_back_to_the_last_message_known(home: Home) -> None:
    home.mart(alert_row("first"))
    home.deliver()
    summary, first = home.slack.messages
    home.mart(alert_row("first"), alert_row("second"))
    # The summary is updated first: its answer is lost neither here nor there.
    home.slack.mischief.extend([None, "lose_answer"])
    home.deliver()
    home.slack.page_size = 2
    for number in range(5):
        chatter = {"ts": f"1500000001.{number:06d}", "text": "autre chose", "blocks": [], "metadata": {}}
        home.slack.messages.append(chatter | {"thread_ts": summary["ts"]})
    home.deliver_later(3)
    assert home.states("slack") == {"first": "sent", "second": "sent"}
    assert len(home.cards) == 2 + 5
    assert {(call["ts"], call["oldest"]) for call in home.slack.history_calls} == {(summary["ts"], first["ts"])}
    assert len(home.slack.history_calls) > 3


@pytest.mark.parametrize("accepts", [True, False], ids=["after acceptance", "before acceptance"])
def test_a_death_during_the_call_leaves_one_message_in_slack(home: Home, accepts: bool) -> None:
    home.mart(alert_row("sirhen"), alert_row("chorus"))
    with pytest.raises(SystemExit):
        home.deliver([Dying(home.slack_channel(), accepts=accepts)])
    assert sorted(home.states("slack").values()) == ["planned", "sending"]
    home.deliver()
    assert sorted(home.states("slack").values()) == ["sent", "unknown"]
    home.look_twice()
    assert set(home.states("slack").values()) == {"sent"}
    assert sorted(text.split(" · ")[1].split(" ")[0] for text in home.cards) == ["CHORUS", "SIRHEN"]


def test_a_death_during_a_digest_leaves_one_digest_in_slack(home: Home) -> None:
    home.mart(*many(9))
    with pytest.raises(SystemExit):
        home.deliver([Dying(home.slack_channel(), accepts=True)])
    home.deliver()
    home.deliver_later(3)
    assert set(home.states("slack").values()) == {"sent"}
    assert len(home.cards) == 1


@pytest.mark.parametrize("filed", [1, 9])
def test_a_console_line_repeated_after_a_death_says_so(home: Home, filed: int) -> None:
    for mart in (many(filed), []):
        home.mart(*mart)
        with pytest.raises(SystemExit):
            home.deliver([Dying(Console(home.screen), accepts=True)])
        home.deliver([Console(home.screen)])
        home.deliver([Console(home.screen)])
    # The summary, what it announces, then that it no longer holds.
    assert ["répétée" in title for title in home.screen_titles] == [False, *[False, True] * 2]


def test_a_fault_repeated_after_a_death_says_so(home: Home) -> None:
    console = Console(home.screen, name="engineers-console")
    for faults in ([fault()], []):
        with pytest.raises(SystemExit):
            alert_engineers(home.settings, faults, NOW, ["check_failed"], [Dying(console, accepts=True)])
        alert_engineers(home.settings, faults, NOW, ["check_failed"], [console])
    assert ["répétée" in title for title in home.screen_titles] == [False, True] * 2


def test_two_deliveries_at_once_send_one_message(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    with ThreadPoolExecutor(2) as pool:
        first, second = [pool.submit(home.deliver, [home.slack_channel()]) for _ in range(2)]
    assert {"sent": 1} in (first.result().counts["slack"], second.result().counts["slack"])
    assert home.slack.posts == 2


def test_a_short_rate_limit_is_waited_for(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.slack.mischief.append("rate_limit")
    assert home.deliver().counts["slack"] == {"sent": 1}
    assert (home.slack.posts, len(home.slack.messages)) == (3, 2)


def test_a_long_rate_limit_leaves_the_rest_for_the_next_delivery(home: Home) -> None:
    home.mart(*many(3))
    home.misbehave(None, "long_rate_limit")
    assert home.deliver().counts["slack"] == {"sent": 1, "planned": 2}
    assert home.slack.posts == 3
    assert home.deliver().counts["slack"] == {}
    assert home.slack.posts == 3, "a channel that asked for a rest is left alone, by every message"
    home.now += timedelta(hours=1)
    assert home.deliver().counts["slack"] == {"sent": 2}
    assert len(home.cards) == 3


def test_a_refused_token_keeps_the_alerts_until_it_is_mended(home: Home) -> None:
    home.mart(*many(2))
    home.slack.mischief.append("invalid_auth")
    assert home.deliver().counts["slack"] == {"planned": 2}
    assert home.deliver_later(1).counts["slack"] == {"sent": 2}


def test_a_refused_message_is_dead_with_its_reason_and_does_not_block_the_next_ones(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.mart(*many(3))
    home.slack.refused["· PROJECT-001"] = "invalid_blocks"
    assert home.deliver().counts["slack"] == {"sent": 2, "dead": 1}
    assert home.states("slack") == {"project-000": "sent", "project-001": "dead", "project-002": "sent"}
    assert "invalid_blocks" in caplog.text
    home.slack.refused.clear()
    assert home.deliver().counts["slack"] == {}
    assert home.slack.posts == 4


def test_a_fault_of_one_channel_does_not_reach_the_other(home: Home) -> None:
    home.mart(*many(2))
    home.misbehave("lose_request", "lose_request")
    assert home.deliver().counts == {"console": {"sent": 2}, "slack": {"unknown": 2}}


def test_a_channel_that_was_never_told_anything_gets_the_earlier_editions_as_their_summaries_alone(home: Home) -> None:
    home.mart(*many(4, edition="2017-S2"), *many(3, edition="2017-S1"), alert_row("alone", edition="2016-S2"))
    assert home.deliver().counts["slack"] == {"sent": 8}
    assert [text.split("\n")[0].replace("\N{NO-BREAK SPACE}", " ") for text in home.summaries] == [
        "Édition 2016-S2 · 1 projet · avec retard : édition de 2016",
        "Édition 2017-S1 · 3 projets",
        "Édition 2017-S2 · 4 projets",
    ]
    assert len(home.cards) == 4
    assert len(home.screen_titles) == 7


@pytest.mark.parametrize(("alerts", "cards"), [(8, 8), (9, 1)])
def test_eight_projects_are_eight_cards_and_nine_are_one_list(home: Home, alerts: int, cards: int) -> None:
    home.mart(*many(alerts))
    home.deliver()
    assert (len(home.cards), len(home.screen_titles)) == (cards, cards + 1)


def test_where_there_is_a_list_what_is_critical_has_a_card_all_the_same(home: Home) -> None:
    home.mart(*many(12), *[alert_row(f"grave-{number}", severity="critique") for number in range(3)])
    home.deliver()
    assert ["GRAVE-" in text for text in home.cards] == [True, True, True, False]
    assert "3 critiques" in home.summaries[0].replace("\N{NO-BREAK SPACE}", " ")


def test_all_that_an_edition_says_of_a_project_is_one_card(home: Home) -> None:
    overrun = {"rule": "budget_overrun", "level": "25", "from_value": Decimal(75)}
    home.mart(alert_row("sirhen"), alert_row("sirhen", **overrun), alert_row("chorus", **overrun))
    assert home.deliver().counts["slack"] == {"sent": 3}
    assert [text.count("palier de") for text in home.cards] == [1, 1]
    home.mart()
    home.deliver()
    assert ["Alerte corrigée" in text for text in home.cards] == [True, True]
    assert home.slack.posts == 1 + 2 + 1 + 2


def test_a_list_that_never_arrived_is_sent_again_without_what_was_corrected(home: Home) -> None:
    home.mart(*many(12))
    home.misbehave("lose_request")
    home.deliver()
    home.mart(*many(10))
    assert home.look_twice().counts["slack"] == {"sent": 10, "cancelled": 2}
    (text,) = home.cards
    assert "PROJECT-009" in text
    assert "PROJECT-010" not in text


def test_an_alert_left_out_of_a_list_is_in_it_later(home: Home) -> None:
    home.mart(*many(10))
    home.misbehave("lose_request")
    home.deliver()
    home.mart(*many(9))
    home.look_twice()
    home.mart(*many(10))
    home.misbehave("lose_request")
    home.deliver()
    home.look_twice()
    home.deliver_later(1)
    assert set(home.states("slack").values()) == {"sent"}
    assert ["PROJECT-009" in text for text in home.cards] == [True]


def test_a_list_of_a_thousand_long_names_fits_slack_and_says_how_many_have_no_line(home: Home) -> None:
    home.mart(*(alert_row(f"{number:04d}", subject_name=f"{number} " + "<&>" * 500) for number in range(1000)))
    assert home.deliver().counts["slack"] == {"sent": 1000}
    (text,) = home.cards
    assert "1000 projets, dont 20 ci-dessous" in text.split("\n")[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "Les 980 autres sont sur la page de l’édition" in text.replace("\N{NO-BREAK SPACE}", " ")


def test_an_alert_corrected_before_it_was_sent_is_cancelled_and_never_said(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.slack.mischief.append("long_rate_limit")
    home.deliver()
    home.mart()
    assert home.deliver().counts == {"console": {"resolved": 1}, "slack": {"cancelled": 1}}
    assert home.slack.messages == []


def test_a_sent_alert_that_is_corrected_is_taken_back_once_on_each_channel(home: Home) -> None:
    home.mart(alert_row("sirhen"), alert_row("chorus"))
    home.deliver()
    home.mart(alert_row("chorus"))
    assert home.deliver().counts == {"console": {"resolved": 1}, "slack": {"resolved": 1}}
    home.deliver()
    assert ["Alerte corrigée" in text for text in home.cards if "SIRHEN" in text] == [True]
    assert len(home.slack.messages) == 3
    assert home.screen.getvalue().count("Alerte corrigée") == 1


def test_a_lost_answer_does_not_take_an_alert_back_twice(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.deliver()
    home.mart()
    home.misbehave("lose_answer")
    home.deliver()
    home.deliver()
    home.look_twice()
    assert ["Alerte corrigée" in text for text in home.cards] == [True]
    # A summary and a card, and both brought up to date.
    assert home.slack.posts == 4


def test_an_unknown_alert_that_is_corrected_is_looked_up_then_taken_back(home: Home) -> None:
    home.mart(alert_row("sirhen"), alert_row("chorus"))
    home.misbehave("lose_answer", "lose_request")
    home.deliver()
    home.mart()
    assert home.deliver_later(3).counts["slack"] == {"resolved": 1}
    assert home.deliver_later(3).counts["slack"] == {"cancelled": 1}
    assert ["Alerte corrigée" in text for text in home.cards] == [True]


def test_an_alert_that_returns_before_its_end_was_told_stays_sent_in_silence(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.deliver()
    home.mart()
    home.slack.mischief.append("long_rate_limit")
    home.deliver()
    home.mart(alert_row("sirhen"))
    home.deliver()
    assert home.states("slack") == {"sirhen": "sent"}
    assert home.slack.updates == []
    home.mart()
    home.now += timedelta(hours=1)
    home.deliver()
    assert ["Alerte corrigée" in text for text in home.cards] == [True]


def test_an_alert_that_returns_after_its_end_was_told_is_said_again_once(home: Home) -> None:
    said = []
    for rows in ([alert_row("sirhen")], [], [alert_row("sirhen")], [alert_row("sirhen")], [], []):
        home.mart(*rows)
        home.deliver()
        said += ["Alerte corrigée" in text for text in home.cards]
    assert said == [False, True, False, False, True, True]
    assert home.screen.getvalue().count("Alerte corrigée") == 2


def test_many_corrections_are_said_in_the_list(home: Home) -> None:
    home.mart(*many(30))
    home.deliver()
    home.mart()
    assert home.deliver().counts["slack"] == {"resolved": 30}
    assert len(home.slack.messages) == 2
    assert home.cards[0].count("Alerte corrigée") == 20


def test_a_channel_opened_later_catches_up_without_troubling_the_others(home: Home) -> None:
    home.mart(*many(12, edition="2017-S1"), *many(12))
    home.deliver([Console(home.screen)])
    said = home.screen.getvalue()
    assert home.deliver().counts == {"console": {}, "slack": {"sent": 24}}
    assert (len(home.summaries), len(home.cards), home.screen.getvalue()) == (2, 1, said)


def test_the_states_are_given_with_the_rows_of_the_mart(home: Home) -> None:
    home.mart(alert_row("light", severity="information"), alert_row("grave", severity="critique", edition="2017-S1"))
    assert [row["channels"] for row in alert_states(home.settings)] == [{}, {}]
    home.deliver()
    assert [row["subject"] for row in alert_states(home.settings)] == ["grave", "light"]
    (row,) = alert_states(home.settings, "2017-S2")
    assert (row["subject"], row["channels"]) == ("light", {"console": "sent", "slack": "sent"})


def test_an_alert_that_is_true_no_longer_keeps_its_state(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.deliver()
    home.mart()
    home.deliver()
    (row,) = alert_states(home.settings, "2017-S2")
    assert (row["rule"], row["subject"]) == ("budget_slip", "sirhen")
    assert row["channels"] == {"console": "resolved", "slack": "resolved"}
    assert "SIRHEN" in row["detail"]


def test_an_empty_home_has_no_states_and_is_not_made(settings: Settings) -> None:
    assert alert_states(settings) == []
    assert not settings.home.exists()


def test_the_default_install_writes_to_standard_error_alone(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.mart(alert_row("sirhen"))
    settings = Settings(home=home.settings.home)
    assert deliver(settings, NOW, unjudged(settings)).counts == {"console": {"sent": 1}}
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "SIRHEN" in shown.err


def test_slack_is_open_only_with_both_its_token_and_its_channel(home: Home) -> None:
    names = [[channel.name for channel in open_channels(home.settings)]]
    for missing in ({"slack_channel": ""}, {"slack_bot_token": Settings().slack_bot_token}):
        names.append([channel.name for channel in open_channels(home.settings.model_copy(update=missing))])
    assert names == [["console", "slack"], ["console"], ["console"]]


def test_the_settings_alone_are_enough_to_reach_slack(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.mart(alert_row("sirhen"))
    assert deliver(home.settings, NOW, unjudged(home.settings)).counts["slack"] == {"sent": 1}


def test_the_token_is_in_no_log_and_not_in_the_ledger(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    home.mart(*many(3))
    home.slack.mischief.extend(["lose_answer", "server_error", "invalid_auth"])
    home.deliver()
    home.deliver()
    assert TOKEN not in caplog.text
    assert TOKEN.encode() not in (home.settings.home / "ledger.sqlite").read_bytes()


def test_a_closed_stream_leaves_the_alert_to_be_said_again(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    closed = io.StringIO()
    closed.close()
    assert home.deliver([Console(closed)]).counts == {"console": {"planned": 1}}
    assert home.deliver([Console(home.screen)]).counts == {"console": {"sent": 1}}


def test_the_fake_refuses_what_the_real_slack_refuses(slack: FakeSlack, home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.settings.slack_channel = "C0OTHER"
    assert deliver(home.settings, NOW, unjudged(home.settings)).counts["slack"] == {"planned": 1}


def held(edition: str) -> list[Hold]:
    rule = Verdict(Rule("a_rule", "to_value", present("to_value"), "Une phrase.", "", "error"), "slips", success=False)
    return [Hold(rule, (edition,))]


def test_of_an_edition_held_back_nothing_is_said_and_nothing_taken_back(home: Home) -> None:
    home.mart(alert_row("sirhen"), alert_row("chorus", edition="2017-S1"))
    home.deliver()
    home.mart(alert_row("linky"), alert_row("copernic", edition="2017-S1"))
    home.deliver_held(held("2017-S2"), [home.slack_channel()])
    assert home.states("slack") == {"sirhen": "sent", "chorus": "resolved", "linky": None, "copernic": "sent"}
    home.deliver()
    assert home.states("slack") == {"sirhen": "resolved", "chorus": "resolved", "linky": "sent", "copernic": "sent"}


def test_what_was_planned_waits_while_its_edition_is_held_back(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.slack.mischief.append("long_rate_limit")
    home.deliver()
    home.deliver_held(held("2017-S2"), [home.slack_channel()])
    assert (home.states("slack"), home.slack.messages) == ({"sirhen": "planned"}, [])
    home.now += timedelta(hours=1)
    assert home.deliver().counts["slack"] == {"sent": 1}


def test_a_refused_file_is_told_of_though_its_edition_is_held_back(home: Home) -> None:
    home.mart(alert_row("projets.csv", rule="submission_rejected"))
    home.deliver_held(held("2017-S2"), [home.slack_channel()])
    assert home.states("slack") == {"projets.csv": "sent"}


def fault(edition: str | None = "2017-S2", *, is_error: bool = True, name: str = "top50_cost_known") -> Alert:
    found = {"found": "Attendu : un coût. Constaté : vide.", "remedy": "Vérifiez la sélection."}
    return check_failed(name, "top50", edition, **found, is_error=is_error, run_id="3f2a")


def test_a_fault_reaches_the_engineers_channels_and_no_other_once(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.deliver()
    for _ in range(2):
        alert_engineers(home.settings, [fault()], NOW, ["check_failed"], home.engineers())
        home.deliver()
    assert ["Contrôle en échec" in text for text in home.cards] == [False, True]
    assert home.slack.posts == 3
    assert [row["subject"] for row in alert_states(home.settings)] == ["sirhen"]


def test_a_fault_has_its_cause_its_next_action_and_a_link_to_the_run(home: Home) -> None:
    settings = home.settings.model_copy(update={"dagster_url": "https://dagster.example/"})
    alert_engineers(settings, [fault()], NOW, ["check_failed"], home.engineers())
    (text,) = home.slack.texts
    for part in ("Constaté", "À faire", "vérifiez la sélection", "<https://dagster.example/runs/3f2a|Voir la passe>"):
        assert part in text


def test_one_check_that_fails_in_many_editions_is_one_message(home: Home) -> None:
    many_editions = [fault(f"20{year}-S1") for year in range(10, 17)]
    alert_engineers(home.settings, many_editions, NOW, ["check_failed"], home.engineers())
    alert_engineers(home.settings, [], NOW, ["check_failed"], home.engineers())
    assert [text.split("\n")[0] for text in home.slack.texts] == [
        "🔴 Critique · Contrôle en échec",
        "✅ Rétabli · Contrôle en échec",
    ]


def test_two_checks_that_fail_are_two_messages(home: Home) -> None:
    names = [f"rule_{number}" for number in range(7)]
    alert_engineers(home.settings, [fault(name=name) for name in names], NOW, ["check_failed"], home.engineers())
    assert len(home.slack.messages) == 7


def test_a_warning_is_no_emergency_and_holds_nothing_back(home: Home) -> None:
    alert_engineers(home.settings, [fault(is_error=False)], NOW, ["check_failed"], home.engineers())
    (text,) = home.slack.texts
    assert text.startswith("🔵 Information")
    assert "Rien n’est retenu." in text


def test_a_fault_whose_answer_was_lost_is_not_told_again(home: Home) -> None:
    home.slack.mischief.append("lose_answer")
    for _ in range(2):
        alert_engineers(home.settings, [fault()], NOW, ["check_failed"], home.engineers())
    assert home.slack.posts == 1


def test_a_fault_that_nobody_looked_for_is_not_taken_back(home: Home) -> None:
    alert_engineers(home.settings, [fault()], NOW, ["check_failed"], home.engineers())
    alert_engineers(home.settings, [], NOW, ["tick_late"], home.engineers())
    assert len(home.slack.messages) == 1


def test_the_engineers_have_a_console_always_and_a_slack_channel_of_their_own(home: Home) -> None:
    both = home.settings.model_copy(update={"slack_engineers_channel": "C0ENGINEERS"})
    names = [[channel.name for channel in engineers_channels(settings)] for settings in (home.settings, both)]
    assert names == [["engineers-console"], ["engineers-console", "engineers-slack"]]


def test_what_is_unsettled_is_what_has_still_to_leave_or_is_unknown_on_the_channels_asked_for(home: Home) -> None:
    assert not has_unsettled(home.settings, ["slack"], NOW)
    home.mart(alert_row("sirhen"))
    home.deliver()
    assert not has_unsettled(home.settings, ["slack", "console"], NOW)
    home.mart(alert_row("sirhen"), alert_row("chorus"))
    home.slack.mischief.append("long_rate_limit")
    home.deliver()
    assert not has_unsettled(home.settings, ["console", "slack"], NOW), "not before the time that the channel asked for"
    assert has_unsettled(home.settings, ["console", "slack"], NOW + timedelta(hours=1))
    assert not has_unsettled(home.settings, ["console"], NOW + timedelta(hours=1))


def test_the_settings_alone_are_enough_to_reach_the_engineers(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    alert_engineers(home.settings, [fault()], NOW, ["check_failed"])
    assert "Contrôle en échec" in capsys.readouterr().err
