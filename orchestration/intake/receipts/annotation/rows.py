"""The rows of a sheet, edited as they are parsed: formulas become their values, faulty cells get their style.

What belongs here: what stands in `sheetData`, which may be a million elements. What does not: the rest of the sheet
(`worksheet`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from orchestration.domain.spreadsheets import FORMULA_STARTS, address_place, cell_address
from orchestration.intake.findings.finding import Finding
from orchestration.intake.opening.annotated_copy import added_header, is_added_header
from orchestration.intake.opening.limits import Damaged
from orchestration.intake.receipts.annotation.marks import SheetMarks, clean, missing_column, severity_of
from orchestration.intake.receipts.annotation.styles import Change, Styles
from orchestration.intake.receipts.annotation.xml_part import (
    MAIN,
    MAX_DEPTH,
    Element,
    XmlPart,
    attributes_of,
    escaped,
    safe_parser,
)

_ROW, _CELL, _FORMULA, _VALUE, _TEXT = (f"{MAIN} {name}" for name in ("row", "c", "f", "v", "t"))
_ITEM, _PHONETIC = f"{MAIN} si", f"{MAIN} rPh"
_TEXTS = frozenset({"s", "str", "inlineStr"})


@dataclass(frozen=True)
class SharedTexts:
    """Which texts of `sharedStrings.xml`, by number, look like formulas, and which an earlier copy of ours added."""

    formulas: set[int] = field(default_factory=set)
    added: set[int] = field(default_factory=set)
    blank: set[int] = field(default_factory=set)


def shared_texts(data: bytes) -> SharedTexts:
    """Look through the shared texts; raise `Damaged` where they are none."""
    shared = SharedTexts()
    parser = safe_parser(data)
    number, pieces, is_phonetic = -1, list[str](), False

    def start(name: str, _: Mapping[str, str]) -> None:
        nonlocal number, is_phonetic
        if name == _ITEM:
            number += 1
            pieces.clear()
        elif name == _PHONETIC:
            is_phonetic = True
        elif name == _TEXT and not is_phonetic:
            parser.CharacterDataHandler = pieces.append

    def end(name: str) -> None:
        nonlocal is_phonetic
        parser.CharacterDataHandler = None
        if name == _PHONETIC:
            is_phonetic = False
        elif name == _ITEM:
            text = "".join(pieces)
            if not text:
                shared.blank.add(number)
            elif text.startswith(FORMULA_STARTS):
                shared.formulas.add(number)
            elif is_added_header(text):
                shared.added.add(number)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Damaged(str(error)) from error
    finally:
        parser.StartElementHandler = parser.EndElementHandler = None
    return shared


def text_cell(prefix: str, address: str, style: int, text: str) -> str:
    """A cell that holds a text, or nothing."""
    tag = f"{prefix}c{attributes_of({'r': address, 's': str(style)})}"
    if not text:
        return f"<{tag}/>"
    inside = f'<{prefix}is><{prefix}t xml:space="preserve">{escaped(clean(text))}</{prefix}t></{prefix}is>'
    return f'<{tag} t="inlineStr">{inside}</{prefix}c>'


class Rows:
    """The handler of a sheet's rows. `unlocks` says that its cells are locked: those to be mended are unlocked."""

    def __init__(self, marks: SheetMarks, styles: Styles, shared: SharedTexts, *, unlocks: bool) -> None:
        self._styles, self._shared, self._unlocks = styles, shared, unlocks
        self._waiting = {row: dict(columns) for row, columns in sorted(marks.items())}
        self._marked: dict[int, Sequence[Finding]] = {}
        self._depth = self._row = 0
        self._column = -1
        self.has_added = False

    def take_over(self, part: XmlPart, parser: Any, element: Element, sheet: Element) -> None:
        """Listen to the parser until `element`, the `sheetData` of a `sheet`, ends."""
        self._part, self._parser, self._element = part, parser, element
        columns = sheet.child("cols")
        self._column_styles = [
            (int(one.attributes["min"]) - 1, int(one.attributes["max"]) - 1, int(one.attributes["style"]))
            for one in (columns.children if columns else ())
            if all(one.attributes.get(name, "").isdigit() for name in ("min", "max", "style"))
        ]
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if name == _CELL:
            self._at, self._cell = self._parser.CurrentByteIndex, attributes
            self._type = attributes.get("t", "n")
            self._pieces: list[str] = []
            self._is_filled = False
            address = attributes.get("r")
            self._column = address_place(address)[0] if address else self._column + 1
            if self._marked:
                self._cells.append((self._column, self._at))
        elif name in (_VALUE, _TEXT):
            self._is_filled = True
            if self._type in _TEXTS:
                self._parser.CharacterDataHandler = self._pieces.append
        elif name == _FORMULA:
            self._formula_at = self._parser.CurrentByteIndex
        elif name == _ROW:
            self._begin_row(attributes)
        if self._depth > MAX_DEPTH:
            raise Damaged("too deep")

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name == _CELL:
            self._end_cell()
        elif name in (_VALUE, _TEXT):
            self._parser.CharacterDataHandler = None
        elif name == _FORMULA:
            end = self._part.end_of(self._formula_at, self._parser.CurrentByteIndex)
            self._part.replace(self._formula_at, end, b"")
        elif name == _ROW:
            self._end_row()
        elif self._depth < 0:
            self._add_rows(2**31, self._parser.CurrentByteIndex, self._element.start)
            self._part.resume()
            self._part.close(self._element)

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        number = attributes.get("r", "")
        self._row = int(number) if number.isdigit() and len(number) < 8 else self._row + 1
        self._column = -1
        self._row_at, self._row_tag = self._parser.CurrentByteIndex, attributes
        self._add_rows(self._row, self._row_at)
        self._marked = self._waiting.pop(self._row, {})
        self._is_marked = bool(self._marked)
        self._cells: list[tuple[int, int]] = []

    def _add_rows(self, before: int, at: int, opening: int | None = None) -> None:
        """Write the marked rows that the sheet lacks, up to one; `opening` is where the element of all rows starts."""
        rows = [row for row in self._waiting if row < before]
        if not rows:
            return
        p = self._part.prefix
        xml = "".join(
            f'<{p}row r="{row}">'
            + "".join(self._added(row, column, found) for column, found in sorted(self._waiting.pop(row).items()))
            + f"</{p}row>"
            for row in rows
        ).encode()
        if opening is not None and self._part.tag_at(opening)[3]:
            self._part.change_tag(opening, {}, xml)
        else:
            self._part.replace(at, at, xml)

    def _end_row(self) -> None:
        if not self._is_marked:
            return
        changes: dict[str, str | None] = {"hidden": None} if "hidden" in self._row_tag else {}
        inside = b""
        is_empty = bool(self._part.tag_at(self._row_at)[3])
        style = self._row_tag.get("s", "") if self._row_tag.get("customFormat") in ("1", "true") else ""
        for column, findings in sorted(self._marked.items()):
            changes["spans"] = None
            xml = self._added(self._row, column, findings, style).encode()
            if is_empty:
                inside += xml
            else:
                at = next((place for there, place in self._cells if there > column), self._parser.CurrentByteIndex)
                self._part.replace(at, at, xml)
        if changes:
            self._part.change_tag(self._row_at, changes, inside)
        self._marked = {}

    def _added(self, row: int, column: int, findings: Sequence[Finding], style: str = "") -> str:
        """A marked cell where the sheet has none, in the style of its row or its column."""
        self.has_added = True
        of_column = (one for left, right, one in self._column_styles if left <= column <= right)
        base = int(style) if style.isdigit() else next(of_column, 0)
        title = missing_column(findings)
        text = added_header(title) if title else ""
        marked = self._styles.changed(base, self._change(findings, is_added=bool(title)))
        return text_cell(self._part.prefix, cell_address(column, row), marked, text)

    def _change(self, findings: Sequence[Finding], *, is_added: bool = False, has_quote: bool = False) -> Change:
        return Change(
            severity_of(findings), any(one.row is None for one in findings), is_added, has_quote, self._unlocks
        )

    def _end_cell(self) -> None:
        findings = self._marked.pop(self._column, None) if self._marked else None
        is_text = self._type in _TEXTS
        style = self._cell.get("s", "")
        number = int(style) if style.isdigit() else 0
        is_ours = self._styles.is_ours(number)
        is_linked = "cm" in self._cell or "vm" in self._cell
        if not (findings or is_text or is_ours or is_linked):
            return
        is_formula, is_added, is_blank = self._look_at_text() if is_text else (False, False, not self._is_filled)
        has_quote = is_formula and not self._styles.is_quoted(number)
        if findings:
            title = missing_column(findings) if is_blank or is_added else None
            change = self._change(findings, is_added=title is not None, has_quote=has_quote)
        else:
            title = None
            change = Change(colour="" if is_ours else None, has_quote=has_quote)
        changed = self._styles.changed(number, change)
        if title or is_added:
            end = self._part.end_of(self._at, self._parser.CurrentByteIndex)
            address = cell_address(self._column, self._row)
            xml = text_cell(self._part.prefix, address, changed, added_header(title) if title else "")
            self._part.replace(self._at, end, xml.encode())
        elif changed != number or is_linked:
            # Those lead to parts that the copy does without.
            self._part.change_tag(self._at, {"s": str(changed), "cm": None, "vm": None})

    def _look_at_text(self) -> tuple[bool, bool, bool]:
        """Whether a text looks like a formula, whether an earlier copy of ours added it, and whether it is empty."""
        text = "".join(self._pieces)
        if self._type == "s":
            number = int(text) if text.strip().isdigit() else -1
            blank = number < 0 or number in self._shared.blank
            return number in self._shared.formulas, number in self._shared.added, blank
        return text.startswith(FORMULA_STARTS), is_added_header(text), not text
