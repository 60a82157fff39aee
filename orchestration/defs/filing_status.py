"""Who has filed what, in the UI: a table to look at and numbers over time.

What belongs here: showing it. What does not: finding it out (`orchestration.answers.filing_status`), which `jalons
status` prints too.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from orchestration.answers.filing_status import STATES, EditionStatus, FilingState, editions, ends_passed
from orchestration.contracts import CONTRACTS
from orchestration.defs.metadata import Metadata, located, table
from orchestration.defs.moment import Moment
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake.ledger import PlannedEnd
from orchestration.passes.home import Home
from orchestration.settings import Settings

KEY = dg.AssetKey("filing_status")
_NOT_COUNTING: tuple[FilingState, ...] = ("late", "awaited", "rejected", "held")
_MOST_ENDS = 100
_SAID = "the rows and the day of what counts, or why there is none"
_COUNTED = "perimeters that have filed, of those that have filed or owe it"


@located
@dg.asset(
    key=KEY,
    group_name="publication",
    owners=["team:intake"],
    kinds={"python"},
    deps=["drops", "headline_figures", "ends_ahead"],
)
def filing_status(config: Moment, home: dg.ResourceParam[Home]) -> dg.MaterializeResult[None]:
    """One row per perimeter of each open edition: what it has filed of each kind, and what it still owes.

    `not_filed` is the short answer: who is late, awaited, was rejected or is held, of what.

    `awaited` and `late` are owed by the rule of the models (`missing_perimeters_<kind>` of `headline_figures`): whoever
    filed that kind for the latest whole edition; nobody else is missing. `late` is after the deadline of the calendar.
    Before anything is filed for an edition that the calendar has opened, they are those who filed the kind for the
    semester before. `unknown` is who owes what until what was filed is published. `ends_passed` are the planned ends
    that passed since they were filed. An intake says it anew, as does each publication.
    """
    return dg.MaterializeResult(metadata=status_metadata(home.settings, config.read(home.hour).date()))


def status_metadata(settings: Settings, today: date) -> Metadata:
    """Who has not filed for the open editions, their status perimeter by perimeter, all in short, and the numbers."""
    known = editions(settings, today)[::-1]
    still = [one for one in known if one.is_open]
    totals: Metadata = {state: sum(one.counts()[state] for one in still) for state in STATES}
    matrices: Metadata = {f"{one.edition}, until {one.deadline}": _matrix(one) for one in still}
    columns = {"edition": "all there are", "deadline": "the last day to file"} | dict.fromkeys(CONTRACTS, _COUNTED)
    missing = [line for one in still for line in _not_filed(one)]
    not_filed = table(missing, len(missing), dict.fromkeys(("edition", "kind", "state", "perimeters")))
    all_editions = table([_in_short(one) for one in known], len(known), columns)
    passed = [_passed(end) for end in ends_passed(settings)]
    ends = {"ends_passed": table(passed, most=_MOST_ENDS)}
    return {"not_filed": not_filed} | matrices | {"all_editions": all_editions} | ends | totals


def _passed(end: PlannedEnd) -> dict[str, object]:
    """The planned end of a project that passed since its perimeter last filed."""
    return {
        "project": end.name,
        "perimeter": end.perimeter,
        "filed_for": end.edition,
        "planned_end": end.planned_end.isoformat(),
    }


def _not_filed(one: EditionStatus) -> Iterator[dict[str, object]]:
    """Of each kind, those of whom nothing counts though it is owed or came, the worst first."""
    for kind in CONTRACTS:
        for state in _NOT_COUNTING:
            perimeters = [name for name, kinds in one.filings.items() if kinds[kind].state == state]
            if perimeters:
                yield {"edition": one.edition, "kind": kind, "state": state, "perimeters": ", ".join(perimeters)}
    if one.unrecognised:
        refused = ", ".join(one.unrecognised)
        yield {"edition": one.edition, "kind": "not recognised", "state": "rejected", "perimeters": refused}


def _matrix(one: EditionStatus) -> dg.TableMetadataValue:
    names = perimeter_names()
    rows = [
        {"perimeter": perimeter}
        | {kind: filed.words for kind, filed in kinds.items()}
        | {"not recognised": _unrecognised(one, perimeter), "name": names[perimeter]}
        for perimeter, kinds in one.filings.items()
    ]
    said = dict.fromkeys(CONTRACTS, _SAID) | {
        "not recognised": "the last file, where nobody can tell of which kind it is"
    }
    return table(rows, len(rows), {"perimeter": "its code"} | said)


def _unrecognised(one: EditionStatus, perimeter: str) -> str:
    found = one.unrecognised.get(perimeter)
    return f"drop {found.drop_id} rejected on {found.received_at:%Y-%m-%d}" if found else ""


def _in_short(one: EditionStatus) -> dict[str, object]:
    return {
        "edition": one.edition,
        "deadline": one.deadline.isoformat(),
        "days_left": one.days_left,
        "status": "open" if one.is_open else "closed",
    } | {kind: _counted(one, kind) for kind in CONTRACTS}


def _counted(one: EditionStatus, kind: str) -> str:
    """« 9 filed, 2 late »: whatever there is, but those who owe nothing."""
    counts = one.counts(kind)
    said = [f"{counts[state]} {state}" for state in STATES if counts[state] and state != "not_owed"]
    return ", ".join(said) or "nothing owed"
