"""Columns followed through the SQL of the models, and that what `make install` left is of the code."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.consolidation import column_lineage as module
from orchestration.consolidation.build import DBT_PROJECT
from orchestration.consolidation.column_lineage import (
    ColumnLineage,
    changed_since_install,
    column_lineage,
    read_column_lineage,
)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DBT_PROJECT / "target" / "manifest.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def lineage() -> ColumnLineage:
    return read_column_lineage()


def test_the_manifest_that_the_ui_shows_is_that_of_the_code(manifest: dict[str, Any], lineage: ColumnLineage) -> None:
    assert changed_since_install(lineage) == [], "run `make install`"
    models = {path.stem: path.read_text(encoding="utf-8") for path in (DBT_PROJECT / "models").rglob("*.sql")}
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert {node["name"]: node["raw_code"] for node in nodes} == {name: sql.strip() for name, sql in models.items()}, (
        "run `make install`"
    )


def test_a_file_that_changed_came_or_went_since_is_named(
    tmp_path: Path, lineage: ColumnLineage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in lineage.sources:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((DBT_PROJECT / name).read_bytes())
    monkeypatch.setattr(module, "DBT_PROJECT", tmp_path)
    assert changed_since_install(lineage) == []
    (tmp_path / "models" / "marts" / "top50.yml").write_text("version: 2")
    (tmp_path / "models" / "marts" / "new.sql").write_text("select 1")
    (tmp_path / "macros" / "exact.sql").unlink()
    # Written while the project runs.
    (tmp_path / "seeds" / "project_aliases.csv").write_text("name")
    assert changed_since_install(lineage) == ["macros/exact.sql", "models/marts/new.sql", "models/marts/top50.yml"]


def test_every_column_of_every_mart_is_followed_and_what_has_no_origin_is_counted_or_written(
    manifest: dict[str, Any], lineage: ColumnLineage
) -> None:
    marts = {
        name: node for name, node in manifest["nodes"].items() if node["fqn"][1:2] == ["marts"] and "raw_code" in node
    }
    marts = {name: node for name, node in marts.items() if node["resource_type"] == "model"}
    assert {name: list(lineage.columns[name]) for name in marts} == {
        name: list(node["columns"]) for name, node in marts.items()
    }
    alone = {
        f"{name.split('.')[-1]}.{column}" for name in marts for column, of in lineage.columns[name].items() if not of
    }
    assert alone == {
        "decompositions.measure",
        "forecasts.is_model_output",
        "forecasts.model_version",
        "headline_changes.figure",
        "headline_changes.kind",
        "headline_changes.places",
        "procedure_history.indicator",
        "procedure_scores.indicator",
        "procedure_scores.procedures",
        "revisions.submissions",
        "sources.kind",
    }


@pytest.mark.parametrize(
    ("model", "column", "origins"),
    [
        ("top50", "budget_variance_pct", [("model.jalons.int_portfolio", "budget_variance_rate")]),
        # A union by name whose arms have their columns in other orders.
        ("alerts", "variance_comment", [("model.jalons.int_slips", "variance_comment")]),
        (
            "alerts",
            "severity",
            [
                ("model.jalons.int_reminders", "severity"),
                ("model.jalons.int_slips", "severity"),
                ("seed.jalons.alert_rules", "severity"),
            ],
        ),
        # From a source, and through what Python computes.
        ("stg_projects", "declared_confidence", [("source.jalons.lake.projects", "declared_confidence")]),
        ("stg_closings", "closed_at", [("source.jalons.ledger.edition_events", "at")]),
    ],
)
def test_a_column_comes_from_those_that_it_is_computed_from(
    lineage: ColumnLineage, model: str, column: str, origins: list[tuple[str, str]]
) -> None:
    assert lineage.columns[f"model.jalons.{model}"][column] == [list(origin) for origin in origins]


def test_the_identity_of_a_project_comes_from_what_was_filed_and_from_the_register(lineage: ColumnLineage) -> None:
    origins = {tuple(origin) for origin in lineage.columns["model.jalons.int_project_rows"]["project_id"]}
    assert origins >= {
        ("model.jalons.stg_projects", "declared_project_id"),
        ("model.jalons.stg_projects", "name"),
        ("seed.jalons.project_aliases", "project_id"),
    }


def _made(**models: tuple[str, list[str]]) -> dict[str, dict[str, list[tuple[str, str]]]]:
    nodes: dict[str, Any] = {
        "seed.s": {"resource_type": "seed", "name": "s", "columns": {"a": {}, "b": {}, "c": {}}, "depends_on": {}}
    }
    for name, (_, reads) in models.items():
        depends_on = {"nodes": [f"model.{read}" for read in reads] + ["seed.s"]}
        nodes[f"model.{name}"] = {"resource_type": "model", "name": name, "depends_on": depends_on, "columns": {}}
    return column_lineage({"nodes": nodes, "sources": {}}, {f"model.{name}": sql for name, (sql, _) in models.items()})


def test_unions_by_name_keep_each_column_to_itself() -> None:
    of = _made(
        one=(
            'with u as (select a, b from "jalons"."main"."s" '
            'union all by name select c as b, a from "jalons"."main"."s" '
            'union all by name select b as d from "jalons"."main"."s"), '
            'v as (select * from u union all by name select a as d, b as e from "jalons"."main"."s") select * from v',
            [],
        )
    )["model.one"]
    assert of == {
        "a": [("seed.s", "a")],
        "b": [("seed.s", "b"), ("seed.s", "c")],
        "d": [("seed.s", "a"), ("seed.s", "b")],
        "e": [("seed.s", "b")],
    }


def test_columns_that_are_left_out_by_their_name_go_no_further() -> None:
    of = _made(
        two=('select * from "jalons"."main"."one"', ["one"]),
        one=(
            "select columns(lambda name: not regexp_matches(name, '^(a|x)')), b + c as y "
            'from "jalons"."main"."s" where a is null',
            [],
        ),
    )
    assert of["model.one"] == {"b": [("seed.s", "b")], "c": [("seed.s", "c")], "y": [("seed.s", "b"), ("seed.s", "c")]}
    assert list(of["model.two"]) == ["b", "c", "y"]
