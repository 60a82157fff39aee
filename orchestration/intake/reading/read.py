"""Reading: an opened file becomes typed rows and observations, by the contract that its header names.

What belongs here: the one way in, and what a reading says. What does not: each step (`header`, `body`,
`whole_columns`), whether a value that can be read is one that a ministry should mend (expectations), and the verdict on
the file (`take_in`). The rules are those of docs/rules.md §4 and §5.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from expectations.rule import MAX_FINDINGS
from orchestration.contracts.cells.cell import typed_text
from orchestration.domain import french
from orchestration.domain.spreadsheets import address_place, cell_address
from orchestration.intake.observation import Observation
from orchestration.intake.opening.annotated_copy import is_receipt_alone
from orchestration.intake.opening.formats import first_rows
from orchestration.intake.opening.open_file import OpenedFile
from orchestration.intake.opening.structure import Structure
from orchestration.intake.reading import header, whole_columns
from orchestration.intake.reading.as_shown import as_shown, with_number_formats
from orchestration.intake.reading.body import Body
from orchestration.intake.reading.header import FoundTable
from orchestration.intake.reading.rows import Rows


@dataclass(frozen=True)
class Reading:
    """What a file says: `headers` and `columns` map each field to its header as typed and to its letters.

    `rows` are rows of the lake whose `edition`, `perimeter` and `drop_id` are still to be said. `first_rows` are the
    first rows of the sheet as they were split, where none is read.
    """

    kind: str | None = None
    contract_version: str | None = None
    sheet: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    rows_read: int = 0
    rows: Rows = field(default_factory=Rows.none)
    observations: tuple[Observation, ...] = ()
    first_rows: Sequence[Sequence[str]] = ()

    @classmethod
    def refused(cls, *observations: Observation, first_rows: Sequence[Sequence[str]] = ()) -> Self:
        """The reading of a file that cannot be read at all."""
        return cls(observations=observations, first_rows=first_rows)


def read(opened: OpenedFile) -> Reading:
    """Read an opened file; a bad one gives a reading without rows whose observations say why, never an exception."""
    tables = [table for sheet in opened.sheets if (table := header.find_table(sheet)) is not None]
    if not tables:
        seen = next((sheet for sheet in opened.sheets if sheet.name not in opened.hidden), None)
        rule = "receipt_alone" if seen and is_receipt_alone(seen.rows) else "header_unknown"
        return Reading.refused(Observation(rule), first_rows=first_rows(seen.rows) if seen else ())
    table = header.choose(tables, opened.hidden)
    structure = opened.structure_of(table.sheet)
    shown = as_shown(table.sheet, structure)
    if shown is not table.sheet:
        tables.remove(table)
        table = header.find_table(shown) or replace(table, sheet=shown)
        tables.append(table)
    reading = Reading(
        kind=table.contract.kind,
        contract_version=table.contract.version_of(list(table.fields)),
        sheet=table.sheet.name,
        headers=table.headers_by_field,
        columns=table.letters_by_field,
    )
    notices = list(header.notices(table, tables, opened.hidden))
    faults = list(header.faults(table))
    if faults:
        reading = replace(reading, observations=(*faults, *notices))
    else:
        reading = _read_rows(table, reading, structure, notices)
    return reading if reading.rows else replace(reading, first_rows=first_rows(table.sheet.rows))


def _read_rows(table: FoundTable, reading: Reading, structure: Structure, notices: Sequence[Observation]) -> Reading:
    body = Body(table, with_number_formats(table, structure).sheet.rows[table.start :], structure.day_count)
    if body.moved_headers:
        moved = Observation("header_moved", {"row": french.number(body.moved_headers[0])}, sheet=reading.sheet)
        return replace(reading, observations=(moved, *notices))
    wrong = body.read()
    if wrong is not None:
        names = header.listed([table.named(position) for position in wrong]) or "des colonnes absentes"
        words = {"limit": french.number(MAX_FINDINGS), "columns": names}
        cells = table.header_cells(wrong)
        fault = Observation("findings_too_many", words, sheet=reading.sheet, header_cells=cells)
        return replace(reading, rows_read=len(body.cells), observations=(fault, *notices))
    if not body.rows:
        faults = () if body.neant_rows else (Observation("rows_missing", sheet=reading.sheet),)
        return replace(reading, observations=(*faults, *notices, *body.observations))
    swapped = whole_columns.swapped(body.cells, body.parsers, body.refused, _texts_without_numbers(table))
    if swapped:
        first, second = sorted(swapped)
        named = {"first": table.named(first), "second": table.named(second)}
        cells = table.header_cells((first, second))
        fault = Observation("columns_swapped", named, sheet=reading.sheet, header_cells=cells)
        return replace(reading, rows_read=len(body.rows), observations=(fault, *notices))
    observations = (
        *notices,
        *header.stray_columns(table, body.strays),
        *_hidden_rows(table, structure, body.numbers.tolist()),
        *_hidden_columns(table, structure),
        *_struck_rows(table, structure, body.numbers.tolist()),
        *_figures_out_of_place(table, body.rows),
        *body.observations,
        *_marked_cells(structure, body),
    )
    return replace(reading, observations=observations, rows=body.rows, rows_read=len(body.rows))


def _texts_without_numbers(table: FoundTable) -> list[int]:
    """The positions of the columns of text where a bare number is out of place."""
    bands = [column.field for column in table.contract.columns if column.band_of]
    return [table.fields[name] for name in (*bands, table.contract.subject) if name in table.fields]


def _hidden_rows(table: FoundTable, structure: Structure, numbers: Sequence[int]) -> Iterator[Observation]:
    hidden = sorted(structure.hidden_rows.intersection(numbers))
    if hidden:
        rule = "filter_active" if structure.has_filter else "rows_hidden"
        yield Observation(rule, {"rows": rows_listed(hidden)}, sheet=table.sheet.name)


def _hidden_columns(table: FoundTable, structure: Structure) -> Iterator[Observation]:
    """The columns that are read and out of sight, where values stand in them."""
    rows = table.sheet.rows[table.start :]
    hidden = [
        position
        for position in sorted(table.matching.columns)
        if any(position in columns for columns in structure.hidden_columns)
        and any(position < len(row) and typed_text(row[position]) for row in rows)
    ]
    if hidden:
        named = header.listed([table.named(position) for position in hidden])
        cells = table.header_cells(hidden)
        yield Observation("columns_hidden", {"columns": named}, sheet=table.sheet.name, header_cells=cells)


def _struck_rows(table: FoundTable, structure: Structure, numbers: Collection[int]) -> Iterator[Observation]:
    """The rows whose name is struck through, or half of what is filled in them: a figure alone may be an old one."""
    places: dict[int, set[int]] = {}
    for position, number in structure.struck:
        if position in table.matching.columns:
            places.setdefault(number, set()).add(position)
    subject, struck = table.fields.get(table.contract.subject), []
    for number in sorted(places.keys() & set(numbers)):
        row = table.sheet.rows[number - 1]
        filled = {position for position in table.matching.columns if position < len(row) and typed_text(row[position])}
        if subject in places[number] or 2 * len(filled & places[number]) >= len(filled):
            struck.append(number)
    if struck:
        yield Observation("rows_struck", {"rows": rows_listed(struck)}, sheet=table.sheet.name)


def rows_listed(numbers: Sequence[int]) -> str:
    """Row numbers as an agent reads them: `lignes 5, 7 à 9`."""
    words = [" à ".join(map(str, run)) for run in _runs(numbers)]
    return f"{'ligne' if len(numbers) == 1 else 'lignes'} {header.listed(words)}"


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """The first and last of the numbers that follow one another; alone, those that do not."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return runs


def _figures_out_of_place(table: FoundTable, rows: Sequence[Mapping[str, object]]) -> Iterator[Observation]:
    positions = table.fields
    for rule, name, words in whole_columns.figures_out_of_place(table.contract, rows):
        about = [positions[one] for one in (name, words.get("other")) if isinstance(one, str)]
        named = list(map(table.named, about))
        yield Observation(
            rule,
            {"column": named[0], "first": named[0], "second": named[-1]} | words,
            sheet=table.sheet.name,
            column=table.headers[positions[name]],
            header_cells=table.header_cells(about),
        )


def _marked_cells(structure: Structure, body: Body) -> Iterator[Observation]:
    """What a workbook does to cells that were read: merged, never calculated, taken from another workbook."""
    for merged in structure.merged:
        if body.count_in(merged) > 1 and (found := body.at("cells_merged", {"range": merged}, merged.start)):
            yield found
    external = structure.external - structure.uncalculated - structure.errors.keys()
    for rule, addresses in (("formula_without_value", structure.uncalculated), ("formula_external", external)):
        met = [found for address in addresses if (found := body.at(rule, {"cells": ""}, address)) is not None]
        yield from met if len(met) < 2 else [_said_once(rule, met)]


def _said_once(rule: str, met: Sequence[Observation]) -> Observation:
    """One observation of what has one cause in many cells."""
    columns: dict[int, list[int]] = {}
    for position, number in sorted(address_place(str(one.cell)) for one in met):
        columns.setdefault(position, []).append(number)
    runs = [
        cell_address(position, run[0]) + (f" à {cell_address(position, run[-1])}" if len(run) > 1 else "")
        for position, numbers in columns.items()
        for run in _runs(numbers)
    ]
    cells = tuple(cell_address(position, number) for position, numbers in columns.items() for number in numbers)
    words = {"cells": f" ({french.number(len(met))} cellules{french.NBSP}: {header.listed(runs)})"}
    return Observation(rule, words, sheet=met[0].sheet, header_cells=cells)
