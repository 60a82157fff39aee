"""Take in: every drop that is pending gets a verdict, a receipt and, if accepted, its rows in the lake (SPEC §3 to §6).

What belongs here: the order of the steps and the verdict. What does not: reading cells, judging values (expectations),
or Dagster.
A process that dies between two steps loses nothing: bytes are archived before the ledger knows them, and a drop
without a verdict is
decided again from the archive by the next pass, with the same result.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from expectations.runner import Verdict, validate_submissions
from orchestration.contracts import CONTRACTS
from orchestration.contracts.contract import Contract
from orchestration.domain import french
from orchestration.domain.edition import Edition
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake import archive, inbox, lake
from orchestration.intake.comparing.previous_drop import MAX_ROWS, difference
from orchestration.intake.comparing.previous_edition import Previous, compare
from orchestration.intake.findings.finding import Finding
from orchestration.intake.findings.rules import RULES_VERSION, finding
from orchestration.intake.gc_paused import gc_paused
from orchestration.intake.inbox import Place
from orchestration.intake.ledger import ACCEPTED, Drop, Ledger
from orchestration.intake.opening.limits import MAX_BYTES, MAX_FINDINGS
from orchestration.intake.reading.body import Reading, read
from orchestration.intake.reading.rows import Rows
from orchestration.intake.receipts.files import write_receipt
from orchestration.intake.receipts.record import Receipt, Status, of_place, published_fr
from orchestration.settings import Settings
from orchestration.store.digests import sha256

if TYPE_CHECKING:
    import pandas as pd

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
    """What one pass took in: the drops decided, and the verdicts of the expectations over all their rows, by kind."""

    outcomes: tuple[Outcome, ...]
    verdicts: dict[str, tuple[Verdict, ...]]
    head: str


@dataclass(frozen=True)
class _Arrival:
    drop_id: int | None
    file_name: str
    data: bytes
    sha256: str
    received_at: datetime
    place: Place | None
    is_misplaced: bool


@dataclass
class _Examined:
    arrival: _Arrival
    reading: Reading
    rows: Rows
    findings: list[Finding]
    unreadable: frozenset[str | None]  # addresses of the cells that reading calls faulty


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
) -> Receipt:
    """The receipt of a file that is not filed: what the pipeline would say of it, in the home of `settings` if any."""
    data = bytes_of(path)
    place = Place(edition, perimeter, False) if edition and perimeter else None
    arrival = _Arrival(None, path.name, data, sha256(data), now, place, is_misplaced=False)
    (examined,), _ = _examine([arrival])
    if settings is None or place is None:
        return _receipt(examined, None)
    with Ledger(settings.ledger) as ledger:
        return _filed_receipt(settings, ledger, examined)


def bytes_of(path: Path) -> bytes:
    """The bytes of a file, of one that is too large no more than tells so."""
    with path.open("rb") as file:
        return file.read(min(path.stat().st_size, MAX_BYTES) + 1)


def _receive(settings: Settings, ledger: Ledger, now: datetime) -> None:
    for look in inbox.settled(settings.inbox, ledger.looks(), settings.settle_seconds):
        try:
            data = inbox.take(settings.inbox, look)
        except FileNotFoundError:
            continue  # Taken away since it was seen.
        except OSError:
            # One file that its store does not give must not hold up the others; the next pass tries again.
            _LOG.exception("%s cannot be read", look.path)
            continue
        sha256 = "" if data is None else archive.put(settings.archive, data)
        ledger.receive(look, sha256, inbox.place_of(look.path), now)


def _arrival(settings: Settings, drop: Drop) -> _Arrival:
    data = archive.get(settings.archive, drop.sha256) if drop.sha256 else b""
    return _Arrival(
        drop.drop_id, drop.file_name, data, drop.sha256, drop.received_at, drop.place, is_misplaced=drop.place is None
    )


def _examine(arrivals: Sequence[_Arrival]) -> tuple[list[_Examined], dict[str, tuple[Verdict, ...]]]:
    """Read every arrival, then judge all rows of a kind in one run of its expectations: start-up is the time."""
    with gc_paused():
        examined = [_read(arrival, key) for key, arrival in enumerate(arrivals)]
        verdicts = {}
        for kind in CONTRACTS:
            of_kind = [one for one in examined if one.reading.kind == kind and one.rows]
            if of_kind:
                verdicts[kind] = tuple(_judge(kind, of_kind, examined))
        return examined, verdicts


def _read(arrival: _Arrival, key: int) -> _Examined:
    if arrival.is_misplaced:
        reading = Reading.refused(finding("place_unknown", {"perimeters": ", ".join(perimeter_names())}))
    elif not arrival.sha256:
        reading = Reading.refused(finding("not_a_file"))
    else:
        try:
            reading = read(arrival.data)
        except Exception:
            # A fault of ours must not cost the other ministries their pass; the sender is told, and the log says why.
            _LOG.exception("reading %s failed", arrival.sha256)
            reading = Reading.refused(finding("reading_failed"))
    return _examined(arrival, reading, key)


def _examined(arrival: _Arrival, reading: Reading, key: int) -> _Examined:
    edition, perimeter, _ = of_place(arrival.place)
    reading.rows.say(edition=edition, perimeter=perimeter, drop_id=key)
    unreadable = frozenset(finding.cell for finding in reading.findings if finding.severity == "error")
    return _Examined(arrival, reading, reading.rows, list(reading.findings), unreadable)


class _Table(dict[str, "pd.Series[Any]"]):
    """The rows of several files by column, each made when a check first asks for it."""

    def __init__(self, contract: Contract, several: Sequence[Rows]) -> None:
        super().__init__()
        self._contract, self._several = contract, several

    def __missing__(self, name: str) -> "pd.Series[Any]":
        import pandas as pd

        is_number = name in self._contract.numbers
        columns = [rows.floats(name) if is_number else rows.objects(name) for rows in self._several]
        self[name] = pd.Series(np.concatenate(columns), dtype="float64" if is_number else object)
        return self[name]


def _judge(kind: str, of_kind: Iterable[_Examined], examined: Sequence[_Examined]) -> list[Verdict]:
    verdicts = validate_submissions(kind, _Table(CONTRACTS[kind], [one.rows for one in of_kind]))
    for verdict in verdicts:
        if verdict.broken:
            _LOG.error("the check %s could not run on %s: %s", verdict.id, kind, verdict.broken)
        for failing in verdict.failing:
            _apply(verdict, failing, examined[int(str(failing["drop_id"]))])
    return verdicts


def _apply(verdict: Verdict, failing: dict[str, object], one: _Examined) -> None:
    """Add the finding of one failing row, and do what its severity asks: drop the row, or empty the cell."""
    number = int(str(failing["row_number"]))
    row = one.rows.of_number(number)
    if row is None or len(one.findings) > MAX_FINDINGS:
        return  # The row or the file is out already: one reason is enough to mend it.
    column = verdict.column or ""
    if len(one.findings) == MAX_FINDINGS:
        words = {"limit": french.number(MAX_FINDINGS), "columns": f"« {one.reading.headers.get(column, column)} »"}
        one.findings.append(finding("findings_too_many", words, sheet=one.reading.sheet))
        return
    letters = one.reading.columns.get(column)
    typed = row.get(f"{column}_typed", row.get(column))
    subject = row.get(CONTRACTS[str(one.reading.kind)].subject)
    cell = f"{letters}{number}" if letters else None
    if cell is None or cell not in one.unreadable:
        one.findings.append(
            Finding(
                rule=verdict.id,
                severity=verdict.severity,
                expected=verdict.sentence_fr,
                remedy=verdict.remedy_fr,
                sheet=one.reading.sheet,
                cell=cell,
                row=number,
                column=one.reading.headers.get(column),
                subject=None if subject is None else str(subject),
                value=None if typed is None else str(typed),
            )
        )
    if verdict.severity != "error":
        return
    if verdict.effect == "row":
        one.rows.remove(number)
    elif verdict.effect == "cell":
        row[column] = None
        row[f"{column}_absence"] = "illisible"


def _decide(settings: Settings, ledger: Ledger, drop: Drop, one: _Examined) -> Outcome:
    try:
        receipt = _filed_receipt(settings, ledger, one)
        if receipt.status in ACCEPTED and not receipt.is_dry_run:
            _write_rows(settings, one)
        folder = write_receipt(receipt, settings.outbox, one.arrival.data)
    except Exception:
        _LOG.exception("deciding %s failed", one.arrival.sha256)
        receipt = _receipt(_examined(one.arrival, Reading.refused(finding("reading_failed")), 0), None)
        folder = write_receipt(receipt, settings.outbox, b"")
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
    return compare(one.reading, one.rows, Previous(drop.place.edition, drop.sha256, rows), one.arrival.sha256)


def _write_rows(settings: Settings, one: _Examined) -> None:
    one.rows.say(drop_id=one.arrival.drop_id)
    lake.write_submission(settings.lake, str(one.reading.kind), one.rows)


def _receipt(one: _Examined, counting: Drop | None) -> Receipt:
    edition, perimeter, is_dry_run = of_place(one.arrival.place)
    structural = [finding for finding in one.findings if finding.row is None]
    located = sorted(
        (finding for finding in one.findings if finding.row is not None),
        key=lambda finding: (finding.row or 0, len(finding.cell or ""), finding.cell or "", finding.rule),
    )
    refused = any(finding.severity == "error" for finding in structural) or (one.reading.rows_read and not one.rows)
    status: Status
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
        edition=edition,
        perimeter=perimeter,
        kind=one.reading.kind,
        contract_version=one.reading.contract_version,
        rules_version=RULES_VERSION,
        rows_read=one.reading.rows_read,
        rows_accepted=0 if refused else len(one.rows),
        findings=(*structural, *located),
        file_name=one.arrival.file_name,
        drop_id=one.arrival.drop_id,
        # What is not filed counts no more than a trial.
        is_dry_run=is_dry_run or one.arrival.drop_id is None,
        published=None if refused else published_fr(one.reading.kind, one.rows),
    )
