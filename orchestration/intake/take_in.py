"""Take in: every drop that is pending gets a verdict, a receipt and, if accepted, its rows in the lake (SPEC §3 to §6).

What belongs here: the order of the steps and the verdict. What does not: reading cells, judging values (expectations),
or Dagster.
A process that dies between two steps loses nothing: bytes are archived before the ledger knows them, and a drop
without a verdict is
decided again from the archive by the next pass, with the same result.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from expectations.runner import Verdict, validate_submissions
from orchestration.intake import archive, inbox, lake
from orchestration.intake.contracts import CONTRACTS
from orchestration.intake.findings import Finding
from orchestration.intake.inbox import Place
from orchestration.intake.ledger import ACCEPTED, Drop, Ledger
from orchestration.intake.reading import Reading, read
from orchestration.intake.receipt import Receipt, Status, of_place
from orchestration.intake.rules import RULES_VERSION
from orchestration.perimeter import perimeter_names
from orchestration.settings import Settings

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
    rows: dict[int, dict[str, object]]  # by spreadsheet row
    findings: list[Finding]


def pending(settings: Settings) -> bool:
    """Whether a pass has anything to do, by names and sizes alone: cheap enough for a sensor's every tick."""
    with Ledger(settings.ledger) as ledger:
        return bool(inbox.look(settings.inbox) - ledger.looks()) or not ledger.is_up_to_date()


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


def check_file(path: Path, now: datetime, edition: str | None = None, perimeter: str | None = None) -> Receipt:
    """The receipt of a file that is not filed: what the pipeline would say of it."""
    data = path.read_bytes()
    place = Place(edition, perimeter, False) if edition and perimeter else None
    arrival = _Arrival(None, path.name, data, archive.digest(data), now, place, is_misplaced=False)
    (examined,), _ = _examine([arrival])
    return _receipt(examined, None)


def _receive(settings: Settings, ledger: Ledger, now: datetime) -> None:
    for look in inbox.settled(settings.inbox, ledger.looks(), settings.settle_seconds):
        data = (settings.inbox / look.path).read_bytes()
        sha256 = archive.put(settings.archive, data)
        ledger.receive(look, sha256, inbox.place_of(look.path), now)


def _arrival(settings: Settings, drop: Drop) -> _Arrival:
    data = archive.get(settings.archive, drop.sha256)
    return _Arrival(
        drop.drop_id, drop.file_name, data, drop.sha256, drop.received_at, drop.place, is_misplaced=drop.place is None
    )


def _examine(arrivals: Sequence[_Arrival]) -> tuple[list[_Examined], dict[str, tuple[Verdict, ...]]]:
    """Read every arrival, then judge all rows of a kind in one run of its expectations: start-up is the time."""
    examined = [_read(arrival, key) for key, arrival in enumerate(arrivals)]
    verdicts = {}
    for kind in CONTRACTS:
        of_kind = [one for one in examined if one.reading.kind == kind and one.rows]
        if of_kind:
            verdicts[kind] = tuple(_judge(kind, of_kind, examined))
    return examined, verdicts


def _read(arrival: _Arrival, key: int) -> _Examined:
    edition, perimeter, _ = of_place(arrival.place)
    if arrival.is_misplaced:
        reading = Reading.refused(_out_of_place())
    else:
        try:
            reading = read(arrival.data)
        except Exception:
            # A fault of ours must not cost the other ministries their pass; the sender is told, and the log says why.
            _LOG.exception("reading %s failed", arrival.sha256)
            reading = Reading.refused(_our_fault())
    rows = {
        int(str(row["row_number"])): {**row, "edition": edition, "perimeter": perimeter, "submission_id": key}
        for row in reading.rows
    }
    return _Examined(arrival, reading, rows, list(reading.findings))


def _judge(kind: str, of_kind: Iterable[_Examined], examined: Sequence[_Examined]) -> list[Verdict]:
    import pandas as pd

    rows = [row for one in of_kind for row in one.rows.values()]
    verdicts = validate_submissions(kind, pd.DataFrame(rows, dtype=object))
    for verdict in verdicts:
        if verdict.broken:
            _LOG.error("the check %s could not run on %s: %s", verdict.id, kind, verdict.broken)
        for failing in verdict.failing:
            _apply(verdict, failing, examined[int(str(failing["submission_id"]))])
    return verdicts


def _apply(verdict: Verdict, failing: dict[str, object], one: _Examined) -> None:
    """Add the finding of one failing row, and do what its severity asks: drop the row, or empty the cell."""
    number = int(str(failing["row_number"]))
    row = one.rows.get(number)
    if row is None:
        return  # The row is out already: one reason is enough to mend it.
    column = verdict.column or ""
    letters = one.reading.columns.get(column)
    typed = row.get(f"{column}_typed", row.get(column))
    one.findings.append(
        Finding(
            rule=verdict.id,
            severity=verdict.severity,
            expected=verdict.sentence_fr,
            remedy=verdict.remedy_fr,
            sheet=one.reading.sheet,
            cell=f"{letters}{number}" if letters else None,
            row=number,
            column=one.reading.headers.get(column),
            subject=str(row["name"]) if row.get("name") else None,
            value=None if typed is None else str(typed),
        )
    )
    if verdict.severity != "error":
        return
    if verdict.effect == "row":
        del one.rows[number]
    elif verdict.effect == "cell":
        row[column] = None
        row[f"{column}_absence"] = "illisible"


def _decide(settings: Settings, ledger: Ledger, drop: Drop, one: _Examined) -> Outcome:
    counting = ledger.counting(drop.place.edition, drop.place.perimeter) if drop.place else {}
    receipt = _receipt(one, counting.get(one.reading.kind or ""))
    if receipt.status in ACCEPTED and not receipt.is_dry_run:
        _write_rows(settings, one)
    folder = receipt.write(settings.outbox)
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


def _write_rows(settings: Settings, one: _Examined) -> None:
    rows = [{**row, "submission_id": one.arrival.drop_id} for row in one.rows.values()]
    lake.write_submission(settings.lake, str(one.reading.kind), rows)


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
        is_dry_run=is_dry_run,
    )


def _out_of_place() -> Finding:
    return Finding(
        rule="place_unknown",
        severity="error",
        expected="Un fichier se dépose dans un dossier <édition>/<périmètre>, par exemple 2021-S2/MI.",
        remedy=f"Déplacez-le dans le dossier de votre périmètre ; les périmètres sont {', '.join(perimeter_names())}.",
    )


def _our_fault() -> Finding:
    return Finding(
        rule="reading_failed",
        severity="error",
        expected="Le fichier n'a pas pu être lu à cause d'un défaut de notre outil, et non du vôtre.",
        remedy="Vos données sont conservées et l'équipe de Jalons est prévenue ; vous n'avez rien à faire.",
    )
