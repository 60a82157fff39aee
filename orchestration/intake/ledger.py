"""The ledger: what was received and what was decided about it, append-only.

What belongs here: the tables and their few statements. What does not: the rules that decide (take_in), or Dagster's
own event log.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa

from orchestration.domain.edition import Edition
from orchestration.intake.inbox import Place, SeenFile
from orchestration.intake.reminders import due
from orchestration.store.sql import create_engine, naive_utc

DropStatus = Literal["received", "accepted", "accepted_with_warnings", "unchanged", "rejected"]
ACCEPTED: tuple[DropStatus, ...] = ("accepted", "accepted_with_warnings")

_METADATA = sa.MetaData()

DROPS = sa.Table(
    "drops",
    _METADATA,
    sa.Column("drop_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("modified", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("received_at", sa.DateTime, nullable=False),
    sa.Column("edition", sa.Text),
    sa.Column("perimeter", sa.Text),
    sa.Column("is_dry_run", sa.Boolean, nullable=False),
    sa.Column("kind", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("contract_version", sa.Text),
    sa.Column("rules_version", sa.Text),
    sa.Column("rows_read", sa.Integer),
    sa.Column("rows_accepted", sa.Integer),
    sa.Column("errors", sa.Integer),
    sa.Column("warnings", sa.Integer),
    sa.Column("verdict", sa.Text),
    sa.Column("receipt", sa.Text),
    sqlite_autoincrement=True,
)
_OBSERVATIONS = sa.Table(
    "observations",
    _METADATA,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("modified", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
)
EDITION_EVENTS = sa.Table(
    "edition_events",
    _METADATA,
    sa.Column("edition", sa.Text, primary_key=True),
    sa.Column("event", sa.Text, primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),
)
_PASSES = sa.Table(
    "passes",
    _METADATA,
    sa.Column("only", sa.Integer, primary_key=True),
    sa.Column("head", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Drop:
    """A row of the ledger that is still to be decided."""

    drop_id: int
    path: str
    sha256: str
    received_at: datetime
    place: Place | None

    @property
    def file_name(self) -> str:
        """The name that the ministry gave the file."""
        return self.path.rsplit("/", 1)[-1]


class Ledger:
    """The ledger of one home, at a SQLAlchemy address; made on first use."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        _METADATA.create_all(self.engine)

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_error: object) -> None:
        self.engine.dispose()

    def seen_files(self) -> set[SeenFile]:
        """The last look taken at every path."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(_OBSERVATIONS.c.modified, _OBSERVATIONS.c.path, _OBSERVATIONS.c.size))
            return {SeenFile(*row) for row in rows}

    def receive(self, seen: SeenFile, sha256: str, place: Place | None, now: datetime) -> int | None:
        """Record a settled file and return its ledger number; `None` when the path already held these bytes."""
        with self.engine.begin() as connection:
            last = connection.execute(
                sa.select(_OBSERVATIONS.c.sha256).where(_OBSERVATIONS.c.path == seen.path)
            ).scalar_one_or_none()
            observed = {"path": seen.path, "size": seen.size, "modified": seen.modified, "sha256": sha256}
            connection.execute(sa.delete(_OBSERVATIONS).where(_OBSERVATIONS.c.path == seen.path))
            connection.execute(sa.insert(_OBSERVATIONS).values(observed))
            if last == sha256:
                return None
            inserted = connection.execute(
                sa.insert(DROPS).values(
                    **observed,
                    received_at=naive_utc(now),
                    edition=place.edition if place else None,
                    perimeter=place.perimeter if place else None,
                    is_dry_run=place.is_dry_run if place else False,
                    status="received",
                )
            )
            return int(inserted.inserted_primary_key[0]) if inserted.inserted_primary_key else None

    def received(self) -> set[tuple[str, str, datetime]]:
        """The path, sha256 and time of every drop received so far."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(DROPS.c.path, DROPS.c.sha256, DROPS.c.received_at))
            return {(path, sha256, received_at.replace(tzinfo=UTC)) for path, sha256, received_at in rows}

    def undecided(self) -> list[Drop]:
        """The drops that were received and have no verdict yet, in ledger order."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(DROPS).where(DROPS.c.status == "received").order_by(DROPS.c.drop_id))
            return [_drop(row) for row in rows]

    def counting(self, edition: str, perimeter: str) -> dict[str, Drop]:
        """The submission that now counts for each kind of an edition and perimeter."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                sa.select(DROPS)
                .where(
                    DROPS.c.edition == edition,
                    DROPS.c.perimeter == perimeter,
                    DROPS.c.status.in_(ACCEPTED),
                    ~DROPS.c.is_dry_run,
                )
                .order_by(DROPS.c.received_at, DROPS.c.drop_id)
            )
            return {row.kind: _drop(row) for row in rows}

    def before(self, place: Place, kind: str, received_at: datetime, drop_id: int | None) -> Drop | None:
        """The submission of a kind that counted for a place when this drop came, else for its latest earlier edition.

        It is the same however often the drop is decided; a drop that is not filed has no number and comes last.
        """
        came_first = DROPS.c.received_at < naive_utc(received_at)
        if drop_id is None:
            came_first = DROPS.c.received_at <= naive_utc(received_at)
        else:
            came_first |= (DROPS.c.received_at == naive_utc(received_at)) & (DROPS.c.drop_id < drop_id)
        with self.engine.connect() as connection:
            row = connection.execute(
                sa.select(DROPS)
                .where(
                    DROPS.c.edition <= place.edition,
                    DROPS.c.perimeter == place.perimeter,
                    DROPS.c.kind == kind,
                    DROPS.c.status.in_(ACCEPTED),
                    ~DROPS.c.is_dry_run,
                    came_first,
                )
                .order_by(DROPS.c.edition.desc(), DROPS.c.received_at.desc(), DROPS.c.drop_id.desc())
                .limit(1)
            ).one_or_none()
        return _drop(row) if row else None

    def decide(self, drop_id: int, **verdict: object) -> None:
        """Write the verdict of a drop; an accepted one that counts opens its edition."""
        with self.engine.begin() as connection:
            connection.execute(sa.update(DROPS).where(DROPS.c.drop_id == drop_id).values(verdict))
            row = connection.execute(sa.select(DROPS).where(DROPS.c.drop_id == drop_id)).one()
            if row.status in ACCEPTED and not row.is_dry_run:
                _record(connection, row.edition, "opened", row.received_at)

    def close(self, edition: str, at: datetime) -> bool:
        """Close an edition; `False` if it was closed already (the first closing stands)."""
        with self.engine.begin() as connection:
            return _record(connection, edition, "closed", naive_utc(at))

    def due_reminders(self, now: datetime) -> dict[tuple[str, str], datetime]:
        """The reminders that are due and not yet recorded: (edition, event) -> the day they are due on."""
        with self.engine.connect() as connection:
            events = set(connection.execute(sa.select(EDITION_EVENTS.c.edition, EDITION_EVENTS.c.event)).tuples())
            first_filed = connection.execute(
                sa.select(DROPS.c.edition, sa.func.min(DROPS.c.received_at))
                .where(DROPS.c.status.in_(ACCEPTED), ~DROPS.c.is_dry_run)
                .group_by(DROPS.c.edition)
            ).tuples()
            found = {
                edition: due(Edition.parse(edition), first.replace(tzinfo=UTC), now)
                for edition, first in first_filed
                if (edition, "closed") not in events
            }
        days = {(edition, f"reminder_{one[0]}"): one[1] for edition, one in found.items() if one}
        return {key: day for key, day in days.items() if key not in events}

    def remind(self, now: datetime) -> None:
        """Record the reminders that are due, each on its own day, whenever the pass takes place."""
        for (edition, event), day in self.due_reminders(now).items():
            with self.engine.begin() as connection:
                _record(connection, edition, event, naive_utc(day))

    def open_editions(self) -> list[str]:
        """The editions opened and not closed, oldest first."""
        with self.engine.connect() as connection:
            events = connection.execute(sa.select(EDITION_EVENTS.c.edition, EDITION_EVENTS.c.event)).all()
        closed = {edition for edition, event in events if event == "closed"}
        return sorted({edition for edition, event in events if event == "opened"} - closed)

    def filings(self, edition: str) -> list[sa.Row[tuple[object, ...]]]:
        """Every decided drop of an edition, in ledger order."""
        with self.engine.connect() as connection:
            return list(
                connection.execute(
                    sa.select(DROPS)
                    .where(DROPS.c.edition == edition, DROPS.c.status != "received")
                    .order_by(DROPS.c.received_at, DROPS.c.drop_id)
                )
            )

    def head(self) -> str:
        """A word that changes whenever the ledger says something new."""
        with self.engine.connect() as connection:
            drops = connection.execute(sa.select(sa.func.count(), sa.func.max(DROPS.c.drop_id))).one()
            events = connection.execute(sa.select(sa.func.count()).select_from(EDITION_EVENTS)).scalar_one()
        return f"{drops[0]}:{drops[1] or 0}:{events}"

    def is_up_to_date(self) -> bool:
        """Whether a pass went through to its end since the ledger last changed."""
        with self.engine.connect() as connection:
            done = connection.execute(sa.select(_PASSES.c.head)).scalar_one_or_none()
        return done == self.head() if self.is_begun() else True

    def is_begun(self) -> bool:
        """Whether anything was ever received or closed."""
        return self.head() != "0:0:0"

    def pass_done(self, head: str) -> None:
        """Remember that everything up to this head was consolidated, released and delivered."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(_PASSES))
            connection.execute(sa.insert(_PASSES).values(only=1, head=head))


def _record(connection: sa.Connection, edition: str, event: str, at: datetime) -> bool:
    known = connection.execute(
        sa.select(EDITION_EVENTS).where(EDITION_EVENTS.c.edition == edition, EDITION_EVENTS.c.event == event)
    ).first()
    if known is None:
        connection.execute(sa.insert(EDITION_EVENTS).values(edition=edition, event=event, at=at))
    return known is None


def _drop(row: sa.Row[tuple[object, ...]]) -> Drop:
    place = Place(row.edition, row.perimeter, row.is_dry_run) if row.edition and row.perimeter else None
    return Drop(row.drop_id, row.path, row.sha256, row.received_at.replace(tzinfo=UTC), place)
