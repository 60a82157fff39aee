"""The Typer application that every family of commands adds its own to.

What belongs here: the application and its groups. What does not: commands.
"""

import logging
from typing import Any

import typer
from typer.core import TyperGroup

from orchestration.cli.output import say_no


class _SayingCauses(TyperGroup):
    """Says a known cause in its sentence, whichever command it stops; any other exception keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Invoke the command; exit with 1 where its cause is known."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from orchestration.passes.causes import cause_of

            if (cause := cause_of(error)) is None:
                raise
            say_no(cause.sentence)


class _ShowingByDefault(TyperGroup):
    """Shows, unless the first word is another of its commands: `jalons alerts 2021-S2` is what people know."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command that shows before words that name none."""
        is_named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if is_named else ["show", *args])


app = typer.Typer(
    name="jalons",
    cls=_SayingCauses,
    help="Take in what ministries file, consolidate the TOP 50 and the TOP 250, publish them and alert on slips.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
edition_app = typer.Typer(help="Events in the life of an edition.", no_args_is_help=True)
app.add_typer(edition_app, name="edition")
clock_app = typer.Typer(help="The machine's clock, where the home cannot believe it.", no_args_is_help=True)
app.add_typer(clock_app, name="clock")
alerts_app = typer.Typer(
    cls=_ShowingByDefault,
    help="The alerts and what became of them on each channel (show, which need not be said), what people answer to "
    "them, and what was refused.",
)
app.add_typer(alerts_app, name="alerts")
inbox_app = typer.Typer(help="The inbox, where the home cannot believe it.", no_args_is_help=True)
app.add_typer(inbox_app, name="inbox")
keys_app = typer.Typer(
    help="The key that signs what is published: make one, show its public half.", no_args_is_help=True
)
app.add_typer(keys_app, name="keys")
alias_app = typer.Typer(help="Which names are one project: proposals, and what a human answers.", no_args_is_help=True)
app.add_typer(alias_app, name="alias")


@app.callback()
def main() -> None:
    """Keep logs on standard error, whatever library writes them."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
