"""Reading: a file's bytes become typed rows and findings, by the contract of the kind that its header names (SPEC §4,
§5).

What belongs here: reading each row, and saying what is met in it. What does not: finding the table (header), whether a
value that can be read is one that a ministry should mend (expectations), and the verdict on the file (take_in).
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import pyarrow as pa

from orchestration.contracts.cells.parsing import (
    BLANK,
    Cell,
    Parsed,
    is_month_first,
    looks_like_a_date,
    month_first,
    parser_of,
    typed_text,
)
from orchestration.contracts.contract import DATED, PLAIN, Column, Contract, Type
from orchestration.domain import french
from orchestration.intake.findings.finding import Finding
from orchestration.intake.findings.rules import finding
from orchestration.intake.opening import grid, structure
from orchestration.intake.opening.formats import Refused, open_sheets
from orchestration.intake.opening.grid import Grid
from orchestration.intake.opening.limits import MAX_FINDINGS
from orchestration.intake.opening.structure import Range, Structure, letters
from orchestration.intake.reading import header, row_classification, whole_columns
from orchestration.intake.reading.fast_path import plain
from orchestration.intake.reading.header import Table
from orchestration.intake.reading.rows import Row, Rows, Values

__all__ = ["Reading", "letters", "read"]

_WHOLE: frozenset[Type] = frozenset({"volume", "integer"})
_INITIAL_VALUES = ("initial_cost_meur", "initial_duration_days")
_BEFORE_INITIAL_VALUES = (None, "cadrage")
# Two faults in a row may be a shift. Looking for one is slow: past this many rows, faults are told cell by cell.
_FAULTS_OF_A_SHIFT = 2
_MAX_SHIFTS_SOUGHT = 200


@dataclass(frozen=True)
class Reading:
    """What a file says: `headers` and `columns` map each field to its header as typed and to its letters.

    `rows` are rows of the lake whose `edition`, `perimeter` and `drop_id` are still to be said.
    """

    kind: str | None = None
    contract_version: str | None = None
    sheet: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    rows_read: int = 0
    rows: Rows = field(default_factory=Rows.none)
    findings: tuple[Finding, ...] = ()

    @classmethod
    def refused(cls, *findings: Finding) -> Self:
        """The reading of a file that cannot be read at all."""
        return cls(findings=findings)


def read(data: bytes) -> Reading:
    """Read a file's bytes; bad ones give a reading without rows whose findings say why, never an exception."""
    try:
        sheets = open_sheets(data)
    except Refused as refused:
        return Reading.refused(refused.finding)
    tables = [table for sheet in sheets if (table := header.find_table(sheet)) is not None]
    if not tables:
        return Reading.refused(finding("header_unknown"))
    hidden = structure.hidden_sheets(data)
    table = header.choose(tables, hidden)
    fields = table.fields
    reading = Reading(
        kind=table.contract.kind,
        contract_version=table.contract.version_of(list(fields)),
        sheet=table.sheet.name,
        headers={name: table.headers[position] for name, position in fields.items()},
        columns={name: letters(position) for name, position in fields.items()},
    )
    notices = list(header.notices(table, tables, hidden))
    faults = list(header.faults(table))
    if faults:
        return replace(reading, findings=(*faults, *notices))
    return _read_rows(table, reading, structure.look(data, table.sheet.name), notices)


_Met = tuple[int, Column, Cell, Parsed]


def _read_rows(table: Table, reading: Reading, look: Structure, notices: Sequence[Finding]) -> Reading:
    cells = _with_formula_errors(table, look)
    body = _Body(table, reading, cells)
    wrong = body.read()
    if wrong:
        words = {"limit": french.number(MAX_FINDINGS), "columns": header.listed(wrong)}
        fault = finding("findings_too_many", words, sheet=reading.sheet)
        return replace(reading, rows_read=len(body.cells), findings=(fault, *notices))
    if not body.rows:
        faults = () if body.says_nothing else (finding("rows_missing", sheet=reading.sheet),)
        return replace(reading, findings=(*faults, *notices, *body.findings))
    swapped = whole_columns.swapped(body.cells, body.refusing, body.refused, _texts_without_numbers(table))
    if swapped:
        first, second = map(table.named, sorted(swapped))
        fault = finding("columns_swapped", {"first": first, "second": second}, sheet=reading.sheet)
        return replace(reading, rows_read=len(body.rows), findings=(fault, *notices))
    structural = (
        *notices,
        *header.stray_columns(table, body.strays),
        *_hidden_rows(reading, look, body.numbers.tolist()),
        *_figures_out_of_place(table, body.rows),
    )
    findings = (*structural, *body.findings, *_marked_cells(look, body))
    return replace(reading, findings=findings, rows=body.rows, rows_read=len(body.rows))


class _Body:
    """The rows under a header, read a column at a time: what they say, what was met, what stands beside the table."""

    def __init__(self, table: Table, reading: Reading, body: Sequence[Sequence[Cell]]) -> None:
        self.rows = Rows.none()
        self.findings: list[Finding] = []
        self.strays: set[int] = set()
        self.says_nothing: list[tuple[int, int, Sequence[Cell]]] = []
        self.refusing: dict[int, row_classification.Parse] = {}
        self.refused: set[int] = set()
        self._table, self._reading = table, reading
        self._columns = sorted(table.matching.columns.items())
        self._known = frozenset(table.matching.columns)
        identities = (table.contract.key, table.contract.subject)
        self._identities = {table.fields[name] for name in identities if name in table.fields}
        self._subject = table.fields.get(table.contract.subject)
        self._shifts_sought = 0
        self._has_second_header = False
        first = table.start + 1
        suspects = row_classification.suspects(body, table.headers)
        aside = [place for place in suspects if self._sets_aside(first + place, body[place])]
        places = np.delete(np.arange(len(body)), aside)
        self.numbers = first + places
        self.cells = body if not aside else grid.take(body, places)

    def _sets_aside(self, number: int, cells: Sequence[Cell]) -> bool:
        """Whether a row is blank, or no data, which is said."""
        filled = row_classification.said(cells)
        if not filled:
            return True
        oddity = row_classification.oddity(cells, filled, self._identities, self._subject, self._table.headers)
        if oddity == "nothing_to_declare":
            self.says_nothing.append((number, filled[0], cells))
        elif oddity is not None:
            self._say_of_row(oddity, number, filled[0], cells)
        return oddity not in (None, "row_name_only")

    def read(self) -> list[str]:
        """Read the rows, then look at those where much is met.

        Stop where there is more to say than anyone would read, and return the names of the columns that make it so.
        """
        count = len(self.numbers)
        columns = {name: Values.of_one(None, count) for name in self._table.contract.lake_schema().names}
        columns["sheet"] = Values.of_one(self._reading.sheet, count)
        columns["row_number"] = Values(pa.array(self.numbers))
        columns["cell_columns"] = Values.of_one(json.dumps(self._reading.columns, sort_keys=True), count)
        met: dict[int, list[_Met]] = {}
        counts: Counter[int] = Counter()
        for position, column in self._columns:
            for index, cell, one in self._read_column(position, column, columns):
                met.setdefault(index, []).append((position, column, cell, one))
                counts[position] += not one.link
                if one.fault and position in self.refusing:
                    self.refused.add(position)
            if counts.total() > MAX_FINDINGS:
                return self._most_met(counts)
        self.rows = Rows(columns, self.numbers)
        shifted = [index for index in sorted(met) if self._say_what_is_met(index, met[index])]
        for position in set(range(grid.width(self.cells))) - self._known:
            cells, codes = grid.coded(self.cells, position)
            is_said = np.array([row_classification.is_said(cell) for cell in cells])[codes]
            is_said[shifted] = False
            if is_said.any():
                self.strays.add(position)
        if self._has_second_header:
            self.rows.remove(int(self.numbers[0]))
            self.cells, self.numbers = self.cells[1:], self.numbers[1:]
        for place in self.says_nothing if self.rows else ():
            self._say_of_row("row_note", *place)
        self.findings += _initial_values_missing(self._table.contract, self._reading, self.rows)
        if len(self.findings) > MAX_FINDINGS:
            return self._most_met(Counter(structure.place(one.cell)[0] for one in self.findings if one.cell))
        self.findings.sort(key=lambda one: one.row or 0)
        return []

    def _read_column(
        self, position: int, column: Column, columns: dict[str, Values]
    ) -> Iterator[tuple[int, Cell, Parsed]]:
        """Put what a column says among the lake's `columns`, and yield its cells where something is met.

        Equal cells say the same, and most are equal: each is read once.
        """
        is_identity, count = position in self._identities, len(self.numbers)
        names = _lake_fields(column)
        texts = self.cells.columns[position] if isinstance(self.cells, Grid) else None
        glance = None if texts is None else plain(texts, column, is_identity=is_identity)
        if texts is None or glance is None:
            places = np.arange(count)
            cells, codes = grid.coded(self.cells, position)
        else:
            places = np.flatnonzero(~glance.is_plain)
            cells, codes = grid.coded(Grid([texts.take(places)]), 0)
        parse = _parser(column, cells, is_identity=is_identity)
        if column.type not in PLAIN:
            self.refusing[position] = parse
        said = [parse(cell) for cell in cells]
        for name, values in zip(names, _lake_columns(cells, said, len(names)), strict=True):
            if glance is None:
                columns[name] = Values(values, codes)
            else:
                others = dict(zip(places.tolist(), (values[code] for code in codes.tolist()), strict=True))
                of_plain = {names[0]: glance.values, f"{column.field}_typed": texts}
                columns[name] = (
                    Values(of_plain[name], others=others) if name in of_plain else Values.of_one(None, count, others)
                )
        odd = np.array([bool(one.fault or one.doubt or one.link) for one in said], dtype=bool)[codes]
        for index, code in zip(places[odd].tolist(), codes[odd].tolist(), strict=True):
            yield index, cells[code], said[code]

    def _most_met(self, counts: Counter[int]) -> list[str]:
        """The columns where nearly all is met; those that the file lacks, where it is met in none."""
        most = max(counts.values(), default=0)
        places = [place for place, count in counts.items() if 10 * count > most]
        return list(map(self._table.named, places)) or ["des colonnes absentes"]

    def _say_what_is_met(self, index: int, met: list[_Met]) -> bool:
        """Say what is met in a row, and whether its values are shifted."""
        row, cells, is_shifted = self.rows[index], self.cells[index], False
        for _, column, _, one in met:
            if one.link and column.link_field:
                row[column.link_field] = row.get(column.link_field) or one.link
        faults = sum(1 for _, _, _, one in met if one.fault)
        if faults >= _FAULTS_OF_A_SHIFT:
            number = int(self.numbers[index])
            if number == self._table.start + 1 and self._is_second_header(cells, faults):
                self._has_second_header = True
                self._say_of_row("row_header", number, row_classification.said(cells)[0], cells)
                return True
            met, is_shifted = self._unless_shifted(row, cells, met)
        self.findings += [self._of_cell(row, *one) for one in met if one[3].fault or one[3].doubt]
        return is_shifted

    def _is_second_header(self, cells: Sequence[Cell], faults: int) -> bool:
        typed = sum(1 for position in row_classification.said(cells) if position in self.refusing)
        return faults == typed and row_classification.is_second_header(cells)

    def _unless_shifted(self, row: Row, cells: Sequence[Cell], met: list[_Met]) -> tuple[list[_Met], bool]:
        """What was met in a row; if its values are shifted, they are emptied from there on and it is said once."""
        self._shifts_sought += 1
        shift = row_classification.shift(cells, self.refusing) if self._shifts_sought <= _MAX_SHIFTS_SOUGHT else None
        if shift is None:
            return met, False
        for position, column in self._columns:
            if position >= shift.start:
                cell = cells[position] if position < len(cells) else None
                parsed = Parsed(fault="row_shifted") if typed_text(cell) else BLANK
                names = _lake_fields(column)
                row.update(zip(names, (said[0] for said in _lake_columns([cell], [parsed], len(names))), strict=True))
        columns = "d’une colonne" if abs(shift.by) == 1 else f"de {abs(shift.by)} colonnes"
        words = {
            "way": f"{columns} vers la {'droite' if shift.by > 0 else 'gauche'}",
            "hint": _cells_to_mend(cells, shift),
        }
        self.findings.append(self._at("row_shifted", words, row, shift.start, cells))
        return [one for one in met if one[0] < shift.start], True

    def _say_of_row(self, rule: str, number: int, position: int, cells: Sequence[Cell]) -> None:
        self.findings.append(self._at(rule, None, {"row_number": number}, position, cells))

    def _of_cell(self, row: Mapping[str, object], position: int, column: Column, cell: Cell, parsed: Parsed) -> Finding:
        fault, unit, example = parsed.fault, column.unit, column.example
        if fault == "cell_unreadable_number" and column.type in _WHOLE:
            unit = f"{unit}, sans décimale" if unit else "sans décimale"
        if fault == "cell_number_too_large" and parsed.taken:
            example = f"{parsed.taken} : la colonne est en {unit}"
        words = {
            "unit": f" ({unit})" if unit else "",
            "example": example,
            "words": ", ".join(column.labels.values()),
            "taken": parsed.taken,
            "hint": f" (Excel l’a peut-être faite de {parsed.taken})" if parsed.fault and parsed.taken else "",
        }
        return self._at(parsed.fault or parsed.doubt or "", words, row, position, [*[None] * position, cell])

    def _at(
        self,
        rule: str,
        words: Mapping[str, object] | None,
        row: Mapping[str, object],
        position: int,
        cells: Sequence[Cell],
    ) -> Finding:
        headers, number = self._table.headers, int(str(row["row_number"]))
        return finding(
            rule,
            words,
            sheet=self._reading.sheet,
            cell=f"{letters(position)}{number}",
            row=number,
            column=headers[position] if position < len(headers) else None,
            subject=row.get(self._table.contract.subject),
            value=typed_text(cells[position]) if position < len(cells) else None,
        )

    def at(self, rule: str, words: Mapping[str, object], address: str) -> Finding | None:
        """The finding of a rule at an address, if a known column of a row that was read stands there."""
        position, number = structure.place(address)
        index = int(np.searchsorted(self.numbers, number))
        if position not in self._known or self.numbers[index : index + 1].tolist() != [number]:
            return None
        return self._at(rule, words, self.rows[index], position, self.cells[index])

    def count_in(self, cells: Range) -> int:
        """How many known cells of rows that were read are in a range."""
        columns = sum(cells.left <= position <= cells.right for position in self._known)
        return columns * int(((cells.top <= self.numbers) & (self.numbers <= cells.bottom)).sum())


def _cells_to_mend(cells: Sequence[Cell], shift: row_classification.Shift) -> str:
    """What to do about a shifted row; a number that its comma cut in two is given back whole."""
    if shift.by < 0:
        return "Une valeur manque : insérez sa cellule, en décalant la suite vers la droite"
    number = row_classification.cut_number(cells, shift)
    if number:
        return (
            f"La virgule de {number} a séparé deux cellules : écrivez {number} dans une seule, et supprimez l’autre. "
            f'Dans un CSV, mettez les guillemets : "{number}"'
        )
    return (
        "Une cellule est en trop : supprimez-la, en décalant la suite vers la gauche. Dans un CSV, mettez entre "
        "guillemets les valeurs qui contiennent le séparateur"
    )


def _with_formula_errors(table: Table, look: Structure) -> Sequence[Sequence[Cell]]:
    """The rows under the header, each failed formula as its error: readers of values leave it blank."""
    body = table.sheet.rows[table.start :]
    if not look.errors:
        return body
    patched = [list(row) for row in body]
    for address, error in look.errors.items():
        position, number = structure.place(address)
        index = number - 1 - table.start
        if 0 <= index < len(patched) and position < len(patched[index]):
            patched[index][position] = error
    return patched


def _parser(column: Column, cells: Sequence[Cell], *, is_identity: bool) -> row_classification.Parse:
    parse = parser_of(column)
    if is_identity:
        return lambda cell: Parsed(fault="name_auto_date") if looks_like_a_date(cell) else parse(cell)
    if column.type == "date" and is_month_first(cells):
        return month_first(parse)
    return parse


def _texts_without_numbers(table: Table) -> list[int]:
    """The positions of the columns of text where a bare number is out of place."""
    return [table.fields[name] for name in ("cost_band", table.contract.subject) if name in table.fields]


def _hidden_rows(reading: Reading, look: Structure, numbers: Sequence[int]) -> Iterator[Finding]:
    hidden = sorted(look.hidden_rows.intersection(numbers))
    if hidden:
        rule = "filter_active" if look.has_filter else "rows_hidden"
        yield finding(rule, {"rows": _runs(hidden)}, sheet=reading.sheet)


def _runs(numbers: Sequence[int]) -> str:
    """Row numbers as an agent reads them: `lignes 5, 7 à 9`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    words = [" à ".join(map(str, run)) for run in runs]
    return f"{'ligne' if len(numbers) == 1 else 'lignes'} {header.listed(words)}"


def _figures_out_of_place(table: Table, rows: Sequence[Mapping[str, object]]) -> Iterator[Finding]:
    if table.contract.kind != "projects":
        return
    named = {name: table.named(position) for name, position in table.fields.items()}
    for rule, name, words in whole_columns.figures_out_of_place(rows):
        places = {"column": named[name], "first": named[name], "second": named.get("current_duration_days")}
        yield finding(rule, places | words, sheet=table.sheet.name, column=table.headers[table.fields[name]])


def _marked_cells(look: Structure, body: _Body) -> Iterator[Finding]:
    """What a workbook does to cells that were read: merged, never calculated, taken from another workbook."""
    marked = [
        *(("cells_merged", {"range": merged}, merged.start) for merged in look.merged if body.count_in(merged) > 1),
        *(("formula_without_value", {}, address) for address in look.uncalculated),
        *(("formula_external", {}, address) for address in look.external - look.uncalculated - look.errors.keys()),
    ]
    for rule, words, address in marked:
        if (found := body.at(rule, words, address)) is not None:
            yield found


def _lake_fields(column: Column) -> list[str]:
    names = [column.field]
    if column.type not in PLAIN:
        names += [f"{column.field}_typed", f"{column.field}_absence"]
    if column.type in DATED:
        names.append(f"{column.field}_precision")
    return names


def _lake_columns(cells: Sequence[Cell], parsed: Sequence[Parsed], width: int) -> Iterator[list[object]]:
    """What the cells of a column say, in the order of `_lake_fields`."""
    yield [one.value for one in parsed]
    if width > 1:
        yield [(cell if type(cell) is str else typed_text(cell)) or None for cell in cells]
        yield ["illisible" if one.fault else one.absence for one in parsed]
    if width > 3:
        yield [one.precision for one in parsed]


def _initial_values_missing(contract: Contract, reading: Reading, rows: Rows) -> Iterator[Finding]:
    if reading.contract_version != "2.0.0":
        return
    for row in rows:
        if row["phase"] in _BEFORE_INITIAL_VALUES:
            continue
        for name in _INITIAL_VALUES:
            by_end_date = name == "initial_duration_days" and row.get("initial_end_date")
            if row.get(name) is None and row.get(f"{name}_absence") is None and not by_end_date:
                where = {"cell": f"{reading.columns[name]}{row['row_number']}"} if name in reading.columns else {}
                yield finding(
                    "initial_value_missing",
                    {"title": contract.by_field[name].title},
                    sheet=reading.sheet,
                    row=row["row_number"],
                    column=reading.headers.get(name),
                    subject=row.get("name"),
                    **where,
                )
