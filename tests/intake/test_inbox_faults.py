"""An inbox that is gone, empty all at once or unreadable is a fault, told once, and its end once; the rest is taken."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.intake import inbox_faults, incidents, settling
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.settings import Settings
from tests.conftest import NOW
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.intake.modes import modes_obeyed
from tests.left_up_to_date import left_up_to_date

MI, MJ = "2021-S2/MI/a.csv", "2021-S2/MJ/b.csv"


@pytest.fixture
def home(settings: Settings) -> Settings:
    """A home that holds two files, taken in."""
    drop(settings.home, MI, projects_csv(GOOD))
    drop(settings.home, MJ, projects_csv(OTHER))
    assert len(_taken(settings)) == 2
    return settings


def _taken(home: Settings) -> list[str]:
    return [one.path for one in take_in(home, NOW).outcomes]


def _owed(home: Settings) -> bool:
    with Ledger(home.ledger) as ledger:
        return bool(settling.pending(home, ledger, NOW).owed)


def _open(home: Settings) -> list[tuple[str, str, str]]:
    with Ledger(home.ledger) as ledger:
        found = incidents.open_incidents(ledger.engine, NOW)
    return [(one.rule, one.subject, one.details["what"]) for one in found]


def _is_told(home: Settings) -> None:
    """A pass is owed to tell of it, or of its end, and no other one after that."""
    assert _owed(home)
    assert _taken(home) == []
    assert not _owed(home)


def _folder(home: Settings) -> Path:
    return home.home / "inbox"


def _move_away(home: Settings) -> None:
    _folder(home).rename(home.home / "elsewhere")


def _put_back(home: Settings) -> None:
    shutil.rmtree(_folder(home), ignore_errors=True)
    _folder(home).unlink(missing_ok=True)
    (home.home / "elsewhere").rename(_folder(home))


def _empty(home: Settings) -> None:
    _move_away(home)
    _folder(home).mkdir()


def _empty_but_for_folders(home: Settings) -> None:
    _move_away(home)
    (_folder(home) / "2021-S2/MI").mkdir(parents=True)


def _a_file_in_its_place(home: Settings) -> None:
    _move_away(home)
    _folder(home).touch()


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (_move_away, "absent"),
        (_empty, "emptied"),
        (_empty_but_for_folders, "emptied"),
        (_a_file_in_its_place, "unlisted"),
    ],
)
def test_an_inbox_that_is_gone_or_empty_all_at_once_is_a_fault_until_it_is_back(home, harm, what):
    assert not _owed(home)
    harm(home)
    _is_told(home)
    assert _open(home) == [("inbox_missing", "inbox", what)]
    _put_back(home)
    _is_told(home)
    assert _open(home) == []


def test_an_inbox_that_may_not_be_listed_is_a_fault(home):
    _folder(home).chmod(0)
    with modes_obeyed():
        _is_told(home)
        assert _open(home) == [("inbox_missing", "inbox", "unlisted")]
    _folder(home).chmod(0o755)
    _is_told(home)
    assert _open(home) == []


def test_a_new_home_may_have_no_inbox_yet_or_an_empty_one(settings):
    assert not _owed(settings)
    assert _taken(settings) == []
    _folder(settings).mkdir(parents=True)
    assert not _owed(settings)
    assert _open(settings) == []


def test_files_that_go_one_after_the_other_are_no_fault_but_the_last_of_them_at_once_is(home):
    (_folder(home) / MI).unlink()
    assert not _owed(home)
    (_folder(home) / MJ).unlink()
    assert _owed(home)
    drop(home.home, MJ, projects_csv(OTHER))
    assert not _owed(home), "it is back, and was never told"


def test_a_first_file_ends_an_inbox_that_was_emptied(home):
    _empty(home)
    _is_told(home)
    drop(home.home, "2022-S1/MI/a.csv", projects_csv(GOOD))
    assert _owed(home)
    assert _taken(home) == ["2022-S1/MI/a.csv"]
    assert _open(home) == []


def test_a_folder_that_cannot_be_listed_is_a_fault_and_the_others_are_taken(home):
    drop(home.home, "2021-S2/MC/c.csv", projects_csv(GOOD))
    drop(home.home, "2021-S2/MI/later.csv", projects_csv(GOOD, OTHER))
    (_folder(home) / "2021-S2/MI").chmod(0)
    with modes_obeyed():
        assert _taken(home) == ["2021-S2/MC/c.csv"]
        assert not _owed(home)
        assert _open(home) == [("inbox_unreadable", "2021-S2/MI", "folder")]
    (_folder(home) / "2021-S2/MI").chmod(0o755)
    assert _owed(home)
    assert _taken(home) == ["2021-S2/MI/later.csv"]
    assert _open(home) == []


def test_a_file_that_cannot_be_opened_is_not_seen_and_is_taken_once_it_can_be(home):
    path = drop(home.home, "2021-S2/MC/c.csv", projects_csv(GOOD))
    path.chmod(0)
    with modes_obeyed():
        _is_told(home)
        assert _open(home) == [("inbox_unreadable", "2021-S2/MC/c.csv", "file")]
        drop(home.home, "2021-S2/MI/later.csv", projects_csv(GOOD, OTHER))
        assert _taken(home) == ["2021-S2/MI/later.csv"]
    path.chmod(0o644)
    assert _owed(home)
    assert _taken(home) == ["2021-S2/MC/c.csv"]
    assert _open(home) == []


def test_a_file_that_cannot_be_read_and_is_taken_away_is_a_fault_no_more(home):
    path = drop(home.home, "2021-S2/MC/c.csv", projects_csv(GOOD))
    path.chmod(0)
    with modes_obeyed():
        _is_told(home)
    path.unlink()
    _is_told(home)
    assert _open(home) == []


def test_a_disk_that_fails_as_a_file_is_taken_is_told_and_no_pass_is_owed_until_it_gives_it(home, monkeypatch):
    drop(home.home, "2021-S2/MC/c.csv", projects_csv(GOOD))
    assert _owed(home)

    def fails(*_arguments):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(settling.inbox, "read_file", fails)
        assert _taken(home) == []
        assert _open(home) == [("inbox_unreadable", "2021-S2/MC/c.csv", "file")]
        assert not _owed(home)
    assert _owed(home)
    assert _taken(home) == ["2021-S2/MC/c.csv"]


@pytest.mark.parametrize("harm", [_move_away, _empty, _a_file_in_its_place])
def test_what_is_wrong_is_a_sentence_with_what_to_do(home, harm):
    harm(home)
    assert _taken(home) == []
    with Ledger(home.ledger) as ledger:
        (said,) = inbox_faults.sentences(ledger, NOW)
    assert str(_folder(home)) in said
    assert "{" not in said
    assert ("2 files" in said) == (harm != _a_file_in_its_place)


def test_a_person_may_say_that_the_inbox_was_emptied_on_purpose(home):
    _empty(home)
    _is_told(home)
    said = CliRunner().invoke(app, ["inbox", "confirm", "--home", str(home.home)])
    assert (said.exit_code, said.stdout.partition(" ")[0]) == (0, "2")
    _is_told(home)
    assert _open(home) == []
    # A file that is put back is the one that was taken in.
    drop(home.home, MI, projects_csv(GOOD))
    assert not _owed(home)


def test_the_command_says_what_is_wrong_and_exits_with_1_until_it_is_over(home_of_today, settings, monkeypatch):
    monkeypatch.setenv("JALONS_SETTLE_SECONDS", "0")
    monkeypatch.setenv("JALONS_HOME", str(settings.home))
    title, end = "Boîte de dépôt absente ou vidée", "✅ Rétabli · Boîte de dépôt absente ou vidée"
    shutil.copytree(home_of_today, settings.home, symlinks=True)
    # A copy looks like other files, of which a publication would be owed.
    left_up_to_date(settings)
    assert "Nothing new" in CliRunner().invoke(app, ["run"]).stdout
    _move_away(settings)
    first, second = (CliRunner().invoke(app, ["run"]) for _ in range(2))
    for one in (first, second):
        assert one.exit_code == 1
        assert "The inbox is gone" in one.stderr
        assert "Nothing new" not in one.output
    assert ([title in one.stderr for one in (first, second)], "Drops" in second.stdout) == ([True, False], False)
    _put_back(settings)
    back, after = (CliRunner().invoke(app, ["run"]) for _ in range(2))
    assert ([one.exit_code for one in (back, after)], end in back.stderr) == ([0, 0], True)
    assert "Nothing new" in after.stdout


def test_the_command_names_what_is_not_settled_and_does_not_say_that_nothing_is_new(settings, monkeypatch):
    monkeypatch.setenv("JALONS_HOME", str(settings.home))
    path = drop(settings.home, MI, projects_csv(GOOD, OTHER)[:-20])
    said = CliRunner().invoke(app, ["run"])
    assert (said.exit_code, "Nothing new" in said.stdout) == (0, False)
    assert f"Not settled: {MI} (its last line has no end" in said.stdout
    assert path.exists()
