"""How long an agent waits for a receipt from a service that runs: `python -m benchmarks.answer_times`.

Each line is one circumstance, and the seconds from the last byte written, or from the moment when the file could be
read again, to the receipt. A file settles as in a home that nobody has set up, and sensors look every ten seconds.
"""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from orchestration.store.digests import sha256
from tests.alerting.fake_slack import FakeSlack
from tests.campaign import checker
from tests.campaign.service import service
from tests.intake.drops import projects_csv

LONGEST_S = 400
EDITION, OTHER_EDITION = "2021-S2", "2021-S1"
_NUMBERS = count(1)


def main() -> None:
    """Start a service over a new home, and time the answers one circumstance after the other."""
    with tempfile.TemporaryDirectory() as folder, FakeSlack() as slack:
        home = Path(folder) / "home"
        home.mkdir()
        with service(home, slack.base_url):
            _say("the first file, as the service starts", lambda: _filed(home))
            _at_rest(home)
            _say("a service at rest", lambda: _filed(home))
            _say("while a publication is under way", lambda: _filed(home))
            _at_rest(home)
            _say("fifty pieces, a stall of 10 s every tenth", lambda: _filed(home, pieces=50))
            _at_rest(home)
            _say("the inbox gone for 40 s", lambda: _gone(home))
            _at_rest(home)
            with _held(home):
                _say("beside an edition that is held", lambda: _filed(home))
                _say("beside it, once more", lambda: _filed(home))
            slack.refuses_posts = "not_in_channel"
            _say("Slack refuses the channel", lambda: _filed(home))


def _say(circumstance: str, answered: Callable[[], float]) -> None:
    print(f"{answered():6.1f} s  {circumstance}", flush=True)


def _filed(home: Path, *, pieces: int = 1) -> float:
    path, data = _next(pieces)
    target = home / "inbox" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        for number, piece in enumerate(_cut(data, pieces), start=1):
            file.write(piece)
            file.flush()
            if number < pieces:
                time.sleep(10 if number % 10 == 0 else 0.2)
    return _until_answered(home, path)


def _gone(home: Path) -> float:
    aside = home.with_name("aside")
    (home / "inbox").rename(aside)
    time.sleep(40)
    path, data = _next()
    (aside / path).write_bytes(data)
    aside.rename(home / "inbox")
    return _until_answered(home, path)


@contextmanager
def _held(home: Path) -> Iterator[None]:
    """An edition whose rows are lost, in the lake and in the archive."""
    path, data = _next(edition=OTHER_EDITION)
    target = home / "inbox" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    _until_answered(home, path)
    _at_rest(home)
    shutil.rmtree(home / "lake" / "projects" / f"edition={OTHER_EDITION}")
    digest = sha256(data)
    (home / "archive" / digest[:2] / digest).unlink()
    yield


def _next(pieces: int = 1, edition: str = EDITION) -> tuple[str, bytes]:
    number = next(_NUMBERS)
    rows = (
        f"PROJET {one};Ministère de la Culture;01/03/2019;5,5;Déploiement;{30 + number + one}" for one in range(pieces)
    )
    return f"{edition}/MC/envoi-{number:03d}.csv", projects_csv(*rows)


def _cut(data: bytes, pieces: int) -> list[bytes]:
    size = -(-len(data) // pieces)
    return [data[start : start + size] for start in range(0, len(data), size)]


def _until_answered(home: Path, path: str) -> float:
    begun = time.monotonic()
    while not _is_answered(home, path):
        if time.monotonic() > begun + LONGEST_S:
            return float("inf")
        time.sleep(0.1)
    return time.monotonic() - begun


def _is_answered(home: Path, path: str) -> bool:
    try:
        return any(row[1] == path and row[8] != "received" for row in checker.drops(home))
    except sqlite3.OperationalError:
        # The service has not made its ledger yet.
        return False


def _at_rest(home: Path) -> None:
    """Wait until a publication went through and nothing has been written for a while."""
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        noted = home / "warehouse" / "last_pass"
        if noted.exists() and time.time() - noted.stat().st_mtime > 15:
            return
        time.sleep(0.5)


if __name__ == "__main__":
    main()
