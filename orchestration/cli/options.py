"""The arguments and options that several commands take, and the settings that they name.

What belongs here: reading a word of the command line. What does not: the options of one command alone.
"""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.domain.edition import Edition
from orchestration.places import usable_home

if TYPE_CHECKING:
    from orchestration.settings import Settings


def edition_code(text: str) -> str:
    """The code of an edition."""
    try:
        return Edition.parse(text).code
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def perimeter_code(text: str) -> str:
    """The code of one of the perimeters."""
    from orchestration.domain.perimeter import perimeter_names

    if text not in perimeter_names():
        raise typer.BadParameter(f"{text!r} is not a perimeter: use one of {', '.join(perimeter_names())}")
    return text


def moment_of(text: str) -> datetime:
    """An instant, in UTC where the text has no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a time: write for example 2017-06-30T18:00:00Z") from error
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def end_of(text: str) -> datetime:
    """An instant; of a day alone, its end."""
    moment = moment_of(text)
    try:
        date.fromisoformat(text)
    except ValueError:
        return moment
    # A day alone means all of it: what was said on a day is what stood at its end.
    return moment + timedelta(days=1, microseconds=-1)


def kind_code(text: str) -> str:
    """One of the kinds of submission."""
    from orchestration.contracts import CONTRACTS

    if text not in CONTRACTS:
        raise typer.BadParameter(f"{text!r} is not a kind: use one of {', '.join(CONTRACTS)}")
    return text


def _home(path: Path) -> Path:
    try:
        usable_home(path)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return path


Home = Annotated[
    Path,
    typer.Option(
        "--home", envvar="JALONS_HOME", help="The folder that everything lives under.", file_okay=False, callback=_home
    ),
]
EditionCode = Annotated[str, typer.Argument(help="An edition, such as 2021-S2.", parser=edition_code)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")]
HERE = Path(".jalons")
Kind = Annotated[str, typer.Argument(help="projects, procedures, roadmap or indicators.", parser=kind_code)]


def settings_of(home: Path) -> "Settings":
    """The settings of a home, for this process and those that it starts."""
    from orchestration.settings import Settings

    # Dagster's and dbt's own processes read the same variable, so that one home is meant everywhere.
    os.environ["JALONS_HOME"] = str(home.absolute())
    return Settings()
