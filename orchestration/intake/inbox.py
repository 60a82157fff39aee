"""The drop zone: which files are there, which have settled, and whose they are (SPEC §3).

What belongs here: looking at names, sizes and times. What does not: opening a file (reading) or remembering one (the
ledger).
"""

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.edition import Edition
from orchestration.perimeter import perimeter_names

if TYPE_CHECKING:
    from upath import UPath

DRY_RUN_FOLDER = "essai"
# Names that editors, browsers and transfer clients give to files they have not finished.
_UNFINISHED = re.compile(r"(^[.~])|(~$)|(\.(tmp|temp|part|partial|filepart|crdownload|swp|lock)$)", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Look:
    """One file as seen without opening it: `path` is relative to the inbox, `modified` is the store's own word for
    its time.
    """

    modified: str
    path: str
    size: int


@dataclass(frozen=True)
class Place:
    """Where a file counts: the folder says it, never the file (SPEC §3)."""

    edition: str
    perimeter: str
    is_dry_run: bool


def look(inbox: "UPath") -> set[Look]:
    """Every finished file of the inbox, links and hidden names left out; an absent inbox is an empty one."""
    if not inbox.exists():
        return set()
    root = str(inbox.path).rstrip("/") + "/"
    found = inbox.fs.find(inbox.path, detail=True)
    return {
        Look(path=path.removeprefix(root), size=int(info["size"]), modified=_modified(info))
        for path, info in found.items()
        if not info.get("islink") and not any(_UNFINISHED.search(part) for part in path.removeprefix(root).split("/"))
    }


def _modified(info: dict[str, object]) -> str:
    for key in ("mtime", "LastModified", "last_modified"):
        if key in info:
            return str(info[key])
    return ""


def settled(inbox: "UPath", known: set[Look], settle_seconds: float) -> list[Look]:
    """The files that are new to `known` and looked the same twice, `settle_seconds` apart, oldest first."""
    first = look(inbox) - known
    if first and settle_seconds:
        time.sleep(settle_seconds)
        first &= look(inbox)
    return sorted(first)


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
