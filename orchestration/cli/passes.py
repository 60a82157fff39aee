"""Commands that start passes: `run`, `watch`, `replay`, and `ui`, whose watcher and sensors start them.

What belongs here: handing the jobs to a pass, and printing its summary. What does not: the pass
(`orchestration.passes`).
"""

import os
import socket
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.app import app
from orchestration.cli.options import HERE, Home, settings_of
from orchestration.cli.output import progress, say_no
from orchestration.domain.visible import visible
from orchestration.places import CHECKOUT
from orchestration.remote.address import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dagster import JobDefinition

    from orchestration.passes.replay import Wave
    from orchestration.passes.summary import PassSummary
    from orchestration.settings import Settings


@app.command()
def run(
    force: Annotated[bool, typer.Option("--force", help="Run the pass even if nothing has changed.")] = False,
    home: Home = HERE,
) -> None:
    """Run one pass over everything that is pending: take in, consolidate, validate, release, alert.

    Where nothing has changed since the last whole pass, and nothing is damaged, say so and stop. Exit 1 where something
    failed, an edition is held back, or a channel refused a message for good.
    """
    from orchestration.passes.alive import is_a_run_dead
    from orchestration.passes.databases import unreadable
    from orchestration.passes.has_work import intake_owed, publication_owed
    from orchestration.passes.telling import causes_told, tell_recovered
    from orchestration.watcher.handover import ask_to_run

    settings, now = settings_of(home), datetime.now(UTC)
    with causes_told(settings):
        is_damaged = is_a_run_dead(settings.dagster_home) or bool(unreadable(settings.dagster_home))
        if not (force or is_damaged):
            of_inbox = intake_owed(settings, now)
            if not (of_inbox.word or publication_owed(settings, now).word):
                tell_recovered(settings)
                _say_nothing_owed(settings, now, of_inbox.waits)
                return
        with progress("Starting a pass…") as report:
            summary = ask_to_run(settings.home, report, is_forced=force)
            summary = summary or _run_here(settings, now, report, force=force)
    _print_summary(summary)
    # Where the ledger is out of reach, nothing is asked of it.
    if summary.failures:
        raise typer.Exit(1)
    _expect_no_refusal(settings)
    if _inbox_faults(settings, now) or summary.held_back:
        raise typer.Exit(1)


def _run_here(settings: "Settings", now: datetime, report: "Callable[[str], None]", *, force: bool) -> "PassSummary":
    from orchestration.passes.run import Pass, run_pass

    said = "jalons run --force" if force else "jalons run"
    return run_pass(Pass(_jobs(), settings, now, report, is_forced=force, started_by=said))


@app.command()
def watch(
    port: Annotated[
        int, typer.Option(help="The port of this machine on which its health is told (GET /health).", min=0, max=65535)
    ] = 0,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Take over once another watcher ends; stop when standard input does."),
    ] = False,
    home: Home = HERE,
) -> None:
    """Watch a home: answer each drop as it lands, then publish and alert; stop it with Ctrl-C or SIGTERM.

    What is under way comes to its end. `jalons check` and `jalons run` over the same home are answered by it.
    """
    from orchestration.passes import fingerprint

    settings = settings_of(home)
    # Before the rest is loaded: what changes from here on is not what this process has.
    sources = fingerprint.sources(settings)
    from orchestration.passes.watched import AlreadyWatched
    from orchestration.watcher.console import log_to_console
    from orchestration.watcher.memory import share_one_arena
    from orchestration.watcher.service import Watcher, begin_anew, end_with_input, wait_for_turn

    if wait:
        end_with_input()
        wait_for_turn(settings)
    with _listener("127.0.0.1", port) as listener:
        at = listener.getsockname()[1]

        def say_ready() -> None:
            typer.echo(f"Watching {shown(settings.inbox_url or str(settings.inbox))} (Ctrl-C stops it)")
            typer.echo(f"  Health: http://127.0.0.1:{at}/health")

        share_one_arena()
        log_to_console()
        try:
            is_again = Watcher(settings, _jobs, sources, at).watch(listener, say_ready)
        except AlreadyWatched as other:
            say_no(str(other))
    if is_again:
        begin_anew()


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
    from orchestration.passes.watched import AlreadyWatched, only_watcher

    settings = settings_of(home).model_copy(update={"settle_seconds": 0.0})
    try:
        waves = read_waves(drops)
    except BadDropList as error:
        raise typer.BadParameter(str(error), param_hint="DROPS.csv") from error
    failures: list[str] = []
    with progress(f"Starting {len(waves)} waves…") as report:
        from orchestration.passes.run import Pass, passes_over

        def one(wave: "Wave") -> None:
            label = f"Wave {wave.order} of {len(waves)} ({wave.received_at:%Y-%m-%d})"
            report(f"{label}: starting")
            told = lambda step: report(f"{label}: {step}")  # noqa: E731
            asked = Pass(_jobs(), settings, wave.received_at, told, is_replay=True, started_by="jalons replay")
            summary = one_pass(asked)
            failures.extend((*summary.failures, *summary.held_back))
            typer.echo(f"{label}")
            _print_summary(summary)

        try:
            # Whoever watches would take the drops in first, and date them of today.
            with causes_told(settings), only_watcher(settings), passes_over(settings, report) as one_pass:
                replay_waves(settings, waves, one)
        except AlreadyWatched as other:
            say_no(f"{other} Stop it before a replay: it would take the drops in first.")
    # The waves say other days: what comes next is held against the day of today.
    with Ledger(settings.ledger) as ledger:
        ledger.see_clock(datetime.now(UTC))
    if failures:
        raise typer.Exit(1)


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535)] = 3000,
    host: Annotated[
        str, typer.Option(help="The address to listen on. Beyond this machine, whoever reaches it may drive it.")
    ] = "127.0.0.1",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Nothing is launched or changed from its pages; its sensors go on.")
    ] = False,
    home: Home = HERE,
) -> None:
    """Open the Dagster UI over a home, with its sensors and schedules running; stop it with Ctrl-C.

    It ends within five seconds. Told to end by SIGTERM it lets a run that is under way come to its end; Ctrl-C reaches
    that run too, which then fails, and the next pass takes all that it left.
    """
    from orchestration.passes.run import make_ready

    settings = settings_of(home)
    listener = _listener(host, port)
    with listener:
        make_ready(settings, datetime.now(UTC), lambda step: typer.echo(step, err=True))
        os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
        os.chdir(CHECKOUT)
        from orchestration.ui.service import DaemonDied, serve

        ready = lambda: _say_what_it_is(settings, listener, host, is_read_only=read_only)  # noqa: E731
        try:
            serve(listener, settings.dagster_url, ready, host=host, is_read_only=read_only)
        except DaemonDied as error:
            say_no(str(error))


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host, port, family)
    except OSError:
        say_no(f"The UI cannot listen on {visible(host)}: it is no address of this machine.")
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno or 0).lower()
        at = "this machine" if host == "127.0.0.1" else visible(host)
        say_no(f"The UI cannot listen on port {port} of {at}: {why}. Let it take a free one: jalons ui --port 0")


def _say_what_it_is(settings: "Settings", listener: socket.socket, host: str, *, is_read_only: bool) -> None:
    """Where it is, what it watches, and who may drive it; where it is comes first, alone on its line."""
    from ipaddress import ip_address

    from orchestration.ui.guard import EVERY, in_url

    at = f"http://{'127.0.0.1' if host in EVERY else in_url(host)}:{listener.getsockname()[1]}"
    typer.echo(f"The Dagster UI is on {at} (Ctrl-C stops it)")
    typer.echo(f"  Home: {settings.home}")
    typer.echo(f"  Inbox watched: {shown(settings.inbox_url or str(settings.inbox))}")
    if is_read_only:
        typer.echo("  Read-only: nothing is launched or changed from its pages; sensors and schedules go on.")
    if not ip_address(listener.getsockname()[0]).is_loopback:
        typer.echo(
            f"  Warning: it listens on {host}, beyond this machine, and asks for no password. Whoever reaches it may "
            f"{'read' if is_read_only else 'drive'} it: let a proxy ask who they are (docs/security.md).",
            err=True,
        )


def _expect_no_refusal(settings: "Settings") -> None:
    """Exit with 1 where a message waits for a person: no pass would send it."""
    from orchestration.cli.alerts import say_what_is_refused

    if say_what_is_refused(settings):
        raise typer.Exit(1)


def _say_nothing_owed(settings: "Settings", now: datetime, waits: "Sequence[str]") -> None:
    """Why nothing is owed now: nothing is new, or files are not settled; exit 1 where a person is waited for."""
    from orchestration.passes.fingerprint import held_back

    if _inbox_faults(settings, now):
        raise typer.Exit(1)
    for sentence in waits or ["Nothing new: no drop, reminder, rebuild, release or alert is owed."]:
        typer.echo(f"  {visible(sentence)}")
    _expect_no_refusal(settings)
    held = held_back(settings)
    _print_held(held)
    if held:
        raise typer.Exit(1)


def _inbox_faults(settings: "Settings", now: datetime) -> bool:
    """Whether a pass found something wrong with the inbox; says what."""
    from orchestration.intake.inbox_faults import sentences
    from orchestration.intake.ledger import Ledger

    with Ledger(settings.ledger) as ledger:
        found = sentences(ledger, now)
    for sentence in found:
        typer.echo(f"  {sentence}", err=True)
    return bool(found)


@cache
def _jobs() -> "dict[str, JobDefinition]":
    from orchestration.definitions import defs
    from orchestration.passes.faults import JOBS

    return {name: defs().resolve_job_def(name) for name in JOBS}


def _print_summary(summary: "PassSummary") -> None:
    counts = ", ".join(f"{count} {status}" for status, count in sorted(summary.drops.items())) or "nothing new"
    typer.echo(f"  Drops: {counts}")
    for edition, revision in summary.releases:
        typer.echo(f"  Released {edition}, revision {revision}")
    for channel, count in sorted(summary.alerts_sent.items()):
        typer.echo(f"  Alerts on {channel}: {count}")
    _print_held(summary.held_back)
    for failure in summary.failures:
        typer.echo(f"  Failed: {visible(failure)}", err=True)
    if summary.failures:
        typer.echo(f"  All that the run logged: jalons ui, then run {summary.run_id}", err=True)


def _print_held(reasons: "Iterable[str]") -> None:
    for held in reasons:
        typer.echo(f"  Held: {visible(held)}", err=True)
