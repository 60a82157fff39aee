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
    """A provisional page with every section and a long table, shown through `current`."""
    row = state.row("top250", procedure_id="D2")
    state.marts["top250"] = [row | {"rank": n, "procedure_id": f"P{n}", "name": f"Démarche {n}"} for n in range(1, 101)]
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
    page.locator("summary").click()

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
    # What a reader must open on a screen is there on paper, without the line that opens it.
    assert page.get_by_text("Démarche 100").is_visible()
    assert not page.locator("summary").is_visible()
    page.close()


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_telephone_every_table_that_scrolls_says_so_and_none_other(
    browser: Browser, address: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(address)
    page.locator("summary").click()

    said = page.locator(".wide").evaluate_all(
        """tables => tables.map(one => [
            one.scrollWidth > one.clientWidth,
            one.previousElementSibling?.className === "hint" && one.previousElementSibling.checkVisibility(),
        ])"""
    )
    assert [scrolls for scrolls, _ in said].count(True) >= 4
    assert [scrolls for scrolls, _ in said] == [hinted for _, hinted in said]
    page.close()


def test_on_a_wide_screen_no_table_is_said_to_scroll(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address)
    assert [hint.is_visible() for hint in page.locator(".hint").all()].count(True) == 0
    page.close()


def test_a_telephone_does_not_scroll_past_a_hundred_rows(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(address)
    assert not page.get_by_text("Démarche 100").is_visible()
    page.locator("summary").click()
    assert page.get_by_text("Démarche 100").is_visible()
    page.close()


def test_the_keyboard_reaches_the_content_first(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    page.close()
