"""Whether a watcher stays as it is: `python -m benchmarks.soak [PASSES]`, a thousand by default (`make soak`).

One correction after the other over a home of 6 editions × 66 projects, each awaited until it is released. Told every
tenth of the way: the memory and the open files of both processes, the size of the home, and the seconds from a drop to
its receipt and to its release. A process that begins anew on the way (it does so when it has grown) is counted.
"""

import json
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

import httpx

from benchmarks import made_up_history
from benchmarks.latency import EDITIONS, SETTLE_S, serving
from orchestration.domain.perimeter import perimeter_names
from orchestration.settings import Settings
from tests.alerting.fake_slack import FakeSlack
from tests.ui.started import processes

PASSES, TOLD = 1000, 10


def measure(passes: int = PASSES) -> list[dict[str, float]]:
    """What was told after each tenth of the passes."""
    found, perimeters, edition = [], list(perimeter_names()), made_up_history.editions(EDITIONS)[-1]
    with tempfile.TemporaryDirectory() as folder:
        home = made_up_history.make(Path(folder) / "home", EDITIONS).home
        settings = Settings(home=home, settle_seconds=SETTLE_S)
        with FakeSlack() as slack, serving("watcher", home, slack):
            seen, receipts, releases = set[int](), list[float](), list[float]()
            for number in range(passes):
                perimeter = perimeters[number % len(perimeters)]
                moved = {number // len(perimeters) % 6: 1 + number % 7}
                answered, released = _count(home, "outbox/*/*/*/accuse.html"), _count(home, "releases/*/r*")
                data = made_up_history.projects_file(perimeter, edition, moved)
                begun = time.monotonic()
                made_up_history.drop(settings, perimeter, edition, f"{number}.csv", data)
                receipts.append(_wait(home, "outbox/*/*/*/accuse.html", answered, begun))
                releases.append(_wait(home, "releases/*/r*", released, begun))
                seen |= _watchers(home)
                if (number + 1) % max(passes // TOLD, 1) == 0:
                    found.append(_told(home, number + 1, len(seen), receipts, releases))
                    print("  " + ", ".join(f"{what} {value:.1f}" for what, value in found[-1].items()), flush=True)
                    receipts, releases = [], []
    return found


def _count(home: Path, pattern: str) -> int:
    return sum(1 for _ in home.glob(pattern))


def _wait(home: Path, pattern: str, before: int, begun: float) -> float:
    while _count(home, pattern) <= before:
        if time.monotonic() - begun > 600:
            sys.exit(f"Nothing new under {pattern}")
        time.sleep(0.02)
    return time.monotonic() - begun


def _watchers(home: Path) -> set[int]:
    """Both processes of the watcher."""
    return {pid for pid in processes(home) if any(word in _command(pid) for word in (b"jalons", b"spawn_main"))}


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _told(home: Path, passes: int, seen: int, receipts: list[float], releases: list[float]) -> dict[str, float]:
    alive = _watchers(home)
    health = httpx.get(json.loads((home / "watch.json").read_bytes())["health_url"], timeout=60).json()
    return {
        "passes": passes,
        "memory now MB": sum(_resident_mb(pid) for pid in alive),
        "of it intake MB": _resident_mb(health["process"]),
        "memory most MB": sum(half["memory_mb"] for half in health["halves"]),
        "open files": sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in alive),  # noqa: PTH208
        "processes so far": seen,
        "home MB": sum(one.stat().st_size for one in home.rglob("*") if one.is_file()) / 1e6,
        "receipt s": median(receipts),
        "release s": median(releases),
    }


def _resident_mb(pid: int) -> float:
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGESIZE") / 1e6


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
