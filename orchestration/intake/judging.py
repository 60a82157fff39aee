"""Judging: what the expectations say of the rows of the drops of a pass, and what becomes of those that fail.

What belongs here: one run of the expectations over all that a pass read, its findings, and rows or cells taken out.
What does not: the rules (`expectations/submissions`), reading, and the verdict on a drop (`take_in`).
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from expectations.rule import MAX_FINDINGS
from expectations.runner import Verdict, validate_submissions
from orchestration.contracts import CONTRACTS
from orchestration.contracts.contract import Contract
from orchestration.domain import french
from orchestration.domain.folding import fold_name
from orchestration.domain.likeness import likeness
from orchestration.domain.perimeter import ministry_names, perimeter_names
from orchestration.intake.findings.finding import Finding
from orchestration.intake.findings.rules import finding_of
from orchestration.intake.observation import Observation
from orchestration.intake.reading.read import Reading, rows_listed
from orchestration.intake.reading.rows import Rows, RowView

if TYPE_CHECKING:
    import pandas as pd

_LOG = logging.getLogger(__name__)

# Rows are told apart by the place of their drop among those of a pass.
ARRIVAL = "arrival"
# Of the names known for a perimeter, those most like the one that is not.
_NAMES_SHOWN = 5


@dataclass
class Judged:
    """What a drop says, as it is judged: rows and cells that fail are taken out, and findings say so.

    `refused` are the numbers of the rows that go once all is judged.
    """

    reading: Reading
    rows: Rows
    findings: list[Finding]
    refused: set[int] = field(default_factory=set, kw_only=True)

    @property
    def rows_judged(self) -> int:
        """How many rows were judged, those that went for it among them."""
        return len(self.rows) + len(self.refused)

    @classmethod
    def of(cls, reading: Reading) -> "Judged":
        """What was read, before any judgement."""
        return cls(reading, reading.rows, [finding_of(one) for one in reading.observations])


def judge(several: Sequence[Judged]) -> dict[str, tuple[Verdict, ...]]:
    """Judge the rows of all drops, kind by kind in one run each: start-up is the time. Verdicts by kind.

    A row that fails is named by its `subject` and `cell` too, as an agent would find it in the file.
    """
    verdicts = {}
    unreadable = [{finding.cell for finding in one.findings if finding.severity == "error"} for one in several]
    for kind in CONTRACTS:
        of_kind = {place: one.rows for place, one in enumerate(several) if one.reading.kind == kind and one.rows}
        if of_kind:
            verdicts[kind] = tuple(validate_submissions(kind, _Table(CONTRACTS[kind], of_kind)))
            for verdict in verdicts[kind]:
                if verdict.broken:
                    _LOG.error("the check %s could not run on %s: %s", verdict.id, kind, verdict.broken)
                if verdict.rule.judges_perimeter:
                    _say_once_per_name(verdict, several)
                    continue
                for failing in verdict.failing:
                    place = int(str(failing[ARRIVAL]))
                    _apply(verdict, failing, several[place], unreadable[place])
    verdicts = {kind: tuple(_located(one, several) for one in of_kind) for kind, of_kind in verdicts.items()}
    for one in several:
        # Only now: all that is wrong with a row is told at once.
        for number in one.refused:
            one.rows.remove(number)
    return verdicts


def joined(
    verdicts: Mapping[str, tuple[Verdict, ...]], more: Mapping[str, tuple[Verdict, ...]], taken: int
) -> dict[str, tuple[Verdict, ...]]:
    """The verdicts on some drops and on `more`, which come after `taken` others: by kind, one for each rule."""
    both = dict(verdicts)
    for kind, of_kind in more.items():
        moved = [
            replace(one, failing=tuple(row | {ARRIVAL: taken + int(str(row[ARRIVAL]))} for row in one.failing))
            for one in of_kind
        ]
        before = verdicts.get(kind)
        both[kind] = tuple(map(_both, before, moved)) if before else tuple(moved)
    return both


def _both(one: Verdict, other: Verdict) -> Verdict:
    return replace(
        one,
        success=one.success and other.success,
        broken=one.broken or other.broken,
        failing=(*one.failing, *other.failing),
        failing_count=one.failing_count + other.failing_count,
        rows=(one.rows or 0) + (other.rows or 0),
    )


def _located(verdict: Verdict, several: Sequence[Judged]) -> Verdict:
    """The same verdict, with what each failing row is about and the address of its cell."""
    return replace(verdict, failing=tuple(one | _place_in_file(verdict, one, several) for one in verdict.failing))


def _place_in_file(verdict: Verdict, failing: Mapping[str, object], several: Sequence[Judged]) -> dict[str, object]:
    one, number = several[int(str(failing[ARRIVAL]))], int(str(failing["row_number"]))
    row, letters = one.rows.of_number(number), one.reading.columns.get(verdict.rule.column)
    subject = row.get(CONTRACTS[str(one.reading.kind)].subject) if row else None
    return {"subject": subject, "cell": f"{letters}{number}" if letters else None}


class _Table(dict[str, "pd.Series[Any]"]):
    """The rows of several drops by column, each made when a check first asks for it; `arrival` is the drop's place."""

    def __init__(self, contract: Contract, several: Mapping[int, Rows]) -> None:
        super().__init__()
        self._contract, self._several = contract, several

    def __missing__(self, name: str) -> "pd.Series[Any]":
        import pandas as pd

        is_number = name in self._contract.numbers
        if name == ARRIVAL:
            columns = [np.full(len(rows), place, dtype=object) for place, rows in self._several.items()]
        else:
            columns = [rows.floats(name) if is_number else rows.objects(name) for rows in self._several.values()]
        self[name] = pd.Series(np.concatenate(columns), dtype="float64" if is_number else object)
        return self[name]


def _say_once_per_name(verdict: Verdict, several: Sequence[Judged]) -> None:
    """Add the findings of the names that are none of the folder's perimeter: one for each name of a drop."""
    by_name: dict[tuple[int, str], list[int]] = {}
    for failing in verdict.failing:
        place, name = int(str(failing[ARRIVAL])), str(failing["value"])
        by_name.setdefault((place, name), []).append(int(str(failing["row_number"])))
    for (place, name), numbers in by_name.items():
        one = several[place]
        row = one.rows.of_number(numbers[0])
        if row is None or _is_full(one, verdict.rule.column):
            continue
        remedy = f"{verdict.rule.remedy_fr} {_known_names(str(row['perimeter']), name)}"
        found = replace(_finding(verdict, one, row, numbers[0]), remedy=remedy)
        if len(numbers) > 1:
            letters = one.reading.columns.get(verdict.rule.column)
            found = replace(
                found,
                expected=f"{found.expected} Ce n’est pas le cas aux {rows_listed(numbers)}.",
                cell=None,
                row=None,
                subject=None,
                header_cells=tuple(f"{letters}{number}" for number in numbers if letters),
            )
        one.findings.append(found)


def _known_names(perimeter: str, name: str) -> str:
    """The names of ministries that are known for a perimeter, those most like one that is not."""
    names = {fold_name(known): known for known in (perimeter_names()[perimeter], *ministry_names(perimeter))}
    closest = [f"« {known} »" for known in sorted(names.values(), key=lambda known: -likeness(name, known))]
    words = ", ".join(closest[:_NAMES_SHOWN]) + french.and_others(len(closest) - _NAMES_SHOWN)
    return french.typeset(f"Pour le périmètre {perimeter}, sont connus : {words}.")


def _apply(verdict: Verdict, failing: Mapping[str, object], one: Judged, unreadable: Iterable[str | None]) -> None:
    """Add the finding of one failing row, and empty the cell where its severity asks for that."""
    number = int(str(failing["row_number"]))
    row, column = one.rows.of_number(number), verdict.rule.column
    if row is None or _is_full(one, column):
        return
    found = _finding(verdict, one, row, number)
    if found.cell is None or found.cell not in unreadable:
        one.findings.append(found)
    if verdict.severity != "error":
        return
    if verdict.rule.effect == "row":
        one.refused.add(number)
    elif verdict.rule.effect == "cell":
        row[column] = None
        row[f"{column}_absence"] = "illisible"


def _is_full(one: Judged, column: str) -> bool:
    """Whether the file is out because so much is said, which is said in its turn: so many reasons are enough."""
    if len(one.findings) == MAX_FINDINGS:
        words = {"limit": french.number(MAX_FINDINGS), "columns": f"« {one.reading.headers.get(column, column)} »"}
        one.findings.append(finding_of(Observation("findings_too_many", words, sheet=one.reading.sheet)))
    return len(one.findings) > MAX_FINDINGS


def _finding(verdict: Verdict, one: Judged, row: RowView, number: int) -> Finding:
    """The finding of a row that fails."""
    column = verdict.rule.column
    letters = one.reading.columns.get(column)
    typed = row.get(f"{column}_typed", row.get(column))
    subject = row.get(CONTRACTS[str(one.reading.kind)].subject)
    return Finding(
        rule=verdict.id,
        severity=verdict.severity,
        expected=verdict.rule.sentence_fr,
        remedy=verdict.rule.remedy_fr,
        sheet=one.reading.sheet,
        cell=f"{letters}{number}" if letters else None,
        row=number,
        column=one.reading.headers.get(column),
        subject=None if subject is None else str(subject),
        value=None if typed is None else str(typed),
        is_of_other_perimeter=verdict.rule.judges_perimeter,
        refuses_row=verdict.severity == "error" and verdict.rule.effect == "row",
        is_number=column in CONTRACTS[str(one.reading.kind)].numbers,
    )
