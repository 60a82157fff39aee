"""Holds: a submission that drops more than half of its perimeter's rows is answered, and counts only after a day.

Its file may have been cut short, and what it leaves out would be published as given up. A person may say earlier that
it counts, or hold any other (docs/rules.md §7). What belongs here: the rule, and the events of the ledger. What does
not: how the agent is told (`receipts`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from orchestration.intake.inbox import Place
from orchestration.intake.ledger import ACCEPTED, DROPS, HOLD_EVENTS, Drop, Ledger, held_drop_ids
from orchestration.store.sql import naive_utc

QUIET = timedelta(days=1)


class NotHoldable(LookupError):
    """The drop is no accepted submission, or is not in the state that was to change; the message says which."""


def compared_with(
    ledger: Ledger, place: Place, kind: str, received_at: datetime, drop_id: int | None, rows: int
) -> Drop | None:
    """What counts that has more than twice the rows of a drop, which is held for that; `None` for any other drop."""
    before = ledger.before(place, kind, received_at, drop_id, is_counting=True)
    return before if is_far_shorter(rows, before) else None


def is_far_shorter(rows: int, before: Drop | None) -> bool:
    """Whether so many rows are less than half of what counts."""
    return before is not None and 2 * rows < before.rows_accepted


def held(ledger: Ledger) -> Mapping[int, datetime | None]:
    """Each drop that is held now, and until when; `None` is until a person says so."""
    last = sa.select(sa.func.max(HOLD_EVENTS.c.hold_event_id)).group_by(HOLD_EVENTS.c.drop_id)
    chosen = sa.select(HOLD_EVENTS.c.drop_id, HOLD_EVENTS.c.until).where(
        HOLD_EVENTS.c.hold_event_id.in_(last), HOLD_EVENTS.c.event == "held"
    )
    with ledger.engine.connect() as connection:
        rows = connection.execute(chosen.order_by(HOLD_EVENTS.c.drop_id))
        return {row.drop_id: row.until.replace(tzinfo=UTC) if row.until else None for row in rows}


def changes(ledger: Ledger) -> list[tuple[str, str, datetime]]:
    """What changed of which submissions count (UTC, naive): edition, `hold_lifted` or `hold_placed`, and when.

    A hold that a submission came with changes nothing.
    """
    changed = HOLD_EVENTS.c.event == "lifted", HOLD_EVENTS.c.until.is_(None)
    chosen = sa.select(DROPS.c.edition, HOLD_EVENTS.c.event, HOLD_EVENTS.c.at).join(
        DROPS, DROPS.c.drop_id == HOLD_EVENTS.c.drop_id
    )
    names = {"lifted": "hold_lifted", "held": "hold_placed"}
    with ledger.engine.connect() as connection:
        rows = connection.execute(chosen.where(sa.or_(*changed)).order_by(HOLD_EVENTS.c.hold_event_id))
        return [(row.edition, names[row.event], row.at) for row in rows]


def cells(ledger: Ledger) -> set[tuple[str, str, str]]:
    """The kind, edition and perimeter of every submission that was ever held."""
    chosen = sa.select(DROPS.c.kind, DROPS.c.edition, DROPS.c.perimeter).join(
        HOLD_EVENTS, DROPS.c.drop_id == HOLD_EVENTS.c.drop_id
    )
    with ledger.engine.connect() as connection:
        return {(row.kind, row.edition, row.perimeter) for row in connection.execute(chosen)}


def is_held_since(ledger: Ledger, place: Place, kind: str, counting: Drop) -> bool:
    """Whether a submission that came after the one that counts is held: the same bytes again must come after it."""
    chosen = sa.select(DROPS.c.drop_id).where(
        DROPS.c.edition == place.edition,
        DROPS.c.perimeter == place.perimeter,
        DROPS.c.kind == kind,
        DROPS.c.received_at >= naive_utc(counting.received_at),
        DROPS.c.drop_id.in_(held_drop_ids()),
    )
    with ledger.engine.connect() as connection:
        return connection.execute(chosen).first() is not None


def due(ledger: Ledger, now: datetime) -> list[int]:
    """The drops whose hold is over by now."""
    return [drop_id for drop_id, until in held(ledger).items() if until and until <= now]


def lift_due(ledger: Ledger, now: datetime) -> None:
    """Note that they count from now on."""
    for drop_id in due(ledger, now):
        _note(ledger, drop_id, "lifted", now)


def hold(ledger: Ledger, drop_id: int, now: datetime) -> None:
    """Let a submission count no longer, until a person says so; raise `NotHoldable`."""
    _expect_submission(ledger, drop_id)
    if held(ledger).get(drop_id, now) is None:
        raise NotHoldable(f"Drop {drop_id} is held already, until it is accepted.")
    _note(ledger, drop_id, "held", now)


def accept(ledger: Ledger, drop_id: int, now: datetime) -> None:
    """Let a submission that is held count from now on; raise `NotHoldable`."""
    _expect_submission(ledger, drop_id)
    if drop_id not in held(ledger):
        raise NotHoldable(f"Drop {drop_id} is not held.")
    _note(ledger, drop_id, "lifted", now)


def _expect_submission(ledger: Ledger, drop_id: int) -> None:
    with ledger.engine.connect() as connection:
        row = connection.execute(sa.select(DROPS).where(DROPS.c.drop_id == drop_id)).one_or_none()
    if row is None:
        raise NotHoldable(f"There is no drop {drop_id}.")
    if row.status not in ACCEPTED or row.is_dry_run:
        raise NotHoldable(
            f"Drop {drop_id} ({row.path}) never counted: it is {'a trial' if row.is_dry_run else row.status}."
        )


def _note(ledger: Ledger, drop_id: int, event: str, now: datetime) -> None:
    with ledger.engine.begin() as connection:
        values = {"drop_id": drop_id, "event": event, "at": naive_utc(now), "until": None}
        connection.execute(sa.insert(HOLD_EVENTS).values(values))
