"""A finding: one thing that a ministry should know about its file (docs/rules.md §6).

What belongs here: the record itself. What does not: the rules that make findings and how they are shown (receipts).
"""

from dataclasses import dataclass

from expectations.rule import Severity
from orchestration.intake.findings.rule import Blame


@dataclass(frozen=True)
class Finding:
    """One fault of a file, in French, where the agent can see it.

    `rule` is a stable id; `row` is the 1-based spreadsheet row; `cell` an address such as `J12`; `sheet` is null for a
    CSV; `column` is the header as the agent typed it; `subject` is the project's or procedure's name; `value` is the
    text as typed, which `is_number` says to be a number's; `expected` and `remedy` are French sentences. Structural
    findings have neither row nor cell: they concern the headers at `header_cells`, or the cells there of which one
    thing is said once. `blame` says what has to be mended; `is_of_other_perimeter` that the row names a ministry of
    another perimeter than the folder's, and `refuses_row` that the row does not count for it.
    """

    rule: str
    severity: Severity
    expected: str
    remedy: str
    sheet: str | None = None
    cell: str | None = None
    row: int | None = None
    column: str | None = None
    subject: str | None = None
    value: str | None = None
    header_cells: tuple[str, ...] = ()
    blame: Blame = "file"
    is_of_other_perimeter: bool = False
    refuses_row: bool = False
    is_number: bool = False
