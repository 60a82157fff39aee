"""All rules of intake by id, and the finding that one makes.

What belongs here: the version of the rules, and filling their sentences. What does not: the rules, level by level
(`file_rules`, `layout_rules`, `row_rules`, `cell_rules`, `previous_edition_rules`).
"""

from collections.abc import Mapping

from orchestration.intake.findings.cell_rules import CELL_RULES
from orchestration.intake.findings.file_rules import FILE_RULES
from orchestration.intake.findings.finding import Finding
from orchestration.intake.findings.layout_rules import LAYOUT_RULES
from orchestration.intake.findings.previous_edition_rules import PREVIOUS_EDITION_RULES
from orchestration.intake.findings.row_rules import ROW_RULES
from orchestration.intake.findings.rule import Rule
from orchestration.intake.observation import Observation

RULES_VERSION = "1.3.0"

RULES: Mapping[str, Rule] = {**FILE_RULES, **LAYOUT_RULES, **ROW_RULES, **CELL_RULES, **PREVIOUS_EDITION_RULES}


def finding_of(observation: Observation) -> Finding:
    """Say an observation to the agent; raise `KeyError` for a rule that is not in the catalogue."""
    rule = RULES[observation.rule]
    return Finding(
        rule=observation.rule,
        severity=rule.severity,
        # Where one observation is of many cells, it says which.
        expected=rule.expected.format(**observation.words) + str(observation.words.get("also", "")),
        remedy=rule.remedy.format(**observation.words),
        sheet=observation.sheet,
        cell=observation.cell,
        row=observation.row,
        column=observation.column,
        subject=observation.subject,
        value=observation.value,
        is_number=observation.is_number,
        header_cells=observation.header_cells,
        blame=rule.blame,
    )
