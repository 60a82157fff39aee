"""The grid edition × perimeter, on which the UI answers "who has not filed what?".

What belongs here: the partitions and their keys. What does not: which assets are partitioned.
"""

import dagster as dg

from orchestration.domain.perimeter import perimeter_names

# Dynamic: an edition exists once a valid drop has opened it.
EDITIONS = dg.DynamicPartitionsDefinition(name="edition")
PERIMETERS = dg.StaticPartitionsDefinition(list(perimeter_names()))
GRID = dg.MultiPartitionsDefinition({"edition": EDITIONS, "perimeter": PERIMETERS})


def cell(edition: str, perimeter: str) -> dg.MultiPartitionKey:
    """The partition key of one cell of the grid."""
    return dg.MultiPartitionKey({"edition": edition, "perimeter": perimeter})


def add_editions(instance: dg.DagsterInstance, editions: set[str]) -> None:
    """Make sure that the editions are rows of the grid."""
    missing = editions - set(instance.get_dynamic_partitions("edition"))
    if missing:
        instance.add_dynamic_partitions("edition", sorted(missing))


def latest_of(instance: dg.DagsterInstance, key: dg.AssetKey, partition: str) -> dg.EventLogRecord | None:
    """The last time that a partition was filled, if it was."""
    wanted = dg.AssetRecordsFilter(asset_key=key, asset_partitions=[partition])
    return next(iter(instance.fetch_materializations(wanted, limit=1).records), None)
