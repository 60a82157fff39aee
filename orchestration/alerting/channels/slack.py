"""The Slack channel: Web API, Block Kit, and the look-up of a message whose answer was lost.

What belongs here: Slack's markup, limits and ways to fail. What does not: its error codes (`slack_codes`), wording
(`messages`) and when to send again (`delivery`). The bot must be in the channel, with the scopes `chat:write` and
`channels:history` (`groups:history` if it is private); the channel is given by its id (`C…`), the only form that the
history takes.
"""

import errno
import re
import socket
import ssl
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import RateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState

from orchestration.alerting.channels.channel import Outcome
from orchestration.alerting.messages import Message
from orchestration.alerting.slack_codes import AMBIGUOUS, NO_CONNECTION, OF_MESSAGE, RATE_LIMITS, family_of

EVENT_TYPE = "jalons_alert"
TIMEOUT_S = 10
LONGEST_WAIT_S = 5
MAX_TEXT = 3000
MAX_HEADER = 150
PAGE_SIZE = 200
MAX_PAGES = 50

_CODE = re.compile(r"[a-z0-9_]+")
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH}


class _ShortWait(RateLimitErrorRetryHandler):
    """Wait once as Slack asks, if it asks for little; a longer wait is the next pass's. Nothing else is retried."""

    def _can_retry(
        self,
        *,
        state: RetryState,  # noqa: ARG002
        request: HttpRequest,  # noqa: ARG002
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002
    ) -> bool:
        if response is None or response.status_code != 429:
            return False
        asked = response.headers.get("Retry-After", ["1"])[0]
        return asked.isdigit() and int(asked) <= LONGEST_WAIT_S


class Slack:
    """One Slack channel, written to by a bot."""

    # A message may be accepted after our time-out, and listed after that.
    lists_within = timedelta(minutes=3)

    def __init__(self, *, token: str, channel: str, base_url: str, name: str = "slack") -> None:
        self.name = name
        self._channel = channel
        # An explicit list: the default handler sends again after a lost answer.
        self._client = WebClient(token=token, base_url=base_url, timeout=TIMEOUT_S, retry_handlers=[_ShortWait()])

    def send(self, message: Message) -> Outcome:
        """Post the message, its key in its metadata; a lost answer raises whatever the network raised."""
        try:
            answer = self._client.chat_postMessage(
                channel=self._channel,
                text=_escape(" — ".join((message.title, message.lines[0]))),
                blocks=blocks(message),
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": message.key}},
                unfurl_links=False,
                unfurl_media=False,
            )
        except SlackApiError as refusal:
            return _outcome(refusal)
        except URLError as fault:
            if _is_without_connection(fault):
                return Outcome("planned", error=NO_CONNECTION)
            raise
        return Outcome("sent", message_id=answer["ts"])

    def find(self, keys: Collection[str], after: str | None) -> Mapping[str, Sequence[str]] | Outcome:
        """Read the channel's history, newest first, back to the message `after`, or through `MAX_PAGES`."""
        found: dict[str, list[str]] = {}
        try:
            history = self._client.conversations_history(
                channel=self._channel, oldest=after, limit=PAGE_SIZE, include_all_metadata=True
            )
            for number, page in enumerate(history, start=1):
                for message in page["messages"]:
                    key = _key_of(message)
                    if key is not None and key in keys:
                        found.setdefault(key, []).insert(0, message["ts"])
                if number == MAX_PAGES:
                    is_told = len(found) == len(set(keys))
                    return found if is_told else Outcome("planned", error="history_too_long", is_refused=True)
        except SlackApiError as refusal:
            return _outcome(refusal)
        return found

    def retract(self, message_id: str) -> bool:
        """Delete a message of the bot."""
        try:
            self._client.chat_delete(channel=self._channel, ts=message_id)
        except SlackApiError as refusal:
            return bool(refusal.response["error"] == "message_not_found")
        return True


def blocks(message: Message) -> list[dict[str, Any]]:
    """The message as Block Kit: within 50 blocks and 3000 characters a text, submitted text escaped."""
    sections = [_section(text) for text in _packed(map(_escape, message.lines))]
    if message.link:
        label, address = message.link
        sections.append(_section(f"<{_escape(address).replace('|', '%7C')}|{_escape(label)}>"))
    notes = [_text(text) for text in _packed(map(_escape, message.notes))]
    header = {"type": "header", "text": {"type": "plain_text", "text": message.title[:MAX_HEADER], "emoji": True}}
    return [header, *sections, {"type": "context", "elements": notes}]


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _text(text)}


def _text(text: str) -> dict[str, Any]:
    # verbatim: Slack must not make links or mentions out of what a ministry typed.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _escape(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"@(?=(?:channel|everyone|here)\b)", "@\N{WORD JOINER}", escaped, flags=re.IGNORECASE)


def _packed(lines: Iterable[str]) -> list[str]:
    """Join the lines into as few texts of at most `MAX_TEXT` characters as their order allows."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + 1 + len(line) <= MAX_TEXT:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts


def _key_of(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    key = metadata.get("event_payload", {}).get("key") if metadata.get("event_type") == EVENT_TYPE else None
    return key if isinstance(key, str) else None


def _is_without_connection(fault: URLError) -> bool:
    """Whether nothing can have arrived: no address, no way there, nobody who listens, or a stranger in its place."""
    reason = fault.reason
    if isinstance(reason, (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)):
        return True
    return isinstance(reason, OSError) and reason.errno in _NO_WAY


def _outcome(refusal: SlackApiError) -> Outcome:
    """A code that is about neither the message nor the channel may be anything, so it is looked up before it is sent
    again: nothing is lost for a word that we do not know, and nothing said twice.
    """
    code, status = str(refusal.response["error"]), refusal.response.status_code
    if status == 429 or code in RATE_LIMITS:
        asked = str(refusal.response.headers.get("Retry-After", ""))
        return Outcome("planned", error=code, retry_after_seconds=int(asked) if asked.isdigit() else None)
    # What is no code is not Slack's own word: a proxy's page, or half an answer, does not tell what became of it.
    if status >= 500 or code in AMBIGUOUS or not _CODE.fullmatch(code):
        return Outcome("unknown", error=code)
    if family_of(code):
        return Outcome("planned", error=code, is_refused=True)
    return Outcome("dead" if code in OF_MESSAGE else "unknown", error=code)
