"""French as agents, teams and readers see it: one apostrophe, one plural, one way to end a list."""

import ast
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.domain.french import NBSP, agreed, and_others, plural, typeset

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
