"""The real waves, gone through once in a run for all the tests that only read what came of them.

What belongs here: the home, what its passes said, and its marts as they were between two waves. What does not: what
must be true of them.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from orchestration.passes.replay import Wave, read_waves, replay
from orchestration.settings import Settings
from orchestration.store.whole_file import write_whole
from tests.verification.signed_releases import Signer

# The last edition with projects before it was filed, as it was filed first, and as it was filed again.
KEPT_AFTER = (5, 6, 7)


@dataclass(frozen=True)
class RealHome:
    """The folder that holds all of it; nobody may change anything there."""

    folder: Path

    @property
    def settings(self) -> Settings:
        """Those of the home, whose releases are signed."""
        return Settings(home=self.folder / "home", settle_seconds=0, signing_key=self.folder / "jalons.key")

    @property
    def passes(self) -> list[dict[str, object]]:
        """What each pass said of its `drops`, by status, and its `failures`."""
        said: list[dict[str, object]] = json.loads((self.folder / "passes.json").read_text(encoding="utf-8"))
        return said

    def after(self, order: int) -> Settings:
        """Those of a home that has the marts alone, as they were after a wave of `KEPT_AFTER`."""
        return Settings(home=self.folder / f"after-{order}")

    def make(self, listing: Path) -> None:
        """Go through the waves of a list."""
        from tests.pass_job import run_pass

        said = []
        write_whole(self.folder / "jalons.key", Signer().key.secret_file)

        def one(wave: Wave) -> None:
            summary = run_pass(self.settings, wave.received_at, is_replay=True)
            said.append({"drops": dict(summary.drops), "failures": summary.failures})
            if wave.order in KEPT_AFTER:
                shutil.copytree(self.settings.marts, self.after(wave.order).marts)

        replay(self.settings, read_waves(listing), one)
        (self.folder / "passes.json").write_text(json.dumps(said), encoding="utf-8")
