"""The dbt project in the hands of a dbt engineer: plain commands on a copy of a home, and a manifest that says all."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.task import docs

from orchestration.consolidation import duckdb_functions
from orchestration.consolidation.build import DBT_PROJECT, BuildResult, parsed_manifest
from orchestration.operations.dbt_copy import DBT_COPY, NothingToCopy, copy_for_dbt
from orchestration.publication.tables import TABLES
from orchestration.settings import Settings


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that has the dbt project alone, and a shell in which JALONS_HOME names another home."""
    shutil.copytree(DBT_PROJECT, tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setenv("JALONS_HOME", str(tmp_path / "under way"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(duckdb_functions, "DBT_PROJECT", tmp_path / "dbt_project")
    return tmp_path


@pytest.fixture
def copied(checkout: Path, history: tuple[Settings, BuildResult]) -> Iterator[Path]:
    """The copy of a home of three editions in that checkout."""
    copy = checkout / DBT_COPY.relative_to(DBT_PROJECT.parent)
    copy_for_dbt(history[0], copy)
    yield copy


def _typed(checkout: Path, *words: str) -> dbtRunnerResult:
    """What plain dbt says in the folder of the project."""
    project = str(checkout / "dbt_project")
    quiet = ["--log-level", "none", "--log-level-file", "none"]
    places = ["--project-dir", project, "--profiles-dir", project]
    try:
        return dbtRunner(manifest=parsed_manifest()).invoke([*quiet, *words, *places])
    finally:
        DuckDBConnectionManager.close_all_connections()


def _contents(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_a_model_is_built_tested_and_shown_on_the_copy_and_no_home_is_touched(
    checkout: Path, copied: Path, history: tuple[Settings, BuildResult]
) -> None:
    home = history[0].home
    before = _contents(home)
    mart = copied / "warehouse" / "marts" / "top50.parquet"
    rows = pq.read_table(mart).num_rows
    mart.unlink()

    built = _typed(checkout, "build", "--select", "top50")
    shown = _typed(checkout, "show", "--select", "top50", "--limit", "2")

    assert {node.node.name: str(node.status) for node in built.result.results} == {
        "top50": "success",
        "is_key_top50_edition__rank": "pass",
        "figures_add_up": "pass",
    }
    assert pq.read_table(mart).num_rows == rows > 0
    assert len(shown.result.results[0].agate_table.rows) == 2
    assert _contents(home) == before
    assert not (checkout / "under way").exists()


def test_a_model_is_built_twice_with_its_unit_tests(checkout: Path, copied: Path) -> None:
    for _ in range(2):
        built = _typed(checkout, "build", "--select", "int_editions")
        assert built.success
    assert {node.node.resource_type for node in built.result.results} == {"model", "unit_test"}


def test_without_a_copy_dbt_says_which_command_makes_one(checkout: Path) -> None:
    said = _typed(checkout, "run", "--select", "top50")
    assert not said.success
    assert f"There is nothing to read in {checkout / '.jalons' / 'dev'}." in str(said.exception)
    assert "`make dbt-copy`" in str(said.exception)
    assert not (checkout / ".jalons").exists()


def test_a_copy_takes_the_place_of_an_earlier_one_and_a_home_without_a_pass_gives_none(
    copied: Path, history: tuple[Settings, BuildResult], tmp_path: Path
) -> None:
    (copied / "lake" / "of before").touch()
    copy_for_dbt(history[0], copied)
    assert not (copied / "lake" / "of before").exists()
    with pytest.raises(NothingToCopy, match="jalons run"):
        copy_for_dbt(Settings(home=tmp_path / "new"), copied)
    assert (copied / "lake").is_dir()


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """What `make install` left for the UI."""
    read: dict[str, Any] = json.loads((DBT_PROJECT / "target" / "manifest.json").read_text(encoding="utf-8"))
    return read


def test_no_model_seed_source_or_column_is_without_a_description(manifest: dict[str, Any]) -> None:
    nodes = [
        node
        for node in (*manifest["nodes"].values(), *manifest["sources"].values())
        if node["resource_type"] in ("model", "seed", "source")
    ]
    assert len(nodes) > 100
    assert [node["unique_id"] for node in nodes if not node["description"]] == []
    columns = [(node["name"], column) for node in nodes for column in node["columns"].values()]
    assert [f"{name}.{column['name']}" for name, column in columns if not column["description"].strip()] == []
    for seed in (node for node in nodes if node["resource_type"] == "seed"):
        lines = (DBT_PROJECT / "seeds" / f"{seed['name']}.csv").read_text(encoding="utf-8-sig")
        assert list(seed["columns"]) == lines.split("\n", 1)[0].split(","), seed["name"]


def test_exposures_name_the_marts_that_their_code_reads(manifest: dict[str, Any]) -> None:
    read = {
        one["name"]: {node.split(".")[-1] for node in one["depends_on"]["nodes"]}
        for one in manifest["exposures"].values()
    }
    rooms = DBT_PROJECT.parent / "orchestration"

    def named(folder: str, call: str) -> set[str]:
        return {name for path in (rooms / folder).rglob("*.py") for name in re.findall(call, path.read_text("utf-8"))}

    assert read == {
        "site": named("publication/site", r'tables\["(\w+)"\]'),
        "open_data": {*TABLES},
        "alerts": named("alerting", r'(?:read_mart|mart_table)\(settings\.marts, "(\w+)"'),
    }
    assert all(one["owner"]["name"] and one["url"] for one in manifest["exposures"].values())


def test_the_pages_of_dbt_load_nothing_from_outside() -> None:
    page = (Path(docs.__file__).parent / "index.html").read_text(encoding="utf-8")
    assert len(page) > 1_000_000
    assert re.findall(r"""<(?:script|link|img|iframe)\b[^>]*(?:src|href)=["'](?:https?:)?//[^"']*""", page) == []
    assert re.findall(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""", page) == []
