"""The marts as they are now, released or not, for whoever asks on the command line.

What belongs here: reading. What does not: the tables of a release (`tables`).
"""

import json

import pyarrow.parquet as pq

from orchestration.publication.tables import Row, json_records
from orchestration.settings import Settings


def read_mart(settings: Settings, name: str) -> list[Row]:
    """Every row of a mart in the order of its key, values as in the published JSON; none before the first pass."""
    path = settings.marts / f"{name}.parquet"
    if not path.exists():
        return []
    rows: list[Row] = json.loads(json_records(pq.read_table(path, partitioning=None).to_pylist()))
    return rows
