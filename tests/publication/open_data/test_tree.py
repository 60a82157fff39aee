"""The tree over all editions is made of the revisions that readers see, whole or not at all, the same for the same."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from made_marts import State

from orchestration.publication.open_data import tree
from orchestration.publication.open_data.tree import altered_files_of, publish_tree


@pytest.fixture
def published(state: State) -> State:
    state.release()
    assert publish_tree(state.settings)
    return state


def _current(state: State) -> Path:
    return state.settings.public / "current"


def _files(root: Path) -> dict[str, bytes]:
    whole = root.resolve()
    return {path.relative_to(whole).as_posix(): path.read_bytes() for path in whole.rglob("*") if path.is_file()}


def test_it_holds_no_link_and_names_each_of_its_files_and_the_revisions_shown(published: State) -> None:
    root = _current(published).resolve()
    assert not [path for path in root.rglob("*") if path.is_symlink()]
    assert altered_files_of(root) == []
    said = json.loads((root / "MANIFEST.json").read_bytes())
    assert [(one["edition"], one["revision"]) for one in said["revisions"]] == [("2021-S1", 1), ("2021-S2", 1)]


def test_a_long_table_is_the_tables_of_the_editions_one_after_the_other(published: State) -> None:
    long = (_current(published) / "data" / "portfolio.csv").read_text().splitlines()
    each = [
        (published.settings.releases / edition / "r1" / "data" / "portfolio.csv").read_text().splitlines()
        for edition in ("2021-S1", "2021-S2")
    ]
    assert long == [each[0][0], *each[0][1:], *each[1][1:]]
    as_json = json.loads((_current(published) / "data" / "portfolio.json").read_bytes())
    assert [row["edition"] for row in as_json] == ["2021-S1", "2021-S2", "2021-S2", "2021-S2"]


def test_nothing_new_writes_nothing_and_a_correction_writes_what_it_changes_alone(published: State) -> None:
    before = _current(published).resolve()
    assert not publish_tree(published.settings)
    assert _current(published).resolve() == before
    published.row("portfolio", edition="2021-S2", project_id="gamma")["name"] = "Gamma corrigé"
    published.release()
    assert publish_tree(published.settings)
    after = _current(published).resolve()
    changed = {path for path, data in _files(after).items() if _files(before).get(path) != data}
    assert "api/v1/projects/gamma.json" in changed
    assert not {"api/v1/projects/beta.json", "data/perimeters.csv", "data/top250.csv"} & changed
    one = "api/v1/projects/beta.json"
    assert (before / one).stat().st_ino == (after / one).stat().st_ino


def test_what_is_made_from_what_was_is_what_is_made_from_nothing(published: State, tmp_path: Path) -> None:
    published.row("portfolio", edition="2021-S2", project_id="gamma")["name"] = "Gamma corrigé"
    published.release()
    publish_tree(published.settings)
    grown = _files(_current(published))
    shutil.rmtree(published.settings.public)
    publish_tree(published.settings)
    assert _files(_current(published)) == grown


def test_two_homes_publish_the_same_bytes_under_the_same_name(published: State, tmp_path: Path) -> None:
    other = replace(published, settings=published.settings.model_copy(update={"home": tmp_path / "other"}))
    other.release()
    publish_tree(other.settings)
    assert _current(other).readlink() == _current(published).readlink()
    assert _files(_current(other)) == _files(_current(published))


def _followed(root: Path) -> None:
    """What a copy that follows links makes of the link."""
    root.parent.joinpath("current").unlink()
    shutil.copytree(root, root.parent / "current")


def test_a_tree_that_is_not_as_it_was_published_is_made_again(published: State) -> None:
    before = _files(_current(published))
    for harm in (
        lambda root: (root / "data" / "portfolio.csv").unlink(),
        lambda root: (root / "data" / "portfolio.csv").write_bytes(b"x"),
        lambda root: (root / "stranger.html").write_bytes(b"x"),
        lambda root: (root / "MANIFEST.json").write_bytes(b"{"),
        lambda root: root.parent.joinpath("current").unlink(),
        _followed,
    ):
        harm(_current(published).resolve())
        assert publish_tree(published.settings)
        assert _files(_current(published)) == before


def test_a_death_on_the_way_leaves_the_tree_before_and_no_leftover(published: State, monkeypatch) -> None:
    before = _files(_current(published))
    published.row("portfolio", edition="2021-S2", project_id="gamma")["name"] = "Gamma corrigé"
    published.release()
    for where, step in ((tree, "_put"), (Path, "replace")):
        with monkeypatch.context() as patch:
            patch.setattr(where, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                publish_tree(published.settings)
        assert _files(_current(published)) == before
    assert publish_tree(published.settings)
    names = {path.name for path in published.settings.public.iterdir()}
    assert not {name for name in names if name.startswith(".")}
    assert len(names) == 3


def test_what_an_operator_puts_beside_it_stays(published: State) -> None:
    beside = published.settings.public / "notes"
    beside.mkdir()
    for name in ("Gamma 2", "Gamma 3", "Gamma 4"):
        published.row("portfolio", edition="2021-S2", project_id="gamma")["name"] = name
        published.release()
        publish_tree(published.settings)
    assert beside.is_dir()
    assert len(list(published.settings.public.iterdir())) == 4


def test_where_nothing_was_released_nothing_is_published(state: State) -> None:
    state.settings.home.mkdir(parents=True)
    assert not publish_tree(state.settings)
    assert not os.path.lexists(state.settings.public / "current")
