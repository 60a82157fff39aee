"""How answers are printed: tables, JSON, progress, and a "no".

What belongs here: layout for a terminal or a pipe. What does not: what is printed.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from time import monotonic
from typing import TYPE_CHECKING, NoReturn

import typer

from orchestration.domain.visible import visible
from orchestration.store.json_values import json_value

if TYPE_CHECKING:
    from rich.text import Text

    from orchestration.settings import Settings

_SECONDS_BETWEEN_LINES = 2


def say_no(sentence: str) -> NoReturn:
    """Say why the answer is no, and exit with 1."""
    typer.echo(visible(sentence), err=True)
    raise typer.Exit(1)


def expect_known(settings: "Settings", edition: str) -> None:
    """Say no where nothing was ever accepted for an edition: an empty list would mean that all is well there."""
    from orchestration.answers.filing_status import known_editions

    known = known_editions(settings)
    if edition not in known:
        say_no(f"No edition {edition}; known: {', '.join(known) or 'none, before a first pass: jalons run'}.")


def shown(value: object) -> "Text":
    """What a file says, as it is: no markup, and no sign unseen, which would drive the terminal or the eye.

    Of an exact number three decimals; JSON has them all.
    """
    from rich.text import Text

    if isinstance(value, Decimal | float):
        value = f"{round(Decimal(str(value)), 3).normalize():f}"
    return Text("" if value is None else visible(str(value)))


def print_json(document: object) -> None:
    """Print a document as JSON, alone on standard output."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=json_value))


@contextmanager
def progress(first: str) -> Iterator[Callable[[str], None]]:
    """Say at once what is being done, on standard error, then each step: a line that moves, or a few lines in a log."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(shown(first)) as status:
            yield lambda step: status.update(shown(step))
    else:
        said_at = float("-inf")

        def report(step: str) -> None:
            nonlocal said_at
            if monotonic() - said_at >= _SECONDS_BETWEEN_LINES:
                typer.echo(shown(step).plain, err=True)
                said_at = monotonic()

        report(first)
        yield report


def print_table(
    rows: Sequence[Mapping[str, object]], title: str, *, width: int = 200, whole: Collection[str] = ()
) -> None:
    """Print rows of the same columns as a table; without any, a line that says so.

    `width`, in columns, is that of a file or a pipe; a terminal has its own. The columns `whole` are never folded.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table

    if not rows:
        typer.echo(f"{visible(title)}: none.")
        return
    # Nothing is cut: what is longer than its column goes on in the next line.
    columns = [Column(name, overflow="fold", no_wrap=name in whole) for name in rows[0]]
    table = Table(*columns, title=shown(title), title_justify="left", box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*map(shown, row.values()))
    console = Console()
    (console if console.is_terminal else Console(width=width)).print(table)
