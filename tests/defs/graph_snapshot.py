"""What the asset graph looks like, as data; `python -m tests.defs.graph_snapshot` agrees to what it is now."""

import json
from pathlib import Path

import dagster as dg

from orchestration.definitions import defs

SNAPSHOT = Path(__file__).with_name("graph.json")


def graph_snapshot(definitions: dg.Definitions) -> dict[str, object]:
    """Each asset with what the UI shows of its place, and its checks, the blocking ones apart; and what jobs run."""
    graph = definitions.resolve_asset_graph()
    return {
        "assets": {
            key.to_user_string(): {
                "group": graph.get(key).group_name,
                "owners": sorted(graph.get(key).owners),
                "kinds": sorted(graph.get(key).kinds),
                "is_partitioned": graph.get(key).is_partitioned,
                "after": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
                "checks": sorted(one.name for one in graph.get(key).check_keys if not graph.get(one).blocking),
                "blocking_checks": sorted(one.name for one in graph.get(key).check_keys if graph.get(one).blocking),
            }
            for key in sorted(graph.get_all_asset_keys())
        },
        "jobs": {
            name: sorted(
                key.to_user_string() for key in definitions.resolve_job_def(name).asset_layer.selected_asset_keys
            )
            for name in ("intake", "publication")
        },
    }


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(graph_snapshot(defs()), indent=1) + "\n", encoding="utf-8")
