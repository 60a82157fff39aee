"""A rule of the expectations, as a Dagster asset check.

What belongs here: carrying a verdict as it is. What does not: reaching one (`expectations`).
"""

import json
import warnings
from collections.abc import Mapping, Sequence

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster_shared.utils.warnings import PreviewWarning

from expectations.rule import Rule
from expectations.runner import Verdict
from orchestration.defs.metadata import Metadata, table
from orchestration.passes.faults import BROKEN
from orchestration.validation.holding import found_in

SEVERITIES = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}
_EFFECTS = {"row": "the row is refused", "cell": "the cell counts as illegible", "none": "the edition is held back"}
SHOWN_FAILING = 20


def check_spec(
    rule: Rule, asset: Sequence[str], judged_by: str, partitions_def: dg.PartitionsDefinition[str] | None = None
) -> dg.AssetCheckSpec:
    """The check that a rule is on an asset; `judged_by` is the asset that the verdict comes from.

    None is blocking in Dagster's sense, which knows no edition: what a verdict holds back, publication decides.
    """
    with warnings.catch_warnings():
        # Checks by partition are a preview in 1.13, which is pinned: no terminal of a user has to say so.
        warnings.filterwarnings("ignore", "Specifying a partitions_def on an AssetCheckSpec", PreviewWarning)
        return dg.AssetCheckSpec(
            rule.id,
            asset=dg.AssetKey(asset),
            description=_for_engineers(rule),
            additional_deps=[judged_by],
            partitions_def=partitions_def,
            metadata={"column": rule.column, "severity": rule.severity, "remedy": rule.remedy_fr},
        )


def _for_engineers(rule: Rule) -> str:
    """What the library is asked, in its own words, and the sentence that agents read of it, in theirs."""
    asked = {name: value for name, value in rule.check.arguments.items() if value is not None}
    effect = _EFFECTS[rule.effect] if rule.severity == "error" else "a warning changes nothing"
    said = f"`{rule.column}`: {rule.check.expectation} {json.dumps(asked, default=str)}. Where it fails, {effect}."
    return f"{said} As agents and the engineers' channel read it: « {rule.sentence_fr} »"


def check_result(
    verdict: Verdict,
    asset: Sequence[str],
    judged: Metadata | None = None,
    failing: Sequence[Mapping[str, object]] | None = None,
    more: Metadata | None = None,
) -> dg.AssetCheckResult:
    """The verdict, with its severity, what it expects and finds; a check that could not run has failed.

    `judged` says what was judged; `failing` is how the rows that fail are shown, where it is not as the verdict names
    them; `more` are shown beside them where the check has failed.
    """
    return dg.AssetCheckResult(
        check_name=verdict.id,
        asset_key=dg.AssetKey(asset),
        passed=verdict.success,
        severity=SEVERITIES[verdict.severity],
        description=verdict.rule.sentence_fr if verdict.success else found_in(verdict),
        metadata=(judged or {}) | ({} if verdict.success else _fault(verdict, failing, more or {})),
    )


def _fault(verdict: Verdict, failing: Sequence[Mapping[str, object]] | None, more: Metadata) -> Metadata:
    observed = [str(row.get("value")) for row in verdict.failing[:3]]
    shown = verdict.failing[:SHOWN_FAILING] if failing is None else failing
    return {
        "column": verdict.rule.column,
        "remedy": verdict.rule.remedy_fr,
        "observed": ", ".join(observed) or "nothing: the check could not run",
        "failing_rows": verdict.failing_count,
        "failing": table(shown, most=SHOWN_FAILING),
        **({BROKEN: verdict.broken} if verdict.broken else {}),
        **more,
    }


def check_evaluation(
    result: dg.AssetCheckResult,
    partition: str | None = None,
    target: dg.EventLogRecord | None = None,
) -> dg.AssetCheckEvaluation:
    """The same, as an event to log from a step that is not the check's own.

    `partition` is the one that was judged, and `target` the materialization of it that holds what was judged.
    """
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey.from_coercible(result.asset_key or ()),
        check_name=str(result.check_name),
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
        blocking=False,
        partition=partition,
        target_materialization_data=_target(target) if target else None,
    )


def _target(record: dg.EventLogRecord) -> AssetCheckEvaluationTargetMaterializationData:
    return AssetCheckEvaluationTargetMaterializationData(
        storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
    )
