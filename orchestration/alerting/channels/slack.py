"""The Slack channel: Web API, Block Kit, and the look-up of a message whose answer was lost.

What belongs here: Slack's markup, limits and error codes. What does not: wording (`messages`) and when to send again
(`delivery`). The bot must be in the channel, with the scopes `chat:write` and `channels:history` (`groups:history` if
it is private); the channel is given by its id (`C…`), the only form that the history takes.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import RateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState

from orchestration.alerting.channels.channel import Outcome
from orchestration.alerting.messages import Message

EVENT_TYPE = "jalons_alert"
TIMEOUT_S = 10
LONGEST_WAIT_S = 5
MAX_TEXT = 3000
MAX_HEADER = 150
PAGE_SIZE = 200
MAX_PAGES = 50

# Slack says itself that the work may have been done: docs.slack.dev, chat.postMessage, errors.
_AMBIGUOUS = {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
_CODE = re.compile(r"[a-z0-9_]+")
# The sender is refused, not the message: once mended, the same message may go.
_NOT_NOW = {
    "account_inactive",
    "invalid_auth",
    "missing_scope",
    "not_authed",
    "rate_limited",
    "ratelimited",
    "token_expired",
    "token_revoked",
}


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
        return Outcome("sent", message_id=answer["ts"])

    def find(self, keys: Collection[str], after: str | None) -> Mapping[str, str] | None:
        """Read the channel's history, newest first, back to the message `after`; `None` beyond `MAX_PAGES`."""
        found: dict[str, str] = {}
        history = self._client.conversations_history(
            channel=self._channel, oldest=after, limit=PAGE_SIZE, include_all_metadata=True
        )
        for number, page in enumerate(history, start=1):
            for message in page["messages"]:
                key = _key_of(message)
                if key is not None and key in keys:
                    found[key] = message["ts"]
            if len(found) == len(set(keys)):
                return found
            if number == MAX_PAGES:
                return None
        return found


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


def _outcome(refusal: SlackApiError) -> Outcome:
    code, status = str(refusal.response["error"]), refusal.response.status_code
    if status == 429 or code in _NOT_NOW:
        asked = str(refusal.response.headers.get("Retry-After", ""))
        return Outcome("planned", error=code, retry_after_seconds=int(asked) if asked.isdigit() else None)
    # What is no code is not Slack's own word: a proxy's page, or half an answer, does not tell what became of it.
    if status >= 500 or code in _AMBIGUOUS or not _CODE.fullmatch(code):
        return Outcome("unknown", error=code)
    return Outcome("dead", error=code)
