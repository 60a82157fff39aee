"""Each file of the lake is what the ledger says was accepted, or is made so again, or is not read."""

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.intake import incidents, lake, lake_check, rereading
from orchestration.intake.lake import WrittenRows
from orchestration.intake.lake_check import check_lake, hand_over
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.store.digests import sha256
from tests.intake.drops import GOOD, OTHER, drop, projects_csv

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
DATA = projects_csv(GOOD)
NAME = "projects/edition=2021-S2/perimeter=MI/00000001.parquet"


@pytest.fixture
def home(settings):
    """A home where MI and MJ have each filed a row."""
    drop(settings.home, "2021-S2/MI/a.csv", DATA)
    drop(settings.home, "2021-S2/MJ/b.csv", projects_csv(OTHER.replace("l'Intérieur", "la Justice")))
    take_in(settings, NOW)
    hand_over(settings, NOW)
    return settings


@pytest.fixture
def rows(home):
    return home.lake / NAME


def _check(settings, now=LATER) -> dict[int, str]:
    with Ledger(settings.ledger) as ledger:
        return check_lake(settings, ledger, now)


def _open(settings, now=LATER) -> list[tuple[str, str]]:
    with Ledger(settings.ledger) as ledger:
        return [(one.rule, one.subject) for one in incidents.open_incidents(ledger.engine, now)]


def _lose_bytes(settings) -> None:
    shutil.rmtree(settings.home / "archive" / sha256(DATA)[:2])
    (settings.home / "inbox" / "2021-S2/MI/a.csv").unlink()


def _missing(path):
    path.unlink()


def _truncated(path):
    path.write_bytes(path.read_bytes()[:-1])


def _empty(path):
    path.write_bytes(b"")


def _one_byte(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _one_byte_in_place(path):
    seen = path.stat()
    _one_byte(path)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def _of_another(path):
    shutil.copy2(path.parent.parent / "perimeter=MJ" / "00000002.parquet", path)


def _a_link_to_another(path):
    path.unlink()
    path.symlink_to(path.parent.parent / "perimeter=MJ" / "00000002.parquet")


def _whole_lake(path):
    shutil.rmtree(path.parents[3])


HARMS = [_missing, _truncated, _empty, _one_byte, _one_byte_in_place, _of_another, _a_link_to_another, _whole_lake]


@pytest.mark.parametrize("harm", HARMS, ids=lambda one: one.__name__.strip("_"))
def test_a_file_that_is_not_what_was_accepted_is_made_again_to_the_same_bytes_and_told_once(home, rows, harm):
    before, other = rows.read_bytes(), (home.lake / "projects/edition=2021-S2/perimeter=MJ/00000002.parquet")
    of_other = other.read_bytes()
    harm(rows)
    assert _check(home) == {}
    assert (rows.read_bytes(), other.read_bytes()) == (before, of_other)
    assert [one for one in _open(home) if one[1] == NAME] == [("store_mended", NAME)]
    assert _check(home) == {}
    assert [one for one in _open(home) if one[1] == NAME] == [("store_mended", NAME)]


@pytest.mark.parametrize("look", ["touched", "put back by a copy"])
def test_a_file_that_only_looks_different_is_not_read_again_from_the_archive(home, rows, look, monkeypatch):
    if look == "touched":
        os.utime(rows, (1, 1))
    else:
        shutil.copy(rows, rows.with_suffix(".copy"))
        rows.with_suffix(".copy").replace(rows)
    monkeypatch.setattr(lake_check, "rows_again", lambda *_given: pytest.fail("it was read again"))
    assert _check(home) == {}
    assert _open(home) == []
    # The new look is noted: the next check reads nothing.
    monkeypatch.setattr(type(rows), "read_bytes", lambda _path: pytest.fail("it was read"))
    assert _check(home) == {}


def test_whoever_dies_between_telling_and_mending_mends_and_tells_once(home, rows, monkeypatch):
    before = rows.read_bytes()
    rows.unlink()
    with monkeypatch.context() as dying:
        dying.setattr(lake, "write_submission", _die)
        with pytest.raises(KeyboardInterrupt):
            _check(home)
    assert _check(home) == {}
    assert rows.read_bytes() == before
    assert _open(home) == [("store_mended", NAME)]


def test_whoever_dies_between_mending_and_noting_it_is_no_second_incident(home, rows, monkeypatch):
    rows.unlink()
    with monkeypatch.context() as dying:
        dying.setattr(Ledger, "note_rows", _die)
        with pytest.raises(KeyboardInterrupt):
            _check(home)
    assert _check(home) == {}
    assert _open(home) == [("store_mended", NAME)]


def _die(*_arguments, **_named):
    raise KeyboardInterrupt


def test_what_was_mended_is_told_for_a_day(home, rows):
    rows.unlink()
    _check(home)
    assert _open(home, LATER + timedelta(hours=23)) == [("store_mended", NAME)]
    assert _open(home, LATER + timedelta(hours=25)) == []


def test_rows_without_their_bytes_are_not_had_and_hold_their_edition_back(home, rows):
    _truncated(rows)
    _lose_bytes(home)
    hand_over(home, LATER)
    reason = f"the archive has no file {sha256(DATA)}"
    assert _check(home) == {1: reason}
    assert _open(home) == [("store_damaged", NAME)]
    assert lake.last_export(home.lake).without_rows == {
        "2021-S2": [f"2021-S2, MI, projects, drop 1: {reason}"],
    }
    said = {row["drop_id"]: (row["lake_file"], row["lake_rows"]) for row in lake.read_ledger(home.lake, "drops")}
    assert said[1] == (None, None)
    assert said[2] == ("projects/edition=2021-S2/perimeter=MJ/00000002.parquet", 1)
    # What stood there is kept for whoever looks for the cause, where nothing reads it.
    assert not rows.exists()
    assert rows.with_suffix(".damaged").exists()


def test_bytes_that_are_back_in_the_inbox_mend_the_archive_and_the_lake(home, rows):
    before = rows.read_bytes()
    rows.unlink()
    _lose_bytes(home)
    assert list(_check(home)) == [1]
    drop(home.home, "2021-S2/MI/a.csv", DATA)
    assert _check(home) == {}
    assert rows.read_bytes() == before
    assert (home.archive / sha256(DATA)[:2] / sha256(DATA)).read_bytes() == DATA
    assert _open(home) == [("store_mended", NAME)]
    hand_over(home, LATER)
    assert lake.last_export(home.lake).without_rows == {}


def test_a_file_of_the_lake_that_is_put_back_from_a_copy_ends_the_incident(home, rows):
    before = rows.read_bytes()
    rows.unlink()
    _lose_bytes(home)
    _check(home)
    rows.write_bytes(before)
    assert _check(home) == {}
    assert _open(home) == []


def test_other_bytes_in_the_inbox_under_the_same_name_mend_nothing(home, rows):
    rows.unlink()
    _lose_bytes(home)
    drop(home.home, "2021-S2/MI/a.csv", projects_csv(OTHER))
    assert list(_check(home)) == [1]
    assert not (home.archive / sha256(DATA)[:2] / sha256(DATA)).exists()


@pytest.mark.parametrize("count", [0, 2])
def test_rows_that_are_read_otherwise_today_are_not_taken_for_those_that_were_accepted(home, rows, count, monkeypatch):
    rows.unlink()
    monkeypatch.setattr(lake_check, "rows_again", lambda *_given: WrittenRows(count, "", b"other rows"))
    assert _check(home) == {1: f"read again it gives {count} rows, where 1 were accepted"}
    assert not rows.exists()
    assert _open(home) == [("store_damaged", NAME)]


def test_as_many_rows_with_other_values_are_not_taken_for_those_that_were_accepted(home, rows, monkeypatch):
    """A parser that was mended since reads another cost in the same bytes: revisions rest on the one accepted."""
    rows.unlink()
    otherwise = rereading.arrival_of
    monkeypatch.setattr(rereading, "arrival_of", lambda *given: replace(otherwise(*given), data=projects_csv(OTHER)))
    reason = "read again it gives other values than those that were accepted: the rules of reading changed since"
    assert _check(home) == {1: reason}
    assert not rows.exists()
    assert rereading.reread(home, "projects", "2021-S2", "MI") is not None
    assert _check(home) == {}


def test_a_column_that_a_contract_gains_leaves_the_values_of_rows_as_they_were():
    table = pa.table({"project_name": ["Chorus"], "cost_meur": [1]})
    gained = pa.table({"reason": pa.nulls(1), "project_name": ["Chorus"], "cost_meur": [1]})
    others = [pa.table({"project_name": ["Chorus"], "cost_meur": [cost]}) for cost in (2, None)]
    assert lake.values_sha256(gained) == lake.values_sha256(table)
    assert lake.values_sha256(table) not in map(lake.values_sha256, others)


def test_rows_that_the_rules_of_today_refuse_are_not_had_and_the_reason_says_so(home, rows, monkeypatch):
    def refuse(*_given):
        raise RuntimeError("a rule of today")

    rows.unlink()
    monkeypatch.setattr("orchestration.intake.examining.read", refuse)
    ((number, reason),) = _check(home).items()
    assert number == 1
    assert reason.startswith("read again it is rejected: ")


def test_a_cell_that_a_person_reads_again_is_what_counts_from_then_on(home, rows, monkeypatch):
    rows.unlink()
    with monkeypatch.context() as changed:
        changed.setattr(lake_check, "rows_again", lambda *_given: WrittenRows(2, "", b"other rows"))
        assert list(_check(home)) == [1]
    assert rereading.reread(home, "projects", "2021-S2", "MI") is not None
    assert _check(home) == {}
    assert _open(home) == []


def test_what_dbt_reads_is_what_the_ledger_names_and_no_stray_file(home, rows):
    stray = rows.with_name("00000099.parquet")
    shutil.copy(rows, stray)
    hand_over(home, LATER)
    files = lake.exported_files(home.lake)
    assert files["projects"] == [
        str(home.lake / "projects/_empty.parquet"),
        str(rows),
        str(home.lake / "projects/edition=2021-S2/perimeter=MJ/00000002.parquet"),
    ]
    assert files["procedures"] == [str(home.lake / "procedures/_empty.parquet")]


def test_a_submission_that_declares_nothing_has_no_file_and_misses_none(settings):
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv("NÉANT;;;;;"))
    take_in(settings, NOW)
    hand_over(settings, NOW)
    assert _check(settings) == {}
    assert lake.exported_files(settings.lake)["projects"] == [str(settings.lake / "projects/_empty.parquet")]


def test_each_row_and_the_file_itself_say_from_which_bytes_they_come(rows):
    assert pq.read_table(rows, partitioning=None).column("file_sha256").to_pylist() == [sha256(DATA)]
    said = json.loads(pq.read_schema(rows).metadata[b"jalons"])
    whose = {"kind": "projects", "edition": "2021-S2", "perimeter": "MI", "drop_id": 1}
    assert said == whose | {"file_sha256": sha256(DATA), "rows": 1}
