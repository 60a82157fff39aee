"""What the calendar asks of a home, whatever is filed: editions to open and close, ends that pass (docs/rules.md §1).

Each is noted at its own day, however late the look. What belongs here: which are owed, and noting those that rest on
what was published. What does not: the days (`domain.edition`), opening and reminding, which take-in does with the
ledger alone (`intake.ledger`), and whatever ticks (`defs/automation.py`).
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from orchestration.domain.edition import Edition
from orchestration.intake import holds
from orchestration.intake.clock import ClockAhead, time_of_receipt
from orchestration.intake.ledger import Drop, Ledger, PlannedEnd
from orchestration.passes import fingerprint
from orchestration.settings import Settings
from orchestration.store.marts import read_mart


class CalendarDay(NamedTuple):
    """One thing that the calendar asks for, at a time (UTC): an edition opens or closes, a planned end passes."""

    at: datetime
    event: Literal["opened", "closed", "end passed"]
    edition: str
    end: PlannedEnd | None = None

    @property
    def words(self) -> str:
        """The same in a few words, in English."""
        of = f": {self.end.name} ({self.end.perimeter})" if self.end else ""
        return f"{self.edition} {self.event} on {self.at:%Y-%m-%d}{of}"


def owed(settings: Settings, ledger: Ledger, now: datetime) -> list[CalendarDay]:
    """All that the calendar asks for by now and that is not noted yet, in the order of its days."""
    opened = [CalendarDay(day, "opened", edition) for edition, day in ledger.due_openings(now).items()]
    return sorted([*opened, *_ends(settings, ledger, now), *_closings(settings, ledger, now)])


def keep(settings: Settings, now: datetime) -> list[CalendarDay]:
    """Note the ends that have passed and close the editions whose day has come; what was noted, in its order.

    Raise `ClockAhead` where nothing may be noted.
    """
    with Ledger(settings.ledger) as ledger:
        until = time_of_receipt(ledger, now)
        days = sorted([*_ends(settings, ledger, until), *_closings(settings, ledger, until)])
        return [day for day in days if _note(ledger, day)]


def note_ends(settings: Settings, now: datetime) -> None:
    """Note the ends that had passed by now when they were published, as those of a late filing."""
    with Ledger(settings.ledger) as ledger, suppress(ClockAhead):
        for day in _ends(settings, ledger, time_of_receipt(ledger, now)):
            _note(ledger, day)


def editions_of(settings: Settings, now: datetime) -> list[tuple[Edition, str]]:
    """The editions opened so far, those of today and the next one, oldest first, and how each stands, in English."""
    with Ledger(settings.ledger) as ledger:
        opened, is_open, late = set(ledger.editions()), set(ledger.open_editions()), ledger.closings_to_ask(now)
        why = {edition: why_open(settings, ledger, edition) for edition in late}
    today = Edition.filed_on(now.date())
    coming = {edition.next().code for edition in today} | {edition.code for edition in today}
    found = [Edition.parse(code) for code in sorted(opened | coming)]
    return [(one, _standing(one.code, opened, is_open, why)) for one in found]


def _standing(edition: str, opened: Collection[str], is_open: Collection[str], why: Mapping[str, str | None]) -> str:
    if edition not in opened:
        return "not open yet"
    if edition not in is_open:
        return "closed"
    return f"open, not closed: {why[edition] or 'the next pass closes it'}" if edition in why else "open"


def known_of_marts(settings: Settings) -> dict[str, Any]:
    """What a publication notes for the calendar: the ends that are ahead, and who is awaited of what, by edition."""
    from orchestration.contracts import CONTRACTS

    ends = read_mart(settings.marts, "ends_ahead", columns=PlannedEnd._fields)
    missing = {kind: f"missing_perimeters_{kind}" for kind in CONTRACTS}
    figures = read_mart(settings.marts, "headline_figures", columns=["edition", *missing.values()])
    return {
        "ends": [{**row, "planned_end": row["planned_end"].isoformat()} for row in ends],
        "awaited": {row["edition"]: {kind: row[column] for kind, column in missing.items()} for row in figures},
    }


def why_open(settings: Settings, ledger: Ledger, edition: str) -> str | None:
    """Why an edition whose closing day has come is not closed by the calendar; `None` where it may be.

    What is awaited, not judged or held back must not be closed in silence: a person decides.
    """
    if not ledger.is_up_to_date() or edition in map(_edition_of, ledger.undecided()):
        return "what was filed is not published yet"
    if not fingerprint.is_released(settings, edition):
        return "it is held back, or what was published is not known"
    if held := [drop_id for drop_id in holds.held(ledger) if _edition_of(ledger.drop(drop_id)) == edition]:
        return f"held: drop {', '.join(map(str, held))}"
    missing = fingerprint.for_calendar(settings).get("awaited", {}).get(edition)
    if missing is None:
        return "nothing was filed for it"
    # Whoever only asks does not wait for what contracts import.
    from orchestration.contracts import CONTRACTS

    # The models say who is awaited of a kind that anybody has filed; of another, whoever filed it the semester before.
    filed = {(of, kind) for kind, of, _ in ledger.counting_now()}
    before = Edition.parse(edition).previous().code
    awaited = [
        f"{kind} ({missing.get(kind) or 'everybody'})"
        for kind in CONTRACTS
        if missing.get(kind) or ((before, kind) in filed and (edition, kind) not in filed)
    ]
    return f"awaited: {', '.join(awaited)}" if awaited else None


def _closings(settings: Settings, ledger: Ledger, now: datetime) -> Iterator[CalendarDay]:
    for edition, at in ledger.closings_to_ask(now).items():
        if why_open(settings, ledger, edition) is None:
            yield CalendarDay(at, "closed", edition)


def _ends(settings: Settings, ledger: Ledger, now: datetime) -> Iterator[CalendarDay]:
    """The planned ends that passed since they were filed: what no publication judged, or held back, says nothing."""
    noted = {end.key for end in ledger.ends_passed()}
    for row in fingerprint.for_calendar(settings).get("ends", []):
        end = PlannedEnd(**row | {"planned_end": date.fromisoformat(row["planned_end"])})
        if end.passed_at <= now and end.key not in noted and fingerprint.is_released(settings, end.edition):
            yield CalendarDay(end.passed_at, "end passed", end.edition, end)


def _note(ledger: Ledger, day: CalendarDay) -> bool:
    return ledger.note_end(day.end) if day.end else ledger.close(day.edition, day.at)


def _edition_of(drop: Drop) -> str | None:
    return drop.place.edition if drop.place else None
