"""A file that was noted is known again by its look, and by what it holds where it looks different."""

import os
import shutil

import pytest

from orchestration.store.digests import sha256
from orchestration.store.file_state import FileState


@pytest.fixture
def noted(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"what it holds")
    return path, FileState.of(path, sha256(b"what it holds"))


def test_a_file_that_looks_as_it_did_is_not_read(noted, monkeypatch):
    path, state = noted
    monkeypatch.setattr(type(path), "read_bytes", lambda _path: pytest.fail("it was read"))
    assert state.found(path) == state


def test_a_file_that_was_only_touched_or_put_back_by_a_copy_holds_what_it_held(noted, tmp_path):
    path, state = noted
    os.utime(path, (1, 1))
    touched = state.found(path)
    assert touched != state
    assert touched.sha256 == state.sha256
    shutil.copy2(path, tmp_path / "copy")
    (tmp_path / "copy").replace(path)
    assert state.found(path).sha256 == state.sha256


def test_other_bytes_of_the_same_size_and_time_are_seen_by_the_time_of_the_change(noted):
    path, state = noted
    path.write_bytes(b"what it hides")
    os.utime(path, ns=(state.modified_ns, state.modified_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (state.size, state.modified_ns)
    assert state.found(path).sha256 == sha256(b"what it hides")


def test_a_file_that_looks_as_it_did_is_read_all_the_same_where_that_is_asked(noted):
    path, state = noted
    path.write_bytes(b"what it hides")
    decayed = FileState.of(path, state.sha256)
    assert decayed.found(path) == decayed
    assert decayed.found(path, hash_anyway=True).sha256 == sha256(b"what it hides")


@pytest.mark.parametrize("make", ["absent", "folder", "under a file"])
def test_what_is_no_file_any_more_is_not_found(noted, make):
    path, state = noted
    path.unlink()
    if make == "folder":
        path.mkdir()
    if make == "under a file":
        path.write_bytes(b"")
        path = path / "file"
    assert state.found(path) is None
