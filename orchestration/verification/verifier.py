#!/usr/bin/env python3
"""Says whether a publication of Jalons is what it says: offline, without a home, with Python's standard library alone.

This file is published as `verifier.py` beside what it verifies, and shares no code with what made it: the figures are
computed here again, on exact fractions, from the published tables. Everything that it reads may be hostile.
What belongs here: all that can be told of a release but of its Parquet files. What does not: those, and fetching what
is on another machine (`orchestration.verification`).
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import json
import os
import re
import stat
import struct
import sys
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from functools import lru_cache
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path
from typing import Any, Callable, NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree

# What a file may hold at most: a release of 250 procedures and 300 projects has a few megabytes.
MOST_BYTES = 256 * 2**20
MOST_FILES = 50_000
MOST_UNZIPPED = 512 * 2**20
MOST_TOLD = 20
_DEEPEST = 12

# The method whose rules this file knows; the figures of another one are read, not computed again.
METHODS = ("2.0.0",)
TOP50_ABOVE_MEUR = 9
PLACES_OF_TOP250 = 250
LEAST_PROJECTS_COMPARED = 20

MANIFEST, SIGNATURE = "MANIFEST.json", "MANIFEST.json.minisig"
UNTRUSTED_COMMENT = "untrusted comment: Jalons, signature of MANIFEST.json"

_EDITION = re.compile(r"[0-9]{4}-S[12]")
_REVISION = re.compile(r"r([1-9][0-9]{0,5})")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
_UNSEEN = re.compile(r"[^\x20-\x7e\u00a0-\u024f\u2010-\u2027\u202f\u20ac\u2212]")
# Before these French has a space that no line breaks at.
_MARKS = re.compile(r" (?=[:;!?»%])|(?<=«) ")


class Unreadable(Exception):
    """What was asked for is not there, or is no publication: nothing can be said of it."""


class _Damaged(ValueError):
    """A file that is not of its form; its words are for the reader."""


class _NotPublished(Exception):
    """A column or a table that the release does not have: what rests on it is not proved."""


def typeset(sentence: str) -> str:
    """A sentence with the no-break spaces of French."""
    return _MARKS.sub("\u00a0", sentence)


def _shown(value: object, most: int = 80) -> str:
    """What a file says, as one short line of signs that a terminal only shows."""
    if isinstance(value, Fraction):
        value = _decimal_text(value)
    text = _UNSEEN.sub("\ufffd", "rien" if value is None else str(value))
    return text if len(text) <= most else text[: most - 1] + "…"


def _decimal_text(value: Fraction) -> str:
    scaled = _half_up(value, 12)
    sign, digits = "−" if scaled < 0 else "", str(abs(scaled.numerator * 10**12 // scaled.denominator)).rjust(13, "0")
    whole, rest = digits[:-12], digits[-12:].rstrip("0")
    return sign + whole + ("," + rest if rest else "")


def _plural(number: int, one: str, many: str) -> str:
    return f"{number} {one if number < 2 else many}"


# What was found.


class Report:
    """What was found wrong, what was proved and how often, and what could not be."""

    def __init__(self) -> None:
        self.wrong: list[tuple[str, str]] = []
        self.counts: Counter[str] = Counter()
        self._unproved: dict[str, list[str]] = {}

    def blame(self, where: str, sentence: str) -> None:
        """Note that something is wrong."""
        if (found := (where, typeset(sentence))) not in self.wrong:
            self.wrong.append(found)

    def count(self, what: str, number: int = 1) -> None:
        """Note that so many things were looked at."""
        self.counts[what] += number

    def leave(self, where: str, sentence: str) -> None:
        """Note that something could not be proved."""
        places = self._unproved.setdefault(typeset(sentence), [])
        if where and where not in places:
            places.append(where)

    @property
    def unproved(self) -> list[str]:
        """What could not be proved, each with where."""
        return [f"{sentence}{_places(places)}" for sentence, places in self._unproved.items()]

    @property
    def proved(self) -> list[str]:
        """What was proved, with how many; nothing of what was found wrong in part is left out."""
        return [typeset(say(self.counts[what])) for what, say in _PROVED.items() if self.counts[what]]

    def lines(self) -> Iterator[str]:
        """The whole as a reader is told it."""
        for where, sentence in self.wrong[:MOST_TOLD]:
            yield f"✗ {where} — {sentence}" if where else f"✗ {sentence}"
        if len(self.wrong) > MOST_TOLD:
            yield f"✗ … et {len(self.wrong) - MOST_TOLD} autres constats."
        yield ""
        yield typeset("Ce qui a été contrôlé :" if self.wrong else "Ce qui est prouvé :")
        yield from (f"  ✓ {one}" for one in self.proved)
        if self.unproved:
            yield typeset("Ce qui ne l’est pas :")
            yield from (f"  – {one}" for one in self.unproved)
        yield ""
        if self.wrong:
            yield typeset(f"Non conforme : {_plural(len(self.wrong), 'constat', 'constats')}.")
        else:
            yield typeset("Conforme : rien de ce qui a pu être contrôlé ne manque, ne diffère ni n’est en trop.")


def _places(places: Sequence[str]) -> str:
    if not places:
        return ""
    return f" ({', '.join(places[:6])}{f' et {len(places) - 6} autres' if len(places) > 6 else ''})"


_PROVED: dict[str, Callable[[int], str]] = {
    "revisions": lambda n: f"{_plural(n, 'révision lue', 'révisions lues')}.",
    "trees": lambda _: "Les tables de toutes les éditions lues.",
    "files": lambda n: (
        f"Fichiers : {_plural(n, 'fichier a', 'fichiers ont')} la taille et l’empreinte SHA-256 du "
        "manifeste ; aucun ne manque, aucun n’est en trop."
    ),
    "signatures": lambda n: f"Signature : {_plural(n, 'manifeste signé', 'manifestes signés')} par la clé donnée.",
    "chain": lambda n: (
        f"Chaîne : {_plural(n, 'révision nomme', 'révisions nomment')} l’empreinte du manifeste de la précédente."
    ),
    "expected": lambda _: "Dernière révision : son manifeste a l’empreinte attendue (--expect).",
    "schemas": lambda n: (
        f"Schémas : {_plural(n, 'valeur conforme', 'valeurs conformes')} à datapackage.json (types, "
        "valeurs obligatoires, listes, clés)."
    ),
    "formats": lambda n: f"Formats : {_plural(n, 'valeur égale', 'valeurs égales')} à celles du CSV de référence.",
    "parquet": lambda n: f"Parquet : {_plural(n, 'valeur égale', 'valeurs égales')} à celles du CSV de référence.",
    "figures": lambda n: (
        f"Chiffres clés : {_plural(n, 'valeur recalculée', 'valeurs recalculées')} à partir des tables."
    ),
    "rows": lambda n: (
        f"Lignes des tables (taux, motifs, classements, niveaux, statuts) : "
        f"{_plural(n, 'valeur recalculée', 'valeurs recalculées')}."
    ),
    "changes": lambda n: (
        f"Évolutions : {_plural(n, 'valeur recalculée', 'valeurs recalculées')} avec l’édition précédente."
    ),
    "decompositions": lambda n: (
        f"Décompositions et contributions : {_plural(n, 'valeur recalculée', 'valeurs recalculées')}, sommes exactes."
    ),
    "movements": lambda n: (
        f"Mouvements : {_plural(n, 'valeur recalculée', 'valeurs recalculées')} à partir des portefeuilles."
    ),
    "slips": lambda n: f"Glissements : {_plural(n, 'valeur recalculée', 'valeurs recalculées')}.",
    "slip_rules": lambda n: (
        f"Glissements : {_plural(n, 'cas examiné', 'cas examinés')} pour que chaque projet qui "
        "remplit la condition d’une règle y soit, et aucun autre."
    ),
    "pages": lambda n: f"Pages : {_plural(n, 'chiffre marqué égal', 'chiffres marqués égaux')} à ceux des tables.",
    "long_tables": lambda n: (
        f"Tables de toutes les éditions : {_plural(n, 'ligne égale', 'lignes égales')} à celles des révisions."
    ),
}


# Reading, with limits: what is read may be of anybody.


def is_safe(path: object) -> bool:
    """Whether a path of a manifest stays inside its folder, on any system."""
    if not isinstance(path, str) or not 0 < len(path) <= 250:
        return False
    parts = path.split("/")
    return len(parts) <= _DEEPEST and all(
        part not in ("", ".", "..") and part.isprintable() and not set(part) & set('\\:*?"<>|') for part in parts
    )


def _read(folder: Path, path: str, most: int = MOST_BYTES) -> bytes:
    """The bytes of a regular file inside a folder; no link is followed on the way."""
    if not is_safe(path):
        raise _Damaged("le chemin sort du dossier ou n’en est pas un")
    at = folder
    for part in path.split("/"):
        at = at / part
        if stat.S_ISLNK(at.lstat().st_mode):
            raise _Damaged("un lien symbolique tient lieu de fichier ou de dossier")
    if not stat.S_ISREG(at.lstat().st_mode):
        raise _Damaged("ce n’est pas un fichier ordinaire")
    # Between the look and the opening it may have become another.
    opened = os.open(
        at, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    with os.fdopen(opened, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise _Damaged(f"il dépasse {most // 2**20 or 1} Mo")
    return data


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(islice(entries, MOST_FILES + 1))


def _files_under(folder: Path) -> tuple[dict[str, int], list[str]]:
    """The sizes of the regular files under a folder, by path, and what is neither file nor folder."""
    files, others, waiting = dict[str, int](), list[str](), [(folder, "")]
    while waiting:
        at, prefix = waiting.pop()
        for entry in _entries(at):
            path = prefix + entry.name
            if entry.is_symlink() or not (entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)):
                others.append(path)
            elif entry.is_file(follow_symlinks=False):
                files[path] = entry.stat(follow_symlinks=False).st_size
            elif path.count("/") >= _DEEPEST:
                others.append(path)
            else:
                waiting.append((Path(entry.path), path + "/"))
            if len(files) + len(others) > MOST_FILES:
                raise Unreadable(f"{folder} a plus de {MOST_FILES} fichiers")
    return files, others


def _no_constant(name: str) -> object:
    raise _Damaged(f"{name} n’est pas une valeur JSON")


# The same numbers come back in each format.
_fraction = lru_cache(maxsize=2**17)(Fraction)


def _json_number(text: str) -> Fraction:
    found = _NUMBER.fullmatch(text)
    if found is None and not re.fullmatch(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?[eE][+-]?[0-9]{1,2}", text):
        raise _Damaged("un nombre est démesuré")
    return _fraction(text)


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Damaged("une clé y est deux fois")
    return found


def _json(data: bytes) -> Any:
    """What a JSON text says, numbers as fractions; raise `_Damaged` for what is none, too deep or too large."""
    try:
        return json.loads(
            data.decode("utf-8"),
            parse_float=_json_number,
            parse_int=_json_number,
            parse_constant=_no_constant,
            object_pairs_hook=_pairs,
        )
    except _Damaged:
        raise
    except RecursionError:
        raise _Damaged("le JSON est trop profond") from None
    except ValueError:
        raise _Damaged("ce n’est pas du JSON en UTF-8") from None


class Row(dict[str, str]):
    """A row of a reference CSV; an empty cell is nothing."""

    def __missing__(self, column: str) -> str:
        raise _NotPublished(column)

    def text(self, column: str) -> str | None:
        """The cell, `None` where it is empty."""
        return self[column] or None

    def number(self, column: str) -> Fraction | None:
        """The exact number of a cell."""
        if not (text := self[column]):
            return None
        if not _NUMBER.fullmatch(text):
            raise _Damaged(f"{column} : « {_shown(text)} » n’est pas un nombre")
        return _fraction(text)

    def flag(self, column: str) -> bool | None:
        """The truth of a cell."""
        text = self[column]
        if text not in ("", "true", "false"):
            raise _Damaged(f"{column} : « {_shown(text)} » n’est ni true ni false")
        return None if not text else text == "true"

    def day(self, column: str) -> date | None:
        """The day of a cell."""
        return _day(text) if (text := self[column]) else None


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise _Damaged(f"« {_shown(text)} » n’est pas une date")
    try:
        return date(int(text[:4]), int(text[5:7]), int(text[8:]))
    except ValueError:
        raise _Damaged(f"« {_shown(text)} » n’est pas une date") from None


def _moment(text: object) -> datetime:
    """An instant as manifests and tables write it, in UTC."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise _Damaged(f"« {_shown(text)} » n’est pas un instant")
    try:
        moment = datetime.strptime(text[:19] + "+0000", "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        raise _Damaged(f"« {_shown(text)} » n’est pas un instant") from None
    return moment.replace(microsecond=int((text[20:-1] or "0").ljust(6, "0")))


class Table(NamedTuple):
    """A published table, as its reference CSV has it."""

    columns: tuple[str, ...]
    rows: list[Row]


def _cells(data: bytes, delimiter: str, line_end: str, encoding: str = "utf-8") -> list[list[str]]:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise _Damaged("ce n’est pas de l’UTF-8") from None
    if "\0" in text:
        raise _Damaged("il contient un octet nul")
    if not text.endswith(line_end):
        raise _Damaged("sa dernière ligne n’est pas finie")
    csv.field_size_limit(2**20)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise _Damaged("ce n’est pas du CSV") from None


def read_csv(data: bytes) -> Table:
    """Read a reference CSV; raise `_Damaged` for what is none."""
    lines = _cells(data, ",", "\n")
    header = lines[0] if lines else []
    if (
        not header
        or len(set(header)) != len(header)
        or not all(re.fullmatch(r"[a-z][a-z0-9_]{0,80}", one) for one in header)
    ):
        raise _Damaged("ses colonnes n’ont pas de noms, ou deux ont le même")
    if any(len(line) != len(header) for line in lines):
        raise _Damaged("une ligne n’a pas autant de cellules que l’en-tête")
    return Table(tuple(header), [Row(zip(header, line)) for line in lines[1:]])


# Signatures: Ed25519 (RFC 8032) as minisign uses it.

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)


def _add(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    found = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = _add(found, point)
        point, scalar = _add(point, point), scalar >> 1
    return found


def _decoded(data: bytes) -> tuple[int, int, int, int] | None:
    """The point that 32 bytes stand for; `None` for none, and for a second writing of one."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _encoded(point: tuple[int, int, int, int]) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _is_of_small_order(point: tuple[int, int, int, int]) -> bool:
    x, _, z, _ = _times(8, point)
    return x % _P == 0 and z % _P != 0


def ed25519_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is of this message by this key; strict: one form of each number, no key of small order."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, s = _decoded(public), int.from_bytes(signature[32:], "little")
    if key is None or s >= _ORDER or _is_of_small_order(key):
        return False
    base = _decoded((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    x, y, z, t = _times(h, key)
    return base is not None and _encoded(_add(_times(s, base), (_P - x, y, z, _P - t))) == signature[:32]


class Key(NamedTuple):
    """A public key of minisign."""

    id: bytes
    public: bytes

    @property
    def fingerprint(self) -> str:
        """What people compare: the SHA-256 of the key, in groups of four."""
        digest = hashlib.sha256(self.public).hexdigest()
        return " ".join(digest[at : at + 4] for at in range(0, 64, 4))


def _decoded_64(text: str, length: int) -> bytes | None:
    """The bytes of a base64 text in its only form; `None` for another."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        return None
    return data if len(data) == length and base64.b64encode(data).decode() == text else None


def read_key(given: str) -> Key:
    """The public key in a file of minisign, or in the text itself; raise `Unreadable` for what is none."""
    text = given.strip()
    if not re.fullmatch(r"[A-Za-z0-9+/]{56}", text):
        try:
            lines = _read(Path(given).resolve().parent, Path(given).name, 4096).decode("utf-8").splitlines()
        except (OSError, ValueError):
            raise Unreadable(f"la clé {_shown(given)} ne peut pas être lue") from None
        text = lines[1].strip() if len(lines) >= 2 and lines[0].startswith("untrusted comment:") else ""
    data = _decoded_64(text, 42)
    if data is None or data[:2] != b"Ed":
        raise Unreadable(f"{_shown(given)} n’est pas une clé publique de minisign")
    return Key(data[2:10], data[10:])


def check_signature(
    where: str, manifest: bytes, signature: bytes, comment: str, key: Key | None, report: Report
) -> None:
    """Hold a signature to its only form, to what the manifest says and, with a key, to whoever has it."""
    where = f"{where}/{SIGNATURE}"
    try:
        lines = signature.decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = []
    if len(lines) != 5 or lines[4] or lines[0] != UNTRUSTED_COMMENT:
        report.blame(where, "la signature n’a pas la forme de minisign, avec le commentaire de Jalons.")
        return
    signed, over_all = _decoded_64(lines[1], 74), _decoded_64(lines[3], 64)
    if signed is None or over_all is None or signed[:2] != b"ED":
        report.blame(where, "la signature n’est pas écrite dans sa seule forme (base64, algorithme ED).")
        return
    if lines[2] != f"trusted comment: {comment}":
        report.blame(
            where, f"le commentaire signé dit « {_shown(lines[2])} » ; le manifeste dit « {_shown(comment)} »."
        )
    if key is None:
        return
    if signed[2:10] != key.id:
        report.blame(where, "la signature est d’une autre clé que celle qui est donnée.")
        return
    digest = hashlib.blake2b(manifest, digest_size=64).digest()
    is_signed = ed25519_verifies(key.public, digest, signed[10:])
    is_bound = ed25519_verifies(key.public, signed[10:] + lines[2][len("trusted comment: ") :].encode(), over_all)
    if not is_signed:
        report.blame(where, "la signature n’est pas celle de ce manifeste par la clé donnée.")
    if not is_bound:
        report.blame(where, "le commentaire n’est pas signé par la clé donnée.")
    if is_signed and is_bound:
        report.count("signatures")


# A release: its manifest, its files, and what stands beside it.

_OLD_KEYS = ("edition", "revision", "released_at", "content_sha256", "compared_with", "files", "drops")
_KEYS = (
    *("edition", "revision", "released_at", "known_at", "method_version", "method_before", "provisional"),
    *("missing_perimeters", "is_correction", "content_sha256", "compared_with", "compared_with_revision"),
    *("previous_manifest_sha256", "licence", "publisher", "versions", "files", "drops"),
)
_TREE_KEYS = ("kind", "released_at", "revisions", "licence", "publisher", "versions", "files")


class Release:
    """A revision of an edition, or the tree over editions: its manifest and its files as they were found."""

    def __init__(self, folder: Path, where: str, manifest: bytes, said: dict[str, Any]) -> None:
        self.folder, self.where, self.manifest_bytes, self.said = folder, where, manifest, said
        self.files: dict[str, bytes] = {}
        self._tables: dict[str, Table] = {}

    @property
    def is_tree(self) -> bool:
        """Whether it is the tree over all editions."""
        return bool(self.said.get("kind") == "tree")

    @property
    def edition(self) -> str:
        """The code of its edition; nothing for the tree."""
        return str(self.said.get("edition", ""))

    @property
    def sha256(self) -> str:
        """The fingerprint of its manifest."""
        return hashlib.sha256(self.manifest_bytes).hexdigest()

    @property
    def is_of_known_method(self) -> bool:
        """Whether its figures were made by rules that this file has too."""
        return self.said.get("method_version") in METHODS

    def table(self, name: str) -> Table:
        """A published table by its name; raise `_NotPublished` where it is not there."""
        if name not in self._tables:
            if (data := self.files.get(f"data/{name}.csv")) is None:
                raise _NotPublished(name)
            self._tables[name] = read_csv(data)
        return self._tables[name]

    def rows(self, name: str) -> list[Row]:
        """The rows of a published table; none where the edition has nothing of the kind."""
        try:
            return self.table(name).rows
        except _NotPublished:
            return []

    def has(self, name: str) -> bool:
        """Whether a table is published."""
        return f"data/{name}.csv" in self.files

    @property
    def names(self) -> list[str]:
        """The names of its tables."""
        return sorted(
            path[len("data/") : -len(".csv")] for path in self.files if re.fullmatch(r"data/[a-z][a-z0-9_]*\.csv", path)
        )

    @property
    def known_at(self) -> datetime:
        """From when on it is in force."""
        return _moment(self.said.get("known_at") or self.said["released_at"])


def open_release(folder: Path, where: str, report: Report) -> Release | None:
    """The release in a folder; what is wrong with its manifest is told, and `None` where it cannot be used."""
    try:
        data = _read(folder, MANIFEST)
        said = _json(data)
        _expect_shape(said)
    except FileNotFoundError:
        report.blame(where, "MANIFEST.json n’est pas là.")
        return None
    except (_Damaged, OSError) as error:
        report.blame(f"{where}/{MANIFEST}", f"le manifeste ne peut pas être lu : {_why(error)}.")
        return None
    return Release(folder, where, data, said)


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return "il n’est pas là" if isinstance(error, FileNotFoundError) else "le système refuse de le lire"
    return str(error) or type(error).__name__


def _expect_shape(said: object) -> None:
    if not isinstance(said, dict):
        raise _Damaged("ce n’est pas un objet JSON")
    is_tree = said.get("kind") == "tree"
    keys = _TREE_KEYS if is_tree else _KEYS if "versions" in said else _OLD_KEYS
    if missing := [key for key in keys if key not in said]:
        raise _Damaged(f"il y manque {', '.join(missing)}")
    _moment(said["released_at"])
    if said.get("known_at") is not None:
        _moment(said["known_at"])
    if not is_tree:
        if not (isinstance(said["edition"], str) and _EDITION.fullmatch(said["edition"])):
            raise _Damaged("edition n’est pas le code d’une édition")
        if not _is_count(said["revision"], 1):
            raise _Damaged("revision n’est pas un numéro")
    for one in _records(said, "files"):
        if not (is_safe(one.get("path")) and _is_count(one.get("bytes"), 0) and _is_sha256(one.get("sha256"))):
            raise _Damaged(f"l’entrée de {_shown(one.get('path'))} n’a pas de chemin, de taille ou d’empreinte valable")
    paths = [one["path"] for one in said["files"]]
    if len({path.lower() for path in paths}) != len(paths) or {MANIFEST, SIGNATURE} & set(paths):
        raise _Damaged("un fichier y est deux fois")
    for one in _records(said, "drops") if not is_tree else ():
        if not (
            isinstance(one.get("kind"), str) and isinstance(one.get("perimeter"), str) and _is_sha256(one.get("sha256"))
        ):
            raise _Damaged("un dépôt n’y a pas de nature, de périmètre ou d’empreinte")
        _moment(one.get("received_at"))
    for one in _records(said, "revisions") if is_tree else ():
        if not (
            isinstance(one.get("edition"), str)
            and _is_count(one.get("revision"), 1)
            and _is_sha256(one.get("manifest_sha256"))
        ):
            raise _Damaged("une révision n’y a pas d’édition, de numéro ou d’empreinte")


def _records(said: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = said[key]
    if not isinstance(found, list) or len(found) > MOST_FILES or not all(isinstance(one, dict) for one in found):
        raise _Damaged(f"{key} n’est pas une liste d’entrées")
    return found


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, Fraction) and value.denominator == 1 and least <= value < 10**12


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def check_files(release: Release, report: Report) -> None:
    """Hold the files of a release to its manifest; those that are listed are read, whatever they are."""
    listed = {one["path"]: one for one in release.said["files"]}
    found, others = _files_under(release.folder)
    for path in others:
        report.blame(f"{release.where}/{_shown(path)}", "c’est un lien symbolique, ou rien de ce qui se publie.")
    for path in sorted(found.keys() - listed.keys() - {MANIFEST, SIGNATURE}):
        report.blame(f"{release.where}/{_shown(path)}", "le fichier est en trop : le manifeste ne le nomme pas.")
    for path, one in listed.items():
        where = f"{release.where}/{_shown(path)}"
        try:
            data = _read(release.folder, path)
        except (_Damaged, OSError) as error:
            report.blame(where, f"le fichier ne peut pas être lu : {_why(error)}.")
            continue
        release.files[path] = data
        if len(data) != one["bytes"]:
            report.blame(where, f"le fichier a {len(data)} octets ; le manifeste en dit {one['bytes']}.")
        elif hashlib.sha256(data).hexdigest() != one["sha256"]:
            report.blame(where, "le fichier n’a pas l’empreinte SHA-256 du manifeste.")
        else:
            report.count("files")


def trusted_comment(release: Release) -> str:
    """What is signed beside a manifest."""
    said = release.said
    if release.is_tree:
        return f"tree released_at:{said['released_at']}"
    return f"edition:{said['edition']} revision:{said['revision']} released_at:{said['released_at']}"


def signature_of(release: Release, report: Report) -> bytes | None:
    """The signature that stands beside a manifest, if any."""
    try:
        return _read(release.folder, SIGNATURE, 4096)
    except FileNotFoundError:
        return None
    except (_Damaged, OSError) as error:
        report.blame(f"{release.where}/{SIGNATURE}", f"la signature ne peut pas être lue : {_why(error)}.")
        return None


def check_chain(chain: Sequence[Release], key: Key | None, report: Report) -> None:
    """Hold the revisions of an edition, oldest first, to each other and to the key; the newest must be signed."""
    is_covered = False
    for place in range(len(chain) - 1, -1, -1):
        release = chain[place]
        wrong = len(report.wrong)
        signed_before = report.counts["signatures"]
        if (signature := signature_of(release, report)) is not None:
            check_signature(release.where, release.manifest_bytes, signature, trusted_comment(release), key, report)
        elif len(report.wrong) == wrong:
            _tell_unsigned(release, key, is_covered, report)
        is_signed = report.counts["signatures"] > signed_before or is_covered
        before = chain[place - 1] if place else None
        is_covered = not release.is_tree and _is_chained(release, before, report) and is_signed
    if key is None:
        report.leave(
            "", "Qui a publié : aucune clé n’est donnée (--key), les signatures n’ont été lues que dans leur forme."
        )


def _tell_unsigned(release: Release, key: Key | None, is_covered: bool, report: Report) -> None:
    if is_covered:
        report.leave(
            release.where, "Signature propre : cette révision n’en a pas ; la chaîne d’une révision signée la couvre."
        )
    elif key is not None:
        report.blame(f"{release.where}/{SIGNATURE}", "aucune signature, alors qu’une clé est donnée.")
    else:
        report.leave(release.where, "Signature : il n’y en a pas.")


def _is_chained(release: Release, before: Release | None, report: Report) -> bool:
    """Whether a revision names the manifest of the one before, which is there."""
    said, number = release.said.get("previous_manifest_sha256"), int(release.said["revision"])
    if "previous_manifest_sha256" not in release.said:
        if number > 1:
            report.leave(
                release.where, "Chaîne : cette révision, d’une version antérieure, ne nomme pas la précédente."
            )
        return False
    if number == 1:
        if said is not None:
            report.blame(release.where, "la première révision dit en suivre une autre.")
        return False
    if before is None or int(before.said["revision"]) != number - 1:
        report.leave(release.where, "Chaîne : la révision précédente n’est pas là.")
        return False
    if said != before.sha256:
        report.blame(
            release.where,
            f"la chaîne est rompue : le manifeste de r{number - 1} n’a pas l’empreinte que celui-ci nomme.",
        )
        return False
    report.count("chain")
    return True


def check_place(release: Release, report: Report) -> None:
    """Hold a revision to the folder that it stands in."""
    named = _REVISION.fullmatch(release.folder.name)
    if named and int(named[1]) != release.said["revision"]:
        report.blame(
            release.where, f"le dossier est r{named[1]}, le manifeste dit la révision {release.said['revision']}."
        )
    parent = release.folder.parent.name
    if _EDITION.fullmatch(parent) and parent != release.edition:
        report.blame(release.where, f"le dossier est celui de {parent}, le manifeste dit {release.edition}.")


# Schemas: the Table Schemas of datapackage.json, over the reference CSVs.

_STRING_TYPES = {"string", "list", "any", "array", "object"}


class Field(NamedTuple):
    """A column by its Table Schema."""

    name: str
    type: str
    constraints: dict[str, Any]
    separator: str
    allowed: frozenset[str] | None


class Schema(NamedTuple):
    """A table by its Table Schema."""

    table: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...]


def read_schemas(release: Release) -> dict[str, Schema]:
    """The schema of each table by its name, out of datapackage.json; raise `_Damaged` for what is none."""
    package = _json(release.files["datapackage.json"])
    if not isinstance(package, dict):
        raise _Damaged("ce n’est pas un objet JSON")
    schemas, resources = dict[str, Schema](), dict[str, str]()
    for resource in _records(package, "resources"):
        path, name = resource.get("path"), resource.get("name")
        if (
            isinstance(path, str)
            and isinstance(name, str)
            and (table := re.fullmatch(r"data/([a-z][a-z0-9_]*)\.csv", path))
        ):
            resources[name] = table[1]
    for resource in package["resources"]:
        if resource.get("name") in resources:
            schema = _schema(resources[resource["name"]], resource.get("schema"), resources)
            schemas[schema.table] = schema
    return schemas


def _schema(table: str, said: Any, resources: dict[str, str]) -> Schema:
    if not isinstance(said, dict):
        raise _Damaged(f"le schéma de {table} n’y est pas")
    keys = []
    for one in said.get("foreignKeys", []):
        reference = one["reference"]
        of = reference.get("resource") or None
        keys.append(
            (_names(one["fields"]), table if of is None else resources.get(of, of), _names(reference["fields"]))
        )
    return Schema(table, tuple(map(_field, _records(said, "fields"))), _names(said.get("primaryKey", [])), tuple(keys))


def _names(said: Any) -> tuple[str, ...]:
    names = (said,) if isinstance(said, str) else tuple(said)
    if not all(isinstance(name, str) for name in names):
        raise _Damaged("une clé n’y est pas faite de colonnes")
    return names


def _field(said: dict[str, Any]) -> Field:
    name, kind, constraints = said.get("name"), said.get("type", "any"), said.get("constraints", {})
    if not isinstance(name, str) or not isinstance(kind, str) or not isinstance(constraints, dict):
        raise _Damaged("un champ n’y a pas de nom ou de type")
    allowed = [_plain(one) for one in constraints.get("enum", [])]
    for one in said.get("categories", []):
        allowed.append(_plain(one.get("value") if isinstance(one, dict) else one))
    return Field(name, kind, constraints, str(said.get("delimiter", ", ")), frozenset(allowed) if allowed else None)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return str(value) if value.denominator == 1 else _decimal_text(value).replace(",", ".")
    return str(value)


def _is_of_type(kind: str, text: str) -> bool:
    try:
        if kind == "date":
            return bool(_day(text))
        if kind == "datetime":
            return bool(_moment(text))
    except _Damaged:
        return False
    patterns = {
        "integer": _WHOLE,
        "number": _NUMBER,
        "boolean": re.compile("true|false"),
        "year": re.compile("[0-9]{4}"),
    }
    return kind in _STRING_TYPES or kind not in patterns or patterns[kind].fullmatch(text) is not None


def check_schemas(release: Release, report: Report) -> dict[str, Schema]:
    """Hold the reference CSVs to datapackage.json; the schemas, none where they are not published."""
    if "datapackage.json" not in release.files:
        report.leave(release.where, "Schémas : pas de datapackage.json.")
        return {}
    where = f"{release.where}/datapackage.json"
    try:
        schemas = read_schemas(release)
    except (_Damaged, KeyError, TypeError, AttributeError) as error:
        report.blame(where, f"les schémas ne peuvent pas être lus : {_why(error)}.")
        return {}
    for name in sorted(set(release.names) ^ schemas.keys()):
        report.blame(where, f"la table {_shown(name)} n’a pas de schéma, ou n’est pas publiée.")
    for name in sorted(set(release.names) & schemas.keys()):
        _check_schema(release, schemas, name, report)
    _check_resources(release, report)
    return schemas


def _check_resources(release: Release, report: Report) -> None:
    listed = {one["path"]: one for one in release.said["files"]}
    for resource in _json(release.files["datapackage.json"])["resources"]:
        paths = resource.get("path")
        for path in paths if isinstance(paths, list) else [paths]:
            one = listed.get(path)
            said = str(resource.get("hash", "")).replace("sha256:", "")
            if one is None:
                report.blame(
                    f"{release.where}/datapackage.json", f"{_shown(path)} n’est pas un fichier de la publication."
                )
            elif (said and said != one["sha256"]) or resource.get("bytes", one["bytes"]) != one["bytes"]:
                report.blame(
                    f"{release.where}/datapackage.json",
                    f"{_shown(path)} n’a pas la taille ou l’empreinte du manifeste.",
                )


def _check_schema(release: Release, schemas: dict[str, Schema], name: str, report: Report) -> None:
    schema, table, where = schemas[name], release.table(name), f"{release.where}/data/{name}.csv"
    if tuple(field.name for field in schema.fields) != table.columns:
        report.blame(where, "les colonnes ne sont pas celles du schéma, dans leur ordre.")
        return
    for field in schema.fields:
        for place, row in enumerate(table.rows, 2):
            if fault := _fault(field, row[field.name]):
                report.blame(where, f"ligne {place}, {field.name} : {fault}.")
        if field.constraints.get("unique") is True:
            values = [row[field.name] for row in table.rows if row[field.name]]
            if len(set(values)) != len(values):
                report.blame(where, f"{field.name} : une valeur qui doit être unique y est deux fois.")
    if schema.primary_key:
        keys = [tuple(row[column] for column in schema.primary_key) for row in table.rows]
        if len(set(keys)) != len(keys):
            report.blame(where, f"deux lignes ont la même clé ({', '.join(schema.primary_key)}).")
    for columns, of, referred in schema.foreign_keys:
        if not release.has(of):
            report.leave(where, f"Clé étrangère vers {_shown(of)} : cette table n’est pas publiée ici.")
            continue
        known = {tuple(row[column] for column in referred) for row in release.table(of).rows}
        for place, row in enumerate(table.rows, 2):
            value = tuple(row[column] for column in columns)
            if all(value) and value not in known:
                report.blame(where, f"ligne {place} : {_shown(', '.join(value))} n’est pas dans {of}.")
    report.count("schemas", len(table.rows) * len(table.columns))


def _fault(field: Field, text: str) -> str | None:
    limits = field.constraints
    if not text:
        return "la valeur est obligatoire" if limits.get("required") is True else None
    if not _is_of_type(field.type, text):
        return f"« {_shown(text)} » n’est pas de type {field.type}"
    values = text.split(field.separator) if field.type == "list" else [text]
    if field.allowed is not None and not set(values) <= field.allowed:
        return f"« {_shown(text)} » n’est pas une valeur permise"
    if field.type in ("integer", "number") and _NUMBER.fullmatch(text):
        number = _fraction(text)
        least, most = limits.get("minimum"), limits.get("maximum")
        if (isinstance(least, Fraction) and number < least) or (isinstance(most, Fraction) and number > most):
            return f"{_shown(text)} est hors de ses bornes"
    return None


# The other text formats, held against the reference CSV.

# A text that a spreadsheet would take for a formula has an apostrophe before it in a CSV.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_FORMATS = (".fr.csv", ".json", ".xlsx", ".parquet")
# A table over all editions that is larger than that has no workbook.
MOST_CELLS_OF_A_WORKBOOK = 50_000


def _cell_count(table: Table) -> int:
    return len(table.columns) * len(table.rows)


def check_formats(release: Release, schemas: dict[str, Schema], report: Report) -> None:
    """Hold what a table says in CSV for Excel, JSON and XLSX to the reference CSV."""
    readers = {".fr.csv": _differs_in_french, ".json": _differs_in_json, ".xlsx": _differs_in_xlsx}
    for name in release.names:
        for suffix in _FORMATS:
            path = f"data/{name}{suffix}"
            if path not in release.files:
                if (
                    suffix == ".xlsx"
                    and release.is_tree
                    and _cell_count(release.table(name)) > MOST_CELLS_OF_A_WORKBOOK
                ):
                    report.leave(release.where, "Classeurs : au-delà de 50 000 cellules, une table n’en a pas.")
                elif schemas:
                    report.blame(f"{release.where}/{path}", "ce format de la table manque.")
                else:
                    report.leave(release.where, f"Format {suffix[1:]} : absent de cette révision.")
            elif suffix in readers:
                _check_format(release, name, path, readers[suffix], schemas.get(name), report)


# What reading a spoiled archive may raise, beside our own.
_UNREADABLE = (
    *(ValueError, TypeError, LookupError, OSError, EOFError, RuntimeError, ArithmeticError, struct.error),
    *(zipfile.BadZipFile, zlib.error, ElementTree.ParseError),
)
_Reader = Callable[[bytes, Table, "dict[str, Field]"], Iterator[str]]


def _check_format(
    release: Release, name: str, path: str, reader: _Reader, schema: Schema | None, report: Report
) -> None:
    table, where = release.table(name), f"{release.where}/{path}"
    fields = {field.name: field for field in schema.fields} if schema else {}
    try:
        differences = 0
        for difference in reader(release.files[path], table, fields):
            report.blame(where, difference)
            differences += 1
            if differences >= 5:
                break
    except _UNREADABLE as error:
        report.blame(where, f"le fichier ne peut pas être lu : {_why(error)}.")
        return
    if not differences:
        report.count("formats", len(table.rows) * len(table.columns))


def _same_shape(table: Table, header: Sequence[object], rows: int) -> Iterator[str]:
    if tuple(header) != table.columns:
        yield "les colonnes ne sont pas celles du CSV de référence."
    elif rows != len(table.rows):
        yield f"{_plural(rows, 'ligne', 'lignes')} ; le CSV de référence en a {len(table.rows)}."


def _unguarded(text: str) -> set[str]:
    """A text of a CSV as other formats may have it."""
    return {text, text[1:]} if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else {text}


def differs(place: int, column: str, found: object, text: str) -> str:
    """That a cell of another format is not that of the reference CSV."""
    return f"ligne {place}, {column} : « {_shown(found)} » ; le CSV de référence dit « {_shown(text)} »."


def _differs_in_french(data: bytes, table: Table, fields: dict[str, Field]) -> Iterator[str]:
    if not data.startswith(b"\xef\xbb\xbf"):
        yield "le CSV pour Excel ne commence pas par la marque de l’UTF-8."
    lines = _cells(data, ";", "\r\n", "utf-8-sig")
    wrong = list(_same_shape(table, lines[0] if lines else [], len(lines) - 1))
    yield from wrong
    for place, (line, row) in enumerate(zip(lines[1:], table.rows), 2) if not wrong else ():
        if len(line) != len(row):
            yield f"ligne {place} : elle n’a pas autant de cellules que l’en-tête."
            continue
        for (column, text), found in zip(row.items(), line):
            if found not in _unguarded(text) | _in_french(text, fields.get(column)):
                yield differs(place, column, found, text)


def _in_french(text: str, field: Field | None) -> set[str]:
    """How French Excel may be given what is no text."""
    kind = field.type if field else "any"
    if text in ("true", "false") and kind in ("boolean", "any"):
        return {"VRAI" if text == "true" else "FAUX"}
    if _NUMBER.fullmatch(text) and kind in ("number", "integer", "any"):
        return {text.replace(".", ",")}
    if kind in ("date", "datetime", "any") and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T|$)", text):
        day = f"{text[8:10]}/{text[5:7]}/{text[:4]}"
        clock = text[11:].rstrip("Z")
        return {day, f"{day} {clock[:5]}", f"{day} {clock[:8]}", f"{text[:10]} {clock}"}
    return set()


def _differs_in_json(data: bytes, table: Table, fields: dict[str, Field]) -> Iterator[str]:
    records = _json(data)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise _Damaged("ce n’est pas une liste d’enregistrements")
    wrong = list(_same_shape(table, table.columns, len(records)))
    yield from wrong
    for place, (record, row) in enumerate(zip(records, table.rows), 2) if not wrong else ():
        if tuple(record) != table.columns:
            yield f"enregistrement {place - 1} : ses clés ne sont pas les colonnes du CSV de référence."
            continue
        for column, text in row.items():
            if not _is_json_of(record[column], text, fields.get(column)):
                yield differs(place, column, record[column], text)


def _is_json_of(value: object, text: str, field: Field | None) -> bool:
    kind = field.type if field else None
    if value is None or value == []:
        return text == "" and (value is None or kind in (None, "list", "array"))
    if isinstance(value, bool):
        return text == ("true" if value else "false") and kind in (None, "boolean")
    if isinstance(value, Fraction):
        return bool(_NUMBER.fullmatch(text)) and _fraction(text) == value and kind in (None, "number", "integer")
    if isinstance(value, list):
        separator = field.separator if field else ", "
        return all(isinstance(one, str) for one in value) and separator.join(map(str, value)) in _unguarded(text)
    return isinstance(value, str) and value in _unguarded(text) and kind not in ("number", "integer", "boolean", "list")


_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINKS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_LINK_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _part(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    """A part of a workbook, of a bounded size and without any declaration of entities."""
    with archive.open(name) as file:
        data = file.read(MOST_UNZIPPED // 4 + 1)
    if len(data) > MOST_UNZIPPED // 4:
        raise _Damaged("une partie du classeur est démesurée")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _Damaged("une partie du classeur n’est pas en UTF-8") from None
    if "<!" in text.replace("<!--", "") or re.match(
        r"\s*<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", text, re.IGNORECASE
    ):
        raise _Damaged("une partie du classeur déclare des entités, ou un autre codage")
    return ElementTree.fromstring(text.encode())  # noqa: S314  (no declaration is let through)


def _workbook_rows(data: bytes) -> tuple[list[list[tuple[str, str]]], list[str]]:
    """The cells of the first sheet, each with its type, and the names of the sheets."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if len(entries) > 500 or sum(entry.file_size for entry in entries) > MOST_UNZIPPED:
            raise _Damaged("le classeur est démesuré")
        if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
            raise _Damaged("le classeur n’est pas comprimé comme un classeur")
        if len({entry.filename for entry in entries}) != len(entries) or archive.testzip() is not None:
            raise _Damaged("le classeur est abîmé")
        sheets = _part(archive, "xl/workbook.xml").findall(f"{_SHEET}sheets/{_SHEET}sheet")
        links = {
            one.get("Id"): one.get("Target", "")
            for one in _part(archive, "xl/_rels/workbook.xml.rels").iter(f"{_LINKS}Relationship")
        }
        if not sheets:
            raise _Damaged("le classeur n’a pas de feuille")
        target = links.get(sheets[0].get(_LINK_ID), "")
        texts = list[str]()
        if "xl/sharedStrings.xml" in archive.namelist():
            texts = [_text_of(one) for one in _part(archive, "xl/sharedStrings.xml").findall(f"{_SHEET}si")]
        sheet = _part(archive, target.lstrip("/") if target.startswith("/") else f"xl/{target}")
    rows = [_sheet_row(row, texts) for row in sheet.iter(f"{_SHEET}row")]
    return rows, [sheet.get("name", "") for sheet in sheets]


def _text_of(element: ElementTree.Element) -> str:
    text = "".join(one.text or "" for one in element.iter(f"{_SHEET}t"))
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _sheet_row(row: ElementTree.Element, texts: Sequence[str]) -> list[tuple[str, str]]:
    cells = list[tuple[str, str]]()
    for cell in row.findall(f"{_SHEET}c"):
        place = _column_place(cell.get("r", ""))
        if place > 2000 or place < len(cells):
            raise _Damaged("une cellule du classeur n’a pas sa place")
        cells.extend([("", "")] * (place - len(cells)))
        cells.append(_sheet_cell(cell, texts))
    return cells


def _column_place(address: str) -> int:
    found = re.fullmatch(r"([A-Z]{1,3})[0-9]{1,7}", address)
    if not found:
        raise _Damaged("une cellule du classeur n’a pas d’adresse")
    place = 0
    for letter in found[1]:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _sheet_cell(cell: ElementTree.Element, texts: Sequence[str]) -> tuple[str, str]:
    kind, value = cell.get("t", "n"), cell.find(f"{_SHEET}v")
    if cell.find(f"{_SHEET}f") is not None:
        raise _Damaged("une cellule du classeur est une formule")
    if kind == "inlineStr":
        return "s", _text_of(cell)
    text = (value.text or "") if value is not None else ""
    if kind == "s":
        if not re.fullmatch("[0-9]{1,7}", text) or int(text) >= len(texts):
            raise _Damaged("une cellule du classeur renvoie à un texte qui n’est pas là")
        return "s", texts[int(text)]
    return ("s" if kind == "str" else kind) if text else "", text


def _differs_in_xlsx(data: bytes, table: Table, fields: dict[str, Field]) -> Iterator[str]:
    rows, sheets = _workbook_rows(data)
    if "Notes" not in sheets[1:]:
        yield "le classeur n’a pas de seconde feuille « Notes »."
    wrong = list(_same_shape(table, [text for _, text in rows[0]] if rows else [], len(rows) - 1))
    yield from wrong
    for place, (cells, row) in enumerate(zip(rows[1:], table.rows), 2) if not wrong else ():
        padded = [*cells, *[("", "")] * (len(row) - len(cells))]
        if len(padded) > len(row):
            yield f"ligne {place} : elle a plus de cellules que l’en-tête."
        for (column, text), (kind, found) in zip(row.items(), padded):
            if not _is_cell_of(kind, found, text, fields.get(column)):
                yield differs(place, column, found, text)


def _is_cell_of(kind: str, found: str, text: str, field: Field | None) -> bool:
    declared = field.type if field else None
    if kind == "":
        return text == ""
    if kind == "b":
        return text == ("true" if found == "1" else "false") and declared in (None, "boolean")
    if kind == "s":
        cut = {one[:32767] for one in _unguarded(text)}
        return found in cut and declared not in ("number", "integer", "boolean")
    if kind != "n" or not re.fullmatch(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", found):
        return kind == "d" and found[:19] == text[:19]
    if _NUMBER.fullmatch(text):
        # Excel has fifteen digits or sixteen of a number.
        return declared not in ("string",) and abs(float(text) - float(found)) <= 1e-14 * abs(float(text))
    return _is_serial_of(float(found), text)


def _is_serial_of(serial: float, text: str) -> bool:
    """Whether a number of a workbook is the day or the time that a CSV writes."""
    try:
        moment = _moment(text) if "T" in text else datetime.combine(_day(text), datetime.min.time(), timezone.utc)
    except _Damaged:
        return False
    since = moment - datetime(1899, 12, 30, tzinfo=timezone.utc)
    return abs(since / timedelta(days=1) - serial) * 86400 < 1


# Exact arithmetic and the calendar, as docs/rules.md writes them.


def _half_up(value: Fraction, places: int) -> Fraction:
    """Rounded to so many digits, half away from zero."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if value >= 0 else -whole, 10**places)


def _ratio(numerator: Fraction | None, denominator: Fraction | None, places: int = 12) -> Fraction | None:
    """A ratio at its twelfth digit; nothing where either is unknown, or over 0."""
    if numerator is None or not denominator:
        return None
    return _half_up(numerator / denominator, places)


def _percent(rate: Fraction | None) -> Fraction | None:
    return None if rate is None else _half_up(rate * 100, 1)


def _less(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else one - other


_PRECISIONS = ("day", "month", "quarter", "semester")
_SLACK = Fraction(73, 4)


def _coarser(*precisions: str | None) -> str | None:
    known = [_PRECISIONS.index(one) for one in precisions if one in _PRECISIONS]
    return _PRECISIONS[max(known)] if known else None


def _first_day(day: date | None, precision: str | None) -> date | None:
    if day is None or precision not in ("month", "quarter", "semester"):
        return day
    months = {"month": 1, "quarter": 3, "semester": 6}[precision]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def _last_day(day: date | None, precision: str | None) -> date | None:
    first = _first_day(day, precision)
    if day is None or first is None or precision not in ("month", "quarter", "semester"):
        return day
    month = first.month + {"month": 1, "quarter": 3, "semester": 6}[precision]
    return (
        date(first.year + (month > 12), (month - 1) % 12 + 1, 1) - timedelta(days=1) if first.year < 9999 else date.max
    )


def _months(earlier: date | None, later: date | None) -> Fraction | None:
    if earlier is None or later is None:
        return None
    return Fraction(12 * (later.year - earlier.year) + later.month - earlier.month)


def _semesters(earlier: str, later: str) -> int:
    return 2 * (int(later[:4]) - int(earlier[:4])) + int(later[-1]) - int(earlier[-1])


def _as_of(edition: str) -> date:
    return date(int(edition[:4]), 6, 30) if edition[-1] == "1" else date(int(edition[:4]), 12, 31)


def _day_in_paris(moment: datetime) -> date:
    """The day of a time where ministries are; written out, since not every machine has the time zones."""
    start, end = (_last_sunday(moment.year, month) for month in (3, 10))
    return (moment + timedelta(hours=2 if start <= moment < end else 1)).date()


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=timezone.utc)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _said_on(edition: str, received_at: datetime) -> date:
    return min(_as_of(edition), _day_in_paris(received_at))


def _folded(name: str) -> str:
    """What a name is compared by: no case, accents, punctuation or spaces; `@` is an `a`."""
    bare = "".join(one for one in name.replace("@", "a") if not unicodedata.combining(one))
    apart = unicodedata.normalize("NFKD", bare).casefold().replace("œ", "oe").replace("æ", "ae")
    letters = "".join(one for one in apart if one.isascii() and one.isalnum())
    return letters or name.strip().lower()


class _Trajectory(NamedTuple):
    """When a project ends: its start and duration, or the end that it states."""

    start: date | None
    start_precision: str | None
    days: Fraction | None
    days_precision: str | None
    stated: date | None
    stated_precision: str | None


class _Ends(NamedTuple):
    """Two planned ends as far as they can be compared."""

    from_end: date | None
    to_end: date | None
    from_precision: str | None
    to_precision: str | None
    rounding: Fraction
    change: Fraction | None
    months: Fraction | None
    known: str | None


def _plus(day: date, days: Fraction) -> date:
    return day + timedelta(days=int(_half_up(days, 0)))


def _trajectories(row: Row) -> list[_Trajectory]:
    """What a row of the portfolio means; two where one of a former version may be read in two ways."""
    if "stated_end_date" in row:
        return [_trajectory(row, "", "current_duration")]
    start, days = row.day("start_date"), row.number("current_duration_days")
    start_precision, precision = row.text("start_precision"), row.text("current_duration_precision")
    end, end_precision = row.day("planned_end_date"), row.text("planned_end_precision")
    reckoned = _Trajectory(start, start_precision, days, precision, None, None)
    if days is None:
        return [_Trajectory(start, start_precision, None, None, end, end_precision if end else None)]
    if start is None or precision == "tenth_year":
        return [reckoned]
    stated = _Trajectory(start, start_precision, days, precision, _plus(start, days), precision)
    if precision != "day" or (end_precision == "day" and start_precision != "day"):
        return [stated]
    return [reckoned] if end_precision not in (None, "day") else [reckoned, stated]


def _trajectory(row: Row, prefix: str, duration: str) -> _Trajectory:
    return _Trajectory(
        row.day(f"{prefix}start_date"),
        row.text(f"{prefix}start_precision"),
        row.number(f"{prefix}{duration}_days"),
        row.text(f"{prefix}{duration}_precision"),
        row.day(f"{prefix}stated_end_date"),
        row.text(f"{prefix}stated_end_precision"),
    )


def _ends(one: _Trajectory, other: _Trajectory) -> _Ends:
    start_known = _coarser(one.start_precision, other.start_precision)
    stated_known = _coarser(one.stated_precision, other.stated_precision)
    ends, known, precisions = [], [], []
    for of in (one, other):
        first = _first_day(of.start, start_known)
        day = of.stated or (_plus(first, of.days) if first is not None and of.days is not None else None)
        ends.append(_first_day(day, stated_known))
        exact = None if of.days_precision == "tenth_year" else of.days_precision
        known.append(of.stated_precision if of.stated else _coarser(of.start_precision, exact))
        of_sum = _coarser(start_known, "month" if of.days_precision == "tenth_year" else of.days_precision)
        precisions.append(stated_known if of.stated else _coarser(stated_known, of_sum))
    rounding = _SLACK * sum(of.days_precision == "tenth_year" for of in (one, other))
    (before, after), both = ends, _coarser(*known)
    if before is None or after is None:
        return _Ends(before, after, precisions[0], precisions[1], rounding, None, None, both)
    days = Fraction((after - before).days)
    if _first_day(before, both) == _first_day(after, both) or abs(days) <= rounding:
        return _Ends(before, after, precisions[0], precisions[1], rounding, Fraction(0), Fraction(0), both)
    return _Ends(before, after, precisions[0], precisions[1], rounding, days, _months(before, after), both)


def _last_planned_end(of: _Trajectory) -> date | None:
    if of.stated is not None:
        return _last_day(of.stated, of.stated_precision)
    start = _last_day(of.start, of.start_precision)
    if start is None or of.days is None:
        return None
    return _plus(start, of.days + (_SLACK if of.days_precision == "tenth_year" else 0))


def _end_precision(of: _Trajectory) -> str | None:
    if of.stated is not None:
        return of.stated_precision
    return _coarser(of.start_precision, "month" if of.days_precision == "tenth_year" else of.days_precision)


# What stands beside a release: the other revisions, and those that were in force when it was made.


class Shelf:
    """The releases in a folder of editions; each is read once."""

    def __init__(self, root: Path | None, report: Report) -> None:
        self.root, self._report = root, report
        self._read: dict[tuple[str, int], Release | None] = {}

    def editions(self) -> list[str]:
        """The codes of the editions that are there."""
        if self.root is None:
            return []
        return sorted(
            entry.name
            for entry in _entries(self.root)
            if _EDITION.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
        )

    def numbers(self, edition: str) -> list[int]:
        """The numbers of the revisions of an edition that are there."""
        if self.root is None or not (self.root / edition).is_dir():
            return []
        found = [
            _REVISION.fullmatch(entry.name)
            for entry in _entries(self.root / edition)
            if entry.is_dir(follow_symlinks=False)
        ]
        return sorted(int(one[1]) for one in found if one)

    def release(self, edition: str, number: int) -> Release | None:
        """A revision with its files; what is wrong with them is told once."""
        if (edition, number) not in self._read:
            release = None
            if self.root is not None and number in self.numbers(edition):
                folder = self.root / edition / f"r{number}"
                release = open_release(folder, f"{edition}/r{number}", self._report)
                if release is not None:
                    check_place(release, self._report)
                    check_files(release, self._report)
            self._read[edition, number] = release
        return self._read[edition, number]

    def put(self, release: Release) -> None:
        """Keep one that was read already."""
        self._read[release.edition, int(release.said["revision"])] = release

    def in_force(self, edition: str, at: datetime) -> Release | None:
        """The latest revision of an edition at an instant."""
        found = [self.release(edition, number) for number in self.numbers(edition)]
        known = [one for one in found if one is not None and one.known_at <= at]
        return known[-1] if known else None


class History:
    """The earlier editions as a release knew them."""

    def __init__(self, release: Release, shelf: Shelf, report: Report) -> None:
        self.release = release
        self.earlier: dict[str, Release] = {}
        pinned = (
            {release.said["compared_with"]: release.said["compared_with_revision"]}
            if release.said.get("compared_with_revision")
            else {}
        )
        for edition in shelf.editions():
            if edition >= release.edition:
                continue
            found = (
                shelf.release(edition, int(pinned[edition]))
                if edition in pinned
                else shelf.in_force(edition, release.known_at)
            )
            if found is not None:
                self.earlier[edition] = found
        wanted = {row["from_edition"] for row in release.rows("decompositions")} | {release.said["compared_with"]} - {
            None
        }
        self.missing = sorted(wanted - self.earlier.keys())
        others = sorted(edition for edition, one in self.earlier.items() if not one.is_of_known_method)
        self.is_whole = not self.missing and not others
        if self.missing:
            report.leave(
                release.where,
                f"Ce qui compare avec {', '.join(map(_shown, self.missing))} : cette édition n’est pas là ; "
                "glissements, mouvements, décompositions et évolutions n’ont pas été recalculés avec elle.",
            )
        if others:
            report.leave(release.where, f"Ce qui compare avec {', '.join(others)} : publié selon une autre méthode.")

    def portfolio(self, edition: str) -> dict[str, Row]:
        """The portfolio of an edition by project, this one included."""
        release = self.release if edition == self.release.edition else self.earlier[edition]
        return _by(release.rows("portfolio"), "project_id")

    def filed(self, edition: str, kind: str) -> dict[str, dict[str, Any]]:
        """The drops of a kind that count in an edition, by perimeter."""
        release = self.release if edition == self.release.edition else self.earlier[edition]
        return {one["perimeter"]: one for one in release.said["drops"] if one["kind"] == kind}

    def editions(self, kind: str) -> list[str]:
        """The earlier editions in which somebody filed a kind."""
        return [edition for edition in sorted(self.earlier) if self.filed(edition, kind)]

    def previous_filing(self, edition: str, kind: str, perimeter: str) -> str | None:
        """The latest edition before one in which a perimeter filed a kind."""
        found = [one for one in self.editions(kind) if one < edition and perimeter in self.filed(one, kind)]
        return found[-1] if found else None


def _by(rows: Iterable[Row], *columns: str) -> dict[Any, Row]:
    """Rows by their key; raise `_Damaged` where two have the same."""
    found: dict[Any, Row] = {}
    for row in rows:
        key = row[columns[0]] if len(columns) == 1 else tuple(row[one] for one in columns)
        if key in found:
            raise _Damaged(f"deux lignes ont la même clé : {_shown(key)}")
        found[key] = row
    return found


# Computing again: what a release says of itself.


class _Checked:
    """One table held to what is computed; each value is counted, each difference told."""

    def __init__(self, release: Release, table: str, what: str, report: Report) -> None:
        self._where, self._what, self._report = f"{release.where}/data/{table}.csv", what, report

    def value(self, subject: str, column: str, found: str, computed: object) -> None:
        """Hold a cell to what it must be."""
        if _agrees(found, computed):
            self._report.count(self._what)
        else:
            of = f"{_shown(subject)}, {column}" if subject else column
            self._report.blame(
                self._where, f"{of} : « {_shown(found)} » est publié, {_shown(_written(computed))} est recalculé."
            )

    def row(self, subject: str, row: Row, computed: dict[str, object]) -> None:
        """Hold those cells of a row that are published to what they must be."""
        for column, value in computed.items():
            if column in row:
                self.value(subject, column, row[column], value)

    def same_keys(self, found: Iterable[object], computed: Iterable[object], name: str) -> None:
        """Hold which rows there are to those that there must be."""
        published, must = set(found), set(computed)
        for key in sorted(map(str, must - published)):
            self._report.blame(self._where, f"{_shown(key)} : {name} manque.")
        for key in sorted(map(str, published - must)):
            self._report.blame(self._where, f"{_shown(key)} : {name} est en trop.")
        self._report.count(self._what, len(published & must))


def _agrees(found: str, computed: object) -> bool:
    if computed is None:
        return found == ""
    if isinstance(computed, bool):
        return found == ("true" if computed else "false")
    if isinstance(computed, (int, Fraction)):
        return _NUMBER.fullmatch(found) is not None and Fraction(found) == computed
    return found == _written(computed)


def _written(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else value


class _Variance(NamedTuple):
    """What a variance compares with its baseline."""

    name: str
    measure: str
    known: str
    baseline: str
    current_baseline: str | None


_VARIANCES = (
    _Variance("budget", "cost", "current_cost_meur", "baseline_cost_meur", "current_baseline_cost_meur"),
    _Variance("schedule", "end", "planned_end_date", "baseline_end_duration_days", None),
    _Variance(
        "duration", "duration", "current_duration_days", "baseline_duration_days", "current_baseline_duration_days"
    ),
)
_ABSENCES = ("phase", "unknown_value", "zero_baseline", "first_value")
_DAYS = Fraction(365)


def _change(row: Row, variance: _Variance) -> Fraction | None:
    if variance.name == "schedule":
        return row.number("end_change_days")
    return _less(row.number(variance.known), row.number(variance.baseline))


def _absence(row: Row, variance: _Variance) -> str | None:
    """Why a project is outside of a variance, the first reason that holds."""
    baseline = row.number(variance.baseline)
    if row["phase"] in ("cadrage", "en_revision"):
        return "phase"
    if not row[variance.known] or baseline is None:
        return "unknown_value"
    if baseline <= 0:
        return "zero_baseline"
    is_of_this = row[f"baseline_{variance.measure}_submission_id"].split("/")[0] == row["edition"]
    return "first_value" if row[f"baseline_{variance.measure}_source"] == "first_seen" and is_of_this else None


def _mixed(sources: Iterable[str]) -> str | None:
    known = {one for one in sources if one}
    return "mixed" if len(known) > 1 else next(iter(known), None)


def check_portfolio(release: Release, report: Report) -> None:
    """Compute the rates of each project again, and why it has none."""
    checked = _Checked(release, "portfolio", "rows", report)
    for row in release.rows("portfolio"):
        cost, days, start = row.number("current_cost_meur"), row.number("current_duration_days"), row.day("start_date")
        computed: dict[str, object] = {
            "edition": release.edition,
            "current_duration_years": _ratio(days, _DAYS, 4),
            "is_top50_eligible": cost is not None and cost > TOP50_ABOVE_MEUR,
            "baseline_source": _mixed((row["baseline_cost_source"], row["baseline_duration_source"])),
        }
        if start is not None and days is not None and row["planned_end_date"]:
            computed["planned_end_date"] = _plus(start, days)
        for variance in _VARIANCES:
            absence, baseline = _absence(row, variance), row.number(variance.baseline)
            computed[f"{variance.name}_variance_absence"] = absence
            is_rated = absence is None and baseline is not None and baseline > 0
            computed[f"{variance.name}_variance_rate"] = _ratio(_change(row, variance), baseline) if is_rated else None
            if variance.current_baseline:
                now = row.number(variance.current_baseline)
                is_rated = absence is None and now is not None and now > 0
                again = _ratio(_less(row.number(variance.known), now), now) if is_rated else None
                computed[f"current_baseline_{variance.name}_variance_rate"] = again
        if "stated_end_date" in row:
            computed.update(_end_changes(row))
        checked.row(row["project_id"], row, computed)
        if "stated_end_date" not in row:
            _check_end_change(row, checked)
    if any("stated_end_date" not in row for row in release.rows("portfolio")):
        report.leave(
            "",
            "portfolio : end_change_days (d’où l’écart de calendrier) et current_baseline_schedule_variance_rate "
            "reposent sur des précisions non publiées ; seule leur vraisemblance est contrôlée.",
        )


def _end_changes(row: Row) -> dict[str, object]:
    """By how many days the end is later than the original baseline and the one in force, and the rate of the second."""
    now = _trajectory(row, "", "current_duration")
    original, in_force = (_trajectory(row, f"{of}baseline_end_", "duration") for of in ("", "current_"))
    again, days = _ends(in_force, now).change, in_force.days
    is_rated = not row["schedule_variance_absence"] and days is not None and days > 0
    return {
        "end_change_days": _ends(original, now).change,
        "current_end_change_days": again,
        "current_baseline_schedule_variance_rate": _ratio(again, days) if is_rated else None,
    }


def _check_end_change(row: Row, checked: _Checked) -> None:
    """The days by which an end is later are those between both ends, but for a period of the calendar, or none."""
    change, end, before = row.number("end_change_days"), row.day("planned_end_date"), row.day("baseline_end_date")
    if not change or end is None or before is None:
        return
    if abs(change - (end - before).days) > 184:
        checked.value(row["project_id"], "end_change_days", row["end_change_days"], (end - before).days)


def check_editions(release: Release, report: Report) -> None:
    """Every row of a release is of its edition."""
    for name in release.names:
        checked = _Checked(release, name, "rows", report)
        for place, row in enumerate(release.rows(name), 2):
            checked.row(f"ligne {place}", row, {"edition": release.edition})


def check_headline(release: Release, report: Report) -> None:
    """Compute the headline figures again from the tables that they are of."""
    rows = release.table("headline_figures").rows
    checked = _Checked(release, "headline_figures", "figures", report)
    checked.value("", "nombre de lignes", str(len(rows)), 1)
    for row in rows[:1]:
        computed: dict[str, object] = {
            "edition": release.edition,
            "method_version": release.said.get("method_version"),
            "provisional": release.said.get("provisional"),
            "previous_edition": release.said["compared_with"],
            "missing_perimeters": ", ".join(release.said.get("missing_perimeters", [])),
            "released_at": release.said["released_at"],
            **_filed_figures(release),
        }
        for needs, figures in _FIGURES_OF.items():
            computed.update(figures(release, row[needs] != ""))
        checked.row("", row, computed)
        _check_provisional(row, checked)


def _filed_figures(release: Release) -> dict[str, object]:
    kinds: dict[str, set[str]] = {}
    for one in release.said["drops"]:
        kinds.setdefault(one["kind"], set()).add(one["perimeter"])
    found: dict[str, object] = {"perimeters_filed": len(kinds.get("projects", set()) | kinds.get("procedures", set()))}
    for kind in ("projects", "procedures", "roadmap", "indicators"):
        found[f"perimeters_filed_{kind}"] = len(kinds[kind]) if kind in kinds else None
    return found


def _check_provisional(row: Row, checked: _Checked) -> None:
    of_kinds = [row[f"missing_perimeters_{kind}"] for kind in ("projects", "procedures")]
    missing = sorted({one for text in of_kinds for one in text.split(", ") if one})
    checked.value("", "missing_perimeters", row["missing_perimeters"], ", ".join(missing))
    if not missing and (row["projects"] or row["procedures"]):
        checked.value("", "provisional", row["provisional"], False)


def _project_figures(release: Release, is_filed: bool) -> dict[str, object]:
    rows = release.rows("portfolio")
    if not is_filed:
        return (
            dict.fromkeys(("projects", "interministerial", "total_cost_meur")) if not rows else {"projects": len(rows)}
        )
    costs = [cost for row in rows if (cost := row.number("current_cost_meur")) is not None]
    total = sum(costs, Fraction(0))
    mean = _mean_duration(rows)
    found: dict[str, object] = {
        "projects": len(rows),
        "interministerial": sum(row.flag("is_interministerial") is True for row in rows),
        "total_cost_meur": total,
        "total_cost_bn_eur": _half_up(total / 1000, 2),
        "mean_duration_years": None if mean is None else _half_up(mean, 1),
    }
    moved = Counter(row["movement"] for row in release.rows("movements"))
    has_before = release.said["compared_with"] is not None
    found["entrants"] = moved["in"] + moved["back"] if has_before else None
    found["leavers"] = moved["out"] if has_before else None
    return {**found, **_variance_figures(rows)}


def _mean_duration(rows: Sequence[Row]) -> Fraction | None:
    known = [days for row in rows if (days := row.number("current_duration_days")) is not None]
    return _ratio(sum(known, Fraction(0)), _DAYS * len(known))


def _mean_rate(rows: Sequence[Row], variance: str) -> Fraction | None:
    rates = [rate for row in rows if (rate := row.number(f"{variance}_variance_rate")) is not None]
    return _ratio(sum(rates, Fraction(0)), Fraction(len(rates)))


def _variance_figures(rows: Sequence[Row]) -> dict[str, object]:
    found: dict[str, object] = {}
    sources: dict[str, set[str]] = {}
    for variance in _VARIANCES:
        name, inside = f"{variance.name}_variance", [row for row in rows if _absence(row, variance) is None]
        changes = sum((_change(row, variance) or Fraction(0) for row in inside), Fraction(0))
        baselines = sum((row.number(variance.baseline) or Fraction(0) for row in inside), Fraction(0))
        sources[variance.name] = {row[f"baseline_{variance.measure}_source"] for row in inside}
        found[f"{name}_mean_pct"] = _percent(_mean_rate(rows, variance.name))
        found[f"{name}_aggregate_pct"] = _ratio(100 * changes, baselines, 1)
        found[f"{name}_projects"] = len(inside)
        found[f"{name}_baseline_source"] = _mixed(sources[variance.name])
        absences = Counter(_absence(row, variance) for row in rows)
        found.update({f"{name}_outside_{absence}": absences[absence] for absence in _ABSENCES})
    found["baseline_source"] = _mixed(sources["budget"] | sources["schedule"])
    return found


def _procedure_figures(release: Release, is_filed: bool) -> dict[str, object]:
    rows = [row for row in release.rows("procedures") if row.flag("is_in_top250")]
    if not is_filed:
        return {"procedures": None if not rows else len(rows)}
    found: dict[str, object] = {
        "procedures": len(rows),
        "procedures_online": sum(row["online_goal_status"] == "reached" for row in rows),
        "franceconnect": sum(row["authentication"] == "franceconnect" for row in rows),
        "franceconnect_plus": sum(row["authentication"] == "franceconnect_plus" for row in rows),
    }
    for name in ("satisfaction", "dlnuf", "accessibility"):
        found[f"{name}_reached"] = sum(row[f"{name}_status"] == "reached" for row in rows)
        found[f"{name}_rated"] = sum(row[f"{name}_status"] != "excluded" for row in rows)
    return found


def _roadmap_figures(release: Release, is_filed: bool) -> dict[str, object]:
    rows = release.rows("roadmap")
    if not is_filed:
        return {"roadmap_actions": None if not rows else len(rows)}
    return {
        "roadmap_actions": len(rows),
        "roadmap_missions": len({_folded(row["mission"]) for row in rows if row["mission"]}),
        "roadmap_completed": sum(row.flag("is_completed") is True for row in rows),
        "roadmap_due_by_year_end": sum(row.flag("is_due_by_year_end") is True for row in rows),
        "roadmap_new": sum(row.flag("is_new") is True for row in rows),
    }


def _indicator_figures(release: Release, is_filed: bool) -> dict[str, object]:
    rows = release.rows("indicators")
    return {"indicators": len(rows) if is_filed or rows else None}


def _state_figures(release: Release, _: bool) -> dict[str, object]:
    rows = sorted(release.rows("state_publications"), key=lambda row: row["published_on"])
    last = rows[-1] if rows else Row(published_on="", budget_variance_pct="", duration_variance_pct="")
    return {
        "published_on": last["published_on"],
        "published_budget_variance_pct": last.number("budget_variance_pct"),
        "published_duration_variance_pct": last.number("duration_variance_pct"),
    }


# The figure that says whether the kind was filed at all -> the figures that are of it.
_FIGURES_OF: dict[str, Callable[[Release, bool], dict[str, object]]] = {
    "projects": _project_figures,
    "procedures": _procedure_figures,
    "roadmap_actions": _roadmap_figures,
    "indicators": _indicator_figures,
    "published_on": _state_figures,
}


def check_figures_file(release: Release, report: Report) -> None:
    """Hold figures.json to the headline figures."""
    if "figures.json" not in release.files:
        report.leave(release.where, "figures.json : absent.")
        return
    where = f"{release.where}/figures.json"
    said = _json(release.files["figures.json"])
    if not isinstance(said, dict):
        raise _Damaged("figures.json n’est pas un objet JSON")
    row = release.table("headline_figures").rows[0]
    if said.get("revision") != release.said["revision"]:
        report.blame(where, "revision n’est pas celle du manifeste.")
    for name, value in said.items():
        if name == "indicators":
            _check_indicator_list(release, value, where, report)
        elif name != "revision":
            if name not in row or not _is_json_of(value, row[name], None):
                report.blame(
                    where, f"{_shown(name)} : « {_shown(value)} » ; headline_figures dit « {_shown(row.get(name))} »."
                )
            else:
                report.count("figures")


def _check_indicator_list(release: Release, value: object, where: str, report: Report) -> None:
    rows = _by(release.rows("indicators"), "indicator_id")
    said = value if isinstance(value, list) else []
    if value is None and not rows:
        return
    if len(said) != len(rows) or not all(isinstance(one, dict) and one.get("indicator_id") in rows for one in said):
        report.blame(where, "indicators n’est pas la liste des indicateurs de la table.")
        return
    for one in said:
        for name, of in one.items():
            text = rows[one["indicator_id"]][name]
            is_same = (
                float(of) == float(text)
                if isinstance(of, Fraction) and _NUMBER.fullmatch(text)
                else _is_json_of(of, text, None)
            )
            if not is_same:
                report.blame(
                    where,
                    f"indicators, {_shown(one['indicator_id'])}, {_shown(name)} : « {_shown(of)} » ; la table dit "
                    f"« {_shown(text)} ».",
                )
            else:
                report.count("figures")


def check_top50(release: Release, report: Report) -> None:
    """Rank the projects again."""
    eligible = [row for row in release.rows("portfolio") if (row.number("current_cost_meur") or 0) > TOP50_ABOVE_MEUR]
    eligible.sort(key=lambda row: (-(row.number("current_cost_meur") or 0), row["project_id"]))
    rows, checked = release.rows("top50"), _Checked(release, "top50", "rows", report)
    checked.value("", "nombre de lignes", str(len(rows)), min(50, len(eligible)))
    for rank, (row, of) in enumerate(zip(rows, eligible), 1):
        same = {column: of[column] for column in row if column in of}
        rates = {f"{one.name}_variance_pct": _percent(of.number(f"{one.name}_variance_rate")) for one in _VARIANCES}
        checked.row(f"rang {rank}", row, {**same, "rank": rank, **rates})


def check_procedures(release: Release, report: Report) -> None:
    """Rank the procedures again, and judge each indicator again by the published thresholds."""
    rows, checked = release.rows("procedures"), _Checked(release, "procedures", "rows", report)
    ordered = sorted(
        rows, key=lambda row: (row["total_volume"] == "", -(row.number("total_volume") or 0), row["procedure_id"])
    )
    top = list[Row]()
    for place, row in enumerate(ordered, 1):
        computed: dict[str, object] = {
            "edition": release.edition,
            "rank": place if row["total_volume"] else None,
            "is_in_top250": place <= PLACES_OF_TOP250,
        }
        for indicator in INDICATORS:
            computed.update(_judged(row, indicator))
        checked.row(row["procedure_id"], row, computed)
        if place <= PLACES_OF_TOP250:
            top.append(row)
    if release.has("top250"):
        found, checked = _by(release.rows("top250"), "procedure_id"), _Checked(release, "top250", "rows", report)
        checked.same_keys(found, [row["procedure_id"] for row in top], "la démarche")
        for of in top:
            if (one := found.get(of["procedure_id"])) is not None:
                checked.row(of["procedure_id"], one, {column: of[column] for column in one if column in of})


# Indicator of a procedure -> the column of its value (or of its code), and from which value on it has which level.
INDICATORS: dict[str, tuple[str, str, tuple[tuple[int, str, str], ...]]] = {
    "online": (
        "",
        "online_status",
        (
            (2, "is", "oui"),
            (1, "is", "partiel"),
            (1, "is", "deploiement_local"),
            (0, "is", "a_venir"),
            (0, "is", "non"),
        ),
    ),
    "authentication": (
        "",
        "authentication",
        ((2, "is", "franceconnect"), (2, "is", "franceconnect_plus"), (0, "is", "non")),
    ),
    "satisfaction": ("satisfaction_score", "", ((2, "at_least", "8"), (1, "at_least", "5"), (0, "otherwise", "0"))),
    "accessibility": (
        "accessibility_rate",
        "accessibility_rate_absence",
        ((2, "at_least", "1"), (1, "at_least", "0.5"), (0, "otherwise", "0"), (0, "is", "non")),
    ),
    "dlnuf": ("dlnuf_score", "", ((2, "at_most", "1"), (1, "at_most", "4"), (0, "otherwise", "0"))),
    "help_reachable": (
        "help_reachable_rate",
        "",
        ((2, "at_least", "0.85"), (1, "at_least", "0.7"), (0, "otherwise", "0")),
    ),
    "help_efficiency": (
        "help_efficiency_score",
        "",
        ((2, "at_least", "8"), (1, "at_least", "5"), (0, "otherwise", "0")),
    ),
    "availability": (
        "availability_rate",
        "",
        ((2, "at_least", "0.999"), (1, "at_least", "0.985"), (0, "otherwise", "0")),
    ),
    "load_time": ("load_time_ms", "", ((2, "below", "400"), (1, "below", "800"), (0, "otherwise", "0"))),
}
# A value under it cannot be: it is shown, and left out.
IMPLAUSIBLE_UNDER = {"availability": "0.1"}


def _judged(row: Row, indicator: str) -> dict[str, object]:
    of_value, of_code, steps = INDICATORS[indicator]
    value = row.number(of_value) if of_value else None
    code = row.text(of_code) if of_code else None
    is_implausible = (
        indicator in IMPLAUSIBLE_UNDER and value is not None and value < Fraction(IMPLAUSIBLE_UNDER[indicator])
    )
    levels = [level for level, comparison, than in steps if _reaches_level(value, code, comparison, than)]
    level = max(levels) if levels and not is_implausible else None
    exclusion = None
    if level is None:
        exclusion = "invraisemblable" if is_implausible else code or row.text(f"{of_value or of_code}_absence")
    return {
        f"{'online_goal' if indicator == 'online' else indicator}_status": {2: "reached", None: "excluded"}.get(
            level, "not_reached"
        ),
        f"{indicator}_level": level,
        f"{indicator}_exclusion": exclusion,
    }


def _reaches_level(value: Fraction | None, code: str | None, comparison: str, than: str) -> bool:
    if comparison == "is":
        return code == than
    if value is None:
        return False
    bound = Fraction(than)
    return {"at_least": value >= bound, "at_most": value <= bound, "below": value < bound, "otherwise": True}[
        comparison
    ]


def check_procedure_scores(release: Release, report: Report) -> None:
    """Count again who reaches which goal, by perimeter and over all."""
    if not release.has("procedure_scores"):
        return
    computed = _scores(release)
    rows = _by(release.rows("procedure_scores"), "perimeter", "indicator")
    checked = _Checked(release, "procedure_scores", "figures", report)
    checked.same_keys(rows, computed, "le score")
    for key, row in rows.items():
        checked.row(" ".join(key), row, dict(computed.get(key, {})))


def _scores(release: Release) -> dict[tuple[str, str], dict[str, object]]:
    counted: dict[tuple[str, str], Counter[str]] = {}
    for row in release.rows("procedures"):
        if not row.flag("is_in_top250"):
            continue
        for indicator in (*INDICATORS, "franceconnect", "franceconnect_plus"):
            of = indicator if indicator in INDICATORS else "authentication"
            level, exclusion = row.text(f"{of}_level"), row[f"{of}_exclusion"]
            if of != indicator and level is not None:
                level = "2" if row["authentication"] == indicator else "0"
            for perimeter in (row["perimeter"], "all"):
                counts = counted.setdefault((perimeter, indicator), Counter())
                counts.update(
                    {"procedures": 1, f"level {level}": 1, "implausible": int(exclusion == "invraisemblable")}
                )
    return {key: _score(counts) for key, counts in counted.items()}


def _score(counts: Counter[str]) -> dict[str, object]:
    reached, partly = counts["level 2"], counts["level 1"]
    not_reached = partly + counts["level 0"]
    share = _ratio(Fraction(reached), Fraction(reached + not_reached))
    return {
        "procedures": counts["procedures"],
        "reached": reached,
        "not_reached": not_reached,
        "partly_reached": partly,
        "excluded": counts["level None"],
        "implausible": counts["implausible"],
        "share": share,
        "share_pct": _percent(share),
    }


def check_roadmap(release: Release, report: Report) -> None:
    """Tell again where each action stands."""
    checked = _Checked(release, "roadmap", "rows", report)
    for row in release.rows("roadmap"):
        said_on = _said_on(release.edition, _moment(row["received_at"]))
        due = _last_day(row.day("planned_end"), row.text("planned_end_precision"))
        is_open = row["status"] in ("a_venir", "en_cours") if row["status"] else not row["actual_end"]
        by_year_end = due is not None and said_on <= due <= date(int(release.edition[:4]), 12, 31)
        computed = {
            "edition": release.edition,
            "is_completed": row["status"] == "acheve",
            "is_due_by_year_end": is_open and by_year_end,
            "is_overdue": is_open and due is not None and due < said_on,
            "is_new": row["entry_edition"] == release.edition,
        }
        checked.row(row["action_id"], row, computed)


def check_indicators(release: Release, report: Report) -> None:
    """Compute again how far each indicator is on its way; the straight line, whatever the baseline's date means."""
    checked = _Checked(release, "indicators", "rows", report)
    for row in release.rows("indicators"):
        value, baseline, target = (row.number(name) for name in ("value", "baseline", "target"))
        progress = _ratio(_less(value, baseline), _less(target, baseline))
        checked.value(row["indicator_id"], "progress", row["progress"], progress)
        told = list(_on_the_line(release.edition, row, progress))
        found = (row.number("expected_progress"), row["status"])
        if found in told:
            checked.value(row["indicator_id"], "status", row["status"], row["status"])
        else:
            checked.value(row["indicator_id"], "expected_progress", row["expected_progress"], told[0][0])
            checked.value(row["indicator_id"], "status", row["status"], told[0][1])
        if row["baseline_date"] and "baseline_date_precision" not in row:
            report.leave(
                release.where,
                "indicators : la précision de baseline_date n’est pas publiée ; expected_progress est recalculé pour "
                "chacune.",
            )


def _on_the_line(edition: str, row: Row, progress: Fraction | None) -> Iterator[tuple[Fraction | None, str]]:
    """What may be expected of an indicator and its status, by what its baseline's date may mean."""
    said_on = _said_on(edition, _moment(row["received_at"]))
    due = _last_day(row.day("target_date"), row.text("target_date_precision"))
    measured = min(_last_day(row.day("measured_on"), row.text("measured_on_precision")) or said_on, said_on)
    precisions = (row["baseline_date_precision"],) if "baseline_date_precision" in row else _PRECISIONS
    for precision in precisions:
        start = _last_day(row.day("baseline_date"), precision)
        expected = None
        if due is not None and said_on > due:
            expected = Fraction(1)
        elif start is not None and due is not None and start < due:
            line = _half_up(Fraction((measured - start).days, (due - start).days), 12)
            expected = max(Fraction(0), min(Fraction(1), line))
        yield expected, _indicator_status(row, measured, due, progress, expected)


def _indicator_status(
    row: Row, measured: date, due: date | None, progress: Fraction | None, expected: Fraction | None
) -> str:
    value, baseline, target = (row.number(name) for name in ("value", "baseline", "target"))
    is_reached = (
        value is not None
        and target is not None
        and (
            value == target
            or (baseline is not None and target > baseline and value > target)
            or (baseline is not None and target < baseline and value < target)
        )
    )
    if is_reached:
        return "reached_early" if due is not None and measured < due else "reached"
    if progress is None or expected is None:
        return "unknown"
    return "on_track" if progress >= expected else "off_track"


def check_submissions(release: Release, report: Report) -> None:
    """Hold the submissions to the drops of the manifest, and what rows come from to the submissions."""
    if not release.has("submissions"):
        return
    submissions, checked = (
        _by(release.rows("submissions"), "submission_id"),
        _Checked(release, "submissions", "rows", report),
    )
    drops = {one["submission_id"]: one for one in release.said["drops"]}
    for name, row in submissions.items():
        # Of what came in one second, all but the first have a number after it.
        moment, whole = re.sub(r"[-:]|\.[0-9]+", "", row["received_at"]), re.sub(r"Z-[0-9]+$", "Z", name)
        checked.value(name, "submission_id", whole, "/".join((row["edition"], row["perimeter"], row["kind"], moment)))
    in_force = [name for name, row in submissions.items() if not row["superseded_at"]]
    checked.same_keys(in_force, drops, "le dépôt qui compte")
    for name in sorted(set(in_force) & drops.keys()):
        drop = {column: drops[name].get(column) for column in ("perimeter", "kind", "file_name", "received_at")}
        checked.row(name, submissions[name], {**drop, "file_sha256": drops[name]["sha256"], "edition": release.edition})
    for table in ("sources", "portfolio", "procedures", "roadmap", "indicators"):
        checked = _Checked(release, table, "rows", report)
        for row in release.rows(table):
            # A baseline comes from an earlier edition, whose submissions are not in this table.
            if (of := submissions.get(row["submission_id"])) is not None:
                checked.row(row["submission_id"], row, {"file_name": of["file_name"], "file_sha256": of["file_sha256"]})
    _check_last_moment(release, report)


def _check_last_moment(release: Release, report: Report) -> None:
    """The last of what an edition said over time is what it says now."""
    rows, headline = release.rows("revisions"), release.table("headline_figures").rows[0]
    last, checked = [row for row in rows if not row["superseded_at"]], _Checked(release, "revisions", "rows", report)
    if rows:
        checked.value("", "lignes en vigueur", str(len(last)), 1)
    for row in last[:1]:
        same = ("perimeters_filed", "projects", "interministerial", "total_cost_meur", "mean_duration_years")
        told = {name: headline[name] for name in same}
        checked.row(
            "", row, {**told, "received_at": headline["released_at"], "submissions": len(release.said["drops"])}
        )


def check_procedure_history(release: Release, report: Report) -> None:
    """Hold the history of the procedures to their levels in this edition."""
    procedures = _by(release.rows("procedures"), "procedure_id")
    checked = _Checked(release, "procedure_history", "rows", report)
    rows = _by(release.rows("procedure_history"), "procedure_id", "indicator")
    if release.has("procedure_history"):
        checked.same_keys(rows, [(one, of) for one in procedures for of in INDICATORS], "la démarche")
    for (one, indicator), row in rows.items():
        if one in procedures and indicator in INDICATORS:
            level, previous = row.number("level"), row.number("previous_level")
            computed: dict[str, object] = {
                "level": procedures[one].number(f"{indicator}_level"),
                "exclusion": procedures[one].text(f"{indicator}_exclusion"),
                "rank": procedures[one].number("rank"),
                "level_change": _less(level, previous),
            }
            checked.row(f"{one} {indicator}", row, computed)


# Computing again: what a release says of itself and of earlier editions.

_MEANS = ("budget_variance", "schedule_variance", "duration_variance")
_PARTS = ("rises", "falls", "newly_known", "withdrawn", "entrants", "leavers")
_SAME = _PARTS[:4]


def check_decompositions(release: Release, history: History, report: Report) -> None:
    """Hold the parts to their sums; each contribution is computed again where the earlier edition is at hand."""
    if not release.has("decompositions"):
        report.leave(release.where, "Décompositions : la table n’est pas dans cette révision.")
        return
    checked = _Checked(release, "decompositions", "decompositions", report)
    contributions: dict[tuple[str, str], list[Row]] = {}
    for row in release.rows("contributions"):
        contributions.setdefault((row["from_edition"], row["measure"]), []).append(row)
    pairs = {row["from_edition"] for row in release.rows("decompositions")}
    for row in release.rows("decompositions"):
        key = (row["from_edition"], row["measure"])
        label = f"{key[1]} depuis {key[0]}"
        _check_sums(label, row, checked)
        if key in contributions:
            _check_parts(label, row, contributions[key], checked)
    for edition in sorted(pairs & history.earlier.keys()):
        if history.earlier[edition].is_of_known_method:
            _check_pair(release, edition, history, {key[0] for key in contributions}, report)
    if history.is_whole and release.rows("decompositions"):
        checked.same_keys(pairs, history.editions("projects"), "la paire d’éditions")


def _check_sums(label: str, row: Row, checked: _Checked) -> None:
    parts = {part: row.number(part) for part in (*_PARTS, "same_projects", "rebaselining")}
    before, after = row.number("from_value"), row.number("to_value")
    if before is None or after is None:
        for part in parts:
            checked.value(label, part, row[part], None)
        return
    known = {part: value or Fraction(0) for part, value in parts.items()}
    checked.value(label, "same_projects", row["same_projects"], sum((known[part] for part in _SAME), Fraction(0)))
    total = known["same_projects"] + known["entrants"] + known["leavers"] + known["rebaselining"]
    checked.value(
        label, "to_value − from_value", _decimal_text(after - before).replace(",", ".").replace("−", "-"), total
    )


def _check_parts(label: str, row: Row, contributions: Sequence[Row], checked: _Checked) -> None:
    """The parts are the sums of what the projects contribute."""
    if not row["from_value"] or not row["to_value"]:
        return
    sums = dict.fromkeys((*_PARTS, "rebaselining", "unchanged"), Fraction(0))
    for one in contributions:
        rebaselining = one.number("rebaselining") or Fraction(0)
        sums[one["part"]] += (one.number("contribution") or Fraction(0)) - rebaselining
        sums["rebaselining"] += rebaselining
    for part in (*_PARTS, "rebaselining"):
        checked.value(label, part, row[part], sums[part])


class _Share(NamedTuple):
    """What a project contributes to a change."""

    before: Fraction | None
    after: Fraction | None
    contribution: Fraction
    rebaselining: Fraction | None
    part: str


def _check_pair(release: Release, earlier: str, history: History, listed: set[str], report: Report) -> None:
    before, after = history.portfolio(earlier), history.portfolio(release.edition)
    rows = _by((row for row in release.rows("decompositions") if row["from_edition"] == earlier), "measure")
    published = _by(
        (row for row in release.rows("contributions") if row["from_edition"] == earlier), "measure", "project_id"
    )
    checked = _Checked(release, "decompositions", "decompositions", report)
    checked.same_keys(
        rows, ("total_cost_meur", *(f"{mean}_mean_pct" for mean in _MEANS)), f"la mesure depuis {earlier}"
    )
    of_projects = _Checked(release, "contributions", "decompositions", report)
    computed = dict[tuple[str, str], _Share]()
    for measure, row in rows.items():
        values = [_values(side, measure) for side in (before, after)]
        label = f"{measure} depuis {earlier}"
        ends = [_total(values[0], measure), _total(values[1], measure)]
        counts = {"from_projects": len(values[0]), "to_projects": len(values[1])}
        checked.row(label, row, {**counts, "from_value": ends[0], "to_value": ends[1]})
        if ends[0] is None or ends[1] is None:
            continue
        shares = _shares(measure, before, after, values)
        computed.update({(measure, project): share for project, share in shares.items()})
        if all(share.rebaselining is not None for share in shares.values()):
            checked.row(label, row, _sums(shares))
        else:
            report.leave(
                release.where,
                "Décompositions : l’effet d’une fin de référence réécrite repose sur des précisions non publiées.",
            )
    if earlier in listed or (release.has("contributions") and earlier in _detailed(release)):
        # Who moved nothing has no row; of who may have, by what is not published, either is right.
        moved = {key for key, share in computed.items() if share.contribution or share.rebaselining}
        may_be = {key for key, share in computed.items() if share.rebaselining is None and not share.contribution}
        of_projects.same_keys(published.keys() - may_be, moved, f"la contribution depuis {earlier}")
        for key, share in computed.items():
            if key in published:
                _check_share(" ".join(key), published[key], share, of_projects)


def _detailed(release: Release) -> set[str]:
    """The earlier editions from which on contributions are told: the previous one, and the latest a year before."""
    pairs = {row["from_edition"] for row in release.rows("decompositions")}
    a_year_before = [edition for edition in pairs if _semesters(edition, release.edition) >= 2]
    return {edition for edition in (release.said["compared_with"], max(a_year_before, default=None)) if edition}


def _check_share(label: str, row: Row, share: _Share, checked: _Checked) -> None:
    values: dict[str, object] = {
        "from_value": share.before,
        "to_value": share.after,
        "contribution": share.contribution,
    }
    if share.rebaselining is not None:
        values.update(rebaselining=share.rebaselining, part=share.part)
    checked.row(label, row, values)


def _values(portfolio: dict[str, Row], measure: str) -> dict[str, Fraction]:
    """The known values of a measure by project: costs, or rates."""
    column = "current_cost_meur" if measure == "total_cost_meur" else measure.replace("_mean_pct", "_rate")
    return {project: value for project, row in portfolio.items() if (value := row.number(column)) is not None}


def _total(values: dict[str, Fraction], measure: str) -> Fraction | None:
    total = sum(values.values(), Fraction(0))
    if measure == "total_cost_meur":
        return total
    mean = _ratio(total, Fraction(len(values)))
    return None if mean is None else 100 * mean


def _sums(shares: dict[str, _Share]) -> dict[str, object]:
    found = dict.fromkeys((*_PARTS, "unchanged", "rebaselining"), Fraction(0))
    for share in shares.values():
        rebaselining = share.rebaselining or Fraction(0)
        found[share.part] += share.contribution - rebaselining
        found["rebaselining"] += rebaselining
    return {name: value for name, value in found.items() if name != "unchanged"}


def _shares(
    measure: str, before: dict[str, Row], after: dict[str, Row], values: Sequence[dict[str, Fraction]]
) -> dict[str, _Share]:
    """What each project contributes; what rounding leaves is the one's that weighs most."""
    old, new = values
    if measure == "total_cost_meur":
        shares = {one: new.get(one, Fraction(0)) - old.get(one, Fraction(0)) for one in {*old, *new}}
        factor = Fraction(1)
    else:
        shares, factor = _weighed(old, new), Fraction(100)
    found = {}
    for project, share in shares.items():
        rebaselining: Fraction | None = Fraction(0)
        if factor != 1 and project in old and project in new:
            unmoved = _unmoved_rate(measure, before[project], after[project])
            rebaselining = None if unmoved is None else _ratio(100 * (new[project] - unmoved), Fraction(len(new)))
        sides = [None if project not in side else factor * side[project] for side in (old, new)]
        part = _part_of(project, before, after, sides, share - (rebaselining or 0))
        found[project] = _Share(sides[0], sides[1], share, rebaselining, part)
    return found


def _weighed(old: dict[str, Fraction], new: dict[str, Fraction]) -> dict[str, Fraction]:
    count_old, count_new = Fraction(len(old)), Fraction(len(new))
    sum_old, sum_new = sum(old.values(), Fraction(0)), sum(new.values(), Fraction(0))
    shares = dict[str, Fraction]()
    for project in {*old, *new}:
        if project in old and project in new:
            share = _ratio(100 * (new[project] - old[project]), count_new)
        elif project in new:
            share = _ratio(100 * (count_old * new[project] - sum_old), count_old * count_new)
        else:
            share = _ratio(100 * (sum_old - count_old * old[project]), count_old * count_new)
        shares[project] = share or Fraction(0)
    means = [
        100 * (_ratio(total, count) or Fraction(0)) for total, count in ((sum_old, count_old), (sum_new, count_new))
    ]
    heaviest = min(shares, key=lambda one: (-abs(shares[one]), one))
    shares[heaviest] += means[1] - means[0] - sum(shares.values(), Fraction(0))
    return shares


def _unmoved_rate(measure: str, before: Row, after: Row) -> Fraction | None:
    """The later rate against the earlier baseline; `None` where that rests on what is not published."""
    variance = next(one for one in _VARIANCES if measure.startswith(one.name))
    if variance.name != "schedule":
        baseline = before.number(variance.baseline)
        return _ratio(_less(after.number(variance.known), baseline), baseline)
    same = ("baseline_end_date", "baseline_end_duration_days", "baseline_end_submission_id")
    return after.number("schedule_variance_rate") if all(before[name] == after[name] for name in same) else None


def _part_of(
    project: str, before: dict[str, Row], after: dict[str, Row], sides: Sequence[Fraction | None], moved: Fraction
) -> str:
    if project not in before:
        return "entrants"
    if project not in after:
        return "leavers"
    if sides[0] is None:
        return "newly_known"
    if sides[1] is None:
        return "withdrawn"
    return "rises" if moved > 0 else "falls" if moved < 0 else "unchanged"


# Figure -> its kind and how many digits of it are shown.
_COMPARED = {
    "projects": ("projects", 0),
    "total_cost_bn_eur": ("projects", 2),
    "mean_duration_years": ("projects", 1),
    "budget_variance_mean_pct": ("projects", 1),
    "schedule_variance_mean_pct": ("projects", 1),
    "duration_variance_mean_pct": ("projects", 1),
    "procedures": ("procedures", 0),
    "procedures_online": ("procedures", 0),
    "satisfaction_reached": ("procedures", 0),
    "dlnuf_reached": ("procedures", 0),
    "accessibility_reached": ("procedures", 0),
    "franceconnect": ("procedures", 0),
    "franceconnect_plus": ("procedures", 0),
    "roadmap_actions": ("roadmap", 0),
    "roadmap_completed": ("roadmap", 0),
}


def _exact(release: Release, figure: str) -> Fraction | None:
    """A headline figure before its rounding; nothing where it may not be compared."""
    row, rows = release.table("headline_figures").rows[0], release.rows("portfolio")
    if not row["projects"] and _COMPARED[figure][0] == "projects":
        return None
    if figure == "total_cost_bn_eur":
        return sum((row.number("current_cost_meur") or Fraction(0) for row in rows), Fraction(0)) / 1000
    if figure == "mean_duration_years":
        return _mean_duration(rows)
    if figure.endswith("_mean_pct"):
        variance = figure.replace("_variance_mean_pct", "")
        mean = _mean_rate(rows, variance)
        count = sum(row[f"{variance}_variance_rate"] != "" for row in rows)
        return None if mean is None or count < LEAST_PROJECTS_COMPARED else 100 * mean
    return row.number(figure)


def check_changes(release: Release, history: History, report: Report) -> None:
    """Compute again what each headline figure changed by."""
    if not release.has("headline_changes"):
        return
    rows, checked = (
        _by(release.rows("headline_changes"), "figure"),
        _Checked(release, "headline_changes", "changes", report),
    )
    of_kind = {
        kind: {row["previous_edition"] for row in rows.values() if row["kind"] == kind}
        for kind, _ in _COMPARED.values()
    }
    of_kind["projects"] |= {release.said["compared_with"]} - {None} if release.rows("portfolio") else set()
    for figure, (kind, places) in _COMPARED.items():
        now, row = _exact(release, figure), rows.get(figure)
        if row is not None:
            rounded = None if now is None else _half_up(now, places)
            checked.row(figure, row, {"edition": release.edition, "kind": kind, "places": places, "value": rounded})
        for previous in of_kind[kind] & history.earlier.keys():
            before = history.earlier[previous]
            if before.is_of_known_method:
                _check_change(figure, row, now, _exact(before, figure), places, checked)
    if stranger := sorted(rows.keys() - _COMPARED.keys()):
        report.leave(
            release.where, f"Évolutions : {', '.join(map(_shown, stranger))}, que ce vérificateur ne connaît pas."
        )
    if history.missing:
        for figure, row in rows.items():
            value, old, change = (row.number(name) or Fraction(0) for name in ("value", "previous_value", "change"))
            # Each was rounded by itself.
            if abs(value - old - change) > Fraction(1, 10 ** _COMPARED.get(figure, ("", 0))[1]):
                checked.value(figure, "change", row["change"], value - old)


def _check_change(
    figure: str, row: Row | None, now: Fraction | None, before: Fraction | None, places: int, checked: _Checked
) -> None:
    must_be = now is not None and before is not None
    checked.same_keys([figure] if row is not None else [], [figure] if must_be else [], "l’évolution")
    if row is not None and now is not None and before is not None:
        change = _half_up(now - before, places)
        checked.row(figure, row, {"previous_value": _half_up(before, places), "change": change})


def check_previous(release: Release, history: History, report: Report) -> None:
    """Hold what rankings and scores say of the previous edition to what that one said."""
    projects = history.earlier.get(release.said["compared_with"] or "")
    if projects is not None:
        ranks, before = _by(projects.rows("top50"), "project_id"), _by(projects.rows("portfolio"), "project_id")
        checked = _Checked(release, "top50", "changes", report)
        for row in release.rows("top50"):
            project = row["project_id"]
            rank = ranks[project].number("rank") if project in ranks else None
            old = before[project].number("current_cost_meur") if project in before else None
            change = _less(row.number("current_cost_meur"), old)
            checked.row(project, row, {"previous_rank": rank, "cost_change_meur": change})
    checked = _Checked(release, "procedure_scores", "changes", report)
    computed: dict[str, dict[Any, dict[str, object]]] = {}
    for row in release.rows("procedure_scores"):
        edition = row["previous_edition"]
        if edition in history.earlier:
            scores = computed.setdefault(edition, dict(_scores(history.earlier[edition])))
            _check_score_change(row, scores.get((row["perimeter"], row["indicator"]), {}), checked)


def _check_score_change(row: Row, before: dict[str, object], checked: _Checked) -> None:
    reached, share = before.get("reached"), before.get("share")
    values: dict[str, object] = {"previous_reached": reached, "previous_share": share}
    values["reached_change"] = _less(row.number("reached"), Fraction(reached) if isinstance(reached, int) else None)
    values["share_change"] = _less(row.number("share"), share if isinstance(share, Fraction) else None)
    checked.row(f"{row['perimeter']} {row['indicator']}", row, values)


class _Moved(NamedTuple):
    """What became of a project since its own previous edition."""

    project: str
    previous: str
    before: Row | None
    now: Row | None
    movements: tuple[frozenset[str], ...]


def _moves(release: Release, history: History) -> dict[str, _Moved]:
    """Each project held against the latest edition for which its perimeter filed, or in which it was.

    `movements` are the sets of them that there may be: closings are not published, and what rests on one is not told.
    """
    past = {edition: history.portfolio(edition) for edition in history.editions("projects")}
    found = dict[str, _Moved]()
    present = history.portfolio(release.edition)
    for project, now in present.items():
        if (moved := _held_against(release.edition, project, now, past, history)) is not None:
            found[project] = moved
    for edition, portfolio in past.items():
        for project, before in portfolio.items():
            if project in present or any(project in past[one] for one in past if one > edition):
                continue
            if history.previous_filing(release.edition, "projects", before["perimeter"]) == edition:
                found[project] = _Moved(
                    project, edition, before, None, _going(release.edition, edition, before, history)
                )
    return found


def _held_against(
    edition: str, project: str, now: Row, past: dict[str, dict[str, Row]], history: History
) -> _Moved | None:
    """A project of an edition held against its own previous one, if it has any."""
    lived = [one for one in past if one < edition and project in past[one]]
    filed = history.previous_filing(edition, "projects", now["perimeter"])
    previous = max([*lived[-1:], *([filed] if filed else [])], default=None)
    if previous is None:
        return None
    before = past[previous].get(project)
    return _Moved(project, previous, before, now, _coming(edition, now, before, previous, bool(lived), history))


def _coming(
    edition: str, now: Row, before: Row | None, previous: str, has_lived: bool, history: History
) -> tuple[frozenset[str], ...]:
    if before is None:
        return (frozenset({"back" if has_lived else "in"}),)
    named = frozenset({"renamed"}) if _folded(before["name"]) != _folded(now["name"]) else frozenset()
    filed = history.previous_filing(edition, "projects", before["perimeter"])
    if filed is not None and filed > previous:
        return (named | {"back"},)
    # It was gone too where an edition was closed between the two without its perimeter.
    skipped = [one for one in history.editions("projects") if previous < one < edition]
    return (named, named | {"back"}) if skipped else (named,)


def _going(edition: str, previous: str, before: Row, history: History) -> tuple[frozenset[str], ...]:
    out, awaited = frozenset({"out"}), frozenset({"awaited"})
    skipped = [one for one in history.editions("projects") if previous < one]
    if before["perimeter"] in history.filed(edition, "projects"):
        return (out, frozenset()) if skipped else (out,)
    return (out, awaited, frozenset()) if skipped else (out, awaited)


def check_movements(release: Release, history: History, report: Report) -> dict[str, _Moved]:
    """Compute again who came, left, came back or was renamed; what became of each project."""
    if not history.is_whole or not history.filed(release.edition, "projects"):
        return {}
    moves = _moves(release, history)
    checked = _Checked(release, "movements", "movements", report)
    published: dict[str, dict[str, Row]] = {}
    for row in release.rows("movements"):
        published.setdefault(row["project_id"], {})[row["movement"]] = row
    for project in sorted(published.keys() | moves.keys()):
        rows, moved = published.get(project, {}), moves.get(project)
        may_be = moved.movements if moved else (frozenset(),)
        if frozenset(rows) not in may_be:
            said, must = (
                ", ".join(sorted(rows)) or "aucun",
                " ou ".join(", ".join(sorted(one)) or "aucun" for one in may_be),
            )
            checked.value(project, "movement", said, must)
            continue
        for movement, row in rows.items():
            if moved is not None:
                checked.row(f"{project} {movement}", row, _movement(moved, movement))
    if any("out" in rows for rows in published.values()):
        report.leave(
            release.where,
            "movements : le motif d’une sortie peut venir d’une remontée remplacée ou d’un rapprochement de noms, qui "
            "ne sont pas publiés, non plus que les clôtures ; seuls les motifs déclarés auparavant sont contrôlés.",
        )
    return moves


def _movement(moved: _Moved, movement: str) -> dict[str, object]:
    before, now = moved.before, moved.now
    either = now if now is not None else before
    computed: dict[str, object] = {
        "previous_edition": moved.previous,
        "name": either.text("name") if either else None,
        "perimeter": either.text("perimeter") if either else None,
        "previous_name": before.text("name") if before else None,
        "previous_perimeter": before.text("perimeter") if before else None,
        "current_cost_meur": now.number("current_cost_meur") if now else None,
        "previous_cost_meur": before.number("current_cost_meur") if before else None,
    }
    if before is not None and "submission_id" in before:
        computed["from_submission_id"] = before["submission_id"]
    if now is not None and "submission_id" in now:
        computed["to_submission_id"] = now["submission_id"]
    if movement == "out" and before is not None and before["exit_reason"]:
        computed.update(reason=before["exit_reason"], reason_source="declared")
    return computed


# Slips: the arithmetic of each row, and for most rules who must be there and who must not.

SEVERITIES = ("information", "attention", "critique")
# Rule, severity, what is measured, from which value on: a published threshold each.
THRESHOLDS: tuple[tuple[str, str, str, str], ...] = (
    ("budget_slip", "information", "percent", "10"),
    ("budget_slip", "information", "meur", "5"),
    ("budget_slip", "attention", "percent", "25"),
    ("budget_slip", "attention", "meur", "10"),
    ("budget_slip", "critique", "percent", "50"),
    ("budget_slip", "critique", "meur", "50"),
    ("schedule_slip", "information", "months", "3"),
    ("schedule_slip", "attention", "months", "6"),
    ("schedule_slip", "critique", "months", "12"),
    ("budget_overrun", "information", "crossed_percent", "10"),
    ("budget_overrun", "attention", "crossed_percent", "25"),
    ("budget_overrun", "critique", "crossed_percent", "50"),
    ("budget_overrun", "critique", "crossed_percent", "100"),
    ("schedule_overrun", "information", "crossed_percent", "10"),
    ("schedule_overrun", "attention", "crossed_percent", "25"),
    ("schedule_overrun", "critique", "crossed_percent", "50"),
    ("schedule_overrun", "critique", "crossed_percent", "100"),
    ("reduced", "information", "percent", "10"),
    ("reduced", "information", "meur", "5"),
    ("reduced", "information", "months", "3"),
    ("reduced", "attention", "percent", "25"),
    ("reduced", "attention", "meur", "10"),
    ("reduced", "attention", "months", "12"),
    ("reduced", "attention", "phases_back", "1"),
    ("phase_back", "information", "always", "0"),
    ("phase_back", "attention", "above_meur", "9"),
    ("completed", "information", "always", "0"),
    ("abandoned", "attention", "always", "0"),
    ("abandoned", "critique", "above_meur", "9"),
    ("entered", "information", "above_meur", "9"),
    ("cost_known", "information", "above_meur", "9"),
    ("rebaselined", "information", "always", "0"),
    ("rebaselined", "attention", "percent", "10"),
    ("rebaselined", "attention", "months", "3"),
    ("overdue", "attention", "always", "0"),
    ("overdue", "critique", "months", "12"),
    ("went_silent", "information", "always", "0"),
    ("went_silent", "attention", "if_unfinished", "1"),
    ("went_silent", "attention", "meur_if_done", "50"),
    ("went_silent", "critique", "meur_if_ahead", "50"),
    ("figure_withdrawn", "attention", "always", "0"),
    ("watermelon", "attention", "always", "0"),
    ("procedure_regressed", "information", "always", "0"),
    ("procedure_regressed", "attention", "levels", "2"),
    ("indicator_off_track", "attention", "points", "5"),
    ("indicator_off_track", "critique", "points", "50"),
    ("action_overdue", "attention", "always", "0"),
    ("action_overdue", "critique", "months", "12"),
)
# Rules whose thresholds stand where they are computed, over several editions.
OVER_EDITIONS = ("creep", "stagnant")
STATES = (
    "budget_overrun",
    "schedule_overrun",
    "overdue",
    "stagnant",
    "watermelon",
    "indicator_off_track",
    "action_overdue",
)
LEAST_DAYS_OF_A_DELAY = 75
MOST_SEMESTERS = 2
POINTS_TO_REARM = 5
_LEVELS = (10, 25, 50, 100)
_PHASES = ("cadrage", "conception_realisation", "experimentation", "deploiement", "termine")

_Case = dict[str, Any]


def _reaches(measured: str, bound: Fraction, case: _Case) -> bool:
    """Whether a case reaches a threshold; what is unknown reaches none."""
    start, delta = case.get("from_value"), case.get("_weighed", case.get("delta"))
    if measured == "always":
        return True
    if measured in ("if_unfinished", "meur_if_done", "meur_if_ahead"):
        enough = start is not None and start >= bound
        return bool(
            {"if_unfinished": case["_unfinished"], "meur_if_done": enough, "meur_if_ahead": enough and case["_ahead"]}[
                measured
            ]
        )
    if measured == "percent":
        return start is not None and start > 0 and delta is not None and delta * 100 >= start * bound
    if measured == "months":
        slip, semesters = case.get("slip_months"), case.get("_semesters", 1)
        return slip is not None and abs(slip) >= bound * min(semesters, MOST_SEMESTERS)
    facts = {"meur": delta, "above_meur": case.get("_cost"), "crossed_percent": case.get("_level")}
    fact = facts[measured] if measured in facts else case.get("_extent")
    return fact is not None and (fact > bound if measured == "above_meur" else fact >= bound)


def _rated(rule: str, case: _Case) -> _Case | None:
    """The row that a case makes, with its severity; nothing where no threshold is reached."""
    reached = [
        (SEVERITIES.index(severity), Fraction(bound), measured)
        for of, severity, measured, bound in THRESHOLDS
        if of == rule and _reaches(measured, Fraction(bound), case)
    ]
    if all(measured == "phases_back" for _, _, measured in reached):
        return None
    rank, _, measured = max(reached)
    row = {name: value for name, value in case.items() if not name.startswith("_")}
    start, delta = case.get("from_value"), case.get("delta")
    if "_rate" in case:
        row["delta_pct"] = _percent(case["_rate"])
    elif case.get("kind", "projects") == "projects" and start is not None and start > 0:
        row["delta_pct"] = _percent(_ratio(delta, start))
    if delta is None and start is None and case.get("to_value") is None:
        row["delta"] = case.get("slip_months")
    row["severity"] = "information" if case.get("returns_to_edition") else SEVERITIES[rank]
    row["level"] = case.get("_level") if measured == "crossed_percent" else None
    return row


def _blank(**columns: Any) -> _Case:
    """The columns that a row has of itself, nothing but for those given."""
    empty = ("from_value", "to_value", "delta", "delta_pct", "slip_months", "returns_to_edition", "cause")
    return {**dict.fromkeys(empty), "is_new": True, **columns}


class _Slips:
    """The rows that there must be, each with what it may say: `None` among it where it need not be there."""

    def __init__(self, release: Release, history: History, moves: dict[str, _Moved]) -> None:
        self.release, self.history, self.moves = release, history, moves
        self.expected: dict[tuple[str, str, str], list[_Case | None]] = {}
        self.rules: set[str] = set()

    def expect(self, rule: str, subject: str, measure: str, cases: Iterable[_Case]) -> None:
        """Note what a row may be, by the cases that there may be."""
        rows = [_rated(rule, case) for case in cases]
        if any(row is not None for row in rows):
            self.expected.setdefault((rule, subject, measure), []).extend(rows)


def _slips_of_changes(slips: _Slips) -> None:
    """Rules that hold a project against its own previous edition."""
    slips.rules |= {
        "budget_slip",
        "schedule_slip",
        "reduced",
        "phase_back",
        "completed",
        "abandoned",
        "figure_withdrawn",
        "entered",
        "cost_known",
    }
    for moved in slips.moves.values():
        if moved.now is not None:
            _entered(slips, moved, moved.now)
        if moved.now is not None and moved.before is not None:
            _costs(slips, moved.project, moved.previous, moved.before, moved.now)
            _ends_moved(slips, moved.project, moved.previous, moved.before, moved.now)
            _phases(slips, moved.project, moved.before, moved.now)
            _withdrawn(slips, moved.project, moved.before, moved.now)


def _typed(row: Row, column: str, name: str) -> _Case:
    """A text as typed, where the table has it."""
    return {name: row.text(column)} if column in row else {}


def _goes_back(before: Row, now: Row) -> bool:
    places = [_PHASES.index(row["phase"]) if row["phase"] in _PHASES else None for row in (before, now)]
    return places[0] is not None and places[1] is not None and places[1] < places[0]


def _same_cost(one: Fraction, other: Fraction | None) -> bool:
    return other is not None and abs(one - other) * 100 <= one


def _earlier_rows(slips: _Slips, project: str, previous: str) -> list[tuple[str, Row]]:
    """The rows of a project in the editions before its previous one, the latest first."""
    found = [(one, slips.history.portfolio(one)) for one in slips.history.editions("projects") if one < previous]
    return [(edition, rows[project]) for edition, rows in reversed(found) if project in rows]


def _costs(slips: _Slips, project: str, previous: str, before: Row, now: Row) -> None:
    old, new = before.number("current_cost_meur"), now.number("current_cost_meur")
    if old is None or new is None or old == new:
        return
    texts = {**_typed(before, "cost_typed", "from_text"), **_typed(now, "cost_typed", "to_text")}
    case = _blank(from_value=old, to_value=new, delta=new - old, unit="meur", **texts)
    if new < old:
        back = _goes_back(before, now)
        case.update(_weighed=old - new, _extent=Fraction(back), detail="phase_back" if back else None)
        slips.expect("reduced", project, "cost", [case])
        return
    if not _same_cost(new, old):
        same = [
            edition
            for edition, row in _earlier_rows(slips, project, previous)
            if _same_cost(new, row.number("current_cost_meur"))
        ]
        case["returns_to_edition"] = same[0] if same else None
    slips.expect("budget_slip", project, "cost", [case])


def _ends_moved(slips: _Slips, project: str, previous: str, before: Row, now: Row) -> None:
    later, sooner = list[_Case](), list[_Case]()
    semesters, back = _semesters(previous, slips.release.edition), _goes_back(before, now)
    for one in _trajectories(before):
        for other in _trajectories(now):
            ends = _ends(one, other)
            texts = {
                "from_text": ends.from_end,
                "to_text": ends.to_end,
                "from_precision": ends.from_precision,
                "to_precision": ends.to_precision,
            }
            case = _blank(unit="months", slip_months=ends.months, _semesters=semesters, **texts)
            if _is_delay(ends):
                returns = _returns(slips, project, previous, other)
                later.extend({**case, "returns_to_edition": edition} for edition in returns)
            else:
                later.append(_blank(slip_months=None))
            early = ends.months is not None and ends.months < 0
            sooner.append(
                {
                    **case,
                    "slip_months": ends.months if early else None,
                    "_extent": Fraction(back),
                    "detail": "phase_back" if back else None,
                }
            )
    slips.expect("schedule_slip", project, "end", later)
    slips.expect("reduced", project, "end", sooner)


def _is_delay(ends: _Ends) -> bool:
    if ends.from_end is None or ends.to_end is None or not ends.change or ends.change < 0:
        return False
    return (ends.to_end - ends.from_end).days - ends.rounding >= LEAST_DAYS_OF_A_DELAY


def _returns(slips: _Slips, project: str, previous: str, now: _Trajectory) -> list[str | None]:
    """The edition before the previous one to whose end this one returns; several where rows may be read in two ways."""
    found = list[str]()
    for edition, row in _earlier_rows(slips, project, previous):
        same = [_ends(one, now).change == 0 for one in _trajectories(row)]
        if any(same):
            found.append(edition)
        if all(same):
            return list(found)
    return [*found, None]


def _phases(slips: _Slips, project: str, before: Row, now: Row) -> None:
    old, new = before.number("current_cost_meur"), now.number("current_cost_meur")
    cost = old if new is None else new
    if _goes_back(before, now):
        slips.expect(
            "phase_back", project, "phase", [_blank(from_text=before["phase"], to_text=now["phase"], _cost=cost)]
        )
    if now["phase"] in ("termine", "abandonne") and now["phase"] != before["phase"]:
        baseline, end = now.number("baseline_cost_meur"), now.day("planned_end_date")
        months = _months(now.day("baseline_end_date"), end)
        change = now.number("end_change_days")
        case = _blank(
            from_value=baseline,
            to_value=new,
            delta=_less(new, baseline),
            unit="meur",
            from_text=now.text("baseline_end_date"),
            to_text=now.text("planned_end_date"),
            slip_months=Fraction(0) if change == 0 else months,
            detail=now.text("exit_reason"),
            _cost=cost,
        )
        slips.expect("completed" if now["phase"] == "termine" else "abandoned", project, "phase", [case])


def _withdrawn(slips: _Slips, project: str, before: Row, now: Row) -> None:
    cost = bool(before["current_cost_meur"]) and not now["current_cost_meur"]
    duration = bool(before["current_duration_days"]) and not now["current_duration_days"]
    if cost or duration:
        value = before.number("current_cost_meur") if cost else _ratio(before.number("current_duration_days"), _DAYS, 8)
        measure = "cost_and_duration" if cost and duration else "cost" if cost else "duration"
        case = _blank(from_value=value, unit="meur" if cost else "years")
        slips.expect("figure_withdrawn", project, measure, [case])


def _entered(slips: _Slips, moved: _Moved, now: Row) -> None:
    cost = now.number("current_cost_meur")
    known = any(row["current_cost_meur"] for _, row in _earlier_rows(slips, moved.project, slips.release.edition))
    is_in = moved.movements == (frozenset({"in"}),)
    if cost is None or known or not (is_in or moved.before is not None):
        return
    case = _blank(to_value=cost, unit="meur", _cost=cost, **_typed(now, "cost_typed", "to_text"))
    slips.expect("entered" if is_in else "cost_known", moved.project, "presence" if is_in else "cost", [case])


def _slips_of_rows(slips: _Slips) -> None:
    """Rules that read the edition alone."""
    slips.rules |= {"overdue", "indicator_off_track", "action_overdue"}
    edition = slips.release.edition
    for row in slips.release.rows("portfolio"):
        if row["phase"] not in ("termine", "abandonne") and not row["exit_reason"]:
            on = _said_on(edition, _moment(row["received_at"]))
            cases = [_overdue(_last_planned_end(of), _end_precision(of), on) for of in _trajectories(row)]
            if all(cases):
                slips.expect("overdue", row["project_id"], "end", [case for case in cases if case])
    for row in slips.release.rows("roadmap"):
        on = _said_on(edition, _moment(row["received_at"]))
        if row.flag("is_overdue"):
            case = _overdue(
                _last_day(row.day("planned_end"), row.text("planned_end_precision")),
                row.text("planned_end_precision"),
                on,
            )
            slips.expect("action_overdue", row["action_id"], "end", [{**case, "kind": "roadmap"}] if case else [])
    for row in slips.release.rows("indicators"):
        if row["status"] == "off_track":
            slips.expect("indicator_off_track", row["indicator_id"], "value", [_off_track(row)])


def _overdue(end: date | None, precision: str | None, on: date) -> _Case | None:
    if end is None or end >= on:
        return None
    case = _blank(
        unit="months",
        slip_months=_months(end, on),
        from_text=end,
        to_text=on,
        from_precision=precision,
        to_precision="day",
    )
    del case["is_new"]
    return case


def _off_track(row: Row) -> _Case:
    value, baseline, target = (row.number(name) for name in ("value", "baseline", "target"))
    expected, progress = row.number("expected_progress"), row.number("progress")
    if value is None or baseline is None or target is None or expected is None or progress is None:
        raise _Damaged("un indicateur en retard n’a pas toutes ses valeurs")
    line = _half_up(baseline + expected * (target - baseline), 8)
    case = _blank(
        kind="indicators", from_value=line, to_value=value, delta=value - line, _extent=100 * (expected - progress)
    )
    del case["is_new"]
    return case


def _slips_of_overruns(slips: _Slips) -> None:
    """Levels that were crossed stand until the rate is five points below them."""
    slips.rules |= {"budget_overrun", "schedule_overrun"}
    editions = [*slips.history.editions("projects"), slips.release.edition]
    past = {edition: slips.history.portfolio(edition) for edition in editions}
    for project, row in past[slips.release.edition].items():
        for rule, variance in (("budget_overrun", "budget"), ("schedule_overrun", "schedule")):
            rates = {
                edition: rate
                for edition in editions
                if project in past[edition]
                and (rate := past[edition][project].number(f"{variance}_variance_rate")) is not None
            }
            if slips.release.edition in rates:
                level, since = _standing(rates)
                if level:
                    case = _overrun(row, variance, rates[slips.release.edition], level)
                    slips.expect(
                        rule, project, "cost" if variance == "budget" else "end", [{**case, "since_edition": since}]
                    )


def _standing(rates: dict[str, Fraction]) -> tuple[int, str]:
    """The level that stands by the last of the editions, and which edition crossed it."""
    standing, level, since = dict.fromkeys(_LEVELS, 0), 0, ""
    for edition, rate in sorted(rates.items()):
        for one in _LEVELS:
            if rate * 100 >= one:
                standing[one] = one
            elif rate * 100 <= one - POINTS_TO_REARM:
                standing[one] = 0
        before, level = level, max(standing.values())
        since = edition if level > before else since
    return level, since


def _overrun(row: Row, variance: str, rate: Fraction, level: int) -> _Case:
    if variance == "budget":
        start, now = row.number("baseline_cost_meur"), row.number("current_cost_meur")
        texts, months = {}, None
    else:
        days, change = row.number("baseline_end_duration_days"), row.number("end_change_days")
        start = _ratio(days, _DAYS, 8)
        now = None if days is None or change is None else _ratio(days + change, _DAYS, 8)
        texts = {"from_text": row.text("baseline_end_date"), "to_text": row.text("planned_end_date")}
        months = _months(row.day("baseline_end_date"), row.day("planned_end_date"))
    case = _blank(
        from_value=start, to_value=now, delta=_less(now, start), slip_months=months, _rate=rate, _level=level, **texts
    )
    # Whether a rewritten start did it is told by what is not published.
    del case["is_new"], case["cause"]
    return case


def _slips_of_tables(slips: _Slips, report: Report) -> None:
    """Rules that read another table of the release, where it is published."""
    release = slips.release
    if release.has("confidence"):
        slips.rules.add("watermelon")
        for row in release.rows("confidence"):
            if row.flag("is_watermelon"):
                texts = {
                    "from_text": row["declared_confidence"],
                    "to_text": row["computed_confidence"],
                    "detail": row.text("reasons"),
                }
                case = {**_blank(**texts), "is_new": None}
                del case["is_new"]
                slips.expect("watermelon", row["project_id"], "confidence", [case])
    if release.has("rebaselines"):
        slips.rules.add("rebaselined")
        for row in release.rows("rebaselines"):
            slips.expect("rebaselined", row["project_id"], row["measure"], [_rebaselined(row)])
    if missing := [name for name in ("confidence", "rebaselines") if not release.has(name)]:
        report.leave(release.where, f"Glissements watermelon et rebaselined : {' et '.join(missing)} n’y sont pas.")


def _rebaselined(row: Row) -> _Case:
    known = _coarser(row.text("from_precision"), row.text("to_precision"))
    start, now = row.number("from_value"), row.number("to_value")
    months = _months(_first_day(row.day("from_date"), known), _first_day(row.day("to_date"), known))
    is_first = row["measure"] != "start" and row["from_source"] == "first_seen"
    return _blank(
        from_value=start,
        to_value=now,
        delta=_less(now, start),
        slip_months=months,
        unit=row["unit"],
        from_text=row.text("from_text"),
        to_text=row.text("to_text"),
        detail="first_declared" if is_first else None,
    )


def _slips_of_absences(slips: _Slips) -> None:
    slips.rules.add("went_silent")
    rows = {
        row["project_id"]: row
        for row in slips.release.rows("movements")
        if row["movement"] == "out" and row["reason_source"] == "none"
    }
    published = {row["subject"]: row for row in slips.release.rows("slips") if row["rule"] == "went_silent"}
    received = {one.get("submission_id"): one["received_at"] for one in slips.release.said["drops"]}
    for project, row in rows.items():
        moved = slips.moves.get(project)
        if moved is None or moved.before is None:
            continue
        if row["to_submission_id"] in received:
            on = _said_on(slips.release.edition, _moment(received[row["to_submission_id"]]))
        elif project in published:
            # Its perimeter filed nothing: the day is that of a closing, which is told by this row alone.
            on = min(_day(published[project]["to_text"]), _as_of(slips.release.edition))
        else:
            on = _as_of(slips.release.edition)
        cases = [_silent(moved.before, of, on, row["to_submission_id"]) for of in _trajectories(moved.before)]
        slips.expect("went_silent", project, "presence", cases)


def _silent(before: Row, of: _Trajectory, on: date, filed: str) -> _Case:
    end, cost = _last_planned_end(of), before.number("current_cost_meur")
    is_past = end is not None and end < on
    return _blank(
        from_value=cost,
        unit="meur",
        from_text=end,
        to_text=on,
        from_precision=_end_precision(of),
        to_precision="day",
        detail=None if filed else "nothing_filed",
        _ahead=not is_past,
        _unfinished=not (is_past and before["phase"] == "deploiement" and cost is not None),
    )


def _slips_of_procedures(slips: _Slips) -> None:
    slips.rules.add("procedure_regressed")
    filed = {
        perimeter: slips.history.previous_filing(slips.release.edition, "procedures", perimeter)
        for perimeter in slips.history.filed(slips.release.edition, "procedures")
    }
    before = {
        edition: _by(slips.history.earlier[edition].rows("procedures"), "procedure_id")
        for edition in set(filed.values())
        if edition
    }
    shown = {
        "online": None,
        "authentication": None,
        "satisfaction": ("satisfaction_score", 1),
        "accessibility": ("accessibility_rate", 100),
    }
    for row in slips.release.rows("procedures"):
        old = before.get(filed.get(row["perimeter"]) or "", {}).get(row["procedure_id"])
        if old is None:
            continue
        for indicator, value in shown.items():
            was, level = old.number(f"{indicator}_level"), row.number(f"{indicator}_level")
            if was is None or level is None or level >= was:
                continue
            case = _blank(kind="procedures", _extent=was - level)
            if value is not None:
                start, now = (_scaled(of, *value) for of in (old, row))
                case.update(from_value=start, to_value=now, delta=_less(now, start))
            slips.expect("procedure_regressed", row["procedure_id"], indicator, [case])


# Reason, colour, from which value on: the rule of the computed confidence.
CONFIDENCE_RULES: tuple[tuple[str, str, str], ...] = (
    ("budget_variance", "orange", "10"),
    ("budget_variance", "rouge", "25"),
    ("schedule_variance", "orange", "10"),
    ("schedule_variance", "rouge", "25"),
    ("slip", "orange", "1"),
    ("slip", "rouge", "3"),
    ("overdue", "orange", "0"),
    ("overdue", "rouge", "6"),
    ("missing_figures", "orange", "1"),
    ("missing_figures", "rouge", "2"),
    ("rebaselines", "orange", "1"),
    ("rebaselines", "rouge", "3"),
)
_COLOURS = ("vert", "orange", "rouge")


def check_confidence(release: Release, report: Report) -> None:
    """Compute the confidence of each project again, from its figures and its slips."""
    if not release.has("confidence"):
        return
    slips: dict[str, list[Row]] = {}
    for row in release.rows("slips"):
        slips.setdefault(row["subject"], []).append(row)
    rows, projects = _by(release.rows("confidence"), "project_id"), _by(release.rows("portfolio"), "project_id")
    checked = _Checked(release, "confidence", "rows", report)
    checked.same_keys(rows, projects, "le projet")
    for project in sorted(rows.keys() & projects.keys()):
        same = {column: projects[project][column] for column in ("name", "perimeter", "submission_id")}
        checked.row(project, rows[project], {**same, **_confidence(projects[project], slips.get(project, []))})


def _confidence(row: Row, slips: Sequence[Row]) -> dict[str, object]:
    ranks = [SEVERITIES.index(one["severity"]) + 1 for one in slips if one["rule"] in ("budget_slip", "schedule_slip")]
    overdue = [
        months for one in slips if one["rule"] == "overdue" and (months := one.number("slip_months")) is not None
    ]
    missing = int(not row["current_cost_meur"]) + int(not row["planned_end_date"])
    rates = {name: row.number(f"{name}_rate") for name in ("budget_variance", "schedule_variance")}
    values: dict[str, Fraction | int | None] = {
        name: None if rate is None else 100 * rate for name, rate in rates.items()
    }
    values["slip"], values["overdue"] = max(ranks, default=None), max(overdue, default=None)
    values["missing_figures"] = 0 if row["phase"] in ("cadrage", "en_revision") else missing
    values["rebaselines"] = row.number("rebaselines")
    found = dict[str, int]()
    for reason, colour, bound in () if _is_over(row) else CONFIDENCE_RULES:
        value = values[reason]
        if value is not None and value >= Fraction(bound):
            found[reason] = max(found.get(reason, 0), _COLOURS.index(colour))
    rank = max(found.values(), default=0)
    computed = None if _is_over(row) else _COLOURS[rank]
    return {
        "declared_confidence": row.text("declared_confidence"),
        "computed_confidence": computed,
        "reasons": ", ".join(sorted(reason for reason, one in found.items() if one == rank)) or None,
        "is_watermelon": row["declared_confidence"] == "vert" and computed == "rouge",
        "slip_severity": SEVERITIES[max(ranks) - 1] if ranks else None,
        "months_overdue": values["overdue"],
        "missing_figures": values["missing_figures"],
        "rebaselines": values["rebaselines"],
        **{f"{name}_pct": _percent(rate) for name, rate in rates.items()},
    }


class _Unclear(Exception):
    """What rests on something that is not published: not told at all."""


def _is_over(row: Row) -> bool:
    return row["phase"] in ("termine", "abandonne") or row["exit_reason"] != ""


def _sure(found: Iterable[bool]) -> bool:
    """What holds whichever way rows are read; raise `_Unclear` where that makes a difference."""
    answers = set(found)
    if len(answers) != 1:
        raise _Unclear
    return answers.pop()


def _compared(slips: _Slips) -> dict[str, list[tuple[str, _Moved]]]:
    """By project of this edition, each edition in which it was with what it was held against, in their order."""
    history, edition = slips.history, slips.release.edition
    past = {one: history.portfolio(one) for one in (*history.editions("projects"), edition)}
    found: dict[str, list[tuple[str, _Moved]]] = {}
    for project in past[edition]:
        for one, rows in past.items():
            if project in rows:
                moved = _held_against(one, project, rows[project], past, history)
                alone = _Moved(project, "", None, rows[project], (frozenset(),))
                found.setdefault(project, []).append((one, alone if moved is None else moved))
    return found


_MOST_ALIKE_TOLD_TOGETHER = 6
_LEAST_ALIKE = 3


def _stagnant(slips: _Slips) -> dict[tuple[str, str], _Case]:
    """Projects of which nothing changed: one row for each perimeter, and one of its own for who stands still longer."""
    rewritten = _rewritten(slips)
    found, together = dict[tuple[str, str], _Case](), dict[str, list[tuple[int, str, Row]]]()
    for project, steps in _compared(slips).items():
        alike, first = 0, ""
        for edition, moved in steps:
            if not moved.previous:
                continue
            if (edition, project) in rewritten or not _is_repeated(moved):
                alike = 0
            else:
                alike, first = (alike + 1, first) if alike else (2, moved.previous)
        row = steps[-1][1].now
        if row is None or alike < _LEAST_ALIKE or _is_over(row):
            continue
        if alike >= _MOST_ALIKE_TOLD_TOGETHER:
            found[project, "trajectory"] = {**_still(slips, alike, first), "unit": "editions", "severity": "attention"}
        else:
            together.setdefault(row["perimeter"], []).append((alike, first, row))
    for perimeter, all_ in together.items():
        names = [row["name"] for _, _, row in sorted(all_, key=lambda one: (one[2]["name"], one[2]["project_id"]))]
        case = _still(slips, len(all_), min(first for _, first, _ in all_))
        is_new = any(alike == _LEAST_ALIKE for alike, _, _ in all_)
        case.update(unit="projects", severity="information", detail=", ".join(names), is_new=is_new)
        found[perimeter, "trajectories"] = case
    return found


def _rewritten(slips: _Slips) -> set[tuple[str, str]]:
    """The editions and projects of which a baseline was rewritten."""
    releases = [*(slips.history.earlier[one] for one in slips.history.editions("projects")), slips.release]
    if not all(release.has("rebaselines") for release in releases):
        raise _Unclear
    return {(row["edition"], row["project_id"]) for release in releases for row in release.rows("rebaselines")}


def _is_repeated(moved: _Moved) -> bool:
    before, now = moved.before, moved.now
    if before is None or now is None:
        return False
    if any(before[name] != now[name] for name in ("phase", "current_cost_meur", "declared_confidence")):
        return False
    if now["variance_comment"] and before["variance_comment"] != now["variance_comment"]:
        return False
    same_end = _sure(_is_same_end(one, other) for one in _trajectories(before) for other in _trajectories(now))
    return same_end and not _sure("back" in may_be for may_be in moved.movements)


def _is_same_end(one: _Trajectory, other: _Trajectory) -> bool:
    ends = _ends(one, other)
    if ends.from_end is None and ends.to_end is None:
        return one.days == other.days
    return ends.change == 0


def _still(slips: _Slips, delta: int, first: str) -> _Case:
    texts = {"from_text": first, "to_text": slips.release.edition, "since_edition": first}
    blank = {name: value for name, value in _blank(**texts).items() if name != "is_new"}
    return {**blank, "delta": delta, "level": None}


_EDITIONS_OF_A_CREEP = 4
_CREEP_PERCENT, _CREEP_MONTHS, _CREEP_ABOVE_MEUR = 5, 4, 9


def _crept(slips: _Slips) -> dict[tuple[str, str], _Case]:
    """Projects that grew over four editions without a slip of their own; one that was told is not for three more."""
    editions = slips.history.editions("projects")
    slipped: dict[str, list[tuple[str, str]]] = {}
    for release in (*(slips.history.earlier[one] for one in editions), slips.release):
        for row in release.rows("slips"):
            slipped.setdefault(row["subject"], []).append((release.edition, row["rule"]))
    found = dict[tuple[str, str], _Case]()
    for project, steps in _compared(slips).items():
        told, case = -_EDITIONS_OF_A_CREEP, None
        for place in range(_EDITIONS_OF_A_CREEP - 1, len(steps)):
            case = _creep(steps[place - _EDITIONS_OF_A_CREEP + 1 : place + 1], slipped.get(project, ()))
            if case is not None and place - told >= _EDITIONS_OF_A_CREEP:
                told = place
            else:
                case = None
        if case is not None:
            found[project, "trajectory"] = case
    return found


def _creep(span: Sequence[tuple[str, _Moved]], slipped: Iterable[tuple[str, str]]) -> _Case | None:
    """The row of a project that crept over a span of editions, if it did."""
    rows = [moved.now for _, moved in span if moved.now is not None]
    if any(moved.before is None for _, moved in span[1:]):
        return None
    start, now = rows[0].number("current_cost_meur"), rows[-1].number("current_cost_meur")
    rules = {rule for edition, rule in slipped if span[0][0] < edition <= span[-1][0]}
    has_costs = all(row["current_cost_meur"] for row in rows)
    is_cost = has_costs and start is not None and now is not None and start > 0
    is_cost = is_cost and now * 100 >= start * (100 + _CREEP_PERCENT) and "budget_slip" not in rules  # type: ignore[operator]
    ends = [_ends(one, other) for one in _trajectories(rows[0]) for other in _trajectories(rows[-1])]
    has_ends = all(row["planned_end_date"] for row in rows) and "schedule_slip" not in rules
    is_end = has_ends and _sure(_is_later(one) for one in ends)
    if not (is_cost or is_end):
        return None
    case = _blank(unit="meur", since_edition=span[0][0], level=None)
    if is_cost and start is not None and now is not None:
        case.update(from_value=start, to_value=now, delta=now - start, delta_pct=_percent(_ratio(now - start, start)))
    if is_end:
        known = ends[0].known or "month"
        case.update(from_text=ends[0].from_end, to_text=ends[0].to_end, from_precision=known, to_precision=known)
        case["slip_months"] = _months(ends[0].from_end, ends[0].to_end)
    case["severity"] = "attention" if now is not None and now > _CREEP_ABOVE_MEUR else "information"
    return case


def _is_later(ends: _Ends) -> bool:
    months = _months(ends.from_end, ends.to_end)
    return ends.change is not None and ends.change > 0 and months is not None and months >= _CREEP_MONTHS


def _scaled(row: Row, column: str, factor: int) -> Fraction | None:
    value = row.number(column)
    return None if value is None else _half_up(factor * value, 8)


def check_slips(release: Release, history: History, moves: dict[str, _Moved], report: Report) -> None:
    """Hold each row of the slips to its arithmetic, and by rule which rows there are to those that there must be."""
    rows = _by(release.rows("slips"), "rule", "subject", "measure")
    for row in rows.values():
        _check_slip_alone(release, row, report)
    slips = _Slips(release, history, moves)
    _slips_of_rows(slips)
    _slips_of_tables(slips, report)
    if history.is_whole:
        _slips_of_changes(slips)
        _slips_of_overruns(slips)
        _slips_of_absences(slips)
        _slips_of_procedures(slips)
        for rule, told in (("creep", _crept), ("stagnant", _stagnant)):
            try:
                found = told(slips)
            except _Unclear:
                continue
            slips.rules.add(rule)
            slips.expected.update({(rule, *key): [row] for key, row in found.items()})
    checked = _Checked(release, "slips", "slips", report)
    for key in sorted(slips.expected.keys() | {key for key in rows if key[0] in slips.rules}):
        _check_slip(key, rows.get(key), slips.expected.get(key, [None]), checked)
        report.count("slip_rules")
    left = sorted({key[0] for key in rows} - slips.rules)
    if left:
        report.leave(
            release.where, f"Glissements dont seule l’arithmétique est contrôlée : {', '.join(map(_shown, left))}."
        )


def _check_slip(key: tuple[str, str, str], row: Row | None, may_be: Sequence[_Case | None], checked: _Checked) -> None:
    label = " ".join(key)
    if row is None:
        checked.same_keys([], [] if None in may_be else [label], "le glissement")
        return
    cases = [case for case in may_be if case is not None]
    if not cases:
        checked.same_keys([label], [], "le glissement")
        return
    best = min(
        cases, key=lambda case: sum(not _agrees(row[name], value) for name, value in case.items() if name in row)
    )
    checked.row(label, row, best)


def _check_slip_alone(release: Release, row: Row, report: Report) -> None:
    """What a row says of itself agrees with itself, and with the portfolio."""
    checked = _Checked(release, "slips", "slips", report)
    label = f"{row['rule']} {row['subject']} {row['measure']}"
    computed: dict[str, object] = {
        "edition": release.edition,
        "is_state": row["rule"] in STATES,
        "project_id": row["subject"] if row["kind"] == "projects" and row["measure"] != "trajectories" else None,
    }
    if row["previous_edition"]:
        computed["semesters"] = _semesters(row["previous_edition"], release.edition)
    start, now, delta = (row.number(name) for name in ("from_value", "to_value", "delta"))
    if start is not None and now is not None:
        computed["delta"] = now - start
        if row["kind"] == "projects" and start > 0 and not row["rule"].endswith("_overrun"):
            computed["delta_pct"] = _percent(_ratio(delta, start))
    project = _by(release.rows("portfolio"), "project_id").get(row["project_id"]) if row["project_id"] else None
    if project is not None:
        computed["name"], computed["perimeter"] = project["name"], project["perimeter"]
        if "variance_comment" in project:
            computed["variance_comment"] = project["variance_comment"]
    if row["severity"] not in SEVERITIES:
        checked.value(label, "severity", row["severity"], " ou ".join(SEVERITIES))
    checked.row(label, row, computed)


# The figures that are printed on pages.

# A cell by its table, its column and its key; ` *100` where the page has in percents what the table has of one.
_FIGURE = re.compile(r"([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)(?:\[([^\[\]]*)\])?( \*100)?")
_PRINTED = re.compile(
    r"([+\u2212-]?)\s*([0-9]{1,3}(?:[\u00a0\u202f\u2009 ][0-9]{3})+|[0-9]{1,30})"
    r"(?:,([0-9]{1,20}))?(?:\s*([^0-9]{1,60}))?"
)
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_UNITS = {"_meur": ("M€", "million"), "_bn_eur": ("Md€", "milliard"), "_pct": ("%", "point", "pt"), "_years": ("an",)}


class _Page(HTMLParser):
    """Gathers the elements of a page that say which figure they show, with their text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self._open: list[tuple[str, int | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        figure = dict(attrs).get("data-figure")
        if figure is not None:
            self.found.append((figure, ""))
        if tag not in _VOID:
            self._open.append((tag, len(self.found) - 1 if figure is not None else None))

    def handle_endtag(self, tag: str) -> None:
        if any(one == tag for one, _ in self._open):
            while self._open and self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        for _, place in self._open:
            if place is not None:
                figure, text = self.found[place]
                self.found[place] = (figure, text + data)


def check_pages(release: Release, report: Report) -> None:
    """Hold the figures printed on pages to the tables that they are of."""
    seen = 0
    for path in sorted(release.files):
        if not path.endswith((".html", ".htm")):
            continue
        page = _Page()
        try:
            page.feed(release.files[path].decode("utf-8"))
            page.close()
        except (UnicodeDecodeError, AssertionError):
            report.blame(f"{release.where}/{path}", "la page ne peut pas être lue.")
            continue
        for figure, text in page.found:
            if fault := _printed_wrong(release, figure, " ".join(text.split())):
                report.blame(f"{release.where}/{path}", f"{_shown(figure)} : {fault}.")
            else:
                report.count("pages")
        seen += len(page.found)
    if seen:
        report.leave(
            "", "Pages : seuls les chiffres qui disent d’où ils viennent (data-figure) sont comparés aux tables."
        )
    elif any(path.endswith(".html") for path in release.files):
        report.leave(release.where, "Pages : aucun chiffre n’y dit de quelle table il vient.")


def _printed_wrong(release: Release, figure: str, text: str) -> str | None:
    named = _FIGURE.fullmatch(figure)
    if not named:
        return "ce n’est le nom d’aucun chiffre"
    try:
        rows = release.table(named[1]).rows
    except _NotPublished:
        return f"la table {named[1]} n’est pas publiée"
    for condition in named[3].split(",") if named[3] else ():
        column, _, value = condition.partition("=")
        rows = [row for row in rows if row.get(unquote(column)) == unquote(value)]
    if len(rows) != 1 or named[2] not in rows[0]:
        return "la table n’a pas cette cellule"
    return _printed_as(named[2], rows[0][named[2]], text, 100 if named[4] else 1)


def _printed_as(column: str, value: str, text: str, times: int) -> str | None:
    """Why a text is not the value of a cell, rounded as it is printed."""
    if value == "" or not _NUMBER.fullmatch(value):
        # In the place of a number that is not known stands why: words, or a dash.
        is_same = not re.search(r"\d", text) if value == "" else text == value
        return None if is_same else f"la page dit « {_shown(text)} », la table « {_shown(value or 'rien')} »"
    printed = _PRINTED.fullmatch(text)
    if not printed:
        return f"« {_shown(text)} » n’est pas un nombre écrit en français"
    sign, whole, decimals, unit = (
        printed[1],
        re.sub(r"\D", "", printed[2]),
        printed[3] or "",
        (printed[4] or "").strip(),
    )
    said = Fraction(f"{whole}.{decimals or 0}") * (-1 if sign in ("\u2212", "-") else 1)
    exact = Fraction(value) * times
    if (
        unit
        and times == 1
        and (wanted := next((of for suffix, of in _UNITS.items() if column.endswith(suffix)), None))
        and not unit.startswith(wanted)
    ):
        return f"l’unité « {_shown(unit)} » n’est pas celle de {column}"
    if _half_up(exact, len(decimals)) != said:
        return f"la page dit « {_shown(text)} », la table « {_shown(value)} »"
    return None


# The whole: one revision, an edition, all editions, or the tree over them.

_Step = Callable[[Release, Report], None]
_ALONE: tuple[tuple[str, _Step], ...] = (
    ("edition", check_editions),
    ("portfolio", check_portfolio),
    ("headline_figures", check_headline),
    ("top50", check_top50),
    ("procedures", check_procedures),
    ("procedure_scores", check_procedure_scores),
    ("roadmap", check_roadmap),
    ("indicators", check_indicators),
    ("confidence", check_confidence),
    ("submissions", check_submissions),
    ("procedure_history", check_procedure_history),
)


def _guarded(release: Release, name: str, report: Report, step: Callable[[], Any]) -> Any:
    """Take a step; what a file holds must never end in a traceback."""
    try:
        return step()
    except _NotPublished as missing:
        report.leave(
            release.where, f"{name} : {_shown(missing)} n’est pas publié, ce qui en dépend n’a pas été recalculé."
        )
    except (
        _Damaged,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        report.blame(
            release.where, f"{name} : le contrôle n’a pas pu aller au bout ({_shown(error) or type(error).__name__})."
        )
    return None


def check_release(release: Release, shelf: Shelf, report: Report) -> None:
    """Check what a revision says, once its files are known to be its own."""
    report.count("revisions")
    schemas = _guarded(release, "Schémas", report, lambda: check_schemas(release, report)) or {}
    _guarded(release, "Formats", report, lambda: check_formats(release, schemas, report))
    _guarded(release, "figures.json", report, lambda: check_figures_file(release, report))
    _guarded(release, "Pages", report, lambda: check_pages(release, report))
    if not release.is_of_known_method:
        report.leave(
            release.where,
            f"Chiffres : la méthode {_shown(release.said.get('method_version'))} n’est pas de celles que ce "
            "vérificateur connaît, rien n’a été recalculé.",
        )
        return
    for name, step in _ALONE:
        _guarded(release, name, report, lambda step=step: step(release, report))  # type: ignore[misc]
    history = _guarded(release, "Éditions antérieures", report, lambda: History(release, shelf, report))
    if history is None:
        return
    _guarded(release, "decompositions", report, lambda: check_decompositions(release, history, report))
    _guarded(release, "headline_changes", report, lambda: check_changes(release, history, report))
    _guarded(release, "Édition précédente", report, lambda: check_previous(release, history, report))
    moves = _guarded(release, "movements", report, lambda: check_movements(release, history, report)) or {}
    _guarded(release, "slips", report, lambda: check_slips(release, history, moves, report))


_ALWAYS_UNPROVED = (
    "Prévisions et leur bilan, références réécrites : contrôlés dans leur forme, non recalculés.",
    "Les tables elles-mêmes : que les fichiers déposés par les ministères disent bien cela se lit dans ces fichiers, "
    "dont le manifeste donne les empreintes.",
)


def check_tree(release: Release, releases: Path | None, report: Report) -> None:
    """Check the tree over editions; its rows against those of the revisions where these are at hand."""
    report.count("trees")
    schemas = _guarded(release, "Schémas", report, lambda: check_schemas(release, report)) or {}
    _guarded(release, "Formats", report, lambda: check_formats(release, schemas, report))
    _guarded(release, "Pages", report, lambda: check_pages(release, report))
    shelf = Shelf(releases, report)
    for said in release.said["revisions"]:
        where = f"{said['edition']}/r{said['revision']}"
        one = shelf.release(said["edition"], int(said["revision"])) if _EDITION.fullmatch(said["edition"]) else None
        if one is None:
            report.leave(
                where,
                "Tables de toutes les éditions : cette révision n’est pas à portée, ses lignes ne sont pas comparées.",
            )
        elif one.sha256 != said["manifest_sha256"]:
            report.blame(release.where, f"{where} : son manifeste n’a pas l’empreinte que l’arbre nomme.")
        else:
            _guarded(release, where, report, lambda one=one: _check_long_tables(release, one, report))  # type: ignore[misc]
    editions = {said["edition"] for said in release.said["revisions"]}
    for name in release.names:
        if (
            any(row.get("edition", "") not in editions | {""} for row in release.rows(name))
            and name != "published_figures"
        ):
            report.blame(
                f"{release.where}/data/{name}.csv", "des lignes sont d’une édition que le manifeste ne nomme pas."
            )


def _check_long_tables(tree: Release, one: Release, report: Report) -> None:
    for name in one.names:
        if not tree.has(name):
            report.blame(f"{tree.where}/data/{name}.csv", f"la table n’y est pas, alors que {one.where} l’a.")
            continue
        columns = [column for column in one.table(name).columns if column in tree.table(name).columns]
        rows = [tuple(row[column] for column in columns) for row in tree.rows(name) if row["edition"] == one.edition]
        if Counter(rows) != Counter(tuple(row[column] for column in columns) for row in one.rows(name)):
            report.blame(
                f"{tree.where}/data/{name}.csv", f"les lignes de {one.edition} ne sont pas celles de {one.where}."
            )
        else:
            report.count("long_tables", len(rows))


def verify(target: Path, key: Key | None = None, expect: Sequence[str] = ()) -> Report:
    """Verify what is in a folder: a revision, an edition's, all editions, or the tree over them.

    Raise `Unreadable` where it is none of these.
    """
    return verify_and_read(target, key, expect)[0]


def verify_and_read(target: Path, key: Key | None, expect: Sequence[str]) -> tuple[Report, list[Release]]:
    """As `verify`, with the releases that were read."""
    report = Report()
    if not target.is_dir():
        raise Unreadable(f"{_shown(target)} n’est pas un dossier")
    # What is named may be a link, such as `current`; what is in it may not.
    target = target.resolve()
    try:
        read = _read_all(target, key, report)
    except OSError as error:
        raise Unreadable(f"{_shown(target)} : {_why(error)}") from None
    newest = [chain[-1] for chain in read if chain]
    if not read:
        raise Unreadable(f"{_shown(target)} n’est ni une révision, ni le dossier d’une édition, ni celui de toutes")
    _check_expected(newest, expect, report)
    for sentence in _ALWAYS_UNPROVED:
        report.leave("", sentence)
    return report, [release for chain in read for release in chain]


def _read_all(target: Path, key: Key | None, report: Report) -> list[list[Release]]:
    """The chains of revisions that are under a folder, each checked."""
    if (target / MANIFEST).exists() or _REVISION.fullmatch(target.name):
        return [_read_one(target, key, report)]
    is_edition = any(_REVISION.fullmatch(entry.name) for entry in _entries(target))
    root = target.parent if is_edition else target
    shelf = Shelf(root, report)
    editions = [target.name] if is_edition else [edition for edition in shelf.editions() if shelf.numbers(edition)]
    if is_edition and not _EDITION.fullmatch(target.name):
        raise Unreadable(f"{_shown(target)} a des révisions sans être nommé d’après une édition, comme 2021-S2")
    return [_read_edition(edition, shelf, shelf.numbers(edition), key, report) for edition in editions]


def _read_one(target: Path, key: Key | None, report: Report) -> list[Release]:
    """The revision in a folder, with those before it that stand beside; or the tree over editions."""
    is_placed = bool(_REVISION.fullmatch(target.name) and _EDITION.fullmatch(target.parent.name))
    if is_placed:
        shelf = Shelf(target.parent.parent, report)
        number = int(target.name[1:])
        numbers = [one for one in shelf.numbers(target.parent.name) if one <= number]
        return _read_edition(target.parent.name, shelf, numbers, key, report, only=number)
    release = open_release(target, target.name, report)
    if release is None:
        return [[]][0]
    check_files(release, report)
    check_chain([release], key, report)
    if release.is_tree:
        check_tree(release, _releases_beside(target), report)
    else:
        shelf = Shelf(None, report)
        check_release(release, shelf, report)
    return [release]


def _releases_beside(target: Path) -> Path | None:
    """The folder of all releases of the home whose tree this is."""
    for parent in list(target.parents)[:3]:
        if (parent / "releases").is_dir() and not (parent / "releases").is_symlink():
            return parent / "releases"
    return None


def _read_edition(
    edition: str, shelf: Shelf, numbers: Sequence[int], key: Key | None, report: Report, only: int | None = None
) -> list[Release]:
    read = [shelf.release(edition, number) for number in numbers]
    chain = [release for release in read if release is not None]
    for before, after in zip(numbers, numbers[1:]):
        if after != before + 1:
            report.blame(edition, f"les révisions r{before + 1} à r{after - 1} manquent.")
    if numbers and numbers[0] != 1:
        report.leave(edition, f"Chaîne : elle ne remonte qu’à r{numbers[0]}.")
    if chain:
        check_chain(chain, key, report)
    for release in chain:
        if only is None or release.said["revision"] == only:
            check_release(release, shelf, report)
    return chain


def _check_expected(newest: Sequence[Release], expect: Sequence[str], report: Report) -> None:
    """Hold the newest revisions to fingerprints kept outside: no chain covers them."""
    for wanted in expect:
        if any(release.sha256 == wanted.strip().lower() for release in newest):
            report.count("expected")
        else:
            report.blame("", f"aucune dernière révision n’a le manifeste attendu ({_shown(wanted)}).")
    for release in newest:
        if release.sha256 not in {wanted.strip().lower() for wanted in expect}:
            report.leave(
                release.where,
                "Dernière révision : aucune chaîne ne la couvre encore, et son empreinte n’est pas donnée (--expect).",
            )


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verifier.py",
        description="Contrôle une publication de Jalons, hors ligne : signature, chaîne, empreintes, schémas, formats, "
        "et les chiffres, recalculés à partir des tables publiées. Rend 0 si rien ne s’y oppose, 1 si quelque chose "
        "est faux, 2 si rien ne peut être lu.",
    )
    parser.add_argument("folder", metavar="DOSSIER", help="une révision (r3), une édition, ou le dossier de toutes")
    parser.add_argument("--key", metavar="CLÉ", help="la clé publique : un fichier jalons.pub, ou son texte")
    parser.add_argument(
        "--expect",
        metavar="SHA256",
        action="append",
        default=[],
        help="l’empreinte, gardée ailleurs, du dernier MANIFEST.json",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify, say what was found, and return 0, 1 or 2."""
    asked = _arguments().parse_args(arguments)
    out = sys.stdout
    if hasattr(out, "reconfigure"):
        out.reconfigure(encoding="utf-8", errors="replace")
    try:
        key = read_key(asked.key) if asked.key else None
        report, releases = verify_and_read(Path(asked.folder), key, asked.expect)
        report.leave("", "Parquet : lu par « jalons verify », pas par ce fichier seul.")
    except Unreadable as error:
        out.write(typeset(f"Illisible : {error}.") + "\n")
        return 2
    if key is not None:
        out.write(typeset(f"Clé : {key.fingerprint}") + "\n")
    for release in releases[-1:]:
        out.write(typeset(f"Dernier manifeste lu : {release.where}, SHA-256 {release.sha256}") + "\n")
    out.write("\n".join(report.lines()) + "\n")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
