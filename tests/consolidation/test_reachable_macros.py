"""Which macros a build has, of those that dbt brings along."""

from collections.abc import Iterator
from typing import Any

import pytest
from dbt.adapters.sql import impl

from orchestration.consolidation.build import parsed_manifest
from orchestration.consolidation.reachable_macros import leave_out_unreachable


@pytest.fixture(scope="module")
def manifest() -> Any:
    read = parsed_manifest()
    leave_out_unreachable(read)
    return read


def _named_by_dbt(manifest: Any) -> Iterator[str]:
    for one in (*manifest.nodes.values(), *manifest.macros.values()):
        yield from one.depends_on.macros


def test_more_than_half_of_the_macros_of_dbt_are_left_out(manifest: Any) -> None:
    assert len(manifest.macros) < len(parsed_manifest().macros) / 2
    assert "macro.dbt.materialization_snapshot_default" not in manifest.macros


def test_whatever_dbt_found_in_a_node_or_in_a_macro_that_stays_stays(manifest: Any) -> None:
    named = set(_named_by_dbt(manifest))
    assert len(named) > 100
    assert named - set(manifest.macros) == set()


def test_what_is_called_when_something_is_wrong_stays_though_no_sound_build_calls_it(manifest: Any) -> None:
    names = {macro.name for macro in manifest.macros.values()}
    assert {"assert_columns_equivalent", "default__get_empty_schema_sql", "get_column_schema_from_query"} <= names


def test_what_the_adapter_calls_by_name_from_python_stays(manifest: Any) -> None:
    called = {value for name, value in vars(impl).items() if name.endswith("_MACRO_NAME")}
    assert len(called) > 10
    named = {macro.name for macro in manifest.macros.values()}
    assert called & {macro.name for macro in parsed_manifest().macros.values()} <= named
