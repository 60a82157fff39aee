"""Run the suites with Great Expectations and say in plain records what they found.

What belongs here: all that knows Great Expectations. What does not: rules (the suites) and what to do about a verdict.
A check that could not run is `broken`, which is our fault; it never says that the data are wrong.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from expectations.headline_figures import HEADLINE_FIGURES
from expectations.indicators import INDICATORS as INDICATORS_MART
from expectations.library import great_expectations
from expectations.portfolio import PORTFOLIO
from expectations.procedure_scores import PROCEDURE_SCORES
from expectations.roadmap import ROADMAP as ROADMAP_MART
from expectations.rule import MAX_FINDINGS, Rule, Severity, Suite, Table
from expectations.slips import SLIPS
from expectations.submissions.indicators import INDICATORS
from expectations.submissions.procedures import PROCEDURES
from expectations.submissions.projects import PROJECTS
from expectations.submissions.roadmap import ROADMAP
from expectations.top50 import TOP50
from expectations.top250 import TOP250
from orchestration.store.marts import mart_table

if TYPE_CHECKING:
    import pandas as pd

SUBMISSION_SUITES: Mapping[str, Suite] = {
    "projects": PROJECTS,
    "procedures": PROCEDURES,
    "roadmap": ROADMAP,
    "indicators": INDICATORS,
}
MART_SUITES: tuple[Suite, ...] = (
    *(PORTFOLIO, TOP50, TOP250, PROCEDURE_SCORES),
    *(ROADMAP_MART, INDICATORS_MART, HEADLINE_FIGURES, SLIPS),
)

# The index is the row's place: to name rows by a column, the library looks them up one by one.
_WHETHER = {"result_format": "BOOLEAN_ONLY"}
_WHICH = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
_NUMBERS = frozenset({"decimal", "integer", "floating", "mixed-integer-float"})


@dataclass(frozen=True)
class Verdict:
    """What one rule says of one table.

    `failing` names each failing row by the suite's keys, with its `value`, as plain Python (numbers, text, ISO dates);
    of one first key, such as a drop, one more than anyone would mend (`failing_count` has them all).
    A check that could not run has the reason in `broken`, in English; it is no success, and no row fails. `rows` is how
    many were judged, where that is known.
    """

    rule: Rule
    suite: str
    success: bool
    broken: str | None = None
    failing: tuple[dict[str, object], ...] = ()
    failing_count: int = 0
    rows: int | None = None

    @property
    def id(self) -> str:
        """The id of the rule."""
        return self.rule.id

    @property
    def severity(self) -> Severity:
        """How severe it is to break the rule."""
        return self.rule.severity


def validate_submissions(kind: str, table: Table) -> list[Verdict]:
    """Judge the rows of all the drops of one kind, one verdict per rule in declared order.

    `table` holds lake rows of any number of drops, told apart by `arrival`: columns of objects (Decimal, date, text,
    `None`), or of numbers as floats.
    Raise `KeyError` for an unknown kind.
    """
    return _validate(SUBMISSION_SUITES[kind], table)


def validate_marts(marts_dir: Path, only: Collection[Rule] | None = None) -> list[Verdict]:
    """Judge each mart in `<marts_dir>/<name>.parquet`, suite by suite; a file that cannot be read breaks its checks.

    `only` are the rules to ask, every one if absent; a mart that none is about is not read.
    """
    verdicts: list[Verdict] = []
    for suite in MART_SUITES if only is None else _with_rules(only):
        try:
            frame = mart_table(marts_dir, suite.name).to_pandas()
        except Exception as error:
            verdicts += _all_broken(suite, error)
        else:
            verdicts += _validate(suite, frame.astype(object).where(frame.notna(), None))
    return verdicts


def _with_rules(only: Collection[Rule]) -> Iterator[Suite]:
    for suite in MART_SUITES:
        if rules := tuple(rule for rule in suite.rules if rule in only):
            yield replace(suite, rules=rules)


def _validate(suite: Suite, table: Table) -> list[Verdict]:
    try:
        judged = _judged(suite, table)
        if len(judged.columns) and not len(judged):
            # The library takes as long over no row as over some.
            return [replace(_passed(suite, rule), rows=0) for rule in suite.rules]
        results, rows = _run(suite, _with_floats(judged)), len(judged)
        return [replace(_verdict(suite, rule, results.get(rule.id), table), rows=rows) for rule in suite.rules]
    # Whatever breaks here is ours, never the ministry's: it must come out as broken checks, not as a lost pass.
    except Exception as error:
        return _all_broken(suite, error)


def judged_columns(suite: Suite, table: Table) -> "pd.DataFrame":
    """What the library is given of a table: see `_judged`, numbers as floats."""
    return _with_floats(_judged(suite, table))


def _judged(suite: Suite, table: Table) -> "pd.DataFrame":
    """The columns that the checks name, helpers included: the library goes through all that it is given."""
    import numpy as np
    import pandas as pd

    helpers = suite.helpers(table)
    columns = {}
    for name in {name for rule in suite.rules for name in rule.check.columns}:
        # A column that is missing breaks the checks that name it, and no other.
        with suppress(KeyError):
            column = helpers[name] if name in helpers else table[name].to_numpy()
            values = column if isinstance(column, np.ndarray) else list(column)
            columns[name] = pd.Series(values, dtype=getattr(values, "dtype", object))
    return pd.DataFrame(columns, copy=False)


def _with_floats(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Turn columns of Decimal or int objects into floats: a Decimal cannot be compared with a NaN."""
    import pandas as pd

    numbers = [name for name in frame if pd.api.types.infer_dtype(frame[name], skipna=True) in _NUMBERS]
    return frame.astype(dict.fromkeys(numbers, "float64"))


def _run(suite: Suite, frame: "pd.DataFrame") -> dict[str, Any]:
    """Run a suite in one validation; results by rule id, since Great Expectations gives them in its own order."""
    gx = great_expectations()
    from great_expectations.data_context.types import base

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = base.ProgressBarsConfig(globally=False)
    results: dict[str, Any] = {}
    # Most rules hold, which is said in half the time; of the others, the rows that fail are asked for.
    for result_format in _WHETHER, _WHICH:
        asked = [rule for rule in suite.rules if rule.id not in results or not results[rule.id].success]
        if asked:
            named = {name for rule in asked for name in rule.check.columns}
            # The library copies the frame for each rule: it is given those columns alone, one block for each type.
            some = frame[[name for name in frame if name in named]].copy()
            batch = context.data_sources.pandas_default.read_dataframe(some)
            built = [
                getattr(gx.expectations, rule.check.expectation)(**rule.check.arguments, meta={"id": rule.id})
                for rule in asked
            ]
            outcome = batch.validate(
                gx.ExpectationSuite(name=suite.name, expectations=built), result_format=result_format
            )
            results |= {cast("Any", one.expectation_config).meta["id"]: one for one in outcome.results}
    return results


def _verdict(suite: Suite, rule: Rule, result: Any, table: Table) -> Verdict:
    if result is None:
        return _broken(suite, rule, "no result was returned")
    fault = _exception(result.exception_info or {})
    if fault is not None:
        return _broken(suite, rule, fault)
    rows = sorted(int(row) for row in result.result.get("unexpected_index_list") or ())
    if not result.success and not rows:
        return _broken(suite, rule, "failed without naming a row")
    columns = {name: table[name].iloc[rows] for name in suite.keys} | {"value": table[rule.column].iloc[rows]}
    counts: Counter[object] = Counter()
    failing = []
    for values in zip(*columns.values(), strict=True):
        counts[values[0]] += 1
        # One more than anyone would mend tells that there are more.
        if counts[values[0]] <= MAX_FINDINGS + 1:
            failing.append({name: _plain(value) for name, value in zip(columns, values, strict=True)})
    return Verdict(rule, suite.name, success=not rows, failing=tuple(failing), failing_count=len(rows))


def _passed(suite: Suite, rule: Rule) -> Verdict:
    return Verdict(rule, suite.name, success=True)


def _exception(info: Mapping[str, Any]) -> str | None:
    """The message of the exception that a result carries: flat, or one per metric."""
    for entry in (info, *(value for value in info.values() if isinstance(value, Mapping))):
        if entry.get("raised_exception"):
            return str(entry.get("exception_message") or "unknown exception")
    return None


def _all_broken(suite: Suite, error: Exception) -> list[Verdict]:
    return [_broken(suite, rule, f"{type(error).__name__}: {error}") for rule in suite.rules]


def _broken(suite: Suite, rule: Rule, reason: str) -> Verdict:
    return Verdict(rule, suite.name, success=False, broken=reason)


def _plain(value: Any) -> object:
    """A value that JSON can hold: numpy scalars and Decimals become numbers, dates and times ISO text."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if hasattr(value, "item"):
        return _plain(value.item())
    if isinstance(value, float) and math.isnan(value):
        return None
    return float(value) if isinstance(value, Decimal) else value
