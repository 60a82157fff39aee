"""A ledger that is not the one of its home is refused before anything is noted; a home killed at any write goes on."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestration.intake import archive, home_identity, lake
from orchestration.intake.home_identity import LedgerRefused, begin_generation, check_home, enter_home, generation
from orchestration.intake.inbox import Place, SeenFile
from orchestration.intake.ledger import Ledger
from orchestration.operations.ledger_copies import copies
from orchestration.settings import Settings
from orchestration.store.whole_file import write_whole
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.intake.homes import as_of_0_1, contents, run_intake

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
STORES = ("archive", "lake", "releases")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home over which two passes went, each with a drop."""
    settings = Settings(home=tmp_path_factory.mktemp("made") / "home", settle_seconds=0)
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    run_intake(settings, NOW)
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(OTHER))
    run_intake(settings, NOW + HOUR)
    return settings


@pytest.fixture
def home(made, settings):
    """A copy of that home."""
    shutil.copytree(made.home, settings.home)
    return settings


def _ledger(settings) -> Path:
    return settings.home / "ledger.sqlite"


def _refused(settings, *words: str) -> None:
    """Both questions refuse the ledger in those words, and leave every file as it is."""
    before = contents(settings.home)
    for ask in (check_home, enter_home):
        with pytest.raises(LedgerRefused) as refused:
            ask(settings)
        for word in words:
            assert word in str(refused.value)
    assert contents(settings.home) == before


def _generation(settings) -> int:
    with Ledger(settings.ledger) as ledger:
        return generation(ledger)


def test_a_fresh_home_is_entered_and_every_store_and_the_ledger_say_whose_they_are(settings):
    enter_home(settings)
    marks = {json.loads((settings.home / name / "HOME.json").read_bytes())["home"] for name in STORES}
    beside = json.loads((settings.home / "ledger-generation.json").read_bytes())
    assert marks == {beside["home"]}
    assert beside["generation"] == _generation(settings) == 1
    enter_home(settings)
    assert _generation(settings) == 2
    check_home(settings)


def test_asking_about_a_home_that_is_not_there_makes_nothing(settings):
    check_home(settings)
    assert not settings.home.exists()


def test_a_ledger_that_is_absent_is_refused(home):
    _ledger(home).unlink()
    _refused(home, "absent or empty", f"the archive ({home.archive})", "jalons restore", "no file is lost")


def test_a_ledger_that_is_empty_is_refused(home):
    _ledger(home).unlink()
    with Ledger(home.ledger):
        pass
    _refused(home, "absent or empty", "jalons restore")


def test_an_absent_ledger_of_0_1_is_refused(home):
    as_of_0_1(home)
    _ledger(home).unlink()
    _refused(home, "absent or empty", "has a history")


def test_an_older_copy_of_the_ledger_is_refused_though_a_file_has_come_since(home):
    shutil.copy(copies(home)[-1], _ledger(home))
    drop(home.home, "2021-S2/MJ/b.csv", projects_csv(OTHER))
    _refused(home, "older than what lies beside it", "jalons restore")


def test_an_older_copy_is_known_by_the_archive_where_what_lies_beside_the_ledger_was_put_back_with_it(home):
    shutil.copy(copies(home)[-1], _ledger(home))
    beside = home.home / "ledger-generation.json"
    beside.write_text(json.dumps(json.loads(beside.read_bytes()) | {"generation": 1}), encoding="utf-8")
    _refused(home, "older than the archive", "jalons restore")


def test_a_copy_that_lacks_nothing_but_a_closing_is_older(home):
    with Ledger(home.ledger) as ledger:
        ledger.close("2021-S2", NOW)
        begin_generation(home, ledger)
    shutil.copy(copies(home)[0], _ledger(home))
    _refused(home, "older than what lies beside it")


def test_a_home_is_not_refused_while_somebody_begins_a_generation_and_files(home):
    def work() -> None:
        with Ledger(home.ledger) as ledger:
            for number in range(40):
                begin_generation(home, ledger)
                seen = SeenFile(modified=str(number), path="2021-S2/MI/c.csv", size=number)
                drop_id = ledger.receive(seen, str(number), Place("2021-S2", "MI", False), NOW)
                archive.record(home.archive, ledger.record(int(drop_id or 0)))

    with ThreadPoolExecutor() as pool:
        at_work = pool.submit(work)
        while not at_work.done():
            check_home(home)
        at_work.result()


def test_the_ledger_of_another_home_is_refused(home, tmp_path):
    other = Settings(home=tmp_path / "other", settle_seconds=0)
    drop(other.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    run_intake(other, NOW)
    shutil.copy(_ledger(other), _ledger(home))
    _refused(home, f"The archive ({home.archive}) belongs to another home", "jalons restore")


@pytest.mark.parametrize("store", STORES)
def test_a_store_of_another_home_is_refused_and_named(home, tmp_path, store):
    other = Settings(home=tmp_path / "other", settle_seconds=0)
    enter_home(other)
    shutil.rmtree(home.home / store)
    shutil.copytree(other.home / store, home.home / store)
    _refused(home, f"The {store} ({home.home / store}) belongs to another home", "jalons restore")


def test_an_archive_that_is_not_mounted_is_refused_and_what_to_do_is_said(home):
    shutil.rmtree(home.home / "archive")
    _refused(home, "HOME.json is missing there", "mount it")
    (home.home / "archive").mkdir()
    _refused(home, "HOME.json is missing there", "mount it")


def test_an_archive_that_is_lost_for_good_is_begun_anew_by_the_words_of_the_refusal(home):
    shutil.rmtree(home.home / "archive")
    with pytest.raises(LedgerRefused) as refused:
        check_home(home)
    said = str(refused.value)
    (home.home / "archive").mkdir()
    (home.home / "archive" / "HOME.json").write_text(said[said.index("{") : said.index("}") + 1], encoding="utf-8")
    enter_home(home)


@pytest.mark.parametrize("store", ["lake", "releases"])
def test_a_lake_or_releases_that_were_deleted_are_made_again(home, store):
    shutil.rmtree(home.home / store)
    run_intake(home, NOW + 2 * HOUR)
    assert (home.home / store / "HOME.json").exists()
    assert len(list(home.lake.glob("projects/*/*/*.parquet"))) == 2


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b"{}", b'"x"', b"\xff"])
@pytest.mark.parametrize("name", ["archive/HOME.json", "ledger-generation.json"])
def test_a_mark_that_cannot_be_read_is_named(home, name, said):
    (home.home / name).write_bytes(said)
    _refused(home, str(home.home / name), "cannot be read")


def test_a_generation_that_is_not_said_cannot_be_read(home):
    path = home.home / "ledger-generation.json"
    path.write_text(json.dumps({"home": json.loads(path.read_bytes())["home"]}), encoding="utf-8")
    _refused(home, "ledger-generation.json cannot be read")


@pytest.mark.parametrize(
    "harm", [b"no database at all, but long enough to be looked at" * 99, None], ids=["text", "cut"]
)
def test_a_ledger_that_cannot_be_read_is_refused(home, harm):
    _ledger(home).write_bytes(harm or _ledger(home).read_bytes()[:9000])
    _refused(home, f"The ledger ({_ledger(home)}) cannot be read", "jalons restore")


def test_a_home_of_0_1_over_which_only_empty_passes_went_is_entered(settings):
    run_intake(settings, NOW)
    as_of_0_1(settings)
    enter_home(settings)


def _dies_at(settings, number: int) -> bool:
    """Whether a process that dies before or after that write or commit did so; it enters the home if there is none."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) in (0, 9)
        return os.waitstatus_to_exitcode(status) == 9
    left = number

    def count(*_arguments):
        nonlocal left
        if left == 0:
            os._exit(9)
        left -= 1

    def counted(write):
        return lambda *arguments: (count(), write(*arguments), count())

    try:
        sa.event.listen(sa.Engine, "commit", count)
        home_identity.write_whole, archive.write_whole = counted(write_whole), counted(write_whole)
        enter_home(settings)
    except BaseException:
        os._exit(1)
    os._exit(0)


@pytest.mark.parametrize("kind", ["fresh", "of 0.1", "entered before"])
def test_a_home_that_is_killed_at_any_write_is_entered_again(settings, tmp_path, kind):
    if kind != "fresh":
        drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
        drop(settings.home, "2021-S2/MJ/a.csv", projects_csv(OTHER))
        run_intake(settings, NOW)
    if kind == "of 0.1":
        as_of_0_1(settings)
    deaths = 0
    while True:
        one = Settings(home=tmp_path / f"home-{deaths}", settle_seconds=0)
        if settings.home.exists():
            shutil.copytree(settings.home, one.home)
        if not _dies_at(one, deaths):
            break
        enter_home(one)
        marks = {json.loads((one.home / name / "HOME.json").read_bytes())["home"] for name in STORES}
        beside = json.loads((one.home / "ledger-generation.json").read_bytes())
        assert marks == {beside["home"]}
        assert beside["generation"] == _generation(one)
        with Ledger(one.ledger) as ledger:
            assert list(archive.records(one.archive)) == [ledger.record(number) for number in ledger.drop_ids()]
        deaths += 1
    assert deaths >= 3


def test_the_first_pass_takes_over_a_home_of_0_1(settings):
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD, OTHER))
    drop(settings.home, "2021-S2/MJ/a.csv", projects_csv("NÉANT;;;;;"))
    drop(settings.home, "2021-S2/MC/a.csv", b"%PDF-1.4")
    run_intake(settings, NOW)
    now = {path: data for path, data in contents(settings.lake).items() if path.endswith(".parquet")}
    with Ledger(settings.ledger) as ledger:
        rows = {number: ledger.record(number) for number in ledger.drop_ids()}
    as_of_0_1(settings)
    (path,) = settings.lake.glob("projects/*/*/*.parquet")
    assert path.read_bytes() != now[str(path.relative_to(settings.lake))]
    (settings.archive / rows[2].sha256[:2] / rows[2].sha256).unlink()  # Stamping needs no bytes.
    (settings.home / "inbox" / rows[2].path).unlink()

    assert run_intake(settings, NOW + HOUR).outcomes == ()
    # The same rows, as the same bytes, but for when they were exported.
    assert {name: data for name, data in contents(settings.lake).items() if name.endswith(".parquet")} == now
    assert lake.last_export(settings.lake).without_rows == {}
    assert {one.drop_id: one for one in archive.records(settings.archive)} == rows
    assert all((settings.home / name / "HOME.json").exists() for name in STORES)
    with Ledger(settings.ledger) as ledger:
        assert [(one.drop_id, one.rows, bool(one.file)) for one in ledger.submissions() if one.rows] == [(2, 2, True)]


def test_rows_of_0_1_that_are_not_those_that_were_accepted_are_read_again(settings):
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MJ/a.csv", projects_csv(OTHER))
    run_intake(settings, NOW)
    mine, other = sorted(settings.lake.glob("projects/*/*/*.parquet"))
    now = mine.read_bytes()
    as_of_0_1(settings)
    shutil.copy(other, mine)
    run_intake(settings, NOW + HOUR)
    assert mine.read_bytes() == now
