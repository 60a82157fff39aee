"""Commands that say where things stand: which alerts were told, who has filed what; and that send refused ones again.

What belongs here: printing it. What does not: finding it out (`orchestration.alerting`, `orchestration.answers`).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.app import alerts_app, app
from orchestration.cli.options import HERE, AsJson, Home, edition_code, settings_of
from orchestration.cli.output import expect_known, print_json, print_table, shown
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.answers.filing_status import Filing


@alerts_app.command()
def show(
    edition: Annotated[
        str | None, typer.Argument(help="An edition; all of them by default.", parser=edition_code)
    ] = None,
    as_json: AsJson = False,
    home: Home = HERE,
) -> None:
    """Print the alerts with their delivery state on each channel; exit 1 where a message was refused for good."""
    from orchestration.alerting.delivery import alert_states

    settings = settings_of(home)
    found = alert_states(settings, edition)
    if edition and not found:
        expect_known(settings, edition)
    if as_json:
        print_json(found)
    else:
        rows = [
            {
                "edition": row["edition"],
                "severity": row["severity"] or "–",
                "rule": row["rule"],
                "subject": f"{row['subject_name'] or row['subject']} ({row['perimeter'] or '–'})",
                "from → to": f"{row['from_text'] or '–'} → {row['to_text'] or '–'}",
                "channels": _channels(row["channels"], row["errors"]),
            }
            for row in found
        ]
        print_table(rows, f"Alerts of {edition or 'all editions'}")
    _say_who_refuses(settings)
    if say_what_is_refused(settings, edition):
        raise typer.Exit(1)


@alerts_app.command()
def retry(home: Home = HERE) -> None:
    """Plan what channels refused for good again, once the cause is mended; the next pass sends it.

    A channel that refuses is tried again by the next pass too, unless it asked for a rest.
    """
    from orchestration.alerting.refused import retry as plan_again
    from orchestration.intake.home_identity import check_home

    settings = settings_of(home)
    if home.is_dir():
        check_home(settings)
    count = plan_again(settings)
    planned = "1 alert is" if count == 1 else f"{count} alerts are"
    typer.echo(f"{planned} planned again. Next: jalons run" if count else "No message was refused for good.")


def say_what_is_refused(settings: Settings, edition: str | None = None) -> bool:
    """Say on standard error which messages of open channels were refused for good; whether there is any."""
    from orchestration.alerting.refused import refused_messages

    refused = refused_messages(settings, edition)
    for one in refused:
        others = f", and {one.rows - 1} more" if one.rows > 1 else ""
        said = f"  Refused for good on {one.channel} ({one.error}): {shorten(one.headline, 100)}{others}"
        typer.echo(shown(said).plain, err=True)
    if refused:
        typer.echo("  Once the cause is mended: jalons alerts retry, then jalons run", err=True)
    return bool(refused)


def _say_who_refuses(settings: Settings) -> None:
    from orchestration.alerting.refused import refusing_channels

    for one in refusing_channels(settings):
        what = "takes no message" if one.act == "send" else "does not say which messages arrived"
        when = f"since {one.since:%Y-%m-%d %H:%M} UTC; asked again from {one.not_before:%Y-%m-%d %H:%M} UTC on"
        typer.echo(shown(f"  {one.channel} {what} ({one.error}) {when}; messages wait.").plain, err=True)


def _channels(states: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return ", ".join(
        f"{channel}: {state}" + (f" ({errors[channel]})" if channel in errors else "")
        for channel, state in sorted(states.items())
    )


@app.command()
def status(home: Home = HERE) -> None:
    """Print who has filed what for the open editions, and who is still awaited."""
    from orchestration.answers.filing_status import open_editions
    from orchestration.domain.perimeter import perimeter_names

    names = perimeter_names()
    found = open_editions(settings_of(home), datetime.now(UTC).date())
    if not found:
        typer.echo("No edition is open: the first valid file in <inbox>/<edition>/<perimeter>/ opens one.")
    for edition_status in found:
        rows = [
            {
                "perimeter": perimeter,
                "name": names[perimeter],
                **{kind: _filed(filing) for kind, filing in kinds.items()},
            }
            for perimeter, kinds in edition_status.filings.items()
        ]
        days = edition_status.days_left
        when = f"in {days} days" if days > 0 else f"{-days} days ago" if days else "today"
        print_table(rows, f"Edition {edition_status.edition}, deadline {edition_status.deadline} ({when})")
        if edition_status.awaited is not None:
            typer.echo(_awaited(edition_status.awaited, is_late=days < 0))


def _filed(filing: "Filing | None") -> str:
    if filing is None:
        return "–"
    done = f"{filing.rows_accepted} rows" if filing.is_accepted else "rejected"
    until = f"until {filing.held_until:%Y-%m-%d %H:%M} UTC" if filing.held_until else "until it is accepted"
    held = f", drop {filing.drop_id} held {until}" if filing.is_held else ""
    return f"{done} on {filing.received_at:%Y-%m-%d}{held}"


def _awaited(perimeters: Sequence[str], *, is_late: bool) -> str:
    """Who has not filed projects or procedures."""
    from orchestration.domain.perimeter import perimeter_names

    names = perimeter_names()
    who = ", ".join(f"{code} ({names.get(code, '?')})" for code in perimeters)
    heading = "Late, projects or procedures" if is_late else "Awaited, projects or procedures"
    return f"{heading}: {who}." if who else "Everyone awaited has filed projects and procedures."
