"""A trend as lines of text, for places that show no picture and for who cannot see one.

What belongs here: bars made of letters, and the same figures in words. What does not: what is shown (`series`).
"""

from orchestration.domain.french import NBSP
from orchestration.drawing.series import Series, cost_series, end_series
from orchestration.drawing.trend import Trend

_BARS = "▁▂▃▄▅▆▇█"
_UNKNOWN = "·"


def text_bars(trend: Trend) -> tuple[str, ...]:
    """« Coût ▁▁▂▇ 85,0 → 97,0 M€ (référence 80,0 M€) », and as much of the planned end; a dot where nothing is known.

    A figure of which fewer than two values are known, or that never moved, is left out: there is nothing to compare.
    """
    return tuple(
        f"{series.name} {_bars(series)} {_from_to(series)}{_reference(series)}"
        for series in (cost_series(trend), end_series(trend))
        if len({series.shown[place] for place in series.known}) > 1
    )


def in_words(trend: Trend) -> str:
    """What the picture shows, for who cannot see it: « Coût : 85,0 → 97,0 M€ (référence 80,0 M€). Fin prévue : … »."""
    said = []
    for series in (cost_series(trend), end_series(trend)):
        known = f"{series.name}{NBSP}: {_from_to(series)}" if series.known else series.unknown.capitalize()
        said.append(f"{known}{_reference(series)}.")
    return " ".join(said)


def _bars(series: Series) -> str:
    step = (series.highest - series.lowest) / len(_BARS)
    return "".join(
        _UNKNOWN if value is None else _BARS[min(int((value - series.lowest) / step), len(_BARS) - 1)]
        for value in series.values
    )


def _from_to(series: Series) -> str:
    first, last = (series.shown[place] for place in (min(series.known), max(series.known)))
    # Of two amounts the unit is said once.
    return last if first == last else f"{first.removesuffix(f'{NBSP}M€')} → {last}"


def _reference(series: Series) -> str:
    return f" (référence {series.baseline_shown})" if series.baseline_shown else ""
