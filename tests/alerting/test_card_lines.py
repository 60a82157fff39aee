"""What a card says beside its statements."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from test_sentences import alert, plain

from orchestration.alerting.card_lines import baseline_line, comment_line, is_to_be_explained, late_prefix
from orchestration.drawing.trend import Trend


def test_the_baseline_is_said_as_far_as_it_is_known() -> None:
    cost, end = Decimal("80"), date(2018, 6, 30)
    assert (
        baseline_line(Trend((), cost, end))
        == "Référence initiale\N{NO-BREAK SPACE}: 80,0\N{NO-BREAK SPACE}M€, fin en juin 2018."
    )
    said = [baseline_line(one) for one in (Trend((), cost), Trend((), None, end), Trend((), Decimal("0.345")))]
    assert list(map(plain, filter(None, said))) == [
        "Référence initiale : 80,0 M€.",
        "Référence initiale : fin en juin 2018.",
        "Référence initiale : 0,35 M€.",
    ]
    assert baseline_line(Trend(())) is None


def test_the_ministry_is_quoted_as_it_wrote_on_one_line_and_not_for_ever() -> None:
    assert plain(comment_line("Marché\nrelancé\u202e : 3 %.")) == "Le ministère : « Marché relancé\ufffd : 3 %. »"
    # What others typed keeps its own spaces.
    assert "relancé : 3 %" in comment_line("Marché relancé : 3 %")
    assert len(comment_line("x" * 1000)) < 330
    assert {comment_line(nothing) for nothing in (None, "", " \n")} == {"Aucune explication reçue."}


def test_nobody_is_asked_to_explain_what_comes_in_or_comes_to_its_end() -> None:
    assert not is_to_be_explained([alert(rule="entered"), alert(rule="completed"), alert(rule="cost_known")])
    assert not is_to_be_explained([alert(rule="submission_missing")])
    assert is_to_be_explained([alert(rule="entered"), alert()])


@pytest.mark.parametrize(
    ("edition", "told_on", "said"),
    [
        ("2019-S2", datetime(2019, 12, 30, 23, 30, tzinfo=UTC), None),
        ("2019-S2", datetime(2020, 6, 30, tzinfo=UTC), None),
        # In Paris the semester has begun.
        ("2019-S2", datetime(2020, 6, 30, 22, 30, tzinfo=UTC), "avec retard : édition de 2019"),
        ("2019-S1", datetime(2019, 12, 31, tzinfo=UTC), None),
        ("2019-S1", datetime(2026, 1, 1, tzinfo=UTC), "avec retard : édition de 2019"),
        ("2021-S1", datetime(2019, 6, 30, tzinfo=UTC), None),
        (None, datetime(2026, 1, 1, tzinfo=UTC), None),
    ],
)
def test_news_of_an_edition_before_the_previous_semester_says_that_it_comes_late(
    edition: str | None, told_on: datetime, said: str | None
) -> None:
    found = late_prefix(edition, told_on)
    assert (plain(found) if found else None) == said
