"""What a run says of itself to whoever looks at it in the Dagster UI: whose it is there, who started it, and over what.

What belongs here: its origin and its tags, each short enough for a line of a list. What does not: running it (`run`),
or what stands in the ledger, which is the truth about all of it.
"""

import getpass
import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.tags import BACKFILL_ID_TAG, SCHEDULE_NAME_TAG, SENSOR_NAME_TAG

from orchestration.domain.visible import visible
from orchestration.intake.inbox import place_of

if TYPE_CHECKING:
    from orchestration.passes.home import Done

# As `workspace.yaml` names this code.
LOCATION = "jalons"
# Who began a run, which the UI's own column says too, and why; the editions, perimeters and drops that it is about.
STARTED_BY, LAUNCHED_BY, WHY = "jalons/started_by", "user", "jalons/why"
EDITIONS, PERIMETERS, DROPS = "jalons/editions", "jalons/perimeters", "jalons/drops"

# Names in one tag, and the length of one: the UI shows a tag in a line, and filters runs by it.
_MOST_NAMES, _LONGEST = 5, 60


def origin_of(job: str) -> RemoteJobOrigin:
    """The place of a job in the UI of whoever serves this code: its runs are listed where those begun there are."""
    location = RegisteredCodeLocationOrigin(LOCATION)
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME), job)


def by_person(what: str) -> str:
    """Who starts something from a terminal: `what`, and the account of the system."""
    try:
        who = getpass.getuser()
    except (KeyError, OSError):
        # An account without a name, as in some containers.
        who = f"account {os.getuid()}"
    return f"{what}, {who}"


def starter_of(run: dg.DagsterRun) -> str:
    """Who began a run that Dagster has launched."""
    # Whoever runs a run again is given all tags of the first one.
    if run.parent_run_id:
        return f"re-execution of {run.parent_run_id[:8]}"
    for tag, what in ((BACKFILL_ID_TAG, "backfill"), (SENSOR_NAME_TAG, "sensor"), (SCHEDULE_NAME_TAG, "schedule")):
        if tag in run.tags:
            return f"{what} {run.tags[tag]}"
    return "button"


def tags_of_drops(paths: Collection[str]) -> dict[str, str]:
    """The tags of files of the inbox: what is pending as an intake begins, or what one has taken."""
    places = [place for path in paths if (place := place_of(path))]
    return _tags(paths, {place.edition for place in places}, {place.perimeter for place in places})


def tags_of_done(done: "Done") -> dict[str, str]:
    """The tags of what was done: drops taken in, and the editions filed for, released or held back."""
    taken = done.taken.outcomes if done.taken else ()
    filed = {one.receipt.edition for one in taken if one.receipt.edition}
    released = {one.edition for one in done.releases or () if one.is_new}
    held = {edition for hold in done.judgement.holds for edition in hold.editions or ()} if done.judgement else set()
    perimeters = {one.receipt.perimeter for one in taken if one.receipt.perimeter}
    return _tags([one.path for one in taken], filed | released | held, perimeters)


def _tags(drops: Collection[str], editions: Collection[str], perimeters: Collection[str]) -> dict[str, str]:
    found: Mapping[str, Collection[str]] = {DROPS: drops, EDITIONS: editions, PERIMETERS: perimeters}
    return {name: in_short(values) for name, values in found.items() if values}


def in_short(names: Collection[str]) -> str:
    """The first names of several, each cut where it is long, and how many there are besides."""
    first = sorted(names)[:_MOST_NAMES]
    rest = len(names) - len(first)
    return ", ".join([*map(_cut, first), *([f"and {rest} more"] if rest else [])])


def _cut(name: str) -> str:
    name = visible(name)
    return name if len(name) <= _LONGEST else f"…{name[-_LONGEST + 1 :]}"
