"""Commands that start passes: `run`, `replay`, and `ui`, whose sensor starts them.

What belongs here: handing the job to a pass and printing its summary. What does not: the pass (`orchestration.passes`).
"""

import os
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.app import app
from orchestration.cli.options import HERE, Home, settings_of
from orchestration.cli.output import progress
from orchestration.settings import CHECKOUT

if TYPE_CHECKING:
    from dagster import JobDefinition

    from orchestration.passes.replay import Wave
    from orchestration.passes.run import PassSummary


@app.command()
def run(
    force: Annotated[bool, typer.Option("--force", help="Run the pass even if nothing has changed.")] = False,
    home: Home = HERE,
) -> None:
    """Run one pass over everything that is pending: take in, consolidate, validate, release, alert.

    Where nothing has changed since the last whole pass, and nothing is damaged, say so and stop.
    """
    from orchestration.passes.alive import is_a_run_dead
    from orchestration.passes.databases import unreadable
    from orchestration.passes.has_work import has_work
    from orchestration.passes.telling import causes_told, tell_recovered

    settings, now = settings_of(home), datetime.now(UTC)
    with causes_told(settings):
        is_damaged = is_a_run_dead(settings.dagster_home) or bool(unreadable(settings.dagster_home))
        if not (force or is_damaged or has_work(settings, now)):
            tell_recovered(settings)
            typer.echo("  Nothing new: no drop, reminder, rebuild, release or alert is owed.")
            return
        with progress("Starting a pass…") as report:
            from orchestration.passes.run import run_pass

            summary = run_pass(_job(), settings, now, report)
    _print_summary(summary)
    if summary.failures:
        raise typer.Exit(1)


@app.command()
def replay(
    drops: Annotated[
        Path, typer.Argument(help="A drops.csv; its paths are relative to it.", exists=True, dir_okay=False)
    ],
    home: Home = HERE,
) -> None:
    """File a list of drops again, wave by wave, each on the 15th of its month at 09:00 UTC, with one pass per wave."""
    from orchestration.intake.ledger import Ledger
    from orchestration.passes.replay import BadDropList, read_waves
    from orchestration.passes.replay import replay as replay_waves
    from orchestration.passes.telling import causes_told

    settings = settings_of(home).model_copy(update={"settle_seconds": 0.0})
    try:
        waves = read_waves(drops)
    except BadDropList as error:
        raise typer.BadParameter(str(error), param_hint="DROPS.csv") from error
    failures: list[str] = []
    with progress(f"Starting {len(waves)} waves…") as report:
        from orchestration.passes.run import run_pass

        def one(wave: "Wave") -> None:
            label = f"Wave {wave.order} of {len(waves)} ({wave.received_at:%Y-%m-%d})"
            report(f"{label}: starting")
            told = lambda step: report(f"{label}: {step}")  # noqa: E731
            summary = run_pass(_job(), settings, wave.received_at, told, is_replay=True)
            failures.extend(summary.failures)
            typer.echo(f"{label}")
            _print_summary(summary)

        with causes_told(settings):
            replay_waves(settings, waves, one)
    # The waves say other days: what comes next is held against the day of today.
    with Ledger(settings.ledger) as ledger:
        ledger.see_clock(datetime.now(UTC))
    if failures:
        raise typer.Exit(1)


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="The port to listen on, on this machine only.")] = 3000,
    home: Home = HERE,
) -> None:
    """Open the Dagster UI over a home, with its sensor running; stop it with Ctrl-C."""
    from orchestration.passes.run import make_ready

    settings = settings_of(home)
    make_ready(settings, datetime.now(UTC), lambda step: typer.echo(step, err=True))
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.chdir(CHECKOUT)
    command = Path(sys.executable).parent / "dagster"
    os.execv(command, [str(command), "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)])  # noqa: S606


@cache
def _job() -> "JobDefinition":
    from orchestration.definitions import defs
    from orchestration.passes.faults import PROCESS_DROPS

    return defs().resolve_job_def(PROCESS_DROPS)


def _print_summary(summary: "PassSummary") -> None:
    counts = ", ".join(f"{count} {status}" for status, count in sorted(summary.drops.items())) or "nothing new"
    typer.echo(f"  Drops: {counts}")
    for edition, revision in summary.releases:
        typer.echo(f"  Released {edition}, revision {revision}")
    for channel, count in sorted(summary.alerts_sent.items()):
        typer.echo(f"  Alerts on {channel}: {count}")
    for failure in summary.failures:
        typer.echo(f"  Failed: {failure}", err=True)
    if summary.failures:
        typer.echo(f"  All that the run logged: jalons ui, then run {summary.run_id}", err=True)
