"""A part of a package: XML that is edited in place, so that all that is not meant to change stays byte for byte.

What belongs here: where each element stands in the bytes, and writing the bytes with changes. What does not: what is
changed (`worksheet`, `workbook_part`, `styles`, `notes`), or the zip around the parts (`package`).

The parts are strangers': no entity is expanded, nothing is fetched, and another encoding than UTF-8 is refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from orchestration.intake.opening.limits import Damaged

if TYPE_CHECKING:
    from orchestration.intake.receipts.annotation.rows import Rows

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

_TAG = re.compile(rb"""<([^\s/>]+)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(/?)>""")
_ATTRIBUTE = re.compile(rb"""\s+([^\s=/>]+)\s*=\s*("[^"]*"|'[^']*')""")
# Deeper nesting is no spreadsheet's.
MAX_DEPTH = 200
_QUOTES = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


@dataclass(slots=True)
class Element:
    """An element: its name without the namespace of the root, else `<uri> <name>`; its attributes, named likewise.

    `start` and `end` are its place in the bytes; `text` is what stands directly in it.
    """

    tag: str
    attributes: Mapping[str, str]
    start: int
    depth: int
    end: int = 0
    text: str = ""
    children: list["Element"] = field(default_factory=list)
    changes: dict[str, str | None] = field(default_factory=dict)
    appended: list[bytes] = field(default_factory=list)

    def child(self, tag: str) -> "Element | None":
        """The first child of this name."""
        return next((one for one in self.children if one.tag == tag), None)

    def all(self) -> "Iterator[Element]":
        """The element, and all those in it."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += reversed(element.children)

    def named(self, tag: str) -> "Iterator[Element]":
        """The elements of this name, at any depth."""
        return (one for one in self.all() if one.tag == tag)

    @property
    def relationship(self) -> str | None:
        """The id of the relationship that the element names."""
        return next((value for name, value in self.attributes.items() if name.startswith(f"{RELATIONSHIPS} ")), None)


class XmlPart:
    """The XML of a part, and the changes to it; raise `Damaged` where it is not what it should be.

    `rows` handles what stands in `sheetData`, which may be a million elements: none of them is kept.
    """

    def __init__(self, data: bytes, root: str, rows: "Rows | None" = None, namespace: str = MAIN) -> None:
        self.data, self._edits = data, list[tuple[int, int, bytes]]()
        self._parser = safe_parser(data)
        self._open: list[Element] = []
        self._own = f"{namespace} "
        self._rows = rows
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self.root = Element("", {}, 0, -1)
        self._open.append(self.root)
        self.prefix = ""
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise Damaged(str(error)) from error
        finally:
            # The handlers hold this object, and it the parser.
            self._parser.StartElementHandler = self._parser.EndElementHandler = None
            self._parser.CharacterDataHandler = None
        (self.root,) = self.root.children
        if self.root.tag != root:
            raise Damaged(f"{self.root.tag} is no {root}")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        above = self._open[-1]
        element = Element(name.removeprefix(self._own), attributes, self._parser.CurrentByteIndex, above.depth + 1)
        if element.depth > MAX_DEPTH:
            raise Damaged("too deep")
        if element.depth == 0:
            written = self.tag_at(element.start)[1].decode()
            self.prefix = written[: written.find(":") + 1]
        above.children.append(element)
        self._open.append(element)
        if self._rows is not None and element.tag == "sheetData":
            self._rows.take_over(self, self._parser, element, above)

    def _end(self, _: str) -> None:
        self.close(self._open[-1])

    def close(self, element: Element) -> None:
        """Note where an element ends, which ends now."""
        self._open.pop()
        element.end = self.end_of(element.start, self._parser.CurrentByteIndex)

    def resume(self) -> None:
        """Listen again, after the rows."""
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def _text(self, text: str) -> None:
        self._open[-1].text += text

    def tag_at(self, start: int) -> re.Match[bytes]:
        """The start tag there; its third group is filled for an empty element."""
        found = _TAG.match(self.data, start)
        if found is None:
            raise Damaged("no tag")
        return found

    def end_of(self, start: int, index: int) -> int:
        """Where the element that starts there ends, if the parser is at `index` as it ends."""
        # Of an empty element the parser gives the end, of another one the start of its last tag.
        return index if self.tag_at(start)[3] else self.data.index(b">", index) + 1

    def raw(self, element: Element) -> bytes:
        """The bytes of an element."""
        return self.data[element.start : element.end]

    def replace(self, start: int, end: int, content: bytes) -> None:
        """Put other bytes in the place of these."""
        self._edits.append((start, end, content))

    def remove(self, element: Element) -> None:
        """Leave an element out."""
        self.replace(element.start, element.end, b"")

    def change_tag(self, start: int, changes: Mapping[str, str | None], inside: bytes = b"") -> None:
        """Set attributes of the element that starts there, or take them off it; open it for `inside`, if it is empty.

        An attribute named `:id` is that of any prefix.
        """
        found = self.tag_at(start)
        is_opened = bool(found[3] and inside)
        content = changed_tag(found, changes, is_opened)
        if is_opened:
            content += inside + b"</" + found[1] + b">"
        self.replace(found.start(), found.end(), content)

    def content(self) -> bytes:
        """The bytes with all changes; those within what is left out are left out."""
        for element in self.root.all():
            if element.changes or element.appended:
                inside = b"".join(element.appended)
                self.change_tag(element.start, element.changes, inside)
                if not self.tag_at(element.start)[3] and inside:
                    close = self.data.rindex(b"</", element.start, element.end)
                    self.replace(close, close, inside)
        pieces, position = list[bytes](), 0
        # Where one begins the other, what is longer is meant; of two insertions, the one that was made first is first.
        for start, end, content in sorted(self._edits, key=lambda edit: (edit[0], edit[0] != edit[1], -edit[1])):
            if start < position:
                continue
            pieces += [self.data[position:start], content]
            position = end
        return b"".join([*pieces, self.data[position:]])


def changed_tag(found: re.Match[bytes], changes: Mapping[str, str | None], is_opened: bool = False) -> bytes:
    """A start tag with other attributes, those it had in their order."""
    new = dict(changes)
    pieces = [b"<", found[1]]
    for one in _ATTRIBUTE.finditer(found[2]):
        name = next((name for name in changes if _is_named(one[1].decode(), name)), None)
        if name is None:
            pieces.append(one[0])
        elif (value := new.pop(name, None)) is not None:
            pieces.append(f" {name}={quoted(value)}".encode())
    pieces += [f" {name}={quoted(value)}".encode() for name, value in new.items() if value is not None]
    return b"".join([*pieces, b">" if is_opened or not found[3] else b"/>"])


def first_tag(xml: bytes) -> re.Match[bytes]:
    """The start tag of an element's bytes."""
    found = _TAG.match(xml)
    if found is None:
        raise Damaged("no tag")
    return found


def _is_named(attribute: str, name: str) -> bool:
    return attribute.endswith(name) if name.startswith(":") else attribute == name


def escaped(text: str) -> str:
    """A text as it stands between tags, its line ends kept."""
    return escape(text, {"\r": "&#13;"})


def quoted(value: str) -> str:
    """A value as it stands in a tag."""
    return f'"{escape(value, _QUOTES)}"'


def attributes_of(values: Mapping[str, str]) -> str:
    """Attributes as they stand in a tag, each with a space before it."""
    return "".join(f" {name}={quoted(value)}" for name, value in values.items())


def safe_parser(data: bytes) -> Any:
    """A parser that expands no entity; raise `Damaged` for another encoding than UTF-8."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4]:
        raise Damaged("another encoding than UTF-8")
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = _check_encoding
    return parser


def _refuse_doctype(*_: object) -> None:
    raise Damaged("a document type")


def _check_encoding(_: str, encoding: str | None, __: int) -> None:
    if encoding and encoding.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Damaged(f"the encoding {encoding}")


def texts(element: Element, tag: str, beside: Sequence[str] = ()) -> str:
    """All that stands in the elements of this name, but for those within `beside`."""
    if element.tag in beside:
        return ""
    return (element.text if element.tag == tag else "") + "".join(texts(one, tag, beside) for one in element.children)
