"""How long drops waited for their receipts by the clock of the machine, from the last change of the file on.

What belongs here: that one measure. What does not: the hour of a pass, which a replay sets to another day.
"""

from collections.abc import Sequence
from datetime import datetime

from orchestration.intake.inbox import moment_of
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import TakeIn
from orchestration.settings import Settings

_NS = 1e9


def seconds_to_answer(settings: Settings, taken: TakeIn, answered_at: datetime) -> list[float]:
    """The seconds that each drop of a pass waited, the shortest first; none of one whose store gives no time."""
    with Ledger(settings.ledger) as ledger:
        seen = {one.seen.path: one.seen for one in ledger.observed()}
    paths = (one.path for one in taken.outcomes if one.path in seen)
    # A file that was copied keeps the time of its model; what the disk last did with it, no copy sets back.
    arrived = (_seconds(seen[path].changed, seen[path].modified) for path in paths)
    return sorted(max(0.0, answered_at.timestamp() - at) for at in arrived if at)


def _seconds(changed: str, modified: str) -> float:
    return int(changed) / _NS if changed.isdigit() else moment_of(modified)[0]


def median(seconds: Sequence[float]) -> float:
    """The one in the middle of several in order."""
    return seconds[len(seconds) // 2]
