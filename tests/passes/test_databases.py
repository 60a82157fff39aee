"""Dagster's databases that cannot be read are set aside and begun anew: the pass goes through, and engineers know."""

import shutil
import sqlite3
from contextlib import closing

import dagster as dg
import pytest

from orchestration.passes import fingerprint
from orchestration.passes.databases import folders_set_aside, set_aside_unreadable
from orchestration.passes.has_work import has_work
from orchestration.passes.run import make_ready
from orchestration.publication.release import read_figures
from orchestration.validation import judgement
from tests.conftest import NOW
from tests.intake.drops import drop, projects_csv
from tests.pass_job import run_pass

GARBAGE = b"\xde\xad\xbe\xef" * 4096
LATE = "PHARE;Ministère de la Culture;01/02/2021;3;Conception;10"
SET_ASIDE = "🟠 Attention · Base de Dagster mise de côté"


def _cut_short(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _cut_to_nothing(path):
    path.write_bytes(b"")


def _overwritten(path):
    path.write_bytes(GARBAGE)


def _damaged_within(path):
    data = path.read_bytes()
    path.write_bytes(data[:4096] + GARBAGE[: len(data) - 8192] + data[4096 + len(GARBAGE) :])


@pytest.fixture
def home(passed_home, settings):
    """A home over which a pass went, to damage; nothing is owed there, though a copy looks like other files."""
    shutil.copytree(passed_home, settings.home, symlinks=True)
    fingerprint.note(settings, fingerprint.sources(settings))
    assert not has_work(settings, NOW)
    return settings


def _titles(said):
    return [
        line.replace("\N{NO-BREAK SPACE}", " ") for line in said.splitlines() if line.startswith(("🔴", "🟠", "✅"))
    ]


def _settle(path):
    """Bring all into the file itself, as if nothing had been open when it was damaged."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize("damage", [_cut_short, _cut_to_nothing, _overwritten, _damaged_within])
@pytest.mark.parametrize("name", ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"])
def test_an_unreadable_database_is_set_aside_and_what_can_be_read_stays(home, name, damage):
    _settle(home.dagster_home / name)
    damage(home.dagster_home / name)
    damaged = (home.dagster_home / name).read_bytes()
    assert set_aside_unreadable(home.dagster_home)
    (folder,) = folders_set_aside(home.dagster_home)
    assert (folder / name).read_bytes() == damaged
    assert [one.name for one in folder.iterdir()] == [name.split("/")[0]]
    assert not set_aside_unreadable(home.dagster_home)


def test_what_can_be_read_is_left_where_it_is(home):
    assert not set_aside_unreadable(home.dagster_home, thorough=True)
    assert folders_set_aside(home.dagster_home) == []


def test_the_pass_goes_through_engineers_are_told_once_and_the_grid_has_its_editions(home, capfd):
    _overwritten(home.dagster_home / "history" / "runs.db")
    drop(home.home, "2021-S1/MC/projets.csv", projects_csv(LATE))
    summary = run_pass(home, NOW)
    said = capfd.readouterr().err.replace("\N{NO-BREAK SPACE}", " ")
    assert (summary.failures, len(summary.drops), summary.releases) == ((), 1, (("2021-S1", 2),))
    assert _titles(said).count(SET_ASIDE) == 1
    (folder,) = folders_set_aside(home.dagster_home)
    assert f"la base est gardée dans {folder}" in said
    assert read_figures(home, "2021-S1")["projects"] == 3
    run_pass(home, NOW, is_forced=False)
    assert SET_ASIDE not in _titles(capfd.readouterr().err)


def test_a_database_begun_anew_has_its_editions_though_nothing_comes_in_and_is_over_when_its_folder_is_taken_away(
    home, capfd
):
    _overwritten(home.dagster_home / "history" / "runs" / "index.db")
    run_pass(home, NOW, is_forced=False)
    with dg.DagsterInstance.from_config(str(home.dagster_home)) as instance:
        assert instance.get_dynamic_partitions("edition") == ["2021-S1"]
    capfd.readouterr()
    (folder,) = folders_set_aside(home.dagster_home)
    folder.rename(home.home / "elsewhere")
    run_pass(home, NOW, is_forced=False)
    assert _titles(capfd.readouterr().err) == ["✅ Rétabli · Base de Dagster mise de côté"]


def test_the_log_of_one_run_is_set_aside_alone(home, capfd):
    # Of an intake and of a publication.
    log, _ = (path for path in (home.dagster_home / "history" / "runs").glob("*.db") if path.stem != "index")
    _overwritten(log)
    assert run_pass(home, NOW, is_forced=False).failures == ()
    (folder,) = folders_set_aside(home.dagster_home)
    assert [path.name for path in folder.rglob("*.db")] == [log.name]
    assert _titles(capfd.readouterr().err) == [SET_ASIDE]
    with dg.DagsterInstance.from_config(str(home.dagster_home)) as instance:
        assert len(instance.get_runs()) == 2


def test_a_database_that_breaks_during_a_pass_is_set_aside_and_the_pass_begun_again(home, capfd, monkeypatch):
    drop(home.home, "2021-S1/MC/projets.csv", projects_csv(LATE))
    judge, broken = judgement.validate_marts, []

    def breaks_once(marts):
        if not broken:
            broken.append(home.dagster_home / "history" / "runs.db")
            for path in broken[0].parent.glob("runs.db-*"):
                path.unlink()
            _overwritten(broken[0])
        return judge(marts)

    monkeypatch.setattr(judgement, "validate_marts", breaks_once)
    assert run_pass(home, NOW).failures == ()
    assert (len(broken), read_figures(home, "2021-S1")["projects"]) == (1, 3)
    assert SET_ASIDE in _titles(capfd.readouterr().err)


def test_the_start_of_the_ui_begins_anew_too(home):
    _overwritten(home.dagster_home / "schedules" / "schedules.db")
    _overwritten(home.dagster_home / "history" / "runs" / "index.db")
    make_ready(home, NOW, lambda _step: None)
    assert len(folders_set_aside(home.dagster_home)) == 1
    with dg.DagsterInstance.from_config(str(home.dagster_home)) as instance:
        assert (instance.get_dynamic_partitions("edition"), instance.all_instigator_state()) == (["2021-S1"], [])


def test_an_unreadable_ledger_is_no_reason_to_set_anything_aside(home):
    (home.home / "ledger.sqlite").write_bytes(GARBAGE)
    (failure,) = run_pass(home, NOW).failures
    assert failure.startswith("The ledger cannot be read")
    assert folders_set_aside(home.dagster_home) == []
