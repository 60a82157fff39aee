"""How records are shown in the Dagster UI: tables, previews, pictures.

What belongs here: turning rows into metadata values. What does not: which rows.
"""

import base64
import warnings
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import Any

import dagster as dg
import pyarrow.compute as pc
import pyarrow.parquet as pq
from dagster_shared.utils.warnings import BetaWarning

from orchestration.domain.visible import visible

MetadataEntry = dg.MetadataValue[Any] | str | int | float
Metadata = dict[str, MetadataEntry]
# A preview is as wide as a page of the UI.
SHOWN, SHOWN_COLUMNS = 10, 12


def located(asset: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The asset with the place of its code, which the UI opens in an editor of this machine."""
    with warnings.catch_warnings():
        # A beta in 1.13, which is pinned: no terminal of a user has to say so.
        warnings.filterwarnings("ignore", ".*(with_source_code_references|CodeReference)", BetaWarning)
        (one,) = dg.with_source_code_references([asset])
    assert isinstance(one, dg.AssetsDefinition)  # noqa: S101 - for mypy; it gives what it is given
    return one


def table(
    rows: Sequence[Mapping[str, object]], most: int = SHOWN, columns: Mapping[str, str | None] | None = None
) -> dg.TableMetadataValue:
    """The first rows as a table of the UI; `columns` says what each holds, and names them where there is no row."""
    names = dict.fromkeys(columns or {}) | dict.fromkeys(name for row in rows[:most] for name in row)
    records = [dg.TableRecord({name: _value(row.get(name)) for name in names}) for row in rows[:most]]
    described = [
        dg.TableColumn(name, _type_of([one.data[name] for one in records]), (columns or {}).get(name)) for name in names
    ]
    return dg.MetadataValue.table(records, dg.TableSchema(described))


def _value(cell: object) -> str | int | float | bool | None:
    if cell is None or isinstance(cell, bool | int):
        return cell
    return float(cell) if isinstance(cell, Decimal | float) else visible(str(cell))


def _type_of(cells: Iterable[object]) -> str:
    types = {type(cell) for cell in cells if cell is not None}
    if types == {bool}:
        return "bool"
    return "string" if types - {int, float} or not types else "int" if types == {int} else "float"


def number(value: object) -> int | float | None:
    """A figure as Dagster plots one, or nothing for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return value if isinstance(value, int) else float(value)


def numbers(figures: Mapping[str, object]) -> "dict[str, MetadataEntry]":
    """Those of the figures that Dagster plots."""
    return {name: known for name, value in figures.items() if (known := number(value)) is not None}


def seconds_since(begun: float) -> float:
    """How long a stage took that began at that moment of the monotonic clock."""
    return round(monotonic() - begun, 3)


def parquet_metadata(path: Path) -> Metadata:
    """The row count of a Parquet table and a preview: the first rows and columns, of the latest edition where there are
    several.
    """
    mart = pq.read_table(path, partitioning=None)
    rows = mart
    if "edition" in mart.column_names:
        rows = mart.filter(pc.equal(mart["edition"], pc.max(mart["edition"])))
    return {
        "dagster/row_count": mart.num_rows,
        "preview": table(rows.slice(0, SHOWN).select(mart.column_names[:SHOWN_COLUMNS]).to_pylist()),
        "parquet": dg.MetadataValue.path(str(path)),
    }


def bars(items: Iterable[tuple[str, Decimal, str]], title: str) -> dg.MarkdownMetadataValue:
    """The release's bar chart of `(name, value, value as shown)`, drawn in place: no file, no server."""
    from orchestration.publication.site.charts import bar_chart_svg

    drawn = base64.b64encode(bar_chart_svg(items, title).encode()).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/svg+xml;base64,{drawn})")
