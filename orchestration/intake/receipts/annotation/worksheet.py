"""A sheet of the copy: the agent's own, byte for byte but for its marks, its formulas and what leads outside.

What belongs here: the part of a sheet but for its rows (`rows`), and that of a table. What does not: its notes
(`notes`), the styles that the marks take (`styles`), and which sheets there are (`annotated_package`).
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice

from orchestration.domain.spreadsheets import column_position
from orchestration.intake.findings.finding import Finding
from orchestration.intake.opening.limits import Damaged
from orchestration.intake.receipts.annotation.harmless import is_harmless
from orchestration.intake.receipts.annotation.marks import ADDED_WIDTH, SheetMarks, missing_column
from orchestration.intake.receipts.annotation.rows import Rows, SharedTexts
from orchestration.intake.receipts.annotation.styles import Styles
from orchestration.intake.receipts.annotation.xml_part import RELATIONSHIPS, Element, XmlPart, attributes_of, quoted

# What of a sheet is kept: no drawing, object, control or link to data, and nothing that we do not know.
_KEPT = {
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "ignoredErrors",
    "tableParts",
    "extLst",
}
# What may only stand after the drawing of the notes.
_AFTER_NOTES = ("tableParts", "extLst")
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_FORMULA = "http://schemas.microsoft.com/office/excel/2006/main f"
_EXTENSIONS = {f"{_X14} {name}" for name in ("dataValidations", "conditionalFormattings", "sparklineGroups")}
_MERGED = re.compile(
    rb"""<(?:[\w.-]+:)?mergeCell\s[^<>]{0,200}?ref=["']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})["']"""
)
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")
# Cells.
_MAX_SPREAD = 200_000
# Of more merged cells, the marks stay where they are.
_MAX_MERGED = 2_000
_LAST_COLUMN = 16_384


def annotated_sheet(
    xml: bytes, marks: SheetMarks, styles: Styles, shared: SharedTexts, kept: Collection[str], notes_way: str | None
) -> bytes:
    """The part of a sheet with its marks; raise `Damaged` where it is none.

    `kept` are the ids of the relationships that lead to what is kept, `notes_way` the one to the drawing of the notes.
    """
    rows = Rows(marks, styles, shared, unlocks=b"sheetProtection" in xml)
    part = XmlPart(xml, "worksheet", rows)
    sheet = part.root
    _check_spread(sheet)
    for child in sheet.children:
        if child.tag not in _KEPT or (rows.has_added and child.tag == "dimension"):
            part.remove(child)
    # One sheet alone is selected: what is typed while several are is typed into all of them.
    for view in sheet.named("sheetView"):
        view.changes["tabSelected"] = None
    for setup in sheet.named("pageSetup"):
        setup.changes[":id"] = None
    _keep(part, sheet.children, "dataValidations", "dataValidation", _is_harmless_rule)
    _keep(part, sheet.children, "conditionalFormatting", "cfRule", _is_harmless_rule)
    _keep(part, sheet.children, "hyperlinks", "hyperlink", lambda one: one.relationship in (None, *kept))
    _keep(part, sheet.children, "tableParts", "tablePart", lambda one: one.relationship in kept)
    _keep_extensions(part, sheet)
    _show_columns(part, marks)
    if notes_way is not None:
        after = next((child.start for child in sheet.children if child.tag in _AFTER_NOTES), None)
        tag = f'<{part.prefix}legacyDrawing xmlns:r="{RELATIONSHIPS}" r:id={quoted(notes_way)}/>'.encode()
        if after is None:
            sheet.appended.append(tag)
        else:
            part.replace(after, after, tag)
    return part.content()


def _check_spread(sheet: Element) -> None:
    """Refuse what programs that open the copy may build cell by cell: one merge may cover a whole sheet."""
    spread = 0
    for element in sheet.all():
        if element.tag in ("mergeCell", "hyperlink"):
            place = _RANGE.fullmatch(element.attributes.get("ref", ""))
            if place is None:
                raise Damaged("no such range")
            left, top, right, bottom = place.groups()
            columns = column_position(right or left) - column_position(left)
            spread += (abs(columns) + 1) * (abs(int(bottom or top) - int(top)) + 1)
    if spread > _MAX_SPREAD:
        raise Damaged("merged or linked over more than is looked at")


def anchored(marks: SheetMarks, xml: bytes) -> SheetMarks:
    """The marks, those of merged cells in the one that shows."""
    moved: dict[int, dict[int, list[Finding]]] = {}
    ranges = [
        (int(top), column_position(left.decode()), int(bottom), column_position(right.decode()))
        for left, top, right, bottom in (found.groups() for found in islice(_MERGED.finditer(xml), _MAX_MERGED))
    ]
    for row, columns in marks.items():
        across = [one for one in ranges if one[0] <= row <= one[2]]
        for column, findings in columns.items():
            at = next((one[:2] for one in across if one[1] <= column <= one[3]), (row, column))
            moved.setdefault(at[0], {}).setdefault(at[1], []).extend(findings)
    return {row: moved[row] for row in sorted(moved)}


def _keep(
    part: XmlPart, among: Iterable[Element], container: str, tag: str, is_kept: Callable[[Element], bool]
) -> None:
    """Take out of its containers what is not kept, and a container that is left empty."""
    for element in among:
        if element.tag != container:
            continue
        listed = [one for one in element.children if one.tag == tag]
        left_out = [one for one in listed if not is_kept(one)]
        if left_out and len(left_out) == len(listed):
            part.remove(element)
            continue
        for one in left_out:
            part.remove(one)
        if left_out and "count" in element.attributes:
            element.changes["count"] = str(len(listed) - len(left_out))


def _is_harmless_rule(rule: Element) -> bool:
    """Whether all formulas of a drop-down, a check or a colour only look at the workbook."""
    return all(map(is_harmless, _formulas(rule)))


def _formulas(rule: Element) -> Iterator[str]:
    for element in rule.all():
        if element.tag.rpartition(" ")[2] in ("formula", "formula1", "formula2", "f"):
            yield element.text
        elif element.tag.rpartition(" ")[2] == "cfvo":
            yield element.attributes.get("val", "")


def _keep_extensions(part: XmlPart, sheet: Element) -> None:
    """Keep the drop-downs and colours that Excel writes as extensions, and nothing else of these."""
    for listed in (child for child in sheet.children if child.tag == "extLst"):
        for extension in listed.children:
            is_known = all(one.tag in _EXTENSIONS for one in extension.children)
            for container in extension.children if is_known else ():
                if not container.tag.endswith("sparklineGroups"):
                    rule = container.tag.removesuffix("s")
                    _keep(part, [container], container.tag, rule, _is_harmless_rule)
        _keep(part, [listed], "extLst", "ext", _is_kept_extension)


def _is_kept_extension(extension: Element) -> bool:
    if not extension.children or any(one.tag not in _EXTENSIONS for one in extension.children):
        return False
    (first, *others) = extension.children
    rules = [one for one in first.children if one.tag == first.tag.removesuffix("s")] or first.children
    return not others and any(map(_is_harmless_rule, rules))


def _show_columns(part: XmlPart, marks: SheetMarks) -> None:
    """Give what we add a width, and show the columns of what is marked."""
    added = {
        column for columns in marks.values() for column, found in columns.items() if missing_column(found) is not None
    }
    marked = {column for columns in marks.values() for column in columns}
    existing = part.root.child("cols")
    ranges = [dict(one.attributes) for one in existing.children if one.tag == "col"] if existing else []
    hidden = [one for one in ranges if one.get("hidden") in ("1", "true") and any(_has(one, place) for place in marked)]
    if not added and not hidden:
        return
    for column in sorted(added | {place for place in marked if any(_has(one, place) for one in hidden)}):
        alone = next((one for one in ranges if _has(one, column)), {})
        ranges = [piece for one in ranges for piece in _without(one, column)]
        new = {name: value for name, value in alone.items() if name != "hidden"}
        new |= {"min": str(column + 1), "max": str(column + 1)}
        if column in added:
            new |= {"width": str(ADDED_WIDTH), "customWidth": "1"}
        ranges.append(new)
    p = part.prefix
    tags = "".join(f"<{p}col{attributes_of(one)}/>" for one in sorted(ranges, key=lambda one: int(one["min"])))
    xml = f"<{p}cols>{tags}</{p}cols>".encode()
    place = existing or part.root.child("sheetData")
    if place is None:
        raise Damaged("no sheetData")
    part.replace(place.start, existing.end if existing else place.start, xml)


def _has(columns: Mapping[str, str], position: int) -> bool:
    left, right = _extent(columns)
    return left <= position <= right


def _extent(columns: Mapping[str, str]) -> tuple[int, int]:
    """The first and last 0-based column of a range."""
    left, right = columns.get("min", ""), columns.get("max", "")
    if not (left.isdigit() and right.isdigit() and 0 < int(left) <= int(right) <= _LAST_COLUMN):
        raise Damaged("no such columns")
    return int(left) - 1, int(right) - 1


def _without(columns: Mapping[str, str], position: int) -> Iterator[dict[str, str]]:
    """What is left of a range of columns without one of them."""
    left, right = _extent(columns)
    if not left <= position <= right:
        yield dict(columns)
        return
    if left < position:
        yield {**columns, "max": str(position)}
    if position < right:
        yield {**columns, "min": str(position + 2)}


def kept_table(xml: bytes) -> bytes | None:
    """A table without its formulas; `None` for one that is filled from elsewhere."""
    part = XmlPart(xml, "table")
    if part.root.attributes.get("tableType", "worksheet") != "worksheet":
        return None
    for element in part.root.all():
        if element.tag in ("calculatedColumnFormula", "totalsRowFormula"):
            part.remove(element)
        if element.tag == "tableColumn" and element.attributes.get("totalsRowFunction") == "custom":
            element.changes["totalsRowFunction"] = None
    return part.content()
