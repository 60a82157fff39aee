"""Header: the row of a sheet that names its columns, the kind of table that it announces, and what is wrong with it.

What belongs here: finding the table of each sheet and choosing one. What does not: the rows under it (`body`), or what
a header means (the contracts).
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

from orchestration.contracts import CONTRACTS
from orchestration.contracts.cells.cell import typed_text
from orchestration.contracts.contract import Contract, Matching
from orchestration.domain.folding import fold_header
from orchestration.domain.french import and_others
from orchestration.domain.spreadsheets import cell_address, column_letters
from orchestration.intake.observation import Observation
from orchestration.intake.opening.annotated_copy import added_header, is_added_header
from orchestration.intake.opening.formats import MAX_TITLE_ROWS, Sheet
from orchestration.intake.opening.limits import MAX_COLUMNS
from orchestration.intake.reading.row_classification import filled_positions

# How many of its columns must be known for a row to be a header, and how many rows under one may be a better one.
_KNOWN_COLUMNS = 3
_ROWS_UNDER_HEADER = 10
_MIN_LIKENESS = 75
_IN_THOUSANDS = re.compile(r"k ?€|keur|milliers", re.IGNORECASE)
# Longer headers are no slips of the pen, and what is long is cut where it is shown.
_MAX_HEADER = 100
_SHOWN = 20
_UNKNOWN_NAMED = 4


@dataclass(frozen=True)
class FoundTable:
    """A header found in a sheet: `start` is the index of the first row under it, `header_rows` their numbers."""

    sheet: Sheet
    contract: Contract
    matching: Matching
    headers: Sequence[str]
    start: int
    header_rows: tuple[int, ...]

    @property
    def fields(self) -> dict[str, int]:
        """The position of each field."""
        return {column.field: position for position, column in self.matching.columns.items()}

    @property
    def headers_by_field(self) -> dict[str, str]:
        """The header of each field as typed."""
        return {name: self.headers[position] for name, position in self.fields.items()}

    @property
    def letters_by_field(self) -> dict[str, str]:
        """The letters of each field's column."""
        return {name: column_letters(position) for name, position in self.fields.items()}

    @property
    def missing(self) -> list[str]:
        """The fields whose columns are required and absent."""
        fields = self.fields
        return [name for name in self.contract.versions[self.contract.version_of(list(fields))] if name not in fields]

    @property
    def has_rows(self) -> bool:
        """Whether anything stands under the header."""
        return any(filled_positions(row) for row in self.sheet.rows[self.start :])

    def named(self, position: int) -> str:
        """A column as the agent finds it: `« Début » (colonne C)`."""
        header = self.headers[position].strip()[:_MAX_HEADER] if position < len(self.headers) else ""
        return f"« {header} » (colonne {column_letters(position)})" if header else f"colonne {column_letters(position)}"

    def header_cell(self, position: int) -> str:
        """The address of a column's header; the lower one that is filled where it stands on two rows."""
        for number in reversed(self.header_rows):
            row = self.sheet.rows[number - 1]
            if position < len(row) and typed_text(row[position]).strip():
                return cell_address(position, number)
        return cell_address(position, self.header_rows[-1])

    def header_cells(self, positions: Iterable[int]) -> tuple[str, ...]:
        """The addresses of the headers that a sentence lists."""
        return tuple(map(self.header_cell, islice(positions, _SHOWN)))


def find_table(sheet: Sheet) -> FoundTable | None:
    """The header row that knows most columns of one contract; the first one of a tie, or the first that is complete."""
    best: FoundTable | None = None
    filled = (index for index, row in enumerate(sheet.rows) if filled_positions(row))
    looked_at: list[int] = []
    for index in islice(filled, MAX_TITLE_ROWS + 1):
        looked_at.append(index)
        best = _better(best, _tables_at(sheet, [index]))
        if best is not None and not best.missing:
            return best
        # Whatever stands well under a header is data, or another table.
        if best is not None and len(looked_at) >= _ROWS_UNDER_HEADER + looked_at.index(best.header_rows[0] - 1):
            break
    for index in looked_at:
        if index + 1 < len(sheet.rows):
            best = _better(best, _tables_at(sheet, [index, index + 1]))
    return best


def _tables_at(sheet: Sheet, indexes: Sequence[int]) -> Iterator[FoundTable]:
    upper, *lower = ([typed_text(cell) for cell in sheet.rows[index]] for index in indexes)
    for contract in CONTRACTS.values():
        headers = _joined(contract, upper, lower[0]) if lower else upper
        numbers = tuple(index + 1 for index in indexes)
        yield FoundTable(sheet, contract, contract.match(headers), headers, indexes[-1] + 1, numbers)


def _better(best: FoundTable | None, candidates: Iterable[FoundTable]) -> FoundTable | None:
    for table in candidates:
        known = len({column.field for column in table.matching.columns.values()})
        if known >= _KNOWN_COLUMNS and (best is None or known > len(best.matching.columns)):
            best = table
    return best


def _joined(contract: Contract, upper: list[str], lower: list[str]) -> list[str]:
    """The headers of two rows: an upper one goes before each lower one that it covers, unless that one is known."""
    known = contract.match(lower).columns
    joined, covering = [], ""
    for position in range(max(len(upper), len(lower))):
        above = upper[position].strip() if position < len(upper) else ""
        below = lower[position].strip() if position < len(lower) else ""
        covering = above or (covering if below else "")
        joined.append(below if position in known else f"{covering} {below}".strip())
    return joined


def choose(tables: Sequence[FoundTable], hidden: Collection[str]) -> FoundTable:
    """The table to read: what the agent sees rather than what is hidden, and a filled one rather than an empty one."""
    return max(tables, key=lambda one: (one.sheet.name not in hidden, one.has_rows, len(one.matching.columns)))


def notices(table: FoundTable, tables: Sequence[FoundTable], hidden: Collection[str]) -> Iterator[Observation]:
    """What the agent should know of the table that was chosen among those of its workbook."""
    if len(table.header_rows) > 1:
        rows = " et ".join(map(str, table.header_rows))
        yield Observation("header_on_two_rows", {"rows": f"lignes {rows}"}, sheet=table.sheet.name)
    read = table.sheet.name
    others = [
        f"« {one.sheet.name} »" + (" (masquée)" if one.sheet.name in hidden else "")
        for one in tables
        if one is not table and one.has_rows
    ]
    if others:
        yield Observation("sheets_several", {"read": read, "others": ", ".join(others)}, sheet=read)
    if read in hidden:
        yield Observation("sheet_hidden", {"read": read}, sheet=read)


def _way_to_mend(alike: str | None, unknown: Sequence[str]) -> str:
    if not alike and unknown:
        named = " ou ".join(f"« {header[:_MAX_HEADER]} »" for header in unknown[:_UNKNOWN_NAMED])
        return f"Si c’est {named}, que nous ne connaissons pas, renommez-la ; sinon, ajoutez-la"
    if not alike:
        return "Ajoutez-la"
    # Renamed and no more, its values would be taken for a thousand times what they are.
    divided = ", après avoir divisé ses valeurs par 1 000" if _IN_THOUSANDS.search(alike) else ""
    return f"Si c’est la colonne « {alike} », renommez-la{divided} ; sinon, ajoutez-la"


def faults(table: FoundTable) -> Iterator[Observation]:
    """Why a table cannot be read at all."""
    sheet = table.sheet.name
    for name, positions in table.matching.twice.items():
        title = table.contract.by_field[name].title
        headers = ", ".join(map(table.named, positions))
        words: dict[str, object] = {"title": title, "headers": headers}
        cells = tuple(map(table.header_cell, positions))
        yield Observation("column_twice", words, sheet=sheet, column=title, header_cells=cells)
    free = _free_positions(table)
    unknown = [header for header in _unknown_headers(table).values() if not is_added_header(header)]
    for name in table.missing:
        column = table.contract.by_field[name]
        alike = _alike([column.title, *column.aliases], unknown)
        words = {
            "title": column.title,
            "hint": _way_to_mend(alike, unknown),
            "cells": "remplissez-la sur chaque ligne" if column.is_required else "ses cellules peuvent rester vides",
        }
        place = _place_to_add(table, column.title, free)
        cells = () if place is None else (table.header_cell(place),)
        yield Observation("column_missing", words, sheet=sheet, column=column.title, header_cells=cells)
    if not table.has_rows:
        yield Observation("rows_missing", sheet=sheet)


def _free_positions(table: FoundTable) -> Iterator[int]:
    """The positions of the columns past all that is filled, from the header's first row on."""
    rows = table.sheet.rows[table.header_rows[0] - 1 :]
    filled = (position for row in rows for position, cell in enumerate(row) if typed_text(cell))
    yield from count(max(filled, default=-1) + 1)


def _place_to_add(table: FoundTable, title: str, free: Iterator[int]) -> int | None:
    """Where a missing column may be added: where an earlier copy of ours added it, else past all that is filled."""
    added = added_header(title)
    for number in table.header_rows:
        for position, cell in enumerate(table.sheet.rows[number - 1]):
            if cell == added:
                return position
    position = next(free)
    return position if position < MAX_COLUMNS else None


def stray_columns(table: FoundTable, strays: Collection[int]) -> Iterator[Observation]:
    """What stands in columns that are not read: under an unknown header, or under none."""
    unknown = {position: header for position, header in _unknown_headers(table).items() if position in strays}
    if unknown:
        free = [column.title for column in table.contract.columns if column.field not in table.fields]
        alike = {header: _alike([header], free) for header in list(unknown.values())[:_SHOWN]}
        hint = "".join(f"« {header} » ressemble à « {title} ». " for header, title in alike.items() if title)
        words = {"headers": listed([table.named(position) for position in unknown]), "hint": hint}
        cells = table.header_cells(unknown)
        yield Observation("column_unknown", words, sheet=table.sheet.name, header_cells=cells)
    nameless = [position for position in sorted(strays) if position not in unknown]
    if nameless:
        named = {"letters": listed(list(map(column_letters, nameless)))}
        cells = table.header_cells(nameless)
        yield Observation("column_nameless", named, sheet=table.sheet.name, header_cells=cells)


def _unknown_headers(table: FoundTable) -> dict[int, str]:
    return {
        position: header.strip()
        for position, header in enumerate(table.headers)
        if header.strip() and position not in table.matching.columns
    }


def _alike(known: Sequence[str], headers: Sequence[str]) -> str | None:
    """The header that is most like one of the known ones, if any is much."""
    from rapidfuzz import fuzz, process

    best: tuple[float, str | None] = (_MIN_LIKENESS, None)
    short = [header for header in headers if len(header) <= _MAX_HEADER]
    for name in (name for name in known if len(name) <= _MAX_HEADER):
        found = process.extractOne(name, short, scorer=fuzz.ratio, processor=fold_header, score_cutoff=best[0])
        if found is not None and (best[1] is None or found[1] > best[0]):
            best = (found[1], found[0])
    return best[1]


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them, the first ones alone where they are many."""
    return ", ".join(words[:_SHOWN]) + and_others(len(words) - _SHOWN)
