"""What every test may ask for: a home of its own, a copy of one that others need too, and the real files.

What belongs here: what several rooms share. What many tests only read is made once in a run, by whichever worker comes
to it first.
"""

import gc
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

from orchestration.settings import Settings
from tests.real_home import RealHome

# The same examples in each run, and no deadline: other programs make a test slow, not wrong.
hypothesis.settings.register_profile("jalons", derandomize=True, deadline=None)
hypothesis.settings.load_profile("jalons")

# Dagster, dbt and Great Expectations are gone through at each full collection: a twentieth of what intake's tests take.
gc.set_threshold(700, 10, 100)

ROOT = Path(__file__).resolve().parent.parent
# What takes longest comes first, so that no worker is left alone with it at the end; what only reads the home of the
# real waves comes once it is made.
_FIRST = (
    *("tests/test_end_to_end.py", "tests/campaign/", "tests/ui/", "tests/watcher/", "tests/passes/", "tests/defs/"),
    *("tests/sample/", "tests/cli/", "tests/consolidation/"),
)
NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
# For tests of commands, which read the clock: over a home of an earlier day they find days of the calendar to make up.
TODAY = datetime.now(UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in the order in which workers are given their files."""
    places = {start: place for place, start in enumerate(_FIRST)}
    items.sort(
        key=lambda item: min((places[one] for one in _FIRST if item.nodeid.startswith(one)), default=len(_FIRST))
    )


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the person who runs the tests must not reach them, and nothing may leave the machine."""
    for name in list(os.environ):
        if name.startswith("JALONS_") and name != "JALONS_REAL_DATA":
            monkeypatch.delenv(name)
    for name in ("SLACK_BOT_TOKEN", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DO_NOT_TRACK", "1")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty home, without the pause between two looks at the inbox."""
    return Settings(home=tmp_path / "home", settle_seconds=0)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Make the folder of this name once in a run, for all workers; nobody may change anything in it."""
    ours = tmp_path_factory.getbasetemp()
    of_all = ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours

    def once(name: str, make: Callable[[Path], None]) -> Path:
        folder, made = of_all / f"once-{name}", of_all / f"once-{name}.made"
        with FileLock(f"{folder}.lock"):
            if not made.exists():
                # What a worker left that failed half-way.
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                made.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def passed_home(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A home over whose first file, of two projects of MI in 2021-S1, a whole pass went at `NOW`: copy it.

    Its pass ran under a umask that takes nothing away, over folders that their operator had opened to a group.
    """

    def make(folder: Path) -> None:
        from tests.intake.drops import GOOD, OTHER, drop, projects_csv
        from tests.pass_job import run_pass

        settings = Settings(home=folder / "home", settle_seconds=0)
        drop(settings.home, "2021-S1/MI/p.csv", projects_csv(GOOD, OTHER))
        open_folders(settings)
        before = os.umask(0)
        try:
            summary = run_pass(settings, NOW)
        finally:
            os.umask(before)
        assert (summary.failures, summary.releases) == ((), (("2021-S1", 1),))

    return made_once("passed", make) / "home"


@pytest.fixture(scope="session")
def home_of_today(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A home over whose only file, of MI in 2021-S2, a whole pass went today: copy it."""

    def make(folder: Path) -> None:
        from tests.intake.drops import GOOD, drop, projects_csv
        from tests.pass_job import run_pass

        settings = Settings(home=folder / "home", settle_seconds=0)
        drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
        assert run_pass(settings, TODAY).failures == ()

    return made_once("today", make) / "home"


@pytest.fixture(scope="session")
def prepared(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The folder of a Dagster instance on which nothing was executed: copy it, which spares making its tables."""

    def make(folder: Path) -> None:
        from orchestration.passes.instance import prepare_instance

        prepare_instance(folder / "dagster")

    return made_once("prepared", make) / "dagster"


def open_folders(settings: Settings) -> None:
    """Make the folders of a home as an operator gives them: only the group of the ministries drops and reads there."""
    settings.home.chmod(0o755)
    Path(settings.inbox).chmod(0o2770)
    Path(settings.outbox).mkdir()
    Path(settings.outbox).chmod(0o2750)


@pytest.fixture(scope="session")
def real_home(real_data: Path, made_once: Callable[[str, Callable[[Path], None]], Path]) -> RealHome:
    """The home over which all real waves went, each in its own pass."""
    return RealHome(made_once("real", lambda folder: RealHome(folder).make(real_data / "drops.csv")))


@pytest.fixture(scope="session")
def sample(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The folder of the made-up State's files, to read."""
    from orchestration.sample import generate

    def make(folder: Path) -> None:
        generate(folder)

    return made_once("sample", make)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real files; the test is skipped, saying so, only where it is absent."""
    folder = Path(os.environ.get("JALONS_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "drops.csv").is_file():
        pytest.skip(f"the real files are not on this machine: {folder} has no drops.csv")
    return folder
