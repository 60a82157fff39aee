"""The folder says whose file it is; a file is taken once it has settled."""

import os

import pytest
from upath import UPath

from orchestration.intake import inbox, settling
from orchestration.intake.inbox import Place, place_of
from orchestration.intake.ledger import Ledger
from tests.conftest import NOW
from tests.intake.drops import GOOD, drop, projects_csv

GROWING, WHOLE = "2021-S2/MI/growing.csv", projects_csv(GOOD)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("2021-S2/MI/export.xlsx", Place("2021-S2", "MI", False)),
        ("2021-S2/MI/essai/export.xlsx", Place("2021-S2", "MI", True)),
        ("2021-S3/MI/export.xlsx", None),
        ("2021-S2/XX/export.xlsx", None),
        ("2021-S2/mi/export.xlsx", None),
        ("2021-S2/export.xlsx", None),
        ("export.xlsx", None),
        ("2021-S2/MI/sous-dossier/export.xlsx", None),
        ("2021-S2/MI/essai/encore/export.xlsx", None),
    ],
)
def test_the_folder_says_the_edition_the_perimeter_and_whether_it_counts(path, place):
    assert place_of(path) == place


def test_an_absent_inbox_holds_nothing_and_is_not_there(tmp_path):
    assert inbox.look(UPath(tmp_path / "nowhere")) == inbox.Listing(frozenset(), {}, is_there=False)
    assert inbox.look(UPath(tmp_path)) == inbox.Listing(frozenset(), {})


@pytest.mark.parametrize(
    "name", [".hidden.csv", "~$export.xlsx", "export.csv.part", "x.tmp", ".~lock.a.ods#", "a.CRDOWNLOAD"]
)
def test_hidden_and_unfinished_names_are_not_looked_at(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    assert inbox.look(UPath(tmp_path)).files == set()


def test_a_link_is_seen_and_never_followed(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "secret").write_bytes(b"x")
    box = tmp_path / "inbox"
    box.mkdir()
    (box / "export.csv").symlink_to(tmp_path / "folder" / "secret")
    (box / "2021-S2").symlink_to(tmp_path / "folder")
    found = inbox.look(UPath(box)).files
    assert {seen.path for seen in found} == {"export.csv", "2021-S2"}
    assert [inbox.read_file(UPath(box), seen) for seen in found] == [None, None]


def test_a_file_that_grows_between_two_looks_has_not_settled(settings, monkeypatch):
    growing, done = drop(settings.home, GROWING, WHOLE), drop(settings.home, "2021-S2/MI/done.csv", WHOLE)
    monkeypatch.setattr(settling.time, "sleep", lambda _seconds: growing.write_bytes(WHOLE + b"x"))
    with Ledger(settings.ledger) as ledger:
        found = settling.settled(settings.model_copy(update={"settle_seconds": 1.0}), ledger, NOW)
    assert [seen.path for seen in found.files] == [done.relative_to(settings.home / "inbox").as_posix()]


def test_files_are_taken_folder_by_folder_the_oldest_first_in_each(tmp_path):
    for number, (path, modified) in enumerate(
        [("b/old.csv", 9), ("b/young.csv", 10), ("b/as young.csv", 10), ("a/last.csv", 1_700_000_000)]
    ):
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x" * number)
        os.utime(file, (modified, modified))
    found = [seen.path for seen in inbox.in_order(inbox.look(UPath(tmp_path)).files)]
    assert found == ["a/last.csv", "b/old.csv", "b/as young.csv", "b/young.csv"]
