"""Commands about alerts: how each stands, what people answer to them, and sending again what channels refused.

What belongs here: printing it. What does not: finding it out (`orchestration.alerting`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.app import alerts_app
from orchestration.cli.options import HERE, AsJson, Home, edition_code, settings_of
from orchestration.cli.output import expect_known, print_json, print_table, progress, say_no, shown

if TYPE_CHECKING:
    from orchestration.alerting.answers import Kind
    from orchestration.settings import Settings

# How many columns the table takes at most where the output is a file or a pipe.
_WIDTH = 120
# The column of whose alerts they are, and how wide it is.
_WHOSE, _WHOSE_WIDTH = "of whom, and its key", 28


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

    An alert is open until its cause ends it, or a person explains it (jalons alerts ack).
    """
    from orchestration.alerting.standing import alert_states
    from orchestration.domain.alert_rules import alert_rule
    from orchestration.domain.french import paris

    settings = settings_of(home)
    found = alert_states(settings, edition, paris(datetime.now(UTC)).date())
    if edition and not found:
        expect_known(settings, edition)
    if as_json:
        print_json(found)
    else:
        counts = Counter(row["status"] for row in found)
        counted = ", ".join(f"{counts[status]} {status}" for status in ("open", "explained", "ended"))
        title = f"Alerts of {edition or 'all editions'}" + (f" ({counted})" if found else "")
        print_table(list(_shown_by_card(found)), title, width=_WIDTH, whole=(_WHOSE,))
        _say_long_keys(found)
        for row in found:
            if row["status"] == "explained":
                said = f"{row['explanation']} ({row['explained_by']}, until {row['explained_until']})"
                typer.echo(shown(f"  {_card_of(row)}, {alert_rule(row['rule']).label_fr}: {said}").plain)
    _say_who_refuses(settings)
    if say_what_is_refused(settings, edition):
        raise typer.Exit(1)


Key = Annotated[
    str,
    typer.Argument(
        help="The key of an alert, as jalons alerts --json gives it, or 2018-S1/france-visas: all that is open of a "
        "project (or a file, an action…) in an edition."
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
Until = Annotated[str, typer.Option("--until", help="The last day on which that holds.", metavar="DATE")]
By = Annotated[str, typer.Option("--by", help="Who says so.")]


@alerts_app.command()
def ack(key: Key, reason: Reason, until: Until, by: By, home: Home = HERE) -> None:
    """Note that a person explains alerts: the reason is shown with them, and they are not open until the day after.

    An event of the ledger, as the other answers: the next one of its kind about the same alert takes its place.
    """
    last_day, count = _answer(home, key, "ack", reason, until, by)
    typer.echo(f"{count} explained until {last_day}, open again after it.")


@alerts_app.command()
def snooze(key: Key, reason: Reason, until: Until, by: By, home: Home = HERE) -> None:
    """Have neither the end of alerts nor a reminder of them sent until the day after; they stay open."""
    last_day, count = _answer(home, key, "snooze", reason, until, by)
    typer.echo(f"{count} snoozed until {last_day}: neither an end nor a reminder is sent before the day after.")


@alerts_app.command()
def assign(
    key: Key,
    to: Annotated[str, typer.Option("--to", help="Who takes care of it.")],
    reason: Reason,
    until: Until,
    by: By,
    home: Home = HERE,
) -> None:
    """Note who takes care of alerts, which is shown with them; they stay open."""
    last_day, count = _answer(home, key, "assign", reason, until, by, to)
    typer.echo(shown(f"{count} assigned to {to.strip()} until {last_day}.").plain)


def _answer(
    home: Path, key: str, kind: "Kind", reason: str, until: str, by: str, to: str | None = None
) -> tuple[date, str]:
    """Note what is said of the alerts that a key names; its last day, and how many they are, in words."""
    from orchestration.alerting.answers import Answer, answer
    from orchestration.alerting.standing import alert_states, named
    from orchestration.domain.french import paris
    from orchestration.intake.home_identity import check_home

    settings, now = settings_of(home), datetime.now(UTC)
    last_day = _day(until)
    if last_day < paris(now).date():
        raise typer.BadParameter(f"{until} has passed", param_hint="--until")
    said = {"--reason": reason, "--by": by} | ({} if to is None else {"--to": to})
    if empty := [option for option, words in said.items() if not words.strip()]:
        raise typer.BadParameter("say something", param_hint=" and ".join(empty))
    if home.is_dir():
        check_home(settings)
    found = named(alert_states(settings), key)
    if not found:
        say_no(f"No alert {key}: jalons alerts lists them, and jalons alerts --json with their keys.")
    keys = [row["alert_key"] for row in found if row["status"] != "ended"]
    if not keys:
        say_no(f"{key} has ended: there is nothing left to say of it.")
    answer(settings, keys, Answer(kind, reason.strip(), by.strip(), last_day, to and to.strip()), now)
    return last_day, "1 alert" if len(keys) == 1 else f"{len(keys)} alerts"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not a day: write for example 2026-12-31", param_hint="--until"
        ) from error


@alerts_app.command()
def preview(
    since: Annotated[
        str | None,
        typer.Option(
            "--since", help="As if nothing had been told of this edition and the later ones.", parser=edition_code
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page that looks like the receivers' screens.", dir_okay=False)
    ] = None,
    thresholds: Annotated[
        Path | None,
        typer.Option(
            "--thresholds",
            help="Say instead what other thresholds would have alerted of: a copy of dbt_project/seeds/alert_rules.csv "
            "that was changed. The tables are built anew beside the home: it takes a minute.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    home: Home = HERE,
) -> None:
    """Show what each channel would get by now, in French as its receivers would read it; nothing is sent.

    Nothing of an edition that is held back would be: which one is, and by what, is said on standard error.
    """
    from orchestration.intake.home_identity import check_home

    settings = settings_of(home)
    if home.is_dir():
        check_home(settings)
    if thresholds:
        from orchestration.alerting.backtest import CannotTest, in_french, with_thresholds

        try:
            typer.echo(in_french(with_thresholds(settings, thresholds)))
        except CannotTest as fault:
            say_no(str(fault))
        return
    from orchestration.alerting.preview import preview_page, preview_text
    from orchestration.alerting.rehearsal import rehearse
    from orchestration.store.mart_set import UnfitMarts
    from orchestration.store.whole_file import write_whole
    from orchestration.validation.holding import reason
    from orchestration.validation.judgement import judged

    try:
        with progress("Judging…"):
            holds = judged(settings).holds
    except UnfitMarts as fault:
        say_no(str(fault))
    for hold in holds:
        typer.echo(shown(f"  {reason(hold)}").plain, err=True)
    items = rehearse(settings, datetime.now(UTC), holds, since)
    if html is None:
        typer.echo(preview_text(items))
        return
    write_whole(html, preview_page(items).encode())
    typer.echo(f"{html}: what {len({item.channel for item in items})} channels would show.")


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


def _shown_by_card(found: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """The rows of the table: what is of one project in one edition stands together, under its name and key."""
    from orchestration.alerting.changes import change
    from orchestration.domain.alert_rules import alert_rule

    cards: dict[str, list[Mapping[str, Any]]] = {}
    for row in found:
        cards.setdefault(_card_of(row), []).append(row)
    for card, rows in cards.items():
        for number, row in enumerate(rows):
            whose = f"{row['subject_name'] or row['subject']} ({row['perimeter'] or '–'})"
            alert = alert_rule(row["rule"]).label_fr + (f" ({row['severity']})" if row["severity"] else "")
            key = card if _fits(card) else f"{row['edition'] or '–'} (its key is below)"
            yield {
                _WHOSE: "" if number else f"{_folded(whose, _WHOSE_WIDTH)}\n{key}",
                "alert": _folded(alert, 20),
                "from → to": _folded(change(row), 30),
                "status": _folded(_status(row), 13),
                "channels": _folded(_channels(row["channels"], row["errors"]), 17),
            }


def _say_long_keys(found: Sequence[Mapping[str, Any]]) -> None:
    """A key that is broken cannot be copied: what the table has no room for stands under it."""
    if keys := [card for card in dict.fromkeys(map(_card_of, found)) if not _fits(card)]:
        typer.echo("  Keys that are longer than their column:")
        for key in keys:
            typer.echo(shown(f"  {key}").plain)


def _fits(key: str) -> bool:
    return len(key) <= _WHOSE_WIDTH


def _folded(text: str, width: int) -> str:
    """Folded here, so that the widths of all columns together are those of the table, whatever is in them."""
    return "\n".join(wrap(text, width, break_on_hyphens=False))


def _card_of(row: Mapping[str, Any]) -> str:
    return f"{row['edition'] or '–'}/{row['subject']}"


def _status(row: Mapping[str, Any]) -> str:
    said = [str(row["status"])]
    if row["status"] == "explained":
        said = [f"explained until {row['explained_until']}"]
    if row["status"] == "ended":
        said = [f"ended: {row['cause']}", *([f"in {row['ended_edition']}"] if row["ended_edition"] else [])]
    said += [f"snoozed until {row['snoozed_until']}"] if row["snoozed_until"] else []
    said += [f"in the care of {row['assigned_to']}"] if row["assigned_to"] else []
    return ", ".join(said)


def _channels(states: Mapping[str, str], errors: Mapping[str, str]) -> str:
    """« sent: console, slack »; why it did not leave stands by the channel."""
    by_state: dict[str, list[str]] = {}
    for channel, state in sorted(states.items()):
        by_state.setdefault(state, []).append(channel + (f" ({errors[channel]})" if channel in errors else ""))
    return "; ".join(f"{state}: {', '.join(channels)}" for state, channels in by_state.items()) or "–"
