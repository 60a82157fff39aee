"""A judgement on marts that a test made by hand: they stand as if one build had made them, and no rule was asked."""

from collections.abc import Sequence

from orchestration.intake.lake import export_ledger, last_export
from orchestration.intake.ledger import Ledger
from orchestration.settings import Settings
from orchestration.store import mart_set
from orchestration.store.mart_set import MartSet
from orchestration.validation.holding import Hold
from orchestration.validation.judgement import Judgement


def unjudged(settings: Settings, holds: Sequence[Hold] = ()) -> Judgement:
    """Note the marts of a home as a whole build, and hold back only what the test says."""
    if not (settings.lake / "_ledger" / "drops.parquet").exists():
        events = settings.lake / "_ledger" / "edition_events.parquet"
        closings = events.read_bytes() if events.exists() else None
        with Ledger(settings.ledger) as ledger:
            export_ledger(settings.lake, ledger)
        if closings is not None:
            events.write_bytes(closings)
    built = MartSet(last_export(settings.lake).sha256, "", {}, mart_set.files_of(settings.marts))
    mart_set.note(settings.marts, built)
    return Judgement(built.sha256, "", (), tuple(holds))
