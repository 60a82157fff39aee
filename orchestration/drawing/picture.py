"""The picture of a trend: cost and planned end over the editions, side by side, as a PNG.

What belongs here: how it is drawn. What does not: what is drawn (`series`) and who shows it.
"""

import io
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from orchestration.domain.edition import Edition
from orchestration.domain.french import period
from orchestration.drawing.series import Series, cost_series, end_series, semesters
from orchestration.drawing.trend import Trend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Pixel = tuple[float, float]

# Inches, and dots per inch: 600 × 250 pixels of a page, twice as fine. A telephone shows it at half of that width.
_SIZE, _DPI = (6.0, 2.5), 200
# Points.
_TITLE, _VALUE, _SMALL = 13, 14, 10.5
_PAPER, _INK, _QUIET, _LINE, _OVER = "#ffffff", "#1c1d22", "#5b5d66", "#2b3f9e", "#f6d9cd"
_DASHES = (0, (4, 3))


def png(trend: Trend) -> bytes:
    """Draw a trend of one point or more, 1 200 × 500 pixels; the same bytes for the same trend.

    Each semester has the same room, and a line is broken where nothing is known. What is over the baseline, a line of
    dashes, is shaded.
    """
    # Imported here: it takes a second, and most passes draw nothing.
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    file = io.BytesIO()
    # What a person set for pictures of their own must not show in ours.
    with matplotlib.rc_context(matplotlib.rcParamsDefault):
        figure = Figure(figsize=_SIZE, dpi=_DPI, facecolor=_PAPER)
        FigureCanvasAgg(figure)
        for left, series in ((0.025, cost_series(trend)), (0.525, end_series(trend))):
            _draw(figure.add_axes((left, 0.13, 0.45, 0.63)), series, semesters(trend))
        figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _draw(axes: "Axes", series: Series, editions: Sequence[Edition]) -> None:
    last_place, span = max(len(editions) - 1, 1), series.highest - series.lowest
    axes.set_axis_off()
    axes.set_xlim(*((-0.02 * last_place, 1.02 * last_place) if len(editions) > 1 else (-1, 1)))
    # Room for a label above the highest value, and one under the lowest.
    axes.set_ylim(series.lowest - 0.4 * span, series.highest + 0.35 * span)
    _write(axes, (0, 1.26), series.name, _TITLE, ha="left", is_bold=True)
    ends = {"left": editions[0], "right": editions[-1]} if len(editions) > 1 else {"center": editions[0]}
    for ha, edition in ends.items():
        x = {"left": 0.0, "center": 0.5, "right": 1.0}[ha]
        _write(axes, (x, -0.06), period(edition.as_of, "semester"), _SMALL, ha=ha, color=_QUIET)
    _draw_line(axes, series)
    if not series.known:
        _write(axes, (0.5, 0.5), series.unknown, _VALUE, ha="center", color=_QUIET)
        return
    first, last = min(series.known), max(series.known)
    taken = _drawn(axes, series)
    taken += _label(axes, series, last, taken, color=_INK, is_bold=True)
    if first != last:
        _label(axes, series, first, taken, color=_QUIET)


def _draw_line(axes: "Axes", series: Series) -> None:
    """The baseline, what is over it, and the values; the last one known is a larger point."""
    places = range(len(series.values))
    values = [float("nan") if value is None else value for value in series.values]
    if series.baseline is not None:
        axes.axhline(series.baseline, color=_QUIET, linewidth=1, linestyle=_DASHES)
        over = [value > series.baseline for value in values]
        axes.fill_between(places, values, series.baseline, over, interpolate=True, color=_OVER, linewidth=0)
        over_all: dict[str, Any] = {"transform": axes.transAxes, "clip_on": False}
        axes.plot([0, 0.07], [1.09, 1.09], color=_QUIET, linestyle=_DASHES, linewidth=1, **over_all)
        _write(axes, (0.09, 1.09), f"référence {series.baseline_shown}", _SMALL, ha="left", color=_QUIET)
    # Of many editions no point shows but one that stands alone.
    dot = 4 if len(values) <= 12 else 2.2
    axes.plot(places, values, color=_LINE, linewidth=2.2, marker="o", markersize=dot, clip_on=False)
    if series.known:
        axes.plot(*list(series.known.items())[-1], color=_LINE, marker="o", markersize=8, clip_on=False)


def _drawn(axes: "Axes", series: Series) -> list["Pixel"]:
    """Pixels of the line and of the baseline, so close that no label slips between two, and many of each point."""
    ways = [((0, len(series.values) - 1), (series.baseline, series.baseline))]
    ways += [((left, left + 1), pair) for left, pair in enumerate(pairwise(series.values))]
    ways += [((place, place), (value, value)) for place, value in enumerate(series.values)]
    found = [
        (left + (right - left) * step / 100, low + (high - low) * step / 100)
        for (left, right), (low, high) in ways
        if low is not None and high is not None
        for step in range(101)
    ]
    pixels: list[Pixel] = axes.transData.transform(found).tolist()
    return pixels


def _label(axes: "Axes", series: Series, place: int, taken: Sequence["Pixel"], **style: Any) -> list["Pixel"]:
    """Write a value above its point, or under it where that covers less; give the pixels that it takes."""
    text = _write(axes, (0, 0), series.shown[place], _VALUE, ha="left", va="bottom", **style)
    text.set_transform(None)
    x, y = axes.transData.transform((place, series.known[place]))
    size, frame, away = text.get_window_extent(), axes.bbox, 20
    left = min(max(x - size.width / 2, frame.x0), frame.x1 - size.width)
    rows = (y + away, y - away - size.height)
    near = 8
    covered = [
        sum(
            left - near <= across <= left + size.width + near and row - near <= up <= row + size.height + near
            for across, up in taken
        )
        for row in rows
    ]
    row = rows[covered.index(min(covered))]
    text.set_position((left, row))
    return [(left + size.width * across / 10, row + size.height * up / 4) for across in range(11) for up in range(5)]


def _write(
    axes: "Axes", at: tuple[float, float], words: str, size: float, *, is_bold: bool = False, **style: Any
) -> Any:
    """Write on the picture, at a share of its width and height, in the typeface that comes with matplotlib."""
    from matplotlib import get_data_path
    from matplotlib.font_manager import FontProperties
    from matplotlib.patheffects import withStroke

    face = f"{get_data_path()}/fonts/ttf/DejaVuSans{'-Bold' if is_bold else ''}.ttf"
    return axes.text(
        *at,
        words,
        transform=axes.transAxes,
        fontproperties=FontProperties(fname=face, size=size),
        path_effects=[withStroke(linewidth=3, foreground=_PAPER)],
        **({"color": _INK, "va": "center"} | style),
    )
