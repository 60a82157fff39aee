"""A programming interface made of files: documents in JSON at paths that stay (docs/open-data.md).

What belongs here: which documents there are. What does not: the tables (`long_tables`). Rows are those of the published
tables, digit for digit: their lines are put together, and never written anew.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from orchestration.domain.perimeter import perimeter_names
from orchestration.publication.open_data.shown import Record, ShownRevision
from orchestration.store.digests import sha256

_ROOT = "api/v1"
# Of 255 that file systems allow, with room for an ending.
_LONGEST_NAME = 200
_OF_PROJECTS = ("slips", "movements", "rebaselines", "confidence", "forecasts", "sources")
# By kind of subject: the column of its id, the table with a row per edition in which it is, and the others about it.
_SUBJECTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "projects": ("project_id", "portfolio", _OF_PROJECTS),
    "procedures": ("procedure_id", "procedures", ("procedure_history", "sources")),
}


def api_files(shown: Sequence[ShownRevision]) -> dict[str, bytes]:
    """Every document: path from the root of the tree -> bytes."""
    files = {f"{_ROOT}/editions.json": _list([_edition(one) for one in shown])}
    files |= {f"{_ROOT}/editions/{one.edition}.json": _edition_whole(one) for one in shown}
    for kind in _SUBJECTS:
        files |= _subjects(kind, shown)
    files |= _perimeters(shown)
    return files | {f"{_ROOT}/index.json": _index()}


def file_name(subject: str) -> str:
    """The name of the file about a subject: its id, with what no path may hold percent-encoded.

    One that is too long for a file system is cut, and ends in a part of its SHA-256.
    """
    name = quote(subject, safe="").replace(".", "%2E")
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 17]}-{sha256(subject.encode())[:16]}"


def _index() -> bytes:
    paths = {
        "editions": "editions.json",
        "edition": "editions/{edition}.json",
        "projects": "projects.json",
        "project": "projects/{project_id}.json",
        "procedures": "procedures.json",
        "procedure": "procedures/{procedure_id}.json",
        "perimeters": "perimeters.json",
        "perimeter": "perimeters/{perimeter}.json",
    }
    said = "Paths are relative to this document; what stands in braces is percent-encoded, dots too."
    return _document({"version": 1, "note": json.dumps(said), "paths": json.dumps(paths)})


def _edition(one: ShownRevision) -> str:
    manifest = one.manifest
    said = {
        "edition": one.edition,
        "revision": one.revision,
        "path": one.path,
        "manifest_sha256": one.manifest_sha256,
        **{name: manifest.get(name) for name in ("released_at", "known_at", "method_version", "provisional")},
    }
    return json.dumps(said, ensure_ascii=False)


def _edition_whole(one: ShownRevision) -> bytes:
    figures = (one.folder / "figures.json").read_text(encoding="utf-8").strip()
    return _document({"about": _edition(one), "figures": figures})


def _subjects(kind: str, shown: Sequence[ShownRevision]) -> dict[str, bytes]:
    """The list of the subjects of a kind, and a document about each: its row by edition, and what is said of it."""
    column, table, others = _SUBJECTS[kind]
    rows: dict[str, list[Record]] = {}
    about: dict[str, dict[str, list[str]]] = {}
    for one in shown:
        for record in one.records(table):
            rows.setdefault(record[0][column], []).append(record)
        for other in others:
            for values, line in one.each_record(other):
                subject = values.get(column) or (values.get("subject") if values.get("kind") == kind else None)
                if subject is not None:
                    about.setdefault(subject, {}).setdefault(other, []).append(line)
    subjects = sorted(rows.keys() | about.keys())
    files = {
        f"{_ROOT}/{kind}/{file_name(subject)}.json": _document(
            {
                column: json.dumps(subject, ensure_ascii=False),
                "names": json.dumps(_names(rows.get(subject, [])), ensure_ascii=False),
                "editions": _array(line for _, line in rows.get(subject, [])),
            }
            | {other: _array(about.get(subject, {}).get(other, [])) for other in others}
        )
        for subject in subjects
    }
    listed = [json.dumps(_listed(column, subject, rows[subject]), ensure_ascii=False) for subject in sorted(rows)]
    return files | {f"{_ROOT}/{kind}.json": _list(listed)}


def _listed(column: str, subject: str, records: Sequence[Record]) -> dict[str, Any]:
    last = records[-1][0]
    return {
        column: subject,
        "name": last["name"],
        "perimeter": last["perimeter"],
        "first_edition": records[0][0]["edition"],
        "last_edition": last["edition"],
        "path": f"{column.removesuffix('_id')}s/{file_name(subject)}.json",
    }


def _names(records: Iterable[Record]) -> list[str]:
    """The names that it bore, in the order in which it first bore them."""
    return list(dict.fromkeys(values["name"] for values, _ in records if values["name"]))


def _perimeters(shown: Sequence[ShownRevision]) -> dict[str, bytes]:
    """By perimeter, what it filed and what is said of its projects, edition by edition."""
    tables = ("submissions", "portfolio", "movements", "slips", "procedures", "procedure_scores")
    rows: dict[str, dict[str, list[str]]] = {code: {} for code in perimeter_names()}
    for one in shown:
        for table in tables:
            for values, line in one.records(table):
                if values["perimeter"] in rows:
                    rows[values["perimeter"]].setdefault(table, []).append(line)
    names = perimeter_names()
    files = {
        f"{_ROOT}/perimeters/{code}.json": _document(
            {"perimeter": json.dumps(code), "name": json.dumps(names[code], ensure_ascii=False)}
            | {table: _array(rows[code].get(table, [])) for table in tables}
        )
        for code in rows
    }
    listed = [json.dumps({"perimeter": code, "name": names[code]}, ensure_ascii=False) for code in names]
    return files | {f"{_ROOT}/perimeters.json": _list(listed)}


def _document(members: Mapping[str, object]) -> bytes:
    """An object of members that are JSON already."""
    lines = ",\n".join(f"{json.dumps(name)}: {text}" for name, text in members.items())
    return f"{{\n{lines}\n}}\n".encode()


def _array(lines: Iterable[str]) -> str:
    text = ",\n".join(lines)
    return f"[\n{text}\n]" if text else "[]"


def _list(lines: Iterable[str]) -> bytes:
    return f"{_array(lines)}\n".encode()
