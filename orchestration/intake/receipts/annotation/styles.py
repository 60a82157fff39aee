"""The styles of the copy: those of the agent's workbook, and after them the ones that our marks need.

What belongs here: adding a style that is another one but for what we change. What does not: which cell takes which
(`worksheet`, `receipt_sheet`).
"""

import re
from dataclasses import dataclass

from orchestration.intake.opening.limits import Damaged
from orchestration.intake.receipts.annotation.marks import COLOURS
from orchestration.intake.receipts.annotation.xml_part import (
    MAIN,
    Element,
    XmlPart,
    attributes_of,
    changed_tag,
    first_tag,
)

_INK = "FF161616"
_LINK = "FF0000EE"
_TOP = {"vertical": "top", "wrapText": "1"}
_MAX_STYLES = 60_000
_COLOUR = re.compile(rb"<(?:[\w.-]+:)?color\b[^<>]*?(?:/>|>\s*</(?:[\w.-]+:)?color>)")
_BOLD = re.compile(rb"<(?:[\w.-]+:)?b(?:\s[^<>]*)?(?:/>|>\s*</(?:[\w.-]+:)?b>)")

# The styles of a workbook that has none.
PLAIN = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '</fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
    '</fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="1">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
).encode()


@dataclass(frozen=True)
class Change:
    """What of a style is changed: `colour` is a severity, or empty for no background; null leaves what there is.

    A header keeps a legible ink; what we add is bold and wrapped. A cell with a `quote` holds a text for good.
    """

    colour: str | None = None
    is_header: bool = False
    is_added: bool = False
    has_quote: bool = False
    is_unlocked: bool = False


class Styles:
    """The part `styles.xml`; raise `Damaged` where it lacks what every one has."""

    def __init__(self, data: bytes) -> None:
        self._part = XmlPart(data, "styleSheet")
        self._fonts, self._fills, self._formats = map(self._list, ("fonts", "fills", "cellXfs"))
        self._xfs = [one for one in self._formats.children if one.tag == "xf"]
        ours = {
            str(number)
            for number, one in enumerate(child for child in self._fills.children if child.tag == "fill")
            if _is_ours(one)
        }
        if not self._xfs:
            raise Damaged("no styles of cells")
        self._ours = {number for number, xf in enumerate(self._xfs) if xf.attributes.get("fillId") in ours}
        self._quoted = {
            number for number, xf in enumerate(self._xfs) if xf.attributes.get("quotePrefix") in ("1", "true")
        }
        self._counts = {
            id(one): sum(child.tag == tag for child in one.children)
            for one, tag in ((self._fonts, "font"), (self._fills, "fill"), (self._formats, "xf"))
        }
        self._made: dict[object, int] = {}

    def _list(self, tag: str) -> Element:
        element = self._part.root.child(tag)
        if element is None:
            raise Damaged(f"no {tag}")
        return element

    def is_ours(self, style: int) -> bool:
        """Whether a style has the background of our marks, from an earlier copy."""
        return style in self._ours

    def is_quoted(self, style: int) -> bool:
        """Whether cells of this style hold texts for good."""
        return style in self._quoted

    def changed(self, style: int, change: Change) -> int:
        """The number of the style that is this one but for a change."""
        if change == Change():
            return style
        key = (style, change)
        if key not in self._made:
            xf = self._xfs[style if style < len(self._xfs) else 0]
            self._made[key] = self._add(self._formats, self._xf(xf, change))
        return self._made[key]

    def _xf(self, xf: Element, change: Change) -> bytes:
        attributes: dict[str, str | None] = {}
        children = {one.tag: self._part.raw(one) for one in xf.children}
        p = self._part.prefix
        if change.colour is not None:
            fill = self._fill(change.colour) if change.colour else 0
            attributes |= {"fillId": str(fill), "applyFill": "1"}
        if change.is_header:
            font = self._header_font(xf.attributes.get("fontId", "0"), is_bold=change.is_added)
            attributes |= {"fontId": str(font), "applyFont": "1"}
        if change.is_added:
            children["alignment"] = f"<{p}alignment{attributes_of(_TOP)}/>".encode()
            attributes["applyAlignment"] = "1"
        if change.is_unlocked:
            children["protection"] = f'<{p}protection locked="0"/>'.encode()
            attributes["applyProtection"] = "1"
        if change.has_quote:
            attributes["quotePrefix"] = "1"
        tag = first_tag(self._part.raw(xf))
        inside = b"".join(children[name] for name in ("alignment", "protection", "extLst") if name in children)
        opened = changed_tag(tag, attributes, is_opened=True)
        return opened + inside + b"</" + tag[1] + b">"

    def _fill(self, severity: str) -> int:
        p = self._part.prefix
        xml = (
            f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{COLOURS[severity]}"/>'
            f'<{p}bgColor indexed="64"/></{p}patternFill></{p}fill>'
        )
        return self._once(self._fills, xml.encode())

    def _header_font(self, font: str, *, is_bold: bool) -> int:
        fonts = [one for one in self._fonts.children if one.tag == "font"]
        number = int(font) if font.isdigit() else 0
        if number >= len(fonts):
            raise Damaged("no such font")
        raw = self._part.raw(fonts[number])
        tag = first_tag(raw)
        inside = b"" if tag[3] else raw[tag.end() : raw.rindex(b"</")]
        inside = _COLOUR.sub(b"", inside)
        p = self._part.prefix.encode()
        if is_bold and not _BOLD.search(inside):
            inside = b"<" + p + b"b/>" + inside
        ink = b"<" + p + b'color rgb="' + _INK.encode() + b'"/>'
        return self._once(self._fonts, b"<" + tag[1] + tag[2] + b">" + _after_size(inside, ink) + b"</" + tag[1] + b">")

    def text(self, *, size: int = 11, is_bold: bool = False, is_cell: bool = False, severity: str = "") -> int:
        """A style of our own sheet; a `cell` of the list of findings is wrapped, one with a `severity` coloured."""
        return self._own("b" if is_bold else "", size, "", is_cell, severity)

    def link(self) -> int:
        """The style of our sheet's links."""
        return self._own("u", 11, _LINK, True, "")

    def _own(self, mark: str, size: int, colour: str, is_cell: bool, severity: str) -> int:
        p = self._part.prefix
        marked = f"<{p}{mark}/>" if mark else ""
        ink = f'<{p}color rgb="{colour}"/>' if colour else ""
        xml = f'<{p}font>{marked}<{p}sz val="{size}"/>{ink}<{p}name val="Calibri"/><{p}family val="2"/></{p}font>'
        font = self._once(self._fonts, xml.encode())
        fill = self._fill(severity) if severity else 0
        alignment = f"<{p}alignment{attributes_of(_TOP)}/>" if is_cell else ""
        return self._once(
            self._formats,
            f'<{p}xf numFmtId="0" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" quotePrefix="1" applyFont="1" '
            f'applyFill="1" applyAlignment="1">{alignment}</{p}xf>'.encode(),
        )

    def _once(self, element: Element, xml: bytes) -> int:
        key = (id(element), xml)
        if key not in self._made:
            self._made[key] = self._add(element, xml)
        return self._made[key]

    def _add(self, element: Element, xml: bytes) -> int:
        number = self._counts[id(element)]
        if number > _MAX_STYLES:
            raise Damaged("too many styles")
        element.appended.append(xml)
        self._counts[id(element)] = number + 1
        element.changes["count"] = str(number + 1)
        return number

    def content(self) -> bytes:
        """The part with all styles."""
        return self._part.content()


def _after_size(inside: bytes, ink: bytes) -> bytes:
    """The children of a font, the colour where the schema wants it."""
    found = re.search(rb"<(?:[\w.-]+:)?sz\b[^<>]*/>", inside)
    place = found.end() if found else 0
    return inside[:place] + ink + inside[place:]


def _is_ours(fill: Element) -> bool:
    pattern = fill.child("patternFill")
    colour = pattern.child("fgColor") if pattern else None
    is_solid = pattern is not None and pattern.attributes.get("patternType") == "solid"
    return is_solid and colour is not None and colour.attributes.get("rgb", "").upper() in COLOURS.values()
