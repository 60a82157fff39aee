"""The short form of the campaign of deliveries, always the same one; `make deliveries` is the long form."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.campaign.deliveries import Result, run
from tests.campaign.peers import Peer, mail_peer, slack_peer
from tests.campaign.postmen import Postmen

SEED = 20261130
SCENARIOS: dict[str, Callable[[], AbstractContextManager[Peer]]] = {
    **{f"{SEED} slack {number:03d}": slack_peer for number in range(1, 4)},
    f"{SEED} mail 001": mail_peer,
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, "Future[Result]"]]:
    """What came of every scenario."""
    folder: Path = tmp_path_factory.mktemp("deliveries")
    with Postmen() as postmen, ThreadPoolExecutor(1) as pool:
        yield {name: pool.submit(run, name, folder, postmen, opening) for name, opening in SCENARIOS.items()}


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_card_and_each_change_of_it_is_there_once_whatever_died_or_got_lost(
    results: dict[str, "Future[Result]"], name: str
) -> None:
    result = results[name].result()
    assert result.differs == [], f"its home is kept: {result.home}"


def test_the_short_form_kills_and_loses(results: dict[str, "Future[Result]"]) -> None:
    count: Counter[str] = sum((one.result().count for one in results.values()), Counter())
    assert {name: count[name] > 0 for name in ("kills", "lost answers", "changes")} == {
        "kills": True,
        "lost answers": True,
        "changes": True,
    }
