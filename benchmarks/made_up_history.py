"""A made-up history of any length: the files of 11 perimeters with 6 projects each, and a home that has filed them.

What belongs here: what the benchmarks measure on. What does not: the made-up State of the demo, whose story is told
(`orchestration.sample`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path

import dagster as dg

from orchestration.domain.edition import Edition
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake.ledger import Ledger
from orchestration.passes.run import Pass, PassSummary, run_pass
from orchestration.settings import Settings
from orchestration.store.whole_file import write_whole

NAMES = ("Horizon", "Boussole", "Archives", "Greffe", "Phare", "Sextant")
_FIRST, _LAST = Edition(2000, 1), Edition(2021, 2)
_HEADER = "Nom du projet;Ministère porteur;Début;Durée prévisionnelle en année;Phase du projet en cours;Coût estimé"


def editions(count: int) -> list[Edition]:
    """So many editions, oldest first: up to 2021-S2, or from 2000-S1 on, the first that there can be, where more."""
    first = _FIRST
    while (_LAST.year - first.year) * 2 + _LAST.semester - first.semester >= count:
        first = first.next()
    found = [first]
    while len(found) < count:
        found.append(found[-1].next())
    return found


def filed_at(count: int) -> datetime:
    """When a history of so many editions was filed; what is measured comes after."""
    return datetime.combine(editions(count)[-1].as_of + timedelta(10), time(9), UTC)


def projects_file(perimeter: str, edition: Edition, moved: Mapping[int, int] | None = None) -> bytes:
    """A whole file with nothing odd; `moved` says by project's number how often its cost was raised by half."""
    lines = [_HEADER]
    ministry = perimeter_names()[perimeter]
    for number, name in enumerate(NAMES):
        # Costs drift by less than anything tells of.
        drift = (edition.year * 2 + edition.semester) % 5 / 10
        cost = (12 + 7 * number) * (1 + (moved or {}).get(number, 0) / 2) + drift
        start, years = 2019 + number % 3, 4 + number % 4
        lines.append(f'{perimeter} {name};"{ministry}";01/0{1 + number}/{start};{years};Déploiement;{cost:.1f}')
    return ("\n".join(lines).replace(".", ",") + "\n").encode()


def drop(settings: Settings, perimeter: str, edition: Edition, name: str, data: bytes) -> None:
    """File it as a ministry does, by a rename."""
    write_whole(Path(settings.inbox.path, edition.code, perimeter, name), data, "folder")


@cache
def jobs() -> dict[str, dg.JobDefinition]:
    """The jobs of a pass, resolved once in a process."""
    from orchestration.definitions import defs

    return {name: defs().resolve_job_def(name) for name in ("intake", "publication")}


def one_pass(settings: Settings, now: datetime) -> PassSummary:
    """A pass of what is owed, as the command line runs one, in this process."""
    return run_pass(Pass(jobs(), settings, now, is_replay=True, is_forced=False))


def make(home: Path, count: int) -> Settings:
    """A home in which that many editions were filed, all but the last one closed, and published."""
    settings = Settings(home=home, settle_seconds=0.0)
    for edition in editions(count):
        for perimeter in perimeter_names():
            drop(settings, perimeter, edition, "projets.csv", projects_file(perimeter, edition))
    at = filed_at(count)
    one_pass(settings, at)
    with Ledger(settings.ledger) as ledger:
        for edition in editions(count)[:-1]:
            ledger.close(edition.code, at)
    summary = one_pass(settings, at)
    assert not summary.failures, summary.failures  # noqa: S101 - a benchmark on a home that is not whole measures nothing
    return settings
