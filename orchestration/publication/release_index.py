"""The way into what is published: every edition, every revision of it, and what replaced what, and why.

Layout: `releases/index.{html,json}`, `releases/<edition>/index.html` and, for whoever wants the newest without knowing
its name, `releases/latest/index.html` and `releases/<edition>/latest/index.html`. What belongs here: these files. What
does not: revisions (`release`), which are frozen and cannot say what came after them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.domain import french
from orchestration.domain.perimeter import perimeter_names
from orchestration.store.digests import sha256
from orchestration.store.json_values import json_document
from orchestration.store.templates import templates
from orchestration.store.whole_file import write_whole


@dataclass(frozen=True)
class IndexedRevision:
    """A revision as the index tells it; what its manifest says is `None` where that is not as it was published.

    `why` are sentences: what differs from the revision before. `path` is relative to the folder of releases.
    """

    revision: int
    path: str
    replaced_by: int | None
    why: tuple[str, ...]
    is_signed: bool
    manifest_sha256: str | None
    released_at: str | None = None
    known_at: str | None = None
    method_version: str | None = None
    provisional: bool | None = None
    is_correction: bool | None = None


def write_index(releases: Path, digests: Mapping[tuple[str, int], str]) -> None:
    """Bring the index up to date with the revisions that are there; what says the same is not written again.

    `digests` are the SHA-256 of the manifests as they were published: one that is another now is not believed.
    """
    editions = indexed_revisions(releases, digests)
    if not editions:
        return
    newest = max(editions)
    files = {
        "index.json": json_document(_document(editions, newest)),
        "index.html": _page("editions.html.j2", editions=dict(reversed(editions.items()))),
        "latest/index.html": _page("moved.html.j2", to=f"../{editions[newest][-1].path}/index.html", edition=newest),
    }
    for edition, revisions in editions.items():
        last = revisions[-1]
        files[f"{edition}/index.html"] = _page("revisions.html.j2", edition=edition, revisions=revisions[::-1])
        files[f"{edition}/latest/index.html"] = _page(
            "moved.html.j2", to=f"../r{last.revision}/index.html", edition=edition
        )
    for path, data in files.items():
        _write(releases / path, data)


def indexed_revisions(releases: Path, digests: Mapping[tuple[str, int], str]) -> dict[str, list[IndexedRevision]]:
    """The revisions of each edition, oldest first."""
    return {edition: _revisions(releases, edition, digests) for edition in _editions(releases)}


def _write(path: Path, data: bytes) -> None:
    if not path.is_file() or path.read_bytes() != data:
        write_whole(path, data, "all")


def _editions(releases: Path) -> list[str]:
    return sorted(current.parent.name for current in releases.glob("*/current") if current.is_symlink())


def _revisions(releases: Path, edition: str, digests: Mapping[tuple[str, int], str]) -> list[IndexedRevision]:
    """The revisions up to the one that readers see now, oldest first: one that was made and not shown is not told."""
    last = int((releases / edition / "current").readlink().name.removeprefix("r"))
    found = list[IndexedRevision]()
    before: Mapping[str, Any] | None = None
    for number in range(1, last + 1):
        folder = releases / edition / f"r{number}"
        data, digest = _read(folder / "MANIFEST.json"), digests.get((edition, number))
        manifest = _parsed(data) if sha256(data) == digest else {}
        said = {name: manifest.get(name) for name in IndexedRevision.__dataclass_fields__ if name in _SAID}
        found.append(
            IndexedRevision(
                number,
                path=f"{edition}/r{number}",
                replaced_by=number + 1 if number < last else None,
                why=_why(before, manifest, number),
                is_signed=(folder / "MANIFEST.json.minisig").is_file(),
                manifest_sha256=digest,
                **said,
            )
        )
        before = manifest
    return found


_SAID = {"released_at", "known_at", "method_version", "provisional", "is_correction"}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _parsed(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _why(before: Mapping[str, Any] | None, now: Mapping[str, Any], number: int) -> tuple[str, ...]:
    """What differs from the revision before, a sentence each."""
    if not now:
        return (french.typeset("Les fichiers de cette révision sont abîmés : ils sont à rétablir d’une copie."),)
    if number == 1:
        return ("Première publication de l’édition.",)
    if not before:
        return ("La révision précédente n’est plus lisible : ce qui les sépare ne peut pas être dit.",)
    said = [*_method(before, now), *_drops(before, now), *_compared(before, now)]
    if before.get("provisional") and not now.get("provisional"):
        said.append("L’édition n’est plus provisoire.")
    return tuple(map(french.typeset, said or [_by_none_of_these(before, now)]))


def _by_none_of_these(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What else may have changed, as far as both manifests tell what they were made by."""
    old, new = (one.get("versions") or {} for one in (before, now))
    same = "Mêmes remontées, même méthode"
    if not old or not new:
        return f"{same} : la forme des données, une donnée de référence ou une autre édition a changé."
    if old["rules_sha256"] != new["rules_sha256"]:
        return f"{same} : les données de référence ou les modèles ont été révisés (noms de projets, seuils, tables)."
    if old != new:
        return f"{same} : les données sont publiées sous une autre forme."
    return f"{same} : ce qui a été reçu pour d’autres éditions change ce que celle-ci en dit."


def _method(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    old, new = before.get("method_version"), now.get("method_version")
    return [] if old == new else [f"La méthode de calcul a changé : {new} (auparavant {old})."]


def _drops(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What was filed anew, filed again or is counted no more, by kind and perimeter."""
    old, new = _by_cell(before), _by_cell(now)
    after = " après la clôture de l’édition" if now.get("is_correction") else ""
    said = []
    for heading, cells in (
        (f"Remontées nouvelles{after}", sorted(new.keys() - old.keys())),
        (f"Remontées corrigées{after}", sorted(cell for cell in new.keys() & old.keys() if new[cell] != old[cell])),
        ("Remontées qui ne comptent plus", sorted(old.keys() - new.keys())),
    ):
        if cells:
            said.append(f"{heading} : {' ; '.join(_named(cell) for cell in cells)}.")
    return said


def _by_cell(manifest: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for drop in manifest.get("drops", ()):
        found.setdefault((drop["kind"], drop["perimeter"]), []).append(f"{drop['sha256']} {drop['received_at']}")
    return {cell: sorted(files) for cell, files in found.items()}


def _named(cell: tuple[str, str]) -> str:
    kind, perimeter = cell
    return f"{perimeter_names().get(perimeter, perimeter)} ({french.label(kind).lower()})"


def _compared(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    old, new = before.get("compared_with"), now.get("compared_with")
    if old != new:
        return [f"L’édition est comparée au {french.semester(new)}." if new else "L’édition n’est plus comparée."]
    numbers = before.get("compared_with_revision"), now.get("compared_with_revision")
    if new and None not in numbers and numbers[0] != numbers[1]:
        return [f"L’édition à laquelle elle est comparée, celle du {french.semester(new)}, a été corrigée."]
    return []


def _document(editions: Mapping[str, Sequence[IndexedRevision]], newest: str) -> dict[str, object]:
    latest = editions[newest][-1]
    return {
        "latest": {"edition": newest, "revision": latest.revision, "path": latest.path},
        "editions": [
            {
                "edition": edition,
                "latest": {"revision": revisions[-1].revision, "path": revisions[-1].path},
                "revisions": [asdict(one) for one in revisions],
            }
            for edition, revisions in editions.items()
        ],
    }


def _page(template: str, **given: object) -> bytes:
    filters = (french.semester, french.plural, moment_of)
    return (templates("publication/site", *filters).get_template(template).render(**given) + "\n").encode()


def moment_of(text: str) -> str:
    """A time of a manifest, in French."""
    return french.moment(datetime.fromisoformat(text))
