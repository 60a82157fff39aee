"""The command that writes the files of a made-up State (`orchestration.sample`)."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.app import app


@app.command()
def sample(
    out: Annotated[Path, typer.Argument(help="The folder to write it into.", file_okay=False)],
) -> None:
    """Write the files of a made-up State and a drops.csv that `jalons replay` takes."""
    from orchestration.sample import generate

    listing = generate(out)
    typer.echo(f"Wrote {listing}. Next: jalons replay {listing}")
