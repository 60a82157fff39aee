"""Who has filed what for each edition, who is still awaited or late, and who owes nothing.

What belongs here: gathering it from the ledger and the marts, and the words for it. What does not: printing it (`cli`)
or showing it in the UI (`defs`).
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import sqlalchemy as sa

from orchestration.contracts import CONTRACTS
from orchestration.domain.edition import Edition
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake import holds
from orchestration.intake.ledger import ACCEPTED, Ledger, PlannedEnd
from orchestration.settings import Settings
from orchestration.store.marts import MartRow, read_mart

# Of a perimeter and a kind, in an edition: `unknown` is whether anything is owed, until what was filed is published.
FilingState = Literal["filed", "held", "rejected", "awaited", "late", "not_owed", "unknown"]
STATES: tuple[FilingState, ...] = ("filed", "held", "rejected", "awaited", "late", "not_owed", "unknown")


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
class Filed:
    """How one perimeter stands with one kind, and its filing, if there is any."""

    state: FilingState
    filing: Filing | None

    @property
    def words(self) -> str:
        """The same in a few words, as the terminal and the UI say it."""
        if self.filing is None:
            return self.state.replace("_", " ")
        rows = self.filing.rows_accepted
        done = f"{rows} {'row' if rows == 1 else 'rows'}" if self.filing.is_accepted else "rejected"
        until = self.filing.held_until
        held = f"held until {until:%Y-%m-%d %H:%M} UTC" if until else "held until it is accepted"
        of_drop = f", drop {self.filing.drop_id} {held}" if self.filing.is_held else ""
        return f"{done} on {self.filing.received_at:%Y-%m-%d}{of_drop}"


@dataclass(frozen=True)
class EditionStatus:
    """One edition: its deadline, the days left until it, and how each perimeter stands with each kind.

    `unrecognised` are the perimeters whose last file was refused because nobody can tell of which kind it is. `awaited`
    are the perimeters that have not filed projects or procedures; `None` where nobody knows yet who has to.
    """

    edition: str
    is_open: bool
    deadline: date
    days_left: int
    filings: Mapping[str, Mapping[str, Filed]]
    awaited: tuple[str, ...] | None
    unrecognised: Mapping[str, Filing]

    def counts(self, kind: str | None = None) -> dict[FilingState, int]:
        """How many perimeters stand how, of one kind or of all of them."""
        found = Counter(
            filed.state for kinds in self.filings.values() for name, filed in kinds.items() if kind in (None, name)
        )
        return {state: found[state] for state in STATES}


def editions(settings: Settings, today: date) -> list[EditionStatus]:
    """The status of each edition that was opened, by a filing or by the calendar, oldest first, as of a day (UTC)."""
    figures = {row["edition"]: row for row in read_mart(settings.marts, "headline_figures", columns=_OF_FIGURES)}
    with Ledger(settings.ledger) as ledger:
        is_open = set(ledger.open_editions())
        return [
            _status(
                ledger,
                edition,
                edition in is_open,
                _missing_of(figures[edition]) if edition in figures else _asked_of(ledger, edition, figures, is_open),
                today,
            )
            for edition in ledger.editions()
        ]


def ends_passed(settings: Settings) -> list[PlannedEnd]:
    """The planned ends that passed since they were filed, by the calendar, unless another was filed since."""
    still = {(row["edition"], row["project_id"], row["planned_end"]) for row in read_mart(settings.marts, "ends_ahead")}
    with Ledger(settings.ledger) as ledger:
        return [end for end in ledger.ends_passed() if end.key in still]


def open_editions(settings: Settings, today: date) -> list[EditionStatus]:
    """The same of those that are open."""
    return [one for one in editions(settings, today) if one.is_open]


def known_editions(settings: Settings) -> list[str]:
    """The editions that have figures, oldest first."""
    return sorted({str(row["edition"]) for row in read_mart(settings.marts, "headline_figures", columns=["edition"])})


_OF_FIGURES = ("edition", *(f"missing_perimeters_{kind}" for kind in CONTRACTS))


def _status(
    ledger: Ledger, edition: str, is_open: bool, owed: Mapping[str, Collection[str]] | None, today: date
) -> EditionStatus:
    deadline = Edition.parse(edition).deadline
    drops = [drop for drop in ledger.filings(edition) if not drop.is_dry_run]
    return EditionStatus(
        edition,
        is_open,
        deadline,
        (deadline - today).days,
        {
            perimeter: {
                kind: _filed(filing, perimeter, kind, owed, is_late=today > deadline) for kind, filing in kinds.items()
            }
            for perimeter, kinds in _filings(ledger, drops).items()
        },
        tuple(sorted({*owed["projects"], *owed["procedures"]})) if owed else None,
        {
            drop.perimeter: Filing(drop.drop_id, False, False, None, 0, drop.received_at)
            for drop in {drop.perimeter: drop for drop in drops}.values()
            if drop.kind is None
        },
    )


def _missing_of(figures: MartRow) -> dict[str, list[str]]:
    """By kind, the perimeters that an edition waits for; none of one that nobody has filed for it."""
    return {
        kind: [code for code in (figures[f"missing_perimeters_{kind}"] or "").split(", ") if code] for kind in CONTRACTS
    }


def _asked_of(
    ledger: Ledger, edition: str, figures: Mapping[str, MartRow], is_open: Collection[str]
) -> dict[str, set[str]] | None:
    """The same of one that has no figures yet; `None` where something was accepted for it that is not published.

    Asked is whoever filed the kind for the semester before, whom reminders go to, or is still awaited for that.
    """
    counting, before = ledger.counting_now(), Edition.parse(edition).previous().code
    if any(of == edition for _, of, _ in counting):
        return None
    asked = {kind: {who for what, of, who in counting if (what, of) == (kind, before)} for kind in CONTRACTS}
    still = _missing_of(figures[before]) if before in figures and before in is_open else {}
    return {kind: who | set(still.get(kind, ())) if who else who for kind, who in asked.items()}


def _filed(
    filing: Filing | None, perimeter: str, kind: str, owed: Mapping[str, Collection[str]] | None, *, is_late: bool
) -> Filed:
    if filing:
        return Filed("rejected" if not filing.is_accepted else "held" if filing.is_held else "filed", filing)
    if owed is None:
        return Filed("unknown", None)
    # The models say who owes what: of a kind, those who filed it for the latest edition that was whole.
    return Filed(("late" if is_late else "awaited") if perimeter in owed[kind] else "not_owed", None)


def _filings(ledger: Ledger, drops: list[sa.Row[tuple[object, ...]]]) -> dict[str, dict[str, Filing | None]]:
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
