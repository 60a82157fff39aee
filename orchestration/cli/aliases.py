"""Commands of the alias register: what is proposed, and what a human answers.

What belongs here: printing. What does not: the rules of the register (`orchestration.consolidation.aliases`).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.app import alias_app
from orchestration.cli.options import HERE, AsJson, Home, edition_code, settings_of
from orchestration.cli.output import print_json, print_table, say_no

if TYPE_CHECKING:
    from orchestration.domain.alias_register import Alias


@alias_app.command()
def propose(as_json: AsJson = False, home: Home = HERE) -> None:
    """Print the new names that look like a project which is gone and that nobody has judged, best first."""
    from orchestration.consolidation.aliases import open_proposals

    found = open_proposals(settings_of(home))
    if as_json:
        print_json(found)
        return
    rows = [
        {
            "score": row["score"],
            "edition": row["edition"],
            "name": row["name"],
            "perimeter": row["perimeter"],
            "may be": f"{row['candidate_name']} ({row['candidate_perimeter']}, {row['candidate_edition']})",
            "id": row["candidate_id"],
            "same start": {True: "yes", False: "no", None: "–"}[row["is_same_start"]],
            "cost ratio": "–" if row["cost_ratio"] is None else f"{row['cost_ratio']:.2f}",
        }
        for row in found
    ]
    print_table(rows, "Proposed aliases")
    if rows:
        typer.echo("Next: jalons alias confirm NAME ID --source TEXT, or jalons alias reject NAME ID --source TEXT")


AliasName = Annotated[str, typer.Argument(metavar="NAME", help="The name, as filed.")]
AliasId = Annotated[str, typer.Argument(metavar="PROJECT_ID", help="The id of the project it is, or is not.")]
AliasSource = Annotated[str, typer.Option("--source", help="Who says so, or where it is written.")]


@alias_app.command()
def confirm(
    name: AliasName,
    project_id: AliasId,
    source: AliasSource,
    since: Annotated[
        str | None, typer.Option("--from", parser=edition_code, help="The first edition it holds in.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", parser=edition_code, help="The last edition it holds in.")
    ] = None,
    home: Home = HERE,
) -> None:
    """Write in the register that a name is a project's, for every edition or for some."""
    from orchestration.domain.alias_register import Alias

    if since and until and until < since:
        raise typer.BadParameter("--to is before --from")
    _judge(Alias(name, project_id, "confirmed", since or "", until or "", source), home)


@alias_app.command()
def reject(name: AliasName, project_id: AliasId, source: AliasSource, home: Home = HERE) -> None:
    """Write in the register that a name only looks like a project's: it is not proposed again."""
    from orchestration.domain.alias_register import Alias

    _judge(Alias(name, project_id, "rejected", source=source), home)


def _judge(alias: "Alias", home: Path) -> None:
    from orchestration.consolidation.aliases import AliasRefused, is_declared, judge
    from orchestration.domain.alias_register import REGISTER

    settings = settings_of(home)
    try:
        is_new = judge(settings, alias)
    except AliasRefused as error:
        say_no(str(error))
    except OSError as error:
        say_no(f"{REGISTER} cannot be written: {error.strerror}.")
    if not is_new:
        typer.echo(f"{alias.name!r} is {alias.status} as {alias.project_id!r} already.")
        return
    if not is_declared(settings, alias.name):
        typer.echo(f"No edition declares {alias.name!r} yet: the line waits for one that does.")
    typer.echo(f"{alias.name!r} is {alias.status} as {alias.project_id!r} in {REGISTER}, for you to review and commit.")
    typer.echo("Next: jalons run")
