"""The alias register: which names are one project, and which only look like one (docs/rules.md §7).

What belongs here: reading `dbt_project/seeds/project_aliases.csv` and looking a name up in it; dbt reads it by the same
rule (`int_project_rows`). What does not: changing it (`orchestration.consolidation.aliases`), or judging how alike two
names are (`orchestration.domain.likeness`).
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, cast

from orchestration.domain.folding import folded_name
from orchestration.domain.reference_data import SEEDS

REGISTER = SEEDS / "project_aliases.csv"

_NO_END = "9999"

AliasStatus = Literal["confirmed", "rejected"]


@dataclass(frozen=True)
class Alias:
    """One line: in the editions from … to … (both included, no bound where blank), `name` is `project_id`, or is not.

    `source` says who confirmed or rejected it, or where it was read; `line` is where it stands in the file.
    """

    name: str
    project_id: str
    status: AliasStatus
    from_edition: str = ""
    to_edition: str = ""
    source: str = ""
    line: int = field(default=0, compare=False)

    @property
    def folded_name(self) -> str:
        """What the name is compared by."""
        return folded_name(self.name)

    def holds_in(self, edition: str | None) -> bool:
        """Whether the line says anything about an edition; a file without one is read as the latest."""
        if not edition:
            return not self.to_edition
        return self.from_edition <= edition and (not self.to_edition or edition <= self.to_edition)

    def overlaps(self, other: "Alias") -> bool:
        """Whether both lines hold in some edition."""
        return self.from_edition <= (other.to_edition or _NO_END) and other.from_edition <= (self.to_edition or _NO_END)

    def covers(self, other: "Alias") -> bool:
        """Whether the line says all that the other one says."""
        is_as_long = self.from_edition <= other.from_edition and (other.to_edition or _NO_END) <= (
            self.to_edition or _NO_END
        )
        statement = (self.folded_name, self.project_id, self.status)
        return is_as_long and statement == (other.folded_name, other.project_id, other.status)


@dataclass(frozen=True)
class AliasRegister:
    """The lines of the register, in their order."""

    lines: tuple[Alias, ...]

    @cached_property
    def _by_folded_name(self) -> dict[str, list[Alias]]:
        found: dict[str, list[Alias]] = {}
        for line in self.lines:
            found.setdefault(line.folded_name, []).append(line)
        return found

    def of(self, folded_name: str, edition: str | None, status: AliasStatus) -> list[Alias]:
        """The lines of this status about a folded name that hold in an edition."""
        lines = self._by_folded_name.get(folded_name, ())
        return [line for line in lines if line.status == status and line.holds_in(edition)]

    @cached_property
    def _by_glued_id(self) -> dict[str, str]:
        ids = sorted((line.project_id for line in self.lines if line.status == "confirmed"), reverse=True)
        return {glued(project_id): project_id for project_id in ids}

    def project_of(self, folded_name: str, edition: str | None) -> str | None:
        """The id that the register gives a folded name in an edition: a line's, else the id that it folds to."""
        lines = self.of(folded_name, edition, "confirmed")
        return lines[0].project_id if lines else self._by_glued_id.get(folded_name)

    def resolve(self, folded_name: str, edition: str | None) -> str:
        """What a folded name stands for in an edition: the register's id, else the folded name itself."""
        return self.project_of(folded_name, edition) or folded_name

    def is_rejected(self, folded_name: str, project_id: str, edition: str | None) -> bool:
        """Whether a human said that the name is not this project's, however its id is hyphenated."""
        lines = self.of(folded_name, edition, "rejected")
        return any(glued(line.project_id) == glued(project_id) for line in lines)


def glued(project_id: str) -> str:
    """An id without its hyphens: what the name that it was made of folds to, and what ids were before 0.2."""
    return project_id.replace("-", "")


def alias_register(path: Path | None = None) -> AliasRegister:
    """The register as the file says now; a change of the file is seen without a new process."""
    file = path or REGISTER
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(file: Path, _changed_at: int) -> AliasRegister:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        return AliasRegister(
            tuple(
                Alias(
                    name=row["name"],
                    project_id=row["project_id"],
                    status=cast(AliasStatus, row["status"]),
                    from_edition=row["from_edition"],
                    to_edition=row["to_edition"],
                    source=row["source"],
                    line=reader.line_num,
                )
                for row in reader
            )
        )


def registered(names: Iterable[str | None], editions: Iterable[object]) -> list[str | None]:
    """The id that the register gives each folded name in its edition; `None` where it has none, or there is no name."""
    register = alias_register()
    return [
        None if name is None else register.project_of(name, None if edition is None else str(edition))
        for name, edition in zip(names, editions, strict=True)
    ]
