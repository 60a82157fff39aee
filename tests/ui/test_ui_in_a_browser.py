"""The UI of a home in a real browser: it works whole, and no page from elsewhere can drive it."""

import http.server
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import InstigatorStatus

from orchestration.passes.instance import prepare_instance
from orchestration.passes.watched import only_watcher
from orchestration.settings import Settings
from tests.ui.started import free_port, is_answering, processes, started, until

CHROMIUM = Path("/usr/bin/chromium")
# Names that only this browser knows: `evil.test` is a page of anybody, at any port of this machine.
ARGUMENTS = ["--no-sandbox", "--headless", "--disable-background-networking", "--disable-component-update"]
ARGUMENTS += ["--disable-sync", "--no-first-run", "--host-resolver-rules=MAP evil.test 127.0.0.1"]
KEY = dg.AssetKey("portfolio")
WIPE = 'mutation { wipeAssets(assetPartitionRanges: [{assetKey: {path: ["portfolio"]}}]) { __typename } }'

if not CHROMIUM.exists():
    pytest.skip(f"no browser to look at the UI with: {CHROMIUM} is missing", allow_module_level=True)
pytest.importorskip("playwright", reason="playwright is missing")
from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

# However busy the machine is.
expect.set_options(timeout=120_000)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose instance is ready."""
    home = tmp_path_factory.mktemp("ui") / "home"
    prepare_instance(home / "dagster")
    # A watcher of the UI's own waits while there is one: what it does once it is its turn is in `test_service`.
    with only_watcher(Settings(home=home)):
        yield home


@pytest.fixture(scope="module")
def port(home: Path) -> Iterator[int]:
    """The port of the UI over that home."""
    port = free_port()
    with started(home, "--port", str(port)) as process:
        assert until(lambda: is_answering(port) or process.poll() is not None)
        yield port
        assert process.poll() is None
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        # With pages open and a browser connected; the code server says its last word after the others.
        assert process.wait() == 0
        # Five seconds where the machine has nothing else to do.
        assert time.monotonic() - begun < 15
        assert until(lambda: not processes(home))


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    """The port of a page from elsewhere."""

    class Empty(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title>")

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_page() as page:
        page.set_default_timeout(120_000)
        yield page


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """The instance of that home, where the portfolio was materialized once."""
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        if instance.get_latest_materialization_event(KEY) is None:
            instance.report_runless_asset_event(dg.AssetMaterialization(KEY))
        yield instance


def _materializations(instance: dg.DagsterInstance) -> int:
    return len(instance.fetch_materializations(KEY, limit=10).records)


def _stopped(instance: dg.DagsterInstance) -> list[str]:
    states = instance.all_instigator_state()
    return [state.instigator_name for state in states if state.status is InstigatorStatus.STOPPED]


def test_the_ui_works_whole_and_asks_nobody_else(port, page, instance):
    own, said, asked, sockets = f"http://127.0.0.1:{port}", [], [], []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda opened: opened.on("framereceived", lambda frame: sockets.append((opened.url, frame))))

    page.goto(f"{own}/assets/portfolio")
    expect(page.get_by_text("portfolio").first).to_be_visible()
    expect(page.get_by_role("button", name="Materialize").first).to_be_enabled()
    page.goto(f"{own}/asset-groups")
    # The graph is laid out by a worker.
    expect(page.locator("svg").get_by_text("publication")).to_be_visible()
    page.goto(f"{own}/locations/jalons/sensors/inbox_sensor")
    switch = page.locator("tr", has_text="Running").locator("label")
    # Before it was told that the sensor runs, it is off, and a click asks for a start.
    expect(switch.locator("input")).to_be_checked()
    switch.click()
    assert until(lambda: "inbox_sensor" in _stopped(instance))
    page.goto(f"{own}/graphql")
    expect(page.locator(".graphiql-container")).to_be_visible()

    assert said == []
    assert [url for url in asked if not url.startswith((f"{own}/", "data:", "blob:"))] == []
    assert sockets and {url for url, _ in sockets} == {f"ws://127.0.0.1:{port}/graphql"}


_FORM = """(ui, wipe) => new Promise(done => {
        const frame = document.createElement('iframe'), form = document.createElement('form')
        frame.name = form.target = 'answer'
        form.method = 'POST'
        form.enctype = 'application/x-www-form-urlencoded'
        form.action = `${ui}/graphql?query=${encodeURIComponent(wipe)}`
        document.body.append(frame, form)
        frame.onload = done
        // Where the policy of the page itself forbids forms, nothing loads.
        setTimeout(done, 3000)
        form.submit() })"""
# What a page sends without asking anybody, each as a function of the address of the UI and of the mutation.
WAYS = {
    "an image": """(ui, wipe) => new Promise(done => {
        const image = new Image()
        image.onload = image.onerror = done
        image.src = `${ui}/graphql?query=${encodeURIComponent(wipe)}` })""",
    "a form": _FORM,
    "a form of plain text": _FORM.replace("application/x-www-form-urlencoded", "text/plain"),
    "a form with files": _FORM.replace("application/x-www-form-urlencoded", "multipart/form-data"),
    "text that says JSON": """(ui, wipe) => fetch(`${ui}/graphql`, {
        method: 'POST', mode: 'no-cors', headers: {'Content-Type': 'text/plain; application/json'},
        body: JSON.stringify({query: wipe})}).catch(() => 0)""",
    "a report without a body": """ui => fetch(`${ui}/report_asset_materialization/portfolio`,
        {method: 'POST', mode: 'no-cors'}).catch(() => 0)""",
    "JSON": """(ui, wipe) => fetch(`${ui}/graphql`, {method: 'POST',
        headers: {'Content-Type': 'application/json'}, body: JSON.stringify({query: wipe})}).catch(() => 0)""",
    "a WebSocket": """ui => new Promise(done => {
        const socket = new WebSocket(`${ui.replace('http', 'ws')}/graphql`, 'graphql-ws')
        socket.onopen = () => done('opened')
        socket.onerror = () => done() })""",
}


def _harm(page: Page, instance: dg.DagsterInstance, ui: str) -> list[str]:
    """The ways by which the page that is open reaches the UI."""
    harm = []
    for way, script in WAYS.items():
        before = _materializations(instance)
        reached = page.evaluate(f"([ui, wipe]) => ({script})(ui, wipe)", [ui, WIPE]) == "opened"
        if reached or _materializations(instance) != before:
            harm.append(way)
        if not _materializations(instance):
            instance.report_runless_asset_event(dg.AssetMaterialization(KEY))
    return harm


@pytest.mark.parametrize("name", ["evil.test", "127.0.0.1"])
def test_a_page_of_another_site_or_of_another_port_of_this_machine_cannot_drive_it(
    port, elsewhere, page, instance, name
):
    page.goto(f"http://{name}:{elsewhere}/")
    assert page.title() == "elsewhere"
    assert _harm(page, instance, f"http://127.0.0.1:{port}") == []


def test_a_name_that_is_turned_to_this_machine_reaches_nothing(port, page, instance):
    page.goto(f"http://evil.test:{port}/")
    assert _harm(page, instance, f"http://evil.test:{port}") == []
    assert "The UI is not reached under this name" in page.inner_text("body")


def test_no_page_frames_it_and_a_link_to_it_is_followed(port, elsewhere, page):
    page.goto(f"http://evil.test:{elsewhere}/")
    ui = f"http://127.0.0.1:{port}/runs"
    framed = """ui => new Promise(done => {
        document.body.innerHTML = `<iframe src=${ui}></iframe><a href=${ui}>the runs</a>`
        document.querySelector('iframe').onload = done })"""
    page.evaluate(framed, ui)
    assert all("Dagster" not in frame.content() for frame in page.frames)
    page.get_by_text("the runs").click()
    expect(page.get_by_text("Catalog")).to_be_visible()
