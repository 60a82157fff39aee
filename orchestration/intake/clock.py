"""The clock of a live home: a time of receipt never goes back, and a clock that cannot be right notes nothing.

What belongs here: what is made of the machine's time before anything is noted (docs/rules.md §7). What does not:
reading the clock (the command line and the Dagster glue do), and a replay, which says the times of another day.
"""

from datetime import datetime, timedelta

from orchestration.intake import archive, incidents
from orchestration.intake.incidents import Incident
from orchestration.intake.ledger import Ledger
from orchestration.settings import Settings

# Clocks of machines that serve one home differ by seconds.
_TOLERANCE = timedelta(minutes=1)
# A home files twice a year: one that nothing reached for longer is rarer than a clock that is wrong.
_MOST_AHEAD = timedelta(days=366)


class ClockAhead(Exception):
    """The clock is years ahead of all that the home knows; the message says what to do."""


def mend_times(settings: Settings, to: datetime, now: datetime) -> list[int]:
    """Give whatever the ledger dates later than `now` the time `to`, as events of the ledger; the drops mended.

    It was noted while the clock was ahead. What was said of it, in receipts and releases, stays as it was said. Raise
    `ValueError` for a time before a drop that is dated right: what came after it would count no more.
    """
    with Ledger(settings.ledger) as ledger:
        latest, last = ledger.latest_receipt(until=now), ledger.latest_receipt()
        if latest and last != latest and to < latest:
            raise ValueError(
                f"{to:%Y-%m-%d %H:%M} UTC is before the last drop that is dated right, received on "
                f"{latest:%Y-%m-%d %H:%M:%S} UTC: give a time from then on, so that what came later still counts."
            )
        mended = ledger.mend_times(now, to, now)
        for drop_id in mended:
            archive.record(settings.archive, ledger.record(drop_id))
        return mended


def time_of_receipt(ledger: Ledger, now: datetime) -> datetime:
    """When what is taken in now was received: never before what was received already, so that a correction counts.

    A clock behind the ledger is an incident until it is ahead again. Raise `ClockAhead` where nothing may be noted.
    """
    seen, latest = ledger.clock_seen(), ledger.latest_receipt()
    if seen and now - max(seen, latest or seen) > _MOST_AHEAD:
        raise ClockAhead(
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, and the last time that this home knows of is "
            f"{max(seen, latest or seen):%Y-%m-%d %H:%M} UTC. Nothing was taken in, and no file is lost. If the clock "
            "is wrong, set it right; if it is right, say so once: jalons clock confirm"
        )
    ledger.see_clock(now)
    is_behind = latest is not None and now < latest - _TOLERANCE
    if latest and is_behind:
        details = {"now": now.isoformat(), "latest": latest.isoformat()}
        incidents.note(ledger.engine, Incident("clock_behind", "clock", None, details, now))
    else:
        incidents.end(ledger.engine, "clock_behind", (), now)
    # What came at one instant is ordered by the files' own times, which such a clock wrote: it must come after.
    return now if latest is None or now >= latest else latest + timedelta(microseconds=1)
