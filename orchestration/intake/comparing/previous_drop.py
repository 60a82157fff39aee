"""The difference between two submissions: which rows are new or gone, which values changed, in the agent's words.

What belongs here: comparing rows of the lake of one kind. What does not: choosing the submission to compare with
(take_in), or what movements and slips are made of the change (dbt).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import takewhile

from orchestration.contracts.contract import PLAIN, Column, Contract
from orchestration.domain.alias_register import registered
from orchestration.domain.durations import DAYS_IN_A_YEAR, TENTH_YEAR_SLACK_DAYS, period_start
from orchestration.domain.folding import folded_name
from orchestration.domain.french import agreed, number, period
from orchestration.domain.project_identity import declared_key

# A row of the lake, by field.
LakeRow = Mapping[str, object]

# Beyond this many rows nobody reads what changed, and comparing costs as much memory again as reading.
MAX_ROWS = 20_000
BLANK = "(vide)"
# How much of a long text is shown, and how much of it before the change.
_EXCERPT, _CONTEXT = 120, 40


@dataclass(frozen=True)
class Change:
    """One value that changed: whose, the column's title, and what was and is said, in words.

    `is_text` for free text, whose every change of wording counts.
    """

    subject: str
    column: str
    before: str
    after: str
    is_text: bool

    def excerpts(self) -> tuple[str, str]:
        """Both values, cut to what surrounds the first place where they differ, so that it can be seen."""
        pairs = zip(self.before, self.after, strict=False)
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        start = max(0, common - _CONTEXT) if common + _CONTEXT > _EXCERPT else 0
        return _excerpt(self.before, start), _excerpt(self.after, start)


def _excerpt(text: str, start: int) -> str:
    end = start + _EXCERPT
    return f"{'…' if start else ''}{text[start:end]}{'…' if len(text) > end else ''}"


@dataclass(frozen=True)
class Difference:
    """What changed since an earlier submission, in the order of the file; `new` and `gone` are names."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)


def difference(contract: Contract, before: Iterable[LakeRow], after: Iterable[LakeRow]) -> Difference:
    """Compare the rows of two submissions of one kind; a column that one of the files lacks has not changed."""
    found, gone = pairs(contract, before, after)
    return Difference(
        new=tuple(_subject(contract, row) for row, earlier in found if earlier is None),
        gone=tuple(_subject(contract, row) for row in gone),
        changed=tuple(one for row, earlier in found if earlier for one in _changes(contract, earlier, row)),
    )


def pairs(
    contract: Contract, before: Iterable[LakeRow], after: Iterable[LakeRow]
) -> tuple[list[tuple[LakeRow, LakeRow | None]], list[LakeRow]]:
    """Each row of a submission with that of an earlier one that is about the same, if any; and those that are left."""
    known: dict[str, list[LakeRow]] = {}
    for row in before:
        for key in _keys(contract, row):
            known.setdefault(key, []).append(row)
    matched: set[int] = set()
    found: list[tuple[LakeRow, LakeRow | None]] = []
    for row in after:
        candidates = (one for key in _keys(contract, row) for one in known.get(key, ()) if id(one) not in matched)
        earlier = next(candidates, None)
        matched.add(id(earlier))
        found.append((row, earlier))
    gone = {id(row): row for rows in known.values() for row in rows if id(row) not in matched}
    return found, list(gone.values())


def _keys(contract: Contract, row: LakeRow) -> list[str]:
    """By what a row may be known, the surest first: what the register says of its name, its declared id, its name."""
    declared: str | None = str(row.get(contract.key) or "").strip()
    name, known = folded_name(str(row.get(contract.subject) or "")), None
    if contract.is_aliased:
        declared = declared_key(declared, str(row.get("perimeter") or ""))
        (known,) = registered([name or None], [row.get("edition")])
    return [key for key in (known, declared, name) if key]


def _subject(contract: Contract, row: LakeRow) -> str:
    return str(row.get(contract.subject) or row.get(contract.key) or f"ligne {row['row_number']}")


def _changes(contract: Contract, before: LakeRow, after: LakeRow) -> Iterator[Change]:
    in_both = _fields(str(before["cell_columns"])) & _fields(str(after["cell_columns"]))
    for column in contract.columns:
        if column.field in in_both and not is_same(column, before, after):
            values = in_words(column, before), in_words(column, after)
            if values[0] != values[1]:
                yield Change(_subject(contract, after), column.title, *values, is_text=column.type in PLAIN)


@cache
def _fields(cell_columns: str) -> frozenset[str]:
    return frozenset(json.loads(cell_columns))


def is_same(column: Column, before: LakeRow, after: LakeRow) -> bool:
    """Whether two cells say the same, at the coarser of their precisions (docs/rules.md §4)."""
    was, now = before.get(column.field), after.get(column.field)
    if was is None or now is None:
        absence = f"{column.field}_absence"
        return was is now and before.get(absence) == after.get(absence)
    precisions = {str(row.get(f"{column.field}_precision")) for row in (before, after)}
    if isinstance(was, date) and isinstance(now, date):
        return period_start(was, precisions) == period_start(now, precisions)
    if column.type == "duration" and "tenth_year" in precisions:
        return abs(Decimal(str(was)) - Decimal(str(now))) <= TENTH_YEAR_SLACK_DAYS
    if isinstance(was, str):
        return was.split() == str(now).split()
    return was == now


def in_words(column: Column, row: LakeRow) -> str:
    """A value in the agent's words: as typed where nothing could be read."""
    value = row.get(column.field)
    if value is None:
        return str(row.get(f"{column.field}_typed") or BLANK)
    match column.type:
        case "cost":
            return f"{_digits(value)}\u00a0M€"
        case "duration":
            years = round(Decimal(str(value)) / DAYS_IN_A_YEAR, 2)
            return f"{_digits(years)}\u00a0{agreed(years, 'an')}"
        case "rate":
            return f"{_digits(round(Decimal(str(value)) * 100, 2))}\u00a0%"
        case "score" | "number" | "volume" | "integer":
            return _digits(value)
        case "date":
            return period(value, str(row.get(f"{column.field}_precision"))) if isinstance(value, date) else BLANK
        case "bool":
            return "Oui" if value else "Non"
        case "code":
            return column.labels.get(str(value), str(value))
    return str(value)


def _digits(value: object) -> str:
    exact = Decimal(str(value)).normalize()
    exponent = exact.as_tuple().exponent
    return number(exact, max(0, -exponent) if isinstance(exponent, int) else 0)
