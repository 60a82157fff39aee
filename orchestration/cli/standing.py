"""Commands that say where things stand: which alerts were told, who has filed what.

What belongs here: printing it. What does not: finding it out (`orchestration.alerting`, `orchestration.answers`).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.app import app
from orchestration.cli.options import HERE, AsJson, Home, edition_code, settings_of
from orchestration.cli.output import expect_known, print_json, print_table

if TYPE_CHECKING:
    from orchestration.answers.filing_status import Filing


@app.command()
def alerts(
    edition: Annotated[
        str | None, typer.Argument(help="An edition; all of them by default.", parser=edition_code)
    ] = None,
    as_json: AsJson = False,
    home: Home = HERE,
) -> None:
    """Print the alerts with their delivery state on each channel."""
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
                "channels": _channels(row["channels"]),
            }
            for row in found
        ]
        print_table(rows, f"Alerts of {edition or 'all editions'}")


def _channels(states: Mapping[str, str]) -> str:
    return ", ".join(f"{channel}: {state}" for channel, state in sorted(states.items()))


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
