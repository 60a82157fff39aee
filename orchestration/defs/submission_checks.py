"""What the rules say of the submissions, as checks by cell of the grid edition × perimeter.

What belongs here: the checks, and saying a cell's verdicts on the file that it holds. What does not: judging
(`orchestration.intake.cell_verdicts`), and filling the cells (`intake`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from expectations.runner import SUBMISSION_SUITES
from orchestration.defs.checks import SEVERITIES, SHOWN_FAILING, check_evaluation, check_result, check_spec
from orchestration.defs.metadata import Metadata, table
from orchestration.defs.partitions import GRID, cell, latest_of
from orchestration.intake.cell_verdicts import CellVerdicts, judged_again
from orchestration.passes.faults import BROKEN, last_evaluations
from orchestration.passes.home import Home

_MOST_ROWS = 100
# In this order whatever the event log makes of it: a stored record has its names sorted.
_WHERE = ("perimeter", "edition", "file", "row", "subject", "cell", "value")
_RULES = {
    dg.AssetCheckKey(dg.AssetKey(["submissions", kind]), rule.id): rule
    for kind, suite in SUBMISSION_SUITES.items()
    for rule in suite.rules
}


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

    A pass says by itself what it finds in each cell that it fills. A file that fails stays red while it counts: the
    last word of a check is of all cells together.
    """
    keys = context.selected_asset_check_keys
    kinds = {key.asset_key.path[-1] for key in keys}
    if context.has_partition_key:
        place = context.multi_partition_key.keys_by_dimension
        for one in judged_again(home.settings, kinds, (place["edition"], place["perimeter"])):
            yield from (result for result in _results(one) if _key_of(result) in keys)
    else:
        for one in judged_again(home.settings, kinds):
            say_verdicts(context, one, keys)
    say_together(context, keys)


def say_verdicts(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext,
    one: CellVerdicts,
    keys: Collection[dg.AssetCheckKey] | None = None,
) -> None:
    """Log the verdicts on a cell, those of `keys` alone where they are given, each on the file that it holds now."""
    key, grid = dg.AssetKey(["submissions", one.cell[0]]), cell(*one.cell[1:])
    target = latest_of(context.instance, key, grid)
    for result in _results(one):
        if keys is None or _key_of(result) in keys:
            said = check_evaluation(result, grid, target)
            _log(context, said)


def _log(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, said: dg.AssetCheckEvaluation) -> None:
    # Its types leave out that it takes an evaluation.
    context.op_execution_context.log_event(said)  # type: ignore[arg-type]


def checks_of(kinds: Collection[str]) -> list[dg.AssetCheckKey]:
    """The checks on the submissions of these kinds."""
    return [key for key in _RULES if key.asset_key.path[-1] in kinds]


def _key_of(result: dg.AssetCheckResult) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(dg.AssetKey.from_coercible(result.asset_key or ()), str(result.check_name))


def _results(one: CellVerdicts) -> Iterator[dg.AssetCheckResult]:
    for verdict in one.verdicts:
        failing = [_named(one, row) for row in verdict.failing[:SHOWN_FAILING]]
        yield check_result(verdict, ["submissions", one.cell[0]], {"rows_judged": one.rows, "file": one.path}, failing)


def _named(one: CellVerdicts, row: Mapping[str, object]) -> dict[str, object]:
    """A row that fails, as whoever looks for it in the file reads it."""
    _, edition, perimeter = one.cell
    known = {name: row.get(name) for name in ("subject", "cell", "value")}
    return {"perimeter": perimeter, "edition": edition, "file": one.path, "row": row["row_number"], **known}


def say_together(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext,
    keys: Collection[dg.AssetCheckKey],
    *,
    even_if_all_hold: bool = True,
) -> None:
    """Log what each check says of all cells together, which is what the UI shows of it: it shows the last word.

    Where all hold and a cell was the last to say so, that may be enough. As the result of a step Dagster 1.13 would
    look for its partition, and fail without one: as an event it does not.
    """
    cells: dict[dg.AssetCheckKey, dict[str, AssetCheckExecutionRecordStatus]] = {key: {} for key in keys}
    for info in context.instance.event_log_storage.get_asset_check_partition_info(list(keys)):
        if info.partition_key:
            cells[info.check_key][info.partition_key] = info.latest_execution_status
    for key, by_cell in sorted(cells.items()):
        doubtful = (one for one, status in by_cell.items() if status != AssetCheckExecutionRecordStatus.SUCCEEDED)
        told = [said for one in doubtful for said in last_evaluations(context.instance, key, one)]
        failing = [said for said in told if not said.passed]
        if failing or even_if_all_hold:
            _log(context, _together(key, len(by_cell), failing))


def _together(key: dg.AssetCheckKey, cells: int, failing: Sequence[dg.AssetCheckEvaluation]) -> dg.AssetCheckEvaluation:
    """One check, of so many cells of which some fail."""
    metadata: list[dict[str, Any]] = [dict(said.metadata) for said in failing]
    broken = [said[BROKEN].value for said in metadata if BROKEN in said]
    rows = [record.data for said in metadata for record in said["failing"].records]
    of_all = [int(said["failing_rows"].value) for said in metadata]
    shown: Metadata = {"failing": table(rows, _MOST_ROWS, dict.fromkeys(_WHERE)), "remedy": _RULES[key].remedy_fr}
    where = ", ".join(f"{said.partition} ({n})" for said, n in zip(failing, of_all, strict=True))
    return dg.AssetCheckEvaluation(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not failing,
        severity=SEVERITIES[_RULES[key].severity],
        description=f"{len(failing)} of {cells} cells fail (rows): {where}" if failing else f"All {cells} cells hold.",
        metadata={
            "cells_judged": cells,
            "cells_failing": len(failing),
            "failing_rows": sum(of_all),
            **(shown if failing else {}),
            **({BROKEN: broken[0]} if broken else {}),
        },
        blocking=False,
    )


def judged_cells(instance: dg.DagsterInstance, kind: str) -> set[str]:
    """The cells of a kind that its checks have said anything of."""
    infos = instance.event_log_storage.get_asset_check_partition_info(checks_of([kind])[:1])
    return {info.partition_key for info in infos if info.partition_key}
