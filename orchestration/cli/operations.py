"""Commands that keep a home in good order: scrub it, purge its history, restore its ledger, put its clock right.

What belongs here: calling `orchestration.operations` under the lock that each needs, and printing what it found. What
does not: what is done.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.app import app, clock_app, inbox_app
from orchestration.cli.options import HERE, Home, moment_of, settings_of
from orchestration.cli.output import progress, say_no
from orchestration.domain.visible import visible


@app.command()
def scrub(home: Home = HERE) -> None:
    """Read every file that the home keeps, and hold it against what was noted of it."""
    from orchestration.passes.upkeep import scrub_home

    with progress("Scrubbing…") as report:
        found = scrub_home(settings_of(home), datetime.now(UTC), report)
    for one in found:
        typer.echo(f"  {one.store}: {one.files} read, {len(one.mended)} mended, {len(one.damaged)} missing or damaged")
        for name in one.damaged:
            typer.echo(f"    {visible(name)}")
    if any(one.damaged for one in found):
        say_no(
            "A pass makes again what can be made again: jalons run. Restore the rest from a copy, and look at the disk."
        )


@app.command()
def purge(home: Home = HERE) -> None:
    """Take away the history of runs that Dagster keeps, JALONS_HISTORY_DAYS (30) after they ended, and dead drafts.

    Kept for good: each cell's and table's latest materialization, each check's latest evaluation, and every number that
    the UI plots. Nothing of the ledger, the archive, releases or receipts is touched. Passes may go on meanwhile. The
    UI does it once a day.
    """
    from orchestration.passes.upkeep import purge_home

    with progress("Purging…") as report:
        done = purge_home(settings_of(home), datetime.now(UTC), report)
    before, after = (f"{size / 1e6:.1f} MB" for size in (done.bytes_before, done.bytes_after))
    typer.echo(f"  Runs purged: {done.runs}. Dagster's history: {before} before, {after} now.")


@app.command()
def restore(
    copy: Annotated[
        Path | None,
        typer.Argument(help="A copy of the ledger; the newest of ledger-copies/ by default.", dir_okay=False),
    ] = None,
    home: Home = HERE,
) -> None:
    """Make a ledger that was lost again, from its copy and the archive. What stood there is kept beside it."""
    from orchestration.intake.archive import DamagedBytes
    from orchestration.operations.restore import NothingToRestore
    from orchestration.operations.restore import restore as restore_ledger
    from orchestration.passes.lock import home_lock

    settings = settings_of(home)
    if copy and not copy.is_file():
        raise typer.BadParameter(f"there is no file {copy}")
    try:
        with progress("Restoring…") as report, home_lock(settings, report):
            done = restore_ledger(settings, datetime.now(UTC), copy)
    except (NothingToRestore, ValueError) as error:
        say_no(str(error))
    except DamagedBytes as error:
        say_no(f"{error}. Put it back from a copy; if there is none, remove it: a file still in the inbox comes anew.")
    typer.echo(f"  The ledger is {f'the copy {done.copy}' if done.copy else 'made anew'}.")
    typer.echo(f"  Drops that the archive knew beside it: {done.drops_of_archive}; the next pass decides them again.")
    if done.set_aside:
        typer.echo(f"  The ledger that stood there is kept: {done.set_aside}")
    typer.echo("  What was closed, and what was told, since that copy is not in it: close again what was closed, and")
    typer.echo("  expect its messages once more. Next: jalons run")


@clock_app.command()
def confirm(home: Home = HERE) -> None:
    """Say that the machine's clock is right, where it is years ahead of all that the home knows."""
    from orchestration.intake.home_identity import check_home
    from orchestration.intake.ledger import Ledger

    settings, now = settings_of(home), datetime.now(UTC)
    check_home(settings)
    with Ledger(settings.ledger) as ledger:
        ledger.confirm_clock(now)
    typer.echo(f"It is {now:%Y-%m-%d %H:%M} UTC. Next: jalons run")


@inbox_app.command("confirm")
def confirm_inbox(home: Home = HERE) -> None:
    """Say that the files that the inbox holds no more were taken away on purpose."""
    from orchestration.intake.home_identity import check_home
    from orchestration.intake.inbox import look
    from orchestration.intake.inbox_faults import gone as gone_of
    from orchestration.intake.ledger import Ledger

    settings, now = settings_of(home), datetime.now(UTC)
    check_home(settings)
    listing = look(settings.inbox)
    if fault := listing.unlisted.get(""):
        say_no(f"The inbox cannot be listed, so that nobody knows what is in it: {fault}")
    with Ledger(settings.ledger) as ledger:
        gone = gone_of(listing, ledger.observed())
        ledger.note_gone(gone, now)
    typer.echo(f"{len(gone)} files are gone on purpose. What was taken in of them is kept. Next: jalons run")


@clock_app.command()
def mend(
    at: Annotated[
        datetime, typer.Argument(parser=moment_of, help="The time to give what the ledger dates later than now.")
    ],
    home: Home = HERE,
) -> None:
    """Give a true time to what the ledger dates in the future, noted while the clock was ahead."""
    from orchestration.intake.clock import mend_times
    from orchestration.intake.home_identity import enter_home
    from orchestration.operations.ledger_copies import copy_ledger
    from orchestration.passes.lock import intake_lock

    settings, now = settings_of(home), datetime.now(UTC)
    if at > now:
        raise typer.BadParameter(f"{at:%Y-%m-%d %H:%M} UTC has not come: it is {now:%Y-%m-%d %H:%M} UTC")
    with progress("Mending…") as report, intake_lock(settings, report):
        enter_home(settings)
        try:
            drops = mend_times(settings, at, now)
        except ValueError as error:
            say_no(str(error))
        copy_ledger(settings)
    typer.echo(
        f"{len(drops)} drops are dated {at:%Y-%m-%d %H:%M} UTC now, in the order in which they came. Next: jalons run"
    )
