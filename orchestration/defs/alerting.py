"""Alerting in the UI: what each channel was told.

What belongs here: showing a delivery, and saying that the pass is done. What does not: messages and channels
(`orchestration.alerting`).
"""

import dagster as dg

from orchestration.alerting.delivery import deliver
from orchestration.defs.metadata import markdown_table
from orchestration.defs.moment import Moment
from orchestration.defs.validation import say_what_holds
from orchestration.passes.home import Home


@dg.asset(
    group_name="alerting",
    owners=["team:alerting"],
    kinds={"python", "slack"},
    deps=["alerts", "alert_ends", "corrections", "releases", "verdicts"],
)
def delivered_alerts(
    context: dg.AssetExecutionContext, config: Moment, publication: dg.ResourceParam[Home]
) -> dg.MaterializeResult[None]:
    """One row per alert and channel, in the outbox: each alert reaches each channel once, after its release is out.

    It is the last step: what the ledger listed needs no other publication until something changes, an edition that is
    held back neither; unless a check could not run.
    """
    publication.report("Delivering alerts")
    judgement = publication.judgement()
    say_what_holds(context, publication.settings, judgement)
    delivery = deliver(publication.settings, config.read(publication.hour), judgement)
    publication.done.delivery = delivery
    if not judgement.broken:
        publication.note_whole(judgement.ledger_head)
    lines = [{"channel": name, **counts} for name, counts in delivery.counts.items()]
    return dg.MaterializeResult(metadata={"channels": markdown_table(lines)})
