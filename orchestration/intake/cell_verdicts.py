"""What the rules say of a cell of the grid: of the rows of the one submission that counts there, and of no other.

What belongs here: a pass's verdicts taken apart by submission, and judging again what counts now. What does not: the
rules (`expectations/submissions`), and how a verdict is shown (`defs`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from expectations.runner import SUBMISSION_SUITES, Verdict
from orchestration.intake.examining import examine, receipt_of
from orchestration.intake.judging import ARRIVAL
from orchestration.intake.ledger import Ledger
from orchestration.intake.receipts.record import Receipt
from orchestration.intake.rereading import arrival_of, has_bytes
from orchestration.intake.take_in import TakeIn
from orchestration.settings import Settings

# A kind, an edition and a perimeter.
Cell = tuple[str, str, str]


@dataclass(frozen=True)
class CellVerdicts:
    """The verdicts on the `rows` that were judged of the submission that counts for a cell, one for each rule of its
    kind; `receipt` is what is said of it, and `path` where it was dropped.
    """

    cell: Cell
    path: str
    receipt: Receipt
    rows: int
    verdicts: tuple[Verdict, ...]


def taken_by_cell(settings: Settings, taken: TakeIn) -> list[CellVerdicts]:
    """The verdicts of a pass on each submission that it took in and that counts now."""
    with Ledger(settings.ledger) as ledger:
        counting = {one.drop_id: cell for cell, one in ledger.counting_now().items()}
    by_arrival = _by_arrival(taken.verdicts)
    return [
        CellVerdicts(
            cell := counting[one.receipt.drop_id],
            one.path,
            one.receipt,
            one.rows_judged,
            _of_one(cell[0], place, one.rows_judged, by_arrival),
        )
        for place, one in enumerate(taken.outcomes)
        if one.receipt.drop_id in counting and not one.receipt.is_dry_run
    ]


def judged_again(settings: Settings, kinds: Collection[str], cell: tuple[str, str] | None = None) -> list[CellVerdicts]:
    """The verdicts, by the rules of today, on what counts now of these kinds: in every cell, or in one (edition,
    perimeter); read again from the archive, since the lake has no more what a rule took out.

    One whose bytes are lost cannot be judged, and is left out: its loss is told where it is found (`lake_check`).
    """
    with Ledger(settings.ledger) as ledger:
        counting = ledger.counting_now()
        chosen = [one for (kind, *place), one in counting.items() if kind in kinds and cell in (None, tuple(place))]
        drops = [ledger.drop(one.drop_id) for one in chosen]
    found = [(one, drop) for one, drop in zip(chosen, drops, strict=True) if has_bytes(settings, drop)]
    examined, verdicts = examine([arrival_of(settings, drop) for _, drop in found])
    by_arrival = _by_arrival(verdicts)
    return [
        CellVerdicts(
            (one.kind, one.edition, one.perimeter),
            drop.path,
            receipt_of(read, None),
            read.rows_judged,
            _of_one(one.kind, place, read.rows_judged, by_arrival),
        )
        for place, ((one, drop), read) in enumerate(zip(found, examined, strict=True))
    ]


_ByArrival = Mapping[tuple[str, str], tuple[Verdict, Mapping[int, Sequence[dict[str, object]]]]]


def _by_arrival(verdicts: Mapping[str, Sequence[Verdict]]) -> _ByArrival:
    """By kind and rule, the verdict and its failing rows by the place of their submission."""
    found = {}
    for kind, of_kind in verdicts.items():
        for verdict in of_kind:
            rows: dict[int, list[dict[str, object]]] = {}
            for row in verdict.failing:
                rows.setdefault(int(str(row[ARRIVAL])), []).append({k: v for k, v in row.items() if k != ARRIVAL})
            found[kind, verdict.id] = verdict, rows
    return found


def _of_one(kind: str, place: int, rows: int, found: _ByArrival) -> tuple[Verdict, ...]:
    return tuple(_verdicts(kind, place, rows, found))


def _verdicts(kind: str, place: int, rows: int, found: _ByArrival) -> Iterator[Verdict]:
    for rule in SUBMISSION_SUITES[kind].rules:
        verdict, by_place = found.get((kind, rule.id), (None, {}))
        if verdict is None or not rows:
            # A file that declares nothing breaks no rule, and none was asked.
            yield Verdict(rule, kind, success=True)
        elif verdict.broken:
            yield verdict
        else:
            failing = tuple(by_place.get(place, ()))
            yield replace(verdict, success=not failing, failing=failing, failing_count=len(failing))
