"""What a verdict holds back: the editions whose rows fail it, or all where nobody can tell which."""

from dataclasses import replace
from typing import Any

import pytest

from expectations.rule import Rule, present
from expectations.runner import Verdict
from orchestration.validation.holding import Hold, found_in, hold_of, holds_of, is_held


def verdict(**changed: Any) -> Verdict:
    failed = Verdict(Rule("a_rule", "rank", present("rank"), "Une phrase.", "", "error"), "top50", success=False)
    of_rule = {name: changed.pop(name) for name in ("severity", "sentence_fr", "column") if name in changed}
    return replace(failed, rule=replace(failed.rule, **of_rule), **changed)


def failing(*editions: object) -> dict[str, Any]:
    return {"failing": tuple({"edition": edition} for edition in editions), "failing_count": len(editions)}


@pytest.mark.parametrize(
    ("of", "editions"),
    [
        (verdict(**failing("2021-S2", "2021-S1", "2021-S2")), ("2021-S1", "2021-S2")),
        (verdict(**failing("2021-S2", None)), None),
        (verdict(failing=({"rank": 1},), failing_count=1), None),
        (verdict(broken="no file"), None),
        (verdict(failing_count=3), None),
    ],
)
def test_a_failed_rule_holds_back_the_editions_that_it_names_else_all(of, editions):
    assert hold_of(of) == Hold(of, editions)
    assert (is_held("2021-S1", holds_of([of], {})), is_held("2020-S1", holds_of([of], {}))) == (True, editions is None)


@pytest.mark.parametrize("of", [verdict(success=True), verdict(severity="warning", **failing("2021-S2"))])
def test_neither_what_holds_nor_a_warning_holds_anything_back(of):
    assert hold_of(of) is None
    assert not is_held("2021-S2", holds_of([of], {}))


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"column": "total_cost_bn_eur", "failing": ({"edition": "2021-S2", "value": 132.5},)},
            "Attendu : Une phrase. Constaté : total_cost_bn_eur = 132,5 (édition 2021-S2).",
        ),
        (
            {"column": "projects", "failing": ({"edition": "2021-S2", "value": 1200},)},
            "Attendu : Une phrase. Constaté : projects = 1 200 (édition 2021-S2).",
        ),
        (
            {"column": "name", "failing": ({"edition": "2021-S2", "rank": 12, "value": None},)},
            "Attendu : Une phrase. Constaté : name = vide (édition 2021-S2, rank 12).",
        ),
        (
            {"failing": tuple({"edition": "2021-S2", "value": n} for n in range(5)), "failing_count": 5},
            "Attendu : Une phrase. Constaté : rank = 0 (édition 2021-S2) ; rank = 1 (édition 2021-S2) ; "
            "rank = 2 (édition 2021-S2) ; et 2 autres lignes.",
        ),
        (
            {"failing": tuple({"edition": "2021-S2", "value": n} for n in "abcd"), "failing_count": 4},
            "Attendu : Une phrase. Constaté : rank = a (édition 2021-S2) ; rank = b (édition 2021-S2) ; "
            "rank = c (édition 2021-S2) ; et 1 autre ligne.",
        ),
        ({"failing_count": 3}, "Attendu : Une phrase. Constaté : aucune ligne nommée."),
        (
            {"failing": ({"value": True}, {"edition": None, "value": 0.1}), "failing_count": 2},
            "Attendu : Une phrase. Constaté : rank = True ; rank = 0,1.",
        ),
        ({"broken": "no file"}, "Contrôle impossible : no file"),
    ],
)
def test_a_failed_rule_says_what_it_expects_and_the_value_that_it_found_and_where(changed, said):
    assert plain(found_in(verdict(**changed))).replace("\N{NARROW NO-BREAK SPACE}", " ") == said


def test_of_one_edition_only_what_was_found_in_it_is_said():
    of = verdict(failing=({"edition": "2021-S1", "value": 1}, {"edition": "2021-S2", "value": 2}), failing_count=2)
    assert plain(found_in(of, "2021-S2")) == "Attendu : Une phrase. Constaté : rank = 2 (édition 2021-S2)."


def test_an_edition_that_is_compared_with_a_held_one_is_held_with_it_and_the_next_one_is_not() -> None:
    failed = verdict(**failing("2021-S1"))
    previous = {"2020-S2": None, "2021-S1": "2020-S2", "2021-S2": "2021-S1", "2022-S1": "2021-S2"}
    (hold,) = holds_of([failed], previous)
    assert hold.editions == ("2021-S1", "2021-S2")
    assert [edition for edition in previous if is_held(edition, [hold])] == ["2021-S1", "2021-S2"]
