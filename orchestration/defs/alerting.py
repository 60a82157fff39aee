"""Alerting in the UI: what each channel was told.

What belongs here: showing a delivery, and saying that the pass is done. What does not: messages and channels
(`orchestration.alerting`).
"""

import dagster as dg

from expectations.runner import Verdict
from orchestration.alerting.delivery import Delivery, deliver
from orchestration.defs.metadata import markdown_table
from orchestration.defs.moment import Moment
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import TakeIn
from orchestration.passes.home import Home
from orchestration.validation.holding import holds_of, previous_editions


@dg.asset(group_name="alerting", owners=["team:alerting"], kinds={"python", "slack"}, deps=["alerts", "releases"])
def delivered_alerts(
    config: Moment, home: dg.ResourceParam[Home], drops: TakeIn, verdicts: list[Verdict]
) -> dg.MaterializeResult[Delivery]:
    """One row per alert and channel, in the outbox: each alert reaches each channel once, after its release is out.

    It is the last step: what the pass took in now needs no other pass, unless an edition is held back.
    """
    home.report("Delivering alerts")
    holds = holds_of(verdicts, previous_editions(home.settings))
    delivery = deliver(home.settings, config.read(), holds=holds)
    if not holds:
        with Ledger(home.settings.ledger) as ledger:
            ledger.pass_done(drops.head)
    lines = [{"channel": name, **counts} for name, counts in delivery.counts.items()]
    return dg.MaterializeResult(value=delivery, metadata={"channels": markdown_table(lines)})
