"""The Tchap channel: the client-server API of Matrix (v3), HTML, edits, threads and the look-up of a lost message.

What belongs here: Matrix's markup, limits and ways to fail. What does not: its error codes (`matrix_codes`), wording
(`messages`) and when to send again (`outbox`). The bot writes in clear, so the room is one without encryption.
"""

import html
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from orchestration.alerting.channels.channel import Lost, Outcome, Place, Rate
from orchestration.alerting.matrix_codes import NO_SUCH_ROOM, NOT_INVITED, OF_MESSAGE, RATE_LIMITS, family_of
from orchestration.alerting.message import Line, Link, Message
from orchestration.alerting.own_codes import HISTORY_TOO_LONG, NO_CONNECTION
from orchestration.domain.french import NBSP
from orchestration.drawing.trend import Trend
from orchestration.store.digests import sha256

# Where an event holds the key of its message.
KEY_FIELD = "fr.gouv.jalons.key"
TIMEOUT_S = 10
PAGE_SIZE = 200
MAX_PAGES = 50
# An event has 65 536 bytes, of which the server's own part (hashes, signatures, what it follows) takes a few thousand.
MAX_CONTENT_BYTES = 56_000
MAX_ADDRESS = 2000

_CLIENT = "/_matrix/client/v3"
# How long a text may be, in characters; shorter where all of them would not fit into one event.
_TEXT_LENGTHS = (1000, 300, 100, 30)
_CODE = re.compile(r"[A-Z]+(_[A-Z0-9]+)+")

_Answer = Mapping[str, Any]


class Tchap:
    """One room of Tchap, or of any other Matrix server, written to by a bot.

    `homeserver` is the address of the bot's own server, `room` the id (`!…`) or the alias (`#…`) of the room. The bot
    comes into that room by itself where it is invited or all may come in, and into no other.
    """

    can_update = True
    # What a server takes of one account unless its administrator lifts it: ten at once, one in five seconds.
    rate = Rate(burst=9, per_minute=12)
    # Listed as soon as it is accepted, so that this is the time that a request may be under way after our time-out. One
    # that comes later still is no second message: its transaction is that of the first for half an hour at least.
    lists_within = timedelta(seconds=30)

    def __init__(self, *, homeserver: str, token: str, room: str, name: str = "tchap") -> None:
        self.name = name
        self._room = room
        self._room_id = None if room.startswith("#") else room
        self._client = httpx.Client(
            base_url=homeserver,
            # One that was kept open may be closed by now, and nobody would know what became of the message.
            headers={"Authorization": f"Bearer {token}", "Connection": "close"},
            timeout=TIMEOUT_S,
        )

    def send(self, message: Message, place: Place) -> Outcome:
        """Put the message or its edit under its key; a lost answer raises whatever the network raised.

        The id of an edit is that of the message that it edits: it is what the next edit and the thread hang on.
        """
        target = place.replaces_id or place.thread_id
        gone = Outcome("planned", error="target_gone", gone="message" if place.replaces_id else "thread")
        # The server takes what belongs to a deleted message, and no reader would see it.
        seen = self._in_room("GET", f"/event/{_quoted(target)}") if target else None
        if seen and not isinstance(seen, Outcome) and not seen["content"]:
            return gone
        answer = self._put(message.key, content(message, place))
        if isinstance(answer, Outcome):
            # The first it says to a bot that is not in the room too; the second of whatever has no code.
            is_purged = isinstance(seen, Outcome) and (seen.error, answer.error) == ("M_NOT_FOUND", "M_UNKNOWN")
            return gone if is_purged else answer
        return Outcome("sent", message_id=place.replaces_id or str(answer["event_id"]))

    def find(self, lost: Sequence[Lost]) -> Mapping[str, Sequence[str]] | Outcome:
        """Read what the bot wrote in the room, newest first, back to what was there before all of these, or through
        `MAX_PAGES`; edits are events as well.
        """
        me = self._ask("GET", f"{_CLIENT}/account/whoami")
        if isinstance(me, Outcome):
            return me
        query = {"dir": "b", "limit": str(PAGE_SIZE), "filter": json.dumps({"senders": [me["user_id"]]})}
        by_key, before = {one.key: one for one in lost}, {one.after_id for one in lost}
        found: dict[str, list[str]] = {}
        for _ in range(MAX_PAGES):
            page = self._in_room("GET", "/messages", params=query)
            if isinstance(page, Outcome):
                return page
            for event in page["chunk"]:
                before.discard(event["event_id"])
                one = by_key.get(event["content"].get(KEY_FIELD))
                ids = found.setdefault(one.key, []) if one else []
                if one and (message_id := one.place.replaces_id or event["event_id"]) not in ids:
                    ids.insert(0, message_id)
            if not before or "end" not in page:
                return found
            query["from"] = page["end"]
        is_told = len(found) == len(by_key)
        return found if is_told else Outcome("planned", error=HISTORY_TOO_LONG, is_refused=True)

    def retract(self, message_id: str) -> bool:
        """Redact a message of the bot: its words are deleted, and a mark that there was one is left."""
        event = _quoted(message_id)
        answer = self._in_room("PUT", f"/redact/{event}/retract-{event}", json={})
        return not isinstance(answer, Outcome) or answer.error == "M_NOT_FOUND"

    def show(self, trend: Trend, place: Place) -> None:
        """Show the picture in the thread, its figures in words for those who do not see it."""
        from orchestration.drawing.picture import png
        from orchestration.drawing.text_bars import in_words

        picture = png(trend)
        told = {"Content-Type": "image/png"}
        kept = self._ask("POST", "/_matrix/media/v3/upload", content=picture, headers=told)
        if isinstance(kept, Outcome):
            raise RuntimeError(kept.error)
        # The size stands at the head of every PNG: clients keep the room free for it.
        width, height = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))
        shown = {
            "msgtype": "m.image",
            "body": in_words(trend),
            "url": kept["content_uri"],
            "info": {"mimetype": "image/png", "size": len(picture), "w": width, "h": height},
            "m.mentions": {},
            **_relation(Place(thread_id=place.thread_id)),
        }
        answer = self._put(f"picture-{sha256(picture + (place.thread_id or '').encode())[:32]}", shown)
        if isinstance(answer, Outcome):
            raise RuntimeError(answer.error)

    def _put(self, key: str, event: Mapping[str, Any]) -> _Answer | Outcome:
        return self._in_room("PUT", f"/send/m.room.message/{_quoted(key)}", json=event)

    def _in_room(self, method: str, path: str, **asked: Any) -> _Answer | Outcome:
        """Ask something about the room; where the bot is refused, come in and ask once more."""
        room_id = self._resolved()
        if isinstance(room_id, Outcome):
            return room_id
        answer = self._ask(method, f"{_CLIENT}/rooms/{_quoted(room_id)}{path}", **asked)
        if not isinstance(answer, Outcome) or answer.error != "M_FORBIDDEN":
            return answer
        joined = self._ask("POST", f"{_CLIENT}/join/{_quoted(self._room)}", json={})
        if isinstance(joined, Outcome):
            return _not_in(joined)
        return self._ask(method, f"{_CLIENT}/rooms/{_quoted(room_id)}{path}", **asked)

    def _resolved(self) -> str | Outcome:
        if self._room_id is None:
            answer = self._ask("GET", f"{_CLIENT}/directory/room/{_quoted(self._room)}")
            if isinstance(answer, Outcome):
                return _not_in(answer)
            self._room_id = str(answer["room_id"])
        return self._room_id

    def _ask(self, method: str, path: str, **asked: Any) -> _Answer | Outcome:
        try:
            answer = self._client.request(method, path, **asked)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol):
            return Outcome("planned", error=NO_CONNECTION)
        except httpx.LocalProtocolError:
            # The token has signs that no header may hold; the fault would quote it in logs.
            return Outcome("planned", error="M_MISSING_TOKEN", is_refused=True)
        if not answer.is_success:
            return _outcome(answer)
        found: _Answer = answer.json()
        return found


def content(message: Message, place: Place) -> dict[str, Any]:
    """The event of a message: its words as they are and as HTML, its key, where it belongs; it fits into one event
    whatever names hold.

    `m.text`, since clients let nobody know of an `m.notice`. `m.mentions` is empty, so that `@room` in a name calls
    nobody.
    """
    for length in _TEXT_LENGTHS:
        said = _shortened(message, length)
        whole = {"msgtype": "m.text", "body": _plain(said), "m.mentions": {}}
        marked_up = {"format": "org.matrix.custom.html", "formatted_body": _html(said)}
        event = whole | {KEY_FIELD: message.key} | _relation(place)
        if place.replaces_id:
            # What is around the new content is for clients that know no edits.
            event |= {"body": f"* {whole['body']}", "m.new_content": whole | marked_up}
        else:
            event |= marked_up
        if len(json.dumps(event, ensure_ascii=False).encode()) <= MAX_CONTENT_BYTES:
            break
    return event


def _relation(place: Place) -> dict[str, Any]:
    if place.replaces_id:
        return {"m.relates_to": {"rel_type": "m.replace", "event_id": place.replaces_id}}
    if place.thread_id:
        # Clients that know no threads show it as a reply.
        reply = {"is_falling_back": True, "m.in_reply_to": {"event_id": place.thread_id}}
        return {"m.relates_to": {"rel_type": "m.thread", "event_id": place.thread_id} | reply}
    return {}


def _shortened(message: Message, length: int) -> Message:
    """The message with texts of at most this many characters, without line ends that would look like ours."""

    def short(text: str) -> str:
        flat = re.sub(r"[\t\n]+", " ", text)
        return flat if len(flat) <= length else f"{flat[: length - 1].rstrip()}…"

    return replace(
        message,
        title=short(message.title),
        lines=tuple(Line(short(line.text), short(line.name)) for line in message.lines),
        notes=tuple(map(short, message.notes)),
        links=tuple(Link(short(link.label), link.address) for link in message.links if _is_address(link.address)),
    )


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://")) and len(text) <= MAX_ADDRESS


def _plain(message: Message) -> str:
    links = [f"{link.label}{NBSP}: {link.address}" for link in message.links]
    return "\n".join((message.title, *map(str, message.lines), *links, *message.notes))


def _html(message: Message) -> str:
    """Paragraphs, of tags that every client shows; notes as subscripts, the only small print that there is."""
    links = [f'<a href="{html.escape(link.address)}">{_escaped(link.label)}</a>' for link in message.links]
    notes = [f"<sub>{_escaped(note)}</sub>" for note in message.notes]
    paragraphs = ([f"<strong>{_escaped(message.title)}</strong>"], map(_line, message.lines), links, notes)
    return "".join(f"<p>{text}</p>" for text in map(_joined, paragraphs) if text)


def _line(line: Line) -> str:
    strong = f"<strong>{_escaped(line.name)}</strong> " if line.name else ""
    return strong + _escaped(line.text)


def _joined(texts: Iterable[str]) -> str:
    return "<br>".join(texts)


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _not_in(refusal: Outcome) -> Outcome:
    """Why the bot did not come into its room, so that nothing was sent."""
    if refusal.error in ("M_FORBIDDEN", "M_BAD_STATE"):
        return Outcome("planned", error=NOT_INVITED, is_refused=True)
    if refusal.error in ("M_UNKNOWN", "M_NOT_FOUND", "M_INVALID_PARAM"):
        return Outcome("planned", error=NO_SUCH_ROOM, is_refused=True)
    return replace(refusal, state="planned")


def _outcome(answer: httpx.Response) -> Outcome:
    """A code that is about neither the message nor the room may be anything, so it is looked up before it is sent
    again. So is what is no code, which is not Matrix's own word: a proxy's page does not tell what became of it.
    """
    try:
        said = answer.json()
    except ValueError:
        said = None
    given: Mapping[str, Any] = said if isinstance(said, dict) else {}
    code = str(given.get("errcode"))
    if answer.status_code >= 500 or not _CODE.fullmatch(code):
        code = f"http_{answer.status_code}"
    if answer.status_code == 429 or code in RATE_LIMITS:
        return Outcome("planned", error=code, retry_after_seconds=_asked_rest(answer, given))
    if family_of(code):
        return Outcome("planned", error=code, is_refused=True)
    return Outcome("dead" if code in OF_MESSAGE else "unknown", error=code)


def _asked_rest(answer: httpx.Response, said: Mapping[str, Any]) -> int | None:
    """How many seconds the server asks to be left alone: in a header, before version 1.10 of Matrix in its answer."""
    header, milliseconds = answer.headers.get("Retry-After", ""), said.get("retry_after_ms")
    if header.isdecimal():
        return int(header)
    return math.ceil(milliseconds / 1000) if isinstance(milliseconds, int) and milliseconds >= 0 else None
