"""Homes with a history, built once for all the tests that only read them."""

import pytest
from made_lake import three_editions

from orchestration.consolidation.build import BuildResult, build
from orchestration.settings import Settings


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, BuildResult]:
    """The home of `three_editions` and what its build said."""
    settings = Settings(home=tmp_path_factory.mktemp("history"))
    three_editions(settings)
    return settings, build(settings)
