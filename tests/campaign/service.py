"""Trials of the whole service: the interface, its daemon and its sensor, killed as a machine that loses its power.

What belongs here: starting `jalons ui` in a process group of its own, and killing that group. What does not: passes
that are started by hand (`trials`).
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.intake.ledger import Ledger
from orchestration.settings import Settings
from tests.alerting.fake_slack import CHANNEL, TOKEN
from tests.campaign import checker, homes
from tests.campaign.homes import EDITION
from tests.campaign.trials import Campaign, Scene, Trial
from tests.campaign.warm import ROOT
from tests.intake.drops import projects_csv

# After a restart whatever has come is answered within a minute; what was filed before the death, and during it.
ALIVE_WITHIN_S = 60
LONG_S = 2 * ALIVE_WITHIN_S


def service_killed(campaign: Campaign, scene: Scene, times: int) -> Trial:
    """Files dropped into a running service, which dies `times` times at random moments and comes back."""
    with campaign.trial(f"the service killed {times} times", scene.clean_home, scene.clean_messages) as (trial, slack):
        chance = random.Random(f"{campaign.seed} service")  # noqa: S311
        arrivals, waits = dict(scene.arrivals), []
        # The service reads the clock of the machine.
        with Ledger(Settings(home=trial.home).ledger) as ledger:
            ledger.confirm_clock(datetime.now(UTC))
        for number in range(times + 1):
            arrivals |= _drop(trial.home, number)
            begun = time.monotonic()
            with service(trial.home, slack.base_url):
                # A machine that loses its power does so before the sensor looks, during the pass, or after it.
                end = begun + chance.uniform(10, ALIVE_WITHIN_S / 2) if number < times and number % 2 == 0 else None
                while not _is_answered(trial.home, number) and not (end and time.monotonic() > end):
                    if time.monotonic() > begun + LONG_S:
                        break
                    time.sleep(0.2)
                if end is None:
                    waits.append(time.monotonic() - begun)
                    # Two passes that die one after the other have the sensor pause for five minutes.
                    while not (trial.home / "warehouse" / "last_pass").exists() and time.monotonic() < begun + LONG_S:
                        time.sleep(0.2)
                elif number < times:
                    arrivals |= _drop(trial.home, number + 100)
            trial.kills["service"] += number < times
        trial.name += f"; answered {', '.join(f'{wait:.0f}' for wait in waits)} s after a start"
        if max(waits) > ALIVE_WITHIN_S:
            trial.differs.append(f"no receipt {ALIVE_WITHIN_S} s after a start")
        campaign.heal(trial, datetime.now(UTC) + timedelta(minutes=1), slack)
        trial.differs += list(checker.of_arrivals(trial.home, arrivals))
        trial.differs += checker.said_twice(slack.messages, trial.home)
        trial.differs += _unlike_a_rebuild(campaign, trial.home)
    return trial


def _drop(home: Path, number: int) -> dict[str, bytes]:
    data = projects_csv(f"ARCHIVES;Ministère de la Culture;01/03/2019;5,5;Déploiement;{31 + number}")
    arrivals = {f"{EDITION}/MC/envoi-{number:03d}.csv": data}
    homes.put(home, arrivals)
    return arrivals


def _is_answered(home: Path, number: int) -> bool:
    path = f"{EDITION}/MC/envoi-{number:03d}.csv"
    return any(row[1] == path and row[8] != "received" for row in checker.drops(home))


def _unlike_a_rebuild(campaign: Campaign, home: Path) -> list[str]:
    """What the service published, beside what one pass makes of its ledger and lake alone."""
    rebuilt = homes.copy(home, home.with_name(f"{home.name}-rebuilt"))
    for path in [*(rebuilt / "releases").glob("*/current"), *(rebuilt / "releases").glob("*/r*")]:
        path.unlink() if path.is_symlink() else shutil.rmtree(path)
    shutil.rmtree(rebuilt / "warehouse")
    campaign.warm.run(rebuilt, datetime.now(UTC) + timedelta(minutes=1))
    ours, theirs = checker.said_by(home), checker.said_by(rebuilt)
    shutil.rmtree(rebuilt)
    data = sorted(what for what in ours if what.startswith("data "))
    return [f"{what}: not what a rebuild says" for what in data if ours[what] != theirs.get(what)]


@contextmanager
def service(home: Path, slack: str) -> Iterator[None]:
    """`jalons ui` over a home, which tells the Slack at this address; killed at the end with all that it started."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JALONS_", "DAGSTER_"))}
    environment |= {"JALONS_HOME": str(home), "SLACK_BOT_TOKEN": TOKEN, "JALONS_SLACK_BASE_URL": slack}
    environment |= {"JALONS_SLACK_CHANNEL": CHANNEL, "JALONS_SLACK_ENGINEERS_CHANNEL": CHANNEL, "DO_NOT_TRACK": "1"}
    command = [str(Path(sys.executable).parent / "jalons"), "ui", "--port", str(port), "--home", str(home)]
    with home.with_name(f"{home.name}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        yield
    finally:
        # The session and the group are this process's own: nothing else is in them.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pid in _of_home(home):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _of_home(home: Path) -> Iterator[int]:
    """Processes of the service that made a group of their own: those that were given its home."""
    told = f"JALONS_HOME={home}\0".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):
                if told in (folder / "environ").read_bytes():
                    yield int(folder.name)
