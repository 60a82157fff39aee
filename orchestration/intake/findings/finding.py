"""A finding: one thing that a ministry should know about its file (SPEC §6).

What belongs here: the record itself. What does not: the rules that make findings (reading and expectations) and how
they are shown (the receipt).
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One fault of a file, in French, where the agent can see it.

    `rule` is a stable id; `row` is the 1-based spreadsheet row; `cell` an address such as `J12`; `sheet` is null for a
    CSV;
    `column` is the header as the agent typed it; `subject` is the project's or procedure's name; `value` is the text
    as typed;
    `expected` and `remedy` are French sentences. Structural findings have neither row nor cell.
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
