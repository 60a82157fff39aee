"""Mails to a real SMTP server: what a client shows, each there once, and what refusals and lost answers mean."""

import re
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from alert_home import Home, alert_row
from fake_mail import PASSWORD, USER, FakeMail, certified, read
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.alerting.channels import mail as mail_channel
from orchestration.alerting.channels.channel import Channel, Outcome, Place
from orchestration.alerting.channels.mail import Mail, MailServer
from orchestration.alerting.message import Line, Link, Message
from orchestration.alerting.own_codes import NO_CONNECTION
from orchestration.drawing import picture
from orchestration.drawing.text_bars import in_words, text_bars
from orchestration.drawing.trend import Point, Trend

NOW = datetime(2017, 11, 15, 9, tzinfo=UTC)
SENDER, TEAM, OTHER = "jalons@numerique.example.invalid", "equipe@example.invalid", "dsi@example.invalid"
KEY = "0123456789abcdef" * 2
SUMMARY, CARD = "<summary@numerique.example.invalid>", "<card@numerique.example.invalid>"
TREND = Trend(
    (
        Point("2016-S2", Decimal(85), date(2018, 6, 30)),
        Point("2017-S1", Decimal(91), date(2019, 6, 30)),
        Point("2017-S2", Decimal(97), date(2020, 12, 31)),
    ),
    Decimal(80),
    date(2018, 6, 30),
)
MESSAGE = Message(
    key=KEY,
    title="🔴 Critique · SIRHEN (2017-S2)",
    lines=(Line("85,00 → 97,00 M€ <b>", "Coût"), Line("aucune explication reçue")),
    notes=("Pourquoi cette alerte : coût en hausse.",),
    links=(Link("Voir le projet", "https://jalons.example/projets/sirhen/?a=1&b=2"),),
)
NOT_MADE = {"in-reply-to", "references"}
WRONG = "wrong-secret"


@pytest.fixture
def server() -> Iterator[FakeMail]:
    with FakeMail() as fake:
        yield fake


def to(server: FakeMail, *recipients: str, now: datetime = NOW, host: str = "127.0.0.1", **given: Any) -> Mail:
    """The channel that writes to this server, without TLS unless told otherwise."""
    opened = MailServer(host, server.port, **({"security": "none"} | given))
    return Mail(server=opened, sender=SENDER, recipients=recipients or [TEAM], name="mail", clock=lambda: now)


def part(mail: EmailMessage, kind: str) -> Any:
    [found] = [one for one in mail.walk() if one.get_content_type() == kind]
    return found.get_content()


def test_a_mail_is_text_and_a_page_that_say_the_same(server: FakeMail) -> None:
    channel: Channel = to(server, TEAM, OTHER)
    assert channel.send(MESSAGE, Place()) == Outcome("sent", f"<{KEY}@numerique.example.invalid>")
    [mail] = server.mails
    assert {name: mail[name] for name in ("Message-ID", "From", "To", "Subject", "Auto-Submitted")} == {
        "Message-ID": f"<{KEY}@numerique.example.invalid>",
        "From": f"Jalons <{SENDER}>",
        "To": f"{TEAM}, {OTHER}",
        "Subject": "🔴 Critique · SIRHEN (2017-S2)",
        "Auto-Submitted": "auto-generated",
    }
    assert parsedate_to_datetime(mail["Date"]) == NOW
    assert not NOT_MADE & {name.lower() for name in mail}
    assert server.taken[0][1] == [TEAM, OTHER]
    assert [one.get_content_type() for one in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert part(mail, "text/plain").splitlines() == [
        "🔴 Critique · SIRHEN (2017-S2)",
        "",
        "Coût 85,00 → 97,00 M€ <b>",
        "aucune explication reçue",
        "",
        "Pourquoi cette alerte : coût en hausse.",
        "",
        "Voir le projet\u00a0: https://jalons.example/projets/sirhen/?a=1&b=2",
    ]
    page = part(mail, "text/html")
    assert "<strong>Coût</strong> 85,00 → 97,00 M€ &lt;b&gt;</p>" in page
    assert 'href="https://jalons.example/projets/sirhen/?a=1&amp;b=2"' in page


def test_nothing_of_a_page_is_fetched_and_no_style_stands_outside_its_element(server: FakeMail) -> None:
    to(server).send(replace(MESSAGE, trend=TREND), Place())
    page = part(server.mails[0], "text/html")
    assert re.findall(r'\bsrc="([a-z]+):', page) == ["cid"]
    assert not re.search(r"<(style|link|script)\b|url\(|@import", page)
    assert len(page.encode()) < 102_000, "Gmail clips what is longer"


def test_a_card_hangs_under_its_summary_and_a_change_under_its_card(server: FakeMail) -> None:
    to(server).send(MESSAGE, Place(thread_id=SUMMARY))
    to(server).send(replace(MESSAGE, key="a" * 32, is_change=True), Place(thread_id=SUMMARY, replaces_id=CARD))
    card, change = server.mails
    assert (card["In-Reply-To"], card["References"]) == (SUMMARY, SUMMARY)
    assert (change["In-Reply-To"], change["References"]) == (CARD, f"{SUMMARY} {CARD}")
    assert change["Subject"] == "Mise à jour\u00a0: 🔴 Critique · SIRHEN (2017-S2)"
    assert part(change, "text/plain").startswith("Mise à jour\u00a0: 🔴 Critique")
    assert ">Mise à jour\u00a0: 🔴 Critique" in part(change, "text/html")


def test_news_about_a_card_answer_its_first_mail(server: FakeMail, home: Home) -> None:
    rise = {"rule": "budget_overrun", "from_value": Decimal(60)}
    home.mart(alert_row())
    home.deliver([to(server)])
    for number, level in enumerate(("25", "50"), start=1):
        home.mart(alert_row(), alert_row(**rise, level=level))
        home.deliver_later(number, [to(server)])
    summary, card, *news = server.mails
    assert len(news) == 2
    for mail in news:
        assert mail["In-Reply-To"] == card["Message-ID"]
        assert mail["References"].split() == [summary["Message-ID"], card["Message-ID"]]


def test_what_hangs_under_a_mail_of_a_long_domain_names_it_whole(server: FakeMail) -> None:
    above = f"<{KEY}@{'very-long-name-of-a-domain.' * 4}example.invalid>"
    to(server).send(MESSAGE, Place(thread_id=above, replaces_id=above))
    assert server.mails[0]["References"].split() == [above, above]
    assert max(map(len, server.taken[0][0].splitlines())) <= 998


def test_the_picture_of_a_trend_is_in_the_mail_and_its_bars_in_the_text(server: FakeMail) -> None:
    channel = to(server)
    channel.send(replace(MESSAGE, trend=TREND), Place())
    channel.show(TREND, Place(thread_id=SUMMARY))
    [mail] = server.mails
    [image] = [one for one in mail.walk() if one.get_content_type() == "image/png"]
    assert image.get_content() == picture.png(TREND)
    assert image.get_content_disposition() == "inline"
    assert f'src="cid:{image["Content-ID"][1:-1]}"' in part(mail, "text/html")
    assert f'alt="{in_words(TREND)}"' in part(mail, "text/html")
    assert "\n".join(text_bars(TREND)) in part(mail, "text/plain").replace("\r", "")


def test_a_mail_leaves_without_a_picture_that_cannot_be_drawn(
    server: FakeMail, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(trend: Trend) -> bytes:
        raise RuntimeError("no font")

    monkeypatch.setattr(mail_channel, "png", broken)
    assert to(server).send(replace(MESSAGE, trend=TREND), Place()).state == "sent"
    assert "image/png" not in [one.get_content_type() for one in server.mails[0].walk()]
    assert "97,0\u00a0M€" in part(server.mails[0], "text/html")
    assert "no font" in caplog.text


def test_what_is_sent_again_is_the_same_to_the_byte_but_for_its_date(server: FakeMail) -> None:
    message = replace(MESSAGE, trend=TREND)
    for number, minutes in enumerate((0, 0, 3)):
        again = replace(message, is_repeat=number > 0)
        to(server, now=NOW + timedelta(minutes=minutes)).send(again, Place(thread_id=SUMMARY))
    first, same, later = (content for content, _ in server.taken)
    assert first == same
    assert later.replace(b"09:03:00", b"09:00:00") == first != later


HOSTILE = st.one_of(
    st.text(max_size=300),
    st.text(alphabet='=?utf-8qQbB_\r\n\t é🔴:,;"<>@()\\Bc\u202e\u2066\u0085\u2028\ud800', max_size=300),
)


@settings(max_examples=60)
@given(title=HOSTILE, name=HOSTILE, label=HOSTILE)
@example("x\r\nBcc: all@example.invalid\r\n\r\nbody", "\r\n.\r\nMAIL FROM:<a@b.fr>", "\n.\n")
@example("=?utf-8?q?=0D=0ABcc:_all@example.invalid?=", "é" * 10_000, "\u202eabc")
@example("x" * 10_000, "🔴" * 10_000, "</p><script>")
@example("=?utf-8?b?4oCu?= =?utf-8?q?a?=", "--=_b", "a" * 997 + "\r")
def test_no_name_adds_a_header_a_recipient_or_a_part(title: str, name: str, label: str) -> None:
    message = Message(KEY, title, (Line(name, name), Line(label)), (name,), (Link(label, "https://a.example/"),))
    channel = Mail(server=MailServer("localhost", 25, "none"), sender=SENDER, recipients=[TEAM], name="m", clock=now)
    content = channel._mail(message, f"<{KEY}@a.example>", Place(thread_id=SUMMARY))
    mail = read(content)
    assert [name.lower() for name in mail] == [
        *("content-type", "mime-version", "message-id", "date", "from", "to", "subject", "auto-submitted"),
        *("in-reply-to", "references"),
    ]
    assert [one.get_content_type() for one in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    subject, said = mail["Subject"], " ".join(message.title.splitlines()).strip()
    assert subject == said if len(said) <= 150 else subject.endswith("…") and said.startswith(subject[:-1])
    assert mail["To"] == TEAM
    texts = [message.title, *map(str, message.lines), *message.notes, message.links[0].label, ": https://a.example/"]
    assert part(mail, "text/plain").split() == " ".join(texts).split()
    assert "<script" not in part(mail, "text/html")
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert content.isascii()


def now() -> datetime:
    return NOW


def test_a_text_of_dots_arrives_as_it_is(server: FakeMail) -> None:
    to(server).send(replace(MESSAGE, lines=(Line(".\n..\n.\nQUIT"),)), Place())
    assert "\n.\n..\n.\nQUIT\n" in part(server.mails[0], "text/plain").replace("\r", "")


@pytest.mark.parametrize("is_tls", [False, True])
def test_a_server_with_a_certificate_is_spoken_to_in_tls_and_logged_in_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_tls: bool
) -> None:
    certificate, authority = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    given = {"security": "tls" if is_tls else "starttls", "host": "localhost", "user": USER, "password": PASSWORD}
    with FakeMail(certificate, is_tls=is_tls, login="offered") as server:
        assert to(server, **given).send(MESSAGE, Place()).state == "sent"
        assert (len(server.taken), server.logged_in) == (1, 1)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("host", ["localhost", "another.example.invalid"])
def test_a_server_that_nobody_vouches_for_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str, host: str
) -> None:
    certificate, authority = certified(tmp_path, host)
    if host != "localhost":
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with FakeMail(certificate, is_tls=security == "tls", login="offered") as server:
        given = {"security": security, "host": "localhost", "user": USER, "password": PASSWORD}
        outcome = to(server, **given).send(MESSAGE, Place())
        assert (outcome.state, outcome.is_refused) == ("planned", True)
        assert "certificate" in (outcome.error or "")
        assert (server.taken, server.logged_in) == ([], 0)


def test_a_server_without_tls_gets_nothing_where_tls_is_wanted(server: FakeMail) -> None:
    outcome = to(server, security="starttls").send(MESSAGE, Place())
    assert (outcome.state, outcome.is_refused, server.taken) == ("planned", True, [])
    assert "STARTTLS" in (outcome.error or "")


def test_no_server_on_another_machine_is_spoken_to_without_tls() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        MailServer(host, 25, "none")
    for host in ("smtp.example.invalid", "10.0.0.1", "localhost.example.invalid"):
        with pytest.raises(ValueError, match="without TLS"):
            MailServer(host, 25, "none")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_server_that_does_not_know_us_waits_for_a_person_and_no_password_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with FakeMail(login="wanted") as server:
        wrong = to(server, user=USER, password=WRONG)
        outcome = wrong.send(MESSAGE, Place())
        assert outcome == Outcome("planned", error="SMTP 535 (authentication)", is_refused=True)
        nobody = to(server).send(MESSAGE, Place())
        assert (nobody.state, nobody.is_refused, server.taken) == ("planned", True, [])
    assert WRONG not in caplog.text + repr(wrong) + repr(wrong._server)


def test_a_server_that_lets_nobody_log_in_waits_for_a_person(server: FakeMail) -> None:
    outcome = to(server, user=USER, password=PASSWORD).send(MESSAGE, Place())
    assert (outcome.state, outcome.is_refused, server.taken) == ("planned", True, [])


@pytest.mark.parametrize(
    ("command", "answer", "is_refused"),
    [
        ("EHLO", "554 5.7.1 go away", True),
        ("EHLO", "421 4.3.2 shutting down", False),
        ("MAIL", "553 5.7.1 sender not owned", True),
        ("MAIL", "451 4.3.0 try later", False),
        (TEAM, "450 4.2.0 greylisted", False),
        (TEAM, "451 4.7.1 greylisted", False),
        (TEAM, "554 5.7.1 relay access denied", True),
    ],
)
def test_what_is_about_server_or_sender_or_now_waits(
    server: FakeMail, command: str, answer: str, is_refused: bool
) -> None:
    server.answers[command] = answer
    outcome = to(server).send(MESSAGE, Place())
    assert outcome == Outcome("planned", error=f"SMTP {answer}", is_refused=is_refused)
    server.answers.clear()
    assert to(server).send(MESSAGE, Place()).state == "sent"
    assert len(server.taken) == 1


def test_a_mail_that_nobody_may_get_is_dead(server: FakeMail) -> None:
    server.answers |= {TEAM: "550 5.1.1 no such mailbox", OTHER: "550 5.2.1 mailbox disabled"}
    assert to(server, TEAM, OTHER).send(MESSAGE, Place()) == Outcome("dead", error="SMTP 550 5.1.1 no such mailbox")
    server.answers[OTHER] = "450 4.2.0 greylisted"
    assert to(server, TEAM, OTHER).send(MESSAGE, Place()) == Outcome("planned", error="SMTP 450 4.2.0 greylisted")
    assert server.taken == []


def test_a_mail_that_some_get_is_sent_and_says_who_does_not(server: FakeMail, caplog: pytest.LogCaptureFixture) -> None:
    server.answers[OTHER] = "550 5.1.1 no such mailbox"
    outcome = to(server, OTHER, TEAM).send(MESSAGE, Place())
    assert outcome == Outcome("sent", outcome.message_id, error=f"not for {OTHER}: SMTP 550 5.1.1 no such mailbox")
    assert (server.ids, server.taken[0][1]) == ([outcome.message_id], [TEAM])


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("451 4.3.0 try later", "planned"),
        ("452 4.3.1 disk full", "planned"),
        ("550 5.7.1 it looks like spam", "dead"),
        ("552 5.3.4 too big", "dead"),
    ],
)
def test_a_text_that_is_refused_waits_or_is_dead_and_the_next_one_leaves(
    server: FakeMail, answer: str, state: str
) -> None:
    server.mischief.append(answer)
    assert to(server).send(MESSAGE, Place()) == Outcome(state, error=f"SMTP {answer}")
    assert to(server).send(replace(MESSAGE, key="a" * 32), Place()).state == "sent"
    assert server.ids == [f"<{'a' * 32}@numerique.example.invalid>"]


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_connection_lost_before_the_text_is_none(server: FakeMail, command: str) -> None:
    server.drops_at = command
    assert to(server).send(MESSAGE, Place()) == Outcome("planned", error=NO_CONNECTION)


def test_nobody_who_listens_is_no_connection() -> None:
    with FakeMail() as server:
        gone = to(server)
    assert gone.send(MESSAGE, Place()) == Outcome("planned", error=NO_CONNECTION)


@pytest.mark.parametrize(("greeting", "is_refused"), [(b"421 too busy", False), (b"554 5.7.1 blocked", True)])
def test_a_greeting_that_sends_us_away_is_heeded(greeting: bytes, is_refused: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            with listening.accept()[0] as connection:
                connection.sendall(greeting + b"\r\n")

        greeter = threading.Thread(target=greet)
        greeter.start()
        opened = MailServer("127.0.0.1", listening.getsockname()[1], "none")
        outcome = Mail(server=opened, sender=SENDER, recipients=[TEAM], name="mail", clock=now).send(MESSAGE, Place())
        greeter.join(5)
    assert outcome == Outcome("planned", error=f"SMTP {greeting.decode()}", is_refused=is_refused)


def test_a_server_that_says_nothing_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_channel, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        opened = MailServer("127.0.0.1", silent.getsockname()[1], "none")
        outcome = Mail(server=opened, sender=SENDER, recipients=[TEAM], name="mail", clock=now).send(MESSAGE, Place())
    assert outcome == Outcome("planned", error=NO_CONNECTION)


@pytest.mark.parametrize("mischief", ["reset_before_dot", "reset_after_dot", "accept_late"])
def test_nobody_knows_what_became_of_a_mail_whose_answer_was_lost(
    server: FakeMail, monkeypatch: pytest.MonkeyPatch, mischief: str
) -> None:
    monkeypatch.setattr(mail_channel, "TIMEOUT_S", 0.5)
    server.mischief.append(mischief)
    with pytest.raises(OSError):
        to(server).send(MESSAGE, Place())


def test_an_answer_that_is_none_tells_nothing(server: FakeMail) -> None:
    server.mischief.append("garble_answer")
    assert to(server).send(MESSAGE, Place()).state == "unknown"


SCRIPT: Sequence[str | None] = [
    *("reset_before_dot", "451 4.3.0 later", None, "reset_after_dot", None, "550 5.7.1 spam", "reset_before_dot"),
    *("reset_after_dot", "reset_after_dot", None, None, "452 4.3.1 full", "garble_answer", None),
]


def test_each_mail_is_there_once_by_its_id_and_a_refused_one_stops_no_other(server: FakeMail) -> None:
    server.mischief.extend(SCRIPT)
    channel, states = to(server), {}
    for number in range(12):
        message = replace(MESSAGE, key=f"{number:032x}")
        # As the outbox does: again, until it is known to be sent or dead.
        for _ in range(9):
            try:
                states[number] = channel.send(message, Place()).state
            except OSError:
                states[number] = "unknown"
            if states[number] in ("sent", "dead"):
                break
            assert channel.find([]) == {}
    dead = [number for number, state in states.items() if state == "dead"]
    assert len(dead) == 1
    assert set(states.values()) == {"sent", "dead"}
    expected = [f"<{number:032x}@numerique.example.invalid>" for number in range(12) if number not in dead]
    assert list(dict.fromkeys(server.ids)) == expected
    by_id: dict[str, set[bytes]] = {}
    for message_id, (content, _) in zip(server.ids, server.taken, strict=True):
        by_id.setdefault(message_id, set()).add(content)
    assert {len(contents) for contents in by_id.values()} == {1}, "what came twice is the same mail"


@pytest.mark.parametrize("address", ["", "a", "a@b", "a@b.fr\r\nBcc: c@d.fr", "A <a@b.fr>", "a@b.fr,c@d.fr", "é@b.fr"])
def test_what_is_no_address_is_refused_before_anything_is_sent(address: str) -> None:
    opened = MailServer("localhost", 25, "none")
    with pytest.raises(ValueError, match="not the address of a mailbox"):
        Mail(server=opened, sender=SENDER, recipients=[TEAM, address], name="mail", clock=now)
    with pytest.raises(ValueError, match="not the address of a mailbox"):
        Mail(server=opened, sender=address, recipients=[TEAM], name="mail", clock=now)
    with pytest.raises(ValueError, match="nobody to write to"):
        Mail(server=opened, sender=SENDER, recipients=[], name="mail", clock=now)


@pytest.mark.parametrize("secret", ["clé-secrète", "tls-secret"])
def test_no_password_is_told_and_one_that_smtp_cannot_carry_is_refused(secret: str) -> None:
    try:
        told = repr(MailServer("smtp.example.invalid", 587, user=USER, password=secret))
    except ValueError as refusal:
        told = str(refusal)
    assert secret not in told
    assert ("ASCII" in told) is not secret.isascii()
