"""The ledger: what was received and what was decided about it, append-only.

What belongs here: the tables and their few statements. What does not: the rules that decide (take_in), or Dagster's
own event log.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from orchestration.domain.edition import Edition, day_begins
from orchestration.intake.archive import DropRecord
from orchestration.intake.inbox import Place, SeenFile
from orchestration.intake.reminders import due
from orchestration.store.file_state import FileState, columns
from orchestration.store.sql import create_engine, naive_utc

DropStatus = Literal["received", "accepted", "accepted_with_warnings", "unchanged", "rejected"]
ACCEPTED: tuple[DropStatus, ...] = ("accepted", "accepted_with_warnings")

METADATA = sa.MetaData()

DROPS = sa.Table(
    "drops",
    METADATA,
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
    sa.Column("receipt_sha256", sa.Text),
    sqlite_autoincrement=True,
)
_OBSERVATIONS = sa.Table(
    "observations",
    METADATA,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("modified", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    # Not known of looks that were taken before 0006.
    sa.Column("changed", sa.Text),
    sa.Column("noted_at", sa.DateTime),
    # Since when a look found the file no more.
    sa.Column("gone_at", sa.DateTime),
)
# What an event of an edition says when another method tells it, before the version.
METHOD_ADOPTED = "method_adopted"
EDITION_EVENTS = sa.Table(
    "edition_events",
    METADATA,
    sa.Column("edition", sa.Text, primary_key=True),
    sa.Column("event", sa.Text, primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),
)
# Planned ends that passed after they were filed, each as its last filing said it; no table of a release rests on them.
_ENDS_PASSED = sa.Table(
    "ends_passed",
    METADATA,
    sa.Column("edition", sa.Text, primary_key=True),
    sa.Column("project_id", sa.Text, primary_key=True),
    sa.Column("planned_end", sa.Date, primary_key=True),
    sa.Column("perimeter", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("passed_at", sa.DateTime, nullable=False),
)
_OPENED = sa.select(EDITION_EVENTS.c.edition).where(EDITION_EVENTS.c.event == "opened")
_REMINDER = "reminder_"
# The latest time that the clock of a live pass said, or that a person confirmed.
_CLOCK = sa.Table(
    "clock",
    METADATA,
    sa.Column("only", sa.Integer, primary_key=True),
    sa.Column("seen_at", sa.DateTime, nullable=False),
)
# What was done about time itself: a person confirmed the clock, or a time that was false was mended, from `said_at`.
_CLOCK_EVENTS = sa.Table(
    "clock_events",
    METADATA,
    sa.Column("clock_event_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("drop_id", sa.BigInteger().with_variant(sa.Integer, "sqlite")),
    sa.Column("edition", sa.Text),
    sa.Column("edition_event", sa.Text),
    sa.Column("said_at", sa.DateTime),
    sa.Column("mended_to", sa.DateTime),
)
# A submission is held before it counts, `until` a time or a person's word, or no longer: its last event says.
HOLD_EVENTS = sa.Table(
    "hold_events",
    METADATA,
    sa.Column("hold_event_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("drop_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("until", sa.DateTime),
)
# The file of the lake that holds a submission's rows, as it was written last; none for one without rows.
LAKE_FILES = sa.Table(
    "lake_files",
    METADATA,
    sa.Column("drop_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("rows", sa.Integer, nullable=False),
    *columns(),
    # Not known of rows that were noted before 0004.
    sa.Column("rows_sha256", sa.Text),
)
_PASSES = sa.Table(
    "passes",
    METADATA,
    sa.Column("only", sa.Integer, primary_key=True),
    sa.Column("head", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Drop:
    """A drop of the ledger."""

    drop_id: int
    path: str
    sha256: str
    received_at: datetime
    place: Place | None
    rows_accepted: int = 0

    @property
    def file_name(self) -> str:
        """The name that the ministry gave the file."""
        return self.path.rsplit("/", 1)[-1]


class Observed(NamedTuple):
    """The last look taken at a path: what it held, when that was noted, and whether the file was gone since."""

    seen: SeenFile
    sha256: str
    noted_at: datetime | None
    is_gone: bool


class PlannedEnd(NamedTuple):
    """The end of a project as its perimeter last filed it, for an edition: `planned_end` is the last day it may be."""

    edition: str
    project_id: str
    planned_end: date
    perimeter: str
    name: str

    @property
    def key(self) -> tuple[str, str, date]:
        """What tells it from another: it is noted once, whatever else is corrected."""
        return self.edition, self.project_id, self.planned_end

    @property
    def passed_at(self) -> datetime:
        """When it has passed (UTC), unless another is filed by then: as the day after begins."""
        return day_begins(self.planned_end + timedelta(1))


class Extent(NamedTuple):
    """How much a ledger has to say, by kind; it only grows, so that one that says less than it did is an older copy."""

    last_drop_id: int
    edition_events: int
    clock_events: int
    hold_events: int


@dataclass(frozen=True)
class LakeRows:
    """The rows of a submission as they were written: how many, the SHA-256 of their values, and their file."""

    count: int
    sha256: str | None
    file: FileState


@dataclass(frozen=True)
class Submission:
    """An accepted drop that is no dry run: whose rows they are, how many, and as they were noted, if they were."""

    drop_id: int
    sha256: str
    edition: str
    perimeter: str
    kind: str
    rows: int
    lake_rows: LakeRows | None

    @property
    def file(self) -> FileState | None:
        """The file of its rows as it was noted."""
        return self.lake_rows.file if self.lake_rows else None


class Ledger:
    """The ledger of one home, at a SQLAlchemy address; made on first use."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_error: object) -> None:
        self.engine.dispose()

    def observed(self) -> list[Observed]:
        """The last look taken at every path."""
        with self.engine.connect() as connection:
            return [
                Observed(
                    SeenFile(row.modified, row.path, row.size, row.changed or ""),
                    row.sha256,
                    row.noted_at and row.noted_at.replace(tzinfo=UTC),
                    row.gone_at is not None,
                )
                for row in connection.execute(sa.select(_OBSERVATIONS))
            ]

    def seen_files(self) -> set[SeenFile]:
        """Every path as it was last seen."""
        return {one.seen for one in self.observed()}

    def note_look(self, seen: SeenFile, sha256: str, now: datetime) -> None:
        """Note how a file looks that still holds what it held; nothing where a pass has noted other bytes meanwhile."""
        same = sa.update(_OBSERVATIONS).where(_OBSERVATIONS.c.path == seen.path, _OBSERVATIONS.c.sha256 == sha256)
        looks = {"size": seen.size, "modified": seen.modified, "changed": seen.changed, "noted_at": naive_utc(now)}
        with self.engine.begin() as connection:
            connection.execute(same.values(looks))

    def note_gone(self, paths: Collection[str], now: datetime) -> None:
        """Note which of the paths that were ever seen hold no file now; the others do."""
        with self.engine.begin() as connection:
            for path, since in connection.execute(sa.select(_OBSERVATIONS.c.path, _OBSERVATIONS.c.gone_at)).all():
                if (path in paths) != (since is not None):
                    gone_at = naive_utc(now) if path in paths else None
                    at_path = sa.update(_OBSERVATIONS).where(_OBSERVATIONS.c.path == path)
                    connection.execute(at_path.values(gone_at=gone_at))

    def receive(self, seen: SeenFile, sha256: str, place: Place | None, now: datetime) -> int | None:
        """Record a settled file and return its ledger number; `None` when the path already held these bytes."""
        with self.engine.begin() as connection:
            last = connection.execute(
                sa.select(_OBSERVATIONS.c.sha256).where(_OBSERVATIONS.c.path == seen.path)
            ).scalar_one_or_none()
            observed = {"path": seen.path, "size": seen.size, "modified": seen.modified, "sha256": sha256}
            looked_at = {"changed": seen.changed, "noted_at": naive_utc(now)}
            connection.execute(sa.delete(_OBSERVATIONS).where(_OBSERVATIONS.c.path == seen.path))
            connection.execute(sa.insert(_OBSERVATIONS).values(observed | looked_at))
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

    def drop(self, drop_id: int) -> Drop:
        """A drop by its number; raise `NoResultFound` without it."""
        with self.engine.connect() as connection:
            return _drop(connection.execute(sa.select(DROPS).where(DROPS.c.drop_id == drop_id)).one())

    def counting(self, edition: str, perimeter: str) -> dict[str, Drop]:
        """The submission that now counts for each kind of an edition and perimeter; one that is held does not."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                sa.select(DROPS)
                .where(
                    DROPS.c.edition == edition,
                    DROPS.c.perimeter == perimeter,
                    DROPS.c.status.in_(ACCEPTED),
                    ~DROPS.c.is_dry_run,
                    DROPS.c.drop_id.not_in(held_drop_ids()),
                )
                .order_by(DROPS.c.received_at, DROPS.c.drop_id)
            )
            return {row.kind: _drop(row) for row in rows}

    def counting_now(self) -> dict[tuple[str, str, str], Submission]:
        """The submission that counts now for each kind, edition and perimeter of which any does."""
        counts = (DROPS.c.status.in_(ACCEPTED), ~DROPS.c.is_dry_run, DROPS.c.drop_id.not_in(held_drop_ids()))
        in_order = sa.select(DROPS.c.drop_id).where(*counts).order_by(DROPS.c.received_at, DROPS.c.drop_id)
        with self.engine.connect() as connection:
            order = {drop_id: place for place, drop_id in enumerate(connection.execute(in_order).scalars())}
        several = [one for one in self.submissions() if one.drop_id in order]
        several.sort(key=lambda one: order[one.drop_id])
        return {(one.kind, one.edition, one.perimeter): one for one in several}

    def before(
        self, place: Place, kind: str, received_at: datetime, drop_id: int | None, *, is_counting: bool = False
    ) -> Drop | None:
        """The submission of a kind that came last for a place before this drop, else for its latest earlier edition.

        With `is_counting`, none that is held now. It is the same however often the drop is decided; a drop that is
        not filed has no number and comes last.
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
                    DROPS.c.drop_id.not_in(held_drop_ids()) if is_counting else sa.true(),
                )
                .order_by(DROPS.c.edition.desc(), DROPS.c.received_at.desc(), DROPS.c.drop_id.desc())
                .limit(1)
            ).one_or_none()
        return _drop(row) if row else None

    def rows_filed(self, place: Place, kind: str) -> int | None:
        """The rows of the submission of a kind that counts for a place, else for its latest earlier edition, if any."""
        with self.engine.connect() as connection:
            return connection.execute(
                sa.select(DROPS.c.rows_accepted)
                .where(
                    DROPS.c.edition <= place.edition,
                    DROPS.c.perimeter == place.perimeter,
                    DROPS.c.kind == kind,
                    DROPS.c.status.in_(ACCEPTED),
                    ~DROPS.c.is_dry_run,
                )
                .order_by(DROPS.c.edition.desc(), DROPS.c.received_at.desc(), DROPS.c.drop_id.desc())
                .limit(1)
            ).scalar_one_or_none()

    def decided_of(self, place: Place, kind: str, received_at: datetime) -> list[tuple[Drop, bool]]:
        """The decided drops of a kind for a place, no dry runs, that were received at a time, and which were accepted.

        In ledger order; one that is unchanged is accepted too.
        """
        with self.engine.connect() as connection:
            rows = connection.execute(
                sa.select(DROPS)
                .where(
                    DROPS.c.edition == place.edition,
                    DROPS.c.perimeter == place.perimeter,
                    DROPS.c.kind == kind,
                    DROPS.c.received_at == naive_utc(received_at),
                    DROPS.c.status != "received",
                    ~DROPS.c.is_dry_run,
                )
                .order_by(DROPS.c.drop_id)
            )
            return [(_drop(row), row.status != "rejected") for row in rows]

    def decide(
        self, drop_id: int, rows: LakeRows | None = None, held_until: datetime | None = None, **verdict: object
    ) -> None:
        """Write the verdict of a drop, with its rows and their file if any, and until when it is held if it is; an
        accepted one opens its edition.
        """
        with self.engine.begin() as connection:
            connection.execute(sa.update(DROPS).where(DROPS.c.drop_id == drop_id).values(verdict))
            if rows:
                _note_rows(connection, drop_id, rows)
            if held_until:
                at = sa.select(DROPS.c.received_at).where(DROPS.c.drop_id == drop_id)
                event = {"drop_id": drop_id, "event": "held", "at": connection.execute(at).scalar_one()}
                connection.execute(sa.insert(HOLD_EVENTS).values(event | {"until": naive_utc(held_until)}))
            row = connection.execute(sa.select(DROPS).where(DROPS.c.drop_id == drop_id)).one()
            if row.status in ACCEPTED and not row.is_dry_run:
                _record(connection, row.edition, "opened", row.received_at)

    def note_rows(self, drop_id: int, rows: LakeRows) -> None:
        """Note that a submission's rows were written anew."""
        with self.engine.begin() as connection:
            _note_rows(connection, drop_id, rows)

    def submissions(self) -> list[Submission]:
        """Every accepted drop that is no dry run, in ledger order."""
        of_file = (LAKE_FILES.c[name].label(f"file_{name}") for name in FileState.__dataclass_fields__)
        chosen = (
            sa.select(DROPS, LAKE_FILES.c.rows, LAKE_FILES.c.rows_sha256, *of_file)
            .join(LAKE_FILES, LAKE_FILES.c.drop_id == DROPS.c.drop_id, isouter=True)
            .where(DROPS.c.status.in_(ACCEPTED), ~DROPS.c.is_dry_run)
            .order_by(DROPS.c.drop_id)
        )
        with self.engine.connect() as connection:
            return [_submission(row) for row in connection.execute(chosen)]

    def record(self, drop_id: int) -> DropRecord:
        """What the archive keeps of a drop beside its bytes."""
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(DROPS).where(DROPS.c.drop_id == drop_id)).mappings().one()
        known = {name: row[name] for name in DropRecord.__dataclass_fields__}
        return DropRecord(**known | {"received_at": row["received_at"].replace(tzinfo=UTC)})

    def receipts(self) -> list[tuple[str, str]]:
        """The folder of each receipt, relative to the outbox, and the SHA-256 of what it holds, where it was noted."""
        noted = sa.select(DROPS.c.receipt, DROPS.c.receipt_sha256).where(DROPS.c.receipt_sha256.is_not(None))
        with self.engine.connect() as connection:
            return [(row.receipt, row.receipt_sha256) for row in connection.execute(noted.order_by(DROPS.c.drop_id))]

    def drop_ids(self) -> list[int]:
        """The number of every drop, in order."""
        with self.engine.connect() as connection:
            return list(connection.execute(sa.select(DROPS.c.drop_id).order_by(DROPS.c.drop_id)).scalars())

    def restore(self, records: Sequence[DropRecord]) -> int:
        """Write again the drops that the archive knows and the ledger does not, still to be decided; their number."""
        with self.engine.begin() as connection:
            known = set(connection.execute(sa.select(DROPS.c.drop_id)).scalars())
            lost = [one for one in records if one.drop_id not in known]
            for one in lost:
                observed = {"path": one.path, "size": one.size, "modified": one.modified, "sha256": one.sha256}
                values = {name: getattr(one, name) for name in DropRecord.__dataclass_fields__}
                values |= {"received_at": naive_utc(one.received_at), "status": "received"}
                connection.execute(sa.insert(DROPS).values(values))
                connection.execute(sa.delete(_OBSERVATIONS).where(_OBSERVATIONS.c.path == one.path))
                connection.execute(sa.insert(_OBSERVATIONS).values(observed))
        return len(lost)

    def latest_receipt(self, until: datetime | None = None) -> datetime | None:
        """The latest time at which a drop was received, none after `until`; `None` before the first."""
        latest_of = sa.select(sa.func.max(DROPS.c.received_at))
        if until:
            latest_of = latest_of.where(DROPS.c.received_at <= naive_utc(until))
        with self.engine.connect() as connection:
            latest: datetime | None = connection.execute(latest_of).scalar()
        return latest.replace(tzinfo=UTC) if latest else None

    def clock_seen(self) -> datetime | None:
        """The latest time that the clock is known to have been at; `None` before the first live pass."""
        with self.engine.connect() as connection:
            seen: datetime | None = connection.execute(sa.select(_CLOCK.c.seen_at)).scalar()
        return seen.replace(tzinfo=UTC) if seen else None

    def see_clock(self, now: datetime) -> None:
        """Note what the clock says, unless it was later already."""
        with self.engine.begin() as connection:
            _see_clock(connection, now)

    def confirm_clock(self, now: datetime) -> None:
        """Note that a person says that the clock is right."""
        with self.engine.begin() as connection:
            connection.execute(sa.insert(_CLOCK_EVENTS).values(event="confirmed", at=naive_utc(now)))
            _see_clock(connection, now)

    def mend_times(self, later_than: datetime, to: datetime, now: datetime) -> list[int]:
        """Give whatever the ledger dates after `later_than` the time `to`, and note what it said; the drops mended.

        Their order among themselves stays that of the ledger: each drop comes a microsecond after the one before it.
        """
        after, at, noted = naive_utc(later_than), naive_utc(to), {"event": "mended", "at": naive_utc(now)}
        with self.engine.begin() as connection:
            drops = connection.execute(
                sa.select(DROPS).where(DROPS.c.received_at > after).order_by(DROPS.c.drop_id)
            ).all()
            for place, drop in enumerate(drops):
                mended_to = at + timedelta(microseconds=place)
                said = {"drop_id": drop.drop_id, "said_at": drop.received_at, "mended_to": mended_to}
                connection.execute(sa.insert(_CLOCK_EVENTS).values(noted | said))
                mended = sa.update(DROPS).where(DROPS.c.drop_id == drop.drop_id)
                connection.execute(mended.values(received_at=mended_to))
            false = sa.select(EDITION_EVENTS).where(EDITION_EVENTS.c.at > after)
            for one in connection.execute(false.order_by(EDITION_EVENTS.c.edition, EDITION_EVENTS.c.event)).all():
                is_taken_back = _is_closed_by_calendar(one)
                said = {"edition": one.edition, "edition_event": one.event, "said_at": one.at}
                said |= {"mended_to": None if is_taken_back else at}
                connection.execute(sa.insert(_CLOCK_EVENTS).values(noted | said))
                if is_taken_back:
                    # Its day has not come: the edition is open, and the calendar closes it then.
                    same = EDITION_EVENTS.c.edition == one.edition, EDITION_EVENTS.c.event == one.event
                    connection.execute(sa.delete(EDITION_EVENTS).where(*same))
            connection.execute(sa.delete(_ENDS_PASSED).where(_ENDS_PASSED.c.passed_at > after))
            connection.execute(sa.update(EDITION_EVENTS).where(EDITION_EVENTS.c.at > after).values(at=at))
            connection.execute(sa.update(_CLOCK).where(_CLOCK.c.seen_at > after).values(seen_at=naive_utc(now)))
        return [drop.drop_id for drop in drops]

    def adopt_method(self, edition: str, version: str, at: datetime) -> bool:
        """Note that an edition is told by another method from now on; `False` if it was noted already."""
        with self.engine.begin() as connection:
            return _record(connection, edition, f"{METHOD_ADOPTED}:{version}", naive_utc(at))

    def close(self, edition: str, at: datetime) -> bool:
        """Close an edition; `False` if it was closed already (the first closing stands)."""
        with self.engine.begin() as connection:
            return _record(connection, edition, "closed", naive_utc(at))

    def due_openings(self, now: datetime) -> dict[str, datetime]:
        """The editions that the calendar opens by now and that are not open yet, with their opening days, in order.

        None whose day was before the first drop of the home, nor one for which nobody waits any longer.
        """
        with self.engine.connect() as connection:
            opened = set(connection.execute(_OPENED).scalars())
            first: datetime | None = connection.execute(sa.select(sa.func.min(DROPS.c.received_at))).scalar()
        if first is None:
            return {}
        begun = [edition for edition in Edition.filed_on(now.date()) if edition.code not in opened]
        days = sorted((day_begins(edition.opening), edition.code) for edition in begun)
        return {edition: day for day, edition in days if day > first.replace(tzinfo=UTC)}

    def open_due(self, now: datetime) -> None:
        """Open the editions that the calendar opens by now, each on its own day, whenever the pass takes place."""
        due_openings, is_up_to_date = self.due_openings(now), self.is_up_to_date()
        for edition, day in due_openings.items():
            with self.engine.begin() as connection:
                _record(connection, edition, "opened", naive_utc(day))
        if due_openings and is_up_to_date:
            # No figure rests on it: what was published is still all that there is to publish.
            self.pass_done(self.head())

    def ends_passed(self) -> list[PlannedEnd]:
        """The planned ends that are known to have passed after they were filed, in the order of their days."""
        in_order = sa.select(_ENDS_PASSED).order_by(_ENDS_PASSED.c.passed_at, _ENDS_PASSED.c.project_id)
        with self.engine.connect() as connection:
            return [
                PlannedEnd(*(getattr(row, name) for name in PlannedEnd._fields)) for row in connection.execute(in_order)
            ]

    def note_end(self, end: PlannedEnd) -> bool:
        """Note that a planned end has passed; `False` if it was noted already."""
        with self.engine.begin() as connection:
            key = sa.tuple_(_ENDS_PASSED.c.edition, _ENDS_PASSED.c.project_id, _ENDS_PASSED.c.planned_end)
            if connection.execute(sa.select(_ENDS_PASSED).where(key == end.key)).first():
                return False
            row = {**end._asdict(), "passed_at": naive_utc(end.passed_at)}
            connection.execute(sa.insert(_ENDS_PASSED).values(row))
            return True

    def closings_to_ask(self, now: datetime) -> dict[str, datetime]:
        """The editions that are open though their closing day has come, with the time at which each would be closed.

        That is its closing day, or when what counts for it last changed, so that nothing that came before is called a
        correction. None that was opened on or after that day: a person who asks for what is past closes it too.
        """
        found = {}
        with self.engine.connect() as connection:
            events = connection.execute(sa.select(EDITION_EVENTS)).all()
            closed = {row.edition for row in events if row.event == "closed"}
            opened = {row.edition: row.at.replace(tzinfo=UTC) for row in events if row.event == "opened"}
            for edition in sorted(opened.keys() - closed):
                day = day_begins(Edition.parse(edition).closing)
                if opened[edition] < day <= now:
                    found[edition] = max([day, *_changes_of(connection, edition)])
        return found

    def due_reminders(self, now: datetime) -> dict[tuple[str, str], datetime]:
        """The reminders that are due and not yet recorded: (edition, event) -> the day they are due on.

        One whose deadline was moved since another of as many days was recorded has the deadline in its name.
        """
        with self.engine.connect() as connection:
            events = {
                (edition, event): at.replace(tzinfo=UTC)
                for edition, event, at in connection.execute(
                    sa.select(EDITION_EVENTS.c.edition, EDITION_EVENTS.c.event, EDITION_EVENTS.c.at)
                ).tuples()
            }
            first_filed = connection.execute(
                sa.select(DROPS.c.edition, sa.func.min(DROPS.c.received_at))
                .where(DROPS.c.status.in_(ACCEPTED), ~DROPS.c.is_dry_run)
                .group_by(DROPS.c.edition)
            ).tuples()
            since = {edition: at for (edition, event), at in events.items() if event == "opened"}
            for edition, first in first_filed:
                since[edition] = min(first.replace(tzinfo=UTC), since.get(edition, datetime.max.replace(tzinfo=UTC)))
        found = {}
        for edition, opened_at in since.items():
            given = [at for (of, event), at in events.items() if of == edition and event.startswith(_REMINDER)]
            one = due(Edition.parse(edition), opened_at, now, max(given, default=None))
            if one and (edition, "closed") not in events:
                left, day = one
                event = f"{_REMINDER}{left}"
                is_moved = (edition, event) in events
                found[edition, f"{event}@{Edition.parse(edition).deadline}" if is_moved else event] = day
        return {key: day for key, day in found.items() if key not in events}

    def remind(self, now: datetime) -> None:
        """Record the reminders that are due, each on its own day, whenever the pass takes place."""
        for (edition, event), day in self.due_reminders(now).items():
            with self.engine.begin() as connection:
                _record(connection, edition, event, naive_utc(day))

    def editions(self) -> list[str]:
        """The editions that were ever opened, oldest first."""
        with self.engine.connect() as connection:
            return sorted(connection.execute(_OPENED).scalars())

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

    def extent(self) -> Extent:
        """How much the ledger has to say."""
        with self.engine.connect() as connection:
            last = connection.execute(sa.select(sa.func.max(DROPS.c.drop_id))).scalar() or 0
            counts = [
                int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
                for table in (EDITION_EVENTS, _CLOCK_EVENTS, HOLD_EVENTS)
            ]
        return Extent(int(last), *counts)

    def head(self) -> str:
        """A word that changes whenever the ledger says something new: a drop received, one decided, an event."""
        with self.engine.connect() as connection:
            undecided = sa.select(sa.func.count()).select_from(DROPS).where(DROPS.c.status == "received")
            waiting = connection.execute(undecided).scalar_one()
        return ":".join(map(str, (*self.extent(), waiting)))

    def is_up_to_date(self) -> bool:
        """Whether a pass went through to its end since the ledger last changed."""
        with self.engine.connect() as connection:
            done = connection.execute(sa.select(_PASSES.c.head)).scalar_one_or_none()
        return done == self.head() if self.is_begun() else True

    def is_begun(self) -> bool:
        """Whether anything was ever received or closed."""
        return any(self.extent())

    def pass_done(self, head: str) -> None:
        """Remember that everything up to this head was consolidated, released and delivered."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(_PASSES))
            connection.execute(sa.insert(_PASSES).values(only=1, head=head))


def _changes_of(connection: sa.Connection, edition: str) -> Iterator[datetime]:
    """When the last drop of an edition was received, and when a hold of one was last placed or lifted."""
    received = sa.select(sa.func.max(DROPS.c.received_at)).where(DROPS.c.edition == edition)
    of_edition = HOLD_EVENTS.c.drop_id.in_(sa.select(DROPS.c.drop_id).where(DROPS.c.edition == edition))
    held = sa.select(sa.func.max(HOLD_EVENTS.c.at)).where(of_edition)
    for chosen in (received, held):
        at: datetime | None = connection.execute(chosen).scalar()
        if at:
            yield at.replace(tzinfo=UTC)


def held_drop_ids() -> sa.Select[tuple[int]]:
    """The drops that are held now."""
    last = sa.select(sa.func.max(HOLD_EVENTS.c.hold_event_id)).group_by(HOLD_EVENTS.c.drop_id)
    return sa.select(HOLD_EVENTS.c.drop_id).where(HOLD_EVENTS.c.hold_event_id.in_(last), HOLD_EVENTS.c.event == "held")


def _is_closed_by_calendar(row: Any) -> bool:
    return bool(row.event == "closed" and row.at == naive_utc(day_begins(Edition.parse(row.edition).closing)))


def _see_clock(connection: sa.Connection, now: datetime) -> None:
    seen: datetime | None = connection.execute(sa.select(_CLOCK.c.seen_at)).scalar()
    connection.execute(sa.delete(_CLOCK))
    connection.execute(sa.insert(_CLOCK).values(only=1, seen_at=max(naive_utc(now), seen or naive_utc(now))))


def _note_rows(connection: sa.Connection, drop_id: int, rows: LakeRows) -> None:
    connection.execute(sa.delete(LAKE_FILES).where(LAKE_FILES.c.drop_id == drop_id))
    values = {"drop_id": drop_id, "rows": rows.count, "rows_sha256": rows.sha256, **rows.file.as_row()}
    connection.execute(sa.insert(LAKE_FILES).values(values))


def _record(connection: sa.Connection, edition: str, event: str, at: datetime) -> bool:
    known = connection.execute(
        sa.select(EDITION_EVENTS).where(EDITION_EVENTS.c.edition == edition, EDITION_EVENTS.c.event == event)
    ).first()
    if known is None:
        connection.execute(sa.insert(EDITION_EVENTS).values(edition=edition, event=event, at=at))
    return known is None


def _drop(row: sa.Row[tuple[object, ...]]) -> Drop:
    place = Place(row.edition, row.perimeter, row.is_dry_run) if row.edition and row.perimeter else None
    return Drop(row.drop_id, row.path, row.sha256, row.received_at.replace(tzinfo=UTC), place, row.rows_accepted or 0)


def _submission(row: Any) -> Submission:
    states = {name: getattr(row, f"file_{name}") for name in FileState.__dataclass_fields__}
    is_noted = states["sha256"] is not None
    return Submission(
        drop_id=row.drop_id,
        sha256=row.sha256,
        edition=row.edition,
        perimeter=row.perimeter,
        kind=row.kind,
        rows=row.rows if is_noted else row.rows_accepted or 0,
        lake_rows=LakeRows(row.rows, row.rows_sha256, FileState(**states)) if is_noted else None,
    )
