"""What was received is given back as it was, or not at all; and beside it stands what the ledger knew of each drop."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from upath import UPath

from orchestration.intake import archive
from orchestration.intake.archive import DamagedBytes, DropRecord
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.store.digests import sha256
from tests.intake.drops import GOOD, OTHER, drop, projects_csv

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
RECORD = DropRecord(1, "2021-S2/MI/é\\udc80.csv", 3, "1.5", "a" * 64, NOW, "2021-S2", "MI", False)


@pytest.fixture(params=["local", "memory"])
def place(request, tmp_path) -> UPath:
    return UPath(tmp_path / "archive") if request.param == "local" else UPath(f"memory://{tmp_path}/archive")


def _file(place, data: bytes) -> UPath:
    return place / sha256(data)[:2] / sha256(data)


@pytest.mark.parametrize("harm", [b"", b"dat", b"Data", b"data and more"], ids=str)
def test_damaged_bytes_are_never_given_and_are_mended_when_the_same_file_is_filed_again(place, harm):
    archive.put(place, b"data")
    _file(place, b"data").write_bytes(harm)
    assert not archive.is_whole(place, sha256(b"data"))
    with pytest.raises(DamagedBytes, match="holds other bytes"):
        archive.get(place, sha256(b"data"))
    assert archive.put(place, b"data") == sha256(b"data")
    assert archive.get(place, sha256(b"data")) == b"data"


def test_bytes_that_are_not_there_are_named(place):
    with pytest.raises(DamagedBytes, match=f"no file {sha256(b'data')}"):
        archive.get(place, sha256(b"data"))


def test_a_record_is_read_as_it_was_written_and_the_latest_stands(place):
    archive.record(place, RECORD)
    assert archive.read_record(place, 1) == RECORD
    archive.record(place, replace(RECORD, received_at=NOW - timedelta(days=1), edition=None))
    assert archive.read_record(place, 1) == replace(RECORD, received_at=NOW - timedelta(days=1), edition=None)
    assert archive.read_record(place, 2) is None


def test_records_come_by_number_over_all_their_folders(place):
    assert list(archive.records(place)) == []
    for number in (1000, 2, 999, 12_345):
        archive.record(place, replace(RECORD, drop_id=number))
    assert [one.drop_id for one in archive.records(place)] == [2, 999, 1000, 12_345]


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b'{"drop_id": 1}', b"\xff"])
def test_a_record_that_cannot_be_read_is_named(place, said):
    archive.record(place, RECORD)
    path = next(iter(place.rglob("*.json")))
    path.write_bytes(said)
    with pytest.raises(DamagedBytes, match=r"the record of drop 1 cannot be read: .*00000001\.json"):
        archive.read_record(place, 1)


def test_a_record_under_the_number_of_another_drop_is_damaged(place):
    archive.record(place, RECORD)
    path = next(iter(place.rglob("*.json")))
    path.with_name("00000002.json").write_bytes(path.read_bytes())
    with pytest.raises(DamagedBytes, match="the record of drop 2 is of another"):
        list(archive.records(place))


def test_every_drop_that_was_decided_has_a_record_that_says_what_the_ledger_says(settings):
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MI/essai/a.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S9/MI/a.csv", projects_csv(GOOD))
    (settings.home / "inbox" / "2021-S2/MJ/link.csv").parent.mkdir()
    (settings.home / "inbox" / "2021-S2/MJ/link.csv").symlink_to(settings.home)
    take_in(settings, NOW)
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(OTHER))
    take_in(settings, NOW + timedelta(hours=1))
    with Ledger(settings.ledger) as ledger:
        numbers = ledger.drop_ids()
        assert len(numbers) == 5
        assert list(archive.records(settings.archive)) == [ledger.record(number) for number in numbers]


def test_a_damaged_file_that_a_ministry_files_again_is_mended(settings):
    data = projects_csv(GOOD)
    drop(settings.home, "2021-S2/MI/a.csv", data)
    take_in(settings, NOW)
    _file(settings.archive, data).write_bytes(b"decayed")
    drop(settings.home, "2021-S2/MI/again.csv", data)
    (outcome,) = take_in(settings, NOW + timedelta(hours=1)).outcomes
    assert outcome.receipt.status == "unchanged"
    assert _file(settings.archive, data).read_bytes() == data
