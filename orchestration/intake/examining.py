"""Examining: what a drop says, opened, read, judged, and the receipt that it gets for that.

What belongs here: from the bytes of a drop to its verdict (docs/rules.md §4 to §6). What does not: where drops come
from and what is kept of them (`take_in`, `rereading`).
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from expectations.runner import Verdict
from orchestration.contracts import CONTRACTS
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake.comparing.previous_edition import Previous
from orchestration.intake.findings.rules import RULES_VERSION
from orchestration.intake.gc_paused import gc_paused
from orchestration.intake.inbox import Place
from orchestration.intake.judging import Judged, judge
from orchestration.intake.lake import WrittenRows, parquet_of
from orchestration.intake.ledger import Drop
from orchestration.intake.observation import Observation
from orchestration.intake.opening.formats import Refused, Sheet
from orchestration.intake.opening.open_file import open_file
from orchestration.intake.reading.read import Reading, read
from orchestration.intake.receipts import annotation
from orchestration.intake.receipts.advice import published_fr
from orchestration.intake.receipts.as_read import AsRead, as_read
from orchestration.intake.receipts.record import Receipt, ReceiptStatus

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Arrival:
    """A drop with its bytes; one that is checked and not filed has no number, and may have no place."""

    drop_id: int | None
    file_name: str
    data: bytes
    sha256: str
    received_at: datetime
    place: Place | None
    is_misplaced: bool


@dataclass
class Examined(Judged):
    """An arrival as it was read and judged; `sheets` are what was opened of it, none where they are not annotated."""

    arrival: Arrival
    sheets: Sequence[Sheet] = field(default=())

    def parquet(self) -> WrittenRows:
        """Its rows as the lake keeps them: whose they are is said in each of them."""
        if not self.rows:
            return WrittenRows(0, "", b"")
        self.rows.set_all(drop_id=self.arrival.drop_id, file_sha256=self.arrival.sha256)
        return parquet_of(str(self.reading.kind), self.rows)


def examine(arrivals: Sequence[Arrival]) -> tuple[list[Examined], Mapping[str, tuple[Verdict, ...]]]:
    """Open, read and judge every arrival, with the verdicts of the expectations over all their rows, by kind."""
    with gc_paused():
        read_ones = list(map(_read, arrivals))
        return read_ones, judge(read_ones)


def _read(arrival: Arrival) -> Examined:
    if arrival.is_misplaced:
        return refused(arrival, Observation("place_unknown", {"perimeters": ", ".join(perimeter_names())}))
    if not arrival.sha256:
        return refused(arrival, Observation("not_a_file"))
    try:
        opened = open_file(arrival.data)
        return _judged_alone(arrival, read(opened), () if annotation.is_large(opened.sheets) else opened.sheets)
    except Refused as fault:
        return _judged_alone(arrival, Reading.refused(fault.observation, first_rows=fault.first_rows), ())
    except Exception:
        # A fault of ours must not cost the other ministries their pass; the sender is told, and the log says why.
        _LOG.exception("reading %s failed", arrival.sha256)
        return refused(arrival, Observation("reading_failed"))


def refused(arrival: Arrival, observation: Observation) -> Examined:
    """An arrival that is refused whole, and why."""
    return _judged_alone(arrival, Reading.refused(observation), ())


def _judged_alone(arrival: Arrival, reading: Reading, sheets: Sequence[Sheet]) -> Examined:
    place = arrival.place
    reading.rows.set_all(edition=place and place.edition, perimeter=place and place.perimeter)
    judged = Judged.of(reading)
    return Examined(judged.reading, judged.rows, judged.findings, arrival, sheets)


def receipt_of(one: Examined, counting: Drop | None, previous: Previous | None = None) -> Receipt:
    """The receipt of an arrival, beside the submission of its kind that counts now for its place, and the `previous`
    edition's.
    """
    place = one.arrival.place
    structural = [finding for finding in one.findings if finding.row is None]
    located = sorted(
        (finding for finding in one.findings if finding.row is not None),
        key=lambda finding: (finding.row or 0, len(finding.cell or ""), finding.cell or "", finding.rule),
    )
    is_refused = any(finding.severity == "error" for finding in structural) or (one.reading.rows_read and not one.rows)
    status: ReceiptStatus
    if is_refused:
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
        rows_accepted=0 if is_refused else len(one.rows),
        findings=(*structural, *located),
        file_name=one.arrival.file_name,
        drop_id=one.arrival.drop_id,
        # What is not filed counts no more than a trial.
        is_dry_run=(place is not None and place.is_dry_run) or one.arrival.drop_id is None,
        published=None if is_refused else published_fr(one.reading.kind, one.rows),
        read=None if is_refused else _as_read(one, previous),
        first_rows=one.reading.first_rows if is_refused else (),
    )


def _as_read(one: Examined, previous: Previous | None) -> AsRead | None:
    contract = CONTRACTS.get(one.reading.kind or "")
    if contract is None:
        return None
    return as_read(contract, one.rows, previous.edition if previous else None, previous.rows if previous else ())
