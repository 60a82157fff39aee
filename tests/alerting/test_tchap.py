"""Tchap, held against a real Matrix server: what readers see, what the server takes, and what gets lost on the way."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any, get_args
from urllib.parse import quote

import httpx
import pytest
from bad_line import BadLine, answer
from hypothesis import given, settings
from hypothesis import strategies as st
from synapse_server import DOMAIN, Synapse, User

from orchestration.alerting import faults, matrix_codes
from orchestration.alerting.channels import tchap as tchap_channel
from orchestration.alerting.channels.channel import Channel, Lost, Outcome, Place
from orchestration.alerting.channels.tchap import KEY_FIELD, MAX_CONTENT_BYTES, Tchap, content
from orchestration.alerting.message import Line, Link, Message
from orchestration.drawing.text_bars import in_words
from orchestration.drawing.trend import Point, Trend

TRIED_AT = datetime(2017, 11, 15, 9)
NOWHERE = Place()
TOKEN = "syt_secret"  # noqa: S105
V1 = "/_matrix/client/v1"
TREND = Trend((Point("2016-S2", Decimal("85"), date(2018, 12, 31)), Point("2017-S1", Decimal("97.04"), None)))


@pytest.fixture(scope="module")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    server = Synapse(tmp_path_factory.mktemp("synapse"))
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def human(synapse: Synapse) -> User:
    user = synapse.register("human")
    synapse.lifts_limits_of(user)
    return user


@pytest.fixture(scope="module")
def bot(synapse: Synapse) -> User:
    user = synapse.register("bot")
    synapse.lifts_limits_of(user)
    return user


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def room(human: User, bot: User) -> str:
    """A room that the bot is invited to."""
    return human.new_room(bot)


@pytest.fixture
def tchap(synapse: Synapse, bot: User, room: str) -> Tchap:
    return Tchap(homeserver=synapse.url, token=bot.token, room=room)


@pytest.fixture
def line(synapse: Synapse) -> Iterator[BadLine]:
    with BadLine(synapse.port) as line:
        yield line


def said(key: str, title: str = "Coût en hausse", **given: Any) -> Message:
    return Message(key=key, title=title, **{"lines": (Line("de 85,0 à 97,0 M€", "SIRHEN"),)} | given)


def lost(key: str, place: Place = NOWHERE, after_id: str | None = None) -> Lost:
    return Lost(key, place, after_id, TRIED_AT)


def sent(outcome: Outcome) -> str:
    assert (outcome.state, outcome.error) == ("sent", None)
    assert outcome.message_id
    return outcome.message_id


def keys(events: list[dict[str, Any]]) -> list[str | None]:
    return [event["content"].get(KEY_FIELD) for event in events]


def test_a_message_is_there_in_words_and_in_html(tchap: Tchap, human: User, room: str) -> None:
    channel: Channel = tchap
    message = said(
        "k1",
        "🔴 Critique · Coût en hausse",
        lines=(Line("de 85,0 à 97,0 M€", "SIRHEN"), Line("aucune explication reçue")),
        notes=("Pourquoi cette alerte : plus de 10 %.", "À faire : répondre."),
        links=(Link("Voir l’édition", "https://jalons.example/2017-S1/?a=1&b=2"), Link("Voir", "javascript:alert(1)")),
    )
    event = human.event(room, sent(channel.send(message, NOWHERE)))
    assert event["content"] == {
        "msgtype": "m.text",
        "body": "🔴 Critique · Coût en hausse\nSIRHEN de 85,0 à 97,0 M€\naucune explication reçue\n"
        "Voir l’édition\u00a0: https://jalons.example/2017-S1/?a=1&b=2\n"
        "Pourquoi cette alerte : plus de 10 %.\nÀ faire : répondre.",
        "format": "org.matrix.custom.html",
        "formatted_body": "<p><strong>🔴 Critique · Coût en hausse</strong></p>"
        "<p><strong>SIRHEN</strong> de 85,0 à 97,0 M€<br>aucune explication reçue</p>"
        '<p><a href="https://jalons.example/2017-S1/?a=1&amp;b=2">Voir l’édition</a></p>'
        "<p><sub>Pourquoi cette alerte : plus de 10 %.</sub><br><sub>À faire : répondre.</sub></p>",
        "m.mentions": {},
        "fr.gouv.jalons.key": "k1",
    }


def test_a_card_in_a_thread_is_one_message_that_says_its_last_word(tchap: Tchap, human: User, room: str) -> None:
    summary = sent(tchap.send(said("summary"), NOWHERE))
    thread = Place(thread_id=summary)
    card = sent(tchap.send(said("card"), thread))
    of_card = Place(thread_id=summary, replaces_id=card)
    assert sent(tchap.send(said("higher", "Coût en hausse de 25 %"), of_card)) == card
    assert sent(tchap.send(said("over", "✅ Redressée"), of_card)) == card

    hung = human.ask("GET", f"{V1}/rooms/{quote(room)}/relations/{quote(summary)}/m.thread")["chunk"]
    assert [event["event_id"] for event in hung] == [card]
    last = hung[0]["unsigned"]["m.relations"]["m.replace"]["content"]
    assert last["m.new_content"]["body"].startswith("✅ Redressée\n")
    assert "<strong>✅ Redressée</strong>" in last["m.new_content"]["formatted_body"]
    assert last["m.relates_to"] == {"rel_type": "m.replace", "event_id": card}
    original = human.event(room, card)
    assert original["content"]["body"].startswith("Coût en hausse\n")
    assert original["unsigned"]["m.relations"]["m.replace"]["content"] == last
    everything = [lost("summary"), lost("card", thread), lost("higher", of_card), lost("over", of_card), lost("else")]
    assert tchap.find(everything) == {"summary": [summary], "card": [card], "higher": [card], "over": [card]}


def test_the_same_key_twice_is_one_message(tchap: Tchap, human: User, room: str) -> None:
    first = sent(tchap.send(said("k1"), NOWHERE))
    assert sent(tchap.send(said("k1", "autre titre"), NOWHERE)) == first
    assert keys(human.reads(room)) == ["k1"]


@pytest.mark.parametrize("kind", ["post", "reply", "edit"])
@pytest.mark.parametrize("mishap", ["lose_answer", "lose_request"])
def test_what_was_lost_on_the_way_is_looked_up_and_never_there_twice(
    synapse: Synapse, line: BadLine, bot: User, human: User, room: str, mishap: Any, kind: str
) -> None:
    tchap = Tchap(homeserver=line.url, token=bot.token, room=room)
    root = sent(tchap.send(said("root"), NOWHERE))
    place = {"post": NOWHERE, "reply": Place(thread_id=root), "edit": Place(replaces_id=root)}[kind]
    line.mishaps.append(mishap)
    with pytest.raises(httpx.TransportError):
        tchap.send(said("k1"), place)
    found = tchap.find([lost("k1", place, after_id=root)])
    assert isinstance(found, dict)
    arrived = found.get("k1", [])
    assert len(arrived) == (mishap == "lose_answer")
    # What delivery does only where it was not found: the server knows it again all the same.
    again = sent(tchap.send(said("k1"), place))
    assert arrived in ([], [again])
    assert keys(human.reads(room)) == ["root", "k1"]


def test_over_a_stop_of_the_server_nothing_is_there_twice_and_what_it_forgot_is_found(
    synapse: Synapse, tchap: Tchap, human: User, room: str
) -> None:
    kept, forgotten = (sent(tchap.send(said(key), NOWHERE)) for key in ("kept", "forgotten"))
    synapse.stop()
    try:
        assert tchap.send(said("during"), NOWHERE) == Outcome("planned", error="no_connection")
        assert tchap.find([lost("during")]) == Outcome("planned", error="no_connection")
        synapse.forgets_transaction("forgotten")
    finally:
        synapse.start()
    assert sent(tchap.send(said("kept"), NOWHERE)) == kept, "transactions of the last day outlive a stop"
    sent(tchap.send(said("during"), NOWHERE))
    assert tchap.find([lost("forgotten")]) == {"forgotten": [forgotten]}
    second = sent(tchap.send(said("forgotten"), NOWHERE))
    assert second != forgotten, "why what is older than a day must be looked up"
    assert keys(human.reads(room)) == ["kept", "forgotten", "during", "forgotten"]
    assert tchap.find([lost("forgotten")]) == {"forgotten": [forgotten, second]}
    assert tchap.retract(second)
    assert tchap.find([lost("forgotten")]) == {"forgotten": [forgotten]}


def test_a_bot_with_another_token_finds_what_it_said_before(
    synapse: Synapse, tchap: Tchap, bot: User, room: str
) -> None:
    first = sent(tchap.send(said("k1"), NOWHERE))
    renewed = Tchap(homeserver=synapse.url, token=synapse.logs_in(bot).token, room=room)
    assert renewed.find([lost("k1")]) == {"k1": [first]}
    assert sent(renewed.send(said("k1"), NOWHERE)) != first, "a transaction is one of a device"


def test_what_others_write_is_not_taken_for_ours(tchap: Tchap, human: User, room: str) -> None:
    sent(tchap.send(said("k1"), NOWHERE))
    human.ask("PUT", f"/rooms/{quote(room)}/send/m.room.message/1", {"msgtype": "m.text", "body": "", KEY_FIELD: "k2"})
    assert tchap.find([lost("k2")]) == {}


def test_a_look_up_goes_back_to_what_was_there_before_and_no_further_than_it_may(
    tchap: Tchap, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [sent(tchap.send(said(f"k{number}"), NOWHERE)) for number in range(6)]
    monkeypatch.setattr(tchap_channel, "PAGE_SIZE", 2)
    assert tchap.find([lost("k0"), lost("k5")]) == {"k0": [ids[0]], "k5": [ids[5]]}
    monkeypatch.setattr(tchap_channel, "MAX_PAGES", 2)
    assert tchap.find([lost("other", after_id=ids[3])]) == {}
    assert tchap.find([lost("k4"), lost("k5")]) == {"k4": [ids[4]], "k5": [ids[5]]}
    too_long = Outcome("planned", error="history_too_long", is_refused=True)
    assert tchap.find([lost("k5", after_id=ids[3]), lost("other", after_id=ids[0])]) == too_long


def test_the_bot_comes_into_its_room_by_invitation_and_into_no_other(synapse: Synapse, bot: User, human: User) -> None:
    asked, other, closed = human.new_room(bot), human.new_room(bot), human.new_room()
    assert Tchap(homeserver=synapse.url, token=bot.token, room=asked).find([lost("k1")]) == {}
    sent(Tchap(homeserver=synapse.url, token=bot.token, room=asked).send(said("k1"), NOWHERE))
    joined = bot.ask("GET", "/joined_rooms")["joined_rooms"]
    assert (asked in joined, other in joined) == (True, False)
    tchap = Tchap(homeserver=synapse.url, token=bot.token, room=closed)
    not_invited = Outcome("planned", error="not_invited", is_refused=True)
    assert (tchap.send(said("k1"), NOWHERE), tchap.find([lost("k1")])) == (not_invited, not_invited)
    human.ask("POST", f"/rooms/{quote(closed)}/invite", {"user_id": bot.id})
    sent(tchap.send(said("k1"), NOWHERE))
    human.ask("POST", f"/rooms/{quote(closed)}/ban", {"user_id": bot.id})
    assert tchap.send(said("k2"), NOWHERE) == not_invited


def test_a_room_is_found_by_its_alias_and_one_that_is_none_waits_for_a_person(
    synapse: Synapse, bot: User, human: User
) -> None:
    room = human.new_room(bot, alias="alertes")
    sent(Tchap(homeserver=synapse.url, token=bot.token, room=f"#alertes:{DOMAIN}").send(said("k1"), NOWHERE))
    assert keys(human.reads(room)) == ["k1"]
    for wrong in (f"#none:{DOMAIN}", "#none", f"!none:{DOMAIN}", "!none", "none"):
        tchap = Tchap(homeserver=synapse.url, token=bot.token, room=wrong)
        assert tchap.send(said("k1"), NOWHERE) == Outcome("planned", error="no_such_room", is_refused=True), wrong


def test_a_bot_that_may_not_write_waits_for_a_person(tchap: Tchap, human: User, room: str) -> None:
    sent(tchap.send(said("k1"), NOWHERE))
    place = f"/rooms/{quote(room)}/state/m.room.power_levels"
    human.ask("PUT", place, human.ask("GET", place) | {"events_default": 50})
    assert tchap.send(said("k2"), NOWHERE) == Outcome("planned", error="M_FORBIDDEN", is_refused=True)


def test_a_token_that_was_revoked_waits_for_a_person(synapse: Synapse, bot: User, human: User, room: str) -> None:
    session = synapse.logs_in(bot)
    tchap = Tchap(homeserver=synapse.url, token=session.token, room=room)
    sent(tchap.send(said("k1"), NOWHERE))
    session.ask("POST", "/logout", {})
    refused = Outcome("planned", error="M_UNKNOWN_TOKEN", is_refused=True)
    assert (tchap.send(said("k2"), NOWHERE), tchap.find([lost("k2")])) == (refused, refused)


def test_a_bot_that_says_too_much_at_once_is_told_how_long_to_rest(synapse: Synapse, human: User) -> None:
    talkative = synapse.register("talkative")
    tchap = Tchap(homeserver=synapse.url, token=talkative.token, room=human.new_room(talkative))
    outcomes: list[Outcome] = []
    while not outcomes or outcomes[-1].state == "sent":
        outcomes.append(tchap.send(said(f"k{len(outcomes)}"), NOWHERE))
    refused = outcomes[-1]
    assert (refused.state, refused.error, refused.is_refused) == ("planned", "M_LIMIT_EXCEEDED", False)
    assert refused.retry_after_seconds in range(1, 6)
    synapse.lifts_limits_of(talkative)
    sent(tchap.send(said("after"), NOWHERE))


def test_what_is_deleted_is_gone_for_what_would_hang_under_it_or_take_its_place(
    tchap: Tchap, human: User, room: str
) -> None:
    message = sent(tchap.send(said("k1"), NOWHERE))
    assert tchap.retract(message)
    assert human.event(room, message)["content"] == {}
    assert tchap.retract(message)
    # The server never had the last one, or purged it.
    for deleted in (message, "$purged"):
        assert tchap.send(said("k2"), Place(thread_id=deleted)) == Outcome(
            "planned", error="target_gone", gone="thread"
        )
        place = Place(thread_id=deleted, replaces_id=deleted)
        assert tchap.send(said("k2"), place) == Outcome("planned", error="target_gone", gone="message")
    assert tchap.retract("$purged")
    assert keys(human.reads(room)) == [None]


def test_readers_hear_of_a_message_once_and_no_name_calls_them(tchap: Tchap, bot: User, human: User, room: str) -> None:
    card = sent(tchap.send(said("k1", f"@room {human.id} human"), NOWHERE))
    # Who may call all: without the channel's word on mentions, its messages would.
    place = f"/rooms/{quote(room)}/state/m.room.power_levels"
    levels = human.ask("GET", place)
    human.ask("PUT", place, levels | {"users": levels["users"] | {bot.id: 100}})

    def heard(**only: str) -> list[str]:
        found = human.ask("GET", "/notifications", **only)["notifications"]
        return [one["event"]["content"].get(KEY_FIELD, "") for one in found if one["room_id"] == room]

    under = sent(tchap.send(said("k2", f"@room {human.id} human"), Place(thread_id=card)))
    sent(tchap.send(said("k3", f"@room {human.id} human"), Place(thread_id=card, replaces_id=under)))
    assert heard() == ["k2", "k1"], "an edit is read, not heard of"
    assert heard(only="highlight") == []
    bot.ask("PUT", f"/rooms/{quote(room)}/send/m.room.message/1", {"msgtype": "m.text", "body": "@room"})
    assert heard(only="highlight") == [""]


def test_the_server_takes_whatever_names_hold(tchap: Tchap) -> None:
    for number, sign in enumerate(("&", "\\", "é", "🏛", "\x00", "\n")):
        hostile = sign * 10_000
        lines = (Line(hostile, hostile),) * 20
        posted = sent(tchap.send(said(f"k{number}", hostile, lines=lines, notes=(hostile,) * 10), NOWHERE))
        place = Place(replaces_id=posted)
        sent(tchap.send(said(f"edit of k{number}", hostile, lines=lines, notes=(hostile,) * 10), place))


class _Page(HTMLParser):
    """What a client makes of a formatted body: its tags, addresses and text, a line end at each break."""

    def __init__(self, marked_up: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str | None] = []
        self.text = ""
        self.feed(marked_up)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name == "href"]
        assert {name for name, _ in attrs} <= {"href"}
        self.text += "\n" if tag == "br" else ""

    def handle_endtag(self, tag: str) -> None:
        self.text += "\n" if tag == "p" else ""

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = st.text(max_size=80) | st.sampled_from(
    [
        *(
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "</p></strong><h1>",
            "&lt;b&gt; &amp;",
            "@room",
        ),
        *(
            "<mx-reply>",
            '<a href="https://matrix.to/#/@a:b">x</a>',
            "[x](https://evil.example)",
            "\u202egnp.exe",
            "🏴‍☠️",
        ),
        *("مشروع", "a\n🔴 Critique · faux", "e" + "\u0301" * 50, "x" * 10_000),
    ]
)


@given(title=HOSTILE, names=st.lists(st.tuples(HOSTILE, HOSTILE), max_size=6), notes=st.lists(HOSTILE, max_size=3))
@settings(max_examples=60, deadline=None)
def test_a_hostile_name_is_shown_as_it_is_and_changes_nothing_around_it(
    title: str, names: list[tuple[str, str]], notes: list[str]
) -> None:
    lines = tuple(Line(text, name) for name, text in names)
    message = said("k1", title, lines=lines, notes=tuple(notes), links=(Link(title, "https://jalons.example/"),))
    for place in (NOWHERE, Place(replaces_id="$card", thread_id="$summary")):
        event = content(message, place)
        shown = event.get("m.new_content", event)
        page = _Page(shown["formatted_body"])
        assert page.tags <= {"p", "strong", "a", "br", "sub"}
        assert page.addresses == ["https://jalons.example/"]
        # Both say the same, line by line, but for the address.
        plain = [text.removesuffix("\u00a0: https://jalons.example/").strip() for text in shown["body"].split("\n")]
        assert [text.strip() for text in page.text.split("\n")[: len(plain)]] == plain
        assert len(plain) == 2 + len(lines) + len(notes)
        assert event["m.mentions"] == shown["m.mentions"] == {}
        assert len(json.dumps(event, ensure_ascii=False).encode()) <= MAX_CONTENT_BYTES


def coded(code: str, more: str = "") -> bytes:
    return f'{{"errcode": "{code}", "error": "said"{more}}}'.encode()


LIMIT = "M_LIMIT_EXCEEDED"
EXPIRED = "ORG_MATRIX_EXPIRED_ACCOUNT"
LIMITED = coded(LIMIT, ', "retry_after_ms": 1500')
PAGE = b"<html><h1>Of a proxy</h1></html>"


@pytest.mark.parametrize(
    ("said_instead", "outcome"),
    [
        (answer(429, LIMITED), Outcome("planned", error=LIMIT, retry_after_seconds=2)),
        (answer(429, LIMITED, "Retry-After: 7"), Outcome("planned", error=LIMIT, retry_after_seconds=7)),
        (answer(429, coded(LIMIT)), Outcome("planned", error=LIMIT)),
        (answer(429, PAGE, "Retry-After: 30"), Outcome("planned", error="http_429", retry_after_seconds=30)),
        (answer(413, coded("M_TOO_LARGE")), Outcome("dead", error="M_TOO_LARGE")),
        (answer(400, coded("M_BAD_JSON")), Outcome("dead", error="M_BAD_JSON")),
        (answer(400, coded("M_INVALID_PARAM")), Outcome("dead", error="M_INVALID_PARAM")),
        (answer(403, coded(EXPIRED)), Outcome("planned", error=EXPIRED, is_refused=True)),
        (answer(404, coded("M_UNRECOGNIZED")), Outcome("planned", error="M_UNRECOGNIZED", is_refused=True)),
        (answer(400, coded("M_OF_NEXT_YEAR")), Outcome("unknown", error="M_OF_NEXT_YEAR")),
        (answer(500, coded("M_UNKNOWN")), Outcome("unknown", error="http_500")),
        (answer(503, PAGE), Outcome("unknown", error="http_503")),
        (answer(407, PAGE), Outcome("unknown", error="http_407")),
        (answer(301, PAGE, "Location: https://elsewhere.example/"), Outcome("unknown", error="http_301")),
        (answer(404, b'["M_NOT_FOUND"]'), Outcome("unknown", error="http_404")),
    ],
)
def test_what_is_said_in_the_place_of_an_answer_decides_what_becomes_of_the_message(
    said_instead: bytes, outcome: Outcome
) -> None:
    with BadLine(port=0) as line:
        line.mishaps.append(said_instead)
        assert Tchap(homeserver=line.url, token=TOKEN, room="!a:b").send(said("k1"), NOWHERE) == outcome
        assert line.writes == 1, "nothing is sent again by the channel itself"


@pytest.mark.parametrize(
    "said_instead", [answer(200, b"<h1>Welcome to the hotel</h1>"), answer(200), answer(200, b"[]")]
)
def test_what_looks_like_a_success_and_names_no_message_is_none(said_instead: bytes) -> None:
    with BadLine(port=0) as line:
        line.mishaps.append(said_instead)
        with pytest.raises((ValueError, KeyError, TypeError)):
            Tchap(homeserver=line.url, token=TOKEN, room="!a:b").send(said("k1"), NOWHERE)


@pytest.mark.parametrize("token", ["syt_secret\n", "syt\nsecret", "syt_\x00secret"])
def test_a_token_that_is_none_is_told_of_and_not_quoted(token: str) -> None:
    with BadLine(port=0) as line:
        tchap = Tchap(homeserver=line.url, token=token, room="!a:b")
        refused = Outcome("planned", error="M_MISSING_TOKEN", is_refused=True)
        assert (tchap.send(said("k1"), NOWHERE), tchap.find([lost("k1")])) == (refused, refused)


@pytest.mark.parametrize("homeserver", ["http://127.0.0.1:9", "http://nowhere.invalid", "matrix.example"])
def test_where_nobody_listens_nothing_has_arrived(homeserver: str) -> None:
    tchap = Tchap(homeserver=homeserver, token=TOKEN, room="!a:b")
    assert tchap.send(said("k1"), Place(thread_id="$root")) == Outcome("planned", error="no_connection")
    assert not tchap.retract("$root")


def test_a_picture_hangs_in_the_thread_and_is_told_to_those_who_do_not_see_it(
    synapse: Synapse, tchap: Tchap, bot: User, human: User, room: str
) -> None:
    summary = sent(tchap.send(said("summary"), NOWHERE))
    tchap.show(TREND, Place(thread_id=summary))
    _, picture = human.reads(room)
    shown = picture["content"]
    assert (shown["msgtype"], shown["body"]) == ("m.image", in_words(TREND))
    assert shown["m.relates_to"]["event_id"] == summary
    drawn = human.downloads(shown["url"])
    assert drawn.startswith(b"\x89PNG")
    assert shown["info"]["size"] == len(drawn)
    assert 2 < shown["info"]["w"] / shown["info"]["h"] < 3
    elsewhere = Tchap(homeserver=synapse.url, token=bot.token, room=human.new_room())
    with pytest.raises(RuntimeError, match="not_invited"):
        elsewhere.show(TREND, NOWHERE)


@pytest.mark.parametrize("family", get_args(matrix_codes.Family))
def test_engineers_are_told_what_to_mend(family: matrix_codes.Family) -> None:
    for code in matrix_codes._FAMILIES[family]:
        alert = faults.channel_unreachable("tchap", "send", code, TRIED_AT, "tchap")
        assert alert.to_do is not None
        assert "chercher ce code" not in alert.to_do
        assert "Slack" not in f"{alert.detail} {alert.to_do}"
        assert not matrix_codes.is_unfamiliar(code)
