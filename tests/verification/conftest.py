"""Releases of the real waves in the agreed form, made once in a run, and a copy of one edition to spoil."""

from collections.abc import Callable
from pathlib import Path

import pytest
from agreed_releases import Signer, agreed, copy_of

from tests.real_home import RealHome


@pytest.fixture(scope="session")
def signer() -> Signer:
    """The publisher's key."""
    return Signer()


@pytest.fixture(scope="session")
def published(real_home: RealHome, signer: Signer, made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """All editions of the real waves, in the agreed form; nobody may change anything there."""

    def make(folder: Path) -> None:
        agreed(real_home.settings.releases, real_home.settings.marts, folder, signer)

    return made_once("agreed", make)


@pytest.fixture
def copied(published: Path, tmp_path: Path) -> Path:
    """A copy of all editions, to spoil."""
    return copy_of(published, tmp_path / "releases")


@pytest.fixture
def one(published: Path, tmp_path: Path) -> Path:
    """A copy of the first edition alone, to spoil: none is before it."""
    copy_of(published / "2016-S2", tmp_path / "releases" / "2016-S2")
    return tmp_path / "releases"
