"""Drops as they really arrive: put in the inbox and taken in, at their own times and in any order."""

import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.intake import lake
from orchestration.intake.lake_check import hand_over
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.passes.replay import Wave
from orchestration.settings import Settings


@dataclass(frozen=True)
class Filing:
    """A file of the inbox (`<edition>/<perimeter>/<name>`), received at `at` and last changed `modified` seconds on."""

    place: str
    data: bytes
    at: datetime
    modified: int = 0


def filings_of(waves: Iterable[Wave]) -> list[Filing]:
    """The drops of a list, each where a replay puts it: no two have one name there."""
    return [
        Filing(f"{edition}/{perimeter}/{file.name}", file.read_bytes(), wave.received_at, number)
        for wave in waves
        for number, (edition, perimeter, file) in enumerate(wave.drops)
    ]


def handle(settings: Settings, batches: Iterable[Sequence[Filing]]) -> None:
    """Take in each batch at the time of its filings, which is one."""
    for batch in batches:
        (now,) = {filing.at for filing in batch}
        for filing in batch:
            path = Path(str(settings.inbox)) / filing.place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(filing.data)
            os.utime(path, (filing.modified, filing.modified))
        take_in(settings, now, is_replay=True)
    hand_over(settings, now)


def close(settings: Settings, closings: Iterable[tuple[str, datetime]]) -> None:
    """Close editions, and tell dbt."""
    with Ledger(settings.ledger) as ledger:
        for edition, at in closings:
            assert ledger.close(edition, at)
        lake.export_ledger(settings.lake, ledger)


def closings_of(waves: Sequence[Wave]) -> list[tuple[str, datetime]]:
    """When a replay closes each edition: with the first wave of a later one."""
    editions = {edition for wave in waves for edition in wave.editions}
    return [
        (edition, min(wave.received_at for wave in waves if max(wave.editions) > edition))
        for edition in sorted(editions)[:-1]
    ]


def in_order(filings: Sequence[Filing]) -> list[list[Filing]]:
    """One batch per time, as passes that miss nothing take them."""
    return [[filing for filing in filings if filing.at == at] for at in sorted({filing.at for filing in filings})]


def shuffled(filings: Sequence[Filing], rng: random.Random) -> list[list[Filing]]:
    """Each time in two batches, whose drops and order are drawn."""
    batches = []
    for batch in in_order(filings):
        mixed = rng.sample(batch, len(batch))
        batches += [mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]]
    rng.shuffle(batches)
    return [batch for batch in batches if batch]
