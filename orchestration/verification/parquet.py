"""The Parquet files of a release, held against the reference CSVs: what a reader of floats reads is what was published.

What belongs here: the one format that Python's standard library cannot read. What does not: the others (`verifier`).
"""

import io
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.verification.verifier import MOST_UNZIPPED, Release, Report, Table, differs

# What a decimal may lose on its way to a float, twice.
_TOLERANCE = 4 * 2.0**-53


def check_parquet(release: Release, report: Report) -> None:
    """Hold each Parquet file of a release to the CSV of its table; what is wrong is told."""
    for name in release.names:
        path = f"data/{name}.parquet"
        if path not in release.files:
            continue
        where, wrong = f"{release.where}/{path}", 0
        try:
            table = release.table(name)
            for fault in _differences(release.files[path], table):
                report.blame(where, fault)
                wrong += 1
                if wrong == 5:
                    break
        except (pa.ArrowException, OSError, ValueError, TypeError, LookupError, ArithmeticError) as error:
            report.blame(where, f"le fichier ne peut pas être lu ({type(error).__name__}).")
            continue
        if not wrong:
            report.count("parquet", len(table.rows) * len(table.columns))


def _differences(data: bytes, table: Table) -> Iterator[str]:
    file = pq.ParquetFile(io.BytesIO(data))
    # Before a row is read: a small file may unfold into a large one.
    sizes = [file.metadata.row_group(place).total_byte_size for place in range(file.metadata.num_row_groups)]
    if file.metadata.num_rows != len(table.rows) or tuple(file.schema_arrow.names) != table.columns:
        yield "les colonnes ou le nombre de lignes ne sont pas ceux du CSV de référence."
        return
    if sum(sizes) > MOST_UNZIPPED:
        yield "le fichier est démesuré."
        return
    for column, values in file.read().to_pydict().items():
        for place, (value, row) in enumerate(zip(values, table.rows, strict=True), 2):
            if not _is_same(value, row[column]):
                yield differs(place, column, value, row[column])


def _is_same(value: object, text: str) -> bool:
    match value:
        case None:
            return text == ""
        case bool():
            return text == ("true" if value else "false")
        case float():
            return _is_number(text) and math.isclose(value, float(text), rel_tol=_TOLERANCE, abs_tol=0)
        case int() | Decimal():
            return _is_number(text) and Decimal(text) == value
        case datetime():
            moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            return text == moment.isoformat().replace("+00:00", "Z")
        case date():
            return text == value.isoformat()
        case list():
            return text == ", ".join(map(str, value))
        case _:
            return text == value or text == f"'{value}"


def _is_number(text: str) -> bool:
    return bool(text) and len(text) <= 90 and text.lstrip("-").replace(".", "", 1).isdecimal()
