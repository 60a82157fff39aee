"""Reading: a file's bytes become typed rows and findings, by the contract of the kind that its header names (SPEC §4,
§5).

What belongs here: choosing the sheet, the header and the kind, and reading each row. What does not: whether a value
that can be
read is one that a ministry should mend (expectations), and the verdict on the file (take_in).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from orchestration.folding import fold_header
from orchestration.intake.cells import Cell, Parsed, parser_of, typed_text
from orchestration.intake.contract import DATED, PLAIN, Column, Contract, Matching
from orchestration.intake.contracts import CONTRACTS
from orchestration.intake.findings import Finding
from orchestration.intake.formats import Refused, Sheet, open_sheets
from orchestration.intake.rules import finding

# How many rows may stand above the header, and how many of its columns must be known for a row to be one.
_ROWS_ABOVE_HEADER = 10
_KNOWN_COLUMNS = 3
_NOTHING_TO_DECLARE = "neant"
_INITIAL_VALUES = ("initial_cost_meur", "initial_duration_days")
_BEFORE_INITIAL_VALUES = (None, "cadrage")


@dataclass(frozen=True)
class Reading:
    """What a file says: `headers` and `columns` map each field to its header as typed and to its letters.

    `rows` are rows of the lake without `edition`, `perimeter` and `submission_id`.
    """

    kind: str | None = None
    contract_version: str | None = None
    sheet: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    rows_read: int = 0
    rows: tuple[dict[str, object], ...] = ()
    findings: tuple[Finding, ...] = ()

    @classmethod
    def refused(cls, *findings: Finding) -> Self:
        """The reading of a file that cannot be read at all."""
        return cls(findings=findings)


@dataclass(frozen=True)
class _Table:
    """A header found in a sheet: `start` is the index of the first row under it."""

    sheet: Sheet
    contract: Contract
    matching: Matching
    headers: Sequence[str]
    start: int


def read(data: bytes) -> Reading:
    """Read a file's bytes; bad ones give a reading without rows whose findings say why, never an exception."""
    try:
        sheets = open_sheets(data)
    except Refused as refused:
        return Reading.refused(refused.finding)
    table = _find_table(sheets)
    if table is None:
        return Reading.refused(finding("header_unknown"))
    fields = {column.field: position for position, column in table.matching.columns.items()}
    version = table.contract.version_of(list(fields))
    faults = list(_structural_faults(table, version, fields))
    reading = Reading(
        kind=table.contract.kind,
        contract_version=version,
        sheet=table.sheet.name,
        headers={name: table.headers[position] for name, position in fields.items()},
        columns={name: letters(position) for name, position in fields.items()},
    )
    if faults:
        return _with(reading, findings=faults)
    return _read_rows(table, reading, fields)


def letters(position: int) -> str:
    """Name the column at a 0-based position as spreadsheets do: 0 is `A`, 26 is `AA`."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _with(
    reading: Reading, *, findings: Sequence[Finding], rows: Sequence[dict[str, object]] = (), rows_read: int = 0
) -> Reading:
    from dataclasses import replace

    return replace(reading, findings=tuple(findings), rows=tuple(rows), rows_read=rows_read)


def _find_table(sheets: Sequence[Sheet]) -> _Table | None:
    """The header row that knows most columns of one contract; the first one of a tie."""
    best: _Table | None = None
    for sheet in sheets:
        candidates = ((index, row) for index, row in enumerate(sheet.rows) if not _is_blank(row))
        for _, (index, row) in zip(range(_ROWS_ABOVE_HEADER), candidates, strict=False):
            headers = [typed_text(cell) for cell in row]
            for contract in CONTRACTS.values():
                matching = contract.match(headers)
                known = len({column.field for column in matching.columns.values()})
                if known >= _KNOWN_COLUMNS and (best is None or known > len(best.matching.columns)):
                    best = _Table(sheet, contract, matching, headers, index + 1)
    return best


def _structural_faults(table: _Table, version: str, fields: Mapping[str, int]) -> Iterator[Finding]:
    sheet = table.sheet.name
    for name, positions in table.matching.twice.items():
        headers = ", ".join(f"« {table.headers[position]} » (colonne {letters(position)})" for position in positions)
        title = table.contract.by_field[name].title
        yield finding("column_twice", {"title": title, "headers": headers}, sheet=sheet, column=title)
    for name in table.contract.versions[version]:
        if name not in fields:
            title = table.contract.by_field[name].title
            yield finding("column_missing", {"title": title}, sheet=sheet, column=title)
    if all(_is_blank(row) for row in table.sheet.rows[table.start :]):
        yield finding("rows_missing", sheet=sheet)


def _read_rows(table: _Table, reading: Reading, fields: Mapping[str, int]) -> Reading:
    cell_columns = json.dumps(reading.columns, sort_keys=True)
    missing: dict[str, object] = {
        name: None for column in table.contract.columns if column.field not in fields for name in _lake_fields(column)
    }
    parsers = [(position, column, parser_of(column)) for position, column in sorted(table.matching.columns.items())]
    rows: list[dict[str, object]] = []
    findings: list[Finding] = []
    rows_read = 0
    for index, cells in enumerate(table.sheet.rows[table.start :], start=table.start):
        if _is_blank(cells):
            continue
        if not rows and _says_nothing_to_declare(cells):
            return reading
        rows_read += 1
        row: dict[str, object] = {
            "sheet": reading.sheet,
            "row_number": index + 1,
            "cell_columns": cell_columns,
            **missing,
        }
        links: dict[str, str] = {}
        met: list[tuple[Column, Cell, Parsed]] = []
        for position, column, parse in parsers:
            cell = cells[position] if position < len(cells) else None
            parsed = parse(cell)
            _fill(row, column, cell, parsed)
            if parsed.link and column.link_field:
                links[column.link_field] = parsed.link
            if parsed.fault or parsed.doubt:
                met.append((column, cell, parsed))
        for name, link in links.items():
            row[name] = row.get(name) or link
        rows.append(row)
        findings += [_cell_finding(reading, row, *one) for one in met]
        findings += _initial_values_missing(table.contract, reading, row)
    return _with(reading, findings=findings, rows=rows, rows_read=rows_read)


def _is_blank(cells: Sequence[Cell]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def _says_nothing_to_declare(cells: Sequence[Cell]) -> bool:
    said = [cell for cell in cells if cell is not None and typed_text(cell).strip()]
    return len(said) == 1 and fold_header(typed_text(said[0])) == _NOTHING_TO_DECLARE


def _lake_fields(column: Column) -> list[str]:
    names = [column.field]
    if column.type not in PLAIN:
        names += [f"{column.field}_typed", f"{column.field}_absence"]
    if column.type in DATED:
        names.append(f"{column.field}_precision")
    return names


def _fill(row: dict[str, object], column: Column, cell: Cell, parsed: Parsed) -> None:
    row[column.field] = parsed.value
    if column.type not in PLAIN:
        row[f"{column.field}_typed"] = typed_text(cell) or None
        row[f"{column.field}_absence"] = "illisible" if parsed.fault else parsed.absence
    if column.type in DATED:
        row[f"{column.field}_precision"] = parsed.precision


def _cell_finding(reading: Reading, row: Mapping[str, object], column: Column, cell: Cell, parsed: Parsed) -> Finding:
    words = {
        "unit": f" {column.unit}" if column.unit else "",
        "example": column.example,
        "words": ", ".join(column.words),
        "taken": parsed.taken,
    }
    return finding(
        parsed.fault or parsed.doubt or "",
        words,
        sheet=reading.sheet,
        cell=f"{reading.columns[column.field]}{row['row_number']}",
        row=row["row_number"],
        column=reading.headers[column.field],
        subject=row.get("name"),
        value=typed_text(cell),
    )


def _initial_values_missing(contract: Contract, reading: Reading, row: Mapping[str, object]) -> Iterator[Finding]:
    if reading.contract_version != "2.0.0" or row["phase"] in _BEFORE_INITIAL_VALUES:
        return
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
