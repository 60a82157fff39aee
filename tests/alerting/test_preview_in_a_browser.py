"""The preview as a browser shows it: accessible, nothing fetched, nothing off the side of a telephone."""

from pathlib import Path

import pytest
from preview_items import ITEMS

from orchestration.alerting.preview import preview_page

CHROMIUM = Path("/usr/bin/chromium")

if not CHROMIUM.exists():
    pytest.skip(f"no browser to look at the page with: {CHROMIUM} is missing", allow_module_level=True)
axe_runner = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
from playwright.sync_api import sync_playwright  # noqa: E402


def test_axe_finds_no_fault_and_nothing_is_fetched_or_runs_off_the_side(tmp_path):
    file = tmp_path / "apercu.html"
    file.write_text(preview_page(ITEMS), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width, scheme in ((1200, "light"), (360, "dark")):
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            asked, said = [], []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("console", lambda message, said=said: said.append(message.text))
            page.goto(file.as_uri())
            violations = axe_runner.Axe().run(page).response["violations"]
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == []
            assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()] and said == []
            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert page.evaluate("[...document.images].every(image => image.naturalWidth === 1200)")
        browser.close()
