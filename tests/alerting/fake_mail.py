"""A mail server on this machine: aiosmtpd, which misbehaves when told to, and a certificate for it.

What belongs here: the ways in which a real server refuses, loses and delays, and what it was handed.
"""

import asyncio
import ipaddress
import ssl
import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "jalons", "secret-of-the-tests"

# Of the text of a mail: what is lost before the final dot, or after it; an answer that does not come.
Mischief = Literal["reset_before_dot", "reset_after_dot", "accept_late", "garble_answer"]


class _Server(SMTP):
    def __init__(self, fake: "FakeMail", **given: Any) -> None:
        super().__init__(_Handler(fake), **given)
        self._fake = fake

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._fake._transports.append(transport)

    async def smtp_DATA(self, arg: str) -> None:
        if self._fake.mischief and self._fake.mischief[0] == "reset_before_dot":
            self._fake.mischief.popleft()
            await self.push("354 go on")
            self.transport.close()
            return
        await super().smtp_DATA(arg)


class _Handler:
    """What the server does at each command."""

    def __init__(self, fake: "FakeMail") -> None:
        self._fake = fake

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [self._fake.answers["EHLO"]] if "EHLO" in self._fake.answers else responses

    async def handle_HELO(self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str) -> str:
        session.host_name = hostname
        return self._fake.answers.get("EHLO", "250 localhost")

    async def handle_MAIL(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self._fake.drops_at == "MAIL":
            server.transport.close()
        envelope.mail_from = address
        return self._fake.answers.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self._fake.drops_at == "RCPT":
            server.transport.close()
        answer = self._fake.answers.get(address, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        mischief = self._fake.mischief.popleft() if self._fake.mischief else None
        if mischief == "accept_late":
            # The client gave up long before.
            await asyncio.sleep(3600)
        if mischief and mischief[0].isdigit():
            return mischief
        self._fake.taken.append((bytes(envelope.content or b""), list(envelope.rcpt_tos)))
        if mischief == "reset_after_dot":
            server.transport.close()
        return "ok" if mischief == "garble_answer" else "250 OK"

    def log_in(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        is_known = data == LoginPassword(USER.encode(), PASSWORD.encode())
        self._fake.logged_in += is_known
        # As a server does that shows what it was told.
        said = None if is_known else f"535 5.7.8 not known: {data.password.decode()}"
        return AuthResult(success=is_known, handled=False, message=said)


class FakeMail:
    """A server of mails; `taken` are those that it accepted, in order, each with those whom it is for.

    `mischief` holds what to do wrong with the text of the next mails, in order; `None` is no mischief, and anything
    that begins with a digit is its answer. `answers` are those to a recipient, or to `EHLO` and `MAIL`; `drops_at` is
    the command, `MAIL` or `RCPT`, at which it hangs up.
    """

    def __init__(
        self,
        certificate: ssl.SSLContext | None = None,
        *,
        is_tls: bool = False,
        login: Literal["none", "offered", "wanted"] = "none",
    ) -> None:
        self.mischief: deque[Mischief | str | None] = deque()
        self.answers: dict[str, str] = {}
        self.drops_at: str | None = None
        self.taken: list[tuple[bytes, list[str]]] = []
        self.logged_in = 0
        self.port = 0
        self._transports: list[asyncio.BaseTransport] = []
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._of_connection = certificate if is_tls else None
        self._given: dict[str, Any] = {"hostname": "localhost", "enable_SMTPUTF8": False, "loop": self._loop}
        if certificate and not is_tls:
            self._given |= {"tls_context": certificate, "require_starttls": True}
        if login != "none":
            self._given |= {"authenticator": _Handler(self).log_in, "auth_required": login == "wanted"}
            self._given |= {"auth_require_tls": False}
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails that were accepted, as a client reads them."""
        return [read(content) for content, _ in self.taken]

    @property
    def ids(self) -> list[str]:
        """Their Message-IDs."""
        return [str(mail["Message-ID"]) for mail in self.mails]

    def __enter__(self) -> Self:
        self._thread.start()
        opening = self._loop.create_server(
            lambda: _Server(self, **self._given), "127.0.0.1", 0, ssl=self._of_connection
        )
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result(5)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async def end() -> None:
            assert self._server
            self._server.close()
            for transport in self._transports:
                transport.close()
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


def read(content: bytes) -> EmailMessage:
    """A mail, as a client reads it."""
    return cast(EmailMessage, message_from_bytes(content, policy=default))


def certified(folder: Path, host: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """What a server needs to be `host` and 127.0.0.1, and the file of the authority that says so."""
    now, own = datetime.now(UTC), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority of the tests")])
    key_of_authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName(
        [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))][: 2 if host == "localhost" else 1]
    )

    def sign(subject: x509.Name, of: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType) -> x509.Certificate:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(authority).public_key(of.public_key())
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        for extension in extensions:
            made = made.add_extension(extension, critical=False)
        return made.sign(key_of_authority, hashes.SHA256())

    pem = serialization.Encoding.PEM
    authority_file, server_file = folder / "authority.pem", folder / "server.pem"
    of_authority = sign(authority, key_of_authority, x509.BasicConstraints(ca=True, path_length=None))
    authority_file.write_bytes(of_authority.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    server_file.write_bytes(private + sign(own, key, names).public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    return context, authority_file
