"""The day of the deadline: `python -m benchmarks.burst [DROPS …]`, 300 by default, at once, before a watcher.

The files are of 66 projects' ministries, over 6 editions, each of its own name, renamed into place within two seconds.
Measured: when the first and the last receipt are there, when what they say is released, and the most memory that both
processes of the watcher held. With several counts, whether the time of the receipts is linear.
"""

import json
import shutil
import sys
import tempfile
import time
from datetime import datetime
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import httpx

from benchmarks import made_up_history
from benchmarks.latency import EDITIONS, serving
from orchestration.domain.perimeter import perimeter_names
from orchestration.settings import Settings
from orchestration.watcher.inbox_events import NET_S
from tests.alerting.fake_slack import FakeSlack

DROPS = 300
_LONGEST_S = 1800.0


def measure(counts: tuple[int, ...] = (DROPS,)) -> dict[int, dict[str, float]]:
    """Seconds and megabytes by number of drops."""
    with tempfile.TemporaryDirectory() as folder:
        made = made_up_history.make(Path(folder) / "made", EDITIONS).home
        return {
            count: _burst(Path(shutil.copytree(made, Path(folder) / str(count), symlinks=True)), count)
            for count in counts
        }


def _burst(home: Path, count: int) -> dict[str, float]:
    settings, found = Settings(home=home), dict[str, float]()
    places = list(islice(cycle(product(made_up_history.editions(EDITIONS), perimeter_names())), count))
    with FakeSlack() as slack, serving("watcher", home, slack):
        before, begun, began_at = len(_receipts(home)), time.monotonic(), time.time()
        for number, (edition, perimeter) in enumerate(places):
            moved = {number // len(perimeter_names()) % 6: 1 + number % 3}
            data = made_up_history.projects_file(perimeter, edition, moved)
            made_up_history.drop(settings, perimeter, edition, f"envoi {number}.csv", data)
        found["dropped"] = time.monotonic() - begun
        while (there := len(_receipts(home)) - before) < count:
            if there and "first receipt" not in found:
                found["first receipt"] = time.monotonic() - begun
            if time.monotonic() - begun > _LONGEST_S:
                sys.exit(f"{there} of {count} drops are answered")
            time.sleep(0.05)
        found["last receipt"] = time.monotonic() - begun
        found["released"] = _at_rest_since(home) - began_at
        found["memory MB"] = sum(half["memory_mb"] for half in _health(home)["halves"])
    return found


def _receipts(home: Path) -> list[Path]:
    return list((home / "outbox").glob("*/*/*/accuse.html"))


def _health(home: Path) -> dict[str, list[dict[str, Any]]]:
    where = json.loads((home / "watch.json").read_bytes())["health_url"]
    return httpx.get(where, timeout=60).json()


def _at_rest_since(home: Path) -> float:
    """When the last publication ended, once neither half has anything to do for longer than both look."""
    last, since = 0.0, time.monotonic()
    while time.monotonic() - since < NET_S + 2:
        halves = {half["job"]: half for half in _health(home)["halves"]}
        ended = datetime.fromisoformat(str(halves["publication"]["passed_at"])).timestamp()
        if ended != last or any(half["standing"] != "waiting" for half in halves.values()):
            last, since = ended, time.monotonic()
        time.sleep(0.2)
    return last


def say(found: dict[int, dict[str, float]]) -> None:
    """Print a line a burst."""
    print(f"\nDrops at once before a watcher ({EDITIONS} editions × 66 projects); seconds, and MB of both processes")
    for count, measured in found.items():
        print(f"{count:5} drops: " + ", ".join(f"{what} {value:.1f}" for what, value in measured.items()))


if __name__ == "__main__":
    result = measure(tuple(map(int, sys.argv[1:])) or (DROPS,))
    say(result)
    print(json.dumps(result))
