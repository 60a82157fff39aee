"""Replay: the drops of a list arrive again, wave by wave, each wave at its own time.

What belongs here: putting files in the inbox and closing editions in the order of the list. What does not: the pass
itself, which is given.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.domain.edition import Edition
from orchestration.intake.home_identity import check_home
from orchestration.intake.ledger import Ledger
from orchestration.remote.faults import reaching
from orchestration.settings import Settings
from orchestration.store.access import make_if_nobody_did
from orchestration.store.digests import sha256
from orchestration.store.whole_file import write_whole

if TYPE_CHECKING:
    from upath import UPath

_COLUMNS = ("order", "as_of", "edition", "perimeter", "kind", "file", "rows")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class BadDropList(ValueError):
    """The list cannot be replayed; the message says which line and why."""


@dataclass(frozen=True)
class Wave:
    """The drops that arrive together: `drops` are (edition, perimeter, file)."""

    order: int
    received_at: datetime
    drops: tuple[tuple[str, str, Path], ...]

    @property
    def editions(self) -> list[str]:
        """The editions that the wave files for, oldest first."""
        return sorted({edition for edition, _, _ in self.drops})


def read_waves(listing: Path) -> list[Wave]:
    """Read a list of drops (paths relative to it) in the order of its waves; raise `BadDropList`."""
    with listing.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise BadDropList(f"{listing}: the columns {', '.join(missing)} are missing")
        rows = [(line, row) for line, row in enumerate(reader, start=2) if _is_complete(listing, line, row)]
    rows.sort(key=lambda numbered: int(numbered[1]["order"]))
    waves = []
    for order, of_wave in groupby(rows, key=lambda numbered: int(numbered[1]["order"])):
        numbered = list(of_wave)
        drops = tuple(_drop(listing, line, row) for line, row in numbered)
        months = {row["as_of"] for _, row in numbered}
        if len(months) != 1 or not _MONTH.fullmatch(min(months)):
            raise BadDropList(f"{listing}: wave {order} must have one month such as 2017-06, not {sorted(months)}")
        year, month = min(months).split("-")
        waves.append(Wave(order, datetime(int(year), int(month), 15, 9, tzinfo=UTC), drops))
    return waves


def _is_complete(listing: Path, line: int, row: dict[str, str]) -> bool:
    if any(row[column] is None for column in _COLUMNS):
        raise BadDropList(f"{listing}, line {line}: it has fewer cells than the header")
    if not row["order"].isdecimal():
        raise BadDropList(f"{listing}, line {line}: the order {row['order']!r} is not a whole number")
    return True


def _drop(listing: Path, line: int, row: dict[str, str]) -> tuple[str, str, Path]:
    file = listing.parent / row["file"]
    if not file.is_file():
        raise BadDropList(f"{listing}, line {line}: there is no file {file}")
    try:
        return Edition.parse(row["edition"]).code, row["perimeter"], file
    except ValueError as error:
        raise BadDropList(f"{listing}, line {line}: {error}") from error


def replay(settings: Settings, waves: list[Wave], run_pass: Callable[[Wave], None]) -> None:
    """Put each wave in the inbox and run a pass over it; an edition is closed when a later one's first wave arrives.

    Waves before the last one of which the ledger holds a drop have had their pass and are left alone: a replay cut off
    goes on where it was. Raise `LedgerRefused` where no pass may begin.
    """
    # Before the first closing is noted: each pass looks again.
    check_home(settings)
    filed = {wave.order: list(_files(wave)) for wave in waves}
    with Ledger(settings.ledger) as ledger:
        received = ledger.received()
    make_if_nobody_did(settings.inbox)
    begun = [
        position
        for position, wave in enumerate(waves)
        if any((path, sha256(file.read_bytes()), wave.received_at) in received for path, file in filed[wave.order])
    ]
    for wave in waves[max(begun, default=0) :]:
        for path, file in filed[wave.order]:
            _drop_into(settings.inbox / path, file.read_bytes())
        with Ledger(settings.ledger) as ledger:
            for edition in ledger.open_editions():
                if edition < max(wave.editions):
                    ledger.close(edition, wave.received_at)
        run_pass(wave)


def _files(wave: Wave) -> Iterator[tuple[str, Path]]:
    """Where in the inbox each file goes; a second one of the same name is numbered, as a browser does."""
    taken: Counter[tuple[str, str, str]] = Counter()
    for edition, perimeter, file in wave.drops:
        taken[edition, perimeter, file.name] += 1
        number = taken[edition, perimeter, file.name]
        name = file.name if number == 1 else f"{file.stem} ({number}){file.suffix}"
        yield f"{edition}/{perimeter}/{name}", file


def _drop_into(target: "UPath", content: bytes) -> None:
    with reaching(target):
        if target.exists() and target.read_bytes() == content:
            return
    write_whole(target, content, "folder")
