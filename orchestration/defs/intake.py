"""Intake in the UI: one asset for what a pass takes in, one per kind over the grid edition × perimeter.

What belongs here: which cells were filed, with their receipts. What does not: reading a file or judging it
(`orchestration.intake`).
"""

from collections import Counter
from collections.abc import Collection, Iterator

import dagster as dg

from orchestration.contracts import CONTRACTS
from orchestration.defs.filing_status import KEY as FILING_STATUS
from orchestration.defs.filing_status import status_metadata
from orchestration.defs.metadata import Metadata, table
from orchestration.defs.moment import Moment
from orchestration.defs.partitions import GRID, add_editions, cell
from orchestration.defs.submission_checks import checks_of, judged_cells, latest_of, say_together, say_verdicts
from orchestration.intake import holds
from orchestration.intake.cell_verdicts import Cell, CellVerdicts, judged_again, taken_by_cell
from orchestration.intake.ledger import Ledger
from orchestration.intake.receipts.record import Receipt
from orchestration.intake.rereading import Unreadable, reread
from orchestration.intake.take_in import TakeIn, take_in
from orchestration.passes.faults import INTAKE
from orchestration.passes.home import Home
from orchestration.settings import Settings

_OWNERS = ["team:intake"]
_MOST_AGAIN = 20

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


@dg.asset(group_name="intake", owners=_OWNERS, kinds={"python", "parquet"}, pool=INTAKE, deps=[inbox, ministry_names])
def drops(
    context: dg.AssetExecutionContext, config: Moment, home: dg.ResourceParam[Home]
) -> dg.MaterializeResult[None]:
    """One row per file ever seen settled in the inbox, with its verdict: the ledger.

    An intake decides every pending drop, and files each accepted one in its cell of `submissions/<kind>`.
    """
    with home.intake():
        is_replay = config.is_replay or home.hour.is_replay
        taken = take_in(home.settings, config.read(home.hour), home.report, is_replay=is_replay)
    home.done.taken = taken
    filed = taken_by_cell(home.settings, taken)
    add_editions(context.instance, {one.receipt.edition for one in filed if one.receipt.edition})
    said = [*filed, *_not_shown(context.instance, home.settings, {one.cell for one in filed})]
    for one in said:
        _say(context, one, home.settings)
    say_together(context, checks_of({one.cell[0] for one in said}))
    # Nobody has to wait for a publication to see who has filed.
    status = status_metadata(home.settings, config.read(home.hour).date())
    context.log_event(dg.AssetMaterialization(FILING_STATUS, metadata=status))
    return dg.MaterializeResult(metadata=_summary(taken))


def _submissions(kind: str) -> dg.AssetsDefinition:
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
        yield dg.MaterializeResult(
            metadata=_receipt(receipt, drop.path, str(receipt.folder(publication.settings.outbox)))
        )

    return of_kind


submissions = [_submissions(kind) for kind in CONTRACTS]


def _say(context: dg.AssetExecutionContext, one: CellVerdicts, settings: Settings) -> None:
    """Fill the cell, and say of it what the rules say of its rows."""
    kind, edition, perimeter = one.cell
    folder = str(one.receipt.folder(settings.outbox))
    metadata = _receipt(one.receipt, one.path, folder)
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
    places = [(kind, (edition, perimeter)) for kind, edition, perimeter in wanted[:_MOST_AGAIN]]
    return [one for kind, place in places for one in judged_again(settings, [kind], place)]


def _shown(instance: dg.DagsterInstance, one: Cell) -> object:
    """The drop whose rows a cell shows."""
    kind, edition, perimeter = one
    latest = latest_of(instance, dg.AssetKey(["submissions", kind]), cell(edition, perimeter))
    said = latest.asset_materialization.metadata if latest and latest.asset_materialization else {}
    return said["drop"].value if "drop" in said else None


def _receipt(receipt: Receipt, path: str, folder: str) -> Metadata:
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
        "errors": receipt.errors,
        "warnings": receipt.warnings,
        "file": path,
        "sha256": receipt.sha256,
        "receipt": dg.MetadataValue.path(f"{folder}/accuse.html"),
        "findings": table(findings, most=20),
        **({"held_until": receipt.held_until.isoformat()} if receipt.held_until else {}),
    }


def _summary(taken: TakeIn) -> Metadata:
    lines = [
        {"file": one.path, "kind": one.receipt.kind, "status": one.receipt.status, "verdict": one.receipt.verdict}
        for one in taken.outcomes
    ]
    counts: Metadata = {str(status): n for status, n in Counter(one.receipt.status for one in taken.outcomes).items()}
    counts["held"] = sum(one.receipt.held_until is not None for one in taken.outcomes)
    return counts | {"drops": table(lines, most=100)}
