"""E-mail: a message as a mail, handed to an SMTP server that sends it on.

What belongs here: what a mail is made of, and SMTP's ways to refuse and to fail. What does not: wording (`messages`),
when to send again (`outbox`), and whose addresses these are (`contacts`, and the settings).

A mail is neither updated, nor taken back, nor looked up: one whose answer was lost is sent again, the same to the byte
but for its date. Its Message-ID is its key, by which most mail servers and clients show it once.
"""

import logging
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.charset import QP, Charset
from email.header import Header
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import Literal
from urllib.parse import quote

from orchestration.alerting.channels.channel import Lost, Outcome, Place, Rate
from orchestration.alerting.channels.this_machine import is_this_machine
from orchestration.alerting.contacts import is_address
from orchestration.alerting.message import Message
from orchestration.alerting.own_codes import NO_CONNECTION
from orchestration.alerting.sentences import cut
from orchestration.domain.visible import visible
from orchestration.drawing.picture import png
from orchestration.drawing.text_bars import in_words, text_bars
from orchestration.drawing.trend import Trend
from orchestration.store.digests import sha256
from orchestration.store.templates import templates

# A server may read a whole mail for what it forbids before it answers.
TIMEOUT_S = 30
MAX_SUBJECT = 150
MAX_SAID = 200

log = logging.getLogger("jalons.alerts")

_CRLF = compat32.clone(linesep="\r\n")
_QUOTED = Charset("utf-8")
_QUOTED.body_encoding = QP
# Of codes of RFC 3463: the server refuses who asks for it, not the mailbox.
_OF_SENDER = re.compile(r"5\.7\.\d")


@dataclass(frozen=True)
class MailServer:
    """The server that mails are handed to. `none` is without TLS, and for this machine alone; the two others expect a
    certificate that the machine trusts (`SSL_CERT_FILE` names other authorities). Without a user nobody logs in.

    Raise `ValueError`, which says no secret, for what could never work.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.security == "none" and not is_this_machine(self.host):
            raise ValueError(f"{self.host}: mail without TLS is for a server on this machine only")
        if not (self.user + self.password).isascii():
            raise ValueError("the user and the password of a mail server may only have ASCII characters")

    @contextmanager
    def session(self) -> Iterator[smtplib.SMTP]:
        """A conversation, from where mails may be handed over; raise what smtplib does where it does not come so far.

        Nothing is handed to a server that does not offer what is asked of it: TLS, or to log in.
        """
        if self.security == "tls":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        else:
            smtp = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        try:
            if self.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if self.user:
                smtp.login(self.user, self.password)
            yield smtp
            # What was answered before this counts.
            with suppress(OSError):
                smtp.quit()
        finally:
            smtp.close()


class Mail:
    """A list of mailboxes; each mail goes to all of them, at the date that `clock` gives (with its time zone).

    A mail that the server takes for some of them only is sent, and the outcome's `error` says for whom it was not:
    delivery logs it, and nothing is sent to these alone. Raise `ValueError` for what is no address.
    """

    can_update = False
    rate = Rate(burst=20, per_minute=30)
    lists_within = timedelta()

    def __init__(
        self, *, server: MailServer, sender: str, recipients: Sequence[str], name: str, clock: Callable[[], datetime]
    ) -> None:
        for address in (sender, *recipients):
            if not is_address(address):
                raise ValueError(f"{name}: {address!r} is not the address of a mailbox")
        if not recipients:
            raise ValueError(f"{name}: there is nobody to write to")
        self.name = name
        self._server = server
        self._sender, self._domain = sender, sender.rpartition("@")[2]
        self._recipients = tuple(recipients)
        self._clock = clock

    def send(self, message: Message, place: Place) -> Outcome:
        """Hand the mail over; once its text is on its way, a lost answer raises whatever the network raised."""
        message_id = f"<{quote(message.key, safe='')}@{self._domain}>"
        mail = self._mail(message, message_id, place)
        with ExitStack() as stack:
            try:
                smtp = stack.enter_context(self._server.session())
                left_out = self._offer(smtp)
            except OSError as fault:
                outcome = _not_taken(fault)
                if outcome.error == NO_CONNECTION:
                    log.warning("%s: no connection to %s: %s", self.name, self._server.host, _shown(fault))
                return outcome
            answer: tuple[int, bytes | str]
            try:
                answer = smtp.data(mail)
            except smtplib.SMTPDataError as refusal:
                answer = refusal.smtp_code, refusal.smtp_error
        if answer[0] // 100 != 2:
            states: dict[int, Literal["planned", "dead"]] = {4: "planned", 5: "dead"}
            return Outcome(states.get(answer[0] // 100, "unknown"), error=_said(*answer))
        if left_out:
            told = "; ".join(f"{one}: {_said(*why)}" for one, why in left_out.items())
            return Outcome("sent", message_id, error=f"not for {told}")
        return Outcome("sent", message_id)

    def find(self, lost: Sequence[Lost]) -> Mapping[str, Sequence[str]]:  # noqa: ARG002
        """Nothing can be looked up."""
        return {}

    def retract(self, message_id: str) -> bool:  # noqa: ARG002
        """A mail is not taken back."""
        return False

    def show(self, trend: Trend, place: Place) -> None:
        """The picture is part of the mail."""

    def _offer(self, smtp: smtplib.SMTP) -> dict[str, tuple[int, bytes]]:
        """Name the sender and the recipients, and give those that the server leaves out; it must take one."""
        code, said = smtp.mail(self._sender)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, said, self._sender)
        answers = {one: smtp.rcpt(one) for one in self._recipients}
        left_out = {one: answer for one, answer in answers.items() if answer[0] // 100 != 2}
        if len(left_out) == len(answers):
            raise smtplib.SMTPRecipientsRefused(left_out)
        return left_out

    def _mail(self, message: Message, message_id: str, place: Place) -> bytes:
        # The older classes of `email`: the newer ones break a Message-ID that is longer than a line.
        mark = sha256(message.key.encode())[:32]
        mail = MIMEMultipart("alternative", boundary=f"=_{mark}.a")
        title = _title(message)
        mail["Message-ID"] = message_id
        mail["Date"] = format_datetime(self._clock())
        mail["From"] = formataddr(("Jalons", self._sender))
        mail["To"] = ", ".join(self._recipients)
        mail["Subject"] = Header(cut(title, MAX_SUBJECT), "utf-8", header_name="Subject").encode()
        mail["Auto-Submitted"] = "auto-generated"
        if above := [one for one in (place.thread_id, place.replaces_id) if one]:
            mail["In-Reply-To"] = above[-1]
            mail["References"] = " ".join(above)
        bars, picture = _drawn(message.trend, f"trend.{mark}@{self._domain}") if message.trend else ((), None)
        page = templates("alerting/channels").get_template("mail.html")
        html = _part(page.render(message=message, title=title, bars=bars, picture=picture), "html")
        mail.attach(_part(_text(message, title, bars), "plain"))
        mail.attach(_with(html, picture, f"=_{mark}.r") if picture else html)
        return mail.as_bytes(policy=_CRLF)


@dataclass(frozen=True)
class _Picture:
    """A picture that the page of a mail shows by its id, and what it shows, in words."""

    id: str
    png: bytes
    in_words: str


def _title(message: Message) -> str:
    # A line feed would end the subject.
    title = " ".join(message.title.splitlines()).strip()
    return f"Mise à jour\N{NO-BREAK SPACE}: {title}" if message.is_change else title


def _text(message: Message, title: str, bars: Sequence[str]) -> str:
    links = [f"{link.label}\N{NO-BREAK SPACE}: {link.address}" for link in message.links]
    parts = [[title], map(str, message.lines), bars, message.notes, links]
    return "\n\n".join(filter(None, map("\n".join, parts))) + "\n"


def _part(text: str, kind: str) -> MIMEText:
    # The types of the library know names of character sets only.
    return MIMEText(text, kind, _QUOTED)  # type: ignore[arg-type]


def _with(html: MIMEText, picture: _Picture, boundary: str) -> MIMEMultipart:
    image = MIMEImage(picture.png, "png")
    image["Content-ID"] = f"<{picture.id}>"
    image["Content-Disposition"] = 'inline; filename="tendance.png"'
    return MIMEMultipart("related", boundary, [html, image], type="text/html")


def _drawn(trend: Trend, picture_id: str) -> tuple[Sequence[str], _Picture | None]:
    """The trend as lines of text and as a picture; a mail leaves without what cannot be drawn."""
    bars: Sequence[str] = ()
    try:
        bars = text_bars(trend)
        return bars, _Picture(picture_id, png(trend), in_words(trend))
    except Exception as fault:
        log.warning("a mail leaves without its picture: %s: %s", type(fault).__name__, fault)
        return bars, None


def _not_taken(fault: OSError) -> Outcome:
    """What a fault means that came before the text of a mail was on its way: it was not taken.

    It is dead only where no mailbox can be written to; all else is about the server or the sender.
    """
    match fault:
        case smtplib.SMTPRecipientsRefused():
            answers = list(fault.recipients.values())
            later = [answer for answer in answers if answer[0] // 100 != 5]
            of_sender = [answer for answer in answers if _OF_SENDER.match(answer[1].decode("ascii", "replace"))]
            code, said = (later or of_sender or answers)[0]
            if later or of_sender:
                return Outcome("planned", error=_said(code, said), is_refused=not later)
            return Outcome("dead", error=_said(code, said))
        case smtplib.SMTPResponseException():
            is_refused = fault.smtp_code // 100 == 5
            return Outcome("planned", error=_shown(fault), is_refused=is_refused)
        case smtplib.SMTPServerDisconnected():
            return Outcome("planned", error=NO_CONNECTION)
        case smtplib.SMTPException() | ssl.SSLCertVerificationError():
            # It does not offer TLS, or a way to log in that we know; or it is not the one that we think.
            return Outcome("planned", error=_shown(fault), is_refused=True)
    return Outcome("planned", error=NO_CONNECTION)


def _shown(fault: OSError) -> str:
    match fault:
        case smtplib.SMTPAuthenticationError():
            # Not in its words: a server may say again what it was sent.
            return f"SMTP {fault.smtp_code} (authentication)"
        case smtplib.SMTPResponseException():
            return _said(fault.smtp_code, fault.smtp_error)
        case ssl.SSLCertVerificationError():
            return f"certificate: {fault.verify_message}"
    return cut(f"{type(fault).__name__}: {fault}", MAX_SAID)


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return cut(f"SMTP {code} {' '.join(visible(text).split())}", MAX_SAID)
