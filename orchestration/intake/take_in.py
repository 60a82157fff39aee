"""Take in: every drop that is pending gets a verdict, a receipt and, if accepted, its rows in the lake.

What belongs here: the order of the steps and the verdict (docs/rules.md §3 to §6). What does not: any of the steps, or
Dagster.
A process that dies between two steps loses nothing: bytes are archived before the ledger knows them, and a drop
without a verdict is decided again from the archive by the next pass, with the same result.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from expectations.runner import Verdict
from orchestration.contracts import CONTRACTS
from orchestration.domain.edition import Edition
from orchestration.intake import archive, holds, inbox, incidents, lake, settling
from orchestration.intake.archive import DamagedBytes
from orchestration.intake.clock import time_of_receipt
from orchestration.intake.comparing.previous_drop import MAX_ROWS, difference
from orchestration.intake.comparing.previous_edition import Previous, compare
from orchestration.intake.examining import Arrival, Examined, examine, receipt_of, refused
from orchestration.intake.findings.rules import finding_of
from orchestration.intake.inbox import Place
from orchestration.intake.incidents import Incident
from orchestration.intake.judging import joined
from orchestration.intake.lake_check import check_lake
from orchestration.intake.ledger import ACCEPTED, Drop, LakeRows, Ledger, Submission
from orchestration.intake.observation import Observation
from orchestration.intake.opening.formats import Sheet
from orchestration.intake.opening.limits import MAX_BYTES
from orchestration.intake.receipts.files import receipt_files, write_receipt
from orchestration.intake.receipts.record import Receipt, Together
from orchestration.intake.rereading import arrival_of
from orchestration.intake.together import together
from orchestration.remote.faults import StoreUnreachable
from orchestration.settings import Settings
from orchestration.store.digests import sha256

_LOG = logging.getLogger(__name__)

Progress = Callable[[str], None]
# How many drops are judged together, and how large they may be in all: a large one takes ten times its size.
_BATCH_DROPS, _BATCH_BYTES = 25, 2**24


@dataclass(frozen=True)
class Outcome:
    """One drop, decided: its receipt, where it was written (a URL or a path), and how many rows were judged."""

    receipt: Receipt
    path: str
    receipt_folder: str
    rows_judged: int = 0


@dataclass(frozen=True)
class TakeIn:
    """What one pass took in: the drops decided, and the verdicts of the expectations over all their rows, by kind.

    In a verdict, `arrival` is the place of a row's drop among `outcomes`.
    """

    outcomes: tuple[Outcome, ...]
    verdicts: Mapping[str, tuple[Verdict, ...]]


@dataclass(frozen=True)
class Checked:
    """A file that was looked at and not filed: the receipt that it would get, and the bytes that it is about."""

    receipt: Receipt
    data: bytes
    sheets: Sequence[Sheet]

    def files(self) -> dict[str, bytes]:
        """The files of the receipt, by name."""
        return receipt_files(self.receipt, self.data, self.sheets)


def take_in(settings: Settings, now: datetime, progress: Progress | None = None, *, is_replay: bool = False) -> TakeIn:
    """Decide every pending drop of the inbox; `now` is when they are seen settled.

    A replay says the times of other days, in any order, and no edition opens by the calendar; without it `now` is held
    against what the home knows, and `ClockAhead` raised where it cannot be right. A drop whose bytes are lost waits,
    and engineers are told.
    """
    with Ledger(settings.ledger) as ledger:
        received_at = now if is_replay else time_of_receipt(ledger, now)
        if not is_replay:
            ledger.open_due(received_at)
        _receive(settings, ledger, now, received_at)
        undecided, lost = ledger.undecided(), set[str]()
        if undecided:
            # What a drop is compared with must be what was accepted.
            check_lake(settings, ledger, now)
        outcomes, verdicts = list[Outcome](), dict[str, tuple[Verdict, ...]]()
        for drops, arrivals in _batches(_arrivals(settings, ledger, undecided, now, lost, progress)):
            examined, judged = examine(arrivals)
            several = together(ledger, drops, examined, may_be_held=not is_replay)
            verdicts = joined(verdicts, judged, len(outcomes))
            outcomes += [
                _decide(settings, ledger, drop, one, several.get(drop.drop_id), may_be_held=not is_replay)
                for drop, one in zip(drops, examined, strict=True)
            ]
        incidents.end(ledger.engine, "store_damaged", lost, now, store="archive")
        holds.lift_due(ledger, received_at)
        ledger.remind(received_at)
        return TakeIn(tuple(outcomes), verdicts)


def _arrivals(
    settings: Settings,
    ledger: Ledger,
    undecided: Sequence[Drop],
    now: datetime,
    lost: set[str],
    progress: Progress | None,
) -> Iterator[tuple[Drop, Arrival]]:
    """Each drop with its bytes; those whose bytes are lost are noted, and wait."""
    for number, drop in enumerate(undecided, start=1):
        if progress:
            progress(f"Reading {number} of {len(undecided)}: {drop.path}")
        archive.record(settings.archive, ledger.record(drop.drop_id))
        try:
            yield drop, arrival_of(settings, drop)
        except DamagedBytes as fault:
            _LOG.error("%s waits: %s", drop.path, fault)
            lost.add(drop.sha256)
            about = {"store": "archive", "path": drop.path, "drop_id": drop.drop_id, "reason": str(fault)}
            incidents.note(ledger.engine, Incident("store_damaged", drop.sha256, None, about, now))


def _batches(arrivals: Iterable[tuple[Drop, Arrival]]) -> Iterator[tuple[list[Drop], list[Arrival]]]:
    """Drops that are judged together, since the start of that is its time: as many as memory has room for.

    Those of one folder stay together, so that each receipt tells of the others, unless they are too large.
    """
    drops, batch, size = list[Drop](), list[Arrival](), 0
    for drop, arrival in arrivals:
        is_full = len(batch) >= _BATCH_DROPS and drop.place != drops[-1].place
        if batch and (is_full or size + len(arrival.data) > _BATCH_BYTES):
            yield drops, batch
            drops, batch, size = [], [], 0
        drops.append(drop)
        batch.append(arrival)
        size += len(arrival.data)
    if batch:
        yield drops, batch


def check_file(
    path: Path,
    now: datetime,
    edition: str | None = None,
    perimeter: str | None = None,
    settings: Settings | None = None,
) -> Checked:
    """Look at a file without filing it: what the pipeline would say of it, in the home of `settings` if any."""
    return check_bytes(path.name, bytes_of(path), now, edition, perimeter, settings)


def check_bytes(
    name: str,
    data: bytes,
    now: datetime,
    edition: str | None = None,
    perimeter: str | None = None,
    settings: Settings | None = None,
) -> Checked:
    """The same of the bytes of a file of that name."""
    place = Place(edition, perimeter, False) if edition and perimeter else None
    arrival = Arrival(None, name, data, sha256(data), now, place, is_misplaced=False)
    (examined,), _ = examine([arrival])
    if settings is None or place is None:
        return Checked(receipt_of(examined, None), data, examined.sheets)
    with Ledger(settings.ledger) as ledger:
        return Checked(_filed_receipt(settings, ledger, examined, may_be_held=True), data, examined.sheets)


def bytes_of(path: Path) -> bytes:
    """The bytes of a file, of one that is too large no more than tells so."""
    with path.open("rb") as file:
        return file.read(min(path.stat().st_size, MAX_BYTES) + 1)


def _receive(settings: Settings, ledger: Ledger, now: datetime, received_at: datetime) -> None:
    settled, unread = settling.settled(settings, ledger, now), dict[str, OSError]()
    for seen in settled.files:
        try:
            data = inbox.read_file(settings.inbox, seen)
        except FileNotFoundError:
            continue  # Taken away since it was seen.
        except StoreUnreachable as fault:
            # The rest waits there for the next pass, and what is here is decided by this one.
            settled.watch.lost(fault)
            break
        except OSError as fault:
            # One file that its store does not give must not hold up the others; it is new until it can be read.
            _LOG.exception("%s cannot be read", seen.path)
            unread[seen.path] = fault
            continue
        if not inbox.is_as_seen(settings.inbox, seen):
            continue  # Written while it was read: it has not settled.
        sha256 = "" if data is None else archive.put(settings.archive, data)
        ledger.receive(seen, sha256, inbox.place_of(seen.path), received_at)
    settled.note_faults(ledger, unread, now)


def _decide(
    settings: Settings, ledger: Ledger, drop: Drop, one: Examined, several: Together | None, *, may_be_held: bool
) -> Outcome:
    try:
        receipt = replace(_filed_receipt(settings, ledger, one, may_be_held=may_be_held), together=several)
        rows = _write_rows(settings, receipt, one)
        written = write_receipt(receipt, settings.outbox, one.arrival.data, one.sheets)
    except (OSError, SQLAlchemyError):
        # The machine's fault, such as a full disk: the drop waits for a pass that can keep what it says.
        raise
    except Exception:
        _LOG.exception("deciding %s failed", one.arrival.sha256)
        receipt = receipt_of(refused(one.arrival, Observation("reading_failed")), None)
        rows, written = None, write_receipt(receipt, settings.outbox, b"", ())
    ledger.decide(
        drop.drop_id,
        rows,
        receipt.held_until,
        kind=receipt.kind,
        status=receipt.status,
        contract_version=receipt.contract_version,
        rules_version=receipt.rules_version,
        rows_read=receipt.rows_read,
        rows_accepted=receipt.rows_accepted,
        errors=receipt.errors,
        warnings=receipt.warnings,
        verdict=receipt.verdict,
        receipt=written.folder.relative_to(settings.outbox).as_posix(),
        receipt_sha256=written.sha256,
    )
    return Outcome(receipt, drop.path, str(written.folder), one.rows_judged)


def _write_rows(settings: Settings, receipt: Receipt, one: Examined) -> LakeRows | None:
    """Write the rows of a drop that is accepted and counts, if it has any: as they are to be noted."""
    if receipt.status not in ACCEPTED or receipt.is_dry_run or not one.rows:
        return None
    whose = (receipt.drop_id, receipt.sha256, receipt.edition, receipt.perimeter, receipt.kind)
    submission = Submission(*whose, rows=len(one.rows), lake_rows=None)  # type: ignore[arg-type]
    return lake.write_submission(settings.lake, submission, one.parquet())


def _filed_receipt(settings: Settings, ledger: Ledger, one: Examined, *, may_be_held: bool) -> Receipt:
    """The receipt of a drop beside what its home has: what counts already, and what changes since."""
    place, kind, drop_id = one.arrival.place, one.reading.kind, one.arrival.drop_id
    if place is None or kind is None:
        return receipt_of(one, None)
    previous = _previous_edition(settings, ledger, one, place, kind)
    if previous:
        one.findings += map(finding_of, compare(one.reading, one.rows, previous, one.arrival.sha256))
    counting = ledger.counting(place.edition, place.perimeter).get(kind)
    if counting and holds.is_held_since(ledger, place, kind, counting):
        counting = None
    receipt = receipt_of(one, counting, previous)
    if may_be_held and receipt.status in ACCEPTED:
        fuller = holds.compared_with(ledger, place, kind, receipt.received_at, drop_id, receipt.rows_accepted)
        # A trial is told what would become of it.
        held_until = receipt.received_at + holds.QUIET if fuller and not receipt.is_dry_run else None
        receipt = replace(receipt, held_until=held_until, fuller=fuller)
    earlier = ledger.before(place, kind, one.arrival.received_at, drop_id)
    if not earlier or not earlier.place or receipt.status not in ACCEPTED or len(one.rows) > MAX_ROWS:
        return replace(receipt, earlier=earlier)
    rows = lake.read_submission(settings.lake, kind, earlier.place.edition, place.perimeter, earlier.drop_id)
    return replace(receipt, earlier=earlier, difference=difference(CONTRACTS[kind], rows, one.rows))


def _previous_edition(settings: Settings, ledger: Ledger, one: Examined, place: Place, kind: str) -> Previous | None:
    """What its perimeter filed for the latest earlier edition, if anything; nothing beside a drop that is refused."""
    until = replace(place, edition=Edition.parse(place.edition).previous().code)
    drop = ledger.before(until, kind, one.arrival.received_at, one.arrival.drop_id)
    is_refused = any(finding.severity == "error" and finding.row is None for finding in one.findings)
    if drop is None or drop.place is None or is_refused:
        return None
    rows = lake.read_submission(settings.lake, kind, drop.place.edition, drop.place.perimeter, drop.drop_id)
    return Previous(drop.place.edition, drop.sha256, rows)
