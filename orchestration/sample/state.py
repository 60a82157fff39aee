"""The made-up State: its projects, and what becomes of each of them from one edition to the next.

What belongs here: the truth that ministries then report. What does not: how a file words it (`cells`) and which file
it is in (`generate`). The scenario is data: `projects.csv` says how each project starts, `events.csv` what befalls it,
with the rule that must notice; a cost or duration is told as such, or as what it moved by (`+24%`, `+7`, `-153`). A
`first_typed` value is a mistake of the edition's first file, put right by its correction. What befalls nobody drifts.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from orchestration.domain.edition import Edition
from orchestration.domain.folding import fold_name

_CENT = Decimal("0.01")
EDITIONS = tuple(f"{year}-S{semester}" for year in (2019, 2020, 2021) for semester in (1, 2))

# The legal notice that real files carry in the phase cell of a project whose trajectory is being revised.
REVISION_NOTICE = (
    "Conformément à l'article 3 du décret, la trajectoire de ce projet est en cours de révision : son coût et sa durée "
    "seront communiqués une fois la nouvelle trajectoire arrêtée par le ministère."
)
PHASES = {
    "cadrage": "Cadrage",
    "conception_realisation": "Conception / Réalisation",
    "experimentation": "Expérimentation",
    "deploiement": "Déploiement",
    "termine": "Terminé",
    "abandonne": "Abandonné",
    "en_revision": REVISION_NOTICE,
}


@dataclass(frozen=True)
class Project:
    """One project as its ministry knows it in one edition; costs in M€, durations in days, both null when not told."""

    project_id: str
    name: str
    perimeter: str
    is_interministerial: bool
    zone: str
    description: str
    start: date
    days: int | None
    cost: Decimal | None
    initial_days: int
    initial_cost: Decimal
    phase: str = "cadrage"
    present: bool = True
    declared_confidence: str | None = None
    comment: str | None = None
    exit_reason: str | None = None

    @property
    def end(self) -> date | None:
        """The planned end, null when the duration is not told."""
        return None if self.days is None else self.start + timedelta(days=self.days)


@dataclass(frozen=True)
class Event:
    """One line of the scenario."""

    edition: str
    project: str
    field: str
    value: str
    first_typed: str
    rule: str
    comment: str


def table(name: str) -> list[dict[str, str]]:
    """The rows of one of the scenario's tables, `<name>.csv` beside this file."""
    with Path(__file__).with_name(f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=";"))


def events() -> list[Event]:
    """The scenario, in the order it happens."""
    return [Event(**row) for row in table("events")]


def project_histories() -> Iterator[tuple[str, list[Project], list[Project]]]:
    """Yield (edition, projects as first filed, projects as they stand at last), edition by edition."""
    scenario = events()
    living: dict[str, Project] = {}
    for code in EDITIONS:
        as_of = Edition.parse(code).as_of
        for project in living.values():
            living[project.project_id] = _half_a_year_later(project, as_of)
        living |= {fold_name(row["name"]): _born(row, as_of) for row in table("projects") if row["first"] == code}
        first = dict(living)
        for event in (event for event in scenario if event.edition == code):
            key = fold_name(event.project)
            first[key] = _befall(first[key], event, event.first_typed or event.value)
            living[key] = _befall(living[key], event, event.value)
        yield code, _reported(first), _reported(living)


def _born(row: dict[str, str], as_of: date) -> Project:
    start, days, cost = date.fromisoformat(row["start"]), int(row["days"]), Decimal(row["cost"])
    project = Project(
        project_id=fold_name(row["name"]),
        name=row["name"],
        perimeter=row["perimeter"],
        is_interministerial=row["is_interministerial"] == "oui",
        zone=row["zone"],
        description=row["description"],
        start=start,
        days=days,
        cost=cost,
        initial_days=days,
        initial_cost=cost,
    )
    return replace(project, phase=_phase(project, as_of))


def _half_a_year_later(project: Project, as_of: date) -> Project:
    """Let phases advance and most costs drift, far under any rule's threshold, so that only the scenario slips."""
    # A generator for each, so that one project more or less changes nothing of the others.
    own = Random(f"{project.project_id} {as_of}")  # noqa: S311
    cost, phase = project.cost, _phase(project, as_of)
    if cost is not None and project.phase not in ("cadrage", "termine", "abandonne") and own.random() < 0.85:
        drift = min(cost * own.randrange(-10, 23) / 1000, Decimal(3))
        cost = (cost + drift).quantize(Decimal("0.1") if cost >= 5 else _CENT)
    return replace(project, phase=phase, cost=cost, comment=None)


def _phase(project: Project, as_of: date) -> str:
    if project.phase in ("termine", "abandonne", "en_revision"):
        return project.phase
    elapsed = (as_of - project.start) / timedelta(days=project.initial_days)
    steps = ((0.14, "cadrage"), (0.6, "conception_realisation"), (0.75, "experimentation"))
    return next((phase for limit, phase in steps if elapsed < limit), "deploiement")


def _befall(project: Project, event: Event, value: str) -> Project:
    """Apply one event; an empty figure is a figure no longer told."""
    comment = event.comment or project.comment
    match event.field:
        case "cost":
            return replace(project, cost=_moved(project.cost, value), comment=comment)
        case "initial_cost":
            return replace(project, initial_cost=Decimal(value))
        case "days":
            days = _moved(None if project.days is None else Decimal(project.days), value)
            return replace(project, days=None if days is None else int(days), comment=comment)
        case "start":
            return replace(project, start=date.fromisoformat(value), comment=comment)
        case "is_interministerial":
            return replace(project, is_interministerial=value == "oui")
        case "present":
            return replace(project, present=value == "oui")
        case "name":
            return replace(project, name=value)
        case "perimeter":
            return replace(project, perimeter=value)
        case "phase":
            return replace(project, phase=value, comment=comment)
        case "exit_reason":
            return replace(project, exit_reason=value)
        case "declared_confidence":
            return replace(project, declared_confidence=value)
        case _:
            raise ValueError(f"events.csv: no such field as {event.field!r}")


def _moved(before: Decimal | None, value: str) -> Decimal | None:
    """The figure told: none, a new one, or the one before moved by so much or so many percent of it."""
    if not value or value[0] not in "+-":
        return Decimal(value) if value else None
    if before is None:
        raise ValueError(f"events.csv: {value!r} moves a figure that is not known")
    if value.endswith("%"):
        return round(before * (1 + Decimal(value[:-1]) / 100), 1)
    return before + Decimal(value)


def _reported(projects: dict[str, Project]) -> list[Project]:
    """What ministries tell: nothing of the absent, no figure of a project still in cadrage."""
    present = [project for project in projects.values() if project.present]
    return [replace(p, cost=None, days=None) if p.phase == "cadrage" else p for p in present]
