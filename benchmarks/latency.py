"""How long a drop waits for its receipt and for the alert that it makes: `python -m benchmarks.latency [DROPS FEW]`.

Three ways in one run, over copies of one home of 6 editions × 66 projects: the watcher, our sensors with Dagster's
daemon, and the same project as Dagster's defaults have it (`dagster_defaults`). Each drop is a whole file with nothing
odd, renamed into place, in which the cost of one more project went up by half; the alert is that of this project, as a
Slack on this machine accepts it. The next drop comes once the last one was told. Seconds are those of a whole wait; the
settling time, during which a file must stay as it is, is in them and is said apart.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from benchmarks import made_up_history
from orchestration.domain.perimeter import perimeter_names
from orchestration.places import CHECKOUT
from orchestration.settings import Settings
from tests.alerting.fake_slack import CHANNEL, TOKEN, FakeSlack
from tests.ui.started import free_port

EDITIONS, DROPS, FEW, SETTLE_S = 6, 30, 5, 1.0
_LONGEST_S = 600.0
_JALONS = Path(sys.executable).with_name("jalons")
_DAGSTER = [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "--log-level", "error"]


def _commands(port: int) -> dict[str, list[str]]:
    return {
        "watcher": [str(_JALONS), "watch"],
        "sensors": [*_DAGSTER, "-p", str(port), "-w", str(CHECKOUT / "workspace.yaml")],
        "defaults": [*_DAGSTER, "-p", str(port), "-m", "benchmarks.dagster_defaults"],
    }


@contextmanager
def serving(way: str, home: Path, slack: FakeSlack) -> Iterator[None]:
    """Whoever answers over a home, once it has been at rest for a while."""
    settings = {"JALONS_HOME": str(home), "JALONS_SETTLE_SECONDS": str(SETTLE_S), "JALONS_SLACK_CHANNEL": CHANNEL}
    settings |= {"SLACK_BOT_TOKEN": TOKEN, "JALONS_SLACK_BASE_URL": slack.base_url}
    dagster_home = home / "dagster"
    if way == "defaults":
        dagster_home = home / "defaults"
        dagster_home.mkdir()
        (dagster_home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    names = os.environ | settings | {"DAGSTER_HOME": str(dagster_home)}
    with (home / f"{way}.log").open("wb") as log:
        command = _commands(free_port())[way]
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=names, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        time.sleep(45)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _measured(way: str, home: Path, drops: int) -> dict[str, list[float]]:
    """How long each drop waited, in seconds: for its receipt, and for the alert of the project that it moved."""
    waits: dict[str, list[float]] = {"receipt": [], "alert": []}
    perimeters, edition = list(perimeter_names()), made_up_history.editions(EDITIONS)[-1]
    moved: dict[str, dict[int, int]] = {perimeter: {} for perimeter in perimeters}
    with FakeSlack() as slack, serving(way, home, slack):
        settings = Settings(home=home)
        for number in range(drops):
            perimeter, project = perimeters[number % len(perimeters)], number // len(perimeters)
            moved[perimeter][project] = 1
            name = f"{perimeter} {made_up_history.NAMES[project]}"
            data = made_up_history.projects_file(perimeter, edition, moved[perimeter])
            receipts = home / "outbox" / edition.code / perimeter
            before, told = len(list(receipts.glob("*/accuse.html"))), len(slack.messages)
            begun = time.monotonic()
            made_up_history.drop(settings, perimeter, edition, f"correction {number}.csv", data)
            waits["receipt"].append(_wait(partial(_is_answered, receipts, before), begun))
            waits["alert"].append(_wait(partial(_is_told, slack, told, name), begun))
            print(f"  {way} {number + 1}: {waits['receipt'][-1]:.2f} s, {waits['alert'][-1]:.2f} s", file=sys.stderr)
    return waits


def _is_answered(receipts: Path, before: int) -> bool:
    return len(list(receipts.glob("*/accuse.html"))) > before


def _is_told(slack: FakeSlack, before: int, name: str) -> bool:
    return any(name in text for text in slack.texts[before:])


def _wait(is_so: Callable[[], bool], begun: float) -> float:
    while not is_so():
        if time.monotonic() - begun > _LONGEST_S:
            raise TimeoutError("Nobody answered: see the log in the home")
        time.sleep(0.005)
    return time.monotonic() - begun


def _check_seconds(home: Path, tries: int) -> dict[str, list[float]]:
    """How long `jalons check` takes of a process alone, and where a watcher answers it."""
    edition = made_up_history.editions(EDITIONS)[-1]
    file = home / "à vérifier.csv"
    file.write_bytes(made_up_history.projects_file("MI", edition))
    command = [_JALONS, "check", file, "--edition", edition.code, "--perimeter", "MI", "--home", home]

    def seconds() -> float:
        begun = time.monotonic()
        subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
        return time.monotonic() - begun

    alone = [seconds() for _ in range(tries)]
    with FakeSlack() as slack, serving("watcher", home, slack):
        return {"check alone": alone, "check by a watcher": [seconds() for _ in range(tries)]}


def p95(values: list[float]) -> float:
    """The value that 19 of 20 do not exceed."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def measure(drops: int = DROPS, few: int = FEW) -> dict[str, dict[str, list[float]]]:
    """Seconds of each wait, by way and by what was waited for."""
    with tempfile.TemporaryDirectory() as folder:
        made = made_up_history.make(Path(folder) / "made", EDITIONS).home
        found = {}
        for way, count in {"watcher": drops, "sensors": few, "defaults": few}.items():
            found[way] = _measured(way, Path(shutil.copytree(made, Path(folder) / way, symlinks=True)), count)
        found["commands"] = _check_seconds(Path(shutil.copytree(made, Path(folder) / "checks", symlinks=True)), few)
    return found


def say(found: dict[str, dict[str, list[float]]]) -> None:
    """Print the table, and the medians against those of the defaults."""
    print(f"\nSeconds from a drop on, {SETTLE_S:.0f} s of settling included; {EDITIONS} editions × 66 projects")
    print(f"{'':10}  {'':20}  {'n':>3}  {'p50':>7}  {'p95':>7}  {'most':>7}")
    for way, waits in found.items():
        for what, seconds in waits.items():
            line = f"{median(seconds):7.2f}  {p95(seconds):7.2f}  {max(seconds):7.2f}"
            print(f"{way:10}  {what:20}  {len(seconds):3}  {line}")
    if "defaults" in found:
        for what in ("receipt", "alert"):
            ratio = median(found["defaults"][what]) / median(found["watcher"][what])
            print(f"The watcher's {what} comes {ratio:.0f} times sooner than the defaults'")


if __name__ == "__main__":
    result = measure(*map(int, sys.argv[1:]))
    say(result)
    print(json.dumps(result))
