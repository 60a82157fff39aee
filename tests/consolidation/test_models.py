"""The dbt project itself: its unit tests, its descriptions, and its agreement with what Python writes."""

from pathlib import Path
from typing import Any

import pytest
from made_lake import source_schema

from orchestration.consolidation.build import DBT_PROJECT, BuildResult, parsed_manifest
from orchestration.contracts import CONTRACTS
from orchestration.domain.folding import folded_name
from orchestration.settings import Settings


def run_dbt(settings: Settings, *command: str) -> Any:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    options = ["--log-level", "none", "--log-level-file", "none", "--no-send-anonymous-usage-stats", "--no-write-json"]
    target = str(settings.warehouse / "dbt")
    places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", target]
    places += ["--target", "home"]
    try:
        return dbtRunner(manifest=parsed_manifest()).invoke([*options, *command, *places, "--log-path", target])
    finally:
        DuckDBConnectionManager.close_all_connections()


@pytest.fixture
def built_home(history: tuple[Settings, BuildResult], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    settings, _ = history
    monkeypatch.setenv("JALONS_HOME", str(settings.home))
    monkeypatch.chdir(tmp_path)
    return settings


def test_every_unit_test_of_the_models_passes(built_home: Settings) -> None:
    outcome = run_dbt(built_home, "test", "--select", "test_type:unit")
    assert outcome.exception is None
    failed = {result.node.name: result.message for result in outcome.result.results if result.status != "pass"}
    assert failed == {}
    tested = {result.node.tested_node_unique_id.split(".")[2] for result in outcome.result.results}
    assert tested >= {"int_submissions", "int_project_rows", "int_baselines", "int_portfolio", "int_headline_figures"}
    # Each rule of the slips has its own.
    assert tested >= {path.stem for path in (DBT_PROJECT / "models").rglob("int_slips__*.sql")}


def test_every_model_says_its_grain_first_and_has_a_group_and_an_owner_and_every_mart_a_contract(
    built_home: Settings,
) -> None:
    models = [node for node in run_dbt(built_home, "parse").result.nodes.values() if node.resource_type == "model"]
    assert models
    for model in models:
        assert model.description.startswith("One row per "), model.name
        dagster = model.config.meta["dagster"]
        assert dagster["owners"], model.name
        layer = model.fqn[1]
        assert dagster["group"] == ("marts" if layer == "marts" else "consolidation"), model.name
        assert model.config.contract.enforced is (layer == "marts"), model.name


@pytest.mark.parametrize("kind", ["projects", "procedures"])
def test_the_sources_declare_the_columns_that_intake_writes(kind: str) -> None:
    declared = {field.name: field.type for field in source_schema(kind)}
    assert declared == {field.name: field.type for field in CONTRACTS[kind].lake_schema()}


def test_dbt_folds_names_as_python_does() -> None:
    import duckdb

    from orchestration.consolidation.duckdb_functions import Plugin

    connection = duckdb.connect()
    Plugin(name="duckdb_functions", plugin_config={}).configure_connection(connection)
    for name in ("MCIC²", "MISTR@L", "Élire – œuvre", ""):
        assert connection.execute("select folded_name(?)", [name]).fetchone() == (folded_name(name),)
    assert connection.execute("select folded_name(null)").fetchone() == (None,)
