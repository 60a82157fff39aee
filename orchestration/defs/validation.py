"""Validation in the UI: the expectations on the marts, as checks that hold a release back if their severity is error.

What belongs here: carrying verdicts. What does not: the rules (`expectations`).
"""

from collections.abc import Iterator

import dagster as dg

from expectations.runner import MART_SUITES, validate_marts
from orchestration.defs.checks import carried, spec_of
from orchestration.defs.resources import Home


@dg.multi_asset_check(
    specs=[
        spec_of(rule, [suite.name], blocking=rule.severity == "error") for suite in MART_SUITES for rule in suite.rules
    ]
)
def mart_checks(home: dg.ResourceParam[Home]) -> Iterator[dg.AssetCheckResult]:
    """Whether what is about to be published is plausible."""
    home.say("Validating the marts")
    for verdict in validate_marts(home.settings.marts):
        yield carried(verdict, [verdict.suite])
