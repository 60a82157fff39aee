"""The contract of a kind: its columns, declared once (SPEC §5).

What belongs here: what a column is, how headers are matched, and the lake's shape that follows from the columns.
What does not: the columns themselves (`contracts/`), or turning a cell into a value (`cells`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import Literal

import pyarrow as pa

from orchestration.folding import fold_header

Type = Literal["text", "url", "bool", "code", "cost", "duration", "rate", "score", "volume", "integer", "date"]

# Types whose value stands as the agent wrote it: the lake keeps no second copy of the text.
PLAIN: frozenset[Type] = frozenset({"text", "url"})
DATED: frozenset[Type] = frozenset({"date", "duration"})

_ARROW: Mapping[Type, pa.DataType] = {
    "text": pa.string(),
    "url": pa.string(),
    "bool": pa.bool_(),
    "code": pa.string(),
    "cost": pa.decimal128(20, 8),
    "duration": pa.decimal128(38, 18),
    "rate": pa.decimal128(18, 15),
    "score": pa.decimal128(9, 6),
    "volume": pa.int64(),
    "integer": pa.int32(),
    "date": pa.date32(),
}


@dataclass(frozen=True)
class Column:
    """One column: `field` in the lake, `title` as the current template writes it, older headers as `aliases`.

    `absences` are the reasons for which the cell may hold a word instead of a value (`cells.ABSENCES`); `words` maps
    each
    word of a `code` column, folded, to its code; a text holding all of `phrases[code]` has that code.
    """

    field: str
    title: str
    type: Type
    help_fr: str
    example: str
    aliases: tuple[str, ...] = ()
    unit: str | None = None
    absences: frozenset[str] = frozenset()
    words: Mapping[str, str] = dataclass_field(default_factory=dict)
    phrases: Mapping[str, tuple[str, ...]] = dataclass_field(default_factory=dict)
    link_field: str | None = None


@dataclass(frozen=True)
class Rebound:
    """A header that means something else when another one stands beside it."""

    header: str
    beside: str
    field: str


@dataclass(frozen=True)
class Matching:
    """A header row held against a contract: position -> column, and the columns that several positions claim."""

    columns: Mapping[int, Column]
    twice: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Contract:
    """One kind. `versions` maps each version to the fields whose columns it requires, oldest first.

    A file is of the latest version whose `marks` (fields that older versions lack) its header holds one of.
    """

    kind: str
    title_fr: str
    columns: tuple[Column, ...]
    versions: Mapping[str, tuple[str, ...]]
    marks: Mapping[str, tuple[str, ...]] = dataclass_field(default_factory=dict)
    rebound: tuple[Rebound, ...] = ()

    @cached_property
    def by_field(self) -> Mapping[str, Column]:
        """The columns by field id."""
        return {column.field: column for column in self.columns}

    @cached_property
    def _by_header(self) -> Mapping[str, Column]:
        return {fold_header(name): column for column in self.columns for name in (column.title, *column.aliases)}

    def match(self, headers: Sequence[str]) -> Matching:
        """Hold a header row against the contract; headers that it does not know are left out."""
        folded = [fold_header(header) for header in headers]
        rebound = {
            fold_header(rule.header): self.by_field[rule.field]
            for rule in self.rebound
            if fold_header(rule.beside) in folded
        }
        columns: dict[int, Column] = {}
        claims: dict[str, list[int]] = {}
        for position, header in enumerate(folded):
            column = rebound.get(header) or self._by_header.get(header)
            if column is not None:
                columns[position] = column
                claims.setdefault(column.field, []).append(position)
        return Matching(columns, {name: tuple(places) for name, places in claims.items() if len(places) > 1})

    def version_of(self, fields: Sequence[str]) -> str:
        """The version of a file that holds these fields."""
        marked = [version for version, marks in self.marks.items() if any(mark in fields for mark in marks)]
        return marked[-1] if marked else next(iter(self.versions))

    def lake_schema(self) -> pa.Schema:
        """The columns of the lake: whose rows, from where, then each field with its text as typed, why it is null, how
        precise.
        """
        fields = [
            pa.field("edition", pa.string()),
            pa.field("perimeter", pa.string()),
            pa.field("submission_id", pa.int64()),
            pa.field("sheet", pa.string()),
            pa.field("row_number", pa.int32()),
            pa.field("cell_columns", pa.string()),
        ]
        for column in self.columns:
            fields.append(pa.field(column.field, _ARROW[column.type]))
            if column.type not in PLAIN:
                fields += [
                    pa.field(f"{column.field}_typed", pa.string()),
                    pa.field(f"{column.field}_absence", pa.string()),
                ]
            if column.type in DATED:
                fields.append(pa.field(f"{column.field}_precision", pa.string()))
        return pa.schema(fields)
