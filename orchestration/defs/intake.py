"""Intake in the UI: one asset for what a pass takes in, one per kind over the grid edition × perimeter.

What belongs here: which cells were filed, with their receipts. What does not: reading a file or judging it
(`orchestration.intake`).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import dagster as dg

from expectations.runner import SUBMISSION_SUITES
from orchestration.contracts import CONTRACTS
from orchestration.defs.checks import check_evaluation, check_result, check_spec
from orchestration.defs.metadata import Metadata, markdown_table
from orchestration.defs.moment import Moment
from orchestration.defs.partitions import GRID, add_editions, cell
from orchestration.intake.judging import ARRIVAL
from orchestration.intake.ledger import ACCEPTED
from orchestration.intake.receipts.record import Receipt
from orchestration.intake.rereading import Unreadable, reread
from orchestration.intake.take_in import TakeIn, take_in
from orchestration.passes.faults import INTAKE, last_evaluations
from orchestration.passes.home import Home

_OWNERS = ["team:intake"]

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
    filed = [one for one in taken.outcomes if one.receipt.status in ACCEPTED and not one.receipt.is_dry_run]
    add_editions(context.instance, {str(one.receipt.edition) for one in filed})
    for one in filed:
        grid = cell(str(one.receipt.edition), str(one.receipt.perimeter))
        metadata = _receipt(one.receipt, one.path, one.receipt_folder)
        key = ["submissions", str(one.receipt.kind)]
        context.log_event(dg.AssetMaterialization(key, partition=grid, metadata=metadata))
    for result in _judged(taken):
        context.log_event(check_evaluation(result))
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
        description=f"The rows of {kind} accepted from a perimeter for an edition; one Parquet file a submission. "
        "An intake fills the cells; materialize one by hand to read its archived bytes again after a rule has changed.",
    )
    def of_kind(context: dg.AssetExecutionContext, publication: dg.ResourceParam[Home]) -> dg.MaterializeResult[None]:
        key = context.partition_key.keys_by_dimension
        try:
            with publication.intake():
                again = reread(publication.settings, kind, key["edition"], key["perimeter"])
        except Unreadable as reason:
            raise dg.Failure(str(reason), allow_retries=False) from reason
        if again is None:
            raise dg.Failure(f"Nothing counts for {key['edition']}, {key['perimeter']}, {kind}.", allow_retries=False)
        receipt, drop = again
        return dg.MaterializeResult(
            metadata=_receipt(receipt, drop.path, str(receipt.folder(publication.settings.outbox)))
        )

    return of_kind


submissions = [_submissions(kind) for kind in CONTRACTS]


@dg.multi_asset_check(
    specs=[
        check_spec(rule, ["submissions", kind], judged_by="drops")
        for kind, suite in SUBMISSION_SUITES.items()
        for rule in suite.rules
    ],
    can_subset=True,
)
def submission_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Say again what the rules said of the rows that came in last; each pass says it by itself."""
    for key in sorted(context.selected_asset_check_keys):
        for said in last_evaluations(context.instance, key):
            yield dg.AssetCheckResult(
                check_name=key.name,
                asset_key=key.asset_key,
                passed=said.passed,
                severity=said.severity,
                description=said.description,
                metadata=said.metadata,
            )


def _judged(taken: TakeIn) -> Iterator[dg.AssetCheckResult]:
    """The verdicts on the rows that came in; a kind of which nothing came in is not judged anew."""
    for kind, verdicts in taken.verdicts.items():
        for verdict in verdicts:
            failing = tuple(
                {
                    "file": taken.outcomes[int(str(row[ARRIVAL]))].path,
                    "row": row["row_number"],
                    "value": row["value"],
                }
                for row in verdict.failing
            )
            yield check_result(replace(verdict, failing=failing), ["submissions", kind])


def _receipt(receipt: Receipt, path: str, folder: str) -> Metadata:
    findings = [
        {"severity": finding.severity, "cell": finding.cell, "value": finding.value, "expected": finding.expected}
        for finding in receipt.findings
    ]
    return {
        "verdict": receipt.verdict,
        "dagster/row_count": receipt.rows_accepted,
        "errors": receipt.errors,
        "warnings": receipt.warnings,
        "file": path,
        "sha256": receipt.sha256,
        "receipt": dg.MetadataValue.path(f"{folder}/accuse.html"),
        "findings": markdown_table(findings, most=20),
        **({"held_until": receipt.held_until.isoformat()} if receipt.held_until else {}),
    }


def _summary(taken: TakeIn) -> Metadata:
    lines = [
        {"file": one.path, "kind": one.receipt.kind, "status": one.receipt.status, "verdict": one.receipt.verdict}
        for one in taken.outcomes
    ]
    counts: Metadata = {str(status): n for status, n in Counter(one.receipt.status for one in taken.outcomes).items()}
    counts["held"] = sum(one.receipt.held_until is not None for one in taken.outcomes)
    return counts | {"drops": markdown_table(lines, most=100)}
