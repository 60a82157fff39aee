"""A copy of what dbt reads and makes of a home, to try models on: the home under way is never worked on by hand.

What belongs here: copying. What does not: which folder dbt takes for the copy (the target `dev` of
`dbt_project/profiles.yml`), and the locks under which nothing changes meanwhile.
"""

import shutil
from pathlib import Path

from orchestration.places import CHECKOUT
from orchestration.settings import Settings

DBT_COPY = CHECKOUT / ".jalons" / "dev"


class NothingToCopy(Exception):
    """No pass went over the home yet; the message says so."""


def copy_for_dbt(settings: Settings, copy: Path = DBT_COPY) -> None:
    """Put the lake, the export of the ledger, the warehouse and the marts of a home in the place of an earlier copy.

    Raise `NothingToCopy` before a first pass. What dbt writes of each invocation (logs, compiled models) stays behind.
    """
    if not (settings.lake / "_ledger").is_dir():
        raise NothingToCopy(f"No pass went over {settings.home} yet, so there is nothing to copy. Next: jalons run")
    aside = copy.with_name(f"{copy.name}.copying")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(settings.lake, aside / "lake")
    if settings.warehouse.is_dir():
        shutil.copytree(settings.warehouse, aside / "warehouse", ignore=shutil.ignore_patterns("dbt"))
    (aside / "warehouse" / "marts").mkdir(parents=True, exist_ok=True)
    shutil.rmtree(copy, ignore_errors=True)
    aside.rename(copy)
