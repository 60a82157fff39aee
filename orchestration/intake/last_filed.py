"""What a perimeter last had accepted of a kind, which fills its next template in advance.

What belongs here: choosing it. What does not: the template (`orchestration.contracts.template`).
"""

from datetime import datetime

from orchestration.contracts.contract import Contract
from orchestration.contracts.template import Filed
from orchestration.domain.edition import Edition
from orchestration.intake import lake
from orchestration.intake.inbox import Place
from orchestration.intake.ledger import Ledger
from orchestration.settings import Settings


def last_filed(settings: Settings, contract: Contract, edition: Edition, perimeter: str, now: datetime) -> Filed | None:
    """What the perimeter last had accepted of this kind, for this edition or else for the latest one before."""
    with Ledger(settings.ledger) as ledger:
        drop = ledger.before(Place(edition.code, perimeter, is_dry_run=False), contract.kind, now, None)
    if drop is None or drop.place is None:
        return None
    rows = lake.read_submission(settings.lake, contract.kind, drop.place.edition, perimeter, drop.drop_id)
    return Filed(drop.place.edition, rows)
