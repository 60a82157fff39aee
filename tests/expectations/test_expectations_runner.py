"""What the runner promises whatever the rules: order, plain values, no false accusation when a check breaks."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from expectations import runner
from expectations.rule import Check, Rule, Suite, between, holds, present, unique
from expectations.runner import MART_SUITES, SUBMISSION_SUITES, validate_marts, validate_submissions

ALL_SUITES = (*SUBMISSION_SUITES.values(), *MART_SUITES)


def rule(name: str, column: str, check: Check) -> Rule:
    return Rule(name, column, check, "Attendu.", "À corriger.")


def judge(monkeypatch: pytest.MonkeyPatch, suite: Suite, frame: pd.DataFrame) -> dict[str, runner.Verdict]:
    monkeypatch.setattr(runner, "SUBMISSION_SUITES", {"projects": suite})
    return {verdict.id: verdict for verdict in validate_submissions("projects", frame)}


def test_verdicts_come_in_the_declared_order(tmp_path: Path) -> None:
    declared = [(suite.name, rule.id) for suite in MART_SUITES for rule in suite.rules]
    assert [(verdict.suite, verdict.id) for verdict in validate_marts(tmp_path)] == declared


def test_results_that_the_library_shuffles_are_put_back_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (rule("z", "a", between("a", 0, 1)), rule("a", "b", present("b")), rule("m", "a", present("a")))
    frame = pd.DataFrame({"row_number": [2, 3], "a": [0.5, 7.0], "b": [None, "x"]}, dtype=object)
    verdicts = judge(monkeypatch, Suite("projects", ("row_number",), rules), frame)
    assert list(verdicts) == ["z", "a", "m"]
    assert {name: verdict.failing for name, verdict in verdicts.items()} == {
        "z": ({"row_number": 3, "value": 7.0},),
        "a": ({"row_number": 2, "value": None},),
        "m": (),
    }


def test_failing_rows_are_named_in_the_order_of_the_frame_even_when_its_index_repeats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = pd.DataFrame({"row_number": [9, 2, 5], "a": [-1, -2, 3]}, index=[0, 0, 1])
    suite = Suite("projects", ("row_number",), (rule("positive", "a", between("a", 0, None)),))
    assert [failing["row_number"] for failing in judge(monkeypatch, suite, frame)["positive"].failing] == [9, 2]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int64(3), 3),
        (np.float64(2.5), 2.5),
        (np.bool_(True), True),
        (Decimal("1.25"), 1.25),
        (date(2017, 6, 1), "2017-06-01"),
        (pd.Timestamp(datetime(2017, 6, 1, 9, tzinfo=UTC)), "2017-06-01T09:00:00+00:00"),
        ("Mistral", "Mistral"),
    ],
)
def test_a_failing_value_can_be_written_as_json(monkeypatch: pytest.MonkeyPatch, value: object, plain: object) -> None:
    frame = pd.DataFrame({"row_number": [np.int64(2)], "a": [value], "_no": [False]}, dtype=object)
    (failing,) = judge(monkeypatch, Suite("projects", ("row_number",), (rule("no", "a", holds("_no")),)), frame)[
        "no"
    ].failing
    assert json.loads(json.dumps(failing)) == {"row_number": 2, "value": plain}
    assert type(failing["value"]) is type(plain)


def test_a_check_on_a_missing_column_is_broken_and_the_others_still_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (rule("gone", "nope", between("nope", 0, 1)), rule("there", "a", between("a", 0, 1)))
    frame = pd.DataFrame({"row_number": [2], "a": [7]})
    verdicts = judge(monkeypatch, Suite("projects", ("row_number",), rules), frame)
    assert "nope" in (verdicts["gone"].broken or "")
    assert not verdicts["gone"].success
    assert (verdicts["gone"].failing, verdicts["gone"].failing_count) == ((), 0)
    assert (verdicts["there"].broken, verdicts["there"].failing_count) == (None, 1)


def test_a_check_on_values_that_cannot_be_compared_is_broken_not_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"row_number": [2, 3], "a": ["douze", 3]}, dtype=object)
    verdicts = judge(monkeypatch, Suite("projects", ("row_number",), (rule("range", "a", between("a", 0, 1)),)), frame)
    assert verdicts["range"].broken
    assert verdicts["range"].failing == ()


def test_an_unknown_expectation_breaks_the_suite_instead_of_the_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    suite = Suite("projects", ("row_number",), (rule("odd", "a", Check("ExpectTheUnexpected", {})),))
    verdicts = judge(monkeypatch, suite, pd.DataFrame({"row_number": [2], "a": [1]}))
    assert "ExpectTheUnexpected" in (verdicts["odd"].broken or "")


def test_helper_columns_that_raise_break_every_check_of_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    def helpers(_frame: pd.DataFrame) -> dict[str, Iterable[object]]:
        raise ZeroDivisionError("in a helper")

    suite = replace(SUBMISSION_SUITES["projects"], helpers=helpers)
    verdicts = judge(monkeypatch, suite, pd.DataFrame({"row_number": [2]}))
    assert {verdict.broken for verdict in verdicts.values()} == {"ZeroDivisionError: in a helper"}


def test_a_missing_mart_breaks_its_checks_and_only_them(tmp_path: Path) -> None:
    slips = {"edition": "2017-S1", "rule": "went_silent", "subject": "a"}
    pd.DataFrame([slips | dict.fromkeys(("from_value", "to_value", "slip_months"))]).to_parquet(
        tmp_path / "slips.parquet"
    )
    broken = {verdict.suite for verdict in validate_marts(tmp_path) if verdict.broken}
    assert broken == {suite.name for suite in MART_SUITES} - {"slips"}


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="unheard_of"):
        validate_submissions("unheard_of", pd.DataFrame())


def test_rule_ids_are_unique_and_stable_words() -> None:
    ids = [rule.id for suite in ALL_SUITES for rule in suite.rules]
    assert len(set(ids)) == len(ids)
    assert all(name.isidentifier() and name == name.lower() for name in ids)


def test_every_rule_says_in_french_what_is_expected_and_what_to_do() -> None:
    for suite in ALL_SUITES:
        for each in suite.rules:
            for sentence in (each.sentence_fr, each.remedy_fr):
                assert sentence.endswith("."), each.id
                assert not any(f" {mark}" in sentence for mark in ":;%€»"), f"{each.id}: a plain space before a mark"


def test_only_errors_have_an_effect() -> None:
    assert [
        rule.id for suite in ALL_SUITES for rule in suite.rules if rule.effect != "none" and rule.severity != "error"
    ] == []


def test_importing_the_runner_loads_neither_the_library_nor_pandas() -> None:
    code = "import sys, expectations.runner; print(sorted({'pandas', 'great_expectations'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_judging_costs_no_statistics_that_no_rule_asks_for() -> None:
    code = """
import sys
import pandas as pd
from expectations import runner
from expectations.rule import Rule, Suite, between
suite = Suite("projects", ("row_number",), (Rule("a", "a", between("a", 0, 1), "", ""),))
runner.SUBMISSION_SUITES = {"projects": suite}
(verdict,) = runner.validate_submissions("projects", pd.DataFrame({"row_number": [2], "a": [7.0]}))
print(verdict.broken, verdict.failing, [name for name in sys.modules if name.startswith("scipy.stats.")])
import scipy.stats
print(scipy.stats.norm.cdf(0))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["None ({'row_number': 2, 'value': 7.0},) []", "0.5"]


def test_analytics_are_off_once_the_library_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GX_ANALYTICS_ENABLED", "true")
    frame = pd.DataFrame({"row_number": [2], "a": [1], "b": [2]})
    verdicts = judge(monkeypatch, Suite("projects", ("row_number",), (rule("key", "a", unique("a", "b")),)), frame)
    assert verdicts["key"].success
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
