"""The annotated copy of an XLSX: its package with marks, a sheet of ours in front, and nothing that leads outside.

What belongs here: which parts a copy keeps, as they are or edited, and the part of the workbook. What does not: what is
changed in a sheet (`worksheet`), in its notes, or in the styles. No cell of a copy holds a formula: what was judged is
the value that was read, and no program that opens the copy may put another one in its place.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from orchestration.intake.opening.annotated_copy import RECEIPT_SHEET, is_receipt
from orchestration.intake.opening.limits import Damaged
from orchestration.intake.receipts.annotation.harmless import is_harmless, is_web
from orchestration.intake.receipts.annotation.marks import Marks, SheetMarks
from orchestration.intake.receipts.annotation.notes import annotated_notes
from orchestration.intake.receipts.annotation.package import Copy, Package, Relationship, office
from orchestration.intake.receipts.annotation.receipt_sheet import receipt_sheet
from orchestration.intake.receipts.annotation.rows import SharedTexts, shared_texts
from orchestration.intake.receipts.annotation.styles import PLAIN, Styles
from orchestration.intake.receipts.annotation.worksheet import anchored, annotated_sheet, kept_table
from orchestration.intake.receipts.annotation.xml_part import RELATIONSHIPS, Element, XmlPart, quoted

if TYPE_CHECKING:
    from orchestration.intake.receipts.record import Receipt

_WORKBOOK = "xl/workbook.xml"
_KEPT = {
    "fileVersion",
    "fileSharing",
    "workbookPr",
    "workbookProtection",
    "bookViews",
    "sheets",
    "definedNames",
    "calcPr",
    "customWorkbookViews",
}
_PROPERTIES = ("core-properties", "extended-properties", "custom-properties")
# Ids of relationships of ours, and of the sheet that they lead to.
_RECEIPT, _STYLES, _COMMENTS, _DRAWING = "rIdJalons1", "rIdJalons2", "rIdJalons3", "rIdJalons4"


def annotated_package(
    data: bytes, titles: Mapping[str | None, str], marks: Marks, receipt: "Receipt", *, is_plain: bool
) -> bytes:
    """The copy of an XLSX; `titles` maps the sheets that were read, and that findings name, to those it must have.

    Raise `Damaged` where it lacks one of them, or cannot be edited safely.
    """
    original = Package(data)
    if not any(one.kind == "officeDocument" and one.target == _WORKBOOK for one in original.relationships("")):
        raise Damaged("another workbook than xl/workbook.xml")
    book = _Book(original, titles, marks, receipt, is_plain)
    return book.copied()


class _Book:
    def __init__(
        self, original: Package, titles: Mapping[str | None, str], marks: Marks, receipt: "Receipt", is_plain: bool
    ) -> None:
        self._original, self._titles, self._receipt, self._is_plain = original, titles, receipt, is_plain
        self._marks = {titles[name]: of_sheet for name, of_sheet in marks.items() if name in titles}
        self._copy = Copy()
        self._part = XmlPart(original[_WORKBOOK], "workbook")
        self._ways = {one.id: one for one in original.relationships(_WORKBOOK) if not one.is_external}
        styles = self._only("styles")
        self._styles_name = styles.target if styles else "xl/styles.xml"
        self._styles = Styles(original[styles.target] if styles else PLAIN)
        shared = self._only("sharedStrings")
        self._shared = shared_texts(original[shared.target]) if shared else SharedTexts()

    def _only(self, kind: str) -> Relationship | None:
        return next((one for one in self._ways.values() if one.type == office(kind)), None)

    def copied(self) -> bytes:
        sheets = self._part.root.child("sheets")
        if sheets is None:
            raise Damaged("no sheets")
        listed = [one for one in sheets.children if one.tag == "sheet"]
        kept = [one for one in listed if self._is_kept(one)]
        names = {one.attributes.get("name", "") for one in kept}
        if not set(self._titles.values()) <= names:
            raise Damaged(f"the sheets {sorted(names)} and not all that were read")
        ways = [self._sheet(one) for one in kept]
        self._edit_workbook(listed, kept)
        titles = {name: name for name in names} | dict(self._titles)
        sheet = receipt_sheet(self._receipt, titles, self._styles, is_plain=self._is_plain)
        name = self._copy.add(self._copy.new_name(self._original, "xl/worksheets/accuse{}.xml"), "worksheet", sheet)
        ways.append(Relationship(_RECEIPT, office("worksheet"), name))
        ways += self._as_they_are()
        styles = self._copy.add(self._styles_name, "styles", self._styles.content())
        ways.append(Relationship(_STYLES, office("styles"), styles))
        self._copy.add(_WORKBOOK, "officeDocument", self._part.content(), ways)
        self._copy.lead(list(self._package_ways()))
        return self._copy.zipped()

    def _is_kept(self, sheet: Element) -> bool:
        way = self._ways.get(sheet.relationship or "")
        return way is not None and way.type == office("worksheet") and not is_receipt(sheet.attributes.get("name", ""))

    def _sheet(self, sheet: Element) -> Relationship:
        """Add a sheet with its notes and tables."""
        way = self._ways[sheet.relationship or ""]
        name, xml = way.target, self._original[way.target]
        marks: SheetMarks = anchored(self._marks.get(sheet.attributes.get("name", ""), {}), xml)
        if marks and sheet.attributes.get("state", "visible") != "visible":
            sheet.changes["state"] = None
        ways = list(self._kept_ways(name))
        kept = [one.id for one in ways]
        notes_way = self._notes(name, marks, ways)
        content = annotated_sheet(xml, marks, self._styles, self._shared, kept, notes_way)
        self._copy.add(name, "worksheet", content, ways)
        return way

    def _kept_ways(self, sheet: str) -> Iterator[Relationship]:
        for way in self._original.relationships(sheet):
            if way.type == office("hyperlink") and way.is_external and is_web(way.target):
                yield way
            elif way.type == office("table") and not way.is_external and not self._original.relationships(way.target):
                table = kept_table(self._original[way.target])
                if table is not None:
                    self._copy.add(way.target, "table", table)
                    yield way

    def _notes(self, sheet: str, marks: SheetMarks, ways: list[Relationship]) -> str | None:
        """Add the notes of a sheet and the ways to them; return the id of the one to their drawing."""
        theirs = [one for one in self._original.relationships(sheet) if not one.is_external]
        comments = next((one.target for one in theirs if one.type == office("comments")), None)
        drawing = next((one.target for one in theirs if one.type == office("vmlDrawing")), None)
        notes = annotated_notes(
            self._original[comments] if comments else None, self._original[drawing] if drawing else b"", marks
        )
        if notes is None:
            return None
        for id_, kind, content, pattern in (
            (_COMMENTS, "comments", notes.comments, "xl/annotations{}.xml"),
            (_DRAWING, "vmlDrawing", notes.drawing, "xl/drawings/annotations{}.vml"),
        ):
            name = self._copy.add(self._copy.new_name(self._original, pattern), kind, content)
            ways.append(Relationship(id_, office(kind), name))
        return _DRAWING

    def _edit_workbook(self, listed: Sequence[Element], kept: Sequence[Element]) -> None:
        part, root = self._part, self._part.root
        for child in root.children:
            if child.tag not in _KEPT:
                part.remove(child)
        for sheet in listed:
            if sheet not in kept:
                part.remove(sheet)
        number = 1 + max(
            (int(one.attributes["sheetId"]) for one in listed if _is_number(one.attributes.get("sheetId"))), default=0
        )
        tag = (
            f'<{part.prefix}sheet xmlns:r="{RELATIONSHIPS}" name={quoted(RECEIPT_SHEET)} sheetId="{number}" '
            f"r:id={quoted(_RECEIPT)}/>"
        ).encode()
        part.replace(listed[0].start, listed[0].start, tag)
        for view in root.named("workbookView"):
            view.changes |= {"activeTab": None, "firstSheet": None}
        for names in (one for one in root.children if one.tag == "definedNames"):
            self._edit_names(names, listed, kept)

    def _edit_names(self, names: Element, listed: Sequence[Element], kept: Sequence[Element]) -> None:
        """Keep the names that stay within the workbook, and the sheet that each belongs to: ours comes first now."""
        places = {str(number): kept.index(one) + 1 for number, one in enumerate(listed) if one in kept}
        is_left = False
        for name in names.children:
            sheet = name.attributes.get("localSheetId")
            is_macro = any(one in name.attributes for one in ("function", "vbProcedure", "xlm"))
            if is_macro or not is_harmless(name.text) or (sheet is not None and sheet not in places):
                self._part.remove(name)
                continue
            is_left = True
            if sheet is not None:
                name.changes["localSheetId"] = str(places[sheet])
        if not is_left:
            self._part.remove(names)

    def _as_they_are(self) -> Iterator[Relationship]:
        """The texts and the theme, with the pictures of the theme."""
        for kind in ("sharedStrings", "theme"):
            way = self._only(kind)
            if way is None:
                continue
            pictures = self._original.relationships(way.target)
            if all(one.type == office("image") and not one.is_external for one in pictures):
                for one in pictures:
                    if one.target not in self._copy.parts:
                        ending = one.target.rpartition(".")[2].lower()
                        self._copy.add(one.target, f"image/{ending}", self._original[one.target])
                self._copy.add(way.target, kind, self._original[way.target], pictures)
                yield way

    def _package_ways(self) -> Iterator[Relationship]:
        """The ways of the package itself: to the workbook, and to what it says of itself."""
        for way in self._original.relationships(""):
            if way.is_external:
                continue
            if way.target == _WORKBOOK:
                yield way
            elif way.kind in _PROPERTIES and way.target not in self._copy.parts:
                self._copy.add(way.target, way.kind, self._original[way.target])
                yield way


def _is_number(text: str | None) -> bool:
    return text is not None and text.isdigit()
