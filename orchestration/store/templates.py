"""The one Jinja environment: pages, receipts and pictures are written from templates by the same rules.

What belongs here: how templates are found and written. What does not: the templates, which stand beside what fills
them (`<room>/templates/`).
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_ROOMS = Path(__file__).resolve().parent.parent


@cache
def templates(room: str, *filters: Callable[..., object]) -> "Environment":
    """The templates of a room, such as `publication/site`; each filter is known by its function's name.

    Submitted text is escaped, and a name that nobody gave is an error, never an empty place on a page.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_ROOMS / room / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {one.__name__: one for one in filters}
    return environment
