"""The body of a table: the rows under its header, read a column at a time into rows of the lake.

What belongs here: reading each row, and observing what is remarkable in it. What does not: finding the table
(`header`), what only whole columns betray (`whole_columns`), or the sentences (findings).
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from functools import partial

import numpy as np
import pyarrow as pa

from expectations.rule import MAX_FINDINGS
from orchestration.contracts.cells.absences import is_no_id
from orchestration.contracts.cells.cell import BLANK, Cell, Parsed, typed_text
from orchestration.contracts.cells.dates import EXCEL, DayCount, counted_from, is_month_first, month_first, number_under
from orchestration.contracts.cells.numbers import decimal_mark
from orchestration.contracts.cells.parsing import Parse, parser_of
from orchestration.contracts.cells.shown_numbers import reading_what_is_shown
from orchestration.contracts.contract import DATED, NUMBERS, PLAIN, Column, Contract, Type
from orchestration.domain import french
from orchestration.domain.spreadsheets import address_place, cell_address
from orchestration.intake.observation import Observation
from orchestration.intake.opening.grid import Grid
from orchestration.intake.opening.structure import Range
from orchestration.intake.reading import row_classification
from orchestration.intake.reading.columns import distinct_cells, take_rows, width_of
from orchestration.intake.reading.fast_path import plain_cells
from orchestration.intake.reading.header import FoundTable
from orchestration.intake.reading.row_classification import Landmarks, RowClass
from orchestration.intake.reading.rows import Rows, Values
from orchestration.intake.reading.running_sums import RunningSums

_UNFORMATTED = frozenset({str, float, int, bool, type(None)})
_WHOLE: frozenset[Type] = frozenset({"volume", "integer"})
# Numbers of one unit: a mark that is the decimal one in some of a column is so in all of it.
_OF_ONE_UNIT: frozenset[Type] = frozenset({"cost", "duration", "rate", "score"})
# Two faults in a row may be a shift. Looking for one is slow: past this many rows, faults are told cell by cell.
_FAULTS_OF_A_SHIFT = 2
_MAX_SHIFTS_SOUGHT = 200
# Past so many, cells of a column that meet one rule are told together: nobody reads them all, and their cause is one.
_MOST_SAID_ONE_BY_ONE = 200
# Of a number that its comma cut, the second half with its unit.
_LONGEST_DECIMALS = 25

# A cell in which something is remarkable: its position, its column, the cell, and what was read.
_Remark = tuple[int, Column, Cell, Parsed]


class Body:
    """The rows under a header: what they say, what was observed, what stands beside the table.

    `cells` are those of the rows that are data, whose `numbers` in the spreadsheet stand beside them; `parsers` are
    those of the columns whose type can refuse a cell, by position, and `refused` the positions where it did; `strays`
    are the positions of filled columns that are not read. `moved_headers` are the numbers of the rows that name the
    columns again in another order.
    """

    def __init__(self, table: FoundTable, body: Sequence[Sequence[Cell]], day_count: DayCount = EXCEL) -> None:
        self.rows = Rows.none()
        self.observations: list[Observation] = []
        self.strays: set[int] = set()
        self.neant_rows: list[tuple[int, int, Sequence[Cell]]] = []
        self.moved_headers: list[int] = []
        self.parsers: dict[int, Parse] = {}
        self.refused: set[int] = set()
        self._table, self._contract, self._day_count = table, table.contract, day_count
        self._columns = sorted(table.matching.columns.items())
        self._known = frozenset(table.matching.columns)
        identities = (self._contract.key, self._contract.subject)
        self._identities = {table.fields[name] for name in identities if name in table.fields}
        self._subject = table.fields.get(self._contract.subject)
        self._key = table.fields.get(self._contract.key)
        self._shifts_sought = 0
        self._has_second_header = False
        self._first = table.start + 1
        self._landmarks = Landmarks.of(table.contract, table.matching, table.headers)
        aside = self._set_aside(body)
        places = np.delete(np.arange(len(body)), aside)
        self.numbers = self._first + places
        self.cells = body if not aside else take_rows(body, places)

    def _set_aside(self, body: Sequence[Sequence[Cell]]) -> list[int]:
        """The places of the rows that are blank, or no data, which is observed."""
        sums, met = RunningSums(body, self._landmarks), dict[int, RowClass]()
        aside: dict[int, RowClass | None] = {}
        for place in row_classification.suspects(body, self._landmarks):
            filled = row_classification.filled_positions(body[place])
            row_class = filled and row_classification.classify(
                body[place], filled, self._landmarks, partial(sums.is_sum, place, aside)
            )
            if row_class:
                met[place] = row_class
            if not filled or row_class not in (None, "row_name_only", "row_total_kept"):
                aside[place] = row_class or None
        below = row_classification.notes_below(body, aside, self._landmarks)
        for place, row_class in (met | dict.fromkeys(below, "row_note")).items():
            where = (self._first + place, row_classification.filled_positions(body[place])[0], body[place])
            if row_class == "nothing_to_declare":
                self.neant_rows.append(where)
            elif row_class == "header_moved":
                self.moved_headers.append(where[0])
            else:
                self._observe_row(row_class, *where)
        return sorted({*aside, *below})

    def read(self) -> Sequence[int] | None:
        """Read the rows, then look at those where much is remarkable.

        Stop where there is more to observe than anyone would read, and return the positions of the columns where most
        is remarkable: none of them where it is columns that the file lacks.
        """
        count = len(self.numbers)
        columns = {name: Values.of_one(None, count) for name in self._contract.lake_schema().names}
        columns["sheet"] = Values.of_one(self._table.sheet.name, count)
        columns["row_number"] = Values(pa.array(self.numbers))
        columns["cell_columns"] = Values.of_one(json.dumps(self._table.letters_by_field, sort_keys=True), count)
        remarks: dict[int, list[_Remark]] = {}
        everywhere: dict[tuple[int, str], list[tuple[int, _Remark]]] = {}
        counts: Counter[int] = Counter()
        for position, column in self._columns:
            read = list(self._read_column(position, column, columns))
            doubts = Counter(one.doubt for _, _, one in read if one.doubt)
            for index, cell, one in read:
                if one.doubt and doubts[one.doubt] > _MOST_SAID_ONE_BY_ONE:
                    everywhere.setdefault((position, one.doubt), []).append((index, (position, column, cell, one)))
                    if not one.link:
                        continue
                    one = one._replace(doubt=None)
                remarks.setdefault(index, []).append((position, column, cell, one))
                counts[position] += not one.link
                if one.fault and position in self.parsers:
                    self.refused.add(position)
            if counts.total() > MAX_FINDINGS:
                return _most_remarked(counts)
        self.rows = Rows(columns, self.numbers)
        shifted = [index for index in sorted(remarks) if self._observe_cells(index, remarks[index])]
        if self._table.sheet.name is None:
            shifted += self._cut_by_commas(frozenset(shifted))
        self._find_strays(shifted)
        for met in everywhere.values():
            first = self._of_cell(self.rows[met[0][0]], *met[0][1])
            self.observations.append(
                _said_of_column(first, self._table, [int(self.numbers[index]) for index, _ in met])
            )
        if self._has_second_header:
            self.rows.remove(int(self.numbers[0]))
            self.cells, self.numbers = self.cells[1:], self.numbers[1:]
        for place in self.neant_rows if self.rows else ():
            self._observe_row("row_note", *place)
        self.observations += _initial_values_missing(self._table, self.rows)
        if len(self.observations) > MAX_FINDINGS:
            return _most_remarked(Counter(address_place(one.cell)[0] for one in self.observations if one.cell))
        self.observations.sort(key=lambda one: one.row or 0)
        return None

    def _cut_by_commas(self, shifted: Collection[int]) -> list[int]:
        """Observe the rows of a text that go past the header because the comma of a number cut it in two."""
        headers = [header.strip() for header in self._table.headers]
        last = max((position for position, header in enumerate(headers) if header), default=0)
        if width_of(self.cells) <= last + 1:
            return []
        cells, codes = distinct_cells(self.cells, last + 1)
        is_past = np.array([row_classification.is_filled(cell) for cell in cells])[codes]
        cut = []
        for index in np.flatnonzero(is_past)[:_MAX_SHIFTS_SOUGHT].tolist():
            starts = [position for position in self._known if _is_cut(self.cells[index], position, self.parsers)]
            if index not in shifted and starts:
                self._forget(int(self.numbers[index]), min(starts))
                self._empty_from(index, row_classification.Shift(min(starts), 1))
                cut.append(index)
        return cut

    def _forget(self, number: int, start: int) -> None:
        """Leave out what was observed in the cells of a row from a position on: it has one cause."""
        self.observations = [
            one for one in self.observations if one.row != number or not one.cell or address_place(one.cell)[0] < start
        ]

    def _find_strays(self, shifted: Sequence[int]) -> None:
        """Note the columns that are filled and not read; what stands in a shifted row says nothing of its column."""
        for position in set(range(width_of(self.cells))) - self._known:
            cells, codes = distinct_cells(self.cells, position)
            is_filled = np.array([row_classification.is_filled(cell) for cell in cells])[codes]
            is_filled[list(shifted)] = False
            if is_filled.any():
                self.strays.add(position)

    def _read_column(
        self, position: int, column: Column, columns: dict[str, Values]
    ) -> Iterator[tuple[int, Cell, Parsed]]:
        """Put what a column says among the lake's `columns`, and yield its cells where something is remarkable.

        Equal cells say the same, and most are equal: each is read once.
        """
        is_key, count = position == self._key, len(self.numbers)
        names = _lake_fields(column)
        texts = self.cells.columns[position] if isinstance(self.cells, Grid) else None
        plain = None if texts is None else plain_cells(texts, column, is_key=is_key)
        if texts is None or plain is None:
            places = np.arange(count)
            cells, codes = distinct_cells(self.cells, position)
        else:
            places = np.flatnonzero(~plain.is_plain)
            cells, codes = distinct_cells(Grid([texts.take(places)]), 0)
        is_identity = position in self._identities
        parse = _parser(column, cells, self._day_count, is_identity=is_identity, is_key=is_key)
        if column.type not in PLAIN:
            self.parsers[position] = parse
        parsed = _settled(column, cells, [parse(cell) for cell in cells])
        for name, values in zip(names, _lake_columns(cells, parsed, len(names)), strict=True):
            if plain is None:
                columns[name] = Values(values, codes)
            else:
                others = dict(zip(places.tolist(), (values[code] for code in codes.tolist()), strict=True))
                of_plain = {names[0]: plain.values, f"{column.field}_typed": texts}
                columns[name] = (
                    Values(of_plain[name], others=others) if name in of_plain else Values.of_one(None, count, others)
                )
        has_remark = np.array([bool(one.fault or one.doubt or one.link) for one in parsed], dtype=bool)[codes]
        for index, code in zip(places[has_remark].tolist(), codes[has_remark].tolist(), strict=True):
            yield index, cells[code], parsed[code]

    def _observe_cells(self, index: int, remarks: list[_Remark]) -> bool:
        """Observe what is remarkable in a row, and tell whether its values are shifted."""
        row, cells, is_shifted = self.rows[index], self.cells[index], False
        for _, column, _, one in remarks:
            if one.link and column.link_field:
                row[column.link_field] = row.get(column.link_field) or one.link
        faults = sum(1 for _, _, _, one in remarks if one.fault)
        if faults >= _FAULTS_OF_A_SHIFT:
            number = int(self.numbers[index])
            if number == self._table.start + 1 and self._is_second_header(cells, faults):
                self._has_second_header = True
                self._observe_row("row_header", number, row_classification.filled_positions(cells)[0], cells)
                return True
            remarks, is_shifted = self._unless_shifted(index, remarks)
        self.observations += [self._of_cell(row, *one) for one in remarks if one[3].fault or one[3].doubt]
        return is_shifted

    def _is_second_header(self, cells: Sequence[Cell], faults: int) -> bool:
        typed = sum(1 for position in row_classification.filled_positions(cells) if position in self.parsers)
        return faults == typed and row_classification.is_second_header(cells)

    def _unless_shifted(self, index: int, remarks: list[_Remark]) -> tuple[list[_Remark], bool]:
        """The remarks on a row; if its values are shifted, they are emptied from there on, observed once."""
        self._shifts_sought += 1
        if self._shifts_sought > _MAX_SHIFTS_SOUGHT:
            return remarks, False
        shift = row_classification.shift(self.cells[index], self.parsers)
        if shift is None:
            return remarks, False
        self._empty_from(index, shift)
        return [one for one in remarks if one[0] < shift.start], True

    def _empty_from(self, index: int, shift: row_classification.Shift) -> None:
        """Empty the values of a row from where it is shifted on, and observe it."""
        row, cells = self.rows[index], self.cells[index]
        for position, column in self._columns:
            if position >= shift.start:
                cell = cells[position] if position < len(cells) else None
                parsed = Parsed(fault="row_shifted") if typed_text(cell) else BLANK
                names = _lake_fields(column)
                values = (of_column[0] for of_column in _lake_columns([cell], [parsed], len(names)))
                row.update(zip(names, values, strict=True))
        columns = "d’une colonne" if abs(shift.by) == 1 else f"de {abs(shift.by)} colonnes"
        words = {
            "way": f"{columns} vers la {'droite' if shift.by > 0 else 'gauche'}",
            "hint": _cells_to_mend(cells, shift),
        }
        self.observations.append(self._at("row_shifted", words, row, shift.start, cells))

    def _observe_row(self, rule: str, number: int, position: int, cells: Sequence[Cell]) -> None:
        self.observations.append(self._at(rule, {}, {"row_number": number}, position, cells))

    def _of_cell(
        self, row: Mapping[str, object], position: int, column: Column, cell: Cell, parsed: Parsed
    ) -> Observation:
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
            "reason": f" ; {parsed.taken}" if parsed.fault and parsed.taken else "",
            "hint": f" (Excel l’a peut-être faite de {parsed.taken})" if parsed.fault and parsed.taken else "",
        }
        return self._at(parsed.fault or parsed.doubt or "", words, row, position, [*[None] * position, cell])

    def _at(
        self,
        rule: str,
        words: Mapping[str, object],
        row: Mapping[str, object],
        position: int,
        cells: Sequence[Cell],
    ) -> Observation:
        headers, number = self._table.headers, int(str(row["row_number"]))
        subject = row.get(self._contract.subject)
        cell = cells[position] if position < len(cells) else None
        return Observation(
            rule,
            words,
            sheet=self._table.sheet.name,
            cell=cell_address(position, number),
            row=number,
            column=headers[position] if position < len(headers) else None,
            subject=None if subject is None else str(subject),
            value=typed_text(cell) if position < len(cells) else None,
            is_number=isinstance(cell, float),
        )

    def at(self, rule: str, words: Mapping[str, object], address: str) -> Observation | None:
        """The observation of a rule at an address, if a known column of a row that was read stands there."""
        position, number = address_place(address)
        index = int(np.searchsorted(self.numbers, number))
        if position not in self._known or self.numbers[index : index + 1].tolist() != [number]:
            return None
        return self._at(rule, words, self.rows[index], position, self.cells[index])

    def count_in(self, cells: Range) -> int:
        """How many known cells of rows that were read are in a range."""
        columns = sum(cells.left <= position <= cells.right for position in self._known)
        return columns * int(((cells.top <= self.numbers) & (self.numbers <= cells.bottom)).sum())


def _most_remarked(counts: Counter[int]) -> list[int]:
    """The positions of the columns where nearly all is remarkable."""
    most = max(counts.values(), default=0)
    return [position for position, count in counts.items() if 10 * count > most]


def _is_cut(cells: Sequence[Cell], position: int, parsers: Mapping[int, Parse]) -> bool:
    """Whether a column of values holds digits alone, and the one beside it what may be their decimals, and no value."""
    beside = parsers.get(position + 1)
    if position not in parsers or (beside and beside(cells[position + 1]).fault is None):
        return False
    first, second = (cell.strip() if isinstance(cell, str) else "" for cell in cells[position : position + 2])
    return bool(re.fullmatch(r"[-+]?\d[\d ]*", first) and re.match(r"\d", second)) and len(second) < _LONGEST_DECIMALS


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


def _parser(column: Column, cells: Sequence[Cell], day_count: DayCount, *, is_identity: bool, is_key: bool) -> Parse:
    parse = parser_of(column)
    if is_identity:
        return lambda cell: _parse_identity(cell, parse, is_key=is_key)
    if column.type == "date":
        parse = parse if day_count.day_0 == EXCEL.day_0 else counted_from(day_count.day_0, parse)
        return month_first(parse) if is_month_first(cells) else parse
    # Nearly all columns hold plain numbers and texts alone.
    if column.type not in NUMBERS or set(map(type, cells)) <= _UNFORMATTED:
        return parse
    return _telling_numbers(reading_what_is_shown(column, parse), day_count, is_whole=column.type in _WHOLE)


def _telling_numbers(parse: Parse, day_count: DayCount, *, is_whole: bool) -> Parse:
    """The parser of a column of numbers, which tells the one that a date format hides."""

    def parse_telling(cell: Cell) -> Parsed:
        parsed = parse(cell)
        number = number_under(cell, day_count, is_whole=is_whole)
        return parsed if number is None else parsed._replace(taken=f"{number:f}".replace(".", ","))

    return parse_telling


def _parse_identity(cell: Cell, parse: Parse, *, is_key: bool) -> Parsed:
    """Read a name or an id: a cell typed as a date was made one by a spreadsheet, a text is what was typed."""
    if isinstance(cell, date | time | timedelta):
        return Parsed(fault="name_auto_date")
    return BLANK if is_key and isinstance(cell, str) and is_no_id(cell) else parse(cell)


def _settled(column: Column, cells: Sequence[Cell], parsed: list[Parsed]) -> list[Parsed]:
    """What cells say, without the doubt on a lone separator that is the decimal mark of the column's other values."""
    doubtful = [place for place, one in enumerate(parsed) if one.doubt == "number_three_digits"]
    mark = decimal_mark(cells) if doubtful and column.type in _OF_ONE_UNIT else None
    for place in doubtful if mark else ():
        parsed[place] = parsed[place]._replace(doubt=None, taken=None)
    return parsed


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


def _said_of_column(first: Observation, table: FoundTable, numbers: Sequence[int]) -> Observation:
    """The observation of many cells of a column at once, of which the first is given: the rows `numbers`."""
    position = address_place(str(first.cell))[0]
    start, end = (cell_address(position, number) for number in (min(numbers), max(numbers)))
    place = f"{table.named(position)}, de {start} à {end}"
    also = f" C’est le premier de {french.number(len(numbers))} cas de {place}."
    words = {**first.words, "also": also}
    cells = table.header_cells([position])
    return replace(first, words=words, cell=None, row=None, subject=None, value=None, header_cells=cells)


def _initial_values_missing(table: FoundTable, rows: Rows) -> Iterator[Observation]:
    """The initial values that are missing where the phase expects them: cells, or, once, the columns that lack."""
    contract: Contract = table.contract
    expected = contract.initial_values
    if expected is None or contract.version_of(list(table.fields)) != expected.version:
        return
    letters, headers = table.letters_by_field, table.headers_by_field
    begun = [row for row in rows if row[expected.phase] not in expected.not_yet]
    columns = [contract.by_field[name] for name in expected.fields]
    absent = [one for one in columns if one.field not in letters and one.given_by not in letters]
    if begun and absent:
        titles = " et ".join(f"« {column.title} »" for column in absent)
        hint = f"Ajoutez {'la colonne' if len(absent) == 1 else 'les colonnes'} {titles}"
        yield Observation("initial_value_missing", {"hint": hint}, sheet=table.sheet.name)
    for column in (one for one in columns if one not in absent):
        name = column.field if column.field in letters else str(column.given_by)
        missing = [
            Observation(
                "initial_value_missing",
                {"hint": f"Renseignez « {column.title} »"},
                sheet=table.sheet.name,
                cell=f"{letters[name]}{row['row_number']}",
                row=int(str(row["row_number"])),
                column=headers[name],
                subject=None if row.get(contract.subject) is None else str(row[contract.subject]),
            )
            for row in begun
            if row.get(column.field) is None
            and row.get(f"{column.field}_absence") is None
            and not (column.given_by and row.get(column.given_by))
        ]
        if len(missing) > _MOST_SAID_ONE_BY_ONE:
            yield _said_of_column(missing[0], table, [int(one.row or 0) for one in missing])
        else:
            yield from missing
