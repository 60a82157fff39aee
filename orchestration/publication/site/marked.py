"""Where a figure on a page comes from, said beside it for whoever checks it: the attribute `data-figure`.

`<table>.<column>[<key>=<value>,…]` names a cell of a published table (no brackets where the table has one row), values
percent-encoded; ` *100` after it says that the page shows a percentage of what the table has as a fraction.
What belongs here: writing that attribute. What does not: how a figure is said (`french`), or held against its cell
(`jalons verify`).
"""

from collections.abc import Mapping
from urllib.parse import quote

from markupsafe import Markup

# The columns that tell the rows of a table in an edition apart.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "headline_figures": (),
    "headline_changes": ("figure",),
    "state_publications": ("published_on",),
    "portfolio": ("project_id",),
    "top50": ("project_id",),
    "slips": ("rule", "subject", "measure"),
    "procedure_scores": ("perimeter", "indicator"),
    "top250": ("procedure_id",),
    "roadmap": ("action_id",),
    "indicators": ("indicator_id",),
}


def figure(table: str, column: str, row: Mapping[str, object] | None = None, *, is_percent: bool = False) -> Markup:
    """The attribute of an element whose text is the figure of that cell, and its unit."""
    keys = ",".join(f"{key}={quote(str(row[key]), safe='')}" for key in _KEYS[table]) if row else ""
    cell = f"{table}.{column}" + (f"[{keys}]" if keys else "") + (" *100" if is_percent else "")
    return Markup('data-figure="{}"').format(cell)


def marked(
    text: str, table: str, column: str, row: Mapping[str, object] | None = None, *, is_percent: bool = False
) -> Markup:
    """A figure among other words, with its unit."""
    return Markup("<span {}>{}</span>").format(figure(table, column, row, is_percent=is_percent), text)
