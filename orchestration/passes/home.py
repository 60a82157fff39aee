"""What every step of a pass is given: the home it works in, held for the whole pass.

What belongs here: the resource. What does not: settings themselves (`orchestration.settings`), and which definitions
bind it (`defs/`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dagster as dg

from orchestration.passes import fingerprint
from orchestration.passes.lock import pass_lock
from orchestration.settings import Settings


@dataclass(frozen=True)
class Home:
    """The settings of the home, and `report`, which tells whoever watches what the pass is at."""

    settings: Settings
    report: Callable[[str], None]


def home_resource(read: Callable[[], Settings], report: Callable[[str], None]) -> dg.ResourceDefinition:
    """A home that no other pass can enter: steps of one process share it, and it is let go when the run ends."""

    @dg.resource(description="The home of the pass (JALONS_HOME), locked until the run ends.")
    def home(_context: dg.InitResourceContext) -> Iterator[Home]:
        settings = read()
        with pass_lock(settings):
            fingerprint.forget(settings)
            yield Home(settings, report)

    return home
