"""What every step of a pass is given: the home it works in; a publication holds its part of it until its run ends.

What belongs here: the resources. What does not: settings themselves (`orchestration.settings`), and which definitions
bind it (`defs/`).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

import dagster as dg

from orchestration.alerting.rounds import Delivery
from orchestration.intake.home_identity import enter_home
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import TakeIn
from orchestration.operations.ledger_copies import copy_ledger
from orchestration.operations.scrub import sweep_home
from orchestration.passes import calendar, fingerprint
from orchestration.passes.alive import run_mark
from orchestration.passes.faults import DIED
from orchestration.passes.lock import intake_lock, publication_lock
from orchestration.passes.run_tags import LAUNCHED_BY, STARTED_BY, starter_of, tags_of_done
from orchestration.passes.telling import tell_recovered
from orchestration.publication.release import Release
from orchestration.settings import Settings
from orchestration.validation.holding import reason
from orchestration.validation.judgement import Judgement, judged


@dataclass
class Done:
    """What the steps of a run have done so far, for whoever started it: nothing else passes from one to another."""

    taken: TakeIn | None = None
    is_built: bool = False
    releases: tuple[Release, ...] | None = None
    is_tree_published: bool = False
    delivery: Delivery | None = None
    judgement: Judgement | None = None


@dataclass(frozen=True)
class Hour:
    """The hour of a pass as whoever started it says it, the clock's where it is `None`; a replay says another day's."""

    now: datetime | None = None
    is_replay: bool = False


@dataclass(frozen=True)
class Home:
    """The settings of the home, `report`, which tells whoever watches what the pass is at, and what was `done`.

    The `hour` is no configuration of the run: whoever runs it again does so at another.
    """

    settings: Settings
    report: Callable[[str], None]
    of_sources: str
    done: Done
    hour: Hour

    def intake(self) -> AbstractContextManager[None]:
        """The home's intake, held for what is done inside."""
        return intake_lock(self.settings, self.report)

    def judgement(self) -> Judgement:
        """The judgement on the marts as they stand: reached once in a run, and again where they are others since.

        Raise `UnfitMarts` where they are of no whole build.
        """
        if self.done.judgement is None or not self.done.judgement.is_on(self.settings):
            self.done.judgement = judged(self.settings)
        return self.done.judgement

    def note_whole(self, ledger_head: str, now: datetime, *, is_replay: bool) -> None:
        """Note that all up to this head of the ledger was built, released and told, if this run did all of it.

        The planned ends that passed before they could be known from it are noted too, but by a replay.
        """
        done = self.done
        if not (done.is_built and done.releases is not None and done.delivery and done.is_tree_published):
            return
        with Ledger(self.settings.ledger) as ledger:
            ledger.pass_done(ledger_head)
        held_back = {reason(hold): hold.editions for hold in self.judgement().holds}
        fingerprint.note(self.settings, self.of_sources, held_back, calendar.known_of_marts(self.settings))
        if not is_replay:
            with self.intake():
                calendar.note_ends(self.settings, now)
        tell_recovered(self.settings)


def home_resource(
    read: Callable[[], Settings],
    report: Callable[[str], None],
    done: Done | None = None,
    hour: Hour | None = None,
    loaded: str | None = None,
) -> dg.ResourceDefinition:
    """A home that is this ledger's, with the run's mark until the run ends, and tags that say what it is about.

    What the steps do is noted in `done`, for whoever gave it. `loaded` is the fingerprint of the sources of a process
    that was there before it.
    """

    @dg.resource(description="The home of the pass (JALONS_HOME).")
    def home(context: dg.InitResourceContext) -> Iterator[Home]:
        settings, run_id = read(), context.run.run_id if context.run else "none"
        # Taken before anything is read: what is edited during the pass is owed another.
        of_sources = loaded or fingerprint.sources(settings)
        # A run that waits for its turn is alive: it says so before it waits.
        with run_mark(settings.dagster_home, run_id):
            _say_starter(context)
            enter_home(settings)
            made = Home(settings, report, of_sources, done or Done(), hour or Hour())
            try:
                yield made
            finally:
                with intake_lock(settings, report):
                    copy_ledger(settings)
                _say_done(context, made.done)

    return home


def _say_starter(context: dg.InitResourceContext) -> None:
    run = context.run
    if context.instance and run and (STARTED_BY not in run.tags or run.parent_run_id):
        who = starter_of(run)
        lives = {DIED: "false"} if DIED in run.tags else {}
        context.instance.add_run_tags(run.run_id, {STARTED_BY: who, LAUNCHED_BY: who, **lives})


def _say_done(context: dg.InitResourceContext, done: Done) -> None:
    tags = tags_of_done(done)
    if context.instance and context.run and tags:
        context.instance.add_run_tags(context.run.run_id, tags)


@dg.resource(required_resource_keys={"home"}, description="The same home, its publication locked until the run ends.")
def publication(context: dg.InitResourceContext) -> Iterator[Home]:
    """The home, its publication held; until one ends whole, another is owed."""
    home: Home = context.resources.home
    with publication_lock(home.settings, home.report):
        if not fingerprint.is_noted(home.settings):
            with home.intake():
                sweep_home(home.settings)
        fingerprint.forget(home.settings)
        yield home
