"""The trials: an accident, what follows it, and what must hold at the end.

What belongs here: rows of killed passes and full disks, and passes at once. What does not: damaged stores and wrong
clocks (`damages`), the service as a whole (`service`), seeing steps (`steps`), and what must hold (`checker`).
"""

import itertools
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.intake.home_identity import begin_generation
from orchestration.intake.ledger import Ledger
from orchestration.operations.ledger_copies import copy_ledger
from orchestration.settings import Settings
from tests.alerting.fake_slack import FakeSlack, Mischief
from tests.campaign import checker, homes
from tests.campaign.homes import FIRST, FIRST_WAVE, LATE, PREVIOUS_EDITION, SECOND, SECOND_WAVE, Arrivals
from tests.campaign.warm import PATIENCE_S, Ended, Warm

Messages = Sequence[dict[str, Any]]
# What Slack may do wrong with the posts of a pass, in order.
MISCHIEFS: Sequence[Mischief] = ("rate_limit", "lose_request", "lose_answer", "server_error", "long_rate_limit")
# Each four minutes after the other: a message whose answer was lost twice goes for the third time in the fifth one.
MOST_PASSES_TO_HEAL = 10
# So much of the steps of a pass is left to one that follows a death; of messages, what engineers are told of it.
LEFT = {"file": 0.45, "ledger": 0.2, "dagster": 0.8, "warehouse": 0.95, "slack": 0.3}


@dataclass(frozen=True)
class Accident:
    """What befalls a pass at the step `number` of a `kind`: `act` is one of `steps`."""

    kind: str
    number: int
    act: str = "kill"

    def __str__(self) -> str:
        return f"{self.act} at {self.kind} {self.number}"


@dataclass(frozen=True)
class Scene:
    """Where a trial begins: a home with what waits in its inbox, the hour, and what a clean pass makes of it.

    `told` are the messages that Slack had before, `clean_messages` those that it has after; `counts` are the steps of
    that pass, `clean_late` is what a home says where `LATE` comes after it.
    """

    home: Path
    now: datetime
    arrivals: Arrivals
    told: Messages
    clean_home: Path
    clean: checker.Said
    clean_messages: Messages
    counts: dict[str, int]
    clean_late: checker.Said | None = None


@dataclass
class Trial:
    """One trial: what it was, what differs at its end (none where all held), and the accidents that came about."""

    name: str
    home: Path
    differs: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def accidents(scene: Scene, kinds: Sequence[str], chance: random.Random) -> list[Accident]:
    """A row over one home, at steps that each pass still comes to, earlier ones rather than late ones."""
    row = []
    for place, kind in enumerate(kinds):
        most = scene.counts["file" if kind == "disk" else kind] * (LEFT.get(kind, 0.4) if place else 1)
        number = 1 + int(most * chance.random() ** 2)
        if kind == "disk":
            act = chance.choice(("full 0", "full 2000", "full 6000", "full 20000", "full 100000", "refuse"))
            row.append(Accident("file", number, act))
        else:
            row.append(Accident(kind, number, "torn" if kind == "file" and chance.random() < 1 / 3 else "kill"))
    return row


class Campaign:
    """The trials over one folder, each on a copy of a scene, with a Slack that goes on where the scene's stood."""

    def __init__(self, warm: Warm, folder: Path, seed: int) -> None:
        self.warm, self.folder, self.seed = warm, folder, seed
        self._numbers = itertools.count(1)

    def first_scene(self) -> Scene:
        """An empty home, whose first files wait."""
        home = self.folder / "first"
        homes.put(home, FIRST_WAVE)
        return self._scene(home, FIRST, FIRST_WAVE, ())

    def second_scene(self, first: Scene, *, with_late: bool = False) -> Scene:
        """A home that has published an edition, closed since; a correction, slips, a trial and a wrong file wait."""
        home = homes.copy(first.clean_home, self.folder / "second")
        settings = Settings(home=home)
        with Ledger(settings.ledger) as ledger:
            ledger.close(PREVIOUS_EDITION, FIRST)
            begin_generation(settings, ledger)
        copy_ledger(settings)
        homes.put(home, SECOND_WAVE)
        scene = self._scene(home, SECOND, {**FIRST_WAVE, **SECOND_WAVE}, first.clean_messages)
        if not with_late:
            return scene
        late = homes.copy(scene.clean_home, self.folder / "late")
        homes.put(late, LATE)
        with _slack(scene.clean_messages) as slack:
            _whole(self.warm.run(late, SECOND, slack=slack.base_url))
        return Scene(**scene.__dict__ | {"clean_late": checker.said_by(late)})

    def _scene(self, home: Path, now: datetime, arrivals: Arrivals, before: Messages) -> Scene:
        clean_home = homes.copy(home, self.folder / f"{home.name}-clean")
        with _slack(before) as slack:
            counts = _whole(self.warm.run(clean_home, now, slack=slack.base_url)).counts
        clean = checker.said_by(clean_home)
        return Scene(home, now, arrivals, before, clean_home, clean, slack.messages, counts)

    @contextmanager
    def trial(self, name: str, home: Path, told: Messages) -> Iterator[tuple[Trial, FakeSlack]]:
        """A copy of a home, forgotten where all holds and kept where not; what is raised differs too."""
        trial = Trial(name, self.folder / f"trial-{next(self._numbers):03d}")
        begun = time.monotonic()
        homes.copy(home, trial.home)
        with _slack(told) as slack:
            try:
                yield trial, slack
            except Exception as error:
                trial.differs.append(f"the trial stopped: {type(error).__name__}: {error}")
        trial.seconds = time.monotonic() - begun
        if not trial.differs:
            shutil.rmtree(trial.home)
            trial.home.with_name(f"{trial.home.name}.log").unlink(missing_ok=True)

    def heal(self, trial: Trial, now: datetime, slack: FakeSlack, *, after: Ended | None = None) -> None:
        """Passes until one is whole and leaves nothing to send, from `now` on or `after` one that may have been so."""
        ended, later = after, int(after is not None)
        for number in range(MOST_PASSES_TO_HEAL + 1):
            if ended and ended.is_whole and not checker.is_unsettled(trial.home):
                return
            if number < MOST_PASSES_TO_HEAL:
                # A message whose answer was lost is looked for twice, minutes apart, before it is sent again.
                at = now + timedelta(minutes=4 * (number + later))
                ended = self.warm.run(trial.home, at, slack=slack.base_url)
        trial.differs.append(f"not healed by {MOST_PASSES_TO_HEAL} passes: {ended}")

    def row(self, scene: Scene, row: Sequence[Accident], *, is_late: bool = False) -> Trial:
        """Passes that meet an accident one after the other, while Slack misbehaves; then passes until all is well.

        With `is_late`, a drop arrives in between.
        """
        name = f"{scene.home.name}: " + ", ".join(map(str, row)) + ("; then a drop" if is_late else "")
        with self.trial(name, scene.home, scene.told) as (trial, slack):
            chance = random.Random(f"{self.seed} {name}")  # noqa: S311
            for accident in row:
                # The requests of a pass that dies at one must be those that were counted.
                wrong = chance.choice([*[None] * len(MISCHIEFS), *MISCHIEFS]) if accident.kind != "slack" else None
                slack.mischief.extend([wrong] if wrong else [])
                at = [accident.kind, accident.number]
                ended = self.warm.run(trial.home, scene.now, slack=slack.base_url, at=at, act=accident.act)
                if accident.act in ("kill", "torn"):
                    trial.kills[accident.kind if ended.is_killed else "step not reached"] += 1
                else:
                    trial.kills["disk" if ended.has_struck else "step not reached"] += 1
            arrivals, clean = scene.arrivals, scene.clean
            if is_late and scene.clean_late:
                homes.put(trial.home, LATE)
                arrivals, clean = {**arrivals, **LATE}, scene.clean_late
            self.heal(trial, scene.now, slack)
            trial.differs += checker.differences(trial.home, clean, arrivals, is_apart=is_late)
            trial.differs += checker.said_twice(slack.messages, trial.home)
        return trial

    def at_once(self, scene: Scene, passes: Sequence[Accident | None]) -> Trial:
        """Several passes over one home at the same time, some of them killed."""
        name = f"{len(passes)} passes at once, with " + ", ".join(str(one) for one in passes if one)
        with self.trial(name, scene.home, scene.told) as (trial, slack):
            begun = [
                self.warm.start(
                    *(trial.home, scene.now),
                    slack=slack.base_url,
                    **({"at": [one.kind, one.number]} if one else {}),
                )
                for one in passes
            ]
            ends = [each.result(PATIENCE_S) for each in begun]
            trial.kills["at once"] += sum(ended.is_killed for ended in ends)
            for one, ended in zip(passes, ends, strict=True):
                if one is None and not ended.is_whole:
                    trial.differs.append(f"a pass beside others failed: {ended}")
            is_over = not any(ended.is_killed for ended in ends)
            self.heal(trial, scene.now, slack, after=ends[-1] if is_over else None)
            trial.differs += checker.differences(trial.home, scene.clean, scene.arrivals)
            trial.differs += checker.said_twice(slack.messages, trial.home)
        return trial


@contextmanager
def _slack(told: Messages) -> Iterator[FakeSlack]:
    with FakeSlack() as slack:
        slack.messages.extend(told)
        yield slack


def _whole(ended: Ended) -> Ended:
    if not ended.is_whole:
        raise RuntimeError(f"a clean pass failed: {ended}")
    return ended
