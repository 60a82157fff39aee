"""The previous edition: what a submission says, held against the perimeter's submission of the edition before.

What belongs here: observations for the agent who files, from two sets of rows. What does not: movements and slips,
which dbt computes over all perimeters, and choosing the earlier submission (take_in). Nothing here merges two names.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from expectations.submissions.helper_columns import folded, identities
from orchestration.contracts import CONTRACTS
from orchestration.contracts.contract import Column, Type
from orchestration.domain.alias_register import alias_register, glued, registered
from orchestration.domain.french import and_others, number
from orchestration.domain.likeness import resemblance
from orchestration.domain.project_identity import Filing, declared_key, identify
from orchestration.domain.reference_data import dbt_variable
from orchestration.intake.comparing.previous_drop import LakeRow, in_words, is_same
from orchestration.intake.observation import Observation
from orchestration.intake.reading.read import Reading

# What is observed of whole columns need not be said of each of their cells.
_EXPLAINS: Mapping[str, Sequence[Type]] = {
    "cost_and_duration_swapped": ("cost", "duration"),
    "costs_in_thousands": ("cost",),
    "durations_not_in_years": ("duration",),
}
# The types whose values are held against those of the edition before.
_COMPARED: tuple[Type, ...] = ("cost", "duration", "volume")
# From where on a change is rather a mistake of unit, or of a decimal mark.
_THOUSANDFOLD = 300
_TENFOLD = 8
_MONTHS_FOR_YEARS = 8
_NEARLY_WHOLE = Decimal("0.05")
_MAX_PAIRS = 100_000
_MAX_NAMES = 100


@dataclass(frozen=True)
class Previous:
    """The submission that counts for the edition before: its code, its rows, and the hash of its file."""

    edition: str
    sha256: str
    rows: Sequence[LakeRow]


def compare(reading: Reading, rows: Iterable[LakeRow], previous: Previous, sha256: str) -> list[Observation]:
    """What is observed of a submission whose file has this hash, beside the previous one of its perimeter and kind."""
    return list(_Comparison(reading, list(rows), previous).observations(sha256))


class _Comparison:
    def __init__(self, reading: Reading, rows: list[LakeRow], previous: Previous) -> None:
        self._reading, self._rows, self._previous = reading, rows, previous
        self._earlier = list(previous.rows)
        self._contract = CONTRACTS[str(reading.kind)]
        self._doubtful = {one.cell for one in reading.observations}
        types = {type_ for one in reading.observations for type_ in _EXPLAINS.get(one.rule, ())}
        self._explained = set(self._contract.of_type(*types))
        self._ids = self._identities()

    def observations(self, sha256: str) -> Iterator[Observation]:
        if sha256 == self._previous.sha256:
            yield Observation("previous_file_again", {"edition": self._previous.edition})
        known = {self._ids[id(row)]: row for row in self._earlier}
        earlier_keys = {key for row in self._earlier if (key := self._key(row))}
        folded_names = {name for name in self._folded_names(self._rows) if name}
        seen: set[int] = set()
        located: list[Observation] = []
        strangers: list[LakeRow] = []
        for row in self._rows:
            before = known.get(self._ids[id(row)])
            if before is None:
                strangers.append(row)
            else:
                seen.add(id(before))
                if self._has_lost_its_id(row, before, earlier_keys):
                    located.append(self._lost_id(row, before))
                elif self._has_anothers_id(row, before, folded_names):
                    located.append(
                        self._at("previous_id_moved", row, self._contract.key, {"name": self._subject(before)})
                    )
                located += self._changes(row, before)
        gone = [row for row in self._earlier if id(row) not in seen]
        renamed, proposals = self._proposals(strangers, gone)
        silent = [row for row in gone if id(row) not in renamed and not self._contract.is_over(row)]
        if silent:
            names = ", ".join(self._subject(row) for row in silent[:_MAX_NAMES])
            yield Observation(
                "previous_rows_absent",
                {
                    "edition": self._previous.edition,
                    "count": number(len(silent)),
                    "names": names + and_others(len(silent) - _MAX_NAMES),
                    "leaving": self._contract.leaving_fr,
                },
                sheet=self._reading.sheet,
            )
        yield from located
        yield from proposals

    def _identities(self) -> dict[int, str | None]:
        """The identity of each row of both submissions, by its place in memory; by name where the id is lost."""
        if self._contract.is_aliased:
            found = identify(filings := [*self._filings(self._earlier, ""), *self._filings(self._rows, "~")])
            both = zip([*self._earlier, *self._rows], filings, strict=True)
            return {id(row): found[one].project_id for row, one in both}
        earlier_names, names = self._folded_names(self._earlier), self._folded_names(self._rows)
        earlier = identities(map(self._key, self._earlier), earlier_names)
        now = identities(map(self._key, self._rows), names)
        by_name = dict(zip(earlier_names, earlier, strict=True))
        known, present = set(earlier), set(now)
        for place, (identity, name) in enumerate(zip(now, names, strict=True)):
            if identity not in known and by_name.get(name) not in present:
                now[place] = by_name.get(name) or identity
        return dict(zip(map(id, [*self._earlier, *self._rows]), [*earlier, *now], strict=True))

    def _filings(self, rows: Sequence[LakeRow], edition: str) -> list[Filing]:
        """Rows as the consolidation takes them, in an edition of their own."""
        names = self._folded_names(rows)
        in_register = registered(names, [row.get("edition") for row in rows])
        return [
            Filing(
                edition=edition,
                perimeter=str(row.get("perimeter") or ""),
                received_at="",
                submission_id=edition,
                folded_name=name or "",
                declared_id=cast("str | None", row.get(self._contract.key)),
                name=str(row.get(self._contract.subject) or ""),
                register_id=register_id,
            )
            for row, name, register_id in zip(rows, names, in_register, strict=True)
        ]

    def _key(self, row: LakeRow) -> str | None:
        """What the declared id is compared by, if the row has one."""
        declared = cast("str | None", row.get(self._contract.key))
        if self._contract.is_aliased:
            return declared_key(declared, str(row.get("perimeter") or ""))
        return (declared or "").strip() or None

    def _folded_names(self, rows: Sequence[LakeRow]) -> list[str | None]:
        return folded(row.get(self._contract.subject) for row in rows)

    def _subject(self, row: LakeRow) -> str:
        return str(row.get(self._contract.subject) or row.get(self._contract.key))

    def _at(self, rule: str, row: LakeRow, name: str, words: Mapping[str, object]) -> Observation:
        columns, headers = self._reading.columns, self._reading.headers
        typed = row.get(f"{name}_typed", row.get(name))
        return Observation(
            rule,
            {"edition": self._previous.edition, **words},
            sheet=self._reading.sheet,
            cell=f"{columns[name]}{row['row_number']}" if name in columns else None,
            row=int(str(row["row_number"])),
            column=headers.get(name),
            subject=self._subject(row),
            value=None if typed is None else str(typed),
            is_number=name in self._contract.numbers,
        )

    def _has_lost_its_id(self, row: LakeRow, before: LakeRow, earlier_keys: Collection[str]) -> bool:
        """Whether a row that only its name tells had another id before; one that its name says too is not missed."""
        key, was = self._key(row), self._key(before)
        if key is None:
            return was is not None and glued(was) not in self._folded_names([before])
        return was is not None and key not in earlier_keys

    def _has_anothers_id(self, row: LakeRow, before: LakeRow, names: Collection[str]) -> bool:
        """Whether the id was that of a name that the file declares too, elsewhere: ids that count lines do that."""
        (was,), (now,) = self._folded_names([before]), self._folded_names([row])
        return self._key(row) is not None and self._key(row) == self._key(before) and was != now and was in names

    def _lost_id(self, row: LakeRow, before: LakeRow) -> Observation:
        key = self._contract.key
        rule = "previous_id_unknown" if self._key(row) else "previous_id_missing"
        words = {
            "name": self._subject(before),
            "before": before[key],
            "column": self._contract.by_field[key].title,
        }
        return self._at(rule, row, key if key in self._reading.columns else self._contract.subject, words)

    def _changes(self, row: LakeRow, before: LakeRow) -> Iterator[Observation]:
        for column in self._contract.columns:
            name = column.field
            if not (column.type in _COMPARED or column.is_baseline) or before.get(name) is None:
                continue
            if row.get(name) is None:
                if column.is_figure and not self._is_explained(column, row):
                    yield self._at("previous_figure_withdrawn", row, name, {"before": in_words(column, before)})
                continue
            rule = None if name in self._explained else _jump(column, row, before)
            if rule is None and column.is_baseline and not is_same(column, before, row):
                rule = "previous_baseline_changed"
            if rule is not None:
                yield self._at(rule, row, name, _words(column, row, before))

    def _is_explained(self, column: Column, row: LakeRow) -> bool:
        """Whether another column gives the value, or reading already says why the cell has none."""
        cell = f"{self._reading.columns.get(column.field)}{row['row_number']}"
        is_given = column.given_by is not None and row.get(column.given_by) is not None
        return is_given or row.get(f"{column.field}_absence") == "illisible" or cell in self._doubtful

    def _proposals(self, strangers: Sequence[LakeRow], gone: Sequence[LakeRow]) -> tuple[set[int], list[Observation]]:
        """The unknown names that are like one which is gone, with the rows which they may be."""
        found: list[Observation] = []
        renamed: set[int] = set()
        if not gone or len(strangers) * len(gone) > _MAX_PAIRS:
            return renamed, found
        known = [(row, self._ids[id(row)]) for row in gone]
        for row, name in zip(strangers, self._folded_names(strangers), strict=True):
            likely = [
                (self._resemblance(row, one), one)
                for one, identity in known
                if not self._is_rejected(name, identity, row.get("edition"))
            ]
            score, before = max(likely, key=lambda pair: pair[0], default=(0, row))
            if score >= dbt_variable("alias_likeness_threshold"):
                renamed.add(id(before))
                words = {"before": self._subject(before), "score": score}
                found.append(self._at("previous_name_close", row, self._contract.subject, words))
        return renamed, found

    def _resemblance(self, row: LakeRow, before: LakeRow) -> int:
        start = self._contract.by_field.get("start_date")
        is_same_start = start is not None and bool(row.get("start_date")) and is_same(start, before, row)
        ours, theirs = (str(one.get("description") or "") if is_same_start else "" for one in (row, before))
        return resemblance(self._subject(row), self._subject(before), ours, theirs)

    def _is_rejected(self, name: str | None, identity: str | None, edition: object) -> bool:
        """Whether the register says that a name is not the one of a project that is gone."""
        if not self._contract.is_aliased or not name or not identity:
            return False
        return alias_register().is_rejected(name, identity, edition if isinstance(edition, str) else None)


def _jump(column: Column, row: LakeRow, before: LakeRow) -> str | None:
    """The rule for a figure that was multiplied or divided beyond what is likely; `None` for a likely change."""
    if column.type not in _COMPARED:
        return None
    now, was = (abs(Decimal(str(one[column.field]))) for one in (row, before))
    if not now or not was:
        return None
    ratio = max(now / was, was / now)
    if column.type == "cost":
        if ratio >= _THOUSANDFOLD:
            return "previous_cost_thousandfold"
        return "previous_cost_tenfold" if ratio >= _TENFOLD else None
    if column.type == "duration":
        return "previous_duration_unit" if ratio >= _MONTHS_FOR_YEARS else None
    return "previous_volume_tenfold" if ratio >= _TENFOLD else None


def _words(column: Column, row: LakeRow, before: LakeRow) -> dict[str, object]:
    words: dict[str, object] = {"before": in_words(column, before), "after": in_words(column, row), "times": ""}
    if column.type != "date":
        now, was = (abs(Decimal(str(one[column.field]))) for one in (row, before))
        if now and was:
            is_more = now > was
            ratio = now / was if is_more else was / now
            places = 0 if ratio >= 100 or abs(ratio - round(ratio)) < _NEARLY_WHOLE else 1
            words["times"] = f"{number(ratio, places)} fois {'plus' if is_more else 'moins'}"
    return words
