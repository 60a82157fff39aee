"""The command for whoever works on the models: a copy of a home that dbt may do anything with.

What belongs here: calling `orchestration.operations.dbt_copy` under the locks that it needs. What does not: dbt's own
commands, which are typed as dbt has them.
"""

import typer

from orchestration.cli.app import app
from orchestration.cli.options import HERE, Home, settings_of
from orchestration.cli.output import progress, say_no


@app.command("dbt-copy")
def dbt_copy(home: Home = HERE) -> None:
    """Copy what dbt reads and makes of the home to .jalons/dev of the checkout, where plain dbt commands work."""
    from orchestration.operations.dbt_copy import DBT_COPY, NothingToCopy, copy_for_dbt
    from orchestration.passes.lock import home_lock

    settings = settings_of(home)
    if not settings.home.is_dir():
        say_no(f"There is no home {settings.home}. Name one: --home, or JALONS_HOME.")
    try:
        with progress("Copying…") as report, home_lock(settings, report):
            copy_for_dbt(settings)
    except NothingToCopy as error:
        say_no(str(error))
    typer.echo(f"  {settings.home} as it is now: {DBT_COPY}")
    typer.echo("  Next: cd dbt_project && ../.venv/bin/dbt build --select top50")
