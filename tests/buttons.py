"""Every button of the Dagster UI, pressed: `make buttons` tries all, and lists what came out of each.

What belongs here: which buttons there are, by the definitions themselves, and pressing one as the UI does. What does
not: what a button should do (`tests/defs/test_by_hand.py`).
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from orchestration.intake.ledger import Ledger
from orchestration.passes.alive import let_go_of_runs
from orchestration.settings import Settings
from tests.campaign import homes
from tests.conftest import ROOT
from tests.intake.golden.tables import EDITION
from tests.pass_job import buttons, definitions, run_pass

LIST = ROOT / "tests" / "defs" / "buttons.json"
WORKS = "works"
ASSET, CHECK = "Asset: Materialize", "Check: Execute"
GROUP, CATALOG = "Group: Materialize all", "Catalog: Materialize all"
# A cell of which projects were filed, and one of which nothing was.
FILED, UNFILED = f"{EDITION}|MI", f"{EDITION}|SPM"


@dataclass(frozen=True)
class Button:
    """What is pressed: assets, checks alone, or an asset's partition; `place` says where it stands in the UI."""

    place: str
    name: str
    assets: frozenset[dg.AssetKey] = frozenset()
    checks: frozenset[dg.AssetCheckKey] | None = None
    partition: str | None = None


def all_buttons() -> Iterator[Button]:
    """Each asset, group, check and partition that the definitions offer."""
    graph = definitions().resolve_asset_graph()
    assets = sorted(graph.materializable_asset_keys)
    for key in assets:
        for partition in _partitions(graph.get(key)):
            named = f"{key.to_user_string()}{f' · {partition}' if partition else ''}"
            yield Button(ASSET, named, frozenset([key]), partition=partition)
    whole = [key for key in assets if not graph.get(key).is_partitioned]
    for group in sorted({str(graph.get(key).group_name) for key in whole}):
        yield Button(GROUP, group, frozenset(k for k in whole if graph.get(k).group_name == group))
    yield Button(CATALOG, "every asset without partitions", frozenset(whole))
    for check in sorted(graph.asset_check_keys, key=str):
        name = f"{check.asset_key.to_user_string()}: {check.name}"
        yield Button(CHECK, name, checks=frozenset([check]))


def _partitions(node: dg.AssetsDefinition) -> Sequence[str | None]:
    if not node.is_partitioned:
        return [None]
    if isinstance(node.partitions_def, dg.MultiPartitionsDefinition):
        return [FILED, UNFILED]
    return [EDITION]


def of_each_op() -> list[Button]:
    """Of each op the first of its assets, with all the partitions there are to choose, and the first of its checks."""
    first: dict[tuple[str, str], list[Button]] = {}
    for button in all_buttons():
        for key in (*button.assets, *(button.checks or ())) if button.place in (ASSET, CHECK) else ():
            of_op = first.setdefault((button.place, _op_of(key)), [button])
            if of_op[0].assets == button.assets and button.partition and button not in of_op:
                of_op.append(button)
    return [button for of_op in first.values() for button in of_op]


def _op_of(key: dg.AssetKey | dg.AssetCheckKey) -> str:
    return buttons().asset_layer.get_op_output_handle(key).node_handle.name


def press(instance: dg.DagsterInstance, button: Button) -> str:
    """Press a button, as the UI does: what came out, `works` or the first line of what the run said no with."""
    job = buttons().get_subset(
        asset_selection=set(button.assets) or None, asset_check_selection=set(button.checks) if button.checks else None
    )
    ops = {node.name for node in job.nodes}
    moments = {
        name: {"config": {"now": homes.SECOND.isoformat()}} for name in ops & {"drops", "delivered_alerts", "open_data"}
    }
    result = job.execute_in_process(
        instance=instance,
        partition_key=button.partition,
        run_config={"ops": moments, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
    )
    let_go_of_runs()
    failures = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    said = [(error.cause or error).message.strip().splitlines()[0] for error in failures if error]
    return WORKS if result.success else f"says no: {said[0] if said else 'no step failed'}"


def make_home(folder: Path) -> Settings:
    """A home over which a pass went for each of two editions; a slip is told, and two files were refused."""
    settings = Settings(home=folder / "home", settle_seconds=0)
    for arrivals, at in ((homes.FIRST_WAVE, homes.FIRST), (homes.SECOND_WAVE, homes.SECOND)):
        homes.put(settings.home, arrivals)
        run_pass(settings, at)
    with Ledger(settings.ledger) as ledger:
        # As after a replay: what is pressed is held against the day of today.
        ledger.see_clock(datetime.now(UTC))
    return settings


def press_all(instance: dg.DagsterInstance) -> Iterator[tuple[Button, str]]:
    """Press every button, with what came out of each."""
    for button in all_buttons():
        yield button, press(instance, button)


def main() -> None:
    """Press all, say each outcome as it comes, and write the list."""
    outcomes: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory(prefix="jalons-buttons-") as folder:
        settings = make_home(Path(folder))
        os.environ |= {"JALONS_HOME": str(settings.home), "JALONS_SETTLE_SECONDS": "0"}
        with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
            for button, outcome in press_all(instance):
                outcomes.setdefault(button.place, {})[button.name] = outcome
                sys.stdout.write(f"{button.place}, {button.name}: {outcome}\n")
                sys.stdout.flush()
    LIST.write_text(json.dumps(outcomes, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
