"""The Slack channel: Web API, Block Kit, and the look-up of a message whose answer was lost.

What belongs here: Slack's markup, limits and ways to fail. What does not: its error codes (`slack_codes`), wording
(`messages`) and when to send again (`outbox`). The bot must be in the channel, with the scopes `chat:write` and
`channels:history` (`groups:history` if it is private); the channel is given by its id (`C…`), the only form that the
history takes.
"""

import errno
import re
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import RateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState

from orchestration.alerting.channels.channel import Lost, Outcome, Place, Rate
from orchestration.alerting.message import Line, Message
from orchestration.alerting.own_codes import HISTORY_TOO_LONG, NO_CONNECTION
from orchestration.alerting.slack_codes import AMBIGUOUS, OF_DELETED, OF_MESSAGE, RATE_LIMITS, family_of
from orchestration.drawing.text_bars import in_words
from orchestration.drawing.trend import Trend

EVENT_TYPE = "jalons_alert"
TIMEOUT_S = 10
LONGEST_WAIT_S = 5
MAX_TEXT = 3000
MAX_HEADER = 150
MAX_BLOCKS = 50
PAGE_SIZE = 200
MAX_PAGES = 50

# Slack has no way to write a sign of its markup as it is: one that looks like it is shown.
_LOOK_ALIKES = str.maketrans(
    {"*": "\N{ASTERISK OPERATOR}", "~": "\N{TILDE OPERATOR}", "`": "\N{MODIFIER LETTER GRAVE ACCENT}"}
)
# Within a word it has no meaning, and a file's name keeps it.
_BORDER_SCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
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
    can_update = True
    # Slack takes about one message a second of one channel, and short bursts.
    rate = Rate(burst=60, per_minute=60)

    def __init__(self, *, token: str, channel: str, base_url: str, name: str = "slack") -> None:
        self.name = name
        self._channel = channel
        # An explicit list: the default handler sends again after a lost answer.
        self._client = WebClient(token=token, base_url=base_url, timeout=TIMEOUT_S, retry_handlers=[_ShortWait()])

    def send(self, message: Message, place: Place) -> Outcome:
        """Post the message, or put it in the place of another, its key in its metadata; a lost answer raises whatever
        the network raised.
        """
        said: dict[str, Any] = {
            "channel": self._channel,
            "text": _cut(_escape(" — ".join([message.title, *map(str, message.lines[:1])])), MAX_TEXT),
            "blocks": blocks(message),
        }
        try:
            if place.replaces_id:
                # The key of the first post stays what a lost post is looked up by: its message may be this one.
                metadata = _metadata(place.first_key or message.key, changed=message.key)
                answer = self._client.chat_update(ts=place.replaces_id, metadata=metadata, **said)
            else:
                answer = self._client.chat_postMessage(
                    thread_ts=place.thread_id,
                    metadata=_metadata(message.key),
                    unfurl_links=False,
                    unfurl_media=False,
                    **said,
                )
        except SlackApiError as refusal:
            return _outcome(refusal, place)
        except URLError as fault:
            if _is_without_connection(fault):
                return Outcome("planned", error=NO_CONNECTION)
            raise
        return Outcome("sent", message_id=answer["ts"])

    def find(self, lost: Sequence[Lost]) -> Mapping[str, Sequence[str]] | Outcome:
        """Look for posts in the channel's history, for what hangs under another in its replies, newest page by page
        back to a message sent earlier; for an update at the message itself.
        """
        found: dict[str, list[str]] = {}
        groups: dict[tuple[str | None, bool], list[Lost]] = {}
        for one in lost:
            groups.setdefault((one.place.thread_id, one.place.replaces_id is not None), []).append(one)
        try:
            for (thread_id, is_update), of_place in groups.items():
                for one in of_place if is_update else ():
                    for message in self._messages_at(one.place.replaces_id or "", thread_id):
                        if one.key in _keys_of(message):
                            found[one.key] = [message["ts"]]
                if not is_update and not self._read_back(thread_id, of_place, found):
                    return Outcome("planned", error=HISTORY_TOO_LONG, is_refused=True)
        except SlackApiError as refusal:
            if refusal.response["error"] == "thread_not_found":
                # With the parent its replies are gone: none of them is there.
                return found
            return _outcome(refusal, Place())
        return found

    def _read_back(self, thread_id: str | None, lost: Sequence[Lost], found: dict[str, list[str]]) -> bool:
        """Note where the keys of lost posts are; whether all of the history that may hold them was read."""
        marks = [one.after_id for one in lost]
        after = None if None in marks else min(mark for mark in marks if mark)
        keys = {one.key for one in lost}
        asked: dict[str, Any] = {"channel": self._channel, "limit": PAGE_SIZE, "include_all_metadata": True}
        pages = (
            self._client.conversations_replies(ts=thread_id, oldest=after, **asked)
            if thread_id
            else self._client.conversations_history(oldest=after, **asked)
        )
        for number, page in enumerate(pages, start=1):
            for message in page["messages"]:
                for key in keys & set(_keys_of(message)):
                    ids = found.setdefault(key, [])
                    if message["ts"] not in ids:
                        ids.append(message["ts"])
                        ids.sort()
            if number == MAX_PAGES:
                return keys <= set(found)
        return True

    def _messages_at(self, message_id: str, thread_id: str | None) -> Sequence[Mapping[str, Any]]:
        asked: dict[str, Any] = {"channel": self._channel, "limit": 2, "include_all_metadata": True}
        asked |= {"oldest": message_id, "latest": message_id, "inclusive": True}
        page = (
            self._client.conversations_replies(ts=thread_id, **asked)
            if thread_id
            else self._client.conversations_history(**asked)
        )
        # The parent of a thread is listed whatever the bounds are.
        return [message for message in page["messages"] if message["ts"] == message_id]

    def retract(self, message_id: str) -> bool:
        """Delete a message of the bot."""
        try:
            self._client.chat_delete(channel=self._channel, ts=message_id)
        except SlackApiError as refusal:
            return bool(refusal.response["error"] == "message_not_found")
        return True

    def show(self, trend: Trend, place: Place) -> None:
        """Upload the picture under the card; it needs the scope `files:write`."""
        from orchestration.drawing.picture import png

        self._client.files_upload_v2(
            channel=self._channel,
            thread_ts=place.thread_id,
            file=png(trend),
            filename="couts-et-fins.png",
            title="Coût et fin prévue au fil des éditions",
            alt_txt=in_words(trend),
        )


def blocks(message: Message) -> list[dict[str, Any]]:
    """The message as Block Kit: within 50 blocks and 3000 characters a text, submitted text neutralised."""
    sections = [_section(text) for text in _packed(map(_line, message.lines))]
    links = [f"<{_escape(link.address).replace('|', '%7C')}|{_escape(link.label)}>" for link in message.links]
    notes = [_text(text) for text in _packed([*map(_escape, message.notes), *([" · ".join(links)] if links else [])])]
    header = {"type": "header", "text": {"type": "plain_text", "text": _cut(message.title, MAX_HEADER), "emoji": False}}
    small = [{"type": "context", "elements": notes[:10]}] if notes else []
    return [header, *sections[: MAX_BLOCKS - 2], *small]


def _line(line: Line) -> str:
    name = f"*{_escape(line.name.strip())}* " if line.name.strip() else ""
    return name + _escape(line.text)


def _section(text: str) -> dict[str, Any]:
    # A long text is shown whole: nobody should have to ask for the end of an alert.
    return {"type": "section", "text": _text(text), "expand": True}


def _text(text: str) -> dict[str, Any]:
    # verbatim: Slack must not make links or mentions out of what a ministry typed.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _escape(text: str) -> str:
    """Text that Slack shows as it is: no link, no mention, and none of the signs that make it bold, slanted or code."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = re.sub(r"@(?=(?:channel|everyone|here)\b)", "@\N{WORD JOINER}", escaped, flags=re.IGNORECASE)
    return _BORDER_SCORE.sub("\N{MODIFIER LETTER LOW MACRON}", escaped.translate(_LOOK_ALIKES))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _packed(lines: Iterable[str]) -> list[str]:
    """Join the lines into as few texts of at most `MAX_TEXT` characters as their order allows."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + 1 + len(line) <= MAX_TEXT:
            texts[-1] += f"\n{line}"
        else:
            # Whatever a name was escaped to, a text that is too long would cost the whole card.
            texts.append(line if len(line) <= MAX_TEXT else _whole_words(line))
    return texts


def _whole_words(text: str) -> str:
    """The beginning of an escaped text, cut at a space: an entity cut in two would be shown as typed."""
    head = text[: MAX_TEXT - 1]
    return (head.rpartition(" ")[0] or head.rpartition("&")[0] or head) + "…"


def _metadata(key: str, changed: str | None = None) -> dict[str, Any]:
    payload = {"key": key} | ({"change": changed} if changed else {})
    return {"event_type": EVENT_TYPE, "event_payload": payload}


def _keys_of(message: Mapping[str, Any]) -> list[str]:
    """The keys of the post and of the last update that made a message what it is."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload", {}) if metadata.get("event_type") == EVENT_TYPE else {}
    return [key for key in (payload.get("key"), payload.get("change")) if isinstance(key, str)]


def _is_without_connection(fault: URLError) -> bool:
    """Whether nothing can have arrived: no address, no way there, nobody who listens, or a stranger in its place."""
    reason = fault.reason
    if isinstance(reason, (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)):
        return True
    return isinstance(reason, OSError) and reason.errno in _NO_WAY


def _outcome(refusal: SlackApiError, place: Place) -> Outcome:
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
    if place.replaces_id and code in OF_DELETED:
        return Outcome("planned", error=code, gone="message")
    if place.thread_id and code in OF_DELETED:
        return Outcome("planned", error=code, gone="thread")
    if family_of(code):
        return Outcome("planned", error=code, is_refused=True)
    return Outcome("dead" if code in OF_MESSAGE else "unknown", error=code)
