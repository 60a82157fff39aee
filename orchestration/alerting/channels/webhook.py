"""Incoming webhooks: a message as one text, posted to an address of Mattermost, or of a server that reads the same.

What belongs here: the markup of Mattermost, its limits, and what an answer means. What does not: wording (`messages`)
and when to send again (`outbox`). A Slack with a bot of its own is another channel (`slack`).

A webhook takes messages and does nothing else: none is updated, taken back, hung under another one or looked up. What
is said anew says so, and so does what is sent again after its answer was lost, which may then be there twice. Whoever
has the address may write there: it is a secret, in no log and no error.
"""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from orchestration.alerting.channels.channel import Lost, Outcome, Place, Rate
from orchestration.alerting.channels.this_machine import is_this_machine
from orchestration.alerting.message import Line, Link, Message
from orchestration.alerting.own_codes import NO_CONNECTION
from orchestration.alerting.sentences import cut
from orchestration.drawing.text_bars import text_bars
from orchestration.drawing.trend import Trend

TIMEOUT_S = 10
# Mattermost takes 16 383 characters and Slack 40 000; what is longer they cut into several messages, or refuse.
MAX_TEXT = 16_000
# Of one line, in the characters that were submitted.
MAX_LINE = 2_000

log = logging.getLogger("jalons.alerts")

# It notes the address of each request.
logging.getLogger("httpx").addFilter(lambda record: record.levelno >= logging.WARNING)

_JOINER = "\N{WORD JOINER}"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# What makes a mention, a hashtag, an emoji, a channel or a link of what follows it is parted from it, unseen.
_OPENERS = "@#:~."
_SIGN = re.compile(r"[&<>~\\`*_\[\]]|[@#:](?=\S)|(?<=[^\W\d_])\.(?=[^\W\d_])")
# A word of a machine, such as `channel_is_archived`; nothing else of an answer is shown.
_WORD = re.compile(r"[a-z]+(?:[_.][a-z]+){1,9}")
_SECONDS = re.compile(r"[0-9]{1,9}")
_OF_MESSAGE = frozenset({400, 413, 422})
# With this Mattermost answers 400, and the message is not at fault: the address is there no more.
_UNKNOWN_ADDRESS = "web.incoming_webhook.invalid.app_error"


class Webhook:
    """One channel of Mattermost, or of what is compatible with it, written to by the address of an incoming webhook.

    Raise `ValueError`, without the address, for one that is not `https`, or `http` on this machine.
    """

    can_update = False
    rate = Rate(burst=20, per_minute=30)
    lists_within = timedelta()

    def __init__(self, *, url: str, name: str) -> None:
        if not _is_safe(url):
            raise ValueError(f"{name}: the address of a webhook begins with https://, or leads to this machine")
        self.name = name
        self._url = SecretStr(url)

    def send(self, message: Message, place: Place) -> Outcome:  # noqa: ARG002
        """Post the message."""
        content = {"text": text(message), "unfurl_links": False, "unfurl_media": False}
        try:
            answer = httpx.post(self._url.get_secret_value(), json=content, timeout=TIMEOUT_S)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError):
            return Outcome("planned", error=NO_CONNECTION)
        except httpx.HTTPError as fault:
            # Its words may hold the address.
            return Outcome("unknown", error=type(fault).__name__)
        return _outcome(answer)

    def find(self, lost: Sequence[Lost]) -> Mapping[str, Sequence[str]]:  # noqa: ARG002
        """Nothing can be looked up."""
        return {}

    def retract(self, message_id: str) -> bool:  # noqa: ARG002
        """What is posted stays."""
        return False

    def show(self, trend: Trend, place: Place) -> None:
        """The bars of the trend are part of the message."""


def text(message: Message) -> str:
    """The message in the Markdown of Mattermost, within `MAX_TEXT` characters; submitted text is no markup in it."""
    change = "Mise à jour\N{NO-BREAK SPACE}: " if message.is_change else ""
    again = " (répétée\N{NO-BREAK SPACE}: l’envoi précédent a été interrompu)" if message.is_repeat else ""
    title = f"**{_escaped(change + message.title + again)}**"
    body = [*map(_line, message.lines), *_bars(message.trend), *_apart(map(_plain, message.notes))]
    links = _apart(map(_link, message.links))
    shown = [title, *body, *links]
    while body and len("\n".join(shown)) > MAX_TEXT:
        body.pop()
        shown = [title, *body, "…", *links]
    return "\n".join(shown)


def _apart(lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return ["", *found] if found else []


def _line(line: Line) -> str:
    name = _escaped(line.name)
    return f"**{name}** {_escaped(line.text)}".rstrip() if name else _plain(line.text)


def _plain(text: str) -> str:
    # At the start of a line nothing may stand that would begin a list, a heading, a quotation or a table.
    return _JOINER + _escaped(text)


def _link(link: Link) -> str:
    # The form of Slack, which Mattermost reads too.
    address = quote(link.address, safe=":/?#[]@!$&'*+,;=%~")
    return f"<{address.replace('&', '&amp;')}|{_escaped(link.label)}>"


def _escaped(text: str) -> str:
    return _SIGN.sub(_harmless, cut(" ".join(text.splitlines()).strip(), MAX_LINE))


def _harmless(sign: re.Match[str]) -> str:
    found = sign[0]
    if found in _ENTITIES:
        return _ENTITIES[found]
    return ("" if found in "@#:." else "\\") + found + (_JOINER if found in _OPENERS else "")


def _bars(trend: Trend | None) -> Sequence[str]:
    if trend is None:
        return ()
    try:
        return [_plain(bar) for bar in text_bars(trend)]
    except Exception as fault:
        log.warning("a message leaves without its trend: %s: %s", type(fault).__name__, fault)
        return ()


def _outcome(answer: httpx.Response) -> Outcome:
    """What a status means, by what it is about: the message, its address, or nobody knows."""
    status, word = answer.status_code, _word(answer)
    error = f"HTTP {status} {word}".rstrip()
    if answer.is_success:
        # A page in its place is of a proxy, and tells nothing.
        return Outcome("unknown", error=error) if answer.text.lstrip().startswith("<") else Outcome("sent")
    if status == 429:
        asked = answer.headers.get("Retry-After", "")
        return Outcome("planned", error=error, retry_after_seconds=int(asked) if _SECONDS.fullmatch(asked) else None)
    if status in _OF_MESSAGE and word != _UNKNOWN_ADDRESS:
        return Outcome("dead", error=error)
    # 501 is of a Mattermost that has webhooks switched off; 408 of a server that did not see the end of the message.
    if status == 501 or (300 <= status < 500 and status != 408):
        return Outcome("planned", error=error, is_refused=True)
    return Outcome("unknown", error=error)


def _word(answer: httpx.Response) -> str:
    """The code in an answer: all of it, or what it calls its `id`."""
    try:
        content = answer.json()
    except ValueError:
        content = answer.text.strip()
    found = content.get("id") if isinstance(content, dict) else content
    return found if isinstance(found, str) and _WORD.fullmatch(found) else ""


def _is_safe(url: str) -> bool:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return bool(address.host) and (
        address.scheme == "https" or (address.scheme == "http" and is_this_machine(address.host))
    )
