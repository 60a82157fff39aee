"""The Dagster code location: whatever `defs/` holds, found by itself. Nothing else belongs here."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """Everything under `orchestration/defs/`."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
