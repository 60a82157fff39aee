"""The geometry of a bar chart; `templates/bars.svg.j2` draws it.

The template is ours: the chart library of the lock (altair) draws in the browser, and a page without JavaScript needs
the SVG itself. What belongs here: lengths and lines. What does not: which figures are compared (`page`).
"""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from orchestration.store.templates import templates

_LINE, _BAR, _GAP = 19, 14, 12
_CHARACTERS_PER_LINE = 42
# Bars stop here, in percent of the width, so that the value written after the longest one fits on a telephone.
_LONGEST = Decimal(72)


@dataclass(frozen=True)
class Bar:
    """One bar: its name cut into lines, the value as shown, and where it is drawn (pixels down, percent across)."""

    lines: tuple[tuple[int, str], ...]
    shown: str
    top: int
    height: int
    width: Decimal


@dataclass(frozen=True)
class BarChart:
    """Horizontal bars over the whole width of their container, `height` pixels tall."""

    bars: tuple[Bar, ...]
    height: int


def bar_chart(items: Iterable[tuple[str, Decimal, str]], full: Decimal | None = None) -> BarChart:
    """Lay out `(name, value, value as shown)` from top to bottom; `full` is what a whole bar stands for."""
    listed = list(items)
    scale = full or max((value for _, value, _ in listed), default=Decimal(0))
    bars, top = [], 0
    for name, value, shown in listed:
        lines = textwrap.wrap(name, _CHARACTERS_PER_LINE) or [""]
        baselines = tuple((top + _LINE * number - 5, line) for number, line in enumerate(lines, start=1))
        top += _LINE * len(lines)
        width = (value / scale * _LONGEST).quantize(Decimal("0.01")) if scale else Decimal(0)
        bars.append(Bar(baselines, shown, top, _BAR, width))
        top += _BAR + _GAP
    return BarChart(tuple(bars), top)


def bar_chart_svg(items: Iterable[tuple[str, Decimal, str]], title: str) -> str:
    """The same chart as an SVG that stands alone, 640 pixels wide."""
    chart = bar_chart(items)
    template = templates("publication/site").get_template("bars.svg.j2")
    drawn = template.module.bars(chart, "chart", title, title)  # type: ignore[attr-defined]
    style = "<style>text{font:13px sans-serif;fill:#888}rect{fill:#4b6bfb}</style>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{chart.height}">{style}{drawn}</svg>'
