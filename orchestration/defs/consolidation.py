"""Consolidation in the UI: each dbt model and seed as an asset, each dbt test as a check.

What belongs here: what dbt's nodes are called here, and telling what one invocation did. What does not: starting dbt
(`orchestration.consolidation`) and the models.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.dbt_manifest import validate_manifest
from dagster_shared.record import replace

from orchestration.consolidation.build import NodeResult, build
from orchestration.consolidation.column_lineage import COLUMN_LINEAGE, changed_since_install, read_column_lineage
from orchestration.defs.dbt_columns import code_references, column_metadata, test_description
from orchestration.defs.metadata import Metadata, bars, parquet_metadata
from orchestration.domain.reference_data import DBT_PROJECT
from orchestration.intake.lake_check import hand_over
from orchestration.passes.home import Home
from orchestration.publication.method import note_adoption
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from orchestration.store.marts import mart_path, read_mart

MANIFEST = DBT_PROJECT / "target" / "manifest.json"
for _made in (MANIFEST, COLUMN_LINEAGE):
    if not _made.is_file():
        raise FileNotFoundError(f"{_made} is missing: run `make install`, which parses the dbt project.")
_LINEAGE = read_column_lineage()
if _changed := changed_since_install(_LINEAGE):
    # What is built is the code; what is shown of it is older.
    logging.getLogger(__name__).warning(
        "The graph is not that of the dbt project: %s changed since it was parsed. Run `make install`.",
        ", ".join(_changed),
    )

_UNIQUE_ID = "dagster_dbt/unique_id"


class Translator(DagsterDbtTranslator):
    """What the UI shows of dbt's nodes: what the ledger tells dbt is the asset `drops`, and marts leave as Parquet."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The key declared in the project, except for the ledger's tables."""
        if dbt_resource_props.get("source_name") == "ledger":
            return dg.AssetKey("drops")
        return super().get_asset_key(dbt_resource_props)

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """The library's spec, with the columns that each column comes from and the files to read; marts are Parquet."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = self.get_resource_props(manifest, unique_id)
        # The library asks for each spec once more per spec that reads it.
        if node["resource_type"] != "source" and unique_id not in self._shown:
            columns = column_metadata(manifest, _LINEAGE.columns, unique_id, self._key_of(manifest))
            kinds = {"parquet"} if spec.group_name == "marts" else set()
            metadata = {**columns, **code_references(node)}
            self._shown[unique_id] = spec.merge_attributes(metadata=metadata, kinds=kinds)
        return self._shown.get(unique_id, spec)

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetCheckSpec | None:
        """The library's spec, which says of a test what dbt is asked."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return replace(spec, description=test_description(manifest["nodes"][unique_id])) if spec else None

    @cached_property
    def _shown(self) -> dict[str, dg.AssetSpec]:
        return {}

    def _key_of(self, manifest: Mapping[str, Any]) -> Callable[[str], dg.AssetKey]:
        return lambda unique_id: self.get_asset_key(self.get_resource_props(manifest, unique_id))


@dbt_assets(
    manifest=MANIFEST,
    dagster_dbt_translator=Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)),
    name="consolidation",
    pool="duckdb",
)
def consolidation(
    context: dg.AssetExecutionContext, publication: dg.ResourceParam[Home]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Build what is chosen in one dbt invocation: all of it on what the ledger lists now, a part on the last build."""
    publication.report("Consolidating")
    chosen = context.selected_asset_keys | context.selected_asset_check_keys
    is_whole = chosen == _SELECTORS.keys()
    if is_whole:
        # What the ledger lists now is what is built, released and told, whatever arrives meanwhile.
        with publication.intake():
            note_adoption(publication.settings, datetime.now(UTC))
            hand_over(publication.settings, datetime.now(UTC))
        result = build(publication.settings)
    else:
        result = build(publication.settings, selected=[_SELECTORS[key] for key in sorted(chosen, key=str)])
    for node in result.nodes:
        if spec := _CHECKS.get(node.unique_id):
            yield _test(spec, node)
        elif node.status == "success":
            yield _table(publication.settings, node)
    # A test that fails leaves the marts behind it as they were: they must not be released as if they were new.
    broken = [f"{node.unique_id}: {node.message}" for node in result.broken]
    if broken:
        raise dg.Failure("\n".join(broken), allow_retries=False)
    publication.done.is_built = is_whole


_TABLES = {str(spec.metadata[_UNIQUE_ID]): spec for spec in consolidation.specs}
_CHECKS = {str(spec.metadata[_UNIQUE_ID]): spec for spec in consolidation.check_specs if spec.metadata}
_NODES = validate_manifest(MANIFEST)["nodes"]
# By asset and by check, the name that dbt selects its node by.
_SELECTORS = {spec.key: f"fqn:{'.'.join(_NODES[node]['fqn'])}" for node, spec in (_TABLES | _CHECKS).items()}


def _table(settings: Settings, node: NodeResult) -> dg.MaterializeResult[None]:
    spec = _TABLES.get(node.unique_id)
    if spec is None:
        raise dg.Failure(
            f"{MANIFEST} does not know {node.unique_id}: run `make install`, which parses the dbt project."
        )
    metadata: Metadata = {"seconds": round(node.seconds, 3)}
    if spec.group_name != "marts":
        return dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
    parquet = mart_path(settings.marts, spec.key.path[-1])
    metadata |= parquet_metadata(parquet)
    if spec.key == dg.AssetKey("headline_figures"):
        metadata["total_cost"] = _total_costs(settings)
    # The same bytes are the same version: what is downstream of an unchanged mart is not out of date.
    version = dg.DataVersion(sha256(parquet.read_bytes()))
    return dg.MaterializeResult(asset_key=spec.key, metadata=metadata, data_version=version)


def _total_costs(settings: Settings) -> dg.MarkdownMetadataValue:
    rows = read_mart(settings.marts, "headline_figures", columns=["edition", "total_cost_bn_eur"])
    known = [
        (row["edition"], Decimal(row["total_cost_bn_eur"])) for row in rows if row["total_cost_bn_eur"] is not None
    ]
    return bars(
        [(edition, cost, f"{cost} Md€") for edition, cost in known], "Total cost of the portfolio by edition, in Md€"
    )


def _test(spec: dg.AssetCheckSpec, node: NodeResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=spec.name,
        asset_key=spec.asset_key,
        passed=node.status == "pass",
        severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
        description=node.message,
        metadata={"failing_rows": node.failures or 0},
    )
