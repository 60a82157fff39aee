"""The method by which an edition is told: when another one took the place of that of its last revision.

What belongs here: noticing it, for the ledger. What does not: the method (dbt), or how a revision says it (`release`).
"""

import json
from datetime import datetime
from pathlib import Path

from orchestration.domain.reference_data import method_version
from orchestration.intake.ledger import Ledger
from orchestration.settings import Settings


def note_adoption(settings: Settings, now: datetime) -> None:
    """Note in the ledger each edition whose current revision was told by another method than the models have now.

    From then on what they say is in force: what was said before stays what was said before.
    """
    version = method_version()
    told_otherwise = [
        path.parent.parent.name
        for path in sorted(settings.releases.glob("*/current/MANIFEST.json"))
        if _method_of(path) not in (None, version)
    ]
    if told_otherwise:
        with Ledger(settings.ledger) as ledger:
            for edition in told_otherwise:
                ledger.adopt_method(edition, version, now)


def _method_of(manifest: Path) -> str | None:
    try:
        found: str | None = json.loads(manifest.read_bytes()).get("method_version")
    except ValueError:
        # Damaged: it is made again, or told, before anything is released.
        return None
    return found
