"""Take in: every drop that is pending gets a verdict, a receipt and, if accepted, its rows in the lake.

What belongs here: the order of the steps and the verdict (docs/rules.md §3 to §6). What does not: any of the steps, or
Dagster.
A process that dies between two steps loses nothing: bytes are archived before the ledger knows them, and a drop
without a verdict is decided again from the archive by the next pass, with the same result.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from expectations.runner import Verdict
from orchestration.contracts import CONTRACTS
from orchestration.domain.edition import Edition
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake import archive, inbox, lake
from orchestration.intake.comparing.previous_drop import MAX_ROWS, difference
from orchestration.intake.comparing.previous_edition import Previous, compare
from orchestration.intake.findings.finding import Finding
from orchestration.intake.findings.rules import RULES_VERSION, finding_of
from orchestration.intake.gc_paused import gc_paused
from orchestration.intake.inbox import Place
from orchestration.intake.judging import Judged, judge
from orchestration.intake.ledger import ACCEPTED, Drop, Ledger
from orchestration.intake.observation import Observation
from orchestration.intake.opening.formats import Refused, Sheet
from orchestration.intake.opening.limits import MAX_BYTES
from orchestration.intake.opening.open_file import open_file
from orchestration.intake.reading.read import Reading, read
from orchestration.intake.receipts import annotation
from orchestration.intake.receipts.advice import published_fr
from orchestration.intake.receipts.files import receipt_files, write_receipt
from orchestration.intake.receipts.record import Receipt, ReceiptStatus
from orchestration.settings import Settings
from orchestration.store.digests import sha256

_LOG = logging.getLogger(__name__)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """One drop, decided: its receipt, and where the receipt was written (a URL or a path)."""

    receipt: Receipt
    path: str
    receipt_folder: str


@dataclass(frozen=True)
class TakeIn:
    """What one pass took in: the drops decided, and the verdicts of the expectations over all their rows, by kind.

    In a verdict, `arrival` is the place of a row's drop among `outcomes`.
    """

    outcomes: tuple[Outcome, ...]
    verdicts: Mapping[str, tuple[Verdict, ...]]
    head: str


@dataclass(frozen=True)
class Checked:
    """A file that was looked at and not filed: the receipt that it would get, and the bytes that it is about."""

    receipt: Receipt
    data: bytes
    sheets: Sequence[Sheet]

    def files(self) -> dict[str, bytes]:
        """The files of the receipt, by name."""
        return receipt_files(self.receipt, self.data, self.sheets)


@dataclass(frozen=True)
class _Arrival:
    """A drop with its bytes; one that is checked and not filed has no number, and may have no place."""

    drop_id: int | None
    file_name: str
    data: bytes
    sha256: str
    received_at: datetime
    place: Place | None
    is_misplaced: bool


@dataclass
class _Examined(Judged):
    """An arrival as it was read and judged; `sheets` are what was opened of it, none where they are not annotated."""

    arrival: _Arrival
    sheets: Sequence[Sheet] = field(default=())


def take_in(settings: Settings, now: datetime, progress: Progress | None = None) -> TakeIn:
    """Decide every pending drop of the inbox and export the ledger for dbt; `now` is when they are seen settled."""
    with Ledger(settings.ledger) as ledger:
        _receive(settings, ledger, now)
        drops = ledger.undecided()
        arrivals = []
        for number, drop in enumerate(drops, start=1):
            if progress:
                progress(f"Reading {number} of {len(drops)}: {drop.path}")
            arrivals.append(_arrival(settings, drop))
        examined, verdicts = _examine(arrivals)
        outcomes = [_decide(settings, ledger, drop, one) for drop, one in zip(drops, examined, strict=True)]
        ledger.remind(now)
        lake.export_ledger(settings.lake, ledger)
        return TakeIn(tuple(outcomes), verdicts, ledger.head())


def reread(settings: Settings, kind: str, edition: str, perimeter: str) -> Outcome | None:
    """Read again, from the archive, the submission that counts for a cell of the grid, after a rule has changed.

    The rows in the lake are written anew; the ledger and the receipt keep what was said on the day. `None` if nothing
    counts there.
    """
    with Ledger(settings.ledger) as ledger:
        drop = ledger.counting(edition, perimeter).get(kind)
        if drop is None:
            return None
        (examined,), _ = _examine([_arrival(settings, drop)])
        receipt = _receipt(examined, None)
        if receipt.status in ACCEPTED:
            _write_rows(settings, examined)
        lake.export_ledger(settings.lake, ledger)
        return Outcome(receipt, drop.path, str(receipt.folder(settings.outbox)))


def check_file(
    path: Path,
    now: datetime,
    edition: str | None = None,
    perimeter: str | None = None,
    settings: Settings | None = None,
) -> Checked:
    """Look at a file without filing it: what the pipeline would say of it, in the home of `settings` if any."""
    data = _bytes_of(path)
    place = Place(edition, perimeter, False) if edition and perimeter else None
    arrival = _Arrival(None, path.name, data, sha256(data), now, place, is_misplaced=False)
    (examined,), _ = _examine([arrival])
    if settings is None or place is None:
        return Checked(_receipt(examined, None), data, examined.sheets)
    with Ledger(settings.ledger) as ledger:
        return Checked(_filed_receipt(settings, ledger, examined), data, examined.sheets)


def _bytes_of(path: Path) -> bytes:
    """The bytes of a file, of one that is too large no more than tells so."""
    with path.open("rb") as file:
        return file.read(min(path.stat().st_size, MAX_BYTES) + 1)


def _receive(settings: Settings, ledger: Ledger, now: datetime) -> None:
    for seen in inbox.settled(settings.inbox, ledger.seen_files(), settings.settle_seconds):
        try:
            data = inbox.read_file(settings.inbox, seen)
        except FileNotFoundError:
            continue  # Taken away since it was seen.
        except OSError:
            # One file that its store does not give must not hold up the others; the next pass tries again.
            _LOG.exception("%s cannot be read", seen.path)
            continue
        sha256 = "" if data is None else archive.put(settings.archive, data)
        ledger.receive(seen, sha256, inbox.place_of(seen.path), now)


def _arrival(settings: Settings, drop: Drop) -> _Arrival:
    data = archive.get(settings.archive, drop.sha256) if drop.sha256 else b""
    return _Arrival(
        drop.drop_id, drop.file_name, data, drop.sha256, drop.received_at, drop.place, is_misplaced=drop.place is None
    )


def _examine(arrivals: Sequence[_Arrival]) -> tuple[list[_Examined], Mapping[str, tuple[Verdict, ...]]]:
    """Open, read and judge every arrival."""
    with gc_paused():
        examined = list(map(_read, arrivals))
        return examined, judge(examined)


def _read(arrival: _Arrival) -> _Examined:
    if arrival.is_misplaced:
        return _refused(arrival, Observation("place_unknown", {"perimeters": ", ".join(perimeter_names())}))
    if not arrival.sha256:
        return _refused(arrival, Observation("not_a_file"))
    try:
        opened = open_file(arrival.data)
        return _examined(arrival, read(opened), () if annotation.is_large(opened.sheets) else opened.sheets)
    except Refused as refused:
        return _refused(arrival, refused.observation)
    except Exception:
        # A fault of ours must not cost the other ministries their pass; the sender is told, and the log says why.
        _LOG.exception("reading %s failed", arrival.sha256)
        return _refused(arrival, Observation("reading_failed"))


def _refused(arrival: _Arrival, observation: Observation) -> _Examined:
    return _examined(arrival, Reading.refused(observation), ())


def _examined(arrival: _Arrival, reading: Reading, sheets: Sequence[Sheet]) -> _Examined:
    place = arrival.place
    reading.rows.set_all(edition=place and place.edition, perimeter=place and place.perimeter)
    judged = Judged.of(reading)
    return _Examined(judged.reading, judged.rows, judged.findings, arrival, sheets)


def _decide(settings: Settings, ledger: Ledger, drop: Drop, one: _Examined) -> Outcome:
    try:
        receipt = _filed_receipt(settings, ledger, one)
        if receipt.status in ACCEPTED and not receipt.is_dry_run:
            _write_rows(settings, one)
        folder = write_receipt(receipt, settings.outbox, one.arrival.data, one.sheets)
    except Exception:
        _LOG.exception("deciding %s failed", one.arrival.sha256)
        receipt = _receipt(_refused(one.arrival, Observation("reading_failed")), None)
        folder = write_receipt(receipt, settings.outbox, b"", ())
    ledger.decide(
        drop.drop_id,
        kind=receipt.kind,
        status=receipt.status,
        contract_version=receipt.contract_version,
        rules_version=receipt.rules_version,
        rows_read=receipt.rows_read,
        rows_accepted=receipt.rows_accepted,
        errors=receipt.errors,
        warnings=receipt.warnings,
        verdict=receipt.verdict,
        receipt=folder.relative_to(settings.outbox).as_posix(),
    )
    return Outcome(receipt, drop.path, str(folder))


def _filed_receipt(settings: Settings, ledger: Ledger, one: _Examined) -> Receipt:
    """The receipt of a drop beside what its home holds: what counts already, and what changes since."""
    place, kind, drop_id = one.arrival.place, one.reading.kind, one.arrival.drop_id
    if place is None or kind is None:
        return _receipt(one, None)
    one.findings += _since_previous_edition(settings, ledger, one, place, kind)
    receipt = _receipt(one, ledger.counting(place.edition, place.perimeter).get(kind))
    earlier = ledger.before(place, kind, one.arrival.received_at, drop_id)
    if not earlier or not earlier.place or receipt.status not in ACCEPTED or len(one.rows) > MAX_ROWS:
        return replace(receipt, earlier=earlier)
    rows = lake.read_submission(settings.lake, kind, earlier.place.edition, place.perimeter, earlier.drop_id)
    return replace(receipt, earlier=earlier, difference=difference(CONTRACTS[kind], rows, one.rows))


def _since_previous_edition(
    settings: Settings, ledger: Ledger, one: _Examined, place: Place, kind: str
) -> list[Finding]:
    """The warnings of a drop beside what its perimeter filed for the latest earlier edition, if anything."""
    until = replace(place, edition=Edition.parse(place.edition).previous().code)
    drop = ledger.before(until, kind, one.arrival.received_at, one.arrival.drop_id)
    is_refused = any(finding.severity == "error" and finding.row is None for finding in one.findings)
    if drop is None or drop.place is None or is_refused:
        return []
    rows = lake.read_submission(settings.lake, kind, drop.place.edition, drop.place.perimeter, drop.drop_id)
    previous = Previous(drop.place.edition, drop.sha256, rows)
    return [finding_of(found) for found in compare(one.reading, one.rows, previous, one.arrival.sha256)]


def _write_rows(settings: Settings, one: _Examined) -> None:
    one.rows.set_all(drop_id=one.arrival.drop_id)
    lake.write_submission(settings.lake, str(one.reading.kind), one.rows)


def _receipt(one: _Examined, counting: Drop | None) -> Receipt:
    place = one.arrival.place
    structural = [finding for finding in one.findings if finding.row is None]
    located = sorted(
        (finding for finding in one.findings if finding.row is not None),
        key=lambda finding: (finding.row or 0, len(finding.cell or ""), finding.cell or "", finding.rule),
    )
    refused = any(finding.severity == "error" for finding in structural) or (one.reading.rows_read and not one.rows)
    status: ReceiptStatus
    if refused:
        status = "rejected"
    elif counting and counting.sha256 == one.arrival.sha256:
        status = "unchanged"
    else:
        status = "accepted_with_warnings" if one.findings else "accepted"
    return Receipt(
        status=status,
        sha256=one.arrival.sha256,
        received_at=one.arrival.received_at,
        edition=place.edition if place else None,
        perimeter=place.perimeter if place else None,
        kind=one.reading.kind,
        contract_version=one.reading.contract_version,
        rules_version=RULES_VERSION,
        rows_read=one.reading.rows_read,
        rows_accepted=0 if refused else len(one.rows),
        findings=(*structural, *located),
        file_name=one.arrival.file_name,
        drop_id=one.arrival.drop_id,
        # What is not filed counts no more than a trial.
        is_dry_run=(place is not None and place.is_dry_run) or one.arrival.drop_id is None,
        published=None if refused else published_fr(one.reading.kind, one.rows),
    )
