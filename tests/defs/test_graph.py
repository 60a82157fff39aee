"""The asset graph is what a newcomer reads first: its shape is agreed upon, and nothing in it is anonymous."""

import json

import dagster as dg
import pytest

from tests import pass_job
from tests.defs.graph_snapshot import SNAPSHOT, graph_snapshot


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return pass_job.definitions()


def test_the_graph_is_the_one_agreed_upon(definitions):
    agreed = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert graph_snapshot(definitions) == agreed, "read the difference; `python -m tests.defs.graph_snapshot` agrees"


def test_every_asset_says_what_it_is_and_whose(definitions):
    graph = definitions.resolve_asset_graph()
    anonymous = [
        key.to_user_string()
        for key in graph.get_all_asset_keys()
        if not (node := graph.get(key)).description
        or not node.owners
        or not node.kinds
        or node.group_name == dg.AssetSpec("any").group_name
    ]
    assert anonymous == []


def test_every_check_says_what_it_asks(definitions):
    graph = definitions.resolve_asset_graph()
    said = {key.name: graph.get(key).description or "" for key in graph.asset_check_keys}
    assert [name for name, description in said.items() if not description] == []
    assert said["figures_add_up"].startswith("One row per sum that does not hold:")
    assert said["is_key_top50_edition__rank"].startswith('`is_key` {"columns": ["edition", "rank"]}.')


def test_an_intake_and_a_publication_run_every_asset_that_has_no_partition_between_them(definitions):
    graph = definitions.resolve_asset_graph()
    unpartitioned = {key for key in graph.materializable_asset_keys if not graph.get(key).is_partitioned}
    jobs = [definitions.resolve_job_def(name).asset_layer.selected_asset_keys for name in ("intake", "publication")]
    assert [set(keys) for keys in jobs] == [{dg.AssetKey("drops")}, unpartitioned - {dg.AssetKey("drops")}]


def test_sensors_and_schedules_run_without_being_asked_to_and_say_what_they_do(definitions):
    assert {one.name: one.default_status for one in definitions.sensors} == dict.fromkeys(
        ("inbox_sensor", "publication_sensor", "engineers_sensor"), dg.DefaultSensorStatus.RUNNING
    )
    assert {one.name: one.default_status for one in definitions.schedules} == dict.fromkeys(
        ("calendar_day", "intake_net", "publication_net", "scrub_job_schedule", "purge_job_schedule"),
        dg.DefaultScheduleStatus.RUNNING,
    )
    assert [one.name for one in (*definitions.sensors, *definitions.schedules) if not one.description] == []


def test_whether_anybody_looks_at_the_inbox_is_the_one_thing_that_goes_stale(definitions):
    graph = definitions.resolve_asset_graph()
    kept = {key for key in graph.get_all_asset_keys() if graph.get(key).freshness_policy_or_from_metadata}
    assert kept == {dg.AssetKey("inbox_heartbeat")}
