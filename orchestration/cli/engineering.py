"""Commands for whoever works on the models and the rules: a copy of a home for dbt, and the pages of the rules.

What belongs here: calling `orchestration.operations` under the lock that each needs. What does not: dbt's own commands,
which are typed as dbt has them.
"""

from typing import TYPE_CHECKING

import typer

from orchestration.cli.app import app
from orchestration.cli.options import HERE, Home, settings_of
from orchestration.cli.output import progress, say_no

if TYPE_CHECKING:
    from orchestration.settings import Settings


@app.command("dbt-copy")
def dbt_copy(home: Home = HERE) -> None:
    """Copy what dbt reads and makes of the home to .jalons/dev of the checkout, where plain dbt commands work."""
    from orchestration.operations.dbt_copy import DBT_COPY, NothingToCopy, copy_for_dbt
    from orchestration.passes.lock import home_lock

    settings = _existing(settings_of(home))
    try:
        with progress("Copying…") as report, home_lock(settings, report):
            copy_for_dbt(settings)
    except NothingToCopy as error:
        say_no(str(error))
    typer.echo(f"  {settings.home} as it is now: {DBT_COPY}")
    typer.echo("  Next: cd dbt_project && ../.venv/bin/dbt build --select top50")


@app.command("gx-docs")
def gx_docs(home: Home = HERE) -> None:
    """Make the context and the Data Docs of Great Expectations over the home, in .jalons/gx of the checkout."""
    from orchestration.operations.gx_docs import document_home
    from orchestration.passes.lock import publication_lock

    settings = _existing(settings_of(home))
    with progress("Judging…") as report, publication_lock(settings, report):
        documented = document_home(settings)
    for suite, success in documented.success.items():
        typer.echo(f"  {suite}: {'holds' if success else 'has rows that fail'}")
    typer.echo(f"  Open {documented.index.as_uri()}")


def _existing(settings: "Settings") -> "Settings":
    if not settings.home.is_dir():
        say_no(f"There is no home {settings.home}. Name one: --home, or JALONS_HOME.")
    return settings
