"""What the annotated copy adds to an agent's workbook, so that it is known again where the copy is sent back.

What belongs here: the names and texts by which our additions are told. What does not: adding them (receipts).
"""

import re
from collections.abc import Sequence

from orchestration.domain.folding import fold_header
from orchestration.domain.french import NBSP

# The sheet that the annotated copy adds to the agent's own: sent back, it is not theirs.
RECEIPT_SHEET = "Accusé de réception"
# No header that any contract knows, so that a copy sent back as it is lacks the column still.
_TO_ADD = f"Colonne manquante, à ajouter{NBSP}: «{NBSP}{{}}{NBSP}»"
_ADDED = re.compile(re.escape(_TO_ADD).replace(r"\{\}", ".*"), re.DOTALL)


def is_receipt(sheet: str) -> bool:
    """Whether a sheet of this name is the one that the annotated copy adds."""
    return fold_header(sheet) == fold_header(RECEIPT_SHEET)


def is_receipt_alone(rows: Sequence[Sequence[object]]) -> bool:
    """Whether cells are those of that sheet, saved without the others as a CSV is."""
    return next((isinstance(cell, str) and is_receipt(cell) for row in rows for cell in row if cell), False)


def added_header(title: str) -> str:
    """What stands in the header cell that is added for a missing column."""
    return _TO_ADD.format(title)


def is_added_header(value: object) -> bool:
    """Whether a cell still holds what was added for a missing column."""
    return isinstance(value, str) and _ADDED.fullmatch(value) is not None
