"""Keeping a home in good order while passes go on: scrubbed and purged under the locks that it needs, and no longer.

What belongs here: which lock is held for what. What does not: what a scrub reads and mends
(`orchestration.operations.scrub`), or what a purge leaves (`purge`).
"""

from collections.abc import Callable
from datetime import datetime

import dagster as dg

from orchestration.operations.scrub import Scrubbed, scrub, sweep_home
from orchestration.passes.instance import prepare_instance
from orchestration.passes.lock import intake_lock, publication_lock
from orchestration.passes.purge import Purged, purge
from orchestration.settings import Settings


def scrub_home(settings: Settings, now: datetime, report: Callable[[str], None]) -> list[Scrubbed]:
    """Scrub the home between two publications, drops being answered meanwhile. Raise `LedgerRefused`."""
    with publication_lock(settings, report):
        with intake_lock(settings, report):
            sweep_home(settings)
        return scrub(settings, now, report)


def purge_home(settings: Settings, now: datetime, report: Callable[[str], None]) -> Purged:
    """Purge what Dagster notes, whoever is at work; then sweep what died half written, between two passes."""
    prepare_instance(settings.dagster_home, report)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        purged = purge(settings, instance, now, report)
    with publication_lock(settings, report), intake_lock(settings, report):
        sweep_home(settings)
    return purged
