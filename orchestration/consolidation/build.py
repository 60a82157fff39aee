"""One dbt invocation: from the lake to the marts.

What belongs here: starting dbt in this process and telling what each node did. What does not: the rules of the figures
(the models hold them) and what the lake must hold before (`orchestration.intake.lake`).
"""

import contextlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

from orchestration.domain.reference_data import DBT_PROJECT
from orchestration.intake.lake import last_export
from orchestration.settings import Settings
from orchestration.store import mart_set
from orchestration.store.mart_set import MartSet

# The DuckDB file of the warehouse, as `dbt_project/profiles.yml` names it.
_FILE = "jalons.duckdb"
_LOG = logging.getLogger(__name__)

NodeStatus = Literal["success", "pass", "warn", "fail", "error", "skipped", "no-op", "partial success", "runtime error"]


@dataclass(frozen=True)
class NodeResult:
    """What one model, seed or data test did.

    `unique_id` is dbt's; `failures` is the number of rows that a data test found, null for anything else; `message` is
    what dbt or DuckDB says of it, null when there is nothing to say.
    """

    unique_id: str
    status: NodeStatus
    seconds: float
    message: str | None
    failures: int | None


@dataclass(frozen=True)
class BuildResult:
    """What every node did, in the order in which they ended."""

    nodes: tuple[NodeResult, ...]
    seconds: float

    @property
    def broken(self) -> tuple[NodeResult, ...]:
        """The nodes that failed; those skipped because of them are left out."""
        return tuple(node for node in self.nodes if node.status in ("fail", "error", "runtime error"))


class ConsolidationError(Exception):
    """Dbt could not run at all: the project does not parse, or the warehouse cannot be written."""


def build(
    settings: Settings,
    vars: Mapping[str, object] | None = None,
    selected: Sequence[str] | None = None,
    seeds: Mapping[str, Path] = MappingProxyType({}),
) -> BuildResult:
    """Build the tables of the warehouse, and export the marts among them to `settings.marts`.

    The lake and the export of the ledger must be there; `vars` override those of `dbt_project.yml`, and the files
    `seeds` stand in for the seeds of these names. Where `selected` names nodes, as dbt's `--select` does, they alone
    are built or tested, on what the last build left.
    A model or a test that fails is reported in the result; raise `ConsolidationError` when dbt could not run. Only a
    build of everything of which nothing fails makes a set of marts that can be judged and released; one of some nodes
    leaves the set that stands, if it makes the same of them.
    """
    settings.marts.mkdir(parents=True, exist_ok=True)
    export = last_export(settings.lake)
    is_kept = _opens(settings.warehouse / _FILE)
    if selected is not None:
        if not is_kept:
            raise ConsolidationError(
                "The warehouse cannot be opened: it is absent, damaged, or open in another program, which must be "
                "closed. Build all of it first (jalons run --force, or all the dbt assets in the UI)."
            )
        result = _run(settings, vars, seeds, ["--select", *selected, "--indirect-selection", "empty"])
        if result.broken:
            mart_set.forget(settings.marts)
        return result
    mart_set.forget(settings.marts)
    if not is_kept:
        _delete_warehouse(settings)
    result = _run(settings, vars, seeds, [])
    if is_kept and any(node.status in ("error", "runtime error") for node in result.nodes):
        # What an earlier build left may be what is wrong: nothing in it is needed.
        _delete_warehouse(settings)
        result = _run(settings, vars, seeds, [])
    if not result.broken:
        made = mart_set.files_of(settings.marts)
        mart_set.note(settings.marts, MartSet(export.sha256, export.head, export.without_rows, made))
    return result


def _opens(warehouse: Path) -> bool:
    """Whether there is a warehouse that can be opened for writing: it is whole, and nobody else has it open."""
    import duckdb

    try:
        if warehouse.exists():
            duckdb.connect(str(warehouse)).close()
            return True
    except duckdb.Error:
        pass
    return False


def _delete_warehouse(settings: Settings) -> None:
    """Delete the file, which whoever has it open keeps."""
    for old in settings.warehouse.glob(f"{_FILE}*"):
        old.unlink()


def _run(
    settings: Settings, vars: Mapping[str, object] | None, seeds: Mapping[str, Path], selection: Sequence[str]
) -> BuildResult:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner

    from orchestration.consolidation.lean_dbt import lean_dbt
    from orchestration.consolidation.reachable_macros import leave_out_unreachable

    target = settings.warehouse / "dbt"
    # Its own log formats lines that nobody reads, a tenth of the build: what is said in its events goes into ours.
    options = ["--log-level", "none", "--log-level-file", "none", "--log-path", str(target)]
    options += [
        "--no-use-colors",
        "--no-send-anonymous-usage-stats",
        "--no-version-check",
        "--no-write-json",
        "--no-populate-cache",
    ]
    places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target)]
    # Plain dbt works on a copy: a home under way has to be named.
    places += ["--target", "home"]
    left_out = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    command = ["build", *selection, *left_out, "--vars", json.dumps(dict(vars or {}))]
    manifest = parsed_manifest()
    if seeds:
        with _home(settings.home):
            manifest = manifest or dbtRunner().invoke([*options, "parse", *places]).result
        _take_instead(manifest, seeds, target / "seeds_instead")
    if manifest:
        leave_out_unreachable(manifest)
    with _home(settings.home), lean_dbt():
        try:
            outcome: Any = dbtRunner(manifest=manifest, callbacks=[_logged]).invoke([*options, *command, *places])
        finally:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
            # dbt keeps its adapter, and through it all that it read of the project, until its next invocation.
            reset_adapters()  # type: ignore[no-untyped-call]
    if outcome.result is None:
        raise ConsolidationError(f"dbt could not run: {outcome.exception}") from outcome.exception
    return BuildResult(
        nodes=tuple(
            NodeResult(
                unique_id=result.node.unique_id,
                status=cast(NodeStatus, str(result.status)),
                seconds=result.execution_time,
                message=result.message,
                failures=result.failures,
            )
            for result in outcome.result.results
        ),
        seconds=outcome.result.elapsed_time,
    )


def _take_instead(manifest: Any, seeds: Mapping[str, Path], folder: Path) -> None:
    """Lead the seeds of these names to copies: dbt writes what it runs at the path of a node, under its target."""
    for node in manifest.nodes.values():
        if node.resource_type == "seed" and node.name in seeds:
            copy = folder / node.original_file_path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(seeds[node.name], copy)
            node.root_path = str(folder)


def _logged(event: Any) -> None:
    """Say in our log what dbt says to whoever watches it."""
    # The result tells what went wrong, and whoever called says so: here it is a line of the log.
    if event.info.level != "debug" and event.info.msg.strip():
        _LOG.info("dbt: %s", event.info.msg)


def parsed_manifest() -> Any:
    """The manifest that `dbt parse` left at install, or `None` if it is absent or older than a source of the project.

    Each call reads it anew: a build writes in it.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import SeedNode

    parsed = DBT_PROJECT / "target" / "partial_parse.msgpack"
    sources = (path for kind in ("*.sql", "*.yml", "*.csv") for path in _sources(kind))
    if not parsed.exists() or parsed.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        return None
    manifest = Manifest.from_msgpack(parsed.read_bytes())
    for node in manifest.nodes.values():
        # Seeds remember the folder that the parse was given, which a later working directory or a move makes wrong.
        if isinstance(node, SeedNode):
            node.root_path = str(DBT_PROJECT)
    return manifest


def _sources(kind: str) -> Iterator[Path]:
    yield from DBT_PROJECT.glob(kind)
    for folder in ("macros", "models", "seeds", "tests"):
        yield from (DBT_PROJECT / folder).rglob(kind)


@contextlib.contextmanager
def _home(home: Path) -> Iterator[None]:
    """Name the home to dbt, and undo what dbt does to the process: it changes the working directory."""
    before = os.environ.get("JALONS_HOME")
    os.environ["JALONS_HOME"] = str(home)
    try:
        with contextlib.chdir(Path.cwd()):
            yield
    finally:
        if before is None:
            del os.environ["JALONS_HOME"]
        else:
            os.environ["JALONS_HOME"] = before
