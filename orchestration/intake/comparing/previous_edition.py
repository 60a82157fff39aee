"""Across editions: what a submission says, held against the perimeter's submission of the edition before (SPEC §6).

What belongs here: warnings for the agent who files, from two sets of rows. What does not: movements and slips, which
dbt computes over all perimeters, and choosing the earlier submission (take_in). Nothing here merges two names.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from expectations.submissions.helper_columns import folded, identities
from orchestration.contracts import CONTRACTS
from orchestration.contracts.contract import Column
from orchestration.domain.alias_register import alias_register, resolved
from orchestration.domain.french import number
from orchestration.domain.likeness import resemblance
from orchestration.domain.reference_data import dbt_variable
from orchestration.intake.comparing.previous_drop import in_words, is_same
from orchestration.intake.findings.finding import Finding
from orchestration.intake.findings.rules import finding
from orchestration.intake.reading.body import Reading

Row = Mapping[str, object]

_COSTS = ("initial_cost_meur", "current_cost_meur")
_DURATIONS = ("initial_duration_days", "current_duration_days")
_EXPLAINS: Mapping[str, Sequence[str]] = {
    "cost_and_duration_swapped": (*_COSTS, *_DURATIONS),
    "costs_in_thousands": _COSTS,
    "durations_not_in_years": _DURATIONS,
}
_FIGURES = ("current_cost_meur", "current_duration_days")
_BASELINES = ("start_date", "initial_cost_meur", "initial_duration_days")
_VOLUMES = ("total_volume", "online_volume")
# A project or an action that is over, or says why it leaves, may be gone from the next edition.
_OVER = frozenset({"termine", "abandonne", "acheve"})
_LEAVING = {
    "projects": "déclarez chacun une dernière fois, en phase Terminé ou Abandonné, ou avec son motif de sortie",
    "roadmap": "déclarez chacune une dernière fois, avec le statut Achevé ou Abandonné",
}
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
    rows: Sequence[Row]


def compare(reading: Reading, rows: Iterable[Row], previous: Previous, sha256: str) -> list[Finding]:
    """The warnings of a submission whose file has this hash, beside the previous one of its perimeter and kind."""
    return list(_Comparison(reading, list(rows), previous).findings(sha256))


class _Comparison:
    def __init__(self, reading: Reading, rows: list[Row], previous: Previous) -> None:
        self._reading, self._rows, self._previous = reading, rows, previous
        self._earlier = list(previous.rows)
        self._contract = CONTRACTS[str(reading.kind)]
        self._doubtful = {finding.cell for finding in reading.findings}
        # What is said of a whole column need not be said of each of its cells.
        self._explained = {name for finding in reading.findings for name in _EXPLAINS.get(finding.rule, ())}

    def findings(self, sha256: str) -> Iterator[Finding]:
        if sha256 == self._previous.sha256:
            yield finding("previous_file_again", {"edition": self._previous.edition})
        ids, earlier_ids = self._identities(self._rows), self._identities(self._earlier)
        known = dict(zip(earlier_ids, self._earlier, strict=True))
        by_name = dict(zip(self._names(self._earlier), self._earlier, strict=True))
        present = set(ids)
        seen: set[int] = set()
        located: list[Finding] = []
        strangers: list[Row] = []
        for row, identity, name in zip(self._rows, ids, self._names(self._rows), strict=True):
            before = known.get(identity)
            if before is None and name in by_name and not present & set(self._identities([by_name[name]])):
                before = by_name[name]
                located.append(self._lost_id(row, before))
            if before is None:
                strangers.append(row)
            else:
                seen.add(id(before))
                located += self._changes(row, before)
        gone = [row for row in self._earlier if id(row) not in seen]
        renamed, proposals = self._proposals(strangers, gone)
        silent = [row for row in gone if id(row) not in renamed and not _is_over(row)]
        if silent:
            names = ", ".join(self._subject(row) for row in silent[:_MAX_NAMES])
            more = len(silent) - _MAX_NAMES
            yield finding(
                "previous_rows_absent",
                {
                    "edition": self._previous.edition,
                    "count": number(len(silent)),
                    "names": names + (f" et {number(more)} autres" if more > 0 else ""),
                    "leaving": _LEAVING.get(self._contract.kind, "il n’y a rien à faire"),
                },
                sheet=self._reading.sheet,
            )
        yield from located
        yield from proposals

    def _identities(self, rows: Sequence[Row]) -> list[str | None]:
        return identities((cast("str | None", row.get(self._contract.key)) for row in rows), self._names(rows))

    def _names(self, rows: Sequence[Row]) -> list[str | None]:
        """What the name of each row stands for in its edition."""
        names = self._folded_names(rows)
        return resolved(names, [row.get("edition") for row in rows]) if self._contract.kind == "projects" else names

    def _folded_names(self, rows: Sequence[Row]) -> list[str | None]:
        return folded(row.get(self._contract.subject) for row in rows)

    def _subject(self, row: Row) -> str:
        return str(row.get(self._contract.subject) or row.get(self._contract.key))

    def _at(self, rule: str, row: Row, name: str, words: Mapping[str, object]) -> Finding:
        columns, headers = self._reading.columns, self._reading.headers
        typed = row.get(f"{name}_typed", row.get(name))
        return finding(
            rule,
            {"edition": self._previous.edition, **words},
            sheet=self._reading.sheet,
            cell=f"{columns[name]}{row['row_number']}" if name in columns else None,
            row=row["row_number"],
            column=headers.get(name),
            subject=self._subject(row),
            value=None if typed is None else str(typed),
        )

    def _lost_id(self, row: Row, before: Row) -> Finding:
        key = self._contract.key
        rule = "previous_id_unknown" if row.get(key) else "previous_id_missing"
        words = {
            "name": self._subject(before),
            "before": self._identities([before])[0],
            "column": self._contract.by_field[key].title,
        }
        return self._at(rule, row, key if key in self._reading.columns else self._contract.subject, words)

    def _changes(self, row: Row, before: Row) -> Iterator[Finding]:
        for name in (*_COSTS, *_DURATIONS, *_VOLUMES, "start_date"):
            column = self._contract.by_field.get(name)
            if column is None or before.get(name) is None:
                continue
            if row.get(name) is None:
                if name in _FIGURES and not self._is_explained(name, row):
                    yield self._at("previous_figure_withdrawn", row, name, {"before": in_words(column, before)})
                continue
            rule = None if name in self._explained else _jump(name, row, before)
            if rule is None and name in _BASELINES and not is_same(column, before, row):
                rule = "previous_baseline_changed"
            if rule is not None:
                yield self._at(rule, row, name, _words(column, row, before))

    def _is_explained(self, name: str, row: Row) -> bool:
        """Whether a duration is given by its end, or reading already says why the cell has no value."""
        cell = f"{self._reading.columns.get(name)}{row['row_number']}"
        is_given = name == "current_duration_days" and row.get("current_end_date") is not None
        return is_given or row.get(f"{name}_absence") == "illisible" or cell in self._doubtful

    def _proposals(self, strangers: Sequence[Row], gone: Sequence[Row]) -> tuple[set[int], list[Finding]]:
        """The unknown names that are like one which is gone, with the rows which they may be."""
        found: list[Finding] = []
        renamed: set[int] = set()
        if not gone or len(strangers) * len(gone) > _MAX_PAIRS:
            return renamed, found
        known = list(zip(gone, self._identities(gone), strict=True))
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

    def _resemblance(self, row: Row, before: Row) -> int:
        start = self._contract.by_field.get("start_date")
        is_same_start = start is not None and bool(row.get("start_date")) and is_same(start, before, row)
        ours, theirs = (str(one.get("description") or "") if is_same_start else "" for one in (row, before))
        return resemblance(self._subject(row), self._subject(before), ours, theirs)

    def _is_rejected(self, name: str | None, identity: str | None, edition: object) -> bool:
        """Whether the register says that a name is not the one of a project that is gone."""
        if self._contract.kind != "projects" or not name or not identity:
            return False
        return alias_register().is_rejected(name, identity, edition if isinstance(edition, str) else None)


def _is_over(row: Row) -> bool:
    return bool(row.get("exit_reason")) or {row.get("phase"), row.get("status")} & _OVER != set()


def _jump(name: str, row: Row, before: Row) -> str | None:
    """The rule for a figure that was multiplied or divided beyond what is likely; `None` for a likely change."""
    now, was = (abs(Decimal(str(one[name]))) if name != "start_date" else Decimal(0) for one in (row, before))
    if not now or not was:
        return None
    ratio = max(now / was, was / now)
    if name in _COSTS:
        if ratio >= _THOUSANDFOLD:
            return "previous_cost_thousandfold"
        return "previous_cost_tenfold" if ratio >= _TENFOLD else None
    if name in _DURATIONS:
        return "previous_duration_unit" if ratio >= _MONTHS_FOR_YEARS else None
    return "previous_volume_tenfold" if ratio >= _TENFOLD else None


def _words(column: Column, row: Row, before: Row) -> dict[str, object]:
    words: dict[str, object] = {"before": in_words(column, before), "after": in_words(column, row), "times": ""}
    if column.type != "date":
        now, was = (abs(Decimal(str(one[column.field]))) for one in (row, before))
        if now and was:
            is_more = now > was
            ratio = now / was if is_more else was / now
            places = 0 if ratio >= 100 or abs(ratio - round(ratio)) < _NEARLY_WHOLE else 1
            words["times"] = f"{number(ratio, places)} fois {'plus' if is_more else 'moins'}"
    return words
