"""The short form of the campaign of faults, always the same one; `make faults` is the long form."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.campaign.run import WORKERS
from tests.campaign.trials import Accident, Campaign, Scene, Trial, accidents
from tests.campaign.warm import Warm

SEED = 20211201
# A kill of each kind of store that must lose nothing, and a full disk, in two rows; the long form has every kind.
ROWS = {
    "first": ("file", "slack"),
    "second": ("ledger", "disk"),
}


def _row(one: Campaign, scene: Scene) -> Trial:
    return one.row(scene, accidents(scene, ROWS[scene.home.name], random.Random(SEED)))  # noqa: S311


# Each over the scene of its first word. Damaged stores and wrong clocks have tests of their own (`tests/passes`).
TRIALS: dict[str, Callable[[Campaign, Scene], Trial]] = {
    "first passes killed one after the other": _row,
    "second passes killed so, and a full disk": _row,
    "second passes at once": lambda one, scene: one.at_once(scene, [Accident("ledger", 9), None]),
}


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, "Future[Trial]"]]:
    """Every trial, two at a time."""
    folder: Path = tmp_path_factory.mktemp("faults")
    with Warm() as warm, ThreadPoolExecutor(WORKERS) as pool:
        campaign = Campaign(warm, folder, SEED)
        first = campaign.first_scene()
        second = pool.submit(campaign.second_scene, first)

        def run(name: str, trial: Callable[[Campaign, Scene], Trial]) -> Trial:
            return trial(campaign, first if name.startswith("first") else second.result())

        yield {name: pool.submit(run, name, trial) for name, trial in TRIALS.items()}


@pytest.mark.parametrize("name", TRIALS)
def test_no_accident_publishes_a_wrong_figure_loses_a_drop_or_says_a_message_twice(trials, name):
    trial = trials[name].result()
    assert trial.differs == [], f"{trial.name}; its home is kept: {trial.home}"
    assert trial.kills["step not reached"] == 0
    if "killed" in name:
        assert sum(trial.kills.values()) == len(ROWS[name.split()[0]])
