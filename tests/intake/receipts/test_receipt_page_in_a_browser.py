"""The receipt as a browser shows it: accessible, nothing fetched, whole on a telephone and on paper."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.intake import take_in
from tests.intake.drops import GOOD, OTHER, drop, projects_csv

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
# An A4 sheet between its margins, in CSS pixels.
PAPER = 703

if not CHROMIUM.exists():
    pytest.skip(f"no browser to look at the receipt with: {CHROMIUM} is missing", allow_module_level=True)
axe_runner = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
from playwright.sync_api import Browser, sync_playwright  # noqa: E402


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def pages(settings) -> dict[str, Path]:
    """The receipts of a refused file, and of one with errors, doubts, long words and every kind of difference."""
    long = "Interopérabilité" * 12
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD, OTHER))
    take_in.take_in(settings, NOW)
    faulty = GOOD.replace("42,5", "douze").replace("4,5", "1.234").replace("Déploiement", "Terminé")
    drop(settings.home, "2021-S2/MI/b.csv", projects_csv(faulty, OTHER.replace("BOUSSOLE", long)))
    drop(settings.home, f"2021-S2/MI/{'c' * 200}.pdf", b"%PDF-1.4")
    outcomes = take_in.take_in(settings, NOW + timedelta(days=1)).outcomes
    return {outcome.receipt.status: Path(outcome.receipt_folder) / "accuse.html" for outcome in outcomes}


@pytest.mark.parametrize("status", ["accepted_with_warnings", "rejected"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_no_fault_and_nothing_is_fetched_or_runs_off_the_side(browser, pages, status, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(pages[status].as_uri())

    violations = axe_runner.Axe().run(page).response["violations"]

    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == []
    assert (asked, said) == ([pages[status].as_uri()], [])
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


def test_on_a_telephone_each_value_stands_under_its_name(browser, pages):
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(pages["accepted_with_warnings"].as_uri())
    cell = page.locator("td", has_text="douze").first
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Valeur saisie\u00a0: "'
    assert cell.bounding_box()["width"] > 250
    # Where it is and whose it is share the line above.
    place, subject = (page.locator(".cells tr", has_text="douze").locator("td").nth(one) for one in (0, 1))
    assert place.evaluate("cell => getComputedStyle(cell, '::before').content") == "none"
    assert place.bounding_box()["y"] == subject.bounding_box()["y"]
    page.close()


def test_on_paper_nothing_is_cut(browser, pages):
    page = browser.new_page(viewport={"width": PAPER, "height": 1030})
    page.emulate_media(media="print")
    for path in pages.values():
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == PAPER
    page.close()


def test_the_link_leads_to_the_annotated_copy(browser, pages):
    page = browser.new_page()
    page.goto(pages["accepted_with_warnings"].as_uri())
    with page.expect_download() as download:
        page.get_by_role("link", name="la copie annotée de votre fichier").click()
    assert download.value.suggested_filename == "annote.xlsx"
    page.close()


_COUNT_LINES = """cells => cells.map(cell => {
    const words = document.createRange();
    words.selectNodeContents(cell);
    return new Set([...words.getClientRects()].map(one => Math.round(one.top))).size;
})"""


@pytest.mark.parametrize(("width", "media"), [(1280, "screen"), (768, "screen"), (PAPER, "print")])
def test_no_date_and_no_row_number_is_cut_within_its_digits(browser, settings, width, media):
    header = "Indicateur;ID Indicateur;Unité;Valeur initiale;Date initiale;Cible;Date cible;Valeur actuelle;Mesuré le"
    line = "Musées gratuits;m1;musées;12;30/06/2019;250000;31/12/2027;18;30/09/2021"
    drop(settings.home, "2021-S2/MC/a.csv", f"{header}\n{line}\n".encode())
    drop(settings.home, "2021-S2/MC/b.csv", "\n".join(["Logiciel;Éditeur;Postes", *["Suite;A;12"] * 12]).encode())
    page = browser.new_page(viewport={"width": width, "height": 1030})
    page.emulate_media(media=media)
    for outcome in take_in.take_in(settings, NOW).outcomes:
        page.goto((Path(outcome.receipt_folder) / "accuse.html").as_uri())
        lines = page.locator(".read tbody td, .rows th").evaluate_all(_COUNT_LINES)
        assert set(lines) == {1}
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()
