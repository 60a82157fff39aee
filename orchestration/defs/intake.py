"""Intake in the UI: one asset for what a pass takes in, one per kind over the grid edition × perimeter.

What belongs here: which cells were filed, with their receipts. What does not: reading a file or judging it
(`orchestration.intake`).
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import get_args

import dagster as dg

from orchestration.contracts import CONTRACTS
from orchestration.defs.filing_status import KEY as FILING_STATUS
from orchestration.defs.filing_status import status_metadata
from orchestration.defs.links import link
from orchestration.defs.metadata import Metadata, located, table
from orchestration.defs.moment import Moment
from orchestration.defs.partitions import GRID, add_editions, cell, latest_of
from orchestration.defs.submission_checks import checks_of, judged_cells, say_together, say_verdicts
from orchestration.intake import holds
from orchestration.intake.answer_times import median, seconds_to_answer
from orchestration.intake.cell_verdicts import Cell, CellVerdicts, judged_again, taken_by_cell
from orchestration.intake.ledger import Ledger
from orchestration.intake.receipts.record import Receipt, ReceiptStatus
from orchestration.intake.rereading import Unreadable, reread
from orchestration.intake.take_in import TakeIn, take_in
from orchestration.passes.calendar import keep
from orchestration.passes.faults import INTAKE
from orchestration.passes.home import Home
from orchestration.settings import Settings

_OWNERS = ["team:intake"]
_MOST_AGAIN, _MOST_LINKS = 20, 10

inbox = dg.AssetSpec(
    "inbox",
    group_name="intake",
    owners=["team:ministries"],
    kinds={"file"},
    description="One file per drop, in `<edition>/<perimeter>/`, put there by a ministry and never changed by us.",
)

ministry_names = dg.AssetSpec(
    "ministry_names",
    group_name="reference",
    owners=["team:consolidation"],
    kinds={"csv"},
    description="One row per name that a ministry has borne, with the perimeter it stands for; reviewed like code.",
)


@located
@dg.asset(group_name="intake", owners=_OWNERS, kinds={"python", "parquet"}, pool=INTAKE, deps=[inbox, ministry_names])
def drops(
    context: dg.AssetExecutionContext, config: Moment, home: dg.ResourceParam[Home]
) -> dg.MaterializeResult[None]:
    """One row per file ever seen settled in the inbox, with its verdict: the ledger.

    An intake decides every pending drop, and files each accepted one in its cell of `submissions/<kind>`. It notes what
    the calendar asks for by its hour: editions that open and close, reminders, planned ends that passed.
    """
    begun, now = datetime.now(UTC), config.read(home.hour)
    with home.intake():
        is_replay = config.is_replay or home.hour.is_replay
        taken = take_in(home.settings, now, home.report, is_replay=is_replay)
        answered = datetime.now(UTC)
        # A replay closes editions itself.
        kept = [] if is_replay else keep(home.settings, now)
    home.done.taken = taken
    filed = taken_by_cell(home.settings, taken)
    add_editions(context.instance, {one.receipt.edition for one in filed if one.receipt.edition})
    said = [*filed, *_not_shown(context.instance, home.settings, {one.cell for one in filed})]
    for one in said:
        _say(context, one, home.settings)
    say_together(context, checks_of({one.cell[0] for one in said}), even_if_all_hold=False)
    # Nobody has to wait for a publication to see who has filed.
    status = status_metadata(home.settings, now.date())
    context.log_event(dg.AssetMaterialization(FILING_STATUS, metadata=status))
    times = _times(home.settings, taken, begun, answered)
    noted: Metadata = {"calendar": ", ".join(day.words for day in kept)} if kept else {}
    return dg.MaterializeResult(metadata=_summary(home.settings, taken) | times | noted)


def _submissions(kind: str) -> dg.AssetsDefinition:
    @located
    @dg.asset(
        key=["submissions", kind],
        deps=[inbox, ministry_names],
        partitions_def=GRID,
        group_name="intake",
        owners=_OWNERS,
        kinds={"python", "parquet"},
        pool="duckdb",
        output_required=False,
        description=f"The rows of {kind} accepted from a perimeter for an edition; one Parquet file a submission. "
        "An intake fills the cells; materialize one by hand to read its archived bytes again after a rule has changed.",
    )
    def of_kind(
        context: dg.AssetExecutionContext, publication: dg.ResourceParam[Home]
    ) -> Iterator[dg.MaterializeResult[None]]:
        key = context.partition_key.keys_by_dimension
        try:
            with publication.intake():
                again = reread(publication.settings, kind, key["edition"], key["perimeter"])
        except Unreadable as reason:
            raise dg.Failure(str(reason), allow_retries=False) from reason
        if again is None:
            # No fault of anybody: who has filed what is said by `filing_status`.
            context.log.warning(f"Nothing was filed for {key['edition']}, {key['perimeter']}, {kind}: no cell to fill.")
            return
        receipt, drop = again
        yield dg.MaterializeResult(metadata=_receipt(publication.settings, receipt, drop.path))

    return of_kind


submissions = [_submissions(kind) for kind in CONTRACTS]


def _say(context: dg.AssetExecutionContext, one: CellVerdicts, settings: Settings) -> None:
    """Fill the cell, and say of it what the rules say of its rows."""
    kind, edition, perimeter = one.cell
    metadata = _receipt(settings, one.receipt, one.path)
    context.log_event(
        dg.AssetMaterialization(["submissions", kind], partition=cell(edition, perimeter), metadata=metadata)
    )
    say_verdicts(context, one)


def _not_shown(instance: dg.DagsterInstance, settings: Settings, but: Collection[Cell]) -> list[CellVerdicts]:
    """What counts in cells that do not show it: a hold was placed or lifted there, or the UI's history is younger.

    No more at once than keep the next drops from waiting for their answer.
    """
    with Ledger(settings.ledger) as ledger:
        touched, counting = holds.cells(ledger), ledger.counting_now()
    filled = {(kind, *name.split("|")) for kind in CONTRACTS for name in judged_cells(instance, kind)}
    wanted = [
        key
        for key, one in counting.items()
        if key not in but and (key not in filled or (key in touched and _shown(instance, key) != one.drop_id))
    ]
    again = (one for kind, *place in wanted for one in judged_again(settings, [kind], (place[0], place[1])))
    return list(islice(again, _MOST_AGAIN))


def _shown(instance: dg.DagsterInstance, one: Cell) -> object:
    """The drop whose rows a cell shows."""
    kind, edition, perimeter = one
    latest = latest_of(instance, dg.AssetKey(["submissions", kind]), cell(edition, perimeter))
    said = latest.asset_materialization.metadata if latest and latest.asset_materialization else {}
    return said["drop"].value if "drop" in said else None


def _receipt(settings: Settings, receipt: Receipt, path: str) -> Metadata:
    findings = [
        {
            "severity": finding.severity,
            "subject": finding.subject,
            "cell": finding.cell,
            "value": finding.value,
            "expected": finding.expected,
        }
        for finding in receipt.findings
    ]
    return {
        "verdict": receipt.verdict,
        **({"drop": receipt.drop_id} if receipt.drop_id else {}),
        "dagster/row_count": receipt.rows_accepted,
        "rows_refused": receipt.rows_read - receipt.rows_accepted,
        "errors": receipt.errors,
        "warnings": receipt.warnings,
        "file": path,
        "sha256": receipt.sha256,
        "receipt": link(settings, "receipts", str(receipt.folder(settings.outbox)), "accuse.html"),
        "findings": table(findings, most=20),
    }


def _summary(settings: Settings, taken: TakeIn) -> Metadata:
    """What came in, and how many of each: the numbers are there when they are none, so that they can be plotted."""
    lines = [
        {
            "file": one.path,
            "status": one.receipt.status,
            "rows": one.receipt.rows_accepted,
            "errors": one.receipt.errors,
            "warnings": one.receipt.warnings,
            "kind": one.receipt.kind,
            "held_until": one.receipt.held_until and one.receipt.held_until.isoformat(timespec="minutes"),
            # A sentence makes a tall row: where the file counts, its receipt has it.
            "why_rejected": one.receipt.verdict if one.receipt.status == "rejected" else None,
        }
        for one in taken.outcomes
    ]
    receipts = [one.receipt for one in taken.outcomes]
    counts: Metadata = {status: sum(one.status == status for one in receipts) for status in get_args(ReceiptStatus)}
    counts |= {
        "held": sum(one.held_until is not None for one in receipts),
        "errors": sum(one.errors for one in receipts),
        "warnings": sum(one.warnings for one in receipts),
        "rows_accepted": sum(one.rows_accepted for one in receipts),
    }
    # The last receipt has a link of its own, for whoever comes from a message.
    last = {
        f"receipt of {one.path}": link(settings, "receipts", one.receipt_folder, "accuse.html")
        for one in taken.outcomes[-_MOST_LINKS:]
    }
    return {"drops": table(lines, most=100)} | last | counts


def _times(settings: Settings, taken: TakeIn, begun: datetime, answered: datetime) -> Metadata:
    """How long the intake took, and how long drops waited for their receipt, by the clock of the machine."""
    waited = seconds_to_answer(settings, taken, answered)
    took: Metadata = {"seconds": round((answered - begun).total_seconds(), 3)}
    if waited:
        took |= {"answered_after_s_max": round(waited[-1], 1), "answered_after_s_median": round(median(waited), 1)}
    return took
