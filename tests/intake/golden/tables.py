"""Good tables to spoil: a ministry's projects and procedures of the sample, and actions and indicators.

What belongs here: making a table, changing it and writing it. What does not: which fault is which rule's (cases).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from orchestration.contracts import CONTRACTS
from orchestration.domain.spreadsheets import address_place, column_letters
from orchestration.sample.cells import procedure_cells, project_cells
from orchestration.sample.file_styles import PROCEDURE_STYLES, PROJECT_STYLES
from orchestration.sample.procedures import procedures as sample_procedures
from orchestration.sample.state import project_histories
from orchestration.sample.writers import csv_bytes, ods_bytes

EDITION, PREVIOUS_EDITION = "2021-S1", "2020-S2"
PERIMETER = "MSO"

_PROJECTS = {edition: projects for edition, _, projects in project_histories()}


class Table:
    """A header and rows of cells; `fields` are the contract's, column by column. Rows count as in a sheet."""

    def __init__(self, fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.fields = list(fields)
        self.rows = [list(row) for row in rows]

    def at(self, field: str, row: int) -> str:
        """The address of a cell."""
        return f"{column_letters(self.fields.index(field))}{row}"

    def get(self, field: str, row: int) -> Any:
        """What a cell says."""
        return self.rows[row - 1][self.fields.index(field)]

    def put(self, row: int, **cells: Any) -> Table:
        """Write cells of a row."""
        for field, value in cells.items():
            self.rows[row - 1][self.fields.index(field)] = value
        return self

    def fill(self, field: str, *values: Any) -> Table:
        """Write the cells of a column, from the first row under the header."""
        for row, value in enumerate(values, start=2):
            self.put(row, **{field: value})
        return self

    def blank(self, field: str) -> Table:
        """Empty a column under its header."""
        return self.fill(field, *[None] * (len(self.rows) - 1))

    def multiply(self, field: str, factor: int, rows: Sequence[int] = ()) -> Table:
        """Multiply the numbers of a column, in some rows or in all."""
        for row in rows or range(2, len(self.rows) + 1):
            self.put(row, **{field: self.get(field, row) * factor})
        return self

    def swap(self, field: str, other: str) -> Table:
        """Swap the values of two columns, leaving their headers where they are."""
        for row in range(2, len(self.rows) + 1):
            self.put(row, **{field: self.get(other, row), other: self.get(field, row)})
        return self

    def header(self, field: str, text: str | None) -> Table:
        """Rename a column."""
        return self.put(1, **{field: text})

    def without(self, *fields: str) -> Table:
        """Leave columns out."""
        keep = [place for place, field in enumerate(self.fields) if field not in fields]
        self.rows = [[row[place] for place in keep] for row in self.rows]
        self.fields = [self.fields[place] for place in keep]
        return self

    def column(self, header: str | None, *values: Any) -> Table:
        """Add a column at the end."""
        cells = [header, *values, *[None] * (len(self.rows) - 1 - len(values))]
        self.rows = [[*row, cell] for row, cell in zip(self.rows, cells, strict=True)]
        return self

    def insert(self, row: int, *cells: Any) -> Table:
        """Insert a row, so that it has this number; the cells that are not given are blank."""
        self.rows.insert(row - 1, [*cells, *[None] * (len(self.rows[0]) - len(cells))])
        return self

    def repeat(self, row: int, **cells: Any) -> Table:
        """Add a copy of a row at the end, with other cells."""
        self.rows.append(list(self.rows[row - 1]))
        return self.put(len(self.rows), **cells)

    def remove(self, row: int) -> Table:
        """Take a row out."""
        del self.rows[row - 1]
        return self

    def csv(self, separator: str = ";") -> bytes:
        """As a CSV."""
        return csv_bytes(self.rows, separator=separator)

    def ods(self, struck_row: int | None = None) -> bytes:
        """As an OpenDocument spreadsheet; a row may be struck through."""
        data = ods_bytes(self.rows)
        if struck_row is None:
            return data
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = {entry: package.read(entry) for entry in package.infolist()}
        strikes = (
            b'<office:automatic-styles><style:style style:name="barre" style:family="table-cell"><style:text-properties'
            b' style:text-line-through-style="solid"/></style:style></office:automatic-styles><office:body>'
        )
        changed = io.BytesIO()
        with zipfile.ZipFile(changed, "w") as package:
            for entry, content in entries.items():
                before, *rows = content.split(b"<table:table-row>")
                if rows:
                    row = rows[struck_row - 1].replace(
                        b"<table:table-cell ", b'<table:table-cell table:style-name="barre" '
                    )
                    content = b"<table:table-row>".join([before, *rows[: struck_row - 1], row, *rows[struck_row:]])
                    named = b'<office:document-content xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
                    content = content.replace(b"<office:document-content", named).replace(b"<office:body>", strikes)
                package.writestr(entry, content)
        return changed.getvalue()

    def json(self) -> bytes:
        """As a list of records."""
        header, *rows = self.rows
        return json.dumps([dict(zip(header, row, strict=True)) for row in rows], default=str).encode()

    def xlsx(
        self,
        *,
        hidden_rows: Sequence[int] = (),
        hidden_columns: str = "",
        filtered_on: str | None = None,
        merged: Sequence[str] = (),
        formulas: Mapping[str, tuple[str, Any]] | None = None,
        formats: Mapping[str, str] | None = None,
        struck: Sequence[str] = (),
        is_hidden: bool = False,
        others: Mapping[str, Table] | None = None,
        hidden_others: Mapping[str, Table] | None = None,
    ) -> bytes:
        """As a workbook; `formulas` maps an address to a formula and its cached value (an empty one is none).

        `formats` maps one to the number format of its cell; `struck` are those of the cells that are struck through.
        """
        buffer = io.BytesIO()
        options = {"in_memory": True, "default_date_format": "dd/mm/yyyy", "strings_to_urls": False}
        with xlsxwriter.Workbook(buffer, options) as book:
            page = book.add_worksheet("Grands projets")
            _write(page, self.rows)
            for address in merged:
                page.merge_range(address, None)
                _write(page, self.rows)
            for address, (formula, value) in (formulas or {}).items():
                page.write_formula(address, formula, None, value)
            for address, code in (formats or {}).items():
                position, number = address_place(address)
                page.write(address, self.rows[number - 1][position], book.add_format({"num_format": code}))
            for address in struck:
                position, number = address_place(address)
                cell = self.rows[number - 1][position]
                code = "dd/mm/yyyy" if isinstance(cell, date) else "General"
                page.write(address, cell, book.add_format({"font_strikeout": True, "num_format": code}))
            if filtered_on:
                last = len(self.rows) - 1
                page.autofilter(0, 0, last, len(self.fields) - 1)
                page.filter_column(self.fields.index(filtered_on), "x != Terminé")
            for row in hidden_rows:
                page.set_row(row - 1, None, None, {"hidden": True})
            if hidden_columns:
                page.set_column(hidden_columns, None, None, {"hidden": True})
            for name, table in {**(others or {}), **(hidden_others or {})}.items():
                other = book.add_worksheet(name)
                _write(other, table.rows)
                if name in (hidden_others or {}):
                    other.hide()
            if is_hidden:
                book.add_worksheet("Lisez-moi").activate()
                page.hide()
        return buffer.getvalue()


def _write(page: Any, rows: Sequence[Sequence[Any]]) -> None:
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)


def projects(edition: str = EDITION, style: str = "template") -> Table:
    """The projects of a ministry of the sample, in the current template: header, then rows 2 to 8."""
    how = PROJECT_STYLES[style]
    rows = [project_cells(p, how, edition) for p in _PROJECTS[edition] if p.perimeter == PERIMETER]
    # One id that its name does not give.
    rows[2] |= {"declared_project_id": "mdph-2016"}
    return Table(
        [field for _, field in how.columns],
        [[title for title, _ in how.columns], *[[row[field] for _, field in how.columns] for row in rows]],
    )


def legacy_projects() -> Table:
    """The same as the published files have them: without ids and initial values, with a cost band."""
    return projects(style="panorama")


def projects_with_ends() -> Table:
    """The same with dates of end in the place of durations."""
    return projects(style="template_ends")


def procedures(edition: str = EDITION) -> Table:
    """Seven procedures of the ministry, in the workbook of the Observatoire: rows 2 to 8."""
    how = PROCEDURE_STYLES["observatory"]
    rows = [procedure_cells(row, how) for row in sample_procedures(edition) if row["perimeter"] == PERIMETER]
    return Table(
        [field for _, field in how.columns],
        [[title for title, _ in how.columns], *[[row[field] for _, field in how.columns] for row in rows[:7]]],
    )


def roadmap() -> Table:
    """Three actions."""
    rows = [
        ("label-03", "Publier le catalogue", "Label", "Achevé", "2020-S2", date(2020, 12, 31), date(2021, 1, 15)),
        ("infra-01", "Ouvrir le réseau", "Infra", "En cours", "2020-S2", date(2021, 12, 31), None),
        ("data-02", "Nommer les administrateurs", "Data", "À venir", "2021-S1", date(2022, 6, 30), None),
    ]
    return _of_contract("roadmap", rows)


def indicators() -> Table:
    """Two indicators."""
    first = (date(2019, 6, 30), Decimal(25), date(2022, 12, 31), Decimal(35), date(2021, 5, 31), "Enquête")
    rows = [
        ("teletravail", "Agents en mesure de télétravailler", "%", Decimal(12), *first),
        ("startups", "Services lancés", "services", Decimal(40), *first),
    ]
    return _of_contract("indicators", rows)


def _of_contract(kind: str, rows: Sequence[Sequence[Any]]) -> Table:
    columns = CONTRACTS[kind].current
    return Table([column.field for column in columns], [[column.header for column in columns], *rows])
