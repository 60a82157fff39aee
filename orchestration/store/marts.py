"""The marts as Parquet: the one way in which anything after dbt reads them.

What belongs here: reading. What does not: which marts a release publishes (`orchestration.publication`), or what a row
means.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# A row of a mart: column -> value as Python knows it (Decimal, date, naive UTC datetime, None).
MartRow = dict[str, Any]


def mart_path(marts: Path, name: str) -> Path:
    """Where a mart stands in the folder of marts."""
    return marts / f"{name}.parquet"


def mart_table(
    marts: Path,
    name: str,
    *,
    edition: str | None = None,
    columns: Sequence[str] | None = None,
    order_by: Sequence[str] = (),
) -> "pa.Table":
    """The rows of a mart (of an edition, if given), as dbt ordered them unless `order_by` says otherwise.

    Raise `FileNotFoundError` where the mart was not built yet.
    """
    import pyarrow.parquet as pq

    of_edition = [("edition", "=", edition)] if edition else None
    table = pq.read_table(
        mart_path(marts, name),
        columns=None if columns is None else list(columns),
        filters=of_edition,
        partitioning=None,
    )
    if order_by:
        table = table.sort_by([(key, "ascending") for key in order_by]).combine_chunks()
    return table.replace_schema_metadata(None)


def read_mart(
    marts: Path, name: str, *, edition: str | None = None, columns: Sequence[str] | None = None
) -> list[MartRow]:
    """The same as records; none before the first pass."""
    if not mart_path(marts, name).exists():
        return []
    rows: list[MartRow] = mart_table(marts, name, edition=edition, columns=columns).to_pylist()
    return rows
