"""An observation: one thing that opening or reading met in a file, as a fact.

What belongs here: the record. What does not: the sentences that the agent reads (`findings`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Observation:
    """Which rule is met, the words that fill its sentences, and where.

    `row` is the 1-based spreadsheet row, `cell` an address such as `J12`, `column` the header as typed, `subject` names
    the row, `value` is the text as typed, which `is_number` says to be a number's; one about the whole file or sheet
    has neither row nor cell. `header_cells` are the addresses of the headers that one about whole columns concerns.
    """

    rule: str
    words: Mapping[str, object] = field(default_factory=dict)
    sheet: str | None = None
    cell: str | None = None
    row: int | None = None
    column: str | None = None
    subject: str | None = None
    value: str | None = None
    is_number: bool = False
    header_cells: tuple[str, ...] = ()
