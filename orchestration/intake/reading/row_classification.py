"""Row classification: rows that are no data (totals, notes, a header again, NÉANT), and rows whose values are shifted.

What belongs here: telling them from the cells and the columns that they stand in. What does not: what to say about them
(findings) and what becomes of them (body).
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import pyarrow as pa

from orchestration.contracts.cells.absences import absence_of
from orchestration.contracts.cells.cell import Cell, typed_text
from orchestration.contracts.cells.dates import looks_like_a_date
from orchestration.contracts.cells.parsing import Parse, parser_of
from orchestration.contracts.cells.texts import undamaged
from orchestration.contracts.contract import PLAIN, Column, Contract, Matching
from orchestration.domain.folding import fold_header
from orchestration.domain.perimeter import perimeter_of
from orchestration.intake.opening.grid import Grid

if TYPE_CHECKING:
    from orchestration.intake.opening.grid import Array

RowClass = Literal[
    "row_total",
    "row_total_kept",
    "row_note",
    "row_header",
    "header_moved",
    "row_name_only",
    "nothing_to_declare",
]

_OF_WHAT = r"(?:(?:cout|montant|budget|enveloppe|volume|charge|depense|nombre|duree)s?(?: \w+){0,2} )"
# How the name of an aggregate begins, folded; and those that no project is called.
_TOTAL = re.compile(
    rf"(?:{_OF_WHAT}|(?:sous|sub|ss|s|grand|net) )?(?:sous|sub|ss|s)?tot(?:al|aux|ale|ales)?\b.*|"
    r"sommes?\b.*|moyennes?\b.*|medianes?\b.*|cumuls?\b.*|ensemble\b.*|dont\b.*|rappels?\b.*|nombre d.*|"
    r"(?:a )?report(?:s|er)?|recapitulatif\b.*|y compris\b.*|s t\b.*|(?:\w+ ){1,3}tota(?:l|ux)\b.*|"
    r"restes? a (?:payer|financer|engager|realiser)\b.*"
)
_SURELY_TOTAL = re.compile(
    rf"{_OF_WHAT}?tota(?:l|ux)(?: genera(?:l|ux))?(?: d(?:es?|u)?\b.*)?|(?:sous|sub|ss|s|grand) tota(?:l|ux)\b.*|"
    r"ensemble|dont|rappels?"
)
# How a row that may be a total, or no row at all, begins.
_LABEL = re.compile(
    r"\W*(?:s(?:ous|ub|s)?\W*t|tot|grand|net|co[uû]t|montant|budget|enveloppe|volume|charge|d[ée]pense|dur[ée]e|somme|"
    r"moyenne|m[ée]diane|cumul|ensemble|nombre|dont|rappel|report|[aà] report|r[ée]cap|y compris|n[ée]ant)",
    re.IGNORECASE,
)
_SIGMA, _SPACED = re.compile("[Σ∑]"), re.compile(r"\b\w(?: \w){2,}\b")
_NOTE = re.compile(
    r"\s*(?:\*|\(\d\)|\[\d\]|[¹²³]|(?:notes?|nota|sources?|l[ée]gende|remarques?|nb|n\. ?b\.|champ|lecture|attention|"
    r"avertissement|donn[ée]es|mise à jour|extraction|contacts?|signatures?|visa|date|t[ée]l[ée]phone|t[ée]l|m[ée]l|"
    r"e-?mail|courriel|r[ée]f[ée]rent|r[ée]dacteur)\s*(?:\(?\d\)?)?(?:\s+[^\s:]{1,30}){0,4}\s*:)",
    re.IGNORECASE,
)
# How the lines begin that close a document, folded.
_CLOSING = re.compile(
    r"fait (?:a|le|en)\b.*|(?:signe|vise|valide|approuve|etabli|redige|certifie|arrete|edite|imprime)e?s? "
    r"(?:par|le|a|au|conforme|electroniquement)\b.*|signatures?(?: d\w*\b.*)?|visas?(?: d\w*\b.*)?|"
    r"(?:pour |p )?(?:le|la|l|les) (?:sous |vice )?(?:direct(?:eur|rice|ion)|chef|cheffe|secretaire|ministre|prefete?|"
    r"responsable|delegue|president|presidente|charge|chargee|haut fonctionnaire|dsi|dnum)\b.*|page \d.*|"
    r"legendes?|nota|nb|notes?|sources?|remarques?|attention|avertissement|champ|lecture|contacts?"
)
# The longest name that a ministry ever gave has 138 characters.
_NOTE_LENGTH = 250
_FEW_CELLS = 4
_SHIFTS = (1, -1, 2, -2)
# What stands in a cell that says nothing.
_DASHES: frozenset[Cell] = frozenset({None, "", "-", "–", "—"})
_NO_VALUES = frozenset({"tiret", "non_applicable", "non_communique"})


@dataclass(frozen=True)
class Landmarks:
    """Where a table has what tells its rows from others; positions, and `headers` as typed.

    `key` and `subject` are those of ids and names, `witnesses` of the codes and dates that a kind requires: a row that
    says nothing there, and has no id, may be an aggregate of those above. `amounts` can be added up.
    """

    headers: Sequence[str]
    columns: Mapping[int, Column]
    contract: Contract
    key: int | None
    subject: int | None
    witnesses: tuple[int, ...]
    amounts: tuple[int, ...]

    @classmethod
    def of(cls, contract: Contract, matching: Matching, headers: Sequence[str]) -> Self:
        """Those of a header that was found."""
        columns = dict(sorted(matching.columns.items()))
        at = {column.field: position for position, column in columns.items()}
        required = {field for fields in contract.versions.values() for field in fields}
        return cls(
            headers,
            columns,
            contract,
            at.get(contract.key),
            at.get(contract.subject),
            tuple(at[one.field] for one in columns.values() if one.field in required and one.type in _WITNESSES),
            tuple(position for position, column in columns.items() if column.type in ("cost", "volume")),
        )

    @cached_property
    def names(self) -> tuple[int, ...]:
        """The positions of names and ids."""
        return tuple(position for position in (self.subject, self.key) if position is not None)

    @cached_property
    def heads(self) -> tuple[int, ...]:
        """The positions where the label of a row may stand."""
        return tuple(sorted({0, *self.names}))

    @cached_property
    def said(self) -> set[Cell]:
        """The cells of witnesses that were seen to say something: nearly all of them are alike."""
        return set()

    @cached_property
    def parsers(self) -> Mapping[int, Parse]:
        """The parsers of the columns whose type can refuse a cell."""
        return {position: parser_of(column) for position, column in self.columns.items() if column.type not in PLAIN}

    @cached_property
    def header_words(self) -> frozenset[str]:
        """What headers of this kind are called, in small letters."""
        known = (name for one in self.contract.columns for name in (one.title, one.header, *one.aliases))
        return frozenset(name.strip().casefold() for name in (*known, *self.headers) if name.strip())

    def says_nothing(self, cells: Sequence[Cell], position: int) -> bool:
        """Whether a cell is blank, a dash, or a word for no value."""
        cell = cells[position] if position < len(cells) else None
        return not is_filled(cell) or cell == "#" or (isinstance(cell, str) and absence_of(cell) in _NO_VALUES)

    def has_data(self, cells: Sequence[Cell], *, but_dates: bool = False) -> bool:
        """Whether any cell is a date, a number, a word of a list as its column expects, or says why there is none."""
        for position, parse in self.parsers.items():
            cell = cells[position] if position < len(cells) else None
            if cell not in _DASHES and not (but_dates and self.columns[position].type == "date"):
                one = parse(cell)
                if one.value is not None or one.absence not in (None, "tiret"):
                    return True
        return False


_WITNESSES = ("date", "edition", "code")


def is_plain(cells: Sequence[Cell], landmarks: Landmarks) -> bool:
    """Whether a row is data at a glance, as nearly all are; cheap, so that large files stay fast."""
    width = len(cells)
    if width - cells.count("") - cells.count(None) <= _FEW_CELLS:
        return False
    for place in landmarks.witnesses:
        cell = cells[place] if place < width else None
        if cell not in landmarks.said:
            if cell in _DASHES or (isinstance(cell, str) and cell.strip().casefold() in landmarks.header_words):
                return False
            landmarks.said.add(cell)
    for place in landmarks.heads:
        if place < width and type(cell := cells[place]) is str and _LABEL.match(cell):
            return False
    first = cells[0] or next(cell for cell in cells if cell is not None and cell != "")
    return not (type(first) is str and (first in landmarks.headers or (not cells[0] and _LABEL.match(first))))


def _are_plain(rows: Grid, landmarks: Landmarks) -> "Array":
    """Which rows are data at a glance, of many; it may leave some to `is_plain`."""
    import pyarrow.compute as pc

    filled = sum(pc.binary_length(column).to_numpy() > 0 for column in rows.columns)
    are_plain: Array = (filled > _FEW_CELLS) & ~_bools(pc.is_in(rows.columns[0], pa.array(["", *landmarks.headers])))
    for position in landmarks.heads:
        are_plain &= ~_bools(pc.match_substring_regex(rows.columns[position], f"(?i)^(?:{_LABEL.pattern})"))
    words = [*landmarks.header_words, *(dash for dash in _DASHES if isinstance(dash, str))]
    for position in landmarks.witnesses:
        are_plain &= ~_bools(pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(rows.columns[position])), pa.array(words)))
    return are_plain


def _bools(values: pa.Array) -> "Array":
    bools: Array = values.to_numpy(zero_copy_only=False)
    return bools


def suspects(rows: Sequence[Sequence[Cell]], landmarks: Landmarks) -> list[int]:
    """The places of the rows that may be no data."""
    places = np.flatnonzero(~_are_plain(rows, landmarks)).tolist() if isinstance(rows, Grid) else range(len(rows))
    return [place for place in places if not is_plain(rows[place], landmarks)]


def is_filled(cell: Cell) -> bool:
    """Whether a cell is not blank."""
    return cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace())


def filled_positions(cells: Sequence[Cell]) -> list[int]:
    """The positions of the cells that are not blank."""
    return [position for position, cell in enumerate(cells) if is_filled(cell)]


def classify(
    cells: Sequence[Cell], filled: Sequence[int], landmarks: Landmarks, is_sum: Callable[[], bool]
) -> RowClass | None:
    """Why a row is no data, `None` where it is; `filled` are the positions of its cells that are not blank.

    `is_sum` tells whether an amount of it is the sum of some above. A row that holds a name alone is data, and said all
    the same; so is one that may be a total, and has an id, a date or a code.
    """
    if _is_neant(cells, filled, landmarks.names):
        return "nothing_to_declare"
    header = _repeats_header(cells, filled, landmarks)
    if header:
        return header
    total = _total(cells, filled, landmarks, is_sum)
    if total:
        return total
    if _is_note(cells, filled, landmarks):
        return "row_note"
    first = cells[filled[0]]
    if len(filled) > 1 or not isinstance(first, str):
        return None
    if filled[0] != landmarks.subject or len(first) > _NOTE_LENGTH or perimeter_of(first):
        return "row_note"
    return "row_name_only"


def notes_below(
    rows: Sequence[Sequence[Cell]], aside: Mapping[int, RowClass | None], landmarks: Landmarks
) -> list[int]:
    """The places of the rows below the table that hold texts alone: under its last row of data, and under a blank row
    or another one that was set `aside`. A row whose id is made as that of the last one belongs to the table.
    """
    texts, last = [], None
    for place in range(len(rows) - 1, -1, -1):
        is_neant = aside.get(place) == "nothing_to_declare"
        if place in aside and not is_neant:
            continue
        if is_neant or landmarks.has_data(rows[place]):
            last = place
            break
        texts.append(place)
    if last is None:
        return []
    made = _made(rows[last], landmarks)
    texts = [place for place in reversed(texts) if not made or _made(rows[place], landmarks) != made]
    for index, place in enumerate(texts):
        if place - 1 in aside:
            return texts[index:]
    return []


def _made(cells: Sequence[Cell], landmarks: Landmarks) -> str:
    """How the id of a row is made, its figures left out: `p-12` as `p-3`."""
    key = landmarks.key
    text = typed_text(cells[key]) if key is not None and key < len(cells) else ""
    return re.sub(r"\d+", "0", text.strip().casefold())


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


def _total(
    cells: Sequence[Cell], filled: Sequence[int], landmarks: Landmarks, is_sum: Callable[[], bool]
) -> RowClass | None:
    """Whether the row is an aggregate of others, by its label or by its amount, or may be one and is kept."""
    named = [position for position in landmarks.names if position in filled] or filled[:1]
    labels = {place: _label(cells[place]) for place in {*named, filled[0]}}
    label_at = next((place for place in labels if _TOTAL.fullmatch(labels[place])), None)
    others = [position for position in filled if position != label_at]
    are_numbers = all(_is_number(cells[position]) for position in others)
    if label_at is not None and label_at not in named and not are_numbers:
        label_at = None
    marks = [place for place in (landmarks.key, *landmarks.witnesses) if place is not None and place != label_at]
    empty = [place for place in marks if landmarks.says_nothing(cells, place)]
    if label_at is not None:
        if are_numbers or len(empty) == len(marks):
            return "row_total"
        return "row_total_kept" if empty or _SURELY_TOTAL.fullmatch(labels[label_at]) else None
    if are_numbers and filled[0] > 0 and len(filled) <= 2:
        return "row_total"
    if marks and set(landmarks.witnesses) & set(empty) and is_sum():
        return "row_total" if len(empty) == len(marks) else "row_total_kept"
    return None


def _label(cell: Cell) -> str:
    """A label folded, its letters mended and put together again: `T O T A L`, `RÃ©capitulatif`."""
    text = _SIGMA.sub("somme ", undamaged(typed_text(cell)[:_NOTE_LENGTH]))
    return _SPACED.sub(lambda letters: letters[0].replace(" ", ""), fold_header(text))


def _is_note(cells: Sequence[Cell], filled: Sequence[int], landmarks: Landmarks) -> bool:
    """Whether the row is a note, a source, a signature: few texts, that begin like one."""
    first = cells[filled[0]]
    if not isinstance(first, str) or len(filled) > _FEW_CELLS:
        return False
    is_like_one = _NOTE.match(first) or _CLOSING.fullmatch(fold_header(first[:_NOTE_LENGTH]))
    return bool(is_like_one) and not landmarks.has_data(cells, but_dates=True)


def _is_number(cell: Cell) -> bool:
    if isinstance(cell, str):
        return bool(re.match(r"\s*[-+−]?\d", cell)) and len(cell) < 25 and not looks_like_a_date(cell)
    return isinstance(cell, int | float)


def _repeats_header(cells: Sequence[Cell], filled: Sequence[int], landmarks: Landmarks) -> RowClass | None:
    """Whether the row names columns again: at least two, and half of what it holds; if in other places, that too."""
    texts = [cell if isinstance(cell, str) and len(cell) <= _NOTE_LENGTH else "" for cell in cells]
    # Folding is slow.
    if not any(text.strip().casefold() in landmarks.header_words for text in texts if text):
        return None
    known = landmarks.contract.match(texts).columns
    same = {
        place
        for place in filled
        if place < len(landmarks.headers)
        and texts[place].strip()
        and fold_header(texts[place]) == fold_header(landmarks.headers[place])
    }
    moved = {
        place
        for place, column in known.items()
        if place not in same and column in landmarks.columns.values() and landmarks.columns.get(place) != column
    }
    same |= known.keys() - moved
    count = len(same) + len(moved)
    if count < 2 or 2 * count < len(filled):
        return None
    return "header_moved" if count > 2 and len(moved) > 1 else "row_header"
