"""Accidents to a home between two passes: nothing wrong is published, what can be mended is, and a person is told."""

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.intake.clock import mend_times
from orchestration.intake.inbox import Place, SeenFile
from orchestration.intake.ledger import Ledger
from orchestration.passes.has_work import has_work
from orchestration.passes.run import PassSummary
from orchestration.publication.release import current_revision, read_figures
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from tests.conftest import NOW
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.pass_job import run_pass

EDITIONS = ("2021-S1", "2021-S2", "2022-S1")
DEARER = GOOD.replace("42,5", "55")
OF_JUSTICE = OTHER.replace("de l'Intérieur", "de la Justice")


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of three editions after a whole pass, in which the third one tells a slip."""
    settings = Settings(home=tmp_path_factory.mktemp("accidents") / "home", settle_seconds=0)
    for edition in EDITIONS:
        drop(settings.home, f"{edition}/MI/p.csv", projects_csv(DEARER if edition == EDITIONS[2] else GOOD))
        drop(settings.home, f"{edition}/MJ/p.csv", projects_csv(OF_JUSTICE))
    summary = run_pass(settings, NOW)
    assert summary.failures == ()
    assert summary.alerts_sent["console"] > 0
    return settings.home


@pytest.fixture
def home(passed: Path, settings: Settings) -> Settings:
    """That home, the test's own."""
    shutil.copytree(passed, settings.home, symlinks=True)
    return settings


@pytest.fixture
def a_pass(home: Settings, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[PassSummary, list[str]]]:
    """Run a pass; give its summary and the lines of its messages."""

    def run(now=NOW, *, is_forced=True):
        capfd.readouterr()
        summary = run_pass(home, now, is_forced=is_forced)
        return summary, capfd.readouterr().err.replace("\N{NO-BREAK SPACE}", " ").splitlines()

    return run


def bytes_under(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _titles(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith(" ")]


def _of_files(lines: list[str]) -> list[str]:
    """Without what the checks say of tables in which rows are missing."""
    return [line for line in _titles(lines) if "Fichier" in line]


def _rows(home: Settings, edition: str, perimeter: str) -> Path:
    (path,) = home.lake.glob(f"projects/edition={edition}/perimeter={perimeter}/*.parquet")
    return path


def test_rows_moved_away_cut_short_or_of_another_are_made_again_and_nothing_else_happens(home, a_pass):
    lake, releases = bytes_under(home.lake), bytes_under(home.releases)
    _rows(home, "2021-S1", "MI").rename(home.home / "elsewhere.parquet")
    os.truncate(_rows(home, "2021-S2", "MI"), 100)
    shutil.copyfile(_rows(home, "2022-S1", "MI"), _rows(home, "2022-S1", "MJ"))
    summary, said = a_pass()
    assert (summary.releases, summary.alerts_sent, summary.failures) == ((), {}, ())
    assert (bytes_under(home.lake), bytes_under(home.releases)) == (lake, releases)
    assert _titles(said) == ["🟠 Attention · Fichier refait"]
    assert [edition for edition in EDITIONS if f"édition {edition}" in "".join(said)] == list(EDITIONS)
    assert not has_work(home, NOW)
    assert _titles(a_pass(is_forced=False)[1]) == []


def test_rows_lost_for_good_hold_their_edition_and_the_later_ones_until_the_bytes_are_back(home, a_pass):
    drop(home.home, "2021-S1/MJ/p.csv", projects_csv(OF_JUSTICE.replace(";12", ";13")))
    data = projects_csv(GOOD)
    archived = home.home / "archive" / sha256(data)[:2] / sha256(data)
    assert archived.read_bytes() == data
    archived.unlink()
    (home.home / "inbox/2021-S1/MI/p.csv").unlink()
    (home.home / "inbox/2021-S2/MI/p.csv").unlink()
    _rows(home, "2021-S2", "MI").unlink()
    later = NOW + timedelta(hours=1)
    before = bytes_under(home.releases / "2021-S2") | bytes_under(home.releases / "2022-S1")

    summary, said = a_pass(later)
    assert summary.releases == (("2021-S1", 2),)
    assert bytes_under(home.releases / "2021-S2") | bytes_under(home.releases / "2022-S1") == before
    (held,) = summary.held_back
    assert summary.failures == ()
    assert "2021-S2, 2022-S1 held back: rows that were accepted are missing (2021-S2, MI" in held
    assert _of_files(said) == ["🔴 Critique · Fichier perdu ou abîmé · édition 2021-S2"]
    assert not has_work(home, later)

    archived.write_bytes(data)
    assert has_work(home, later)
    summary, said = a_pass(later)
    # The corrected cost of the first edition is a baseline of both.
    assert (summary.releases, summary.failures) == ((("2021-S2", 2), ("2022-S1", 2)), ())
    assert sorted(_of_files(said)) == [
        "✅ Rétabli · Fichier perdu ou abîmé",
        "🟠 Attention · Fichier refait · édition 2021-S2",
    ]
    assert not has_work(home, later)


def test_times_that_are_mended_keep_the_order_of_arrival_whatever_the_files_say(settings):
    future, place = NOW + timedelta(days=400), Place("2021-S2", "MI", is_dry_run=False)
    with Ledger(settings.ledger) as ledger:
        for number in range(3):
            # The later it came, the older the file.
            ledger.receive(SeenFile(str(9 - number), f"2021-S2/MI/{number}.csv", 1), f"{number}", place, future)
        assert mend_times(settings, NOW, NOW) == [1, 2, 3]
        times = [ledger.record(drop_id).received_at for drop_id in (1, 2, 3)]
    assert times[0] == NOW
    assert times[0] < times[1] < times[2] < NOW + timedelta(seconds=1)


def test_a_correction_that_came_while_the_clock_was_behind_counts_and_engineers_are_told(home, a_pass):
    path = drop(home.home, "2022-S1/MI/p.csv", projects_csv(GOOD))
    earlier = NOW - timedelta(hours=2)
    os.utime(path, (earlier.timestamp(), earlier.timestamp()))
    summary, said = a_pass(earlier)
    assert (summary.releases, summary.failures) == ((("2022-S1", 2),), ())
    assert (
        read_figures(home, "2022-S1", 1)["total_cost_bn_eur"],
        read_figures(home, "2022-S1")["total_cost_bn_eur"],
    ) == (
        0.07,
        0.05,
    )
    assert current_revision(home, "2022-S1") == 2
    assert "🟠 Attention · Horloge en retard sur le registre" in _titles(said)
    with Ledger(home.ledger) as ledger:
        assert ledger.counting("2022-S1", "MI")["projects"].received_at > NOW
