"""The help page as a browser shows it: accessible, nothing fetched, whole on a telephone and on paper."""

from pathlib import Path

import pytest

from orchestration.contracts import CONTRACTS
from orchestration.contracts.help_page import help_page

CHROMIUM = Path("/usr/bin/chromium")
WIDTHS = {"screen": 1280, "telephone": 360, "paper": 703}

if not CHROMIUM.exists():
    pytest.skip(f"no browser to look at the page with: {CHROMIUM} is missing", allow_module_level=True)
axe_runner = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
from playwright.sync_api import sync_playwright  # noqa: E402


def test_axe_finds_no_fault_and_nothing_is_fetched_or_runs_off_the_side(tmp_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--headless"])
        for contract in CONTRACTS.values():
            address = tmp_path / f"{contract.kind}.html"
            address.write_text(help_page(contract), encoding="utf-8")
            for medium, width in WIDTHS.items():
                page = browser.new_page(viewport={"width": width, "height": 800})
                page.emulate_media(media="print" if medium == "paper" else "screen")
                asked = []
                page.on("request", lambda request, asked=asked: asked.append(request.url))
                page.goto(address.as_uri())
                violations = axe_runner.Axe().run(page).response["violations"]
                assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == []
                assert asked == [address.as_uri()]
                assert page.evaluate("document.documentElement.scrollWidth") == width
                assert page.locator("h3").count() == len(contract.current)
                page.close()
        browser.close()
