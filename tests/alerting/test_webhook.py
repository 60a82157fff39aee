"""Incoming webhooks: what stands in the channel, what no name can do there, and that the address is told to nobody."""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from fake_webhook import SECRET, Answer, FakeWebhook
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.alerting.channels import webhook as webhook_channel
from orchestration.alerting.channels.channel import Channel, Outcome, Place
from orchestration.alerting.channels.webhook import Webhook, text
from orchestration.alerting.message import Line, Link, Message
from orchestration.alerting.own_codes import NO_CONNECTION
from orchestration.drawing.text_bars import text_bars
from orchestration.drawing.trend import Point, Trend

TREND = Trend(
    (Point("2017-S1", Decimal(85), date(2018, 6, 30)), Point("2017-S2", Decimal(97), date(2020, 12, 31))), Decimal(80)
)
MESSAGE = Message(
    key="0123456789abcdef" * 2,
    title="🔴 Critique · SIRHEN (2017-S2)",
    lines=(Line("85,00 → 97,00 M€", "Coût :"), Line("aucune explication reçue")),
    notes=("Pourquoi cette alerte : coût en hausse.",),
    links=(Link("Voir le projet", "https://jalons.example/p/sirhen/?a=1&b=(2)|3"),),
)
JOINER = "\N{WORD JOINER}"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWebhook]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with FakeWebhook() as fake:
        yield fake


def send(hook: FakeWebhook, message: Message = MESSAGE) -> Outcome:
    channel: Channel = Webhook(url=hook.url, name="mattermost")
    return channel.send(message, Place(thread_id="a", replaces_id="b"))


def refused(error: str) -> Outcome:
    return Outcome("planned", error=error, is_refused=True)


def test_a_message_stands_there_with_its_names_strong_and_its_links(hook: FakeWebhook) -> None:
    assert send(hook) == Outcome("sent")
    assert hook.taken == [
        {
            "text": "**🔴 Critique · SIRHEN (2017-S2)**\n"
            "**Coût :** 85,00 → 97,00 M€\n"
            f"{JOINER}aucune explication reçue\n"
            "\n"
            f"{JOINER}Pourquoi cette alerte : coût en hausse.\n"
            "\n"
            "<https://jalons.example/p/sirhen/?a=1&amp;b=%282%29%7C3|Voir le projet>",
            "unfurl_links": False,
            "unfurl_media": False,
        }
    ]


def test_what_is_said_anew_or_sent_again_says_so(hook: FakeWebhook) -> None:
    send(hook, replace(MESSAGE, is_change=True))
    send(hook, replace(MESSAGE, is_repeat=True))
    change, again = (shown.splitlines()[0] for shown in hook.texts)
    assert change == "**Mise à jour\u00a0: 🔴 Critique · SIRHEN (2017-S2)**"
    assert again == "**🔴 Critique · SIRHEN (2017-S2) (répétée\u00a0: l’envoi précédent a été interrompu)**"


def test_the_bars_of_a_trend_stand_in_the_message(hook: FakeWebhook) -> None:
    send(hook, replace(MESSAGE, trend=TREND))
    lines = hook.texts[0].splitlines()
    assert [f"{JOINER}{bar}" for bar in text_bars(TREND)] == lines[3:5]
    channel = Webhook(url=hook.url, name="mattermost")
    channel.show(TREND, Place(thread_id="a"))
    assert hook.posts == 1


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("@all @channel @here @jdupont", f"@{JOINER}all @{JOINER}channel @{JOINER}here @{JOINER}jdupont"),
        ("<!channel> <@U123> <https://x.fr|y>", f"&lt;!channel&gt; &lt;@{JOINER}U123&gt; &lt;https:{JOINER}//x"),
        ("[voir](http://x.fr) ![i](http://x.fr/i.png)", rf"\[voir\](http:{JOINER}//x.{JOINER}fr) !\[i\](http:"),
        ("www.exemple.fr", f"www.{JOINER}exemple.{JOINER}fr"),
        ("#urgent", f"#{JOINER}urgent"),
        (":fire: à 09:30", f":{JOINER}fire: à 09:{JOINER}30"),
        ("`rm` ```x``` *a* _b_ ~~c~~ ~ville", rf"\`rm\` \`\`\`x\`\`\` \*a\* \_b\_ \~{JOINER}\~{JOINER}c"),
        ("a\\*b", r"a\\\*b"),
        ("1.5 M€. Fin.", "1.5 M€. Fin."),
        ("x\n# titre\n- a\n> b", "x # titre - a &gt; b"),
    ],
)
def test_nothing_that_was_submitted_is_markup(typed: str, shown: str) -> None:
    message = replace(MESSAGE, title="t", lines=(Line(typed), Line("a", typed)))
    _, first, second, *_ = text(message).splitlines()
    assert first.startswith(JOINER + shown)
    assert second.startswith(f"**{shown}")


@pytest.mark.parametrize("typed", ["- a", "+ a", "1. a", "# a", "> a", "a | b", "---", "===", "    a", "```", "| a |"])
def test_no_line_begins_a_list_a_heading_a_quotation_or_a_table(typed: str) -> None:
    message = replace(MESSAGE, lines=(Line(typed), Line(typed)), notes=(typed,))
    for line in text(message).splitlines():
        assert line == "" or line[0] in (JOINER, "<") or line.startswith("**")


HOSTILE = st.one_of(st.text(max_size=200), st.text(alphabet="@#:~.`*_[]()<>!|&\\ \n\r\tah🔴\u202e\u2060", max_size=200))


@settings(max_examples=80)
@given(title=HOSTILE, name=HOSTILE, said=HOSTILE)
@example("~" * 10_000, "&" * 10_000, "*" * 10_000)
@example("🔴" * 10_000, "", "\u202e@all")
def test_whatever_names_hold_a_text_is_within_the_limits_and_wakes_nobody(title: str, name: str, said: str) -> None:
    message = Message("k", title, (Line(said, name), *[Line(said)] * 12), (said, name), (Link(said, "https://a.fr/"),))
    shown = text(message)
    # Characters of any plane: Mattermost and Slack count them as Python does.
    assert len(shown) <= 16_383
    assert shown.startswith("**")
    assert shown.endswith(">")
    *lines, link = shown.splitlines()
    own = [re.sub(r"^\*\*|\*\*(?= |$)", "", re.sub(r"\\.", "", line)) for line in lines]
    for line in own:
        assert not re.search(r"@\w|#\w|:[\w/+-]|[`*_\[\]~<>]|[a-z]\.[a-z]", line), line
    assert link.startswith("<https://a.fr/|")
    assert len(shown.splitlines()) <= 1 + 13 + 3 + 2 + 1


def test_what_does_not_fit_is_left_out_after_the_links_are_kept() -> None:
    shown = text(replace(MESSAGE, lines=tuple(Line(f"{number} " + "x" * 1900) for number in range(20))))
    assert "\n…\n" in shown
    assert shown.endswith("|Voir le projet>")
    assert f"{JOINER}6 " in shown


MATTERMOST_GONE = json.dumps(
    {"id": "web.incoming_webhook.invalid.app_error", "message": f"Invalid webhook {SECRET}.", "status_code": 400}
)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((429, "", {"Retry-After": "7"}), Outcome("planned", error="HTTP 429", retry_after_seconds=7)),
        ((429, "rate_limited", {}), Outcome("planned", error="HTTP 429 rate_limited")),
        ((429, "", {"Retry-After": "Wed, 15 Nov 2017 09:00:00 GMT"}), Outcome("planned", error="HTTP 429")),
        ((400, "invalid_payload", {}), Outcome("dead", error="HTTP 400 invalid_payload")),
        ((413, "<h1>too large</h1>", {}), Outcome("dead", error="HTTP 413")),
        ((400, MATTERMOST_GONE, {}), refused("HTTP 400 web.incoming_webhook.invalid.app_error")),
        ((403, "action_prohibited", {}), refused("HTTP 403 action_prohibited")),
        ((404, "no_service", {}), refused("HTTP 404 no_service")),
        ((410, "channel_is_archived", {}), refused("HTTP 410 channel_is_archived")),
        ((401, f"unknown {SECRET}", {}), refused("HTTP 401")),
        ((407, SECRET, {}), refused("HTTP 407")),
        ((302, "", {"Location": "https://login.example.invalid/"}), refused("HTTP 302")),
        ((501, '{"id": "webhook.disabled"}', {}), refused("HTTP 501 webhook.disabled")),
        ((500, "rollup_error", {}), Outcome("unknown", error="HTTP 500 rollup_error")),
        ((503, f"<p>/hooks/{SECRET}", {}), Outcome("unknown", error="HTTP 503")),
        ((408, "", {}), Outcome("unknown", error="HTTP 408")),
        ((200, "<!doctype html><h1>Portail", {}), Outcome("unknown", error="HTTP 200")),
        ((200, '{"success": true}', {}), Outcome("sent")),
        ((204, "", {}), Outcome("sent")),
    ],
)  # fmt: skip
def test_an_answer_is_about_the_message_about_the_address_or_says_nothing(
    hook: FakeWebhook, answer: Answer, outcome: Outcome
) -> None:
    hook.answers.append(answer)
    assert send(hook) == outcome
    assert hook.posts == 1, "nothing is sent again by itself, nor anywhere else"


@pytest.mark.parametrize("answer", ["reset_before", "reset_after", "accept_late"])
def test_nobody_knows_what_became_of_a_message_whose_answer_was_lost(
    hook: FakeWebhook, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setattr(webhook_channel, "TIMEOUT_S", 0.3)
    hook.answers.append(answer)
    outcome = send(hook)
    assert (outcome.state, hook.posts) == ("unknown", 1)
    channel = Webhook(url=hook.url, name="mattermost")
    assert (channel.find([]), channel.lists_within, channel.can_update) == ({}, timedelta(), False)


def test_nobody_who_listens_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeWebhook() as gone:
        pass
    assert send(gone) == Outcome("planned", error=NO_CONNECTION)


@pytest.mark.parametrize("answer", [None, "reset_before", (404, f"not found: /hooks/{SECRET}", {}), (500, SECRET, {})])
def test_the_address_is_in_no_log_no_error_and_no_picture_of_the_channel(
    hook: FakeWebhook, caplog: pytest.LogCaptureFixture, answer: Answer | None
) -> None:
    caplog.set_level(logging.DEBUG)
    if answer:
        hook.answers.append(answer)
    channel = Webhook(url=hook.url, name="mattermost")
    told = [str(channel.send(MESSAGE, Place())), repr(channel), str(vars(channel)), caplog.text]
    assert SECRET not in "\n".join(told)


@pytest.mark.parametrize(
    "url",
    [
        "",
        f"http://chat.example.invalid/hooks/{SECRET}",
        f"ftp://127.0.0.1/hooks/{SECRET}",
        f"https:///hooks/{SECRET}",
        f"https://chat.example.invalid/hooks/{SECRET}\n",
        f"https://chat.example.invalid:port/hooks/{SECRET}",
    ],
)
def test_an_address_that_is_none_or_is_spoken_to_in_clear_is_refused_and_not_told(url: str) -> None:
    with pytest.raises(ValueError, match="begins with https") as refusal:
        Webhook(url=url, name="mattermost")
    assert SECRET not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None
    Webhook(url=f"https://chat.example.invalid/hooks/{SECRET}", name="mattermost")
