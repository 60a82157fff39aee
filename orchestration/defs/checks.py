"""A rule of the expectations, as a Dagster asset check.

What belongs here: carrying a verdict as it is. What does not: reaching one (`expectations`).
"""

from collections.abc import Sequence

import dagster as dg

from expectations.rule import Rule
from expectations.runner import Verdict
from orchestration.defs.metadata import MetadataEntry, markdown_table
from orchestration.validation.holding import found_in

SEVERITIES = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


def check_spec(rule: Rule, asset: Sequence[str], judged_by: str) -> dg.AssetCheckSpec:
    """The check that a rule is on an asset; `judged_by` is the asset that the verdict comes from.

    None is blocking in Dagster's sense, which knows no edition: what a verdict holds back, publication decides.
    """
    return dg.AssetCheckSpec(
        rule.id, asset=dg.AssetKey(asset), description=rule.sentence_fr, additional_deps=[judged_by]
    )


def check_result(verdict: Verdict, asset: Sequence[str], **more: MetadataEntry) -> dg.AssetCheckResult:
    """The verdict, with its severity, what it expects and finds; a check that could not run has failed.

    `more` are shown beside them where the check has failed.
    """
    return dg.AssetCheckResult(
        check_name=verdict.id,
        asset_key=dg.AssetKey(asset),
        passed=verdict.success,
        severity=SEVERITIES[verdict.severity],
        description=verdict.rule.sentence_fr if verdict.success else found_in(verdict),
        metadata={}
        if verdict.success
        else {
            "column": verdict.rule.column,
            "remedy": verdict.rule.remedy_fr,
            "failing_rows": verdict.failing_count,
            "failing": markdown_table(verdict.failing, most=20),
            **more,
        },
    )


def check_evaluation(result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
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
