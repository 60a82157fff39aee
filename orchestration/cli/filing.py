"""Commands for whoever files: the check of a file, a word on a submission, the template, the schema, the rules.

What belongs here: printing or writing what the rooms make. What does not: any word for an agent.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.app import app
from orchestration.cli.options import HERE, AsJson, Home, Kind, edition_code, perimeter_code, settings_of
from orchestration.cli.output import print_table, progress, say_no, shown
from orchestration.domain.edition import Edition
from orchestration.store.access import make_home
from orchestration.store.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestration.answers.checking import CheckAnswer
    from orchestration.intake.ledger import Ledger


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The file to look at; it is not filed.", exists=True)],
    edition: Annotated[str | None, typer.Option(parser=edition_code, help="The edition it is meant for.")] = None,
    perimeter: Annotated[str | None, typer.Option(parser=perimeter_code, help="The perimeter it is meant for.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder to write the receipt and the annotated copy into.", file_okay=False)
    ] = None,
    as_json: AsJson = False,
    home: Home = HERE,
) -> None:
    """Print the receipt that a file would get, without filing it; exit 1 if it would be rejected."""
    from orchestration.watcher.handover import ask_to_check

    if (edition is None) != (perimeter is None):
        raise typer.BadParameter("give both --edition and --perimeter, or neither")
    if not file.is_file():
        say_no(f"{file} is a folder or a device, not a file.")
    try:
        answer = ask_to_check(home, file, edition, perimeter, with_files=out is not None)
        if answer is None:
            with progress(f"Checking {file.name}…"):
                answer = _checked_here(file, edition, perimeter, home, with_files=out is not None)
    except OSError as error:
        say_no(f"{file} cannot be read: {error.strerror}.")
    for name, content in answer.files.items():
        write_whole(Path(out or "", name), content, "umask")
    if as_json:
        typer.echo(answer.receipt_json, nl=False)
    else:
        typer.echo(shown(answer.verdict).plain)
        if answer.findings:
            print_table(answer.findings, file.name)
        if answer.read:
            print_table(answer.read, "Ce que nous avons lu")
    if answer.status == "rejected":
        raise typer.Exit(1)


def _checked_here(
    file: Path, edition: str | None, perimeter: str | None, home: Path, *, with_files: bool
) -> "CheckAnswer":
    from orchestration.answers.checking import checked
    from orchestration.intake.take_in import bytes_of

    # With a home, the receipt also says what changes since the submission that counts there.
    settings = settings_of(home) if home.is_dir() else None
    now = datetime.now(UTC)
    return checked(file.name, bytes_of(file), now, edition, perimeter, settings, with_files=with_files)


@app.command()
def hold(
    drop: Annotated[int, typer.Argument(help="The number of the drop, as its receipt says it.")], home: Home = HERE
) -> None:
    """Let a submission count no longer, until it is accepted; what was filed before it counts meanwhile."""
    from orchestration.intake import holds

    _say_of_drop(home, drop, holds.hold)
    typer.echo(f"Drop {drop} is held until it is accepted (jalons accept {drop}). Next: jalons run")


@app.command()
def accept(
    drop: Annotated[int, typer.Argument(help="The number of the drop, as its receipt says it.")], home: Home = HERE
) -> None:
    """Let a submission that is held count from now on."""
    from orchestration.intake import holds

    _say_of_drop(home, drop, holds.accept)
    typer.echo(f"Drop {drop} counts. Next: jalons run")


def _say_of_drop(home: Path, drop_id: int, say: "Callable[[Ledger, int, datetime], None]") -> None:
    from orchestration.intake.holds import NotHoldable
    from orchestration.intake.home_identity import begin_generation, check_home
    from orchestration.intake.ledger import Ledger
    from orchestration.operations.ledger_copies import copy_ledger
    from orchestration.passes.lock import intake_lock

    settings = settings_of(home)
    check_home(settings)
    with intake_lock(settings, lambda step: typer.echo(step, err=True)), Ledger(settings.ledger) as ledger:
        latest = ledger.latest_receipt()
        now = datetime.now(UTC)
        try:
            say(ledger, drop_id, max(now, latest or now))
        except NotHoldable as no:
            say_no(str(no))
        begin_generation(settings, ledger)
        copy_ledger(settings)


@app.command()
def template(
    kind: Kind,
    edition: Annotated[str, typer.Option(parser=edition_code, help="The edition to file for.")],
    perimeter: Annotated[str, typer.Option(parser=perimeter_code, help="The perimeter that files.")],
    out: Annotated[
        Path | None, typer.Option(help="The workbook to write; in templates/ of the home by default.", dir_okay=False)
    ] = None,
    home: Home = HERE,
) -> None:
    """Write the workbook that an agent fills, with what the perimeter filed last already in it."""
    from orchestration.contracts import CONTRACTS
    from orchestration.contracts.template import template as workbook
    from orchestration.intake.last_filed import last_filed

    contract, for_edition = CONTRACTS[kind], Edition.parse(edition)
    filed = last_filed(settings_of(home), contract, for_edition, perimeter, datetime.now(UTC))
    path = out or home / "templates" / f"{kind}-{edition}-{perimeter}.xlsx"
    if out is None:
        make_home(home)
    # What was filed last is in it: what the home keeps of it is private.
    write_whole(path, workbook(contract, for_edition, perimeter, filed), "umask" if out else "owner")
    origin = f"{len(filed.rows)} rows from {filed.edition}" if filed else "no earlier submission, so no rows"
    typer.echo(f"Wrote {path} ({origin}).")


@app.command()
def schema(
    kind: Kind,
    out: Annotated[
        Path | None, typer.Option(help="A folder for the schema, its two examples and the help page.", file_okay=False)
    ] = None,
) -> None:
    """Print the Table Schema of a kind, or write it with its examples and its help page."""
    from orchestration.contracts import CONTRACTS
    from orchestration.contracts.table_schema import schema_json, write_schema
    from orchestration.settings import Settings

    site_url = Settings().site_url
    if out is None:
        typer.echo(schema_json(CONTRACTS[kind], site_url), nl=False)
    else:
        write_schema(CONTRACTS[kind], out, site_url)
        typer.echo(f"Wrote {out}/schema.json, its examples and its help page.")


@app.command()
def rules(
    out: Annotated[
        Path | None, typer.Option(help="A file to write the catalogue into: .json, else a page.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print every rule that a receipt may name, or write the public catalogue of them."""
    from orchestration.intake.findings import catalogue

    if out is not None:
        write_whole(out, (catalogue.as_json() if out.suffix == ".json" else catalogue.as_html()).encode(), "umask")
        typer.echo(f"Wrote {out}.")
    elif as_json:
        typer.echo(catalogue.as_json(), nl=False)
    else:
        rows = [{"rule": one.id, "severity": one.severity, "title": one.title} for one in catalogue.entries()]
        print_table(rows, "Rules")
