"""Wording: how an agent is told of a finding, wherever it is shown: its sentence, its value, why the rule is there.

What belongs here: words for people. What does not: the rules' own sentences, or `accuse.json`, which keeps the finding
as it is.
"""

import re
from datetime import date
from decimal import Decimal
from functools import cache

from orchestration.domain.french import NBSP, number
from orchestration.intake.findings.catalogue import entries
from orchestration.intake.findings.finding import Finding
from orchestration.intake.findings.rules import RULES

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Sixteen digits come of a computation, and no spreadsheet shows them.
_COMPUTED = re.compile(r"-?[0-9]{1,15}\.[0-9]{7,}")
_PLACES = 4
_DECIMAL = re.compile(r"(-?[0-9]+)\.([0-9]+)")


def what_is_wrong(finding: Finding) -> str:
    """What is wrong: the finding's sentence, or what was expected where the sentence only says what should hold."""
    if finding.rule in RULES or finding.rule not in _reasons():
        return finding.expected
    return f"Attendu{NBSP}: {finding.expected[:1].lower()}{finding.expected[1:]}"


def shown_value(finding: Finding) -> str:
    """The value as the agent's own spreadsheet shows it: a day as `01/01/2017`, a number as `0,35`, a long one with its
    first digits.

    What stands in a sheet and reads as an ISO day is a date cell, or a text that says the same day.
    """
    value = finding.value or ""
    if finding.sheet is None:
        return value
    if _DAY.fullmatch(value):
        try:
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        except ValueError:
            return value
    if _COMPUTED.fullmatch(value) and (shown := number(Decimal(value), _PLACES).rstrip("0").rstrip(",")) != "0":
        return shown
    return _DECIMAL.sub(r"\1,\2", value) if finding.is_number and _DECIMAL.fullmatch(value) else value


def why(finding: Finding) -> str:
    """Why the rule of a finding is there, in a sentence; empty for a rule that the catalogue does not hold."""
    return _reasons().get(finding.rule, "")


@cache
def _reasons() -> dict[str, str]:
    return {entry.id: entry.why for entry in entries()}
