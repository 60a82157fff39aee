"""French as agents, teams and readers see it: one apostrophe, one plural, one way to end a list."""

import ast
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.domain.french import (
    NBSP,
    agreed,
    and_others,
    file_size,
    label,
    moment,
    month,
    number,
    period,
    plural,
    quantity,
    semester,
    signed,
    typeset,
)

ROOT = Path(__file__).resolve().parents[2]
# A word that loses its vowel before another: l', d', qu'… with the apostrophe of a typewriter.
STRAIGHT = re.compile(r"(?i)(?<![a-zà-ÿ])(?:[ldnscjmt]|qu|jusqu|lorsqu|puisqu|aujourd)'(?=[a-zà-ÿ0-9«])")
# What ministries write, in the contracts and in the sample, is theirs to spell.
THEIRS = ("orchestration/contracts", "orchestration/sample")


def _texts() -> Iterator[tuple[str, str]]:
    for folder in ("orchestration", "expectations"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if name.startswith(THEIRS):
                continue
            if path.suffix in (".html", ".j2"):
                yield name, path.read_text(encoding="utf-8")
            elif path.suffix == ".py":
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        yield f"{name}:{node.lineno}", node.value


def test_our_own_sentences_have_the_apostrophe_of_print():
    assert [(where, text) for where, text in _texts() if STRAIGHT.search(text)] == []


@pytest.mark.parametrize(
    ("count", "word"),
    [(0, "an"), (1, "an"), (Decimal("1.9"), "an"), (2, "ans"), (Decimal("-2"), "ans"), (Decimal("-1.9"), "an")],
)
def test_the_plural_starts_at_two(count, word):
    assert agreed(count, "an") == word


def test_a_word_may_have_a_plural_of_its_own():
    assert plural(1, "à surveiller", "à surveiller") == f"1{NBSP}à surveiller"
    assert agreed(2, "n’est pas montrée", "ne sont pas montrées") == "ne sont pas montrées"


def test_a_list_that_leaves_one_out_says_so_in_the_singular():
    assert [and_others(count) for count in (-1, 0, 1, 2)] == ["", "", f" et 1{NBSP}autre", f" et 2{NBSP}autres"]


def test_no_sign_begins_a_line():
    assert typeset("« SIRHEN » : 12 % ; 3 M€ (+ 4 %) ?") == (
        f"«{NBSP}SIRHEN{NBSP}»{NBSP}: 12{NBSP}%{NBSP}; 3{NBSP}M€ (+{NBSP}4{NBSP}%){NBSP}?"
    )


@pytest.mark.parametrize(
    ("value", "places", "said"),
    [
        (None, 2, "–"),
        (0, 0, "0"),
        (Decimal("2.5"), 0, "3"),
        (Decimal("-2.5"), 0, "−3"),
        (Decimal("-0.04"), 1, "0,0"),
        (0.125, 2, "0,13"),
        (1234567.891, 1, "1\u202f234\u202f567,9"),
    ],
)
def test_a_number_is_rounded_half_up_and_zero_has_no_sign(value, places, said):
    assert number(value, places) == said


def test_a_number_is_whole_unless_decimals_are_asked_for():
    assert (number(Decimal("12.6")), signed(Decimal("12.6"))) == ("13", "+13")


@pytest.mark.parametrize(
    ("value", "said"), [(None, "–"), (Decimal("0.04"), "0,0"), (Decimal("0.05"), "+0,1"), (-1, "−1,0"), (0, "0,0")]
)
def test_only_what_is_written_as_more_than_zero_has_a_plus(value, said):
    assert signed(value, 1) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "meur", "–"),
        (Decimal("12.5"), "meur", "12,50 M€"),
        (Decimal("4.25"), "years", "4,3 ans"),
        (Decimal("4.25"), "pct", "4,3 %"),
        (6, "months", "6 mois"),
        (12, "jours-homme", "12 jours-homme"),
        (12, None, "12"),
    ],
)
def test_a_value_has_the_decimals_of_its_unit_and_its_unit_behind(value, unit, said):
    assert quantity(value, unit).replace(NBSP, " ") == said


def test_a_code_without_words_is_shown_as_it_is():
    assert [label("cost"), label("unheard_of"), label(None)] == ["coût", "unheard_of", "–"]


@pytest.mark.parametrize(
    ("value", "precision", "said"),
    [
        (date(2013, 7, 12), "day", "12 juillet 2013"),
        (date(2021, 7, 1), "day", "1er juillet 2021"),
        (date(2021, 7, 11), "day", "11 juillet 2021"),
        (date(2013, 7, 1), "month", "juillet 2013"),
        (date(2026, 3, 1), "quarter", "T1 2026"),
        (date(2026, 4, 1), "quarter", "T2 2026"),
        (date(2026, 12, 1), "quarter", "T4 2026"),
        (date(2026, 6, 1), "semester", "S1 2026"),
        (date(2026, 7, 1), "semester", "S2 2026"),
    ],
)
def test_a_date_is_said_as_far_as_it_is_known(value, precision, said):
    assert period(value, precision).replace(NBSP, " ") == said


def test_a_month_is_short_and_a_moment_says_its_zone():
    assert (month(date(2017, 12, 31)), month(None)) == (f"déc.{NBSP}2017", "–")
    assert moment(datetime(2017, 6, 15, 9, 5)).replace(NBSP, " ") == "15 juin 2017 à 09:05 (UTC)"


def test_an_edition_is_said_as_a_semester():
    assert (semester("2017-S1"), semester("2017-S2")) == ("premier semestre 2017", "second semestre 2017")


@pytest.mark.parametrize(("count", "said"), [(0, "1"), (1499, "1"), (1500, "2"), (1_234_567, "1\u202f235")])
def test_a_file_has_at_least_one_kilobyte(count, said):
    assert file_size(count) == f"{said}{NBSP}ko"
