"""The command that says whether a publication is what it says; it needs no home.

What belongs here: printing what was found. What does not: finding it (`orchestration.verification`).
"""

from typing import Annotated

import typer

from orchestration.cli.app import app
from orchestration.cli.options import AsJson
from orchestration.cli.output import print_json
from orchestration.domain.visible import visible


@app.command()
def verify(
    target: Annotated[
        str,
        typer.Argument(
            help="A revision, an edition's folder, releases/, public/current, or an address of one.",
            metavar="RELEASE|FOLDER|URL",
        ),
    ],
    key: Annotated[str | None, typer.Option(help="The public key: a file jalons.pub, or its text.")] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            help="The SHA-256, kept elsewhere, of the newest MANIFEST.json, which no chain covers.", metavar="SHA256"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify a publication offline: signature, chain, files, schemas, formats, and the figures, computed again.

    Exit with 0 where nothing is wrong, 1 where something is, 2 where nothing can be read. What is said is in French.
    """
    from orchestration.verification.verifier import Unreadable, read_key, typeset
    from orchestration.verification.whole import verify_whole

    try:
        report = verify_whole(target, read_key(key) if key else None, expect or ())
    except Unreadable as error:
        typer.echo(visible(typeset(f"Illisible : {error}.")), err=True)
        raise typer.Exit(2) from None
    if as_json:
        wrong = [{"where": where, "sentence": sentence} for where, sentence in report.wrong]
        print_json({"is_proved": not wrong, "wrong": wrong, "proved": report.proved, "unproved": report.unproved})
    else:
        typer.echo("\n".join(report.lines()))
    if report.wrong:
        raise typer.Exit(1)
