"""As read: the rows that count as we understood them, with their totals, beside the edition before (docs/rules.md §6).

What belongs here: the values of the columns that the contract shows, in words and, for `accuse.json`, as they are kept.
What does not: the page (`html`), or what changed since the last file (`comparing.previous_drop`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice, repeat

from orchestration.contracts.contract import Column, Contract
from orchestration.domain.durations import period_start
from orchestration.domain.french import ABSENT, NBSP, number, period, plural
from orchestration.domain.project_identity import declared_keys
from orchestration.intake.comparing.previous_drop import LakeRow, in_words, is_same, pairs
from orchestration.intake.reading.rows import Rows

# Beyond, a page is no page any more; `accuse.json` has them all.
MAX_SHOWN = 300
_NOT_READ = "non lu"
# Summed under the rows, with what is written after the sum.
_SUMMED = {"cost": (2, f"{NBSP}M€"), "volume": (0, "")}


@dataclass(frozen=True)
class Value:
    """What a cell says, in words; `before` is what the edition before said, where that is something else."""

    text: str
    before: str | None = None


@dataclass(frozen=True)
class ReadRow:
    """A row that counts: its number in the sheet, its name and its values; `is_new` beside the edition before."""

    row: int
    subject: str
    values: tuple[Value, ...]
    is_new: bool


@dataclass(frozen=True)
class AsRead:
    """The rows that count: the first `MAX_SHOWN` in words, and `all_rows`.

    `totals` has the number of rows, then the sum of each column that has one, else nothing. `edition_before` is the
    one whose values stand beside, if its perimeter filed for one.
    """

    titles: tuple[str, ...]
    rows: tuple[ReadRow, ...]
    totals: tuple[Value, ...]
    edition_before: str | None
    contract: Contract
    all_rows: Rows

    def accepted(self) -> list[dict[str, object]]:
        """Every row by field, as `accuse.json` has it: its number, its name, its id, the values shown."""
        contract, rows = self.contract, self.all_rows
        if not rows:
            return []
        span = contract.span
        ends = (span.start, span.duration, span.end) if span else ()
        precisions = [f"{name}_precision" for name in ends if name != (span and span.duration)]
        names = ("row_number", contract.subject, contract.key, *contract.shown, *ends, *precisions)
        columns = zip(*(rows.objects(name) for name in names), strict=True)
        return [_accepted(contract, dict(zip(names, values, strict=True))) for values in columns]

    def own_ids(self, perimeter: str | None) -> dict[str, str]:
        """The ids declared for projects, each as its perimeter's own; another perimeter's are other projects."""
        if not self.contract.is_aliased or not perimeter or not self.all_rows:
            return {}
        declared = [one for one in self.all_rows.objects(self.contract.key) if one is not None]
        keys = declared_keys(declared, repeat(perimeter, len(declared)))
        prefix = f"{perimeter.lower()}-"
        return {one.strip(): f"{prefix}{key}" for one, key in zip(declared, keys, strict=True) if key is not None}


def as_read(contract: Contract, rows: Rows, edition_before: str | None, before: Sequence[LakeRow]) -> AsRead:
    """What was read of the rows that count; `before` are those of the edition before."""
    columns = [contract.by_field[name] for name in contract.shown]
    found, _ = pairs(contract, before, islice(rows, MAX_SHOWN))
    return AsRead(
        titles=tuple(_title(contract, column) for column in columns),
        rows=tuple(
            ReadRow(
                row=int(str(row["row_number"])),
                subject=_subject(contract, row),
                values=tuple(_value(contract, column, row, earlier) for column in columns),
                is_new=edition_before is not None and earlier is None,
            )
            for row, earlier in found
        ),
        totals=_totals(contract, columns, rows, before if edition_before else None),
        edition_before=edition_before,
        contract=contract,
        all_rows=rows,
    )


def planned_end(contract: Contract, row: LakeRow) -> tuple[date, str] | None:
    """When what a row is about ends, and how precisely that is known (docs/rules.md §7: a duration counts first)."""
    if (span := contract.span) is None:
        return None
    start, days, end = row.get(span.start), row.get(span.duration), row.get(span.end)
    if days is None:
        return (end, str(row.get(f"{span.end}_precision"))) if isinstance(end, date) else None
    if not isinstance(start, date):
        return None
    try:
        ends = start + timedelta(days=int(Decimal(str(days)).quantize(Decimal(1), ROUND_HALF_UP)))
    except OverflowError:
        return None
    # A duration is typed in years: nobody means a day by it.
    known = str(row.get(f"{span.start}_precision"))
    return ends, "month" if known == "day" else known


def _title(contract: Contract, column: Column) -> str:
    return contract.span.title_fr if contract.span and column.field == contract.span.end else column.title


def _subject(contract: Contract, row: LakeRow) -> str:
    return str(row.get(contract.subject) or row.get(contract.key) or "")


def _value(contract: Contract, column: Column, row: LakeRow, earlier: LakeRow | None) -> Value:
    text = _text(contract, column, row)
    if earlier is None or _says_the_same(contract, column, earlier, row):
        return Value(text)
    before = _text(contract, column, earlier)
    return Value(text, before if before != text else None)


def _text(contract: Contract, column: Column, row: LakeRow) -> str:
    if contract.span and column.field == contract.span.end:
        if ends := planned_end(contract, row):
            return period(*ends)
        absences = [row.get(f"{name}_absence") for name in (contract.span.duration, column.field)]
        return _NOT_READ if "illisible" in absences else ABSENT
    if row.get(column.field) is None and row.get(f"{column.field}_absence") == "illisible":
        return _NOT_READ
    if row.get(column.field) is None and not row.get(f"{column.field}_typed"):
        return ABSENT
    return in_words(column, row)


def _says_the_same(contract: Contract, column: Column, earlier: LakeRow, row: LakeRow) -> bool:
    if not (contract.span and column.field == contract.span.end):
        return is_same(column, earlier, row)
    ends = planned_end(contract, earlier), planned_end(contract, row)
    if ends[0] is None or ends[1] is None:
        return ends[0] is ends[1]
    precisions = (ends[0][1], ends[1][1])
    return period_start(ends[0][0], precisions) == period_start(ends[1][0], precisions)


def _totals(
    contract: Contract, columns: Sequence[Column], rows: Rows, before: Sequence[LakeRow] | None
) -> tuple[Value, ...]:
    def total(column: Column, values: Iterable[object]) -> str:
        given = (value for value in values if value is not None)
        known = [value if isinstance(value, int | Decimal) else Decimal(str(value)) for value in given]
        places, unit = _SUMMED[column.type]
        return f"{number(sum(known), places)}{unit}" if known else ABSENT

    def beside(now: str, was: str | None) -> Value:
        return Value(now, was if was != now else None)

    return (
        beside(
            plural(len(rows), contract.subject_fr),
            None if before is None else plural(len(before), contract.subject_fr),
        ),
        *(
            beside(
                total(column, rows.objects(column.field) if rows else ()),
                None if before is None else total(column, (one.get(column.field) for one in before)),
            )
            if column.type in _SUMMED
            else Value("")
            for column in columns
        ),
    )


def _accepted(contract: Contract, row: LakeRow) -> dict[str, object]:
    said: dict[str, object] = {"row": row["row_number"], "subject": _subject(contract, row)}
    if row.get(contract.key):
        said[contract.key] = row[contract.key]
    for name in contract.shown:
        if contract.span and name == contract.span.end:
            ends = planned_end(contract, row)
            said["planned_end_date"] = ends and ends[0]
        else:
            said[name] = row[name]
    return said
