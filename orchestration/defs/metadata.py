"""How records are shown in the Dagster UI: tables, previews, pictures.

What belongs here: turning rows into metadata values. What does not: which rows.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.domain.visible import visible

MetadataEntry = dg.MetadataValue[Any] | str | int | float
Metadata = dict[str, MetadataEntry]
SHOWN = 10


def markdown_table(rows: Sequence[Mapping[str, object]], most: int = SHOWN) -> dg.MarkdownMetadataValue:
    """The first rows as a Markdown table, with how many there are when some are left out."""
    if not rows:
        return dg.MetadataValue.md("none")
    lines = [_line(rows[0]), _line("---" for _ in rows[0]), *(_line(row.values()) for row in rows[:most])]
    left_out = f"\n\n… {len(rows)} in all" if len(rows) > most else ""
    return dg.MetadataValue.md("\n".join(lines) + left_out)


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(_text, cells))} |"


def _text(cell: object) -> str:
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return "" if cell is None else visible(str(cell)).replace("|", "\\|").replace("\n", " ")


def parquet_metadata(path: Path) -> Metadata:
    """The row count of a Parquet table and a preview: the first rows, of the latest edition where there are several."""
    table = pq.read_table(path, partitioning=None)
    rows = table
    if "edition" in table.column_names:
        rows = table.filter(pc.equal(table["edition"], pc.max(table["edition"])))
    return {
        "dagster/row_count": table.num_rows,
        "preview": markdown_table(rows.slice(0, SHOWN).to_pylist()),
        "parquet": dg.MetadataValue.path(str(path)),
    }


def bars(items: Iterable[tuple[str, Decimal, str]], title: str) -> dg.MarkdownMetadataValue:
    """The release's bar chart of `(name, value, value as shown)`, drawn in place: no file, no server."""
    from orchestration.publication.site.charts import bar_chart_svg

    drawn = base64.b64encode(bar_chart_svg(items, title).encode()).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/svg+xml;base64,{drawn})")
