"""The command that says who has filed what, which planned ends passed, and how the watcher stands.

What belongs here: printing it. What does not: finding it out (`orchestration.answers`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from orchestration.cli.app import app
from orchestration.cli.options import HERE, Home, settings_of
from orchestration.cli.output import print_table, shown

if TYPE_CHECKING:
    from orchestration.settings import Settings

_MOST_ENDS = 10


@app.command()
def status(home: Home = HERE) -> None:
    """Print who has filed what for the open editions, who is awaited, which planned ends passed, and the watcher."""
    from orchestration.answers.filing_status import ends_passed, open_editions
    from orchestration.domain.perimeter import perimeter_names

    names, settings = perimeter_names(), settings_of(home)
    found = open_editions(settings, datetime.now(UTC).date())
    if not found:
        typer.echo(
            "No edition is open: the first valid file in <inbox>/<edition>/<perimeter>/ opens one, or its day in the "
            "calendar (jalons edition calendar)."
        )
    for edition_status in found:
        rows = [
            {
                "perimeter": perimeter,
                "name": names[perimeter],
                **{kind: filed.words for kind, filed in kinds.items()},
            }
            for perimeter, kinds in edition_status.filings.items()
        ]
        days = edition_status.days_left
        when = f"in {days} days" if days > 0 else f"{-days} days ago" if days else "today"
        print_table(rows, f"Edition {edition_status.edition}, deadline {edition_status.deadline} ({when})")
        for perimeter, refused in edition_status.unrecognised.items():
            typer.echo(f"Not recognised: the last file of {perimeter}, drop {refused.drop_id}, rejected.")
        if edition_status.awaited is not None:
            typer.echo(_awaited(edition_status.awaited, is_late=days < 0))
    passed = [
        {"project": end.name, "perimeter": end.perimeter, "filed for": end.edition, "planned end": end.planned_end}
        for end in ends_passed(settings)
    ]
    if passed:
        before = f": the last {_MOST_ENDS} of {len(passed)}" if len(passed) > _MOST_ENDS else ""
        print_table(passed[-_MOST_ENDS:], f"Planned ends that have passed since they were filed{before}")
    _say_watcher(settings)


def _say_watcher(settings: "Settings") -> None:
    """Whether somebody answers drops as they land, and how each half of it stands."""
    from orchestration.passes.watched import watcher_of
    from orchestration.watcher.handover import ask_health

    lives, health = watcher_of(settings), ask_health(settings.home)
    if lives is None:
        typer.echo("No watcher: drops wait for jalons watch, jalons ui or jalons run.")
        return
    if health is None:
        typer.echo(f"A watcher lives ({lives}), and does not say how it stands.")
        return
    word = "all is well" if health["is_healthy"] else "something fails"
    typer.echo(f"A watcher lives ({lives}) since {health['since']}: {word} ({health['health_url']}).")
    for half in health["halves"]:
        said = [half["standing"], *half["failures"], *([half["why"]] if half["why"] else [])]
        looked = f", looked at {half['looked_at']}" if half["looked_at"] else ""
        typer.echo(shown(f"  {half['job']}: {'; '.join(said)}{looked}").plain)


def _awaited(perimeters: Sequence[str], *, is_late: bool) -> str:
    """Who has not filed projects or procedures."""
    from orchestration.domain.perimeter import perimeter_names

    names = perimeter_names()
    who = ", ".join(f"{code} ({names.get(code, '?')})" for code in perimeters)
    heading = "Late, projects or procedures" if is_late else "Awaited, projects or procedures"
    return f"{heading}: {who}." if who else "Everyone awaited has filed projects and procedures."
