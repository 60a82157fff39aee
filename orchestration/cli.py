"""The command `jalons`: each command calls one function of a stage and prints what it returns.

What belongs here: arguments, exit codes (0, 1 for "no", 2 for usage) and layout. What does not: any rule.
With `--json`, standard output holds JSON alone; progress and logs go to standard error.
"""

import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from textwrap import shorten
from time import monotonic
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from orchestration.edition import Edition
from orchestration.settings import Settings

if TYPE_CHECKING:
    from rich.text import Text

    from orchestration.alias_register import Alias
    from orchestration.defs.instance import PassSummary
    from orchestration.publication.trace import Cell, Trace
    from orchestration.replay import Wave

app = typer.Typer(
    name="jalons",
    help="Take in what ministries file, consolidate the TOP 50 and the TOP 250, publish them and alert on slips.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
_edition_app = typer.Typer(help="Events in the life of an edition.", no_args_is_help=True)
app.add_typer(_edition_app, name="edition")
_alias_app = typer.Typer(help="Which names are one project: proposals, and what a human answers.", no_args_is_help=True)
app.add_typer(_alias_app, name="alias")


def _edition_code(text: str) -> str:
    try:
        return Edition.parse(text).code
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _perimeter_code(text: str) -> str:
    from orchestration.perimeter import perimeter_names

    if text not in perimeter_names():
        raise typer.BadParameter(f"{text!r} is not a perimeter: use one of {', '.join(perimeter_names())}")
    return text


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a time: write for example 2017-06-30T18:00:00Z") from error
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _by_then(text: str) -> datetime:
    moment = _moment(text)
    try:
        date.fromisoformat(text)
    except ValueError:
        return moment
    # A day alone means all of it: what was said on a day is what stood at its end.
    return moment + timedelta(days=1, microseconds=-1)


Home = Annotated[
    Path, typer.Option("--home", envvar="JALONS_HOME", help="The folder that everything lives under.", file_okay=False)
]
EditionCode = Annotated[str, typer.Argument(help="An edition, such as 2021-S2.", parser=_edition_code)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")]
_HERE = Path(".jalons")
# More would bury what a reader looks for; the JSON answer holds all.
_SHOWN_PROJECTS = 20
_SECONDS_BETWEEN_LINES = 2
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _settings(home: Path) -> Settings:
    # Dagster's and dbt's own processes read the same variable, so that one home is meant everywhere.
    os.environ["JALONS_HOME"] = str(home.absolute())
    return Settings()


def _say_no(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def _expect_known(settings: Settings, edition: str) -> None:
    """Say no where nothing was ever accepted for an edition: an empty list would mean that all is well there."""
    from orchestration.publication.marts import read_mart

    known = sorted({str(row["edition"]) for row in read_mart(settings, "headline_figures")})
    if edition not in known:
        _say_no(f"No edition {edition}; known: {', '.join(known) or 'none, before a first pass: jalons run'}.")


def _shown(value: object) -> "Text":
    """What a file says, as it is: no markup, and no control character, which would drive the terminal.

    Of an exact number three decimals; JSON has them all.
    """
    from rich.text import Text

    if isinstance(value, Decimal | float):
        value = f"{round(Decimal(str(value)), 3).normalize():f}"
    return Text("" if value is None else _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(value)))


def _print_json(document: object) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_as_json))


def _as_json(value: object) -> object:
    """What JSON has no type for: an exact number as a number, a time (UTC, as tables hold it) and a day as ISO."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


@contextmanager
def _progress(first: str) -> Iterator[Callable[[str], None]]:
    """Say at once what is being done, on standard error, then each step: a line that moves, or a few lines in a log."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(_shown(first)) as status:
            yield lambda step: status.update(_shown(step))
    else:
        said_at = float("-inf")

        def say(step: str) -> None:
            nonlocal said_at
            if monotonic() - said_at >= _SECONDS_BETWEEN_LINES:
                typer.echo(_shown(step).plain, err=True)
                said_at = monotonic()

        say(first)
        yield say


@app.callback()
def main() -> None:
    """Keep logs on standard error, whatever library writes them."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")


@app.command()
def run(
    force: Annotated[bool, typer.Option("--force", help="Run the pass even if nothing has changed.")] = False,
    home: Home = _HERE,
) -> None:
    """Run one pass over everything that is pending: take in, consolidate, validate, release, alert.

    Where nothing has changed since the last whole pass, say so and stop.
    """
    from orchestration import last_pass

    settings, now = _settings(home), datetime.now(UTC)
    if not force and not last_pass.has_work(settings, now):
        typer.echo("  Nothing new: no drop, reminder, rebuild, release or alert is owed.")
        return
    of_sources = last_pass.sources(settings)
    with _progress("Starting a pass…") as say:
        from orchestration.defs.instance import run_pass

        summary = run_pass(settings, now, say)
    if not summary.failures:
        last_pass.note(settings, of_sources)
    _print_summary(summary)
    if summary.failures:
        raise typer.Exit(1)


@app.command()
def replay(
    drops: Annotated[
        Path, typer.Argument(help="A drops.csv; its paths are relative to it.", exists=True, dir_okay=False)
    ],
    home: Home = _HERE,
) -> None:
    """File a list of drops again, wave by wave, each on the 15th of its month at 09:00 UTC, with one pass per wave."""
    from orchestration import last_pass
    from orchestration.replay import BadDropList, read_waves
    from orchestration.replay import replay as replay_waves

    settings = _settings(home).model_copy(update={"settle_seconds": 0.0})
    try:
        waves = read_waves(drops)
    except BadDropList as error:
        raise typer.BadParameter(str(error), param_hint="DROPS.csv") from error
    failures: list[str] = []
    of_sources = last_pass.sources(settings)
    with _progress(f"Starting {len(waves)} waves…") as say:
        from orchestration.defs.instance import run_pass

        def one(wave: "Wave") -> None:
            label = f"Wave {wave.order} of {len(waves)} ({wave.received_at:%Y-%m-%d})"
            say(f"{label}: starting")
            summary = run_pass(settings, wave.received_at, lambda step: say(f"{label}: {step}"))
            failures.extend(summary.failures)
            typer.echo(f"{label}")
            _print_summary(summary)

        replay_waves(settings, waves, one)
    if failures:
        raise typer.Exit(1)
    last_pass.note(settings, of_sources)


@app.command()
def figures(
    edition: EditionCode,
    revision: Annotated[int | None, typer.Option(help="A past revision; the current one by default.", min=1)] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(parser=_by_then, metavar="TIME", help="The revision that was in force then; a day means its end."),
    ] = None,
    as_json: AsJson = False,
    home: Home = _HERE,
) -> None:
    """Print the headline figures of an edition, as released."""
    from orchestration.publication.release import NoRelease, read_figures, revision_as_of

    if revision is not None and as_of is not None:
        raise typer.BadParameter("give --revision or --as-of, not both")
    settings = _settings(home)
    try:
        if as_of is not None:
            revision = revision_as_of(settings, edition, as_of)
        found = read_figures(settings, edition, revision)
    except NoRelease as error:
        _say_no(str(error))
    if as_json:
        _print_json(found)
    else:
        _print_table(list(_figure_rows(found)), f"Figures of {edition}")


def _figure_rows(figures: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    for name, value in figures.items():
        if not isinstance(value, list):
            yield {"figure": name, "value": value}
            continue
        yield {"figure": name, "value": len(value)}
        for one in value:
            told = f"{one['value']} for {one['target']} by {one['target_date']}: {one['status']}"
            yield {"figure": f"  {one['indicator_id']}", "value": told.replace("None", "–")}


@app.command()
def trace(
    subject: Annotated[
        str,
        typer.Argument(help="A figure of `jalons figures`, or a project by its id or name.", metavar="FIGURE|PROJECT"),
    ],
    edition: Annotated[str, typer.Option(parser=_edition_code, help="The edition, such as 2021-S2.")],
    as_json: AsJson = False,
    home: Home = _HERE,
) -> None:
    """Print the cells that a figure was read from: project, file, sheet, cell, text as typed, when and from whom.

    With --json, one entry per cell: value as typed, value_number in unit (meur, days…), null where a cell is counted.
    """
    from orchestration.publication.release import NoRelease
    from orchestration.publication.trace import NotTraceable
    from orchestration.publication.trace import trace as find_trace

    try:
        found = find_trace(_settings(home), subject, edition)
    except (NoRelease, NotTraceable) as error:
        _say_no(_shown(error).plain)
    if found.is_stale:
        typer.echo(f"{edition} has newer figures than its release: jalons run says what holds it back.", err=True)
    if as_json:
        _print_json([asdict(cell) for cell in found.cells])
    else:
        _print_trace(found)


def _print_trace(found: "Trace") -> None:
    from rich.console import Console
    from rich.tree import Tree

    what = f"{found.figure} = {found.value}" if found.figure else "All cells"
    tree = Tree(_shown(f"{what} ({found.edition}, revision {found.revision})"))
    by_project: dict[str | None, list[Cell]] = {}
    for cell in found.cells:
        by_project.setdefault(cell.project_id, []).append(cell)
    for project_id, cells in list(by_project.items())[:_SHOWN_PROJECTS]:
        project = tree.add(_shown(f"{found.names[project_id]} ({project_id})")) if project_id else tree
        for (file, sha256, received_at, perimeter), of_file in groupby(
            cells, lambda cell: (cell.file, cell.sha256, cell.received_at, cell.perimeter)
        ):
            origin = f"{file}, sha256 {sha256}, received {received_at:%Y-%m-%d at %H:%M} UTC from {perimeter}"
            branch = project.add(_shown(origin))
            for cell in of_file:
                if cell.cell:
                    place = f"{cell.sheet}!{cell.cell}" if cell.sheet else cell.cell
                    typed = f"{place} {cell.column}: « {shorten(cell.value or '', 100)} »"
                    read = "" if cell.value_number is None else f" = {float(cell.value_number):.10g} {cell.unit or ''}"
                    branch.add(_shown(typed + read.rstrip()))
    if len(by_project) > _SHOWN_PROJECTS:
        tree.add(f"… and {len(by_project) - _SHOWN_PROJECTS} more; --json lists them all")
    console = Console()
    (console if console.is_terminal else Console(width=200)).print(tree, soft_wrap=True)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The file to look at; it is not filed.", exists=True)],
    edition: Annotated[str | None, typer.Option(parser=_edition_code, help="The edition it is meant for.")] = None,
    perimeter: Annotated[
        str | None, typer.Option(parser=_perimeter_code, help="The perimeter it is meant for.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder to write the receipt and the annotated copy into.", file_okay=False)
    ] = None,
    as_json: AsJson = False,
    home: Home = _HERE,
) -> None:
    """Print the receipt that a file would get, without filing it; exit 1 if it would be rejected."""
    from orchestration.intake.receipt_files import receipt_files
    from orchestration.intake.take_in import bytes_of, check_file
    from orchestration.intake.wording import shown_value, told

    if (edition is None) != (perimeter is None):
        raise typer.BadParameter("give both --edition and --perimeter, or neither")
    if not file.is_file():
        _say_no(f"{file} is a folder or a device, not a file.")
    # With a home, the receipt also says what changes since the submission that counts there.
    settings = _settings(home) if home.is_dir() else None
    try:
        with _progress(f"Checking {file.name}…"):
            receipt = check_file(file, datetime.now(UTC), edition, perimeter, settings)
            files = receipt_files(receipt, bytes_of(file)) if out else {}
    except OSError as error:
        _say_no(f"{file} cannot be read: {error.strerror}.")
    if out:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
    if as_json:
        typer.echo(receipt.as_json(), nl=False)
    else:
        typer.echo(_shown(receipt.verdict).plain)
        rows = [
            {
                "gravité": "erreur" if finding.severity == "error" else "remarque",
                "où": finding.cell or (f"ligne {finding.row}" if finding.row else "fichier"),
                "valeur": shown_value(finding),
                "constat": told(finding),
                "que faire": finding.remedy,
            }
            for finding in receipt.findings
        ]
        if rows:
            _print_table(rows, file.name)
    if receipt.status == "rejected":
        raise typer.Exit(1)


@app.command()
def slips(edition: EditionCode, as_json: AsJson = False, home: Home = _HERE) -> None:
    """Print the slips of an edition: what moved the wrong way or stands still, by how much, since when."""
    from orchestration.publication.marts import read_mart

    settings = _settings(home)
    found = [row for row in read_mart(settings, "slips") if row["edition"] == edition]
    if not found:
        _expect_known(settings, edition)
    if as_json:
        _print_json(found)
    else:
        shown = ("rule", "severity", "subject", "perimeter", "from_text", "to_text", "delta", "delta_pct")
        _print_table([{name: row[name] for name in shown} for row in found], f"Slips of {edition}")


@app.command()
def compare(
    earlier: Annotated[str, typer.Argument(help="An edition.", parser=_edition_code)],
    later: Annotated[str, typer.Argument(help="A later edition, the next one or not.", parser=_edition_code)],
    as_json: AsJson = False,
    home: Home = _HERE,
) -> None:
    """Print why the figures of two editions differ: same projects, entrants, leavers, rebaselining."""
    from orchestration.publication import compare as comparing

    if earlier >= later:
        raise typer.BadParameter(f"{later} is not after {earlier}: name the earlier edition first")
    try:
        found = comparing.compare(_settings(home), earlier, later)
    except comparing.NotComparable as error:
        _say_no(str(error))
    if as_json:
        _print_json(found)
        return
    for measure, parts in found.items():
        rows = [
            {
                "part": part,
                comparing.MEASURES[measure]: f"{value:{'' if part in ('from', 'to') else '+'},.2f}",
                "meaning": comparing.PARTS[part],
            }
            for part, value in parts.items()
            if value is not None
        ]
        _print_table(rows, f"{measure} from {earlier} to {later}")


@app.command()
def forecast(edition: EditionCode, as_json: AsJson = False, home: Home = _HERE) -> None:
    """Print what a model expects of the projects of an edition: cost and end, next and final, and a further slip."""
    from orchestration.publication.marts import read_mart

    settings = _settings(home)
    found = [row for row in read_mart(settings, "forecasts") if row["edition"] == edition]
    if not found:
        _expect_known(settings, edition)
    if as_json:
        _print_json(found)
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
            "by": "published_model",
        }
        rows = [{title: row[name] for title, name in shown.items()} for row in found]
        _print_table(rows, f"Forecasts of {edition}, in M€: what a model says, not what was filed")


@app.command()
def backtest(as_json: AsJson = False, home: Home = _HERE) -> None:
    """Print how the forecasts of each edition came out in the next one, beside two naive ones."""
    from orchestration.publication.marts import read_mart

    found = read_mart(_settings(home), "forecast_backtest")
    if as_json:
        _print_json(found)
    else:
        shown = {
            "made in": "edition",
            "held against": "next_edition",
            "scope": "scope",
            "n cost": "cost_p50_n",
            "≤ P50": "cost_p50_coverage",
            "≤ P80": "cost_p80_coverage",
            "n end": "end_p50_n",
            "≤ P50 ": "end_p50_coverage",
            "≤ P80 ": "end_p80_coverage",
            "n slip": "slip_n",
            "Brier: class": "brier_reference_class",
            "base rate": "brier_base_rate",
            "no change": "brier_no_change",
            "published": "published_model",
        }
        rows = [{title: row[name] for title, name in shown.items()} for row in found]
        _print_table(rows, "Back-test of the forecasts")


@app.command()
def alerts(
    edition: Annotated[
        str | None, typer.Argument(help="An edition; all of them by default.", parser=_edition_code)
    ] = None,
    as_json: AsJson = False,
    home: Home = _HERE,
) -> None:
    """Print the alerts with their delivery state on each channel."""
    from orchestration.alerting.delivery import alert_states

    settings = _settings(home)
    found = alert_states(settings, edition)
    if edition and not found:
        _expect_known(settings, edition)
    if as_json:
        _print_json(found)
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
        _print_table(rows, f"Alerts of {edition or 'all editions'}")


def _channels(states: Mapping[str, str]) -> str:
    return ", ".join(f"{channel}: {state}" for channel, state in sorted(states.items()))


@app.command()
def status(home: Home = _HERE) -> None:
    """Print who has filed what for the open editions, and who is still awaited."""
    from orchestration.intake.contracts import CONTRACTS
    from orchestration.intake.ledger import ACCEPTED, Ledger
    from orchestration.perimeter import perimeter_names
    from orchestration.publication.marts import read_mart

    settings = _settings(home)
    missing = {row["edition"]: str(row["missing_perimeters"]) for row in read_mart(settings, "headline_figures")}
    with Ledger(settings.ledger) as ledger:
        editions = ledger.open_editions()
        if not editions:
            typer.echo("No edition is open: the first valid file in <inbox>/<edition>/<perimeter>/ opens one.")
        for edition in editions:
            last = {(drop.perimeter, drop.kind): drop for drop in ledger.filings(edition) if not drop.is_dry_run}
            filed = {
                (drop.perimeter, drop.kind): drop
                for drop in ledger.filings(edition)
                if drop.status in ACCEPTED and not drop.is_dry_run
            }
            rows = []
            for perimeter, name in perimeter_names().items():
                row = {"perimeter": perimeter, "name": name}
                for kind in CONTRACTS:
                    drop = filed.get((perimeter, kind))
                    refused = last.get((perimeter, kind)) if drop is None else None
                    row[kind] = (
                        f"{drop.rows_accepted} rows on {drop.received_at:%Y-%m-%d}"
                        if drop
                        else f"rejected on {refused.received_at:%Y-%m-%d}"
                        if refused
                        else "–"
                    )
                rows.append(row)
            days = (Edition.parse(edition).deadline - datetime.now(UTC).date()).days
            when = f"in {days} days" if days > 0 else f"{-days} days ago" if days else "today"
            _print_table(rows, f"Edition {edition}, deadline {Edition.parse(edition).deadline} ({when})")
            if edition in missing:
                typer.echo(_awaited(missing[edition], is_late=days < 0))


def _awaited(missing: str, *, is_late: bool) -> str:
    """Who has not filed projects or procedures, by the codes that a mart joins with commas."""
    from orchestration.perimeter import perimeter_names

    names = perimeter_names()
    who = ", ".join(f"{code} ({names.get(code, '?')})" for code in missing.split(", ") if code)
    told = "Late, projects or procedures" if is_late else "Awaited, projects or procedures"
    return f"{told}: {who}." if who else "Everyone awaited has filed projects and procedures."


@app.command()
def sample(
    out: Annotated[Path, typer.Argument(help="The folder to write it into.", file_okay=False)],
) -> None:
    """Write the files of a made-up State and a drops.csv that `jalons replay` takes."""
    from orchestration.sample import generate

    listing = generate(out)
    typer.echo(f"Wrote {listing}. Next: jalons replay {listing}")


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="The port to listen on, on this machine only.")] = 3000,
    home: Home = _HERE,
) -> None:
    """Open the Dagster UI over a home, with its sensor running; stop it with Ctrl-C."""
    from orchestration.defs.instance import prepare_instance

    settings = _settings(home)
    prepare_instance(settings.dagster_home)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    root = Path(__file__).resolve().parent.parent
    os.chdir(root)
    command = Path(os.sys.executable).parent / "dagster"  # type: ignore[attr-defined]
    os.execv(command, [str(command), "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)])  # noqa: S606


@_edition_app.command()
def close(
    edition: EditionCode,
    at: Annotated[datetime | None, typer.Option(parser=_moment, help="When; now by default.")] = None,
    home: Home = _HERE,
) -> None:
    """Close an edition: what is filed later makes new revisions, marked as corrections."""
    from orchestration.intake.ledger import Ledger

    with Ledger(_settings(home).ledger) as ledger:
        if not ledger.close(edition, at or datetime.now(UTC)):
            _say_no(f"{edition} is closed already.")
    typer.echo(f"{edition} is closed. Next: jalons run")


@_alias_app.command()
def propose(as_json: AsJson = False, home: Home = _HERE) -> None:
    """Print the new names that look like a project which is gone and that nobody has judged, best first."""
    from orchestration.consolidation.aliases import open_proposals

    found = open_proposals(_settings(home))
    if as_json:
        _print_json(found)
        return
    rows = [
        {
            "score": row["score"],
            "edition": row["edition"],
            "name": row["name"],
            "perimeter": row["perimeter"],
            "may be": f"{row['candidate_name']} ({row['candidate_perimeter']}, {row['candidate_edition']})",
            "id": row["candidate_id"],
            "same start": {True: "yes", False: "no", None: "–"}[row["is_same_start"]],
            "cost ratio": "–" if row["cost_ratio"] is None else f"{row['cost_ratio']:.2f}",
        }
        for row in found
    ]
    _print_table(rows, "Proposed aliases")
    if rows:
        typer.echo("Next: jalons alias confirm NAME ID --source TEXT, or jalons alias reject NAME ID --source TEXT")


AliasName = Annotated[str, typer.Argument(metavar="NAME", help="The name, as filed.")]
AliasId = Annotated[str, typer.Argument(metavar="PROJECT_ID", help="The id of the project it is, or is not.")]
AliasSource = Annotated[str, typer.Option("--source", help="Who says so, or where it is written.")]


@_alias_app.command()
def confirm(
    name: AliasName,
    project_id: AliasId,
    source: AliasSource,
    since: Annotated[
        str | None, typer.Option("--from", parser=_edition_code, help="The first edition it holds in.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", parser=_edition_code, help="The last edition it holds in.")
    ] = None,
    home: Home = _HERE,
) -> None:
    """Write in the register that a name is a project's, for every edition or for some."""
    from orchestration.alias_register import Alias

    if since and until and until < since:
        raise typer.BadParameter("--to is before --from")
    _judge(Alias(name, project_id, "confirmed", since or "", until or "", source), home)


@_alias_app.command()
def reject(name: AliasName, project_id: AliasId, source: AliasSource, home: Home = _HERE) -> None:
    """Write in the register that a name only looks like a project's: it is not proposed again."""
    from orchestration.alias_register import Alias

    _judge(Alias(name, project_id, "rejected", source=source), home)


def _judge(alias: "Alias", home: Path) -> None:
    from orchestration.alias_register import REGISTER
    from orchestration.consolidation.aliases import AliasRefused, is_declared, judge

    settings = _settings(home)
    try:
        is_new = judge(settings, alias)
    except AliasRefused as error:
        _say_no(str(error))
    except OSError as error:
        _say_no(f"{REGISTER} cannot be written: {error.strerror}.")
    if not is_new:
        typer.echo(f"{alias.name!r} is {alias.status} as {alias.project_id!r} already.")
        return
    if not is_declared(settings, alias.name):
        typer.echo(f"No edition declares {alias.name!r} yet: the line waits for one that does.")
    typer.echo(f"{alias.name!r} is {alias.status} as {alias.project_id!r} in {REGISTER}, for you to review and commit.")
    typer.echo("Next: jalons run")


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


def _print_table(rows: Sequence[Mapping[str, object]], title: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    if not rows:
        typer.echo(f"{title}: none.")
        return
    table = Table(*rows[0], title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*map(_shown, row.values()))
    # Nothing is cut where the output is a file or a pipe, which has no width.
    console = Console()
    (console if console.is_terminal else Console(width=200)).print(table)


def _kind(text: str) -> str:
    from orchestration.intake.contracts import CONTRACTS

    if text not in CONTRACTS:
        raise typer.BadParameter(f"{text!r} is not a kind: use one of {', '.join(CONTRACTS)}")
    return text


Kind = Annotated[str, typer.Argument(help="projects, procedures, roadmap or indicators.", parser=_kind)]


@app.command()
def template(
    kind: Kind,
    edition: Annotated[str, typer.Option(parser=_edition_code, help="The edition to file for.")],
    perimeter: Annotated[str, typer.Option(parser=_perimeter_code, help="The perimeter that files.")],
    out: Annotated[
        Path | None, typer.Option(help="The workbook to write; in templates/ of the home by default.", dir_okay=False)
    ] = None,
    home: Home = _HERE,
) -> None:
    """Write the workbook that an agent fills, with what the perimeter filed last already in it."""
    from orchestration.intake.contracts import CONTRACTS
    from orchestration.intake.template import last_filed
    from orchestration.intake.template import template as workbook

    contract, for_edition = CONTRACTS[kind], Edition.parse(edition)
    filed = last_filed(_settings(home), contract, for_edition, perimeter, datetime.now(UTC))
    path = out or home / "templates" / f"{kind}-{edition}-{perimeter}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(workbook(contract, for_edition, perimeter, filed))
    origin = f"{len(filed.rows)} rows from {filed.edition}" if filed else "no earlier submission, so no rows"
    typer.echo(f"Wrote {path} ({origin}).")


@app.command()
def schema(
    kind: Kind,
    out: Annotated[
        Path | None, typer.Option(help="A folder for the schema, its two examples and the help page.", file_okay=False)
    ] = None,
) -> None:
    """Print the Table Schema of a kind, or write it with its examples and its help page."""
    from orchestration.intake.contracts import CONTRACTS
    from orchestration.intake.table_schema import schema_json, write_schema

    site_url = Settings().site_url
    if out is None:
        typer.echo(schema_json(CONTRACTS[kind], site_url), nl=False)
    else:
        write_schema(CONTRACTS[kind], out, site_url)
        typer.echo(f"Wrote {out}/schema.json, its examples and its help page.")


@app.command()
def rules(
    out: Annotated[
        Path | None, typer.Option(help="A file to write the catalogue into: .json, else a page.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print every rule that a receipt may name, or write the public catalogue of them."""
    from orchestration.intake import catalogue

    if out is not None:
        out.write_text(catalogue.as_json() if out.suffix == ".json" else catalogue.as_html(), encoding="utf-8")
        typer.echo(f"Wrote {out}.")
    elif as_json:
        typer.echo(catalogue.as_json(), nl=False)
    else:
        rows = [{"rule": one.id, "severity": one.severity, "title": one.title} for one in catalogue.entries()]
        _print_table(rows, "Rules")
