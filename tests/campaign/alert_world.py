"""Alerts that appear, rise, are corrected, end and come back: what is so, and the marts that say it.

What belongs here: the truth of a scenario, drawn from its seed, and its history. What does not: who is told of it
(`deliveries`), and what readers must see of it by the end (`delivery_oracle`).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.settings import Settings
from orchestration.store.sql import naive_utc
from orchestration.validation.judgement import Judgement
from tests.alerting.alert_home import SCHEMA, alert_row
from tests.judgements import unjudged

PREVIOUS, NEWEST = "2017-S1", "2017-S2"
# What each level of an overrun is called, the lowest first.
LEVELS = {"10": "information", "25": "attention", "50": "critique"}
CAUSES = ("redressée", "reportée", "sans objet")
_MONTHS = {
    "janvier": "2016-01-31",
    "mars": "2016-03-31",
    "mai": "2016-05-31",
    "juin": "2016-06-30",
    "août": "2016-08-31",
    "octobre": "2016-10-31",
}


@dataclass
class Project:
    """What is so of a project in an edition, and what ever was: its cost where it rose, the level that its overrun
    crossed, the month of an end that is overdue, and why it is that no more.

    `has_left` says that it was taken out of the edition by a correction: what was told of it stays.
    """

    edition: str
    id: str
    has_slipped: bool = False
    cost: Decimal = Decimal("86.0")
    level: str | None = None
    month: str | None = None
    cause: str | None = None
    has_left: bool = False
    explained: dict[str, str] = field(default_factory=dict)
    costs: set[str] = field(default_factory=set)
    levels: set[str] = field(default_factory=set)
    months: set[str] = field(default_factory=set)
    shown_as: str = ""
    is_new_since: dict[str, bool] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, str]:
        """Its edition and id."""
        return self.edition, self.id

    @property
    def name(self) -> str:
        """As readers see it."""
        return self.shown_as or self.id.upper()

    @property
    def severity(self) -> str | None:
        """How grave the gravest of what holds is; `None` where nothing holds."""
        found = [LEVELS[self.level]] if self.level else []
        found += ["attention"] if self.has_slipped or (self.month and not self.cause) else []
        return max(found, key=("information", "attention", "critique").index, default=None)

    def rows(self) -> list[dict[str, Any]]:
        """Its rows of the mart `alerts`."""
        given = {"edition": self.edition, "subject_name": self.name, "to_value": self.cost}
        made = []
        if self.has_slipped:
            made.append(alert_row(self.id, **given))
        if self.level:
            rise = {"rule": "budget_overrun", "level": self.level, "severity": LEVELS[self.level]}
            made.append(alert_row(self.id, **given, **rise, from_value=Decimal(75)))
        if self.month:
            end = {"from_text": _MONTHS[self.month], "from_precision": "month", "to_text": "2017-11-15"}
            end |= {"unit": None, "measure": "end", "from_value": None, "to_value": None}
            made.append(alert_row(self.id, **given | end, rule="overdue", level="end"))
        return made

    def explanations(self) -> set[str]:
        """Who explained what holds of it."""
        return {self.explained[key] for key in self.keys() if key in self.explained}

    def keys(self) -> list[str]:
        """The keys of its alerts that hold."""
        return [row["alert_key"] for row in self.rows() if not (row["rule"] == "overdue" and self.cause)]

    def note(self) -> None:
        """Keep what is so: from now on it is something that was true once."""
        if self.has_slipped or self.level:
            self.costs.add(f"{self.cost:.1f}".replace(".", ","))
        if self.level:
            self.levels.add(self.level)
        if self.month:
            self.months.add(self.month)


class World:
    """The projects of one or two editions, and the marts that say what is so of them."""

    def __init__(self, chance: random.Random, editions: Sequence[str], projects: int) -> None:
        self.chance = chance
        self.projects: dict[tuple[str, str], Project] = {}
        # Of which nothing changes: a channel that was never told anything gets it as a summary alone.
        self.still: set[str] = set()
        # Of which all there was may be in the summary: when another edition came, nothing of it had arrived yet.
        self.early: set[str] = set()
        self.corrections: list[dict[str, Any]] = []
        self.changes = 0
        for edition in editions:
            self.add_edition(edition, projects)

    def add_edition(self, edition: str, projects: int) -> None:
        """An edition comes with its projects, of most of which there is something to say at once."""
        for number in range(projects):
            one = Project(edition, f"orion-{number:02d}")
            self.projects[one.place] = one
            if self.chance.random() < 0.8:
                self._appears(one)
                one.note()

    def change(self, now: datetime) -> None:
        """One thing becomes otherwise."""
        free = [one for one in self.projects.values() if one.edition not in self.still]
        one = self.chance.choice(free)
        acts = [self._appears, self._appears, self._rises, self._rises, self._is_corrected, self._is_corrected]
        acts += [self._ends, self._ends, self._goes, self._goes]
        act = self.chance.choice(acts)
        if act == self._goes and one.rows() and self.chance.random() < 0.2:
            self._leaves(one, now)
        else:
            act(one)
        one.note()
        self.changes += 1

    def _appears(self, one: Project) -> None:
        if one.has_left:
            # It is back, by another correction than the one that took it out.
            one.has_left = False
            self.corrections = [row for row in self.corrections if (row["edition"], row["project_id"]) != one.place]
        kinds = [kind for kind, is_there in self._holds(one).items() if not is_there]
        if not kinds:
            return
        kind = self.chance.choice(kinds)
        if kind == "slip":
            one.has_slipped = True
        elif kind == "overrun":
            one.level = self.chance.choice(list(LEVELS))
        else:
            one.month, one.cause = one.month or self.chance.choice(list(_MONTHS)), None
        one.is_new_since = dict.fromkeys(one.is_new_since, True)

    def _rises(self, one: Project) -> None:
        higher = [level for level in LEVELS if one.level and int(level) > int(one.level)]
        if not higher:
            self._appears(one)
            return
        one.level = self.chance.choice(higher)
        one.is_new_since = dict.fromkeys(one.is_new_since, True)

    def _is_corrected(self, one: Project) -> None:
        if not (one.has_slipped or one.level):
            self._appears(one)
            return
        one.cost += Decimal("0.1") * self.chance.randint(1, 9)
        lower = [level for level in LEVELS if one.level and int(level) < int(one.level)]
        if lower and self.chance.random() < 0.2:
            one.level = self.chance.choice(lower)
            one.is_new_since = dict.fromkeys(one.is_new_since, True)

    def _ends(self, one: Project) -> None:
        if one.month and not one.cause:
            one.cause = self.chance.choice(CAUSES)
        else:
            self._goes(one)

    def _goes(self, one: Project) -> None:
        there = [kind for kind, is_there in self._holds(one).items() if is_there]
        if not there:
            self._appears(one)
            return
        kind = self.chance.choice(there)
        if kind == "slip":
            one.has_slipped = False
        elif kind == "overrun":
            one.level = None
        else:
            one.month, one.cause = None, None

    def _leaves(self, one: Project, now: datetime) -> None:
        one.has_left, one.has_slipped = True, False
        one.level, one.month, one.cause = None, None, None
        given = {"edition": one.edition, "project_id": one.id, "is_present": False, "is_same": False}
        times = {"received_at": datetime(2017, 1, 1), "superseded_at": naive_utc(now)}
        self.corrections.append(given | times)

    def _holds(self, one: Project) -> dict[str, bool]:
        return {"slip": one.has_slipped, "overrun": bool(one.level), "overdue": bool(one.month and not one.cause)}

    def build(self, settings: Settings) -> Judgement:
        """Write the marts, as a build does."""
        settings.marts.mkdir(parents=True, exist_ok=True)
        rows = [row for one in self.projects.values() for row in one.rows()]
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), settings.marts / "alerts.parquet")
        ends = [_end(row, one) for one in self.projects.values() if one.cause for row in one.rows()]
        for name, made in {"alert_ends": ends, "corrections": self.corrections}.items():
            path = settings.marts / f"{name}.parquet"
            path.unlink(missing_ok=True)
            if found := [row for row in made if row]:
                pq.write_table(pa.Table.from_pylist(found), path)
        return unjudged(settings)


def _end(row: dict[str, Any], one: Project) -> dict[str, Any] | None:
    if row["rule"] != "overdue":
        return None
    said = {name: row[name] for name in ("alert_key", "rule", "subject", "edition", "level")}
    now = {"now_date": date(2019, 6, 30), "now_precision": "month", "now_value": None, "now_unit": None}
    ended = {"cause": one.cause, "ended_edition": one.edition, "ended_at": datetime(2017, 11, 15, 9)}
    return said | now | ended | {"now_text": None}
