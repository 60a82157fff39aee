"""The revisions that readers see now, and their tables as they were published.

What belongs here: finding and reading them. What does not: what is made of them. The tree rests on these files alone,
never on the marts: of an edition that is held back, what was published stays what is shown.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

# A record of a published table: its values, and the line that it is in the JSON file, with every digit.
Record = tuple[Mapping[str, Any], str]


@dataclass(frozen=True)
class ShownRevision:
    """A revision that readers see, of one edition; `folder` is where its files are."""

    edition: str
    revision: int
    folder: Path
    manifest_sha256: str

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """Its manifest."""
        found: dict[str, Any] = json.loads((self.folder / "MANIFEST.json").read_bytes())
        return found

    @property
    def path(self) -> str:
        """Its folder, from the root of what is published."""
        return f"releases/{self.edition}/r{self.revision}"

    @cached_property
    def _read(self) -> dict[str, list[Record]]:
        return {}

    def records(self, table: str) -> list[Record]:
        """The rows of a table, none where it has no such table; read once and kept: for tables of a row a subject."""
        if table not in self._read:
            self._read[table] = list(self.each_record(table))
        return self._read[table]

    def each_record(self, table: str) -> Iterator[Record]:
        """The same one by one, kept by nobody: a table of a row a cell may be long."""
        return _records(self.folder / "data" / f"{table}.json")


def _records(path: Path) -> Iterator[Record]:
    if path.is_file():
        # One record a line, between the brackets; no other sign ends a line there.
        for line in filter(None, path.read_text(encoding="utf-8").split("\n")[1:-2]):
            text = line.removesuffix(",")
            yield json.loads(text), text


def shown_revisions(releases: Path, digests: Mapping[tuple[str, int], str]) -> list[ShownRevision]:
    """The current revision of each edition, oldest edition first.

    `digests` are the SHA-256 of the manifests as they were published, by edition and number. One that was made before
    releases had a data package is left out: the pass that brings its edition up to date makes another.
    """
    found = []
    for current in sorted(releases.glob("*/current")):
        edition, folder = current.parent.name, current.parent / current.readlink()
        number = int(folder.name.removeprefix("r"))
        if (edition, number) in digests and (folder / "datapackage.json").is_file():
            found.append(ShownRevision(edition, number, folder, digests[edition, number]))
    return found
