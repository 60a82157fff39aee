"""The last look at the inbox, noted on the asset `inbox_heartbeat`, whose freshness policy says that nobody looks.

What belongs here: noting it. What does not: the asset (`defs/automation`), and who looks.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

KEY = dg.AssetKey("inbox_heartbeat")
#: How often a look is noted: often enough to be missed soon, and no more than 288 events a day.
BEAT = timedelta(minutes=5)


def beat(instance: dg.DagsterInstance, now: datetime) -> None:
    """Note that the inbox was looked at, unless it was noted lately."""
    last = instance.get_latest_materialization_event(KEY)
    if last is None or now - datetime.fromtimestamp(last.timestamp, UTC) >= BEAT:
        instance.report_runless_asset_event(dg.AssetMaterialization(KEY))
