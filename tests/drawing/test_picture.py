"""Pictures and text bars of trends: what is written on them, where lines break, and that the same gives the same."""

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import matplotlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes

from orchestration.drawing.picture import png
from orchestration.drawing.text_bars import in_words, text_bars
from orchestration.drawing.trend import Point, Trend

EDITIONS = ("2016-S2", "2017-S1", "2017-S2", "2018-S1")


def trend(
    costs: Sequence[str | None],
    ends: Sequence[str | None] = (),
    *,
    editions: Sequence[str] = EDITIONS,
    baseline: tuple[str | None, str | None] = (None, None),
) -> Trend:
    """A trend of these costs in M€ and these planned ends, none where there are fewer of them than of editions."""
    missing = [None] * len(editions)
    points = zip(editions, (*costs, *missing), (*ends, *missing), strict=False)
    cost, end = baseline
    return Trend(
        tuple(Point(edition, c and Decimal(c), d and date.fromisoformat(d)) for edition, c, d in points),
        cost and Decimal(cost),
        end and date.fromisoformat(end),
    )


RISING = trend(
    ["85", "85.5", "91", "97"], ["2017-06-30", None, "2018-01-31", "2018-06-30"], baseline=("80", "2017-03-31")
)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that a picture is given, in their order."""
    found: list[str] = []
    write = Axes.text

    def noted(self: Axes, x: float, y: float, s: str, *args: Any, **more: Any) -> Any:
        found.append(s.replace("\N{NO-BREAK SPACE}", " "))
        return write(self, x, y, s, *args, **more)

    monkeypatch.setattr(Axes, "text", noted)
    return found


def size(picture: bytes) -> tuple[int, int]:
    return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])


def test_a_picture_says_the_first_and_the_last_known_value_the_baseline_and_the_editions(written):
    picture = png(RISING)
    assert picture.startswith(b"\x89PNG") and size(picture) == (1200, 500)
    of_cost = ["Coût", "85,0 M€", "97,0 M€", "référence 80,0 M€", "S2 2016", "S1 2018"]
    of_end = ["Fin prévue", "juin 2017", "juin 2018", "référence mars 2017", "S2 2016", "S1 2018"]
    assert sorted(written) == sorted((*of_cost, *of_end))


def test_the_same_trend_gives_the_same_bytes_in_another_process_whatever_a_person_set_for_their_own(tmp_path):
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nfont.size: 30\nsavefig.dpi: 30\n")
    code = (
        "import hashlib; from tests.drawing.test_picture import RISING, png;"
        "print(hashlib.sha256(png(RISING)).hexdigest())"
    )
    # With the list of fonts that is there: to make one takes seconds.
    environment = {"MATPLOTLIBRC": str(tmp_path), "MPLCONFIGDIR": matplotlib.get_configdir(), "PYTHONHASHSEED": "7"}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == hashlib.sha256(png(RISING)).hexdigest()
    assert b"tEXt" not in png(RISING)


def test_a_line_is_broken_at_an_unknown_value_and_at_an_edition_that_is_missing(monkeypatch):
    lines: list[list[float]] = []
    plot = Axes.plot
    monkeypatch.setattr(Axes, "plot", lambda self, x, y, **more: lines.append(y) or plot(self, x, y, **more))
    png(trend(["20", None, "30"], editions=["2016-S2", "2017-S1", "2018-S1"]))
    cost = next(line for line in lines if isinstance(line, list))
    assert [value == value for value in cost] == [True, False, False, True]


@pytest.mark.parametrize("cost", ["20", "0", "0.001", "123456789"])
def test_a_series_that_never_moves_is_drawn_in_the_middle(cost, written):
    png(trend([cost] * 4, ["2019-12-31"] * 4))
    assert written.count("déc. 2019") == 2


def test_one_edition_alone_is_drawn_with_its_value_written_once(written):
    png(trend(["12.5"], editions=["2018-S1"], baseline=("10", None)))
    assert written.count("12,5 M€") == 1 and written.count("S1 2018") == 2


def test_a_figure_that_is_never_known_is_said_to_be_unknown(written):
    png(trend([]))
    assert "coût inconnu" in written and "fin inconnue" in written


@settings(max_examples=12)
@given(
    st.lists(
        st.tuples(st.none() | st.decimals("0", "99999", places=2), st.none() | st.dates(date(2000, 1, 1))), min_size=1
    ),
    st.none() | st.decimals("0", "99999", places=2),
    st.none() | st.dates(date(2000, 1, 1)),
)
def test_any_trend_is_drawn_and_every_text_stands_on_the_picture(found, cost, end):
    drawn = []
    write = Axes.text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Axes, "text", lambda *args, **more: drawn.append(write(*args, **more)) or drawn[-1])
        points = [Point(f"{2010 + at // 2}-S{at % 2 + 1}", *values) for at, values in enumerate(found)]
        png(Trend(tuple(points), cost, end))
    for text in drawn:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= 1200 and box.y1 <= 500, text.get_text()


def test_text_bars_are_one_line_for_the_cost_and_one_for_the_end():
    assert [line.replace("\N{NO-BREAK SPACE}", " ") for line in text_bars(RISING)] == [
        "Coût ▄▄▅▇ 85,0 → 97,0 M€ (référence 80,0 M€)",
        "Fin prévue ▃·▅▇ juin 2017 → juin 2018 (référence mars 2017)",
    ]


def test_text_bars_leave_out_a_figure_that_never_moved_or_with_fewer_than_two_known_values():
    assert text_bars(trend(["20", None, None, None], ["2018-06-30", "2018-12-31"]))[0].startswith("Fin prévue ")
    assert text_bars(trend(["20", "20"], ["2018-06-30", "2018-06-30"])) == ()
    assert text_bars(trend(["20"], ["2018-06-30"], editions=["2018-S1"])) == ()
    assert text_bars(Trend(())) == ()


def test_text_bars_show_a_change_of_a_hundredth_as_small_and_the_highest_as_the_highest():
    small, large = trend(["100", "101"]), trend(["100", "200"])
    assert [text_bars(one)[0].split()[1] for one in (small, large)] == ["▄▅··", "▁█··"]


def test_words_stand_for_the_picture():
    assert in_words(RISING).replace("\N{NO-BREAK SPACE}", " ") == (
        "Coût : 85,0 → 97,0 M€ (référence 80,0 M€). Fin prévue : juin 2017 → juin 2018 (référence mars 2017)."
    )
    assert in_words(trend(["20"], editions=["2018-S1"])).endswith("Fin inconnue.")
