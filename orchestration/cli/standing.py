"""Commands that say where things stand: which alerts were told, who has filed what; that explain an alert, and that
send refused ones again.

What belongs here: printing it. What does not: finding it out (`orchestration.alerting`, `orchestration.answers`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.app import alerts_app, app
from orchestration.cli.options import HERE, AsJson, Home, edition_code, settings_of
from orchestration.cli.output import expect_known, print_json, print_table, say_no, shown

if TYPE_CHECKING:
    from orchestration.settings import Settings

_MOST_ENDS = 10


@alerts_app.command()
def show(
    edition: Annotated[
        str | None, typer.Argument(help="An edition; all of them by default.", parser=edition_code)
    ] = None,
    as_json: AsJson = False,
    home: Home = HERE,
) -> None:
    """Print the alerts with how they stand and their delivery state on each channel; exit 1 where a message was refused
    for good.

    An alert is open until its cause ends it, or a person explains it (jalons alerts explain).
    """
    from orchestration.alerting.delivery import alert_states
    from orchestration.domain.french import paris

    settings = settings_of(home)
    found = alert_states(settings, edition, paris(datetime.now(UTC)).date())
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
                "status": _status(row),
                "from → to": f"{row['from_text'] or '–'} → {row['to_text'] or '–'}",
                "channels": _channels(row["channels"], row["errors"]),
            }
            for row in found
        ]
        counts = Counter(row["status"] for row in found)
        counted = ", ".join(f"{counts[status]} {status}" for status in ("open", "explained", "ended"))
        print_table(rows, f"Alerts of {edition or 'all editions'}" + (f" ({counted})" if rows else ""))
        for row in found:
            if row["status"] == "explained":
                typer.echo(shown(f"  {row['alert_key']}: {row['explanation']} ({row['explained_by']})").plain)
    _say_who_refuses(settings)
    if say_what_is_refused(settings, edition):
        raise typer.Exit(1)


@alerts_app.command()
def explain(
    alert_key: Annotated[str, typer.Argument(help="The key of an alert, as jalons alerts --json gives it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it need not worry.")],
    until: Annotated[str, typer.Option("--until", help="The last day on which that holds.", metavar="DATE")],
    by: Annotated[str, typer.Option("--by", help="Who says so.")],
    home: Home = HERE,
) -> None:
    """Note that a person explains an alert: it is not open until the day after, when it is open again.

    An event of the ledger, that the next one about the same alert takes the place of. What channels were told stays.
    """
    from orchestration.alerting.delivery import alert_states
    from orchestration.alerting.explanations import Explanation
    from orchestration.alerting.explanations import explain as note
    from orchestration.domain.french import paris
    from orchestration.intake.home_identity import check_home

    settings, now = settings_of(home), datetime.now(UTC)
    last_day = _day(until)
    if last_day < paris(now).date():
        raise typer.BadParameter(f"{until} has passed", param_hint="--until")
    if not reason.strip() or not by.strip():
        raise typer.BadParameter("say why, and who says so", param_hint="--reason and --by")
    if home.is_dir():
        check_home(settings)
    status = {row["alert_key"]: row["status"] for row in alert_states(settings)}.get(alert_key)
    if status is None:
        say_no(f"No alert {alert_key}: jalons alerts --json lists them.")
    if status == "ended":
        say_no(f"The alert {alert_key} has ended: there is nothing left to explain.")
    note(settings, alert_key, Explanation(reason.strip(), by.strip(), last_day), now)
    typer.echo(f"Explained until {last_day}, open again after it.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not a day: write for example 2026-12-31", param_hint="--until"
        ) from error


def _status(row: Mapping[str, Any]) -> str:
    if row["status"] == "explained":
        return f"explained until {row['explained_until']}"
    return f"ended: {row['cause']}" if row["cause"] else str(row["status"])


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


def say_what_is_refused(settings: "Settings", edition: str | None = None) -> bool:
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


def _say_who_refuses(settings: "Settings") -> None:
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
