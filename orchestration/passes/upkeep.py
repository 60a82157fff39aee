"""Keeping a home in good order while passes go on: scrubbing it under the locks that it needs, and no longer.

What belongs here: which lock is held for what. What does not: what a scrub reads and mends
(`orchestration.operations.scrub`).
"""

from collections.abc import Callable
from datetime import datetime

from orchestration.operations.scrub import Scrubbed, scrub, sweep_home
from orchestration.passes.lock import intake_lock, publication_lock
from orchestration.settings import Settings


def scrub_home(settings: Settings, now: datetime, report: Callable[[str], None]) -> list[Scrubbed]:
    """Scrub the home between two publications, drops being answered meanwhile. Raise `LedgerRefused`."""
    with publication_lock(settings, report):
        with intake_lock(settings, report):
            sweep_home(settings)
        return scrub(settings, now, report)
