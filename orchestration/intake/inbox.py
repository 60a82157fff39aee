"""The drop zone: which files are there, which have settled, and whose they are (docs/rules.md §3).

What belongs here: looking at names, sizes and times, and taking the bytes. What does not: reading them (reading) or
remembering a file (the ledger).
"""

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestration.domain.edition import Edition
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake.opening.limits import MAX_BYTES

if TYPE_CHECKING:
    from upath import UPath

DRY_RUN_FOLDER = "essai"
# Names that editors, browsers and transfer clients give to files they have not finished.
_UNFINISHED = re.compile(r"(^[.~])|(~$)|(\.(tmp|temp|part|partial|filepart|crdownload|swp|lock)$)", re.IGNORECASE)
# A folder of such a name was meant as a file; any other is a place to put files in.
_LIKE_A_TABLE = re.compile(r"\.(csv|tsv|txt|json|ods|pdf|xls[xmb]?)$", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class SeenFile:
    """One file as seen without opening it: `path` is relative to the inbox, `modified` is the store's own word for
    its time.

    What is no plain file (a link, a folder, a device) or has a name that cannot be printed is never opened: it is not
    `is_readable`, and its name is shown with escapes.
    """

    modified: str
    path: str
    size: int
    is_readable: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class Place:
    """Where a file counts: the folder says it, never the file (docs/rules.md §3)."""

    edition: str
    perimeter: str
    is_dry_run: bool


def list_files(inbox: "UPath") -> set[SeenFile]:
    """Everything dropped in the inbox, hidden and unfinished names left out; an absent inbox is an empty one."""
    if not inbox.exists():
        return set()
    root = str(inbox.path).rstrip("/") + "/"
    files = set()
    for found, info in inbox.fs.find(inbox.path, withdirs=True, detail=True).items():
        path = found.removeprefix(root)
        is_folder = info.get("type") == "directory"
        if (is_folder and not _LIKE_A_TABLE.search(path)) or any(map(_UNFINISHED.search, path.split("/"))):
            continue
        files.add(
            SeenFile(
                path=_UNPRINTABLE.sub(lambda character: ascii(character[0])[1:-1], path),
                size=int(info["size"] or 0),
                modified=_modified(info),
                is_readable=info.get("type") == "file" and not info.get("islink") and not _UNPRINTABLE.search(path),
            )
        )
    return files


def read_file(inbox: "UPath", seen: SeenFile) -> bytes | None:
    """The bytes of a file, one more than are read of one that is too large; `None` for what cannot be opened.

    Raise `FileNotFoundError` if it is gone.
    """
    if not seen.is_readable:
        return None
    try:
        with (inbox / seen.path).open("rb") as file:
            return bytes(file.read(MAX_BYTES + 1))
    except PermissionError:
        return None


def _modified(info: dict[str, object]) -> str:
    for key in ("mtime", "LastModified", "last_modified"):
        if key in info:
            return str(info[key])
    return ""


def settled(inbox: "UPath", known: set[SeenFile], settle_seconds: float) -> list[SeenFile]:
    """The files that are new to `known` and looked the same twice, `settle_seconds` apart, oldest first in each folder.

    Folders come in the order of their names: the order in which they were filled says nothing.
    """
    first = list_files(inbox) - known
    if first and settle_seconds:
        time.sleep(settle_seconds)
        first &= list_files(inbox)
    return sorted(first, key=lambda one: (one.path.rpartition("/")[0], _moment(one.modified), one.path))


def _moment(modified: str) -> tuple[float, str]:
    # A local store says seconds, of which text sorts 9 after 10; others say a date, which sorts as text.
    try:
        return float(modified), ""
    except ValueError:
        return 0, modified


def place_of(path: str) -> Place | None:
    """Read `<edition>/<perimeter>/[essai/]<file>`; anything else is `None`."""
    match path.split("/"):
        case [edition, perimeter, _file]:
            is_dry_run = False
        case [edition, perimeter, folder, _file] if folder == DRY_RUN_FOLDER:
            is_dry_run = True
        case _:
            return None
    if perimeter not in perimeter_names():
        return None
    try:
        return Place(Edition.parse(edition).code, perimeter, is_dry_run)
    except ValueError:
        return None
