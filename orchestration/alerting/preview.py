"""What each channel would show, before anything is sent: as a page that looks like the receiver's screen, and as text.

What belongs here: laying messages out as their readers will see them. What does not: which messages go where, and a
channel's own markup (`channels/`).
"""

import base64
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from orchestration.alerting.channel_kinds import ChannelKind
from orchestration.alerting.message import Message
from orchestration.domain.french import NBSP, plural, typeset
from orchestration.drawing.picture import png
from orchestration.drawing.text_bars import in_words, text_bars
from orchestration.drawing.trend import Trend
from orchestration.store.templates import templates

_KINDS: dict[ChannelKind, str] = {
    "slack": "Slack",
    "tchap": "Tchap",
    "webhook": "Mattermost",
    "mail": "courriel",
    "console": "terminal",
}
_WITH_PICTURES = ("slack", "tchap")


class PreviewItem(NamedTuple):
    """One message that a channel would get, and those that would hang under it, in their order."""

    channel: str
    kind: ChannelKind
    message: Message
    thread: Sequence[Message] = ()


def preview_page(items: Sequence[PreviewItem]) -> str:
    """A page in HTML that needs nothing else; items of a channel stand together, in the order given."""
    page = templates("alerting", plural, typeset, picture, text_bars, in_words, remark, as_text).get_template(
        "apercu.html"
    )
    return page.render(
        channels=[
            {
                "name": channel,
                "kind": kind,
                "kind_shown": _KINDS[kind],
                "counts": _counts(of_channel),
                "has_pictures": kind in _WITH_PICTURES,
                "items": of_channel,
            }
            for channel, kind, of_channel in _by_channel(items)
        ]
    )


def preview_text(items: Sequence[PreviewItem]) -> str:
    """The same for a terminal: a heading per channel, messages under it, cards under their message."""
    return "\n\n".join(_text(items)) + "\n" if items else "Aucun canal ne recevrait de message.\n"


def _text(items: Sequence[PreviewItem]) -> Iterator[str]:
    for channel, kind, of_channel in _by_channel(items):
        yield f"=== {channel} ({_KINDS[kind]}){NBSP}: {_counts(of_channel)} ==="
        for item in of_channel:
            yield _indented(as_text(item.message), "  ")
            yield from (_indented(as_text(message), "      ") for message in item.thread)


def _by_channel(items: Sequence[PreviewItem]) -> list[tuple[str, ChannelKind, list[PreviewItem]]]:
    # Channels in the order in which they come first.
    order = list(dict.fromkeys((item.channel, item.kind) for item in items))
    ordered = sorted(items, key=lambda item: order.index((item.channel, item.kind)))
    return [(*of, list(found)) for of, found in groupby(ordered, key=lambda item: (item.channel, item.kind))]


def _counts(items: Sequence[PreviewItem]) -> str:
    cards = sum(len(item.thread) for item in items)
    return plural(len(items), "message") + (f", {plural(cards, 'fiche')}" if cards else "")


def as_text(message: Message) -> str:
    """A message as lines of text, its trend as bars."""
    bars = text_bars(message.trend) if message.trend else ()
    links = [f"{link.label}{NBSP}: {link.address}" for link in message.links]
    more = [*map(str, message.lines), *bars, *message.notes, *links]
    return "\n   ".join([message.title + remark(message), *more])


def remark(message: Message) -> str:
    """What is said after the title of a message that is not said for the first time."""
    if message.is_repeat:
        return typeset(" (répétée : l’envoi précédent a été interrompu)")
    return " (mise à jour)" if message.is_change else ""


@cache
def picture(trend: Trend) -> str:
    """The picture of a trend as an address that holds it: the same project is drawn once for all channels."""
    return f"data:image/png;base64,{base64.b64encode(png(trend)).decode()}"


def _indented(text: str, by: str) -> str:
    return "\n".join(by + line for line in text.split("\n"))
