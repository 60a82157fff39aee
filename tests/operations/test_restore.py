"""A ledger that was lost is made again from its newest copy and the archive, to say what it said."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestration.intake import archive
from orchestration.intake.archive import DamagedBytes
from orchestration.intake.home_identity import LedgerRefused, check_home, generation
from orchestration.intake.ledger import DROPS, Ledger
from orchestration.operations.ledger_copies import DamagedCopy, copies, number_of
from orchestration.operations.restore import NothingToRestore, restore
from orchestration.settings import Settings
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.intake.homes import as_of_0_1, contents, run_intake

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home of three passes: corrections, a trial, a refusal, the same again, a file out of place, a link."""
    settings = Settings(home=tmp_path_factory.mktemp("made") / "home", settle_seconds=0)
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MI/essai/a.csv", projects_csv(OTHER))
    drop(settings.home, "2021-S2/MJ/b.csv", b"%PDF-1.4")
    run_intake(settings, NOW)
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD, OTHER))
    drop(settings.home, "elsewhere/c.csv", projects_csv(GOOD))
    (settings.home / "inbox" / "2021-S2/MC").mkdir()
    (settings.home / "inbox" / "2021-S2/MC/link.csv").symlink_to(settings.home)
    run_intake(settings, NOW + DAY)
    drop(settings.home, "2021-S2/MI/again.csv", projects_csv(GOOD, OTHER))
    drop(settings.home, "2022-S1/MI/a.csv", projects_csv(GOOD))
    run_intake(settings, NOW + 2 * DAY)
    return settings


@pytest.fixture
def home(made, settings):
    """A copy of that home."""
    shutil.copytree(made.home, settings.home, symlinks=True)
    return settings


def _drops(settings) -> list[tuple[object, ...]]:
    with Ledger(settings.ledger) as ledger, ledger.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(DROPS).order_by(DROPS.c.drop_id))]


def _observed(settings) -> set[object]:
    with Ledger(settings.ledger) as ledger:
        # A copy of a home has the files' own times, and changed now.
        return {(one.path, one.size, one.modified) for one in ledger.seen_files()}


def _ledger(settings):
    return settings.home / "ledger.sqlite"


def _same_again(settings, made, records: int, now=NOW + 3 * DAY) -> None:
    """The next pass makes the ledger say what it said, and every receipt and row of the lake stay as they were."""
    check_home(settings)
    assert len(run_intake(settings, now).outcomes) == records
    assert _drops(settings) == _drops(made)
    assert _observed(settings) == _observed(made)
    for store in ("outbox", "archive"):
        assert contents(settings.home / store) == contents(made.home / store)
    rows = {name: data for name, data in contents(made.lake).items() if "edition=" in name}
    assert {name: data for name, data in contents(settings.lake).items() if "edition=" in name} == rows
    assert len(rows) == 3


@pytest.mark.parametrize("stood", ["nothing", "an empty ledger", "text"])
def test_a_ledger_is_made_again_from_the_archive_alone(home, made, stood):
    shutil.rmtree(home.home / "ledger-copies")
    _ledger(home).unlink()
    if stood == "text":
        _ledger(home).write_bytes(b"no database")
    elif stood != "nothing":
        with Ledger(home.ledger):
            pass
    done = restore(home, NOW + 3 * DAY)
    assert (done.copy, done.drops_of_archive) == (None, 8)
    if stood == "nothing":
        assert done.set_aside is None
    else:
        assert done.set_aside.name == "ledger.sqlite.20211204T090000Z"
        assert done.set_aside.exists()
    _same_again(home, made, records=8)


def test_a_ledger_is_made_again_from_its_newest_copy_which_lacks_nothing(home, made):
    _ledger(home).unlink()
    done = restore(home, NOW + 3 * DAY)
    assert (number_of(done.copy), done.drops_of_archive) == (3, 0)
    _same_again(home, made, records=0)


@pytest.mark.parametrize(("number", "lacking"), [(1, 5), (2, 2)])
def test_a_ledger_is_made_again_from_an_older_copy_and_what_the_archive_knows_beside_it(home, made, number, lacking):
    chosen = home.home / "ledger-copies" / f"ledger-{number:08d}.sqlite"
    done = restore(home, NOW + 3 * DAY, chosen)
    assert (done.copy, done.drops_of_archive) == (chosen, lacking)
    _same_again(home, made, records=lacking)


def test_an_older_ledger_that_was_put_in_place_is_restored_and_kept_beside(home, made):
    shutil.copy(copies(home)[-1], _ledger(home))
    with pytest.raises(LedgerRefused):
        check_home(home)
    done = restore(home, NOW + 3 * DAY)
    assert done.set_aside.read_bytes() == copies(home)[-1].read_bytes()
    _same_again(home, made, records=0)


def test_what_was_closed_is_that_of_the_copy(home):
    with Ledger(home.ledger) as ledger:
        ledger.close("2021-S2", NOW + 2 * DAY)
    run_intake(home, NOW + 3 * DAY)
    _ledger(home).unlink()
    restore(home, NOW + 4 * DAY)
    with Ledger(home.ledger) as ledger:
        assert ledger.open_editions() == ["2022-S1"]


def test_a_drop_that_comes_after_a_restore_gets_a_number_that_none_had(home):
    shutil.rmtree(home.home / "ledger-copies")
    _ledger(home).unlink()
    restore(home, NOW + 3 * DAY)
    drop(home.home, "2022-S1/MI/a.csv", projects_csv(OTHER))
    run_intake(home, NOW + 3 * DAY)
    assert [row[0] for row in _drops(home)] == list(range(1, 10))


def test_a_restored_home_is_later_than_all_that_it_was_and_its_next_copy_is_the_newest(home):
    _ledger(home).unlink()
    # The home's own folder was lost with it, but for the copies.
    (home.home / "ledger-generation.json").unlink()
    restore(home, NOW + 3 * DAY, copies(home)[-1])
    with Ledger(home.ledger) as ledger:
        assert generation(ledger) == 4
    run_intake(home, NOW + 3 * DAY)
    assert number_of(copies(home)[0]) == 5


def test_a_newest_copy_that_is_damaged_is_passed_over(home, made):
    _ledger(home).unlink()
    copies(home)[0].write_bytes(b"decayed")
    done = restore(home, NOW + 3 * DAY)
    assert (number_of(done.copy), done.drops_of_archive) == (2, 2)
    _same_again(home, made, records=2)


def _unchanged(settings, fault: type[Exception], words: str, copy=None) -> None:
    before = contents(settings.home)
    with pytest.raises(fault, match=words):
        restore(settings, NOW + 3 * DAY, copy)
    assert contents(settings.home) == before


def test_a_copy_that_is_damaged_is_not_put_in_place(home):
    copies(home)[0].write_bytes(b"decayed")
    _unchanged(home, DamagedCopy, "is no ledger", copies(home)[0])


def test_the_ledger_of_another_home_is_not_put_in_place(home, tmp_path):
    other = Settings(home=tmp_path / "other", settle_seconds=0)
    run_intake(other, NOW)
    _unchanged(home, ValueError, "of another home", copies(other)[0])


def test_an_archive_that_is_not_mounted_is_not_taken_for_an_empty_one(home, made):
    _ledger(home).unlink()
    (home.home / "archive").rename(home.home / "unmounted")
    _unchanged(home, LedgerRefused, "HOME.json is missing there")
    assert not (home.home / "archive").exists()
    (home.home / "unmounted").rename(home.home / "archive")
    restore(home, NOW + 3 * DAY)
    _same_again(home, made, records=0)


def test_a_record_that_cannot_be_read_is_named_before_anything_is_changed(home):
    path = home.home / "archive" / "drops" / "00000" / "00000007.json"
    path.write_bytes(b"{")
    _unchanged(home, DamagedBytes, "the record of drop 7 cannot be read")


def test_a_file_whose_record_was_removed_comes_anew(home):
    shutil.rmtree(home.home / "ledger-copies")
    _ledger(home).unlink()
    (home.home / "archive" / "drops" / "00000" / "00000008.json").unlink()
    assert restore(home, NOW + 3 * DAY).drops_of_archive == 7
    assert len(run_intake(home, NOW + 3 * DAY).outcomes) == 8
    assert _drops(home)[-1][1] == "2022-S1/MI/a.csv"


def test_where_there_is_nothing_to_restore_from_it_is_said(settings):
    _unchanged(settings, NothingToRestore, "neither a copy of the ledger nor a record")


def test_a_ledger_that_is_no_file_is_restored_by_its_own_tools(tmp_path):
    with pytest.raises(ValueError, match="tools of its database"):
        restore(Settings(home=tmp_path, ledger_url="postgresql://nowhere/none"), NOW)


def test_a_restore_that_was_killed_is_begun_again(home, made, monkeypatch):
    def die(*_arguments, **_named):
        raise KeyboardInterrupt

    for target in ("orchestration.operations.restore.write_whole", "orchestration.intake.ledger.Ledger.restore"):
        with monkeypatch.context() as dying:
            dying.setattr(target, die)
            with pytest.raises(KeyboardInterrupt):
                restore(home, NOW + 3 * DAY, copies(home)[-1])
    # Half of it is a ledger that is older than what lies beside it, or none.
    with pytest.raises(LedgerRefused):
        check_home(home)
    restore(home, NOW + 4 * DAY)
    _same_again(home, made, records=0)


def test_a_copy_of_0_1_is_brought_up_to_date_and_becomes_the_one_of_its_home(home, made, tmp_path):
    old = Settings(home=tmp_path / "old", settle_seconds=0)
    shutil.copytree(made.home, old.home, symlinks=True)
    as_of_0_1(old)
    restore(home, NOW + 3 * DAY, old.home / "ledger.sqlite")
    check_home(home)
    with closing(sqlite3.connect(_ledger(home))) as ledger:
        said = ledger.execute("select home_id from home").fetchone()
    assert said == (json.loads((home.home / "archive" / "HOME.json").read_bytes())["home"],)
    run_intake(home, NOW + 3 * DAY)
    # 0.1 noted no digest of a receipt.
    assert [row[:-1] for row in _drops(home)] == [row[:-1] for row in _drops(made)]


def test_records_of_the_archive_are_of_the_drops_that_the_ledger_has(made):
    with Ledger(made.ledger) as ledger:
        assert list(archive.records(made.archive)) == [ledger.record(number) for number in ledger.drop_ids()]
