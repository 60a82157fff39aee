"""The warehouse from one build to the next: a part of it is built on what stands, and it mends itself."""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.consolidation.build import BuildResult, ConsolidationError, build
from orchestration.intake.lake import last_export
from orchestration.settings import Settings
from orchestration.store.mart_set import MartSet, UnfitMarts, files_of, fit_marts

TOP50 = "fqn:jalons.marts.top50"
KEY_OF_TOP50 = "is_key_top50_edition__rank"
HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


@pytest.fixture
def settings(history: tuple[Settings, BuildResult], tmp_path: Path) -> Settings:
    """A home after a build, the test's own."""
    shutil.copytree(history[0].home, tmp_path / "home", symlinks=True)
    return Settings(home=tmp_path / "home")


def _set(settings: Settings) -> MartSet:
    return fit_marts(settings.marts, last_export(settings.lake).sha256)


@contextlib.contextmanager
def _opened_elsewhere(file: Path) -> Iterator[None]:
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"open\n"
        yield
        process.communicate()


def test_a_part_that_is_built_on_the_last_build_makes_the_same_and_leaves_its_set_fit(
    settings: Settings,
) -> None:
    stood = _set(settings)
    result = build(settings, selected=[TOP50])
    assert [node.unique_id for node in result.nodes] == ["model.jalons.top50"]
    assert result.broken == ()
    assert _set(settings) == stood


def test_a_test_that_fails_alone_leaves_no_set_to_release(
    settings: Settings,
) -> None:
    with duckdb.connect(str(settings.warehouse / "jalons.duckdb")) as connection:
        connection.execute("insert into top50 select * from top50")
    result = build(settings, selected=[KEY_OF_TOP50])
    assert [node.status for node in result.broken] == ["fail"]
    with pytest.raises(UnfitMarts, match="no whole build"):
        _set(settings)


def test_a_warehouse_that_cannot_be_opened_is_refused_by_a_part_and_made_anew_by_a_whole_build(
    settings: Settings,
) -> None:
    marts, file = files_of(settings.marts), settings.warehouse / "jalons.duckdb"
    with _opened_elsewhere(file):
        _expect_refused(settings)
    file.rename(file.with_name("aside"))
    _expect_refused(settings)
    file.write_bytes(b"x" * 4096)
    _expect_refused(settings)
    assert build(settings).broken == ()
    assert files_of(settings.marts) == marts


def _expect_refused(settings: Settings) -> None:
    with pytest.raises(ConsolidationError, match="cannot be opened"):
        build(settings, selected=[TOP50])
    _set(settings)


def test_what_an_earlier_version_left_in_the_warehouse_does_not_stop_a_build(
    settings: Settings,
) -> None:
    with duckdb.connect(str(settings.warehouse / "jalons.duckdb")) as connection:
        connection.execute("drop table top50; create view top50 as select 1 as rank; create schema other")
        connection.execute("drop table perimeters; create view perimeters as select 1 as perimeter")
    assert build(settings).broken == ()
    _set(settings)
