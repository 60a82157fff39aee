"""Documents by edition, project, procedure and perimeter: rows of the published tables, digit for digit."""

import json
from pathlib import Path

import pytest
from made_marts import State

from orchestration.publication.open_data.api import file_name
from orchestration.publication.open_data.tree import publish_tree


@pytest.fixture
def api(state: State) -> Path:
    state.row("portfolio", project_id="gamma")["project_id"] = "../é.json"
    state.release()
    publish_tree(state.settings)
    return state.settings.public / "current" / "api" / "v1"


def test_each_path_of_the_index_is_there(api: Path) -> None:
    paths = json.loads((api / "index.json").read_bytes())["paths"]
    for path in paths.values():
        assert list(api.glob(path.replace("{", "*{").partition("{")[0].rstrip("*") + "*")), path


def test_a_project_has_its_names_and_its_row_in_each_edition_with_every_digit(api: Path) -> None:
    text = (api / "projects" / "beta.json").read_text()
    said = json.loads(text)
    assert said["names"] == ["Beta", "Bêta"]
    assert [row["edition"] for row in said["editions"]] == ["2021-S1", "2021-S2"]
    assert "2085.999999999999999999" in text
    assert {row["rule"] for row in said["slips"]} == {"schedule_slip", "budget_slip"}


def test_an_id_that_looks_like_a_path_leads_nowhere_else(api: Path) -> None:
    (listed,) = [one for one in json.loads((api / "projects.json").read_bytes()) if one["project_id"] == "../é.json"]
    assert json.loads((api / listed["path"]).read_bytes())["project_id"] == "../é.json"
    assert (api / listed["path"]).resolve().parent == (api / "projects").resolve()
    assert "/" not in file_name("../é.json")
    names = [file_name("é" * 2000 + end) for end in "ab"]
    assert len(set(names)) == 2
    assert max(map(len, names)) <= 200


def test_a_perimeter_has_its_projects_and_what_is_said_of_them(api: Path) -> None:
    said = json.loads((api / "perimeters" / "MJ.json").read_bytes())
    assert said["name"] == "Justice"
    assert {row["project_id"] for row in said["portfolio"]} >= {"beta", "alpha"}
    assert all(row["perimeter"] == "MJ" for table in said.values() if isinstance(table, list) for row in table)


def test_the_editions_tell_their_revision_in_force(api: Path, state: State) -> None:
    first, second = json.loads((api / "editions.json").read_bytes())
    assert (first["edition"], second["revision"]) == ("2021-S1", 1)
    assert (state.settings.home / second["path"] / "index.html").is_file()
    figures = json.loads((api / "editions" / "2021-S2.json").read_bytes())["figures"]
    assert figures["total_cost_bn_eur"] == 0.07
