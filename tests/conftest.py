"""What every test may ask for: a home of its own, and the real files where the machine has them."""

import os
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest

from orchestration.settings import Settings

# The same examples in each run, and no deadline: other programs make a test slow, not wrong.
hypothesis.settings.register_profile("jalons", derandomize=True, deadline=None)
hypothesis.settings.load_profile("jalons")

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)


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
def real_data() -> Path:
    """The folder of the real files; the test is skipped, saying so, only where it is absent."""
    folder = Path(os.environ.get("JALONS_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "drops.csv").is_file():
        pytest.skip(f"the real files are not on this machine: {folder} has no drops.csv")
    return folder
