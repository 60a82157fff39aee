"""The package of an XLSX: its parts, what leads from one to another, and the zip that holds the copy.

What belongs here: reading the parts that a copy keeps, within bounds, and writing a package that is the same bytes each
time. What does not: what stands in a part.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from orchestration.intake.opening.limits import Damaged
from orchestration.intake.receipts.annotation.xml_part import RELATIONSHIPS, XmlPart, quoted

# Unpacked: a workbook of more has no copy in its own dress.
_MAX_BYTES = 32 * 2**20
_MAX_PARTS = 2_000
_MAX_RELATIONSHIPS = 20_000
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# What each part that a copy may hold is; what is of no such type is left out.
_CONTENT_TYPES = {
    "officeDocument": f"{_SHEETS}.sheet.main+xml",
    "worksheet": f"{_SHEETS}.worksheet+xml",
    "styles": f"{_SHEETS}.styles+xml",
    "sharedStrings": f"{_SHEETS}.sharedStrings+xml",
    "table": f"{_SHEETS}.table+xml",
    "comments": f"{_SHEETS}.comments+xml",
    "vmlDrawing": "application/vnd.openxmlformats-officedocument.vmlDrawing",
    "theme": "application/vnd.openxmlformats-officedocument.theme+xml",
    "core-properties": "application/vnd.openxmlformats-package.core-properties+xml",
    "extended-properties": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    "custom-properties": "application/vnd.openxmlformats-officedocument.custom-properties+xml",
    "image/png": "image/png",
    "image/jpg": "image/jpeg",
    "image/jpeg": "image/jpeg",
}
_NAME = re.compile(r"[\w.,()\[\] /-]{1,200}")
_OUTSIDE = ' TargetMode="External"'
_OLDEST = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Relationship:
    """A way from one part to another: `target` is a part's name, or an address outside where it `is_external`."""

    id: str
    type: str
    target: str
    is_external: bool = False

    @property
    def kind(self) -> str:
        """The last word of its type: `worksheet`, `styles`."""
        return self.type.rpartition("/")[2]


class Package:
    """The parts of the XLSX received; raise `Damaged` where it is too large, or not as a package is."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise Damaged(str(error)) from error
        entries = self._zip.infolist()
        names = [entry.filename.lower() for entry in entries]
        if len(entries) > _MAX_PARTS or sum(entry.file_size for entry in entries) > _MAX_BYTES:
            raise Damaged("too large to be copied")
        if len(set(names)) < len(names):
            raise Damaged("two parts of one name")
        self._names = {entry.filename.lower(): entry.filename for entry in entries}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def __getitem__(self, name: str) -> bytes:
        if name not in self:
            raise Damaged(f"no {name}")
        try:
            return self._zip.read(self._names[name.lower()])
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
            raise Damaged(str(error)) from error

    def relationships(self, part: str) -> list[Relationship]:
        """What a part leads to; `part` is empty for the package itself."""
        folder, _, name = part.rpartition("/")
        path = f"{folder}/_rels/{name}.rels".removeprefix("/")
        if path not in self:
            return []
        found = XmlPart(self[path], "Relationships", namespace=f"{_PACKAGE}/relationships").root.children
        if len(found) > _MAX_RELATIONSHIPS:
            raise Damaged("too many relationships")
        return [_relationship(one.attributes, folder) for one in found if one.tag == "Relationship"]


def _relationship(attributes: Mapping[str, str], folder: str) -> Relationship:
    target = attributes.get("Target", "")
    is_external = attributes.get("TargetMode", "Internal") != "Internal"
    if not is_external:
        target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
    return Relationship(attributes.get("Id", ""), attributes.get("Type", ""), target, is_external)


@dataclass
class Copy:
    """The parts of the copy so far, with what each is and leads to."""

    parts: dict[str, bytes] = field(default_factory=dict)
    _types: dict[str, str] = field(default_factory=dict)
    _ways: dict[str, list[Relationship]] = field(default_factory=dict)

    def add(self, name: str, kind: str, content: bytes, relationships: Sequence[Relationship] = ()) -> str:
        """Add a part, and the ways from it; return its name."""
        if kind not in _CONTENT_TYPES or not _NAME.fullmatch(name) or ".." in name or name in self.parts:
            raise Damaged(f"{name} is no {kind} to be copied")
        self.parts[name], self._types[name] = content, _CONTENT_TYPES[kind]
        if relationships:
            self._ways[name] = list(relationships)
        return name

    def lead(self, relationships: Sequence[Relationship]) -> None:
        """Say what the package itself leads to."""
        self._ways[""] = list(relationships)

    def new_name(self, original: Package, pattern: str) -> str:
        """The name of a part that neither package has."""
        return next(
            name
            for name in (pattern.format(number) for number in range(1, 10_000))
            if name not in original and name not in self.parts
        )

    def zipped(self) -> bytes:
        """The package: the same parts are the same bytes."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
            for name, content in self._files():
                entry = zipfile.ZipInfo(name, date_time=_OLDEST)
                entry.compress_type = zipfile.ZIP_DEFLATED
                package.writestr(entry, content)
        return buffer.getvalue()

    def _files(self) -> Iterator[tuple[str, bytes]]:
        overrides = "".join(
            f"<Override PartName={quoted(f'/{name}')} ContentType={quoted(kind)}/>"
            for name, kind in sorted(self._types.items())
        )
        yield (
            "[Content_Types].xml",
            _document(
                f'<Types xmlns="{_PACKAGE}/content-types">'
                f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
            ),
        )
        for part, ways in sorted(self._ways.items()):
            folder, _, name = part.rpartition("/")
            yield f"{folder}/_rels/{name}.rels".removeprefix("/"), _document(_ways_xml(ways))
        yield from sorted(self.parts.items())


def _ways_xml(ways: Sequence[Relationship]) -> str:
    tags = "".join(
        f"<Relationship Id={quoted(way.id)} Type={quoted(way.type)} "
        f"Target={quoted(way.target if way.is_external else f'/{way.target}')}"
        f"{_OUTSIDE if way.is_external else ''}/>"
        for way in ways
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{tags}</Relationships>'


def _document(xml: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{xml}'.encode()


def office(kind: str) -> str:
    """The type of a relationship, by its last word."""
    return f"{RELATIONSHIPS}/{kind}"
