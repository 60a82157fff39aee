"""Commands about the life of an edition: its days (`orchestration.passes.calendar`), and what closes it."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from orchestration.cli.app import edition_app
from orchestration.cli.options import HERE, EditionCode, Home, moment_of, settings_of
from orchestration.cli.output import print_table, say_no


@edition_app.command()
def close(
    edition: EditionCode,
    at: Annotated[datetime | None, typer.Option(parser=moment_of, help="When; now by default.")] = None,
    home: Home = HERE,
) -> None:
    """Close an edition: what is filed later makes new revisions, marked as corrections."""
    from orchestration.intake.home_identity import begin_generation, check_home
    from orchestration.intake.ledger import Ledger
    from orchestration.operations.ledger_copies import copy_ledger
    from orchestration.passes.lock import intake_lock

    settings, now = settings_of(home), datetime.now(UTC)
    if at and at > now:
        raise typer.BadParameter(f"{at:%Y-%m-%d %H:%M} UTC has not come", param_hint="--at")
    check_home(settings)
    with intake_lock(settings, lambda step: typer.echo(step, err=True)), Ledger(settings.ledger) as ledger:
        # A clock that went back must not make corrections of what was filed before.
        latest = ledger.latest_receipt()
        if not ledger.close(edition, at or max(now, latest or now)):
            say_no(f"{edition} is closed already.")
        begin_generation(settings, ledger)
        copy_ledger(settings)
    typer.echo(f"{edition} is closed. Next: jalons run")


@edition_app.command()
def calendar(home: Home = HERE) -> None:
    """Print the days of each edition: those opened so far, the one of today and the next; why one is open too long."""
    from orchestration.passes.calendar import editions_of

    settings, now = settings_of(home), datetime.now(UTC)
    rows = [
        {
            "edition": edition.code,
            "opening": edition.opening,
            "deadline": edition.deadline,
            "publication": edition.publication,
            "closing": edition.closing,
            "days from": "seed" if edition.is_named else "rule",
            "state": state,
        }
        for edition, state in editions_of(settings, now)
    ]
    print_table(rows, "Calendar of the editions (dbt_project/seeds/edition_calendar.csv)")
