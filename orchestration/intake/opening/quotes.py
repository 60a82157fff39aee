"""Quotes: a straight quote that opens a cell by mistake, and what it takes in until another one closes it.

What belongs here: telling it from the text of one record. What does not: splitting a text into records (`formats`), or
what is said of it (findings).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

_LINE_BREAKS = re.compile(r"[\r\n]+")
_ENDS = re.compile(r"\r\n?|\n")
_SHOWN = 40


@dataclass(frozen=True)
class Quote:
    """A quote that opens a cell: its line in the record, what it opens, how that begins, and what is wrong with it."""

    line: int
    cell: str
    start: str
    fault: Literal["swallows", "text_after", "open"]


def swallowing(cells: Sequence[str], raw: str, separator: str, widths: range) -> Quote | None:
    """The quote that has taken whole rows into one of the cells of a record of several lines, if one has.

    A line that alone has as many fields as a row (`widths`) is a row, and so are the first and the last line of the
    record where both have: the separators of prose are followed by a space. What stands before and after a cell are
    rows if each is one with its line of that cell. Where a record goes past the header, no separator in a cell of
    several lines is prose, unless a space follows it.
    """
    *_, last = lines = [line for line in _LINE_BREAKS.split(raw) if line]
    is_torn = len(lines) > 1 and all(_is_row(line, separator, widths) for line in (lines[0], last))
    is_past = bool(widths) and any(cell.strip() for cell in cells[widths.stop - 1 :])
    for before, (cell, quote) in enumerate(zip(cells, _quoted(raw, separator), strict=False)):
        pieces = _LINE_BREAKS.split(cell)
        if quote is None or len(pieces) < 2:
            continue
        ends = (before + 1 + pieces[0].count(separator), len(cells) - before + pieces[-1].count(separator))
        is_split = any(not _is_prose(piece, separator) for piece in pieces)
        are_rows = all(end in widths for end in ends) and (is_split or separator not in cell)
        if is_torn or are_rows or (is_past and is_split) or any(_is_row(piece, separator, widths) for piece in pieces):
            return quote
    return None


def faulty(raw: str, separator: str) -> Quote | None:
    """The first quote of a record that is not closed, or that is closed before the end of its cell."""
    return next((quote for quote in _quoted(raw, separator) if quote and quote.fault != "swallows"), None)


def without_blanks_after(text: str, separator: str) -> str:
    """The text without the spaces that stand between a closing quote and the end of its cell: they mean nothing."""
    ends = rf"[{re.escape(separator)}\r\n]"
    return re.sub(rf'((?:\A|{ends})"(?:[^"]++|"")*+")[^\S\r\n{re.escape(separator)}]*(?={ends}|\Z)', r"\1", text)


def _is_row(line: str, separator: str, widths: range) -> bool:
    return line.count(separator) + 1 in widths and not _is_prose(line, separator)


def _is_prose(text: str, separator: str) -> bool:
    """Whether no separator stands in a text, or a space follows half of them or more."""
    return 2 * len(re.findall(rf"{re.escape(separator)}[ \u00a0\u202f]", text)) >= text.count(separator)


def _quoted(raw: str, separator: str) -> Iterator[Quote | None]:
    """Each field of a record, in order: its quote, `None` where it has none."""
    other = rf"[^{re.escape(separator)}\r\n]*+"
    field = re.compile(rf'(?:"((?:[^"]++|"")*+)("?)({other})|{other})(?:{re.escape(separator)}|[\r\n]+|\Z)')
    for found in field.finditer(raw):
        cell, closing, after = found.groups()
        if cell is None:
            yield None
            continue
        line = len(_ENDS.findall(raw, 0, found.start()))
        start = re.split(rf"[{re.escape(separator)}\r\n]", cell, maxsplit=1)[0][:_SHOWN].strip()
        yield Quote(line, cell, start, "open" if not closing else "text_after" if after.strip() else "swallows")
