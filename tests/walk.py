"""The views that answer an engineer's questions, looked at in a real browser: `make walk` takes their pictures.

What belongs here: where each view is and the text by which it is there (docs/engineers/walk.md says what one reads in
it). What does not: making anything happen: it only looks, at a `jalons ui` that somebody has started.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Error, Page, sync_playwright

from tests.conftest import ROOT

CHROMIUM = Path("/usr/bin/chromium")
FOLDER = ROOT / ".jalons" / "walk"
# However busy the machine is.
PATIENCE_MS = 120_000
WIDTH, HEIGHT = 1500, 1300


class View(NamedTuple):
    """A page of the UI; `shows` is there once it is drawn, `then` are the texts that are clicked, in order."""

    name: str
    path: str
    shows: str
    then: tuple[str, ...] = ()


# In the order of docs/engineers/walk.md.
VIEWS = (
    View("1-who-has-not-filed", "/assets/filing_status", "not_filed"),
    View("1-who-has-not-filed-over-time", "/assets/filing_status", "not_filed", ("Plots",)),
    View("2-checks-of-projects", "/assets/submissions/projects?view=checks", "project_cost_in_band"),
    View("2-checks-of-figures", "/assets/headline_figures?view=checks", "figures_add_up"),
    View("3-runs", "/runs", "Launched by"),
    View("3-what-came-in", "/assets/drops", "rows_accepted"),
    View("4-what-is-held", "/assets/verdicts", "held_back"),
    View("5-total-cost-now", "/assets/releases", "total_cost_bn_eur"),
    View("5-figures-by-edition", "/assets/edition_release", "page", ("Plots",)),
    View("6-cells", "/assets/submissions/projects?view=partitions", "MINARM"),
    View("7-failed-runs", "/runs?q[0]=status:FAILURE", "Launched by"),
    View("flow", "/asset-groups", "alerting"),
    View("automation", "/automation", "inbox_sensor"),
    View("timeline", "/overview/activity/timeline", "publication"),
)


def look(page: Page, address: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Each view with `seen`, or with what it did not show; the picture is taken whatever it shows."""
    for view in VIEWS:
        said = "seen"
        try:
            page.goto(f"{address}{view.path}")
            page.get_by_text(view.shows, exact=True).first.wait_for()
            for text in view.then:
                page.get_by_text(text, exact=True).first.click()
            _settle(page)
        except Error as error:
            said = f"not seen: {str(error).splitlines()[0]}"
        page.screenshot(path=folder / f"{view.name}.png")
        yield view.name, said


def failing_checks(page: Page, address: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Of each asset above that has checks, the first one that fails, as whoever clicks it sees it."""
    for asset in ("submissions/projects", "submissions/procedures", "headline_figures", "portfolio"):
        name = f"2-failing-check-of-{asset.replace('/', '-')}"
        try:
            page.goto(f"{address}/assets/{asset}?view=checks")
            page.get_by_text("Succeeded").first.wait_for()
            failed = page.get_by_text("Failed", exact=True)
            if not failed.count():
                yield name, "none fails"
                continue
            failed.first.click()
            page.get_by_text("failing", exact=True).first.wait_for()
            _settle(page)
            page.screenshot(path=folder / f"{name}.png")
            yield name, "seen"
        except Error as error:
            yield name, f"not seen: {str(error).splitlines()[0]}"


def _settle(page: Page) -> None:
    """Wait for what the page asks for besides; a UI that goes on asking is looked at as it is."""
    with suppress(Error):
        page.wait_for_load_state("networkidle", timeout=PATIENCE_MS / 12)


def main(address: str) -> int:
    """Take all pictures of the UI at `address`, say what was seen, and fail where a view is not what it was."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--headless", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        with browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}) as page:
            page.set_default_timeout(PATIENCE_MS)
            try:
                page.goto(address)
            except Error:
                sys.stderr.write(
                    f"Nothing answers at {address}: start `jalons ui`, or name it: make walk UI=http://…\n"
                )
                return 1
            is_all_seen = True
            for walk in (look, failing_checks):
                for name, said in walk(page, address, FOLDER):
                    sys.stdout.write(f"{name}: {said}\n")
                    sys.stdout.flush()
                    is_all_seen &= not said.startswith("not")
    sys.stdout.write(f"  Pictures: {FOLDER}\n")
    return 0 if is_all_seen else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1].rstrip("/")))
