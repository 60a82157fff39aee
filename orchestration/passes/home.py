"""What every step of a pass is given: the home it works in, held for the whole pass.

What belongs here: the resource. What does not: settings themselves (`orchestration.settings`), and which definitions
bind it (`defs/`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dagster as dg

from orchestration.alerting.delivery import Delivery
from orchestration.intake.home_identity import enter_home
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import TakeIn
from orchestration.operations.ledger_copies import copy_ledger
from orchestration.operations.scrub import sweep_home
from orchestration.passes import fingerprint
from orchestration.passes.alive import run_mark
from orchestration.passes.lock import pass_lock
from orchestration.passes.telling import tell_recovered
from orchestration.publication.release import Release
from orchestration.settings import Settings
from orchestration.validation.judgement import Judgement, judged


@dataclass
class Done:
    """What the steps of a run have done so far, for whoever started it: nothing else passes from one to another."""

    taken: TakeIn | None = None
    releases: tuple[Release, ...] | None = None
    delivery: Delivery | None = None
    judgement: Judgement | None = None


@dataclass(frozen=True)
class Home:
    """The settings of the home, `report`, which tells whoever watches what the pass is at, and what was `done`."""

    settings: Settings
    report: Callable[[str], None]
    of_sources: str
    done: Done

    def judgement(self) -> Judgement:
        """The judgement on the marts as they stand: reached once in a run, and again where they are others since.

        Raise `UnfitMarts` where they are of no whole build.
        """
        if self.done.judgement is None or not self.done.judgement.is_on(self.settings):
            self.done.judgement = judged(self.settings)
        return self.done.judgement

    def note_whole(self, ledger_head: str) -> None:
        """Note that all up to this head of the ledger was taken in, released and told, if this run did all of it."""
        if self.done.taken is None or self.done.releases is None or self.done.delivery is None:
            return
        with Ledger(self.settings.ledger) as ledger:
            ledger.pass_done(ledger_head)
        fingerprint.note(self.settings, self.of_sources)
        tell_recovered(self.settings)


def home_resource(
    read: Callable[[], Settings], report: Callable[[str], None], done: Done | None = None
) -> dg.ResourceDefinition:
    """A home that no other pass can enter: steps of one process share it, and it is let go when the run ends.

    What the steps do is noted in `done`, for whoever gave it.
    """

    @dg.resource(description="The home of the pass (JALONS_HOME), locked until the run ends.")
    def home(context: dg.InitResourceContext) -> Iterator[Home]:
        settings, run_id = read(), context.run.run_id if context.run else "none"
        # Taken before anything is read: what is edited during the pass is owed another.
        of_sources = fingerprint.sources(settings)
        # A run that waits for its turn is alive: it says so before it waits.
        with run_mark(settings.dagster_home, run_id), pass_lock(settings, report):
            enter_home(settings)
            if not fingerprint.is_noted(settings):
                sweep_home(settings)
            fingerprint.forget(settings)
            try:
                yield Home(settings, report, of_sources, done or Done())
            finally:
                copy_ledger(settings)

    return home
