"""A set of marts is the one that a whole build made of what the ledger says, or is refused with the way out."""

import pytest

from orchestration.store import mart_set
from orchestration.store.mart_set import MartSet, UnfitMarts


@pytest.fixture
def marts(tmp_path):
    """A folder of two marts that a build noted whole, from the export `e`."""
    folder = tmp_path / "marts"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.parquet").write_bytes(name.encode())
    mart_set.note(folder, MartSet("e", "1:1:0", {"2021-S2": ["lost"]}, mart_set.files_of(folder)))
    return folder


def test_a_set_that_stands_as_it_was_built_says_what_it_was_built_from(marts):
    found = mart_set.fit_marts(marts, "e")
    assert (found.ledger_head, found.without_rows, sorted(found.marts)) == ("1:1:0", {"2021-S2": ["lost"]}, ["a", "b"])
    assert found.sha256 == mart_set.fit_marts(marts, "e").sha256


def test_marts_of_a_build_that_did_not_end_whole_are_refused(marts):
    mart_set.forget(marts)
    with pytest.raises(UnfitMarts, match="of no whole build"):
        mart_set.fit_marts(marts, "e")


def test_marts_that_were_built_from_other_submissions_are_refused(marts):
    with pytest.raises(UnfitMarts, match="other submissions"):
        mart_set.fit_marts(marts, "f")


@pytest.mark.parametrize("harm", ["changed", "missing", "stray"])
def test_a_mart_that_is_changed_missing_or_too_many_is_named(marts, harm):
    match harm:
        case "changed":
            (marts / "b.parquet").write_bytes(b"B")
        case "missing":
            (marts / "b.parquet").unlink()
        case "stray":
            (marts / "b.parquet").rename(marts / "c.parquet")
            (marts / "b.parquet").write_bytes(b"b")
    with pytest.raises(UnfitMarts, match=f"not as they were built: {'c' if harm == 'stray' else 'b'}\\."):
        mart_set.fit_marts(marts, "e")


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b'{"marts": {}}', b"\xff"])
def test_a_note_of_the_set_that_has_decayed_is_a_set_of_no_whole_build(marts, said):
    (marts.parent / "built.json").write_bytes(said)
    with pytest.raises(UnfitMarts, match="of no whole build"):
        mart_set.fit_marts(marts, "e")


def test_two_sets_of_the_same_marts_differ_where_they_were_built_from_something_else(marts):
    made = mart_set.files_of(marts)
    sets = [MartSet("e", "1", {}, made), MartSet("f", "1", {}, made), MartSet("e", "1", {"2021-S2": ["lost"]}, made)]
    assert len({one.sha256 for one in sets}) == 3
