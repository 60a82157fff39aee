"""Trace: from a published figure, or a project, back to the cells that it was read from (docs/rules.md §3).

What belongs here: which rows, and which of their cells, make each figure. What does not: computing it (the marts do)
and showing a trace (`cli`).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import cast

from orchestration.contracts import CONTRACTS
from orchestration.domain.folding import folded_name
from orchestration.domain.spreadsheets import address_place, column_letters
from orchestration.intake.lake import read_ledger, read_submission
from orchestration.intake.ledger import ACCEPTED
from orchestration.publication.figures import ABSENCES, VARIANCES
from orchestration.publication.release import current_revision, read_figures
from orchestration.publication.tables import TABLES
from orchestration.settings import Settings
from orchestration.store.marts import MartRow, mart_path, mart_table

_UNITS = {"meur": "meur", "days": "days", "rate": "fraction", "score": "score", "ms": "ms"}
# What can be traced by its id or name: the marts that hold it, and the column of its id.
_SUBJECTS = {
    "portfolio": "project_id",
    "procedures": "procedure_id",
    "roadmap": "action_id",
    "indicators": "indicator_id",
}

# Of a figure that many cells make, those worth looking at first.
_MOST_CELLS = 5


class NotTraceable(LookupError):
    """The edition has no such figure and no such project; the message names those that are near."""


@dataclass(frozen=True)
class TracedCell:
    """One cell as it was received, in the keys of the JSON answer.

    `project_id` is the id of whatever the row is about (a procedure, an action…), null for a whole file. `value` is the
    text as typed, `value_number` what is read from it in `unit` (costs in `meur`, durations in `days`); both are null
    where a figure only counts the cell. `sheet` is null for a text file. `received_at` is UTC, naive.
    """

    project_id: str | None
    column: str | None
    value: str | None
    value_number: Decimal | int | None
    unit: str | None
    sheet: str | None
    row: int | None
    cell: str | None
    file: str
    sha256: str
    received_at: datetime
    perimeter: str


@dataclass(frozen=True)
class Trace:
    """What a figure or a project of an edition rests on, project by project.

    `figure` is null for a project; `value` is what the revision says of the figure. `is_stale`: the marts say
    otherwise, because a pass was held back. `names` are those of the cells' projects.
    """

    edition: str
    revision: int
    figure: str | None
    value: object
    is_stale: bool
    names: Mapping[str, str]
    cells: tuple[TracedCell, ...]


def trace(settings: Settings, subject: str, edition: str) -> Trace:
    """Find the cells behind a figure of `jalons figures`, or behind a project given by its id or its name, folded.

    Raises `NoRelease` when the edition has none, `NotTraceable` when `subject` is neither.
    """
    revision = current_revision(settings, edition)
    if not mart_path(settings.marts, "submissions").exists():
        raise NotTraceable("There are no marts to trace in: jalons run builds them.")
    evidence = _Evidence(settings, edition)
    if subject not in EVIDENCE:
        cells = tuple(_of_subject(evidence, subject))
        return Trace(edition, revision, None, None, False, evidence.names, cells)
    # A project that is its own baseline has one cell for both.
    cells = tuple(dict.fromkeys(EVIDENCE[subject](evidence)))
    released = read_figures(settings, edition, revision).get(subject)
    computed = next(iter(evidence.rows("headline_figures")), {}).get(subject)
    is_stale = isinstance(computed, int | Decimal) and isinstance(released, int | float) and float(computed) != released
    return Trace(edition, revision, subject, released, is_stale, evidence.names, cells)


def cells_behind(
    settings: Settings, mart: str, column: str, rows: Sequence[Mapping[str, object]]
) -> list[tuple[Mapping[str, object], list[TracedCell], Mapping[str, str]]]:
    """For rows of a mart, each named by its edition and keys: the cells that `column` was made of, and names by id.

    Of a figure that many cells make, the largest; of what no cell makes alone, the file. None where they cannot be had.
    """
    evidence: dict[str, _Evidence] = {}
    found: list[tuple[Mapping[str, object], list[TracedCell], Mapping[str, str]]] = []
    for row in rows:
        edition = str(row.get("edition"))
        try:
            of_edition = evidence.setdefault(edition, _Evidence(settings, edition))
            cells = list(dict.fromkeys(_behind(of_edition, mart, column, row)))
        except (LookupError, OSError):
            # What explains a fault must not be one.
            cells = []
        known = evidence[edition].names if edition in evidence else {}
        largest = sorted(cells, key=_size)[:_MOST_CELLS]
        found.append((row, largest, known))
    return found


class _Evidence:
    """The marts' rows of an edition and the lake's rows that they were made of, each read once."""

    def __init__(self, settings: Settings, edition: str) -> None:
        self.edition = edition
        self.names: dict[str, str] = {}
        self._settings = settings
        self._rows: dict[tuple[str, str], list[MartRow]] = {}
        self._filed: dict[str, dict[int, MartRow]] = {}
        submissions = mart_table(settings.marts, "submissions").to_pylist()
        self._submissions: dict[str, MartRow] = {row["submission_id"]: row for row in submissions}
        drops = read_ledger(settings.lake, "drops")
        # The same bytes in the same place have the same rows, whichever of their drops wrote them.
        self._drops = {
            _content(row, "sha256"): row["drop_id"]
            for row in drops
            if row["status"] in ACCEPTED and not row["is_dry_run"]
        }

    def rows(self, mart: str, edition: str | None = None) -> list[MartRow]:
        """The rows of a mart, in the order of their subjects; `edition` reads another one than the trace's."""
        wanted = mart, edition or self.edition
        if wanted not in self._rows:
            keys = TABLES[mart].order_by if mart in TABLES else ("submission_id",)
            self._rows[wanted] = mart_table(self._settings.marts, mart, edition=wanted[1], order_by=keys).to_pylist()
        return self._rows[wanted]

    def named(self, mart: str, edition: str | None = None) -> Iterator[tuple[str, MartRow]]:
        """The subject of each row with the row; its name is kept for whoever shows the trace."""
        for row in self.rows(mart, edition):
            subject: str = row[_SUBJECTS[mart]]
            self.names[subject] = row.get("name") or row.get("title") or subject
            yield subject, row

    def file(self, submission_id: str) -> TracedCell:
        """A whole file: no cell says that a perimeter has filed."""
        return self._cell(None, submission_id, {"sheet": None, "row_number": None}, None, None)

    def cell(
        self, subject: str, row: MartRow, field: str, number: Decimal | None = None, unit: str | None = None
    ) -> Iterator[TracedCell]:
        """The cell of `field` that a row of a mart was made of, unless it is empty."""
        filed = self._filed_row(row["submission_id"], row["row_number"])
        yield from self._filled(subject, row["submission_id"], filed, field, number, unit)

    def filed(self, row: MartRow) -> MartRow:
        """The row of a file that a row of a mart was made of."""
        return self._filed_row(row["submission_id"], row["row_number"])

    def cell_of_row(self, subject: str, submission_id: str, row_number: int, field: str) -> Iterator[TracedCell]:
        """The cell of `field` in a row of a file, unless it is empty."""
        yield from self._filled(subject, submission_id, self._filed_row(submission_id, row_number), field, None, None)

    def cell_at(
        self, subject: str, submission_id: str, address: str | None, number: Decimal | None, unit: str | None
    ) -> Iterator[TracedCell]:
        """The cell at an address of a file, unless it is empty; days filed as an end rest on the start too."""
        position, row_number = address_place(address or "")
        if not row_number:
            return
        filed = self._filed_row(submission_id, row_number)
        for field, letters in _columns(filed).items():
            if letters == column_letters(position):
                yield from self._filled(subject, submission_id, filed, field, number, unit)
                if number is not None and field.endswith("_end_date"):
                    yield from self._filled(subject, submission_id, filed, "start_date", None, None)

    def whole_row(self, subject: str, row: MartRow) -> Iterator[TracedCell]:
        """Every cell that a row of a mart was made of, from left to right, with the numbers that were read."""
        filed = self._filed_row(row["submission_id"], row["row_number"])
        for field in sorted(_columns(filed), key=lambda field: (len(_columns(filed)[field]), _columns(filed)[field])):
            value = filed[field]
            number = value if isinstance(value, Decimal | int) and not isinstance(value, bool) else None
            unit = filed.get("unit") or _UNITS.get(field.rpartition("_")[2]) if number is not None else None
            yield from self._filled(subject, row["submission_id"], filed, field, number, unit)

    def _filed_row(self, submission_id: str, row_number: int) -> MartRow:
        if submission_id not in self._filed:
            submission = self._submissions[submission_id]
            drop_id = self._drops[_content(submission, "file_sha256")]
            rows = read_submission(
                self._settings.lake, submission["kind"], submission["edition"], submission["perimeter"], drop_id
            )
            self._filed[submission_id] = {cast(int, row["row_number"]): row for row in rows}
        return self._filed[submission_id][row_number]

    def _filled(
        self,
        subject: str,
        submission_id: str,
        filed: MartRow,
        field: str,
        number: Decimal | int | None,
        unit: str | None,
    ) -> Iterator[TracedCell]:
        # A text stands as it was typed; any other value has its text beside it.
        typed = filed.get(f"{field}_typed", filed[field])
        if typed is not None and field in _columns(filed):
            yield self._cell(subject, submission_id, filed, field, typed, number, unit)

    def _cell(
        self,
        subject: str | None,
        submission_id: str,
        filed: MartRow,
        field: str | None,
        typed: str | None,
        number: Decimal | int | None = None,
        unit: str | None = None,
    ) -> TracedCell:
        submission = self._submissions[submission_id]
        return TracedCell(
            project_id=subject,
            column=field,
            value=typed,
            value_number=number,
            unit=unit,
            sheet=filed["sheet"],
            row=filed["row_number"],
            cell=f"{_columns(filed)[field]}{filed['row_number']}" if field else None,
            file=submission["file_name"],
            sha256=submission["file_sha256"],
            received_at=submission["received_at"],
            perimeter=submission["perimeter"],
        )


def _columns(filed: MartRow) -> dict[str, str]:
    columns: dict[str, str] = json.loads(filed["cell_columns"])
    return columns


def _content(row: MartRow, sha256: str) -> tuple[str, str, str, str]:
    return row["edition"], row["perimeter"], row["kind"], row[sha256]


def _of_subject(evidence: _Evidence, subject: str) -> list[TracedCell]:
    wanted = folded_name(subject)
    known: dict[str, str] = {}
    for mart in _SUBJECTS:
        found: list[TracedCell] = []
        for subject_id, row in evidence.named(mart):
            names = {folded_name(name): name for name in (subject_id, evidence.names[subject_id])}
            known |= names
            if subject == subject_id or wanted in names:
                found += evidence.whole_row(subject_id, row)
        if found:
            return found
    near = get_close_matches(subject.lower(), EVIDENCE, n=3)
    near += [known[name] for name in get_close_matches(wanted, known, n=3)]
    hint = f"Near: {', '.join(near)}." if near else f"Figures: jalons figures {evidence.edition}."
    raise NotTraceable(f"{evidence.edition} has no figure and no project called {subject}. {hint}")


def _size(one: TracedCell) -> float:
    return -abs(float(one.value_number or 0))


def _behind(evidence: _Evidence, mart: str, column: str, row: Mapping[str, object]) -> Iterator[TracedCell]:
    if mart == "headline_figures":
        yield from EVIDENCE[column](evidence) if column in EVIDENCE else ()
        return
    if mart == "procedure_scores":
        files = _files("procedures")(evidence)
        yield from (file for file in files if row["perimeter"] in ("all", file.perimeter))
        return
    about, keys = mart, dict(row)
    if mart == "slips":
        # A slip is about a project: what slipped is its cost, or its end.
        about, keys = "portfolio", {"project_id": row["subject"]}
        column = "current_cost_meur" if "cost" in f"{column} {row['rule']} {_slipped(evidence, row)}" else "schedule"
    keys = {name: value for name, value in keys.items() if name != "value"}
    for one in evidence.rows(about):
        if all(one[name] == value for name, value in keys.items()):
            subject = next(str(one[name]) for name in _SUBJECTS.values() if name in one)
            evidence.names[subject] = one.get("name") or one.get("title") or subject
            yield from _of_column(evidence, subject, one, column)


def _slipped(evidence: _Evidence, row: Mapping[str, object]) -> str:
    of_rule = (one for one in evidence.rows("slips") if (one["rule"], one["subject"]) == (row["rule"], row["subject"]))
    return next((str(one["measure"]) for one in of_rule), "")


def _of_column(evidence: _Evidence, subject: str, row: MartRow, column: str) -> Iterator[TracedCell]:
    """The cells that a column of a row was made of; its whole file where it is of no cell."""
    measure = "cost" if "cost" in column or "budget" in column else "duration"
    if f"{measure}_cell" not in row or not any(word in column for word in ("cost", "budget", "duration", "schedule")):
        filed = list(evidence.cell(subject, row, column)) if column in evidence.filed(row) else []
        whole = replace(
            evidence.file(row["submission_id"]), project_id=subject, sheet=row["sheet"], row=row["row_number"]
        )
        yield from filed or [whole]
        return
    if not column.startswith("baseline"):
        yield from evidence.cell_at(subject, row["submission_id"], row[f"{measure}_cell"], None, None)
    if column.startswith("baseline") or column.endswith("rate"):
        place = row.get(f"baseline_{measure}_submission_id"), row.get(f"baseline_{measure}_cell")
        if all(place):
            yield from evidence.cell_at(subject, str(place[0]), place[1], None, None)


_Rule = Callable[[_Evidence], Iterator[TracedCell]]


def _always(_row: MartRow) -> bool:
    return True


def _counted(mart: str, field: str, where: Callable[[MartRow], object] = _always) -> _Rule:
    """The cell of `field` in every row that counts."""

    def cells(evidence: _Evidence) -> Iterator[TracedCell]:
        for subject, row in evidence.named(mart):
            if where(row):
                yield from evidence.cell(subject, row, field)

    return cells


def _of_top250(field: str, where: Callable[[MartRow], object] = _always) -> _Rule:
    return _counted("procedures", field, lambda row: row["is_in_top250"] and where(row))


def _is(column: str, *values: object) -> Callable[[MartRow], bool]:
    return lambda row: row[column] in values


def _measured(measure: str, rate: str | None = None, *, with_baseline: bool = False, is_count: bool = False) -> _Rule:
    """The cells of a cost or a duration that is known, of the projects that have `rate` where one is named."""
    unit = {"cost": "meur", "duration": "days"}[measure]

    def cells(evidence: _Evidence) -> Iterator[TracedCell]:
        for subject, row in evidence.named("portfolio"):
            if row[rate or f"current_{measure}_{unit}"] is None:
                continue
            number = None if is_count else row[f"current_{measure}_{unit}"]
            read_in = None if is_count else unit
            yield from evidence.cell_at(subject, row["submission_id"], row[f"{measure}_cell"], number, read_in)
            if with_baseline:
                place = row[f"baseline_{measure}_submission_id"], row[f"baseline_{measure}_cell"]
                yield from evidence.cell_at(subject, *place, row[f"baseline_{measure}_{unit}"], unit)

    return cells


def _ends(evidence: _Evidence) -> Iterator[TracedCell]:
    """The start and the duration, or the end, of each project with a schedule variance, and those of its baseline."""
    for subject, row in evidence.named("portfolio"):
        if row["schedule_variance_rate"] is None:
            continue
        for submission_id, address, days in (
            (row["submission_id"], row["duration_cell"], row["current_duration_days"]),
            (row["baseline_end_submission_id"], row["baseline_end_cell"], row["baseline_end_duration_days"]),
        ):
            _, row_number = address_place(address)
            yield from evidence.cell_of_row(subject, submission_id, row_number, "start_date")
            yield from evidence.cell_at(subject, submission_id, address, days, "days")


def _moved(*movements: str, is_before: bool = False) -> _Rule:
    """The names of the projects that came, in this edition's files, or that went, in the previous one's."""

    def cells(evidence: _Evidence) -> Iterator[TracedCell]:
        moved = {row["project_id"]: row for row in evidence.rows("movements") if row["movement"] in movements}
        editions = {row["previous_edition"] if is_before else row["edition"] for row in moved.values()}
        for edition in editions:
            for subject, row in evidence.named("portfolio", edition):
                if subject in moved:
                    yield from evidence.cell(subject, row, "name")

    return cells


def _files(*kinds: str) -> _Rule:
    """The files that count, of all kinds if none is named."""

    def cells(evidence: _Evidence) -> Iterator[TracedCell]:
        for row in evidence.rows("submissions"):
            if row["superseded_at"] is None and (not kinds or row["kind"] in kinds):
                yield evidence.file(row["submission_id"])

    return cells


def _indicator_values(evidence: _Evidence) -> Iterator[TracedCell]:
    for subject, row in evidence.named("indicators"):
        yield from evidence.cell(subject, row, "measured_value", row["value"], row["unit"])
        yield from evidence.cell(subject, row, "target_value", row["target"], row["unit"])
        yield from evidence.cell(subject, row, "target_date")


# Every figure that is a number, with the cells that make it.
EVIDENCE: Mapping[str, _Rule] = {
    "revision": _files(),
    "perimeters_filed": _files("projects", "procedures"),
    **{f"perimeters_filed_{kind}": _files(kind) for kind in CONTRACTS},
    "projects": _counted("portfolio", "name"),
    "interministerial": _counted("portfolio", "is_interministerial", _is("is_interministerial", True)),
    "total_cost_bn_eur": _measured("cost"),
    "mean_duration_years": _measured("duration"),
    "entrants": _moved("in", "back"),
    "leavers": _moved("out", is_before=True),
    "budget_variance_mean_pct": _measured("cost", "budget_variance_rate", with_baseline=True),
    "budget_variance_aggregate_pct": _measured("cost", "budget_variance_rate", with_baseline=True),
    "budget_variance_projects": _measured("cost", "budget_variance_rate", is_count=True),
    "schedule_variance_mean_pct": _ends,
    "schedule_variance_aggregate_pct": _ends,
    "schedule_variance_projects": _counted("portfolio", "name", _is("schedule_variance_absence", None)),
    "duration_variance_mean_pct": _measured("duration", "duration_variance_rate", with_baseline=True),
    "duration_variance_aggregate_pct": _measured("duration", "duration_variance_rate", with_baseline=True),
    "duration_variance_projects": _measured("duration", "duration_variance_rate", is_count=True),
    **{
        f"{variance}_variance_outside_{absence}": _counted(
            "portfolio", "name", _is(f"{variance}_variance_absence", absence)
        )
        for variance in VARIANCES
        for absence in ABSENCES
    },
    "procedures": _of_top250("name"),
    "procedures_online": _of_top250("online_status", _is("online_goal_status", "reached")),
    "franceconnect": _of_top250("authentication", _is("authentication", "franceconnect")),
    "franceconnect_plus": _of_top250("authentication", _is("authentication", "franceconnect_plus")),
    "satisfaction_reached": _of_top250("satisfaction_score", _is("satisfaction_status", "reached")),
    "satisfaction_rated": _of_top250("satisfaction_score", _is("satisfaction_status", "reached", "not_reached")),
    "dlnuf_reached": _of_top250("dlnuf_score", _is("dlnuf_status", "reached")),
    "dlnuf_rated": _of_top250("dlnuf_score", _is("dlnuf_status", "reached", "not_reached")),
    "accessibility_reached": _of_top250("accessibility_rate", _is("accessibility_status", "reached")),
    "accessibility_rated": _of_top250("accessibility_rate", _is("accessibility_status", "reached", "not_reached")),
    "roadmap_actions": _counted("roadmap", "title"),
    "roadmap_missions": _counted("roadmap", "mission"),
    "roadmap_completed": _counted("roadmap", "status", _is("is_completed", True)),
    "roadmap_due_by_year_end": _counted("roadmap", "planned_end", _is("is_due_by_year_end", True)),
    "roadmap_new": _counted("roadmap", "entry_edition", _is("is_new", True)),
    "indicators": _indicator_values,
}
