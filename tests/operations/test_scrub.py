"""A scrub finds whatever has decayed, though it looks as it did, and mends what can be mended."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.intake import archive, incidents
from orchestration.intake.home_identity import LedgerRefused
from orchestration.intake.lake_check import check_lake
from orchestration.intake.ledger import Ledger
from orchestration.operations.scrub import scrub
from orchestration.passes.upkeep import scrub_home
from orchestration.publication.revision_check import note_revision
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.intake.homes import contents, run_intake

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
DATA = projects_csv(GOOD)
ARCHIVED = f"archive/{sha256(DATA)[:2]}/{sha256(DATA)}"
ROWS = "projects/edition=2021-S2/perimeter=MI/00000001.parquet"
RECEIPT = "2021-S2/MI/20211201T090000Z-00001"
WHOLE = {"ledger": (1, [], []), "archive": (4, [], []), "lake": (2, [], []), "releases": (1, [], [])}
WHOLE |= {"receipts": (2, [], [])}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home of two drops and one published revision."""
    settings = Settings(home=tmp_path_factory.mktemp("made") / "home", settle_seconds=0)
    drop(settings.home, "2021-S2/MI/a.csv", DATA)
    drop(settings.home, "2021-S2/MJ/b.csv", projects_csv(OTHER))
    run_intake(settings, NOW)
    folder = settings.releases / "2021-S2" / "r1"
    files = {"MANIFEST.json": b"{}", "data/projects.csv": b"name\nHORIZON\n"}
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    with Ledger(settings.ledger) as ledger:
        note_revision(ledger.engine, "2021-S2", 1, {name: sha256(data) for name, data in files.items()})
    return settings


@pytest.fixture
def home(made, settings):
    """A copy of that home."""
    shutil.copytree(made.home, settings.home)
    with Ledger(settings.ledger) as ledger:
        # A copy looks different; from here on, it looks as it was noted.
        check_lake(settings, ledger, NOW)
    return settings


def _scrub(settings, now=NOW) -> dict[str, tuple[int, list[str], list[str]]]:
    return {one.store: (one.files, list(one.mended), list(one.damaged)) for one in scrub(settings, now)}


def _told(settings) -> dict[str, list[str]]:
    with Ledger(settings.ledger) as ledger:
        found = incidents.open_incidents(ledger.engine, NOW)
    return {one.subject: one.details["files"] for one in found if one.rule == "scrub_found"}


def _decay(path: Path) -> None:
    """Change a byte, and let the file look as it did, but for the time that nobody can set."""
    seen, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (seen.st_size, seen.st_mtime_ns)


def _decay_unseen(settings, monkeypatch, path: Path) -> None:
    """The same, and even that time: as a disk loses a bit."""
    before = path.stat()
    _decay(path)
    looked = type(path).stat

    def stat(one, **more):
        return before if one == path else looked(one, **more)

    monkeypatch.setattr(type(path), "stat", stat)


def test_a_clean_home_is_whole_and_nothing_of_it_changes(home):
    before = contents(home.home)
    assert _scrub(home) == WHOLE
    assert _told(home) == {}
    after = contents(home.home)
    assert {name for name in before if before[name] != after[name]} <= {"ledger.sqlite"}
    assert before.keys() == after.keys()


def test_bytes_of_the_archive_that_decayed_are_mended_from_the_inbox(home):
    _decay(home.home / ARCHIVED)
    assert _scrub(home) == WHOLE | {"archive": (4, [sha256(DATA)], [])}
    assert (home.home / ARCHIVED).read_bytes() == DATA
    assert _told(home) == {}
    assert _scrub(home) == WHOLE


@pytest.mark.parametrize("harm", ["decayed", "missing", "a folder"])
def test_bytes_that_nobody_has_are_told_until_they_are_put_back(home, harm):
    (home.home / "inbox/2021-S2/MI/a.csv").unlink()
    if harm == "decayed":
        _decay(home.home / ARCHIVED)
    else:
        (home.home / ARCHIVED).unlink()
        if harm == "a folder":
            (home.home / ARCHIVED).mkdir()
    assert _scrub(home) == WHOLE | {"archive": (4, [], [sha256(DATA)])}
    assert _told(home) == {"archive": [sha256(DATA)]}
    if harm == "a folder":
        (home.home / ARCHIVED).rmdir()
    (home.home / ARCHIVED).write_bytes(DATA)
    assert _scrub(home) == WHOLE
    assert _told(home) == {}


@pytest.mark.parametrize("harm", ["decayed", "missing", "of another drop", "older"])
def test_the_record_of_a_drop_is_written_again(home, harm):
    path = home.home / "archive/drops/00000/00000001.json"
    before = path.read_bytes()
    match harm:
        case "decayed":
            _decay(path)
        case "missing":
            path.unlink()
        case "of another drop":
            shutil.copy(path.with_name("00000002.json"), path)
        case "older":
            path.write_text(json.dumps(json.loads(before) | {"received_at": "2031-01-01T00:00:00Z"}), encoding="utf-8")
    assert _scrub(home) == WHOLE | {"archive": (4, ["drops/00000001"], [])}
    assert path.read_bytes() == before
    with Ledger(home.ledger) as ledger:
        assert archive.read_record(home.archive, 1) == ledger.record(1)


@pytest.mark.parametrize("is_unseen", [True, False], ids=["as a disk loses a bit", "as somebody writes"])
def test_rows_that_decayed_are_found_and_the_next_pass_makes_them_again(home, monkeypatch, is_unseen):
    path = home.lake / ROWS
    before = path.read_bytes()
    with monkeypatch.context() as disk:
        if is_unseen:
            _decay_unseen(home, disk, path)
            with Ledger(home.ledger) as ledger:
                check_lake(home, ledger, NOW)
            # The look before a pass cannot know.
            assert path.read_bytes() != before
        else:
            _decay(path)
        assert _scrub(home) == WHOLE | {"lake": (2, [], [ROWS])}
    assert _told(home) == {"lake": [ROWS]}
    run_intake(home, NOW + timedelta(hours=1))
    assert path.read_bytes() == before
    assert _scrub(home) == WHOLE
    assert _told(home) == {}


def test_rows_that_are_missing_are_found(home):
    (home.lake / ROWS).unlink()
    assert _scrub(home) == WHOLE | {"lake": (2, [], [ROWS])}


@pytest.mark.parametrize("is_unseen", [True, False], ids=["as a disk loses a bit", "as somebody writes"])
def test_a_published_file_that_decayed_is_found_again_and_again(home, monkeypatch, is_unseen):
    path = home.releases / "2021-S2/r1/data/projects.csv"
    before = path.read_bytes()
    if is_unseen:
        _decay_unseen(home, monkeypatch, path)
    else:
        _decay(path)
    for _ in range(2):
        assert _scrub(home)["releases"][2] == ["2021-S2/r1", "2021-S2/r1/data/projects.csv"]
    assert _told(home) == {"releases": ["2021-S2/r1", "2021-S2/r1/data/projects.csv"]}
    path.write_bytes(before)
    assert _scrub(home) == WHOLE


def test_published_files_that_are_missing_or_too_many_are_found(home):
    (home.releases / "2021-S2/r1/MANIFEST.json").unlink()
    (home.releases / "2021-S2/r1/data/notes.txt").write_bytes(b"")
    found = _scrub(home)["releases"][2]
    assert found == ["2021-S2/r1", "2021-S2/r1/data/notes.txt", "2021-S2/r1/MANIFEST.json"]


@pytest.mark.parametrize("harm", ["decayed", "missing", "too many", "a folder in it", "all missing"])
def test_a_receipt_that_is_not_what_was_said_is_found(home, harm):
    folder = home.home / "outbox" / RECEIPT
    match harm:
        case "decayed":
            _decay(folder / "accuse.html")
        case "missing":
            (folder / "accuse.json").unlink()
        case "too many":
            (folder / "notes.txt").write_bytes(b"")
        case "a folder in it":
            (folder / "notes").mkdir()
        case "all missing":
            shutil.rmtree(folder)
    assert _scrub(home) == WHOLE | {"receipts": (2, [], [RECEIPT])}
    assert _told(home) == {"receipts": [RECEIPT]}


@pytest.mark.parametrize("where", [f"outbox/{RECEIPT}", "releases/2021-S2/r1", "archive", "ledger-copies"])
def test_what_a_dead_writer_left_is_swept_and_is_no_damage(home, where):
    left = home.home / where / ".0a1b.part"
    left.write_bytes(b"half")
    found = {one.store: (one.files, list(one.mended), list(one.damaged)) for one in scrub_home(home, NOW, str)}
    assert found == WHOLE
    assert not left.exists()


def test_a_ledger_whose_pages_have_decayed_is_found(home):
    path = home.home / "ledger.sqlite"
    data = bytearray(path.read_bytes())
    # The index of the outbox, in which nothing of a home without alerts is looked up.
    with Ledger(home.ledger) as ledger, ledger.engine.connect() as connection:
        query = "select rootpage from sqlite_master where name = 'ix_alert_outbox_message_key'"
        page = connection.exec_driver_sql(query).scalar_one()
    data[(page - 1) * 4096 : (page - 1) * 4096 + 8] = b"\xff" * 8
    path.write_bytes(data)
    assert _scrub(home) == WHOLE | {"ledger": (1, [], ["ledger"])}


def test_a_home_without_its_ledger_is_refused_and_not_called_whole(home):
    (home.home / "ledger.sqlite").unlink()
    before = contents(home.home)
    with pytest.raises(LedgerRefused, match="absent or empty"):
        scrub(home, NOW)
    assert contents(home.home) == before


def test_an_archive_that_is_not_mounted_is_refused_and_nothing_is_written_in_its_place(home):
    shutil.rmtree(home.home / "archive")
    with pytest.raises(LedgerRefused, match="mount it"):
        scrub(home, NOW)
    assert not (home.home / "archive").exists()


def test_each_store_is_said_before_it_is_read(home):
    said: list[str] = []
    scrub(home, NOW, said.append)
    assert said == [f"Reading the {name}" for name in ("ledger", "archive", "lake", "releases", "receipts")]


def test_a_home_in_which_nothing_was_done_is_whole(settings):
    run_intake(settings, NOW)
    assert all(one.damaged == () for one in scrub(Settings(home=settings.home), NOW))
