"""Who has filed what, in the UI: a table to look at and numbers over time.

What belongs here: showing it. What does not: finding it out (`orchestration.answers.filing_status`), which `jalons
status` prints too.
"""

from datetime import date

import dagster as dg

from orchestration.answers.filing_status import STATES, EditionStatus, editions
from orchestration.contracts import CONTRACTS
from orchestration.defs.metadata import Metadata, located, table
from orchestration.defs.moment import Moment
from orchestration.domain.perimeter import perimeter_names
from orchestration.passes.home import Home
from orchestration.settings import Settings

KEY = dg.AssetKey("filing_status")
_SAID = "the rows and the day of what counts, or why there is none"
_COUNTED = "perimeters that have filed, of those that have filed or owe it"


@located
@dg.asset(
    key=KEY,
    group_name="publication",
    owners=["team:intake"],
    kinds={"python"},
    deps=["drops", "headline_figures"],
)
def filing_status(config: Moment, home: dg.ResourceParam[Home]) -> dg.MaterializeResult[None]:
    """One row per perimeter of each open edition: what it has filed of each kind, and what it still owes.

    `awaited` and `late` are owed by the rule of the models (`missing_perimeters_<kind>` of `headline_figures`): whoever
    filed that kind for the latest whole edition; nobody else is missing. `late` is after the deadline of the calendar.
    `unknown` is who owes what of an edition that has no figures yet. An intake says it anew, as does each publication.
    """
    return dg.MaterializeResult(metadata=status_metadata(home.settings, config.read(home.hour).date()))


def status_metadata(settings: Settings, today: date) -> Metadata:
    """The status of the open editions perimeter by perimeter, of all in short, and the numbers of the open ones."""
    known = editions(settings, today)[::-1]
    still = [one for one in known if one.is_open]
    totals: Metadata = {state: sum(one.counts()[state] for one in still) for state in STATES}
    matrices: Metadata = {f"{one.edition}, until {one.deadline}": _matrix(one) for one in still}
    columns = {"edition": "all there are", "deadline": "the last day to file"} | dict.fromkeys(CONTRACTS, _COUNTED)
    return matrices | {"all_editions": table([_in_short(one) for one in known], len(known), columns)} | totals


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
