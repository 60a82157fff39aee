"""The ledger tells a new drop from one already seen, and which submission counts."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestration.intake import archive
from orchestration.intake.inbox import Place, SeenFile
from orchestration.intake.ledger import Ledger

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
MI = Place("2021-S2", "MI", False)


@pytest.fixture
def ledger(settings):
    with Ledger(settings.ledger) as opened:
        yield opened


def _look(path="2021-S2/MI/a.csv", modified="1", size=1):
    return SeenFile(modified=modified, path=path, size=size)


def test_the_same_path_and_bytes_with_a_new_time_is_no_drop(ledger):
    assert ledger.receive(_look(modified="1"), "aaa", MI, NOW) == 1
    assert ledger.receive(_look(modified="2"), "aaa", MI, NOW) is None
    assert ledger.seen_files() == {_look(modified="2")}


def test_a_then_b_then_a_again_are_three_drops(ledger):
    numbers = [
        ledger.receive(_look(modified=str(time)), sha256, MI, NOW) for time, sha256 in enumerate(["aaa", "bbb", "aaa"])
    ]
    assert numbers == [1, 2, 3]


def test_the_latest_accepted_drop_counts_by_time_then_by_number(ledger):
    for number, (status, at) in enumerate(
        [("accepted", NOW), ("accepted_with_warnings", NOW), ("rejected", NOW + timedelta(days=1))], start=1
    ):
        ledger.receive(_look(path=f"2021-S2/MI/{number}.csv"), str(number), MI, at)
        ledger.decide(number, kind="projects", status=status)
    assert ledger.counting("2021-S2", "MI")["projects"].drop_id == 2
    assert ledger.counting("2021-S2", "MJ") == {}


def test_a_dry_run_never_counts_and_opens_nothing(ledger):
    ledger.receive(_look(path="2021-S2/MI/essai/a.csv"), "aaa", Place("2021-S2", "MI", True), NOW)
    ledger.decide(1, kind="projects", status="accepted")
    assert ledger.counting("2021-S2", "MI") == {}
    assert ledger.open_editions() == []


def test_the_first_accepted_drop_opens_its_edition_and_closing_is_said_once(ledger):
    ledger.receive(_look(), "aaa", MI, NOW)
    assert ledger.open_editions() == []
    ledger.decide(1, kind="projects", status="accepted")
    assert ledger.open_editions() == ["2021-S2"]
    assert ledger.close("2021-S2", NOW) is True
    assert ledger.close("2021-S2", NOW + timedelta(days=1)) is False
    assert ledger.open_editions() == []


def test_a_drop_without_verdict_is_found_again_by_another_process(settings, ledger):
    ledger.receive(_look(), "aaa", MI, NOW)
    with Ledger(settings.ledger) as other:
        (drop,) = other.undecided()
    assert (drop.drop_id, drop.file_name, drop.place, drop.received_at) == (1, "a.csv", MI, NOW)


def test_an_empty_ledger_owes_no_pass(ledger):
    assert ledger.is_up_to_date()
    assert not ledger.is_begun()


def test_a_pass_is_owed_until_one_goes_through_to_its_end(ledger):
    ledger.receive(_look(), "aaa", MI, NOW)
    assert not ledger.is_up_to_date()
    ledger.pass_done(ledger.head())
    assert ledger.is_up_to_date()
    ledger.close("2021-S2", NOW)
    assert not ledger.is_up_to_date()


def test_bytes_are_archived_unchanged_and_once(settings):
    sha256 = archive.put(settings.archive, b"bytes \x00\xff")
    assert archive.put(settings.archive, b"bytes \x00\xff") == sha256
    assert archive.get(settings.archive, sha256) == b"bytes \x00\xff"
    assert [path.name for path in settings.archive.rglob("*") if path.is_file()] == [sha256]
