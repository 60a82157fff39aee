"""The context and the Data Docs of Great Expectations: the same rules, the same verdicts, and nothing from outside."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from expectations.data_docs import Documented
from expectations.runner import MART_SUITES, SUBMISSION_SUITES, validate_marts
from orchestration.operations.gx_docs import document_home
from orchestration.settings import Settings

CHROMIUM = Path("/usr/bin/chromium")
SUITES = {f"submissions_{kind}": suite for kind, suite in SUBMISSION_SUITES.items()} | {
    suite.name: suite for suite in MART_SUITES
}


@pytest.fixture(scope="module")
def documented(passed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Documented:
    return document_home(Settings(home=passed_home), tmp_path_factory.mktemp("documented"))


@pytest.fixture(scope="module")
def context(documented: Documented) -> Path:
    """The folder of the context."""
    return next(folder for folder in documented.index.parents if (folder / "great_expectations.yml").exists())


def _read(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return read


def test_each_suite_has_the_rules_of_the_pipeline_with_their_sentence_id_and_severity(context: Path) -> None:
    files = {file.stem: _read(file) for file in (context / "expectations").glob("*.json")}
    assert files.keys() == SUITES.keys()
    for name, suite in SUITES.items():
        said = {one["meta"]["id"]: one for one in files[name]["expectations"]}
        assert said.keys() == {rule.id for rule in suite.rules}
        for rule in suite.rules:
            one = said[rule.id]
            assert one["description"] == rule.sentence_fr
            assert one["notes"] == f"{rule.id} ({rule.severity}). {rule.remedy_fr}"
            assert one["meta"]["severity"] == rule.severity
            assert one["severity"] == {"error": "critical", "warning": "warning"}[rule.severity]


def test_each_suite_has_a_checkpoint_that_runs_it(context: Path) -> None:
    files = {file.stem: _read(file) for file in (context / "checkpoints").rglob("*.json")}
    assert {name: [one["name"] for one in file["validation_definitions"]] for name, file in files.items()} == {
        name: [name] for name in SUITES
    }


def test_what_the_checkpoints_found_is_what_the_pipeline_found(documented: Documented, passed_home: Path) -> None:
    holds: dict[str, bool] = {}
    for verdict in validate_marts(Settings(home=passed_home).marts):
        holds[verdict.suite] = holds.get(verdict.suite, True) and verdict.success
    # A suite without a row has nothing to say.
    assert documented.success.items() <= {**holds, "submissions_projects": True}.items()
    assert documented.success.keys() >= {"submissions_projects", "portfolio", "headline_figures"}


def test_no_page_names_an_address_from_which_anything_would_load(documented: Documented) -> None:
    pages = list(documented.index.parent.rglob("*.html"))
    assert len(pages) > len(SUITES)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.findall(r"""(?:src|href|action)=["']\s*(?:https?:)?//[^"']*""", text) == [], page
        assert re.findall(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""", text) == [], page


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser to look at the pages with: {CHROMIUM} is missing")
def test_the_pages_work_without_a_network_and_lead_from_the_list_to_a_result(documented: Documented) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
    arguments = ["--no-sandbox", "--headless", "--disable-background-networking", "--disable-component-update"]
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_page()
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(documented.index.as_uri())
        page.get_by_role("cell", name="headline_figures", exact=True).first.wait_for()
        page.get_by_role("link", name="portfolio", exact=True).first.click()
        page.get_by_text("Aucun projet n’a de coût actuel négatif.").first.wait_for()
        browser.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
