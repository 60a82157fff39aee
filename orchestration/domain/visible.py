"""Visible: what others typed, shown so that it steers neither a reader's eye nor a terminal.

What belongs here: the one function that every page, receipt, message and terminal shows texts through. What does not:
markup, which each escapes by its own rules, or data files, which keep what was filed.
"""

import re

_LINE_END = re.compile(r"\r\n?")
# Controls but for tab and line feed, marks of direction, signs without width, tags, halves of surrogate pairs, and the
# letters that are blanks.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """The text with a `\ufffd` in the place of each sign that nobody sees; its lines end in line feeds."""
    if text.isprintable() and text.isascii():
        return text
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", _LINE_END.sub("\n", text))
