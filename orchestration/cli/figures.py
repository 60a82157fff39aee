"""Commands that answer with figures: as released, traced, compared, and what the marts say of slips and forecasts.

What belongs here: printing them. What does not: finding them (`orchestration.answers`, the marts).
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from itertools import groupby
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.app import app
from orchestration.cli.options import HERE, AsJson, EditionCode, Home, edition_code, end_of, settings_of
from orchestration.cli.output import expect_known, print_json, print_table, say_no, shown

if TYPE_CHECKING:
    from orchestration.answers.trace import Trace, TracedCell

# More would bury what a reader looks for; the JSON answer holds all.
_SHOWN_PROJECTS = 20
_SHOWN_CONTRIBUTIONS = 10


@app.command()
def figures(
    edition: EditionCode,
    revision: Annotated[int | None, typer.Option(help="A past revision; the current one by default.", min=1)] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(parser=end_of, metavar="TIME", help="The revision that was in force then; a day means its end."),
    ] = None,
    as_json: AsJson = False,
    home: Home = HERE,
) -> None:
    """Print the headline figures of an edition, as released."""
    from orchestration.publication.release import NoRelease, read_figures, revision_as_of

    if revision is not None and as_of is not None:
        raise typer.BadParameter("give --revision or --as-of, not both")
    settings = settings_of(home)
    try:
        if as_of is not None:
            revision = revision_as_of(settings, edition, as_of)
        found = read_figures(settings, edition, revision)
    except NoRelease as error:
        say_no(str(error))
    if as_json:
        print_json(found)
    else:
        print_table(list(_figure_rows(found)), f"Figures of {edition}")


def _figure_rows(figures: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    for name, value in figures.items():
        if not isinstance(value, list):
            yield {"figure": name, "value": value}
            continue
        yield {"figure": name, "value": len(value)}
        for one in value:
            line = f"{one['value']} for {one['target']} by {one['target_date']}: {one['status']}"
            yield {"figure": f"  {one['indicator_id']}", "value": line.replace("None", "–")}


@app.command()
def trace(
    subject: Annotated[
        str,
        typer.Argument(help="A figure of `jalons figures`, or a project by its id or name.", metavar="FIGURE|PROJECT"),
    ],
    edition: Annotated[str, typer.Option(parser=edition_code, help="The edition, such as 2021-S2.")],
    as_json: AsJson = False,
    home: Home = HERE,
) -> None:
    """Print the cells that a figure was read from: project, file, sheet, cell, text as typed, when and from whom.

    With --json, one entry per cell: value as typed, value_number in unit (meur, days…), null where a cell is counted.
    """
    from orchestration.answers.trace import NotTraceable
    from orchestration.answers.trace import trace as find_trace
    from orchestration.publication.release import NoRelease

    try:
        found = find_trace(settings_of(home), subject, edition)
    except (NoRelease, NotTraceable) as error:
        say_no(shown(error).plain)
    if found.is_stale:
        typer.echo(f"{edition} has newer figures than its release: jalons run says what holds it back.", err=True)
    if as_json:
        print_json([asdict(cell) for cell in found.cells])
    else:
        _print_trace(found)


def _print_trace(found: "Trace") -> None:
    from rich.console import Console
    from rich.tree import Tree

    what = f"{found.figure} = {found.value}" if found.figure else "All cells"
    tree = Tree(shown(f"{what} ({found.edition}, revision {found.revision})"))
    by_project: dict[str | None, list[TracedCell]] = {}
    for cell in found.cells:
        by_project.setdefault(cell.project_id, []).append(cell)
    for project_id, cells in list(by_project.items())[:_SHOWN_PROJECTS]:
        project = tree.add(shown(f"{found.names[project_id]} ({project_id})")) if project_id else tree
        for (file, sha256, received_at, perimeter), of_file in groupby(
            cells, lambda cell: (cell.file, cell.sha256, cell.received_at, cell.perimeter)
        ):
            origin = f"{file}, sha256 {sha256}, received {received_at:%Y-%m-%d at %H:%M} UTC from {perimeter}"
            branch = project.add(shown(origin))
            for cell in of_file:
                if cell.cell:
                    place = f"{cell.sheet}!{cell.cell}" if cell.sheet else cell.cell
                    typed = f"{place} {cell.column}: « {shorten(cell.value or '', 100)} »"
                    read = "" if cell.value_number is None else f" = {float(cell.value_number):.10g} {cell.unit or ''}"
                    branch.add(shown(typed + read.rstrip()))
    if len(by_project) > _SHOWN_PROJECTS:
        tree.add(f"… and {len(by_project) - _SHOWN_PROJECTS} more; --json lists them all")
    console = Console()
    (console if console.is_terminal else Console(width=200)).print(tree, soft_wrap=True)


@app.command()
def slips(edition: EditionCode, as_json: AsJson = False, home: Home = HERE) -> None:
    """Print the slips of an edition: what moved the wrong way or stands still, by how much, since when."""
    from orchestration.store.marts import read_mart

    settings = settings_of(home)
    found = read_mart(settings.marts, "slips", edition=edition)
    if not found:
        expect_known(settings, edition)
    if as_json:
        print_json(found)
    else:
        shown = ("rule", "severity", "subject", "perimeter", "from_text", "to_text", "delta", "delta_pct")
        print_table([{name: row[name] for name in shown} for row in found], f"Slips of {edition}")


@app.command()
def compare(
    earlier: Annotated[str, typer.Argument(help="An edition.", parser=edition_code)],
    later: Annotated[str, typer.Argument(help="A later edition, the next one or not.", parser=edition_code)],
    as_json: AsJson = False,
    home: Home = HERE,
) -> None:
    """Print why the figures of two editions differ: same projects, entrants, leavers, rebaselining."""
    from orchestration.answers import compare as comparing

    if earlier >= later:
        raise typer.BadParameter(f"{later} is not after {earlier}: name the earlier edition first")
    try:
        found = comparing.compare(settings_of(home), earlier, later)
    except comparing.NotComparable as error:
        say_no(str(error))
    if as_json:
        print_json(found)
        return
    for measure, parts in found.items():
        rows = [
            {
                "part": part,
                comparing.MEASURES[measure]: f"{float(value):{'' if part in ('from', 'to') else '+'},.2f}",
                "meaning": meaning,
            }
            for part, meaning in comparing.PARTS.items()
            if (value := parts[part]) is not None
        ]
        print_table(rows, f"{measure} from {earlier} to {later}")
        weighed = parts["contributions"][:_SHOWN_CONTRIBUTIONS]
        if weighed:
            projects = [
                {"project": one["name"], "part": one["part"], "contribution": f"{float(one['contribution']):+,.2f}"}
                for one in weighed
            ]
            print_table(projects, f"{measure}: the projects that weigh most")


@app.command()
def forecast(edition: EditionCode, as_json: AsJson = False, home: Home = HERE) -> None:
    """Print what a model expects of the projects of an edition, and how often it has held so far."""
    from orchestration.store.marts import read_mart

    settings = settings_of(home)
    found = read_mart(settings.marts, "forecasts", edition=edition)
    if not found:
        expect_known(settings, edition)
    if as_json:
        print_json(found)
    else:
        shown = {
            "project": "project_id",
            "cost": "current_cost_meur",
            "next P80": "next_cost_p80_meur",
            "final P50": "final_cost_p50_meur",
            "final P80": "final_cost_p80_meur",
            "end": "planned_end_date",
            "end, next P80": "next_end_p80_date",
            "end, P50": "final_end_p50_date",
            "end, P80": "final_end_p80_date",
            "slip": "slip_probability",
        }
        filed = ("project_id", "current_cost_meur", "planned_end_date")
        rows = [
            {title: row[name] if name in filed else _two_figures(row[name]) for title, name in shown.items()}
            for row in found
        ]
        print_table(rows, f"Forecasts of {edition}, in M€: what a model says, not what was filed")
        scores = read_mart(settings.marts, "forecast_backtest", edition=edition)
        _print_scores([row for row in scores if row["scope"] == "so_far"], f"How such forecasts held, up to {edition}")


@app.command()
def backtest(as_json: AsJson = False, home: Home = HERE) -> None:
    """Print how the forecasts whose outcome each edition saw came out, beside those that nothing changes."""
    from orchestration.store.marts import read_mart

    found = read_mart(settings_of(home).marts, "forecast_backtest")
    if as_json:
        print_json(found)
    else:
        _print_scores(found, "Back-test of the forecasts")


def _print_scores(scores: list[dict[str, Any]], title: str) -> None:
    shown = {
        "seen in": "edition",
        "scope": "scope",
        "forecast": "forecast",
        "n": "n",
        "at or below": "coverage",
        "loss": "loss",
        "of no change": "no_change_loss",
    }
    print_table([{title: row[name] for title, name in shown.items()} for row in scores if row["n"]], title)


def _two_figures(value: Any) -> object:
    """What a model can know: two significant figures of a number, the month of a day."""
    if isinstance(value, date):
        return f"{value:%Y-%m}"
    return Context(prec=2, rounding=ROUND_HALF_UP).plus(value) if isinstance(value, Decimal) else value
