"""What the UI shows of dbt's nodes: columns with their meaning and origin, and the files to read."""

from pathlib import Path

import dagster as dg
import pytest

from tests import pass_job


@pytest.fixture(scope="module")
def specs() -> dict[dg.AssetKey, dg.AssetSpec]:
    """The assets of the dbt project."""
    assets = [one for one in pass_job.definitions().assets or () if getattr(one, "op", None)]
    (consolidation,) = (one for one in assets if one.op.name == "consolidation")
    return {spec.key: spec for spec in consolidation.specs}


def _columns(spec: dg.AssetSpec) -> dict[str, dg.TableColumn]:
    return {column.name: column for column in spec.metadata["dagster/column_schema"].columns}


def test_every_table_lists_its_columns_and_each_of_a_mart_has_a_type_and_a_meaning(specs):
    assert all(_columns(spec) for spec in specs.values())
    of_marts = [column for spec in specs.values() if spec.group_name == "marts" for column in _columns(spec).values()]
    assert len(of_marts) > 500
    assert [column.name for column in of_marts if not column.type or not column.description] == []


def test_the_origins_of_a_column_are_columns_of_the_assets_that_it_names(specs):
    origins = {
        (dep.asset_key, dep.column_name)
        for spec in specs.values()
        if "dagster/column_lineage" in spec.metadata
        for deps in spec.metadata["dagster/column_lineage"].deps_by_column.values()
        for dep in deps
    }
    outside = {dg.AssetKey("drops"), *(dg.AssetKey(["submissions", kind]) for kind in _KINDS)}
    assert {key for key, _ in origins} - specs.keys() == outside
    assert [one for one in origins if one[0] in specs and one[1] not in _columns(specs[one[0]])] == []


_KINDS = ("projects", "procedures", "roadmap", "indicators")


def test_a_description_leads_to_where_the_column_comes_from(specs):
    column = _columns(specs[dg.AssetKey("top50")])["budget_variance_pct"]
    assert column.description == (
        "Percent against the baseline cost.\n\nFrom [int_portfolio](/assets/int_portfolio).budget_variance_rate."
    )
    # A column that its own model does not describe means what it means where it comes from.
    inherited = _columns(specs[dg.AssetKey("int_portfolio")])["declared_project_id"].description or ""
    assert inherited.startswith("Stable id that the ministry gives the project, as filed;")
    assert " more." in (_columns(specs[dg.AssetKey("alerts")])["alert_key"].description or "")


def test_every_model_and_seed_leads_to_its_code_and_its_yml(specs):
    for spec in specs.values():
        paths = [Path(one.file_path) for one in spec.metadata["dagster/code_references"].code_references]
        assert [path.suffix for path in paths] in ([".sql", ".yml"], [".csv", ".yml"]), spec.key
        assert all(path.is_file() for path in paths), spec.key
        assert spec.description.startswith("One row per "), spec.key
