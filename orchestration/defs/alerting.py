"""Alerting in the UI: what each channel was told.

What belongs here: showing a delivery. What does not: messages and channels (`orchestration.alerting`).
"""

from time import monotonic
from typing import Any, get_args

import dagster as dg

from orchestration.alerting.delivery import deliver
from orchestration.alerting.outbox_tables import State
from orchestration.alerting.refused import refused_messages
from orchestration.defs.metadata import Metadata, located, seconds_since, table
from orchestration.defs.moment import Moment
from orchestration.defs.validation import say_what_holds
from orchestration.passes.home import Home


@located
@dg.asset(
    group_name="alerting",
    owners=["team:alerting"],
    kinds={"python", "slack"},
    deps=["alerts", "alert_ends", "corrections", "releases", "verdicts"],
)
def delivered_alerts(
    context: dg.AssetExecutionContext, config: Moment, publication: dg.ResourceParam[Home]
) -> dg.MaterializeResult[None]:
    """One row per alert and channel, in the outbox: each alert reaches each channel once, after its release is out."""
    publication.report("Delivering alerts")
    begun = monotonic()
    judgement = publication.judgement()
    say_what_holds(context, publication.settings, judgement)
    delivery = deliver(publication.settings, config.read(publication.hour), judgement)
    publication.done.delivery = delivery
    known, none = delivery.counts, dict.fromkeys(get_args(State), 0)
    lines = [{"channel": name, **none, **counts} for name, counts in known.items()]
    states: Metadata = {state: sum(counts.get(state, 0) for counts in known.values()) for state in none}
    shown: Metadata = {"channels": table(lines, most=len(lines)), "refused": table(_refused(publication))}
    return dg.MaterializeResult(metadata=states | {"seconds": seconds_since(begun)} | shown)


def _refused(publication: Home) -> list[dict[str, Any]]:
    """The messages that wait for a person: jalons alerts retry sends them again."""
    return [
        {"channel": one.channel, "error": one.error, "message": one.headline, "rows": one.rows}
        for one in refused_messages(publication.settings)
    ]
