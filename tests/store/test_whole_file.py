"""A file of ours appears whole or not at all, wherever it is kept, and nothing else of the code writes one."""

import ast
import os
from pathlib import Path

import pytest
from upath import UPath

from orchestration.store.whole_file import appearing_whole, sweep, write_whole

ROOT = Path(__file__).resolve().parents[2]
# A revision is written aside as a folder, which is then given its name.
ASIDE = {
    "orchestration/publication/open_data/tree.py",
    "orchestration/publication/release.py",
    "orchestration/store/whole_file.py",
    # Into a temporary folder, read by this process alone.
    "orchestration/verification/fetching.py",
}


@pytest.fixture(params=["local", "memory"])
def folder(request, tmp_path) -> UPath:
    return UPath(tmp_path / "a") if request.param == "local" else UPath(f"memory://{tmp_path}/a")


def test_a_file_is_written_in_a_folder_that_is_made_and_replaces_what_stood_there(folder):
    for data in (b"one", b"two"):
        write_whole(folder / "b" / "file.json", data)
        assert (folder / "b" / "file.json").read_bytes() == data
    assert [path.name for path in (folder / "b").iterdir()] == ["file.json"]


def test_a_file_whose_writer_fails_stays_as_it_was_and_leaves_nothing_beside_it(tmp_path):
    write_whole(tmp_path / "file.json", b"before")
    with pytest.raises(KeyboardInterrupt), appearing_whole(tmp_path / "file.json") as aside:
        aside.write_bytes(b"hal")
        assert (tmp_path / "file.json").read_bytes() == b"before"
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["file.json"]
    assert (tmp_path / "file.json").read_bytes() == b"before"


def test_a_name_as_long_as_names_may_be_is_written(tmp_path):
    name = "x" * 251 + ".csv"
    write_whole(tmp_path / name, b"rows")
    assert (tmp_path / name).read_bytes() == b"rows"


@pytest.fixture
def calls(monkeypatch):
    """What is asked of the disk, in order: the fsync of what, and which name was given."""
    asked: list[tuple[str, str]] = []
    fsync, rename = os.fsync, os.rename

    def flushed(descriptor):
        path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        asked.append(("flush", "aside" if path.endswith(".part") else path))
        fsync(descriptor)

    def renamed(source, target, **more):
        asked.append(("rename", str(target)))
        rename(source, target, **more)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "rename", renamed)
    return asked


def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_before_anyone_is_told(tmp_path, calls):
    write_whole(tmp_path / "file.json", b"data")
    assert calls == [("flush", "aside"), ("rename", f"{tmp_path}/file.json"), ("flush", str(tmp_path))]


def test_the_folders_that_are_made_for_a_file_are_on_the_disk_too(tmp_path, calls):
    write_whole(UPath(tmp_path / "a" / "b" / "file.json"), b"data")
    flushed = [path for what, path in calls if what == "flush"]
    assert flushed == ["aside", f"{tmp_path}/a/b", f"{tmp_path}/a", str(tmp_path)]


def test_what_dead_writers_left_is_removed_and_nothing_else(folder):
    kept = [".hidden", "data.part", "part", "b/file.json", "b/.part.csv"]
    for name in [*kept, ".0a1b.part", "b/.ff.part"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    assert sweep(folder) == 2
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == sorted(n.split("/")[-1] for n in kept)
    assert sweep(folder) == 0
    assert sweep(folder / "absent") == 0


def test_no_other_code_writes_a_file():
    writers = {
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
        for folder in ("orchestration", "expectations")
        for path in (ROOT / folder).rglob("*.py")
        if path.relative_to(ROOT).as_posix() not in ASIDE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("write_bytes", "write_text")
        # What is written to the place that `appearing_whole` gives is renamed by it.
        and not (isinstance(node.value, ast.Name) and node.value.id == "aside")
    }
    assert writers == set()
