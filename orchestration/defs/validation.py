"""Validation in the UI: the expectations on the marts, as checks; what fails with severity error is held back.

What belongs here: carrying verdicts. What does not: the rules (`expectations`) and what they hold back
(`orchestration.validation.holding`).
"""

from collections.abc import Iterable, Iterator
from time import monotonic

import dagster as dg

from expectations.runner import MART_SUITES, Verdict
from orchestration.answers.filing_status import known_editions
from orchestration.answers.trace import TracedCell, cells_behind
from orchestration.defs.checks import SHOWN_FAILING, check_evaluation, check_result, check_spec
from orchestration.defs.metadata import Metadata, located, seconds_since, table
from orchestration.passes.faults import BROKEN, FOUND, MART_CHECKS
from orchestration.passes.home import Home
from orchestration.settings import Settings
from orchestration.validation.holding import Hold, failing_editions, found_in, hold_of, is_held, reason
from orchestration.validation.judgement import Judgement, verdicts_alone


@located
@dg.asset(
    group_name="validation",
    owners=["team:publication"],
    kinds={"python", "greatexpectations"},
    deps=[suite.name for suite in MART_SUITES],
)
def verdicts(publication: dg.ResourceParam[Home]) -> dg.MaterializeResult[None]:
    """One row per rule on the marts: whether what is about to be published is plausible.

    Releases and alerts of an edition wait until no row of it fails a rule of severity error: `held_back` says which
    wait, why, and what releases them. Nobody lifts it by hand: once the ministry's corrected file is in, the next
    publication judges anew.
    """
    publication.report("Validating the marts")
    begun = monotonic()
    judgement = publication.judgement()
    known = known_editions(publication.settings)
    metadata: Metadata = {
        "held_back": table([_line(hold) for hold in judgement.holds], most=40),
        "dagster/row_count": len(judgement.verdicts),
        "failed": sum(not one.success for one in judgement.verdicts),
        "failing_rows": sum(one.failing_count for one in judgement.verdicts),
        "broken": len(judgement.broken),
        "held_editions": sum(is_held(edition, judgement.holds) for edition in known),
        "seconds": seconds_since(begun),
    }
    return dg.MaterializeResult(metadata=metadata)


@dg.multi_asset_check(
    name=MART_CHECKS,
    specs=[check_spec(rule, [suite.name], judged_by="verdicts") for suite in MART_SUITES for rule in suite.rules],
    can_subset=True,
)
def mart_checks(
    context: dg.AssetCheckExecutionContext, publication: dg.ResourceParam[Home]
) -> Iterator[dg.AssetCheckResult]:
    """Say the verdicts, each on its mart: an edition that is held back fails its check and no step.

    All of them are those that releases are made from; some alone are reached on the marts as they stand.
    The step fails where a check could not run, and nothing waits for it.
    """
    chosen = context.selected_asset_check_keys
    rules = [rule for key, rule in _RULES.items() if key in chosen]
    is_whole = len(rules) == len(_RULES)
    verdicts = publication.judgement().verdicts if is_whole else verdicts_alone(publication.settings, rules)
    yield from check_results(publication.settings, verdicts)
    if broken := [hold for verdict in verdicts if verdict.broken and (hold := hold_of(verdict))]:
        raise dg.Failure("\n".join(map(reason, broken)), allow_retries=False)


_RULES = {dg.AssetCheckKey(dg.AssetKey(suite.name), rule.id): rule for suite in MART_SUITES for rule in suite.rules}


def check_results(settings: Settings, verdicts: Iterable[Verdict]) -> Iterator[dg.AssetCheckResult]:
    """Each verdict as the check that it is on its mart; a row that fails leads to the cell behind it."""
    for verdict in verdicts:
        judged: Metadata = {"rows_judged": verdict.rows} if verdict.rows is not None else {}
        failing = [line for row in _behind(settings, verdict) for line in row]
        yield check_result(verdict, [verdict.suite], judged, failing, _more(verdict))


def _behind(settings: Settings, verdict: Verdict) -> Iterator[list[dict[str, object]]]:
    shown = verdict.failing[:SHOWN_FAILING]
    for row, cells, names in cells_behind(settings, verdict.suite, verdict.rule.column, shown) if shown else ():
        yield [{**row, "subject": names.get(one.project_id or ""), **_place(one)} for one in cells] or [dict(row)]


def _place(one: TracedCell) -> dict[str, object]:
    """Where to look: in which file of which ministry."""
    return {
        "perimeter": one.perimeter,
        "file": one.file,
        "sheet": one.sheet,
        "row": one.row,
        "cell": one.cell,
        "typed": one.value,
    }


def say_what_holds(context: dg.AssetExecutionContext, settings: Settings, judgement: Judgement) -> None:
    """Say on the marts why an edition is held back: in a run by hand of one step, nobody else does."""
    for result in check_results(settings, judgement.verdicts) if judgement.holds else ():
        context.log_event(check_evaluation(result))


def _more(verdict: Verdict) -> Metadata:
    """What is held back, and what was found in each edition: the engineers' message is written from it."""
    hold = hold_of(verdict)
    held = {"held_back": hold.editions_in_words} if hold else {}
    if verdict.broken:
        return {**held, BROKEN: verdict.broken}
    found = {edition or "": found_in(verdict, edition) for edition in failing_editions(verdict)}
    return {**held, FOUND: dg.MetadataValue.json(found)}


def _line(hold: Hold) -> dict[str, object]:
    verdict = hold.verdict
    if verdict is None:
        return {"editions": hold.editions_in_words, "why": "; ".join(hold.without_rows)}
    # In the order of what is asked: the UI cuts a wide table off on the right.
    return {
        "editions": hold.editions_in_words,
        "why": found_in(verdict),
        "remedy": verdict.rule.remedy_fr,
        "mart": verdict.suite,
        "rule": verdict.id,
        "failing rows": verdict.failing_count,
    }
