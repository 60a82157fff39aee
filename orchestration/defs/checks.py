"""A rule of the expectations, as a Dagster asset check.

What belongs here: carrying a verdict as it is. What does not: reaching one (`expectations`).
"""

from collections.abc import Sequence

import dagster as dg

from expectations.rule import Rule
from expectations.runner import Verdict
from orchestration.defs.metadata import markdown_table

SEVERITIES = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


def spec_of(rule: Rule, asset: Sequence[str], *, blocking: bool, told_by: Sequence[str] = ()) -> dg.AssetCheckSpec:
    """The check that a rule is on an asset; a blocking one holds back whatever depends on the asset.

    `told_by` are other assets that the verdict comes from.
    """
    return dg.AssetCheckSpec(
        rule.id, asset=dg.AssetKey(asset), description=rule.sentence_fr, blocking=blocking, additional_deps=told_by
    )


def carried(verdict: Verdict, asset: Sequence[str]) -> dg.AssetCheckResult:
    """The verdict, with its severity, its sentence and the rows that fail; a check that could not run has failed."""
    return dg.AssetCheckResult(
        check_name=verdict.id,
        asset_key=dg.AssetKey(asset),
        passed=verdict.success,
        severity=SEVERITIES[verdict.severity],
        description=verdict.broken or verdict.sentence_fr,
        metadata={}
        if verdict.success
        else {
            "column": verdict.column,
            "remedy": verdict.remedy_fr,
            "failing_rows": verdict.failing_count,
            "failing": markdown_table(verdict.failing, most=20),
        },
    )


def logged(result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    """The same, as an event to log from a step that is not the check's own."""
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey.from_coercible(result.asset_key or ()),
        check_name=str(result.check_name),
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
        blocking=False,
    )
