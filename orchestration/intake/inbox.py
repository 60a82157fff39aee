"""The drop zone: which files are there, and whose they are (docs/rules.md §3).

What belongs here: looking at names, sizes and times, and taking the bytes. What does not: whether a file may be taken
yet (`settling`), reading it (reading) or remembering it (the ledger).
"""

import fcntl
import os
import re
import signal
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.domain.edition import Edition
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake.opening.limits import MAX_BYTES
from orchestration.remote.address import is_in_bucket
from orchestration.remote.faults import StoreUnreachable, reaching

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
    its time, and `changed` for what no copy can set back: the time of its last change (ns), an object's tag, or "".

    What is no plain file (a link, a folder, a device) or has a name that cannot be printed is never opened: it is not
    `is_readable`, and its name is shown with escapes.
    """

    modified: str
    path: str
    size: int
    changed: str = ""
    is_readable: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class Listing:
    """What a look at the inbox found; `unlisted` has the folders that could not be listed, and why.

    Folders are relative to the inbox, which is itself the empty one; `is_there` unless there is no such folder.
    """

    files: frozenset[SeenFile]
    unlisted: Mapping[str, OSError]
    is_there: bool = True


@dataclass(frozen=True)
class Place:
    """Where a file counts: the folder says it, never the file (docs/rules.md §3)."""

    edition: str
    perimeter: str
    is_dry_run: bool


def look(inbox: "UPath") -> Listing:
    """Everything dropped in the inbox, hidden and unfinished names left out; what cannot be listed is said."""
    root = str(inbox.path).rstrip("/")
    files, unlisted, folders = set[SeenFile](), dict[str, OSError](), [root]
    for folder in folders:
        try:
            found = _listed(inbox, folder)
        except FileNotFoundError as absent:
            if folder != root:
                continue
            if _is_local(inbox):
                return Listing(frozenset(), {}, is_there=False)
            # Whoever gave an address of another machine has an inbox there.
            unlisted[""] = StoreUnreachable("nowhere", inbox, str(absent))
            continue
        except StoreUnreachable as fault:
            # What was seen before it went says nothing of the rest.
            return Listing(frozenset(files), {"": fault})
        except OSError as fault:
            unlisted[_shown(folder.removeprefix(root).lstrip("/"))] = fault
            continue
        for info in found:
            name = str(info["name"])
            path = name.rstrip("/").removeprefix(root).lstrip("/")
            if not path or any(map(_UNFINISHED.search, path.split("/"))):
                continue
            is_folder = info.get("type") == "directory" or name.endswith("/")
            if is_folder and not is_in_bucket(inbox):
                folders.append(f"{root}/{path}")
            if (not is_folder or _LIKE_A_TABLE.search(path)) and (
                seen := _seen(inbox, path, info | {"type": "directory"} if is_folder else info)
            ):
                files.add(seen)
    return Listing(frozenset(files), unlisted)


def read_file(inbox: "UPath", seen: SeenFile) -> bytes | None:
    """The bytes of a file, one more than are read of one that is too large; `None` for what is no plain file.

    Raise `FileNotFoundError` if it is gone, any other `OSError` where it cannot be opened or read.
    """
    if not seen.is_readable:
        return None
    with reaching(inbox), (inbox / seen.path).open("rb") as file:
        if prefetch := getattr(file, "prefetch", None):
            # Else each 32 KB would be asked for once those before are here.
            prefetch(min(seen.size, MAX_BYTES + 1))
        return bytes(file.read(MAX_BYTES + 1))


def is_as_seen(inbox: "UPath", seen: SeenFile) -> bool:
    """Whether a file is still as it was seen: asked after it was read, this says that it was not written meanwhile."""
    if not seen.is_readable:
        return True
    try:
        with reaching(inbox):
            # What a look found before must not be taken for what is there now.
            inbox.fs.invalidate_cache()
            return _seen(inbox, seen.path, inbox.fs.info((inbox / seen.path).path)) == seen
    except OSError:
        return False


def is_being_written(inbox: "UPath", seen: SeenFile) -> bool:
    """Whether a process of this machine has a file open for writing, where the system tells us.

    It does of the files of our own account, and of all to root: nobody is given a lease on what somebody writes.
    """
    if not (_is_local(inbox) and seen.is_readable):
        return False
    try:
        file = os.open((inbox / seen.path).path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        # Whoever opens the file in the instant that the lease lasts waits for its end; we would be sent this signal,
        # which does nothing, in the place of one that kills.
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(file)
    return False


def clock_of_store(inbox: "UPath", home: Path) -> int | None:
    """What the file system of the inbox says the time is, in the nanoseconds of `SeenFile.changed`.

    A file made in the home tells it, so that the two are held against each other by one clock, which may be another
    machine's; `None` where the home is not on the same file system.
    """
    if _is_local(inbox):
        with suppress(OSError), tempfile.TemporaryFile(dir=home) as probe:
            made = os.fstat(probe.fileno())
            if made.st_dev == os.stat(inbox.path).st_dev:  # noqa: PTH116 - an address, not a path
                return made.st_ctime_ns
    return None


def _is_local(inbox: "UPath") -> bool:
    from fsspec.implementations.local import LocalFileSystem

    return isinstance(inbox.fs, LocalFileSystem)


def _listed(inbox: "UPath", folder: str) -> list[dict[str, Any]]:
    with reaching(inbox):
        # What a look found before must not be taken for what is there now.
        inbox.fs.invalidate_cache()
        if is_in_bucket(inbox):
            # All of it, a thousand an answer: a bucket has no folders.
            return list(inbox.fs.find(folder, detail=True).values())
        found: list[dict[str, Any]] = inbox.fs.ls(folder, detail=True)
    if len(found) == 1 and _is_local(inbox) and found[0]["name"] == folder:
        raise NotADirectoryError(20, os.strerror(20), folder)
    return found


def _seen(inbox: "UPath", path: str, info: Mapping[str, Any]) -> SeenFile | None:
    """A file as its store tells it; `None` if it went meanwhile."""
    changed = str(info.get("ETag") or "")
    if _is_local(inbox):
        try:
            changed = str(os.lstat(info["name"]).st_ctime_ns)
        except FileNotFoundError:
            return None
    return SeenFile(
        path=_shown(path),
        size=int(info["size"] or 0),
        modified=_modified(info),
        changed=changed,
        is_readable=info.get("type") == "file" and not info.get("islink") and not _UNPRINTABLE.search(path),
    )


def _shown(path: str) -> str:
    return _UNPRINTABLE.sub(lambda character: ascii(character[0])[1:-1], path)


def _modified(info: Mapping[str, Any]) -> str:
    for key in ("mtime", "LastModified", "last_modified"):
        if key in info:
            # Some buckets have fractions of a second in their listings, and none say them of one object.
            return str(info[key].replace(microsecond=0) if "ETag" in info else info[key])
    return ""


def in_order(files: Collection[SeenFile]) -> list[SeenFile]:
    """The order in which files are taken: folders by their names, since the order in which they were filled says
    nothing, and the oldest first in each.
    """
    return sorted(files, key=lambda one: (one.path.rpartition("/")[0], moment_of(one.modified), one.path))


def moment_of(modified: str) -> tuple[float, str]:
    """A store's word for a time, as it sorts: seconds, of which text sorts 9 after 10, or a date."""
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
