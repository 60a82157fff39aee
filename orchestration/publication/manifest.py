"""What a release says of itself: which files, from which drops, by which code, after which revision, and the
fingerprint of its content.

What belongs here: the manifest and the identity of a content. What does not: revisions and folders (`release`), and
signatures (`signing`).
"""

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from orchestration.intake.lake import read_ledger
from orchestration.intake.ledger import METHOD_ADOPTED
from orchestration.places import CHECKOUT
from orchestration.publication.publisher import licence, publisher
from orchestration.publication.unchanged import code_digest
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from orchestration.store.json_values import json_document, moment_text
from orchestration.store.marts import MartRow, mart_table

_HOLDS = ("hold_placed", "hold_lifted")
# What makes the figures and the files, beside our own code.
_TOOLS = ("duckdb", "dbt-core", "great-expectations", "pyarrow", "xlsxwriter")
# The formats that hold every digit; `.fr.csv` and the others are made of the same rows.
_IS_REFERENCE = re.compile(r"data/\w+\.(csv|json)")


@dataclass(frozen=True)
class Revision:
    """What a revision is of an edition: its number, whether it corrects one that was closed, the method of the one
    before, where it was another, the SHA-256 of that one's manifest, and the revision compared with.
    """

    number: int
    is_correction: bool = False
    method_before: str | None = None
    previous_manifest_sha256: str | None = None
    compared_with_revision: int | None = None


def drops_used(marts: Path, edition: str) -> list[MartRow]:
    """The drops that the figures of `edition` rest on, in the order of kind and perimeter."""
    table = mart_table(marts, "submissions", edition=edition, order_by=("kind", "perimeter", "submission_id"))
    return [
        {
            "perimeter": row["perimeter"],
            "kind": row["kind"],
            "file_name": row["file_name"],
            "sha256": row["file_sha256"],
            "received_at": moment_text(row["received_at"]),
            "submission_id": row["submission_id"],
        }
        for row in table.to_pylist()
        if row["superseded_at"] is None
    ]


def content_sha256(files: dict[str, bytes], drops: list[MartRow], compared_with: str | None) -> str:
    """The identity of what a release says: its tables, its drops and the edition that it is compared with.

    The revision, the wording of the page, the writers of other formats, versions of code and tools, and the chain are
    no part of it.
    """
    texts = {path: sha256(data) for path, data in files.items() if _IS_REFERENCE.fullmatch(path)}
    return sha256(json_document({"files": dict(sorted(texts.items())), "drops": drops, "compared_with": compared_with}))


def closed_at(lake: Path, edition: str) -> datetime | None:
    """When `edition` was closed (UTC, naive), `None` while it is open."""
    return min((at for closed, at in _events(lake, "closed") if closed == edition), default=None)


def known_at(marts: Path, lake: Path) -> datetime:
    """When the latest of what the marts rest on came (UTC, naive): a submission of any edition, a closing, a word on
    what is held, or another method.
    """
    return known_times(marts, lake)[0]


def known_times(marts: Path, lake: Path) -> list[datetime]:
    """Every time at which something came that the marts rest on, the latest first."""
    times: list[datetime] = mart_table(marts, "submissions", columns=["received_at"]).column("received_at").to_pylist()
    return sorted({*times, *(at for _, at in _events(lake, "closed", METHOD_ADOPTED, *_HOLDS))}, reverse=True)


def changed_at(headline: MartRow, lake: Path) -> datetime:
    """When what counts for an edition last changed (UTC, naive): by a submission, or by a word on what is held."""
    held = [at for edition, at in _events(lake, *_HOLDS) if edition == headline["edition"]]
    released_at: datetime = headline["released_at"]
    return max([released_at, *held])


def _events(lake: Path, *events: str) -> list[tuple[str, datetime]]:
    return [
        (row["edition"], row["at"])
        for row in read_ledger(lake, "edition_events")
        if row["event"].partition(":")[0] in events
    ]


def missing_perimeters(headline: MartRow) -> list[str]:
    """The codes of the perimeters that the edition still waits for."""
    return [code for code in (headline["missing_perimeters"] or "").split(", ") if code]


def manifest(
    settings: Settings,
    headline: MartRow,
    revision: Revision,
    known: datetime,
    content: str,
    files: dict[str, bytes],
    drops: list[MartRow],
    compared_with: str | None,
) -> bytes:
    """Write `MANIFEST.json`; `headline` is the row of `headline_figures`, `files` every other file of the release.

    `known` is `known_at` when the revision is made: from then on it is in force, also where nothing of its own edition
    came since the one before.
    """
    document = {
        "edition": headline["edition"],
        "revision": revision.number,
        "released_at": moment_text(headline["released_at"]),
        "known_at": moment_text(known),
        "method_version": headline["method_version"],
        "method_before": revision.method_before,
        "provisional": headline["provisional"],
        "missing_perimeters": missing_perimeters(headline),
        "is_correction": revision.is_correction,
        "content_sha256": content,
        "compared_with": compared_with,
        "compared_with_revision": revision.compared_with_revision,
        "previous_manifest_sha256": revision.previous_manifest_sha256,
        "licence": licence(settings),
        "publisher": publisher(settings),
        "versions": versions(),
        "files": listed(files),
        "drops": drops,
    }
    return json_document(document)


def listed(files: Mapping[str, bytes]) -> list[dict[str, object]]:
    """Files as a manifest names them, by path."""
    return [{"path": path, "bytes": len(data), "sha256": sha256(data)} for path, data in sorted(files.items())]


def trusted_comment(edition: str, revision: int, released_at: str) -> str:
    """What the signature of a revision's manifest is signed with."""
    return f"edition:{edition} revision:{revision} released_at:{released_at}"


@cache
def versions() -> Mapping[str, object]:
    """What this process makes releases by: our version, digests of the code, of the contracts and of the rules, and the
    tools' versions.
    """
    return {
        "jalons": version("jalons"),
        "code_sha256": code_digest(),
        "contracts_sha256": _digest_of("orchestration/contracts", "expectations", endings=(".py",)),
        "rules_sha256": _digest_of("dbt_project", endings=(".sql", ".yml", ".csv")),
        "tools": {"python": platform.python_version()} | {tool: version(tool) for tool in _TOOLS},
    }


def _digest_of(*folders: str, endings: tuple[str, ...]) -> str:
    """The SHA-256 over the sources of some folders of the checkout, by their paths; what tools make is left out."""
    found = (path for folder in folders for ending in endings for path in (CHECKOUT / folder).rglob(f"*{ending}"))
    sources = sorted(path.relative_to(CHECKOUT) for path in found if "target" not in path.parts)
    lines = (f"{path.as_posix()} {sha256((CHECKOUT / path).read_bytes())}" for path in sources)
    return sha256("\n".join(lines).encode())
