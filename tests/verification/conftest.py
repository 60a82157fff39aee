"""Releases of the real waves, and copies of them to spoil."""

from pathlib import Path

import pytest
from signed_releases import Signer, copy_of

from tests.real_home import RealHome


@pytest.fixture(scope="session")
def signer() -> Signer:
    """The publisher's key."""
    return Signer()


@pytest.fixture(scope="session")
def published(real_home: RealHome) -> Path:
    """All editions of the real waves; nobody may change anything there."""
    return real_home.settings.releases


@pytest.fixture
def copied(published: Path, tmp_path: Path) -> Path:
    """A copy of the editions of projects, to spoil."""
    for edition in ("2016-S2", "2017-S1", "2017-S2", "2018-S1"):
        copy_of(published / edition, tmp_path / "releases" / edition)
    return tmp_path / "releases"


@pytest.fixture
def one(published: Path, tmp_path: Path) -> Path:
    """A copy of the first edition alone, to spoil: none is before it."""
    copy_of(published / "2016-S2", tmp_path / "releases" / "2016-S2")
    return tmp_path / "releases"
