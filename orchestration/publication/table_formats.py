"""The bytes of a published table in its five formats, each right for its readers.

What belongs here: how a value is written as CSV, as CSV for French spreadsheets, as JSON and as Parquet; the same bytes
for the same rows. What does not: XLSX (`workbooks`), and which rows and columns there are (`tables`).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.domain.spreadsheets import FORMULA_STARTS
from orchestration.publication.table_schemas import Column, TableSchema
from orchestration.publication.tables import TABLES, published_schema
from orchestration.publication.workbooks import workbook
from orchestration.store.json_values import decimal_text, json_records, plain_text
from orchestration.store.marts import MartRow

# In the order of the downloads.
FORMATS = ("csv", "fr.csv", "xlsx", "parquet", "json")

_QUOTED, _QUOTED_FR = re.compile('[,"\r\n]'), re.compile('[;"\r\n]')
_PARQUET_TYPES = {
    "text": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}


def data_files(tables: Mapping[str, Sequence[MartRow]]) -> dict[str, bytes]:
    """Write each table in its formats: path inside the release -> bytes.

    One of a kind that the edition has nothing of is absent; one that merely has no rows is there, with its header.
    """
    (headline,) = tables["headline_figures"]
    files: dict[str, bytes] = {}
    for name, rows in tables.items():
        if rows or TABLES[name].has_of(headline):
            files |= files_of(name, TABLES[name].title_fr, published_schema(name), rows)
    return files


def files_of(name: str, title: str, schema: TableSchema, rows: Sequence[MartRow]) -> dict[str, bytes]:
    """Write one table in its formats."""
    columns = schema.columns
    return {
        f"data/{name}.csv": reference_csv(columns, rows),
        f"data/{name}.fr.csv": french_csv(columns, rows),
        f"data/{name}.xlsx": workbook(name, title, columns, rows),
        f"data/{name}.parquet": parquet(schema, rows),
        f"data/{name}.json": json_records(_with_lists(columns, rows)),
    }


def reference_csv(columns: Sequence[Column], rows: Iterable[MartRow]) -> bytes:
    """The reference: UTF-8, commas, line feeds, every digit."""
    return _lines(columns, ([_cell(value) for value in row.values()] for row in rows), ",", "\n").encode()


def french_csv(columns: Sequence[Column], rows: Iterable[MartRow]) -> bytes:
    """What a French spreadsheet opens as it stands: UTF-8 with its mark, semicolons, decimal commas, VRAI and FAUX."""
    text = _lines(columns, ([_french_cell(value) for value in row.values()] for row in rows), ";", "\r\n")
    return text.encode("utf-8-sig")


def parquet(schema: TableSchema, rows: Sequence[MartRow]) -> bytes:
    """Typed columns for programs: floats, UTC times; units and descriptions in the schema, and beside it as JSON."""
    told = {column.name: _told(column) for column in schema.columns}
    fields = [pa.field(one.name, _PARQUET_TYPES[one.type], metadata=told[one.name]) for one in schema.columns]
    about = {"description": schema.description, "language": "en", "columns": json.dumps(told, ensure_ascii=False)}
    arrays = [pa.array(_typed(column, rows), field.type) for column, field in zip(schema.columns, fields, strict=True)]
    sink = pa.BufferOutputStream()
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=about))
    pq.write_table(table, sink, version="2.6", data_page_version="1.0", compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _cell(value: object) -> str:
    text = plain_text(value)
    if isinstance(value, str) and text.startswith(FORMULA_STARTS):
        text = "'" + text
    # Not the csv module: before Python 3.13 it leaves a lone carriage return bare when lines end in LF.
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _french_cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            text = "'" + value if value.startswith(FORMULA_STARTS) else value
            return '"' + text.replace('"', '""') + '"' if _QUOTED_FR.search(text) else text
        case bool():
            return "VRAI" if value else "FAUX"
        case Decimal():
            return decimal_text(value).replace(".", ",")
        case datetime():
            # A `T` and a `Z` make it a text for them.
            return value.isoformat(" ")
        case _:
            return plain_text(value)


def _lines(columns: Sequence[Column], rows: Iterable[list[str]], separator: str, end: str) -> str:
    lines = [separator.join(column.name for column in columns), *map(separator.join, rows)]
    return end.join(lines) + end


def _with_lists(columns: Sequence[Column], rows: Iterable[MartRow]) -> Iterator[MartRow]:
    separators = {column.name: column.list_separator for column in columns if column.list_separator}
    for row in rows:
        yield row | {name: _split(row[name], separator) for name, separator in separators.items()}


def _split(text: str | None, separator: str) -> list[str] | None:
    return None if text is None else text.split(separator) if text else []


def _told(column: Column) -> dict[str, str]:
    return {"description": column.description} | ({"unit": column.unit} if column.unit else {})


def _typed(column: Column, rows: Iterable[MartRow]) -> list[object]:
    values = [row[column.name] for row in rows]
    # Python's own conversion gives the nearest float; Arrow's may be the one beside it.
    return [None if one is None else float(one) for one in values] if column.type == "decimal" else values
