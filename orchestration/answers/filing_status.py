"""Who has filed what for the editions that are open, and who is still awaited.

What belongs here: gathering it from the ledger and the marts. What does not: printing it (`cli`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from orchestration.contracts import CONTRACTS
from orchestration.domain.edition import Edition
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake import holds
from orchestration.intake.ledger import ACCEPTED, Ledger
from orchestration.publication.manifest import missing_perimeters
from orchestration.settings import Settings
from orchestration.store.marts import read_mart


@dataclass(frozen=True)
class Filing:
    """What a perimeter last filed of a kind that was accepted, or, where nothing was, was last refused.

    What is accepted may be held, until a time or, where that is `None`, until it is accepted by a person.
    """

    drop_id: int
    is_accepted: bool
    is_held: bool
    held_until: datetime | None
    rows_accepted: int
    received_at: datetime


@dataclass(frozen=True)
class EditionStatus:
    """One open edition: its deadline, the days left until it, and the filings by perimeter, then by kind.

    `awaited` are the perimeters that have not filed projects or procedures; `None` before the edition has figures.
    """

    edition: str
    deadline: date
    days_left: int
    filings: Mapping[str, Mapping[str, Filing | None]]
    awaited: tuple[str, ...] | None


def open_editions(settings: Settings, today: date) -> list[EditionStatus]:
    """The status of each open edition, oldest first, as of a day (UTC)."""
    awaited = {
        row["edition"]: tuple(missing_perimeters(row))
        for row in read_mart(settings.marts, "headline_figures", columns=["edition", "missing_perimeters"])
    }
    with Ledger(settings.ledger) as ledger:
        return [
            EditionStatus(
                edition,
                (deadline := Edition.parse(edition).deadline),
                (deadline - today).days,
                _filings(ledger, edition),
                awaited.get(edition),
            )
            for edition in ledger.open_editions()
        ]


def known_editions(settings: Settings) -> list[str]:
    """The editions that have figures, oldest first."""
    return sorted({str(row["edition"]) for row in read_mart(settings.marts, "headline_figures", columns=["edition"])})


def _filings(ledger: Ledger, edition: str) -> dict[str, dict[str, Filing | None]]:
    drops = [drop for drop in ledger.filings(edition) if not drop.is_dry_run]
    last = {(drop.perimeter, drop.kind): drop for drop in drops}
    last |= {(drop.perimeter, drop.kind): drop for drop in drops if drop.status in ACCEPTED}
    held = holds.held(ledger)
    return {
        perimeter: {
            kind: Filing(
                drop.drop_id,
                drop.status in ACCEPTED,
                drop.drop_id in held,
                held.get(drop.drop_id),
                drop.rows_accepted,
                drop.received_at,
            )
            if (drop := last.get((perimeter, kind)))
            else None
            for kind in CONTRACTS
        }
        for perimeter in perimeter_names()
    }
