"""The page as a browser shows it: accessible, nothing fetched, no sideways scrolling on a telephone or on paper."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from made_marts import State

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

if not CHROMIUM.exists():
    pytest.skip(f"no browser to look at the page with: {CHROMIUM} is missing", allow_module_level=True)
axe_runner = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
from playwright.sync_api import Browser, sync_playwright  # noqa: E402


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def address(state: State) -> str:
    """A provisional page with every section, shown through `current`."""
    state.row("headline_figures", edition="2021-S2").update(provisional=True, missing_perimeters="MC, MTE")
    state.release()
    return (state.settings.releases / "2021-S2" / "current" / "index.html").as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_no_fault_and_nothing_else_is_fetched(
    browser: Browser, address: str, scheme: Literal["light", "dark"], width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)

    violations = axe_runner.Axe().run(page).response["violations"]

    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == []
    assert (asked, said) == ([address], [])
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


def test_on_paper_no_table_is_cut(browser: Browser, address: str) -> None:
    # The width of an A4 sheet between its margins, in CSS pixels.
    page = browser.new_page(viewport={"width": 703, "height": 1030})
    page.emulate_media(media="print")
    page.goto(address)

    assert page.evaluate("document.documentElement.scrollWidth") == 703
    assert not page.locator("nav").is_visible()
    page.close()


def test_the_keyboard_reaches_the_content_first(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    page.close()
