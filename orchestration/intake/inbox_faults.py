"""What is wrong with the inbox itself: it is gone, empty all at once, or cannot be read, as a whole or in part.

What belongs here: telling a fault from an inbox that has nothing new, noting it and its end, and its English words.
What does not: the French ones, for engineers (`orchestration.alerting.faults`), and looking (`inbox`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestration.intake import incidents
from orchestration.intake.inbox import Listing
from orchestration.intake.incidents import Incident, IncidentRule
from orchestration.intake.ledger import Ledger, Observed
from orchestration.remote.address import shown_place
from orchestration.remote.faults import WORDS, StoreUnreachable

if TYPE_CHECKING:
    import sqlalchemy as sa
    from upath import UPath

_RULES: tuple[IncidentRule, ...] = ("inbox_missing", "inbox_unreachable", "inbox_unreadable")
_SENTENCES = {
    "absent": "The inbox is gone: {inbox} is not there, and held {files}. Mount its disk, or put the folder back",
    "emptied": "The inbox is empty all at once: {inbox} held {files}. Mount its disk, or put the files back; if it was "
    "emptied on purpose, say so: jalons inbox confirm",
    "unlisted": "The inbox cannot be listed: {inbox} ({reason}). Give this account the right to, or look at the disk",
    "unreachable": "The inbox cannot be reached: {inbox}: {words} ({reason})",
    "folder": "A folder of the inbox cannot be listed: {inbox}/{path} ({reason}). Nothing in it is taken in. "
    "Give this account the right to, or look at the disk",
    "file": "A file of the inbox cannot be read: {inbox}/{path} ({reason}). It is tried again and again. Give this "
    "account the right to, or look at the disk",
}


def faults_of(
    inbox: "UPath", listing: Listing, observed: Sequence[Observed], unread: Mapping[str, OSError], now: datetime
) -> list[Incident]:
    """What a look found wrong; `unread` are the files that could not be read, and why. A new home may have no inbox."""
    held = sum(not one.is_gone for one in observed)

    def fault(rule: IncidentRule, subject: str, what: str, error: OSError | None = None) -> Incident:
        said = {"errno": error.errno, "reason": error.strerror or str(error)} if error else {}
        about: dict[str, Any] = {"what": what, "inbox": shown_place(inbox), "files": held, **said}
        return Incident(rule, subject, None, about, now)

    def found() -> Iterator[Incident]:
        if not listing.is_there and held:
            yield fault("inbox_missing", "inbox", "absent")
        elif isinstance(lost := listing.unlisted.get(""), StoreUnreachable):
            # Each reason is told: a server that was away may come back as another one.
            about = {"what": "unreachable", "inbox": shown_place(inbox), "reason": lost.said, "files": held}
            yield Incident("inbox_unreachable", lost.why, None, about, now)
        elif "" in listing.unlisted:
            yield fault("inbox_missing", "inbox", "unlisted", listing.unlisted[""])
        elif held and not listing.files and not listing.unlisted:
            yield fault("inbox_missing", "inbox", "emptied")
        for what, several in (("folder", listing.unlisted), ("file", unread)):
            for path in sorted(filter(None, several)):
                yield fault("inbox_unreadable", path, what, several[path])

    return list(found())


def gone(listing: Listing, observed: Sequence[Observed]) -> set[str]:
    """The paths that hold no file now, of those that were ever seen, where the inbox can be believed."""
    there = {seen.path for seen in listing.files}
    return {
        one.seen.path
        for one in observed
        if one.seen.path not in there
        and (one.is_gone or not any(one.seen.path.startswith(f"{folder}/") for folder in listing.unlisted))
    }


def is_news(engine: "sa.Engine", faults: Collection[Incident], now: datetime) -> bool:
    """Whether engineers are to be told of a fault, or of the end of one."""
    return {(one.rule, one.subject) for one in faults} != {(one.rule, one.subject) for one in _open(engine, now)}


def note(engine: "sa.Engine", faults: Collection[Incident], now: datetime) -> None:
    """Note what is wrong now, and the end of what was."""
    for one in faults:
        incidents.note(engine, one)
    for rule in _RULES:
        incidents.end(engine, rule, {one.subject for one in faults if one.rule == rule}, now)


def sentences(ledger: Ledger, now: datetime) -> list[str]:
    """What was wrong with the inbox when a pass last looked, in English, with what to do."""
    return [
        _SENTENCES[one.details["what"]].format(
            **one.details
            | {
                "path": one.subject,
                "files": _counted(one.details["files"]),
                "words": WORDS.get(one.subject, ""),
            }
        )
        + "."
        for one in _open(ledger.engine, now)
    ]


def _open(engine: "sa.Engine", now: datetime) -> list[Incident]:
    return [one for one in incidents.open_incidents(engine, now) if one.rule in _RULES]


def _counted(files: int) -> str:
    return "a file" if files == 1 else f"{files} files"
