"""Who receives deliveries: a Slack that misbehaves, a real Matrix server, a real server of mails.

What belongs here: how each is opened as a channel, how it misbehaves for one delivery, and what its readers see. What
does not: what they should see (`delivery_oracle`).
"""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from orchestration.alerting.channels.channel import Channel
from orchestration.alerting.channels.mail import Mail, MailServer
from orchestration.alerting.channels.slack import Slack
from orchestration.alerting.channels.tchap import KEY_FIELD, Tchap
from tests.alerting.bad_line import BadLine, answer
from tests.alerting.fake_mail import FakeMail
from tests.alerting.fake_slack import CHANNEL, TOKEN, FakeSlack, Mischief
from tests.alerting.synapse_server import Synapse, User

PeerKind = Literal["slack", "tchap", "mail"]
# What becomes of single posts and updates; none of them often takes time.
_OF_SLACK: Sequence[Mischief | None] = (
    *(None, None, "lose_request", "lose_answer", "lose_answer", "reset_request", "reset_answer", "server_error"),
    *("unavailable", "fail_after", "garble_answer", "proxy_page", "empty_object", "rate_limit", "long_rate_limit"),
    *("list_late", "invalid_auth"),
)
_SLOW: Sequence[Mischief] = ("bare_rate_limit", "accept_late")
_REFUSALS = ("token_revoked", "channel_not_found", "not_in_channel")
# Of which one message alone is refused.
OF_MESSAGE = ("invalid_blocks", "msg_blocks_too_long")
# Of which nobody hears whether they arrived, though they did.
LOST_ANSWERS = (
    "lose_answer",
    "reset_answer",
    "fail_after",
    "garble_answer",
    "accept_late",
    "list_late",
    "reset_after_dot",
)


@dataclass(frozen=True)
class Shown:
    """A message as a reader sees it by now: its title, then its lines, without markup and with plain spaces."""

    id: str
    key: str
    lines: Sequence[str]
    parent_id: str | None = None

    @property
    def title(self) -> str:
        """What stands above it."""
        return self.lines[0]


@dataclass
class Mischiefs:
    """What was done wrong so far, by what it was."""

    done: Counter[str] = field(default_factory=Counter)

    @property
    def lost_answers(self) -> int:
        """How many messages were accepted whose sender did not hear so."""
        return sum(self.done[name] for name in LOST_ANSWERS)


class Peer(Protocol):
    """A receiver; `can_update` says whether a message takes the place of an earlier one there."""

    can_update: bool
    channel: str
    mischiefs: Mischiefs

    def opened(self) -> Any:
        """What opens the channel in another process."""

    def misbehave(self, chance: random.Random) -> None:
        """Do wrong during the next delivery."""

    def behave(self) -> None:
        """Do nothing wrong any more; what was late is there."""

    def shown(self) -> list[Shown]:
        """All messages that are there, as they are by now, oldest first."""

    def said(self) -> list[Sequence[str]]:
        """The lines of all that was accepted, whatever became of it."""

    def repeats(self) -> int:
        """How many messages and updates were accepted more than once."""


def _slack(base_url: str, _now: datetime) -> Channel:
    return Slack(token=TOKEN, channel=CHANNEL, base_url=base_url)


class SlackPeer:
    """The fake Slack."""

    can_update, channel = True, "slack"

    def __init__(self, fake: FakeSlack) -> None:
        self.fake, self.mischiefs = fake, Mischiefs()
        # What was deleted by hand, and the summaries among it.
        self.deleted: set[str] = set()

    def opened(self) -> Any:
        """The fake one, at its address."""
        return partial(_slack, self.fake.base_url)

    def misbehave(self, chance: random.Random) -> None:
        """Single posts go wrong; now and then all of them, or all look-ups."""
        self.settle()
        if chance.random() < 0.75:
            drawn = chance.choices(_OF_SLACK, k=chance.randint(1, 6))
            if chance.random() < 0.12:
                drawn[chance.randrange(len(drawn))] = chance.choice(_SLOW)
            self.fake.mischief.extend(drawn)
        what = chance.random()
        if what < 0.1:
            self.fake.is_history_down = True
        elif what < 0.15:
            self.fake.history_retry_after = str(chance.choice((30, 600)))
        elif what < 0.2:
            self.fake.refuses_history = "missing_scope"
        elif what < 0.27:
            self.fake.refuses_posts = chance.choice(_REFUSALS)
        self.mischiefs.done["look-ups refused"] += what < 0.2
        self.mischiefs.done["posts refused"] += 0.2 <= what < 0.27
        self._planned = list(self.fake.mischief)

    def settle(self) -> None:
        """Count what was done wrong, and be as any other day but for what is still late."""
        planned = getattr(self, "_planned", [])
        self.mischiefs.done += Counter(filter(None, planned[: len(planned) - len(self.fake.mischief)]))
        self._planned = []
        self.fake.mischief.clear()
        self.fake.is_history_down, self.fake.refuses_posts, self.fake.refuses_history = False, None, None
        self.fake.history_retry_after = None

    def behave(self) -> None:
        """All is there."""
        self.settle()
        self.fake.refused.clear()
        self.come_late()

    def come_late(self) -> None:
        """What was late comes."""
        self.fake.accept_what_is_late()
        self.fake.list_what_is_late()

    def delete(self, one: Shown) -> None:
        """Somebody deletes a message."""
        self.fake.delete(next(message for message in self.fake.messages if message["ts"] == one.id))
        self.deleted.add(one.id)

    def shown(self) -> list[Shown]:
        """The history."""
        return [
            Shown(one["ts"], one["metadata"]["event_payload"]["key"], _of_blocks(one["blocks"]), one.get("thread_ts"))
            for one in self.fake.messages
        ]

    def said(self) -> list[Sequence[str]]:
        """Posts and updates."""
        return [_of_blocks(one["blocks"]) for one in self.fake.taken]

    def repeats(self) -> int:
        """By the key of the attempt."""
        payloads = [one["metadata"]["event_payload"] for one in self.fake.taken]
        keys = Counter(payload.get("change", payload["key"]) for payload in payloads)
        return sum(count - 1 for count in keys.values())


def _of_blocks(blocks: Sequence[dict[str, Any]]) -> list[str]:
    texts = []
    for block in blocks:
        parts = block["elements"] if block["type"] == "context" else [block["text"]]
        texts += [line for part in parts for line in part["text"].split("\n")]
    return [_plain(text) for text in texts]


def _plain(text: str) -> str:
    return re.sub(r"[\s*]+", " ", text).strip()


def _tchap(url: str, token: str, room: str, _now: datetime) -> Channel:
    return Tchap(homeserver=url, token=token, room=room)


class TchapPeer:
    """A room of a real server, at the end of a line on which things get lost; the server is stopped and started."""

    can_update, channel = True, "tchap"

    def __init__(self, server: Synapse, line: BadLine, bot: User, human: User) -> None:
        self._server, self._line, self._bot, self._human = server, line, bot, human
        self._room = human.new_room(bot)
        self._is_down = False
        self.mischiefs = Mischiefs()

    def opened(self) -> Any:
        """Over the line."""
        return partial(_tchap, self._line.url, self._bot.token, self._room)

    def misbehave(self, chance: random.Random) -> None:
        """Requests and answers get lost, a proxy or the server fails, and the server is away for a delivery."""
        self._again()
        kinds = {
            "lose_request": "lose_request",
            "lose_answer": "lose_answer",
            "limited": answer(429, b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2000}'),
            "failed": answer(500, b'{"errcode": "M_UNKNOWN"}'),
            "proxy_page": answer(502, b"<html>Bad gateway</html>"),
        }
        drawn = [chance.choice((None, *kinds)) for _ in range(chance.randint(0, 5))]
        self._line.mishaps.extend([kinds[name] if name else None for name in drawn])  # type: ignore[misc]
        self._planned = drawn
        if chance.random() < 0.12:
            self._server.stop()
            self._is_down = True
            self.mischiefs.done["stopped"] += 1

    def _again(self) -> None:
        planned = getattr(self, "_planned", [])
        self.mischiefs.done += Counter(filter(None, planned[: len(planned) - len(self._line.mishaps)]))
        self._planned = []
        self._line.mishaps.clear()
        self._come_back()

    def _come_back(self) -> None:
        if self._is_down:
            self._server.start()
            self._is_down = False

    def behave(self) -> None:
        """The server is there."""
        self._again()

    def shown(self) -> list[Shown]:
        """What a client shows: each message by its latest edit, none that was redacted."""
        found: dict[str, Shown] = {}
        for event in self._events():
            content, relation = event["content"], event["content"].get("m.relates_to", {})
            kind, of = relation.get("rel_type"), relation.get("event_id")
            if kind == "m.replace":
                if of in found:
                    was = found[of]
                    found[of] = Shown(was.id, was.key, _of_body(content["m.new_content"]["body"]), was.parent_id)
            else:
                parent_id = of if kind == "m.thread" else None
                one = Shown(event["event_id"], content[KEY_FIELD], _of_body(content["body"]), parent_id)
                found[one.id] = one
        return list(found.values())

    def said(self) -> list[Sequence[str]]:
        """Messages and edits."""
        return [_of_body(one["content"].get("m.new_content", one["content"])["body"]) for one in self._events()]

    def repeats(self) -> int:
        """By the key of the event."""
        return sum(count - 1 for count in Counter(one["content"][KEY_FIELD] for one in self._events()).values())

    def _events(self) -> list[dict[str, Any]]:
        # Between two deliveries too, of which the first may have found it stopped.
        self._come_back()
        return [one for one in self._human.reads(self._room) if one["content"].get("msgtype") == "m.text"]


def _of_body(body: str) -> list[str]:
    return [_plain(line) for line in body.split("\n")]


def _mail(port: int, now: datetime) -> Channel:
    server = MailServer(host="127.0.0.1", port=port, security="none")
    recipients = ["equipe@jalons.example"]
    return Mail(server=server, sender="jalons@jalons.example", recipients=recipients, name="mail", clock=lambda: now)


class MailPeer:
    """A mailbox, in which a client shows mails of one Message-ID once."""

    can_update, channel = False, "mail"

    def __init__(self, fake: FakeMail) -> None:
        self._fake, self.mischiefs = fake, Mischiefs()

    def opened(self) -> Any:
        """The server on this machine."""
        return partial(_mail, self._fake.port)

    def misbehave(self, chance: random.Random) -> None:
        """Texts are lost or put off; now and then the server hangs up earlier."""
        self.behave()
        kinds = (None, None, "reset_before_dot", "reset_after_dot", "reset_after_dot", "garble_answer", "451 later")
        self._fake.mischief.extend(chance.choices(kinds, k=chance.randint(0, 5)))
        self._planned = list(self._fake.mischief)
        what = chance.random()
        self._fake.drops_at = "MAIL" if what < 0.08 else "RCPT" if what < 0.12 else None
        if what > 0.92:
            self._fake.answers["MAIL"] = "421 busy"
            self.mischiefs.done["421"] += 1

    def behave(self) -> None:
        """All mails are taken."""
        planned = getattr(self, "_planned", [])
        self.mischiefs.done += Counter(filter(None, planned[: len(planned) - len(self._fake.mischief)]))
        self._planned = []
        self._fake.mischief.clear()
        self._fake.answers.clear()
        self._fake.drops_at = None

    def shown(self) -> list[Shown]:
        """Each mail once."""
        found: dict[str, Shown] = {}
        for mail in self._fake.mails:
            text = mail.get_body(("plain",))
            assert text
            lines = [line for line in map(_plain, text.get_content().split("\n")) if line]
            lines[0] = lines[0].removeprefix("Mise à jour : ")
            found.setdefault(mail["Message-ID"], Shown(mail["Message-ID"], mail["Message-ID"], lines))
        return list(found.values())

    def said(self) -> list[Sequence[str]]:
        """The same."""
        return [one.lines for one in self.shown()]

    def repeats(self) -> int:
        """By Message-ID."""
        return len(self._fake.ids) - len(set(self._fake.ids))


@contextmanager
def slack_peer() -> Iterator[SlackPeer]:
    """A Slack of its own."""
    with FakeSlack() as fake:
        yield SlackPeer(fake)


@contextmanager
def mail_peer() -> Iterator[MailPeer]:
    """A mailbox of its own."""
    with FakeMail() as fake:
        yield MailPeer(fake)


class Rooms:
    """One real server, with a room for each scenario."""

    def __init__(self, folder: Path) -> None:
        self._server = Synapse(folder)
        self._bot, self._human = self._server.register("bot"), self._server.register("human")
        for one in (self._bot, self._human):
            self._server.lifts_limits_of(one)

    @contextmanager
    def peer(self) -> Iterator[TchapPeer]:
        """A room of its own."""
        with BadLine(self._server.port) as line:
            yield TchapPeer(self._server, line, self._bot, self._human)

    def stop(self) -> None:
        """Stop the server."""
        self._server.stop()


assert {one for one in (*_OF_SLACK, *_SLOW) if one} <= set(get_args(Mischief))
