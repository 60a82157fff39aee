"""Replay: the drops of a list arrive again, wave by wave, each wave at its own time.

What belongs here: putting files in the inbox and closing editions in the order of the list. What does not: the pass
itself, which is given.
"""

import csv
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from orchestration.edition import Edition
from orchestration.intake.ledger import Ledger
from orchestration.settings import Settings

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
        rows = sorted(enumerate(reader, start=2), key=lambda numbered: int(numbered[1]["order"]))
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

    Waves before the last one found in the inbox have had their pass and are left alone: a replay cut off goes on where
    it was.
    """
    targets = {wave.order: [_target(settings, drop) for drop in wave.drops] for wave in waves}
    begun = [position for position, wave in enumerate(waves) if any(path.exists() for path in targets[wave.order])]
    for wave in waves[max(begun, default=0) :]:
        for (_, _, file), target in zip(wave.drops, targets[wave.order], strict=True):
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                aside = target.with_name(f".{target.name}.part")
                shutil.copyfile(file, aside)
                aside.rename(target)
        with Ledger(settings.ledger) as ledger:
            for edition in ledger.open_editions():
                if edition < max(wave.editions):
                    ledger.close(edition, wave.received_at)
        run_pass(wave)


def _target(settings: Settings, drop: tuple[str, str, Path]) -> Path:
    edition, perimeter, file = drop
    return settings.home / "inbox" / edition / perimeter / file.name
