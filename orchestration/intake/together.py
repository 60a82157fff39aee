"""Together: drops of one kind for one place that a pass took in at once, and which of them counts.

What belongs here: finding them, and what the order in which they were received makes of them. What does not: that order
(`inbox.in_order`), and what is said of it (`receipts.advice`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from orchestration.intake import holds
from orchestration.intake.examining import Examined, receipt_of
from orchestration.intake.inbox import Place
from orchestration.intake.ledger import ACCEPTED, Drop, Ledger
from orchestration.intake.receipts.record import Together


def together(
    ledger: Ledger, drops: Sequence[Drop], examined: Sequence[Examined], *, may_be_held: bool
) -> dict[int, Together]:
    """Of each drop to be decided that came with others of its kind for its place: which of them counts.

    Those that a pass that died has decided are among them, so that it is the same however often it is decided.
    """
    found: dict[int, Together] = {}
    held = holds.held(ledger)
    for key, group in groupby(sorted(_in_place(drops, examined), key=_whose), key=_whose):
        undecided = list(group)
        place, kind, received_at = undecided[0].place, key[2], undecided[0].drop.received_at
        paths = {one.drop.path for one in undecided}
        # A path holds one file at a time: what it held before came before.
        decided = [
            _One(drop, place, kind, is_accepted and drop.drop_id not in held)
            for drop, is_accepted in ledger.decided_of(place, kind, received_at)
            if drop.path not in paths
        ]
        several = sorted([*decided, *undecided], key=lambda one: one.drop.drop_id)
        counting = fuller = ledger.before(place, kind, received_at, several[0].drop.drop_id, is_counting=True)
        if counting and counting.place and counting.place.edition != place.edition:
            counting = None
        for one in several:
            is_held = may_be_held and one in undecided and holds.is_far_shorter(one.drop.rows_accepted, fuller)
            if one.is_accepted and not is_held and (counting is None or counting.sha256 != one.drop.sha256):
                counting = fuller = one.drop
        for one in undecided if len(several) > 1 else ():
            others = tuple(other.drop.file_name for other in several if other is not one)
            found[one.drop.drop_id] = Together(others, counting, counting in [other.drop for other in several])
    return found


class _One(NamedTuple):
    drop: Drop
    place: Place
    kind: str
    is_accepted: bool


def _in_place(drops: Sequence[Drop], examined: Sequence[Examined]) -> Iterator[_One]:
    for drop, one in zip(drops, examined, strict=True):
        if drop.place and one.reading.kind and not drop.place.is_dry_run:
            known = replace(drop, rows_accepted=len(one.rows))
            yield _One(known, drop.place, one.reading.kind, receipt_of(one, None).status in ACCEPTED)


def _whose(one: _One) -> tuple[str, str, str, datetime]:
    return one.place.edition, one.place.perimeter, one.kind, one.drop.received_at
