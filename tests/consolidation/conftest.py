"""Homes with a history, built once for all the tests that only read them."""

from pathlib import Path

import pytest
from filings import close, closings_of, filings_of, handle, in_order
from made_lake import three_editions

from orchestration.consolidation.build import BuildResult, build
from orchestration.passes.replay import read_waves
from orchestration.settings import Settings


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, BuildResult]:
    """The home of `three_editions` and what its build said."""
    settings = Settings(home=tmp_path_factory.mktemp("history"))
    three_editions(settings)
    return settings, build(settings)


@pytest.fixture(scope="session")
def real_waves(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> Settings:
    """A home that took in the real waves as they came, and built its marts once."""
    settings = Settings(home=tmp_path_factory.mktemp("real"), settle_seconds=0)
    waves = read_waves(real_data / "drops.csv")
    handle(settings, in_order(filings_of(waves)))
    close(settings, closings_of(waves))
    assert build(settings).broken == ()
    return settings
