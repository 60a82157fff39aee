"""Row classification: rows that are no data (totals, notes, a header again, NÉANT), and rows whose values are shifted.

What belongs here: telling them from the cells alone. What does not: what to say about them (findings) and what becomes
of them (body).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa

from orchestration.contracts.cells.cell import Cell, typed_text
from orchestration.contracts.cells.dates import looks_like_a_date
from orchestration.contracts.cells.parsing import Parse
from orchestration.domain.folding import fold_header
from orchestration.domain.perimeter import perimeter_of
from orchestration.intake.opening.grid import Grid

if TYPE_CHECKING:
    from orchestration.intake.opening.grid import Array

RowClass = Literal["row_total", "row_note", "row_header", "row_name_only", "nothing_to_declare"]

_TOTAL = re.compile(r"(?:sous )?tota(?:l|ux)\b.*|sommes?\b.*|moyennes?\b.*|cumuls?\b.*|ensemble|nombre d.*")
# How a row that may be a total, or no row at all, begins.
_LABEL = re.compile(r"\W*(?:sous|tota|somme|moyenne|cumul|ensemble|nombre|n[ée]ant)", re.IGNORECASE)
_NOTE = re.compile(
    r"\s*(?:\*|\(\d\)|\[\d\]|[¹²³]|(?:notes?|sources?|l[ée]gende|remarques?|nb|n\. ?b\.|champ|lecture|attention|"
    r"avertissement|donn[ée]es|mise à jour|extraction)\s*(?:\(?\d\)?)?\s*:)",
    re.IGNORECASE,
)
# The longest name that a ministry ever gave has 138 characters.
_NOTE_LENGTH = 250
_FEW_CELLS = 4
_SHIFTS = (1, -1, 2, -2)


def is_plain(cells: Sequence[Cell], headers: Sequence[str]) -> bool:
    """Whether a row is data at a glance, as nearly all are; cheap, so that large files stay fast."""
    if len(cells) - cells.count("") - cells.count(None) <= _FEW_CELLS:
        return False
    at = next(position for position, cell in enumerate(cells) if cell is not None and cell != "")
    first = cells[at]
    is_label = isinstance(first, str) and _LABEL.match(first)
    return not is_label and (at >= len(headers) or first != headers[at])


def _are_plain(rows: Grid, headers: Sequence[str]) -> "Array":
    """Which rows are data at a glance, of many; it may leave some to `is_plain`."""
    import pyarrow.compute as pc

    filled = sum(pc.binary_length(column).to_numpy() > 0 for column in rows.columns)
    first = rows.columns[0]
    is_label = pc.match_substring_regex(first, f"(?i)^(?:{_LABEL.pattern})").to_numpy(zero_copy_only=False)
    is_header = pc.is_in(first, pa.array(["", *headers[:1]])).to_numpy(zero_copy_only=False)
    are_plain: Array = (filled > _FEW_CELLS) & ~is_label & ~is_header
    return are_plain


def suspects(rows: Sequence[Sequence[Cell]], headers: Sequence[str]) -> list[int]:
    """The places of the rows that may be no data."""
    places = np.flatnonzero(~_are_plain(rows, headers)).tolist() if isinstance(rows, Grid) else range(len(rows))
    return [place for place in places if not is_plain(rows[place], headers)]


def is_filled(cell: Cell) -> bool:
    """Whether a cell is not blank."""
    return cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace())


def filled_positions(cells: Sequence[Cell]) -> list[int]:
    """The positions of the cells that are not blank."""
    return [position for position, cell in enumerate(cells) if is_filled(cell)]


def classify(
    cells: Sequence[Cell],
    filled: Sequence[int],
    names_at: Collection[int],
    subject_at: int | None,
    headers: Sequence[str],
) -> RowClass | None:
    """Why a row is no data, `None` where it is; `filled` are the positions of its cells that are not blank.

    `names_at` are those of the columns of names and ids, `subject_at` that of the names, `headers` the header as typed.
    A row that holds a name alone is data, and said all the same.
    """
    first = cells[filled[0]]
    if _is_neant(cells, filled, names_at):
        return "nothing_to_declare"
    if _is_total(cells, filled):
        return "row_total"
    if _repeats_header(cells, filled, headers):
        return "row_header"
    text = typed_text(first)
    if len(filled) <= 2 and _NOTE.match(text) and all(isinstance(cells[position], str) for position in filled):
        return "row_note"
    if len(filled) > 1 or not isinstance(first, str):
        return None
    if filled[0] != subject_at or len(text) > _NOTE_LENGTH or perimeter_of(text):
        return "row_note"
    return "row_name_only"


def is_second_header(cells: Sequence[Cell]) -> bool:
    """Whether a row under the header could complete it (units, formats): words alone, and no digit."""
    return all(cell is None or (isinstance(cell, str) and not re.search(r"\d", cell)) for cell in cells)


@dataclass(frozen=True)
class Shift:
    """Where the values of a row start to be shifted, and by how many columns: to the right where positive."""

    start: int
    by: int


def shift(cells: Sequence[Cell], parsers: Mapping[int, Parse]) -> Shift | None:
    """The shift that makes every typed cell of the row readable again; `None` where there is none.

    `parsers` are those of the columns whose type can refuse a cell. Of several places to start from, the last one is
    taken: what stands before it may be right.
    """
    best, most = None, _readable(cells, parsers)[1]
    for by in _SHIFTS:
        for start in range(len(cells)):
            if by > 0:
                moved = [*cells[:start], *cells[start + by :], *[None] * by]
            else:
                moved = [*cells[:start], *[None] * -by, *cells[start:]]
            faults, readable = _readable(moved, parsers)
            if not faults and (readable > most or (best and best.by == by and readable == most)):
                best, most = Shift(start, by), readable
    # A number whose comma separated two cells starts in the one before.
    if best and best.start and cut_number(cells, before := Shift(best.start - 1, best.by)):
        return before
    return best


def cut_number(cells: Sequence[Cell], shift: Shift) -> str | None:
    """The number whose two halves stand where a shift starts: `9` and `5` are `9,5`."""
    halves = [cell.strip() for cell in cells[shift.start : shift.start + 2] if isinstance(cell, str)]
    return ",".join(halves) if shift.by == 1 and len(halves) == 2 and all(half.isdigit() for half in halves) else None


def _readable(cells: Sequence[Cell], parsers: Mapping[int, Parse]) -> tuple[int, int]:
    parsed = [parse(cells[position]) for position, parse in parsers.items() if position < len(cells)]
    return sum(one.fault is not None for one in parsed), sum(one.value is not None for one in parsed)


def _is_neant(cells: Sequence[Cell], filled: Sequence[int], names_at: Collection[int]) -> bool:
    """Whether the row is the word NÉANT, alone or where names stand."""
    words = [cells[position] for position in filled if position in names_at] or [cells[position] for position in filled]
    return all(isinstance(word, str) and len(word) < 20 and fold_header(word) == "neant" for word in words)


def _is_total(cells: Sequence[Cell], filled: Sequence[int]) -> bool:
    """Whether the row is a label such as `TOTAL` beside numbers, or numbers alone."""
    is_labelled = _TOTAL.fullmatch(fold_header(typed_text(cells[filled[0]]))) is not None
    if not is_labelled and (filled[0] == 0 or len(filled) > 2):
        return False
    return all(_is_number(cells[position]) for position in (filled[1:] if is_labelled else filled))


def _is_number(cell: Cell) -> bool:
    if isinstance(cell, str):
        return bool(re.match(r"\s*[-+−]?\d", cell)) and len(cell) < 25 and not looks_like_a_date(cell)
    return isinstance(cell, int | float)


def _repeats_header(cells: Sequence[Cell], filled: Sequence[int], headers: Sequence[str]) -> bool:
    same = [position for position in filled if position < len(headers) and cells[position] == headers[position]]
    return len(same) >= 2 and 2 * len(same) >= len(filled)
