"""The contract of a kind: its columns, declared once (docs/rules.md §5).

What belongs here: what a column is, how headers are matched, and the lake's shape that follows from the columns.
What does not: the columns themselves (the kinds, a file each), or turning a cell into a value (`cells`).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

import pyarrow as pa

from orchestration.domain.folding import fold_header

Type = Literal[
    "text",
    "url",
    "bool",
    "code",
    "cost",
    "duration",
    "rate",
    "score",
    "number",
    "volume",
    "integer",
    "date",
    "edition",
]

# Types whose value stands as the agent wrote it: the lake keeps no second copy of the text.
PLAIN: frozenset[Type] = frozenset({"text", "url"})
DATED: frozenset[Type] = frozenset({"date", "duration"})

NUMBERS: frozenset[Type] = frozenset({"cost", "duration", "rate", "score", "number", "volume", "integer"})

_ARROW: Mapping[Type, pa.DataType] = {
    "text": pa.string(),
    "url": pa.string(),
    "bool": pa.bool_(),
    "code": pa.string(),
    "cost": pa.decimal128(20, 8),
    "duration": pa.decimal128(38, 18),
    "rate": pa.decimal128(18, 15),
    "score": pa.decimal128(9, 6),
    "number": pa.decimal128(20, 8),
    "volume": pa.int64(),
    "integer": pa.int32(),
    "date": pa.date32(),
    "edition": pa.string(),
}


def fold_word(text: str) -> str:
    """Fold a word of a `code` column: as a header, but the plus of `FranceConnect +` counts."""
    return fold_header(text.replace("+", " plus "))


@dataclass(frozen=True)
class Column:
    """One column: `field` in the lake, `title` as the real files write it, other headers as `aliases`.

    `absences` are the reasons for which the cell may hold a word instead of a value (`cells.absences`). A `code` column
    has `labels` (code -> the word that the template offers), other wordings in `words` (folded -> code), and a text
    that holds all of `phrases[code]` has that code. `minimum` and `maximum` bound the value in the lake's unit. A
    column that `is_required` needs a value in each row; one that `is_legacy` is read, and no longer asked for.
    `names_of` says which reference names the cell should hold. Where there is no value, `given_by` is the field that
    may give it. An `is_figure` column once known stays known, an `is_baseline` one once given stays as it was; the
    cost band is the `band_of` a cost. A row whose code is among `final_codes`, or that fills a column that
    `explains_exit`, may be gone from the next edition.
    """

    field: str
    title: str
    type: Type
    help_fr: str
    example: str
    aliases: tuple[str, ...] = ()
    unit: str | None = None
    absences: frozenset[str] = frozenset()
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)
    phrases: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    link_field: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    excludes_minimum: bool = False
    is_required: bool = False
    is_legacy: bool = False
    names_of: Literal["ministry", "perimeter"] | None = None
    given_by: str | None = None
    is_figure: bool = False
    is_baseline: bool = False
    band_of: str | None = None
    final_codes: frozenset[str] = frozenset()
    explains_exit: bool = False

    @property
    def header(self) -> str:
        """The header of the template: the title with its unit."""
        return self.title if self.unit is None or self.unit in self.title else f"{self.title} ({self.unit})"

    @cached_property
    def codes(self) -> Mapping[str, str]:
        """Every word of a `code` column, folded, with its code."""
        return {fold_word(label): code for code, label in self.labels.items()} | dict(self.words)


@dataclass(frozen=True)
class Rebound:
    """A header that means something else when another one stands beside it."""

    header: str
    beside: str
    field: str


@dataclass(frozen=True)
class InitialValues:
    """The fields that a version expects of each row, once the code of `phase` is past all those of `not_yet`."""

    version: str
    fields: tuple[str, ...]
    phase: str
    not_yet: frozenset[str | None]


@dataclass(frozen=True)
class Counted:
    """The rows that a receipt counts apart: those whose `field` holds a code, in the agent's words."""

    field: str
    code: str
    words_fr: str


@dataclass(frozen=True)
class Span:
    """When what a row is about ends: `start` and `duration` say it, else `end`; a receipt calls it `title_fr`."""

    title_fr: str
    start: str
    duration: str
    end: str


@dataclass(frozen=True)
class Matching:
    """A header row held against a contract: position -> column, and the columns that several positions claim."""

    columns: Mapping[int, Column]
    twice: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Contract:
    """One kind. `versions` maps each version to the fields whose columns it requires, oldest first.

    A file is of the latest version whose `marks` (fields that older versions lack) its header holds one of. `key` is
    the field of the stable id, `subject` the one that names a row to a reader, who calls it `subject_fr`. `created`
    and `modified` date the declaration. A kind that `is_aliased` reads its names through the alias register.

    A receipt shows the `shown` fields of each row, sums the cost `total` and counts the rows of `counted`; in the place
    of the end of `span` it shows what follows from that. `leaving_fr` tells what to do of the rows that leave.
    """

    kind: str
    title_fr: str
    description_fr: str
    subject_fr: str
    key: str
    created: date
    modified: date
    columns: tuple[Column, ...]
    versions: Mapping[str, tuple[str, ...]]
    subject: str = "name"
    marks: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    rebound: tuple[Rebound, ...] = ()
    is_aliased: bool = False
    total: str | None = None
    counted: Counted | None = None
    shown: tuple[str, ...] = ()
    span: Span | None = None
    initial_values: InitialValues | None = None
    leaving_fr: str = "il n’y a rien à faire"

    @cached_property
    def by_field(self) -> Mapping[str, Column]:
        """The columns by field id."""
        return {column.field: column for column in self.columns}

    def of_type(self, *types: Type) -> tuple[str, ...]:
        """The fields whose columns are of these types, in declared order."""
        return tuple(column.field for column in self.columns if column.type in types)

    def is_over(self, row: Mapping[str, object]) -> bool:
        """Whether a row says that what it is about is over, or why it leaves."""
        return any(row.get(one.field) in one.final_codes for one in self.columns if one.final_codes) or any(
            row.get(one.field) for one in self.columns if one.explains_exit
        )

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The fields that hold numbers."""
        return frozenset(column.field for column in self.columns if column.type in NUMBERS)

    @property
    def version(self) -> str:
        """The version that templates and schemas are made of."""
        return list(self.versions)[-1]

    @cached_property
    def current(self) -> tuple[Column, ...]:
        """The columns that this version asks for."""
        return tuple(column for column in self.columns if not column.is_legacy)

    @cached_property
    def _by_header(self) -> Mapping[str, Column]:
        return {
            fold_header(name): column
            for column in self.columns
            for name in (column.field, column.title, column.header, *column.aliases)
        }

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
            pa.field("drop_id", pa.int64()),
            pa.field("file_sha256", pa.string()),
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
