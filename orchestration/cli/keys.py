"""Commands about the key that signs what is published (`orchestration.publication.signing`)."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.app import keys_app
from orchestration.cli.options import HERE, Home, settings_of
from orchestration.cli.output import say_no


@keys_app.command()
def make(
    path: Annotated[Path, typer.Argument(help="Where the secret key is written; a path outside of the checkout.")],
) -> None:
    """Make a key pair: the secret key in PATH, its owner's alone, and the public one beside it, in PATH.pub.

    The files are minisign's. The key has no password, since passes sign without anybody there: keep it where only the
    account that runs them reads it, and a copy apart from the copies of the home.
    """
    from orchestration.publication.signing import KeyRefused, make_key
    from orchestration.store.whole_file import write_whole

    try:
        key = make_key(path)
    except KeyRefused as refused:
        say_no(str(refused))
    public = path.with_name(f"{path.name}.pub")
    write_whole(public, key.public_file, "all")
    typer.echo(f"  Secret key  {path.absolute()}  (copy it to a safe place: no backup of the home holds it)")
    typer.echo(f"  Public key  {public.absolute()}  (give it to whoever verifies, by another way than the releases)")
    typer.echo(f"  Fingerprint {key.fingerprint}")
    typer.echo(f"  Next: set JALONS_SIGNING_KEY={path.absolute()} for whatever runs passes.")


@keys_app.command()
def show(home: Home = HERE) -> None:
    """Show the public key that releases are signed for, and its fingerprint."""
    from orchestration.publication.signing import KeyRefused, read_key

    path = settings_of(home).signing_key
    if path is None:
        say_no("Releases are not signed: no key is set. Make one (jalons keys make PATH), and set JALONS_SIGNING_KEY.")
    try:
        key = read_key(path)
    except KeyRefused as refused:
        say_no(str(refused))
    typer.echo(key.public_file.decode(), nl=False)
    typer.echo(f"  Fingerprint {key.fingerprint}")
