"""The catalogue says all that a receipt can say, and nothing else, with an example for each rule."""

import ast
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

import orchestration.contracts
import orchestration.intake
from expectations.runner import SUBMISSION_SUITES
from orchestration.cli import app
from orchestration.intake.findings.catalogue import as_html, as_json, entries
from orchestration.intake.findings.rules import RULES, RULES_VERSION

ENTRIES = {entry.id: entry for entry in entries()}


def _modules() -> Iterator[ast.Module]:
    rooms = (Path(room.__file__).parent for room in (orchestration.contracts, orchestration.intake))
    for path in sorted(path for room in rooms for path in room.rglob("*.py")):
        if path.name not in ("rules.py", "catalogue.py"):
            yield ast.parse(path.read_text(encoding="utf-8"))


def _words(node: ast.AST) -> set[str]:
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def _named_in_calls() -> set[str]:
    """What the code gives, word for word, where a finding takes its rule."""
    named: set[str] = set()
    for call in (node for module in _modules() for node in ast.walk(module) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name == "finding":
            named |= _words(call.args[0]) if call.args else set()
        named |= {word for key in call.keywords if key.arg in ("fault", "doubt") for word in _words(key.value)}
    return named


def test_every_rule_that_the_code_names_is_in_the_catalogue():
    assert _named_in_calls() - {""} <= set(ENTRIES)
    assert {rule.id for suite in SUBMISSION_SUITES.values() for rule in suite.rules} <= set(ENTRIES)


def test_every_rule_of_the_catalogue_is_named_by_the_code():
    said = {word for module in _modules() for word in _words(module)}
    of_expectations = {rule.id for suite in SUBMISSION_SUITES.values() for rule in suite.rules}
    assert set(RULES) <= said
    assert set(ENTRIES) == set(RULES) | of_expectations


def test_no_two_rules_have_one_id():
    assert len(ENTRIES) == len(entries())


@pytest.mark.parametrize("entry", entries(), ids=list(ENTRIES))
def test_each_entry_says_what_is_expected_why_and_gives_an_example(entry):
    assert all(asdict(entry).values())
    for sentence in (entry.title, entry.why, entry.consequence):
        assert sentence.endswith("."), sentence
        assert not any(f" {mark}" in sentence for mark in ":;%€»"), f"a plain space before a mark: {sentence}"
    assert entry.wrong != entry.right


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_finding_of_intake_is_well_written(rule):
    for sentence in (rule.expected, rule.remedy):
        assert sentence.endswith("."), sentence
        assert not any(f" {mark}" in sentence for mark in ":;%€»"), f"a plain space before a mark: {sentence}"
        assert "'" not in sentence.replace("='[", ""), f"a straight apostrophe: {sentence}"


def test_the_page_has_an_anchor_for_each_rule_and_asks_for_nothing_outside():
    page = as_html()
    assert all(f'<article id="{rule}">' in page for rule in ENTRIES)
    assert "http" not in page.replace("http-equiv", "").replace("https://www.exemple.gouv.fr", "").replace(
        "https://,", ""
    )
    assert "&lt;html&gt;" in page


def test_the_command_prints_and_writes_the_catalogue(tmp_path):
    run = CliRunner().invoke
    printed = run(app, ["rules", "--json"])
    assert printed.output == as_json()
    assert json.loads(printed.output)["rules_version"] == RULES_VERSION
    assert run(app, ["rules", "--out", str(tmp_path / "regles.html")]).exit_code == 0
    assert (tmp_path / "regles.html").read_text(encoding="utf-8") == as_html()
    assert "cell_auto_date" in run(app, ["rules"]).output
