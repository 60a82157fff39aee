"""What the rules say of the submissions, as checks by cell of the grid edition × perimeter.

What belongs here: the checks, and saying a cell's verdicts on the file that it holds. What does not: judging
(`orchestration.intake.cell_verdicts`), and filling the cells (`intake`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

import dagster as dg

from expectations.rule import Rule
from expectations.runner import SUBMISSION_SUITES, Verdict
from orchestration.defs.checks import SHOWN_FAILING, check_evaluation, check_result, check_spec
from orchestration.defs.metadata import Metadata
from orchestration.defs.partitions import GRID, cell
from orchestration.intake.cell_verdicts import CellVerdicts, judged_again
from orchestration.passes.home import Home


@dg.multi_asset_check(
    specs=[
        check_spec(rule, ["submissions", kind], judged_by="drops", partitions_def=GRID)
        for kind, suite in SUBMISSION_SUITES.items()
        for rule in suite.rules
    ],
    can_subset=True,
)
def submission_checks(
    context: dg.AssetCheckExecutionContext, home: dg.ResourceParam[Home]
) -> Iterator[dg.AssetCheckResult]:
    """Judge again what counts now, in every cell or in that of the partition, by the rules of today.

    A pass says by itself what it finds in each cell that it fills. A file that fails stays red while it counts.
    """
    keys = context.selected_asset_check_keys
    kinds = {key.asset_key.path[-1] for key in keys}
    if context.has_partition_key:
        place = context.multi_partition_key.keys_by_dimension
        judged = judged_again(home.settings, kinds, (place["edition"], place["perimeter"]))
        yield from _together(judged, keys)
        return
    judged = judged_again(home.settings, kinds)
    for one in judged:
        say_verdicts(context, one, keys)
    # As a result of the step Dagster 1.13 looks for a partition, and fails without one: as an event it does not.
    for result in _together(judged, keys):
        _log(context, check_evaluation(result))


def say_verdicts(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext,
    one: CellVerdicts,
    keys: Collection[dg.AssetCheckKey] | None = None,
) -> None:
    """Log the verdicts on a cell, those of `keys` alone where they are given, each on the file that it holds now."""
    key, grid = dg.AssetKey(["submissions", one.cell[0]]), cell(*one.cell[1:])
    target = latest_of(context.instance, key, grid)
    for result in _results(one):
        if keys is None or dg.AssetCheckKey(key, str(result.check_name)) in keys:
            said = check_evaluation(result, grid, target)
            _log(context, said)


def _log(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, said: dg.AssetCheckEvaluation) -> None:
    # Its types leave out that it takes an evaluation.
    context.op_execution_context.log_event(said)  # type: ignore[arg-type]


def _results(one: CellVerdicts) -> Iterator[dg.AssetCheckResult]:
    for verdict in one.verdicts:
        failing = [_named(one, row) for row in verdict.failing[:SHOWN_FAILING]]
        yield check_result(verdict, ["submissions", one.cell[0]], {"rows_judged": one.rows, "file": one.path}, failing)


def _named(one: CellVerdicts, row: Mapping[str, object]) -> dict[str, object]:
    """A row that fails, as whoever looks for it in the file reads it."""
    _, edition, perimeter = one.cell
    known = {name: row.get(name) for name in ("subject", "cell", "value")}
    return {"perimeter": perimeter, "edition": edition, "file": one.path, "row": row["row_number"], **known}


def _together(cells: Sequence[CellVerdicts], keys: Collection[dg.AssetCheckKey]) -> Iterator[dg.AssetCheckResult]:
    """What each rule of `keys` says of several cells together; none fails where nothing counts."""
    for kind, suite in SUBMISSION_SUITES.items():
        of_kind = [one for one in cells if one.cell[0] == kind]
        for place, rule in enumerate(suite.rules):
            if dg.AssetCheckKey(dg.AssetKey(["submissions", kind]), rule.id) in keys:
                several = [(one, one.verdicts[place]) for one in of_kind]
                rows = [_named(one, row) for one, verdict in several for row in verdict.failing[:SHOWN_FAILING]]
                found = _of_all(rule, kind, [verdict for _, verdict in several])
                judged: Metadata = {
                    "cells_judged": len(of_kind),
                    "rows_judged": sum(one.rows for one in of_kind),
                    **({"file": of_kind[0].path} if len(of_kind) == 1 else {}),
                }
                yield check_result(found, ["submissions", kind], judged, rows)


def _of_all(rule: Rule, kind: str, several: Sequence[Verdict]) -> Verdict:
    return Verdict(
        rule,
        kind,
        success=all(one.success for one in several),
        broken=next((one.broken for one in several if one.broken), None),
        failing=tuple(row for one in several for row in one.failing),
        failing_count=sum(one.failing_count for one in several),
    )


def latest_of(instance: dg.DagsterInstance, key: dg.AssetKey, partition: str) -> dg.EventLogRecord | None:
    """The last time that a partition was filled, if it was."""
    wanted = dg.AssetRecordsFilter(asset_key=key, asset_partitions=[partition])
    return next(iter(instance.fetch_materializations(wanted, limit=1).records), None)
