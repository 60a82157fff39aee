"""Reference data: the reviewed tables of `dbt_project/seeds/`, which Python and dbt read alike.

What belongs here: reading one, and the settings of `dbt_project.yml` that both need. What does not: what they mean.
"""

import csv
from functools import cache
from pathlib import Path
from typing import Any

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
SEEDS = DBT_PROJECT / "seeds"


def seed_rows(seed: str) -> list[dict[str, str]]:
    """The rows of a seed, by column, in the order of the file."""
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def dbt_variable(name: str) -> float:
    """A number of the `vars` of `dbt_project.yml`, by which the models and Python judge alike."""
    return float(_dbt_variables()[name])


def method_version() -> str:
    """The version of the method by which the models compute."""
    return str(_dbt_variables()["method_version"])


@cache
def _dbt_variables() -> dict[str, Any]:
    import yaml  # type: ignore[import-untyped]

    variables: dict[str, Any] = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    return variables
