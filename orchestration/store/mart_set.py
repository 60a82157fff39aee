"""The whole set of marts, as one build left it: what it was built from, and what each file holds.

What belongs here: noting a set and saying whether it is still that one. What does not: building it
(`orchestration.consolidation`) and judging it (`orchestration.validation`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestration.store.digests import sha256
from orchestration.store.json_values import json_document
from orchestration.store.whole_file import write_whole


class UnfitMarts(Exception):
    """The marts are not what one whole build made of what the ledger says now; the message says what to do."""


@dataclass(frozen=True)
class MartSet:
    """What one build read and made: the SHA-256 of the export of the ledger, the ledger's head then, the editions
    without rows that were accepted (with the reasons), and the SHA-256 of each mart.
    """

    export_sha256: str
    ledger_head: str
    without_rows: Mapping[str, Sequence[str]]
    marts: Mapping[str, str]

    @property
    def sha256(self) -> str:
        """The SHA-256 of the set: of what it was built from, and of all that it holds."""
        return sha256(json_document(asdict(self)))


def files_of(marts: Path) -> dict[str, str]:
    """The SHA-256 of each mart that stands in the folder, by name."""
    return {path.stem: sha256(path.read_bytes()) for path in sorted(marts.glob("*.parquet"))}


def note(marts: Path, built: MartSet) -> None:
    """Note the set that a build made whole."""
    write_whole(_noted(marts), json_document(asdict(built)))


def forget(marts: Path) -> None:
    """Forget the set, as a build begins: until it ends whole, nothing may be made of the marts."""
    _noted(marts).unlink(missing_ok=True)


def fit_marts(marts: Path, export_sha256: str) -> MartSet:
    """The set of marts, if it stands as it was built, from the export of this SHA-256; else raise `UnfitMarts`."""
    try:
        built = MartSet(**json.loads(_noted(marts).read_bytes()))
    except (FileNotFoundError, ValueError, TypeError) as unknown:
        raise UnfitMarts(
            "The marts are of no whole build: build them (jalons run, or all the dbt assets in the UI)."
        ) from unknown
    if built.export_sha256 != export_sha256:
        raise UnfitMarts(
            "The marts were built from other submissions than the ledger names now: build them again "
            "(jalons run, or all the dbt assets in the UI)."
        )
    found = files_of(marts)
    if differ := sorted(name for name in found.keys() | built.marts.keys() if found.get(name) != built.marts.get(name)):
        raise UnfitMarts(
            f"These marts are not as they were built: {', '.join(differ)}. Build them again "
            "(jalons run --force, or all the dbt assets in the UI)."
        )
    return built


def _noted(marts: Path) -> Path:
    return marts.parent / "built.json"
