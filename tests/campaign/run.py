"""The long form of the campaign: `make faults`; `make faults SEED=…` makes the same trials again.

What belongs here: which trials there are, their order and what is said of them. What does not: the trials.
"""

import itertools
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.campaign.damages import DAMAGES, archive_damaged_before_a_verdict, clock_ahead, clock_behind, damaged
from tests.campaign.service import service_killed
from tests.campaign.surroundings import SLACK, far_shorter, inbox_gone, slack_fails
from tests.campaign.trials import Accident, Campaign, Scene, Trial, accidents
from tests.campaign.warm import Warm

# Passes really killed at a step, all rows together; most accidents are at files, and now and then the disk is full.
KILLS = 200
KINDS = {"file": 9, "ledger": 6, "dagster": 5, "warehouse": 3, "slack": 3, "disk": 2}
# So many accidents follow each other over one home before it may heal.
IN_A_ROW = (1, 4, 8, 8, 8)
SERVICE_KILLS = 4
# Two cores.
WORKERS = 2

Start = Callable[[Campaign], Trial]


def others(scene: Scene, chance: random.Random) -> Iterator[Start]:
    """Each store damaged in each way, wrong clocks, faults of inbox and Slack, and two to five passes at once."""
    for name in DAMAGES:
        yield partial(damaged, scene=scene, name=name)
    for is_so in (True, False):
        yield partial(archive_damaged_before_a_verdict, scene=scene, is_removed=is_so)
        yield partial(clock_ahead, scene=scene, is_right=is_so)
    yield partial(clock_behind, scene=scene)
    for is_emptied in (True, False):
        yield partial(inbox_gone, scene=scene, is_emptied=is_emptied)
    for what in SLACK:
        yield partial(slack_fails, scene=scene, what=what)
    yield partial(far_shorter, scene=scene)
    for count in (2, 3, 4, 5):
        killed: list[Accident | None] = list(accidents(scene, ["ledger", "file"][: count // 2], chance))
        yield partial(Campaign.at_once, scene=scene, passes=[*killed, *[None] * (count - len(killed))])


def rows(scenes: list[Scene], seed: int) -> Iterator[Start]:
    """Rows of accidents without end, each drawn from its number alone."""
    for number in itertools.count(1):
        chance = random.Random(f"{seed} row {number}")  # noqa: S311
        kinds = chance.choices(list(KINDS), list(KINDS.values()), k=chance.choice(IN_A_ROW))
        scene = chance.choice(scenes)
        is_late = scene.clean_late is not None and chance.random() < 1 / 3
        yield partial(Campaign.row, scene=scene, row=accidents(scene, kinds, chance), is_late=is_late)


class Tally:
    """What came of the trials so far, said as they end."""

    def __init__(self, seed: int) -> None:
        self.seed, self.begun, self.failed, self.held = seed, time.monotonic(), 0, 0
        self.kills: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def is_enough(self) -> bool:
        """Whether as many passes were killed at steps as are wanted."""
        return sum(count for kind, count in self.kills.items() if kind in KINDS and kind != "disk") >= KILLS

    def add(self, trial: Trial) -> None:
        """Count a trial, and say how it ended."""
        with self._lock:
            self.kills += trial.kills
            self.failed += bool(trial.differs)
            self.held += not trial.differs
            kills = f" [{', '.join(f'{count} {kind}' for kind, count in trial.kills.items())}]" if trial.kills else ""
            say(f"{'FAILED' if trial.differs else 'held  '} {trial.seconds:5.1f} s  {trial.name}{kills}")
            if trial.differs:
                say("".join(f"    {one}\n" for one in trial.differs[:12]) + f"    kept: {trial.home}, seed {self.seed}")


def main() -> int:
    """Run all trials; 1 where one of them failed."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10**6)
    for name in [name for name in os.environ if name.startswith(("JALONS_", "SLACK_", "DAGSTER_"))]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix=f"jalons-faults-{seed}-", dir=_fast_folder()))
    say(f"Seed {seed}: make faults SEED={seed} makes the same trials again. Homes: {folder}")
    tally = Tally(seed)
    with Warm() as warm:
        campaign = Campaign(warm, folder, seed)
        first = campaign.first_scene()
        second = campaign.second_scene(first, with_late=True)
        say(f"Steps of a first pass: {first.counts}; of a second one: {second.counts}")
        say(f"Ready in {time.monotonic() - tally.begun:.0f} s")
        # Alone: how soon it answers is measured.
        tally.add(service_killed(campaign, second, SERVICE_KILLS))
        trials = itertools.chain(others(second, random.Random(seed)), rows([first, second], seed))  # noqa: S311
        left, taking = len(list(others(second, random.Random(seed)))), threading.Lock()  # noqa: S311

        def work() -> None:
            nonlocal left
            while True:
                with taking:
                    if left <= 0 and tally.is_enough:
                        return
                    left, trial = left - 1, next(trials)
                tally.add(trial(campaign))

        with ThreadPoolExecutor(WORKERS) as pool:
            for worker in [pool.submit(work) for _ in range(WORKERS)]:
                worker.result()
    say(f"{tally.held} trials held and {tally.failed} failed in {time.monotonic() - tally.begun:.0f} s, seed {seed}")
    say(f"Kills: {dict(tally.kills)}; CPU of all passes: {warm.cpu_seconds:.0f} s")
    return 1 if tally.failed else 0


def say(text: str) -> None:
    """Say something at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _fast_folder() -> str | None:
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() else None


if __name__ == "__main__":
    sys.exit(main())
