"""Files that are written in pieces before a watcher: `python -m benchmarks.partial_writes`, in some three minutes.

A file of 20 MB in 50 pieces, with two stalls of ten seconds; one renamed into place; one that is overwritten again and
again, each time whole, while it is read; 300 files within two seconds, each in two pieces. Counted: what is answered,
and the answers about bytes that no writer meant. Exit 1 where there is one, or a file without its answer.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from benchmarks import made_up_history
from benchmarks.latency import serving
from orchestration.domain.perimeter import perimeter_names
from orchestration.settings import Settings
from tests.alerting.fake_slack import FakeSlack

SIZE, PIECES, STALL_S, OVERWRITES, AT_ONCE = 20_000_000, 50, 10.0, 8, 300
_LONGEST_S = 600.0
_EDITION = made_up_history.editions(1)[0]


def main() -> None:
    """Write the files, wait for their answers, and print a line a way of writing."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home")
        inbox = Path(settings.inbox.path, _EDITION.code)
        for perimeter in perimeter_names():
            (inbox / perimeter).mkdir(parents=True)
        with FakeSlack() as slack, serving("watcher", settings.home, slack):
            meant, wrong = set[str](), False
            for way, write in (
                ("20 MB in 50 pieces, two stalls of 10 s", lambda: _in_pieces(inbox / "MI" / "grand.csv")),
                ("renamed into place", lambda: _renamed(inbox / "MJ" / "renommé.csv")),
                ("overwritten while it is read", lambda: _overwritten(inbox / "MC" / "récrit.csv")),
                ("300 within two seconds, in two pieces each", lambda: _at_once(inbox)),
            ):
                wrong |= _told(settings.home, way, write(), meant)
        sys.exit(wrong)


def _in_pieces(path: Path) -> list[bytes]:
    """What was meant: the whole."""
    rows = made_up_history.projects_file("MI", _EDITION).splitlines(keepends=True)
    data = b"".join(rows[:1] + [row.replace(b"MI ", b"MI %d " % n) for n in range(SIZE // 360) for row in rows[1:]])
    step = len(data) // PIECES + 1
    with path.open("wb") as file:
        for piece in range(PIECES):
            file.write(data[piece * step : (piece + 1) * step])
            file.flush()
            time.sleep(STALL_S if piece in (10, 30) else 0.05)
    return [data]


def _renamed(path: Path) -> list[bytes]:
    data = made_up_history.projects_file("MJ", _EDITION)
    aside = path.with_name(".en cours.part")
    aside.write_bytes(data)
    aside.rename(path)
    return [data]


def _overwritten(path: Path) -> list[bytes]:
    """Any of the versions may be met, the last one must be."""
    versions = [made_up_history.projects_file("MC", _EDITION, {0: number}) for number in range(OVERWRITES)]
    for data in versions:
        path.write_bytes(data)
        time.sleep(0.4)
    return versions


def _at_once(inbox: Path) -> list[bytes]:
    perimeters, written = list(perimeter_names()), []
    begun = time.monotonic()
    for number in range(AT_ONCE):
        perimeter = perimeters[number % len(perimeters)]
        data = made_up_history.projects_file(perimeter, _EDITION, {number % 6: number})
        with (inbox / perimeter / f"envoi {number}.csv").open("wb") as file:
            file.write(data[:200])
            file.flush()
            file.write(data[200:])
        written.append(data)
        time.sleep(max(0.0, begun + 2.0 * number / AT_ONCE - time.monotonic()))
    return written


def _told(home: Path, way: str, written: list[bytes], meant: set[str]) -> bool:
    """Wait for the answers, and say how they came; whether one is missing or about bytes that nobody `meant`."""
    begun, digests = time.monotonic(), [sha256(data).hexdigest() for data in written]
    needed = set(digests[-1:] if "overwritten" in way else digests)
    meant.update(digests)
    while (missing := needed - _answered(home)) and time.monotonic() - begun < _LONGEST_S:
        time.sleep(0.2)
    seconds = time.monotonic() - begun
    strange = _answered(home) - meant
    print(f"{way}: {len(needed) - len(missing)} of {len(needed)} answered in {seconds:.1f} s, {len(strange)} read half")
    return bool(missing or strange)


def _answered(home: Path) -> set[str]:
    return {record["sha256"] for record in _records(home)}


def _records(home: Path) -> Iterator[dict[str, str]]:
    for path in (home / "outbox").glob("*/*/*/accuse.json"):
        yield json.loads(path.read_bytes())


if __name__ == "__main__":
    main()
