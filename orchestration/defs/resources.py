"""The resources of the code location, and the executor of its jobs.

What belongs here: binding them. What does not: what they are (`orchestration.passes.home`).
"""

import dagster as dg

from orchestration.passes.faults import PUBLICATION
from orchestration.passes.home import home_resource, publication
from orchestration.settings import Settings


@dg.definitions
def resources() -> dg.Definitions:
    """The home of the environment; one process per run, since start-up is what takes time."""
    return dg.Definitions(
        resources={
            "home": home_resource(Settings, lambda step: dg.get_dagster_logger().info(step)),
            PUBLICATION: publication,
        },
        executor=dg.in_process_executor,
    )
