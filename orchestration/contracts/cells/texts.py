"""Texts and addresses, HTML reduced to what it shows (docs/rules.md §4).

What belongs here: pure functions from a cell to what it says. What does not: numbers and dates.
"""

import html
import re
import unicodedata
from contextlib import suppress

from orchestration.contracts.cells.cell import Cell, Parsed, typed_text
from orchestration.contracts.contract import Column

# The tags that pages are made of, each attribute with a value: `a <b et c> d` holds none.
_REST_OF_TAG = r"(?=[\s/>])(?:\s*+[\w:.-]++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s\"'<>]++))*+\s*+/?>"
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|font|h[1-6]|head|hr|html|i|img|ins|li|meta|o:p|ol"
    rf"|p|pre|s|small|span|strike|strong|sub|sup|table|tbody|td|th|thead|title|tr|u|ul){_REST_OF_TAG}",
    re.IGNORECASE,
)
_NEW_LINE = re.compile(rf"<(?:br|div|li|p){_REST_OF_TAG}", re.IGNORECASE)
# What a page runs, obeys or skips.
_NOT_SHOWN = re.compile(
    rf"<(script|style){_REST_OF_TAG}.*?(?:</\1\s*+>|\Z)|<!doctype[^<>]*+>|<!--(?:[^<-]|-(?!->)|<(?!!--))*+-->",
    re.IGNORECASE | re.DOTALL,
)
_LINK = re.compile(
    r"<a\s[^<>]*?\bhref\s*+=\s*+(?:\"\s*+(https?://[^\"<]*+)\"|'\s*+(https?://[^'<]*+)'|(https?://[^\s\"'<>]++))",
    re.IGNORECASE,
)
# A text that is taken as it is, as nearly all are: neither a mark nor a tag, nor how an error or an apostrophe begins.
# Of the signs beyond U+0300, the dashes, quotes and dots of French are what normalising leaves alone. Nor any of the
# letters, the euro among them, that damage begins with or holds.
# Patterns that `fast_path` gives to another engine: no escape that the two read in two ways.
_BEGINS = "[^\t-\r\x1c- \x85\xa0#E'<ÂÃÄÅ\u0300-\U0010ffff]"
_GOES_ON = "[^<ÂÃÄÅ\x80-\x9f\u0300-\u200f\u2028-\u202f\u205f-\U0010ffff]"
PLAIN_TEXT, PLAIN_URL, PLAIN_WHOLE = f"{_BEGINS}{_GOES_ON}*", "https?://[!-;=-~]+", "[0-9]{1,9}"
# What no French text has: letters in UTF-8 that were read as if they were of cp1252 or Latin-1, MacRoman or cp850, and
# what stands for a letter that was lost. `SÃO` is a word of another tongue.
_DAMAGE = re.compile(
    r"\ufffd|Ã(?![A-Z])|Â[\xa0-\xbf]|Å[\x92\x93\xb8\u2018-\u201d]|â(?:€|\x80|‚¬|\x82\xac)|[√├][^\x00-\x7f\s]|‚Ä"
)
_LONGEST_RUN = 24
_MISTAKEN_FOR = ("cp1252", "latin-1", "mac_roman", "cp850")
# Normalising is quadratic in the marks of one letter: no run of them is taken whole.
_BEYOND_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]{1,64}")


def parse_text(cell: Cell, _column: Column) -> Parsed:
    """Read a text: NFC, HTML reduced to what it shows and to its first link."""
    text = typed_text(cell)
    parsed = Parsed()
    if not text.isascii():
        damage = _damage_of(text)
        parsed = Parsed(doubt="text_damaged", taken=damage) if damage else parsed
        text = _BEYOND_ASCII.sub(lambda run: unicodedata.normalize("NFC", run[0]), text)
    if "<" in text:
        shown = _NOT_SHOWN.sub("", text)
        if shown != text or _TAG.search(text):
            text, link = _without_tags(shown)
            return parsed._replace(value=text, link=link)
    return parsed._replace(value=text)


def _damage_of(text: str) -> str | None:
    """The first letters of a text that were damaged on their way, and what they were where that is sure."""
    found = _DAMAGE.search(text)
    if found is None:
        return None
    run = _BEYOND_ASCII.findall(text[found.start() : found.start() + _LONGEST_RUN])[0]
    meant = _repaired(run)
    return f"«\u00a0{run}\u00a0» au lieu de «\u00a0{meant}\u00a0»" if meant else f"«\u00a0{found[0]}\u00a0»"


def undamaged(text: str) -> str:
    """A text with its damaged letters as they were, where that is sure."""
    return _BEYOND_ASCII.sub(lambda run: _repaired(run[0]) or run[0], text) if _DAMAGE.search(text) else text


def _repaired(run: str) -> str | None:
    """What letters were before they were read in another encoding, once or several times; `None` where it is lost."""
    for encoding in _MISTAKEN_FOR:
        with suppress(UnicodeError):
            meant = run.encode(encoding).decode()
            return _repaired(meant) if _DAMAGE.search(meant) else meant
    return None


def _without_tags(text: str) -> tuple[str, str | None]:
    link = _LINK.search(text)
    text = _TAG.sub("", _NEW_LINE.sub("\n", text))
    return html.unescape(text).strip(), html.unescape(link[link.lastindex or 0]).strip() if link else None


def _is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def parse_url(cell: Cell, column: Column) -> Parsed:
    """Read a web address; a text that is none is a doubt."""
    parsed = parse_text(cell, column)
    address = str(parsed.link or parsed.value).strip()
    if _is_url(address):
        return Parsed(address)
    return Parsed(f"https://{address}") if address.startswith("www.") else Parsed(doubt="cell_not_url")
