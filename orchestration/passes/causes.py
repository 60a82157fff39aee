"""Causes: what stops a command or a pass for a reason that a person can mend, each with a sentence.

What belongs here: how each cause is recognised, and what is said of it, in English at the terminal and in the Dagster
UI, in French on the engineers' channels. What does not: telling it (`telling`), and faults of the code itself, which
keep their traceback. Nothing heavy is imported: each command that fails asks here.
"""

import errno
import os
import re
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from traceback import walk_tb
from typing import TYPE_CHECKING, Literal

from orchestration.domain.french import typeset

if TYPE_CHECKING:
    from dagster_shared.error import SerializableErrorInfo

Key = Literal[
    "ledger_locked",
    "ledger_unreadable",
    "ledger_refused",
    "ledger_newer",
    "ledger_address",
    "clock_ahead",
    "disk_full",
    "disk_failing",
    "not_permitted",
    "not_a_folder",
    "store_unreachable",
    "address",
    "settings",
    "key_refused",
    "marts_unfit",
    "dbt_cannot_run",
    "dagster_locked",
    "dagster_unreadable",
]


@dataclass(frozen=True)
class Cause:
    """Why something stopped: `sentence` says it in English with what to do; in French, `said` and `to_do` do.

    In the table, `{own}` stands for what the error says of itself, `{at}` for the place, where it is known.
    """

    key: Key
    sentence: str
    said: str
    to_do: str


_WAITS = "Nothing is lost: what is not taken in yet waits in the inbox."
_ATTEND = "Rien n’est perdu : les dépôts attendent."
_AGAIN = "la passe suivante part d’elle-même avec `jalons watch` ou `jalons ui`, sinon avec `jalons run`."

_CAUSES = (
    Cause(
        "ledger_locked",
        f"The ledger is locked by another program: close it (a backup, a database browser), then try again. {_WAITS}",
        f"Le registre est verrouillé par un autre programme. {_ATTEND}",
        f"fermer ce programme (sauvegarde, outil de consultation) ; {_AGAIN}",
    ),
    Cause(
        "ledger_unreadable",
        "The ledger cannot be read: its file is damaged. No file that was received is lost. Make the ledger again from "
        "its newest copy and the archive (jalons restore), and look at the disk.",
        "Le registre est illisible : son fichier est abîmé. Aucun dépôt n’est perdu : l’archive les garde tous.",
        "refaire le registre à partir de sa dernière copie et de l’archive (`jalons restore`), et vérifier le disque.",
    ),
    Cause(
        "ledger_refused",
        "{own}",
        "Le registre est absent, plus ancien que les fichiers qui l’entourent, ou celui d’une autre installation. "
        f"{_ATTEND}",
        "remettre le bon registre, ou le refaire à partir de sa dernière copie et de l’archive (`jalons restore`) ; "
        "`jalons run` dit lequel de ces cas se présente.",
    ),
    Cause(
        "ledger_newer",
        "{own}",
        f"Le registre a été mis à jour par une version plus récente de Jalons. {_ATTEND}",
        "installer la version de Jalons qui a tourné ici en dernier, ou une plus récente.",
    ),
    Cause(
        "ledger_address",
        "JALONS_LEDGER_URL is no address of a database: write for example sqlite:////srv/jalons/ledger.sqlite, or "
        "leave it empty for a file of the home.",
        f"L’adresse du registre (`JALONS_LEDGER_URL`) n’est pas celle d’une base de données. {_ATTEND}",
        f"la corriger, ou la laisser vide pour un fichier de l’installation ; {_AGAIN}",
    ),
    Cause(
        "clock_ahead",
        "{own}",
        f"L’horloge de la machine est en avance d’une année au moins sur tout ce que le registre connaît. {_ATTEND}",
        "mettre l’horloge à l’heure ; si c’est elle qui a raison, le dire une fois (`jalons clock confirm`).",
    ),
    Cause(
        "disk_full",
        f"The disk is full, or a quota is reached{{at}}: free some space, then try again. {_WAITS}",
        f"Le disque est plein, ou un quota est atteint{{at}}. {_ATTEND}",
        f"libérer de la place ; {_AGAIN}",
    ),
    Cause(
        "disk_failing",
        "The disk does not read or write what it is asked to{at}: look at it, and at its quotas, then let jalons scrub "
        "say which files are damaged.",
        "Le disque ne lit ou n’écrit pas ce qui lui est demandé{at}.",
        "vérifier le disque et ses quotas, puis chercher les fichiers abîmés (`jalons scrub`).",
    ),
    Cause(
        "not_permitted",
        "The system does not let this program read or write{at}: give its account the right to, or mount the disk for "
        f"writing, then try again. {_WAITS}",
        f"La machine refuse à Jalons de lire ou d’écrire{{at}} : droit manquant, ou disque en lecture seule. {_ATTEND}",
        f"donner ce droit au compte qui lance Jalons, ou monter le disque en écriture ; {_AGAIN}",
    ),
    Cause(
        "not_a_folder",
        f"A file stands where a folder should be{{at}}: move it away, then try again. {_WAITS}",
        f"Un fichier se trouve à la place d’un dossier{{at}}. {_ATTEND}",
        f"l’écarter ; {_AGAIN}",
    ),
    Cause(
        "store_unreachable",
        "{own}",
        "Le serveur des accusés ou de l’archive (`JALONS_OUTBOX_URL`, `JALONS_ARCHIVE_URL`) ne répond pas, ou refuse "
        f"Jalons. {_ATTEND}",
        f"demander la raison à `jalons run`, et la corriger ; {_AGAIN}",
    ),
    Cause(
        "address",
        "{own}",
        "L’adresse de la boîte de dépôt, des accusés ou de l’archive (`JALONS_…_URL`) est inutilisable : elle est "
        "fausse, ou il manque un paquet pour l’atteindre.",
        f"demander la raison à `jalons run`, et la corriger ; {_AGAIN}",
    ),
    Cause(
        "settings",
        "{own}",
        "Une variable `JALONS_…` a une valeur inutilisable.",
        "la corriger ; `jalons run` dit laquelle et pourquoi.",
    ),
    Cause(
        "key_refused",
        "{own}",
        "La clé qui signe les publications est absente, abîmée ou lisible par d’autres : rien n’est publié sans elle. "
        "Les dépôts sont reçus et leurs accusés rendus.",
        f"remettre la clé à sa place (`JALONS_SIGNING_KEY`), lisible de son seul propriétaire ; {_AGAIN}",
    ),
    Cause(
        "marts_unfit",
        "{own}",
        "Les tables ne sont pas celles qu’une seule construction a faites de ce que dit le registre : rien n’en est "
        "publié.",
        "les construire de nouveau (`jalons run --force`).",
    ),
    Cause(
        "dbt_cannot_run",
        "{own}",
        "dbt n’a pas pu construire les tables : le projet ne se lit pas, ou l’entrepôt ne peut pas être écrit. "
        f"{_ATTEND}",
        "lire la raison dans Dagster (`jalons ui`), corriger la cause, puis relancer une passe (`jalons run`).",
    ),
    Cause(
        "dagster_locked",
        "One of Dagster's own databases is locked by another program: close it, then try again. Nothing is lost.",
        f"Une base de données de Dagster est verrouillée par un autre programme. {_ATTEND}",
        f"fermer ce programme ; {_AGAIN}",
    ),
    Cause(
        "dagster_unreadable",
        "One of Dagster's own databases cannot be read: jalons run sets it aside and begins another. Nothing of what "
        "was filed, released or told is in it.",
        f"Une base de données de Dagster est illisible. {_ATTEND}",
        "relancer une passe (`jalons run`), qui la met de côté et en commence une autre ; vérifier le disque.",
    ),
)

# Our own exceptions, whose message is the sentence, and what the address of a database that is none is called. By name:
# it is all that Dagster keeps of a class.
_BY_NAME: Mapping[str, Key] = {
    "DamagedCopy": "ledger_unreadable",
    "LedgerRefused": "ledger_refused",
    "NewerDatabase": "ledger_newer",
    "ClockAhead": "clock_ahead",
    "StoreUnreachable": "store_unreachable",
    "AddressUnusable": "address",
    "KeyRefused": "key_refused",
    "UnfitMarts": "marts_unfit",
    "ConsolidationError": "dbt_cannot_run",
    "NoSuchModuleError": "ledger_address",
}
# The same of libraries, whose classes say many things: the words that mean this one.
_BY_NAME_AND_WORDS: Mapping[tuple[str, str], Key] = {
    ("ArgumentError", "Could not parse SQLAlchemy URL"): "ledger_address",
    ("ValidationError", "for Settings"): "settings",
}
_OF_SYSTEM: Mapping[int, Key] = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "disk_full",
    errno.EACCES: "not_permitted",
    errno.EPERM: "not_permitted",
    errno.EROFS: "not_permitted",
    errno.EIO: "disk_failing",
    errno.ENOTDIR: "not_a_folder",
}
# SQLite's primary codes, and its words for them, which are all that Dagster keeps.
_OF_SQLITE: Mapping[int, tuple[str, Key]] = {
    sqlite3.SQLITE_BUSY: ("database is locked", "ledger_locked"),
    sqlite3.SQLITE_LOCKED: ("database table is locked", "ledger_locked"),
    sqlite3.SQLITE_CORRUPT: ("malformed", "ledger_unreadable"),
    sqlite3.SQLITE_NOTADB: ("file is not a database", "ledger_unreadable"),
    sqlite3.SQLITE_FULL: ("database or disk is full", "disk_full"),
    sqlite3.SQLITE_IOERR: ("disk I/O error", "disk_failing"),
    sqlite3.SQLITE_READONLY: ("attempt to write a readonly database", "not_permitted"),
    sqlite3.SQLITE_CANTOPEN: ("unable to open database file", "not_permitted"),
}
_OF_DAGSTER: Mapping[Key, Key] = {"ledger_locked": "dagster_locked", "ledger_unreadable": "dagster_unreadable"}
_NUMBERED = re.compile(r"\[Errno (\d+)\][^:]*(?:: ['\"](.+?)['\"](?: ->|$))?")
_SETTING = re.compile(r"^(\w+)\n +(?:Value error, )?(.+?) \[type=", re.MULTILINE)
_LONGEST = 600

# Where: in English and in French.
_Place = tuple[str, str]
_NOWHERE: _Place = ("", "")
_LEDGER: _Place = ("the ledger", "le registre")
_DAGSTER: _Place = ("Dagster's databases", "les bases de données de Dagster")


@dataclass(frozen=True)
class _Link:
    """An exception of a chain: the names of its class and of those above it, what it says, SQLite's code if any."""

    names: Collection[str]
    text: str
    sqlite_code: int | None = None


def cause_of(error: BaseException) -> Cause | None:
    """The cause of an exception, as deep in its chain as one is known; `None` where none is."""
    links, is_of_dagster = [], False
    one: BaseException | None = error
    while one:
        code = getattr(one, "sqlite_errorcode", None)
        links.append(_Link([cls.__name__ for cls in type(one).__mro__], str(one), code and code & 0xFF))
        is_of_dagster |= any(
            str(frame.f_globals.get("__name__")).startswith("dagster._core.storage")
            for frame, _ in walk_tb(one.__traceback__)
        )
        one = one.__cause__
    return _cause(links, is_of_dagster=is_of_dagster)


def cause_of_record(error: "SerializableErrorInfo") -> Cause | None:
    """The same of what Dagster keeps of an exception."""
    links, is_of_dagster = [], False
    one: SerializableErrorInfo | None = error
    while one:
        links.append(_Link([one.cls_name or ""], words_of(one)))
        is_of_dagster |= any("/dagster/_core/storage/" in frame for frame in one.stack)
        one = one.cause
    return _cause(links, is_of_dagster=is_of_dagster)


def cause_called(key: str) -> Cause | None:
    """The cause of a key, of no place in particular; `None` for a key of another version."""
    cause = next((one for one in _CAUSES if one.key == key), None)
    return cause and _said(cause, "", _NOWHERE)


def words_of(error: "SerializableErrorInfo") -> str:
    """What an exception says, without the name of its class, which Dagster writes before."""
    return re.sub(rf"^[\w.]*\b{re.escape(error.cls_name or '')}: ", "", error.message).strip()


def _cause(links: Sequence[_Link], *, is_of_dagster: bool) -> Cause | None:
    """The last link of which a cause is known decides: it is the deepest."""
    for link in reversed(links):
        if found := _known(link):
            key, at = found
            if is_of_dagster and at == _LEDGER:
                key, at = _OF_DAGSTER.get(key, key), _DAGSTER
            return _said(next(one for one in _CAUSES if one.key == key), link.text, at)
    return None


def _known(link: _Link) -> tuple[Key, _Place] | None:
    """Which cause an exception is, and of what place."""
    for name in link.names:
        if name in _BY_NAME:
            return _BY_NAME[name], _NOWHERE
    for (name, words), key in _BY_NAME_AND_WORDS.items():
        if name in link.names and words in link.text:
            return key, _NOWHERE
    if "DatabaseError" in link.names or "OperationalError" in link.names:
        for code, (words, key) in _OF_SQLITE.items():
            if link.sqlite_code == code or (link.sqlite_code is None and words in link.text):
                return key, _LEDGER
    if (numbered := _NUMBERED.search(link.text)) and (of_system := _OF_SYSTEM.get(int(numbered[1]))):
        return of_system, (numbered[2] or "", numbered[2] or "")
    # DuckDB and dbt have the system's words, without its number.
    for number, of_number in _OF_SYSTEM.items():
        if "OSError" not in link.names and os.strerror(number) in link.text:
            return of_number, _NOWHERE
    return None


def _said(cause: Cause, text: str, at: _Place) -> Cause:
    if cause.key == "settings":
        text = "; ".join(f"JALONS_{name.upper()}: {words}" for name, words in _SETTING.findall(text))
    own = " ".join(text.split())[:_LONGEST]
    english, french = (f" ({place})" if place else "" for place in at)
    return replace(
        cause,
        sentence=cause.sentence.format(own=own, at=english),
        said=typeset(cause.said.format(at=french)),
        to_do=typeset(cause.to_do),
    )
