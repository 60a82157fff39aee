"""A file of ours appears whole or not at all, wherever it is kept, and nothing else of the code writes one."""

import ast
from pathlib import Path

import pytest
from upath import UPath

from orchestration.store.whole_file import appearing_whole, write_whole

ROOT = Path(__file__).resolve().parents[2]
# A revision is written aside as a folder, which is then given its name.
ASIDE = {"orchestration/publication/release.py", "orchestration/store/whole_file.py"}


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
