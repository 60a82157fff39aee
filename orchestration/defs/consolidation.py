"""Consolidation in the UI: each dbt model and seed as an asset, each dbt test as a check.

What belongs here: what dbt's nodes are called here, and telling what one invocation did. What does not: starting dbt
(`orchestration.consolidation`) and the models.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from orchestration.consolidation.build import NodeResult, build
from orchestration.defs.metadata import Metadata, bars, parquet_metadata
from orchestration.domain.reference_data import DBT_PROJECT
from orchestration.intake.lake_check import hand_over
from orchestration.passes.home import Home
from orchestration.publication.method import note_adoption
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from orchestration.store.marts import mart_path, read_mart

MANIFEST = DBT_PROJECT / "target" / "manifest.json"
if not MANIFEST.is_file():
    raise FileNotFoundError(f"{MANIFEST} is missing: run `make install`, which parses the dbt project.")

_UNIQUE_ID = "dagster_dbt/unique_id"


class Translator(DagsterDbtTranslator):
    """Names for dbt's nodes: what the ledger tells dbt is the asset `drops`, and marts leave as Parquet."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The key declared in the project, except for the ledger's tables."""
        if dbt_resource_props.get("source_name") == "ledger":
            return dg.AssetKey("drops")
        return super().get_asset_key(dbt_resource_props)

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """The library's spec; marts are Parquet too."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        return spec.merge_attributes(kinds={"parquet"}) if spec.group_name == "marts" else spec


@dbt_assets(
    manifest=MANIFEST,
    dagster_dbt_translator=Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)),
    name="consolidation",
    pool="duckdb",
)
def consolidation(publication: dg.ResourceParam[Home]) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Rebuild every table in one dbt invocation."""
    publication.report("Consolidating")
    # What the ledger lists now is what is built, released and told, whatever arrives meanwhile.
    with publication.intake():
        note_adoption(publication.settings, datetime.now(UTC))
        hand_over(publication.settings, datetime.now(UTC))
    result = build(publication.settings)
    for node in result.nodes:
        if spec := _CHECKS.get(node.unique_id):
            yield _test(spec, node)
        elif node.status == "success":
            yield _table(publication.settings, node)
    # A test that fails leaves the marts behind it as they were: they must not be released as if they were new.
    broken = [f"{node.unique_id}: {node.message}" for node in result.broken]
    if broken:
        raise dg.Failure("\n".join(broken), allow_retries=False)
    publication.done.is_built = True


_TABLES = {str(spec.metadata[_UNIQUE_ID]): spec for spec in consolidation.specs}
_CHECKS = {str(spec.metadata[_UNIQUE_ID]): spec for spec in consolidation.check_specs if spec.metadata}


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
