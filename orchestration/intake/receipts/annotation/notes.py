"""The notes of a sheet: the agent's own, and ours at the faulty cells.

What belongs here: the part of the comments, and the drawing that shows them, which is made anew. What does not: what a
note says (`marks`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.domain.spreadsheets import address_place, cell_address
from orchestration.intake.findings.finding import Finding
from orchestration.intake.receipts.annotation.marks import AUTHOR, MAX_COMMENTS, SheetMarks, comment, without_ours
from orchestration.intake.receipts.annotation.xml_part import MAIN, Element, XmlPart, escaped, quoted, texts

_NONE = f'<comments xmlns="{MAIN}"><authors></authors><commentList></commentList></comments>'.encode()
# In pixels: ours are as high as what they say.
_WIDTH, _LINE, _MOST_LINES, _LETTERS = 340, 20, 25, 50
_THEIR_WIDTH, _THEIR_HEIGHT = 200, 100

# Bytes of one shape that are looked at.
_MAX_SHAPE = 4_000
_PLACE = re.compile(rb"<x:(Row|Column)>\s{0,9}(\d{1,7})\s{0,9}</x:\1>")
_ANCHOR = re.compile(rb"<x:Anchor>([\d,\s]{1,100})</x:Anchor>")
_SHOWN = re.compile(rb"<x:Visible\s{0,9}(?:/>|>\s{0,9}(?:True|t)?\s{0,9}</x:Visible>)", re.IGNORECASE)


@dataclass(frozen=True)
class _Box:
    """How a note is shown: its size in pixels, or where the agent put it; and whether always."""

    width: int = _THEIR_WIDTH
    height: int = _THEIR_HEIGHT
    anchor: str = ""
    is_shown: bool = False


@dataclass(frozen=True)
class Notes:
    """The two parts of a sheet's notes."""

    comments: bytes
    drawing: bytes


def annotated_notes(theirs: bytes | None, drawing: bytes, marks: SheetMarks) -> Notes | None:
    """The notes of a sheet once it is marked, `None` where it has none; `theirs` and `drawing` are those it had."""
    part = XmlPart(theirs or _NONE, "comments")
    authors, listed = part.root.child("authors"), part.root.child("commentList")
    if authors is None or listed is None:
        return annotated_notes(None, b"", marks)
    boxes = _boxes(drawing)
    shown = dict[tuple[int, int], _Box]()
    had = dict[tuple[int, int], str]()
    waiting = _said(marks)
    for element in [one for one in listed.children if one.tag == "comment"]:
        column, row = address_place(element.attributes.get("ref", ""))
        place, text = (row, column), _text(element)
        rest = without_ours(text)
        if row == 0 or place in shown or place in had:
            part.remove(element)
        elif place in waiting or rest is not None:
            part.remove(element)
            had[place] = text if rest is None else rest
        else:
            shown[place] = boxes.get(place, _Box())
    number = str(sum(one.tag == "author" for one in authors.children))
    written = False
    for place, rest in had.items():
        if rest and place not in waiting:
            listed.appended.append(_comment(part.prefix, place, number, rest))
            shown[place], written = boxes.get(place, _Box()), True
    for place, findings in waiting.items():
        said = comment(findings, had.get(place, ""))
        listed.appended.append(_comment(part.prefix, place, number, said))
        lines = sum(1 + len(line) // _LETTERS for line in said.split("\n"))
        shown[place], written = _Box(_WIDTH, _LINE * min(lines, _MOST_LINES) + 10), True
    if not shown:
        return None
    if written:
        authors.appended.append(f"<{part.prefix}author>{AUTHOR}</{part.prefix}author>".encode())
    return Notes(part.content(), _drawing(shown))


def _said(marks: SheetMarks) -> dict[tuple[int, int], Sequence[Finding]]:
    """The first cells that are marked, as many as a spreadsheet opens with ease."""
    places = {(row, column): found for row, columns in marks.items() for column, found in columns.items()}
    return dict(list(places.items())[:MAX_COMMENTS])


def _text(element: Element) -> str:
    said = element.child("text")
    return texts(said, "t", beside=("rPh",)) if said else ""


def _comment(p: str, place: tuple[int, int], author: str, text: str) -> bytes:
    ref = quoted(cell_address(place[1], place[0]))
    inside = f'<{p}text><{p}t xml:space="preserve">{escaped(text)}</{p}t></{p}text>'
    return f"<{p}comment ref={ref} authorId={quoted(author)}>{inside}</{p}comment>".encode()


def _boxes(drawing: bytes) -> Mapping[tuple[int, int], _Box]:
    """Where the agent's notes stand and which are always shown; nothing else of their drawing is kept."""
    boxes = {}
    for piece in drawing.split(b"<v:shape ")[1:]:
        shape = piece[:_MAX_SHAPE].partition(b"</v:shape>")[0]
        place = {name: int(number) for name, number in _PLACE.findall(shape)}
        anchor = _ANCHOR.search(shape)
        if len(place) == 2:
            boxes[place[b"Row"] + 1, place[b"Column"]] = _Box(
                anchor=anchor[1].decode().strip() if anchor else "", is_shown=bool(_SHOWN.search(shape))
            )
    return boxes


def _drawing(boxes: Mapping[tuple[int, int], _Box]) -> bytes:
    shapes = "".join(_shape(number, place, box) for number, (place, box) in enumerate(sorted(boxes.items()), start=1))
    return (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
        '</o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
        'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" '
        f'o:connecttype="rect"/></v:shapetype>{shapes}</xml>'
    ).encode()


def _shape(number: int, place: tuple[int, int], box: _Box) -> str:
    row, column = place
    style = (
        f"position:absolute;margin-left:59.25pt;margin-top:1.5pt;width:{box.width}px;height:{box.height}px;z-index:1"
    )
    shown, always = ("", "<x:Visible/>") if box.is_shown else (";visibility:hidden", "")
    anchor = f"<x:Anchor>{box.anchor}</x:Anchor>" if box.anchor else ""
    return (
        f'<v:shape id="_x0000_s{1024 + number}" type="#_x0000_t202" style="{style}{shown}" fillcolor="#ffffe1" '
        'o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
        '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"{anchor}<x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row><x:Column>{column}</x:Column>{always}"
        "</x:ClientData></v:shape>"
    )
