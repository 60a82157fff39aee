"""A small Slack on this machine: accepts messages, gives its history back, and misbehaves when told to.

What belongs here: the three methods of the Web API that the channel uses, and the ways in which the real one fails.
"""

import json
import socket
import struct
from collections import deque
from contextlib import suppress
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests.alerting.fake_http import FakeServer, QuietHandler

TOKEN = "xoxb-secret-of-the-tests"  # noqa: S105
CHANNEL = "C0ALERTS"

Mischief = Literal[
    "lose_answer",
    "garble_answer",
    "lose_request",
    "reset_request",
    "reset_answer",
    "server_error",
    "unavailable",
    "fail_after",
    "proxy_page",
    "empty_object",
    "rate_limit",
    "long_rate_limit",
    "bare_rate_limit",
    "invalid_auth",
    "accept_late",
    "list_late",
]


class FakeSlack(FakeServer):
    """A Slack of one channel. `mischief` holds what to do wrong with the next posts, in order; `None` is no mischief.

    `messages` are those accepted, `posts` counts the attempts; a text of `refused` found in a message has it refused
    with its error code; while `is_history_down`, look-ups answer 500. `page_size` caps a page of the history.
    What it was told to accept late it accepts at `accept_what_is_late`, when the client is long gone; what to list late
    is missing from the history until `list_what_is_late`. `refuses_posts` and `refuses_history` are error codes of
    every post and look-up, `history_retry_after` the seconds that look-ups are told to wait; `deleted` are the ids of
    messages that were taken back, `is_delete_refused` refuses to. `taken` are all posts and updates that were accepted,
    as they were then.
    """

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.mischief: deque[Mischief | None] = deque()
        self.refused: dict[str, str] = {}
        self.posts = 0
        self.summary_posts = 0
        self.updates: list[dict[str, Any]] = []
        self.taken: list[dict[str, Any]] = []
        self.pictures: list[dict[str, Any]] = []
        self.refuses_pictures: str | None = None
        self.history_calls: list[dict[str, str]] = []
        self.is_history_down = False
        self.page_size = 100
        self.refuses_posts: str | None = None
        self.refuses_history: str | None = None
        self.history_retry_after: str | None = None
        self.is_delete_refused = False
        self.deleted: list[str] = []
        self._late: list[dict[str, Any]] = []
        self._unlisted: set[str] = set()
        self._accepted = 0
        fake = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(errors="replace")
                if self.path.endswith("/upload"):
                    self._answer_with(b"OK")
                elif self.headers["Authorization"] != f"Bearer {TOKEN}":
                    self._answer({"ok": False, "error": "not_authed"})
                elif self.path.endswith(("/chat.postMessage", "/chat.update")):
                    self._post(json.loads(body))
                else:
                    query = parse_qs(f"{urlsplit(self.path).query}&{body}".strip("&"))
                    answer = {
                        "chat.delete": self._delete,
                        "conversations.history": self._history,
                        "conversations.replies": self._history,
                        "files.getUploadURLExternal": self._upload,
                        "files.completeUploadExternal": self._complete,
                    }[self.path.rpartition("/")[2]]
                    answer({name: values[0] for name, values in query.items()})

            def _post(self, message: dict[str, Any]) -> None:
                fake.posts += 1
                fake.summary_posts += message["text"].startswith("Édition ")
                mischief = fake.mischief.popleft() if fake.mischief else None
                if mischief == "lose_request":
                    self._hang_up()
                elif mischief == "reset_request":
                    self._reset()
                elif mischief in ("server_error", "unavailable"):
                    self._fail(500 if mischief == "server_error" else 503)
                elif mischief in ("rate_limit", "long_rate_limit"):
                    seconds = "0" if mischief == "rate_limit" else "60"
                    self._answer({"ok": False, "error": "ratelimited"}, status=429, retry_after=seconds)
                elif mischief == "bare_rate_limit":
                    self._answer({"ok": False, "error": "ratelimited"}, status=429)
                elif mischief == "invalid_auth" or fake.refuses_posts:
                    self._answer({"ok": False, "error": fake.refuses_posts or mischief})
                elif mischief == "accept_late":
                    fake._late.append(message)
                    fake._end.wait()
                    self._hang_up()
                elif mischief == "proxy_page":
                    self._answer_with(b"<html><h1>407 Proxy Authentication Required</h1></html>", status=407)
                elif mischief == "empty_object":
                    self._answer({})
                else:
                    self._accept(message, mischief)

            def _accept(self, message: dict[str, Any], mischief: Mischief | None) -> None:
                raw = json.dumps(message, ensure_ascii=False)
                error = next((code for text, code in fake.refused.items() if text in raw), None)
                error = error or (None if message["channel"] == CHANNEL else "channel_not_found") or _oversize(message)
                error = error or fake._cannot_place(message)
                if error:
                    self._answer({"ok": False, "error": error})
                    return
                fake._take(message)
                if mischief == "list_late":
                    fake._unlisted.add(message["ts"])
                if mischief in ("lose_answer", "list_late"):
                    self._hang_up()
                elif mischief == "reset_answer":
                    self._reset()
                elif mischief == "fail_after":
                    self._fail(500)
                elif mischief == "garble_answer":
                    self._answer_with(b'{"ok": tr')
                else:
                    self._answer({"ok": True, "channel": CHANNEL, "ts": message["ts"]})

            def _history(self, query: dict[str, str]) -> None:
                fake.history_calls.append(query)
                if fake.is_history_down:
                    self._answer({"ok": False, "error": "internal_error"}, status=500)
                    return
                if fake.history_retry_after:
                    limited = {"ok": False, "error": "ratelimited"}
                    self._answer(limited, status=429, retry_after=fake.history_retry_after)
                    return
                if fake.refuses_history:
                    self._answer({"ok": False, "error": fake.refuses_history})
                    return
                listed = [m for m in fake.messages if m["ts"] not in fake._unlisted]
                thread = query.get("ts")
                # Replies outlive a parent that is deleted, and are listed without it.
                if thread and not any(thread in (m["ts"], m.get("thread_ts")) for m in fake.messages):
                    self._answer({"ok": False, "error": "thread_not_found"})
                    return
                # The history holds parents alone; of a thread its parent comes with its replies.
                in_place = [
                    m for m in listed if (thread in (m.get("thread_ts"), m["ts"]) if thread else "thread_ts" not in m)
                ]
                least, most = query.get("oldest", ""), query.get("latest", "9")
                is_within = query.get("inclusive") in ("1", "true")
                newest_first = [
                    m
                    for m in reversed(in_place)
                    if m["ts"] == thread or least < m["ts"] < most or (is_within and m["ts"] in (least, most))
                ]
                start = int(query.get("cursor", "0"))
                page = newest_first[start : start + fake.page_size]
                hidden = () if query.get("include_all_metadata") == "1" else ("metadata",)
                shown = [{name: value for name, value in m.items() if name not in hidden} for m in page]
                rest = start + fake.page_size < len(newest_first)
                cursor = {"next_cursor": str(start + fake.page_size)} if rest else {}
                self._answer({"ok": True, "messages": shown, "has_more": rest, "response_metadata": cursor})

            def _delete(self, query: dict[str, str]) -> None:
                found = [m for m in fake.messages if m["ts"] == query["ts"]]
                if fake.is_delete_refused:
                    self._answer({"ok": False, "error": "cant_delete_message"})
                elif found:
                    fake.messages.remove(found[0])
                    fake.deleted.append(query["ts"])
                    self._answer({"ok": True, "channel": CHANNEL, "ts": query["ts"]})
                else:
                    self._answer({"ok": False, "error": "message_not_found"})

            def do_PUT(self) -> None:
                self._answer_with(b"OK")

            def _upload(self, _query: dict[str, str]) -> None:
                if fake.refuses_pictures:
                    self._answer({"ok": False, "error": fake.refuses_pictures})
                    return
                self._answer({"ok": True, "upload_url": f"{fake.base_url}upload", "file_id": "F1"})

            def _complete(self, query: dict[str, str]) -> None:
                fake.pictures.append(query)
                self._answer({"ok": True, "files": [{"id": "F1"}]})

            def _fail(self, status: int) -> None:
                code = {500: "internal_error", 503: "service_unavailable"}[status]
                self._answer({"ok": False, "error": code}, status=status)

            def _hang_up(self) -> None:
                self.close_connection = True

            def _reset(self) -> None:
                # What lingers for no time is not closed, but reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True

            def _answer(self, payload: dict[str, Any], status: int = 200, retry_after: str | None = None) -> None:
                self._answer_with(json.dumps(payload).encode(), status, retry_after)

            def _answer_with(self, body: bytes, status: int = 200, retry_after: str | None = None) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                if retry_after is not None:
                    self.send_header("Retry-After", retry_after)
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(body)

        super().__init__(Handler)

    def _cannot_place(self, message: dict[str, Any]) -> str | None:
        there = {m["ts"] for m in self.messages}
        if "ts" in message and message["ts"] not in there:
            return "message_not_found"
        if message.get("thread_ts") and message["thread_ts"] not in there:
            return "thread_not_found"
        return None

    def delete(self, message: dict[str, Any]) -> None:
        """Somebody deletes a message by hand."""
        self.messages.remove(message)

    def _take(self, message: dict[str, Any]) -> None:
        if "ts" in message:
            was = next(m for m in self.messages if m["ts"] == message["ts"])
            was.update(message)
            self.updates.append(dict(was))
            self.taken.append(dict(was))
            return
        if not message.get("thread_ts"):
            message.pop("thread_ts", None)
        self._accepted = max(self._accepted, len(self.messages)) + 1
        message["ts"] = f"1500000000.{self._accepted:06d}"
        self.messages.append(message)
        self.taken.append(dict(message))

    def accept_what_is_late(self) -> None:
        """Accept what was posted with `accept_late`, after its client gave up."""
        while self._late:
            message = self._late.pop(0)
            if self._cannot_place(message) is None:
                self._take(message)

    def list_what_is_late(self) -> None:
        """Show in the history what was posted with `list_late`."""
        self._unlisted.clear()

    @property
    def base_url(self) -> str:
        """What `JALONS_SLACK_BASE_URL` would be."""
        return f"http://127.0.0.1:{self._server.server_port}/api/"

    @property
    def texts(self) -> list[str]:
        """Everything a reader sees of each message, in the order of acceptance."""
        return [_shown(message["blocks"]) for message in self.messages]


def _shown(node: object) -> str:
    if isinstance(node, list):
        return "\n".join(_shown(item) for item in node)
    if isinstance(node, dict):
        text = node.get("text")
        return text if isinstance(text, str) else _shown(text or node.get("elements"))
    return ""


def _oversize(message: dict[str, Any]) -> str | None:
    """The caps that the real Slack sets, so that a message over them is refused here as there."""
    if len(message["blocks"]) > 50:
        return "invalid_blocks"
    for block in message["blocks"]:
        limit = 150 if block["type"] == "header" else 3000
        texts = block["elements"] if block["type"] == "context" else [block["text"]]
        if not isinstance(block.get("expand", True), bool):
            return "invalid_blocks"
        if len(texts) > 10 or not texts or any(not 0 < len(text["text"]) <= limit for text in texts):
            return "invalid_blocks"
    return None


# The limits of Slack, for payloads that are not sent.
OVERSIZE = _oversize
