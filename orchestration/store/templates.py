"""The one Jinja environment: pages, receipts and pictures are written from templates by the same rules.

What belongs here: how templates are found and written. What does not: the templates, which stand beside what fills
them (`<room>/templates/`).
"""

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.domain.visible import visible

if TYPE_CHECKING:
    from jinja2 import Environment

_ROOMS = Path(__file__).resolve().parent.parent


@cache
def templates(room: str, *filters: Callable[..., object]) -> "Environment":
    """The templates of a room, such as `publication/site`; each filter is known by its function's name.

    Submitted text is escaped and all visible, and a name that nobody gave is an error, never an empty place on a page.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_ROOMS / room / "templates"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {one.__name__: one for one in (*filters, csp_hash)}
    return environment


def csp_hash(style: str) -> str:
    """What a page's policy calls a style that stands in it, so that it allows this one and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


def _shown(value: object) -> object:
    # What is marked up came through here already, piece by piece.
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
