"""The pictures of docs/images: `make alert-pictures` takes them of what the made-up State's teams would get.

What belongs here: which card is shown, and how it is taken. What does not: what cards say (`orchestration.alerting`).
No file of a real State is read: the home is made here, of `jalons sample`, once.
"""

import base64
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator, Page, sync_playwright

from orchestration.alerting.channels.channel import Place
from orchestration.alerting.channels.mail import Mail, MailServer
from orchestration.alerting.message import Message
from orchestration.alerting.preview import PreviewItem, preview_page
from orchestration.alerting.rehearsal import rehearse
from orchestration.sample.demo import PROJECT
from orchestration.sample.state import EDITIONS
from orchestration.settings import Settings
from tests.alerting.fake_mail import FakeMail
from tests.conftest import ROOT
from tests.walk import CHROMIUM

HOME = ROOT / ".jalons" / "alert-pictures"
FOLDER = ROOT / "docs" / "images"
SITE = "https://jalons.example"
EDITION = EDITIONS[-1]
# Some days after the last wave, so that nothing of the edition is late news.
NOW = datetime(2022, 2, 21, 8, tzinfo=UTC)
MAX_BYTES = 150_000
WIDTH, HEIGHT, MARGIN = 840, 1040, 14


def main() -> int:
    """Take all of them; 1 where a picture is larger than a page of docs should carry."""
    if not CHROMIUM.exists():
        sys.stderr.write(f"{CHROMIUM} is missing: apt install chromium fonts-noto-color-emoji\n")
        return 1
    # What is set for a real home leads to its stores and its channels.
    for name in [name for name in os.environ if name.startswith(("JALONS_", "SLACK_", "DAGSTER_"))]:
        del os.environ[name]
    _file_the_sample()
    items = rehearse(Settings(home=HOME, site_url=SITE), NOW, since=EDITION)
    FOLDER.mkdir(parents=True, exist_ok=True)
    is_small = True
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, picture in _taken(browser, items):
            file = FOLDER / f"{name}.png"
            file.write_bytes(picture)
            is_small &= len(picture) <= MAX_BYTES
            sys.stdout.write(f"{file}: {len(picture) / 1000:.0f} kB\n")
        browser.close()
    return 0 if is_small else 1


def _file_the_sample() -> None:
    """Make the home of the pictures, in some minutes, unless it is there."""
    if (HOME / "releases" / EDITION / "current").exists():
        return
    drops = HOME / "sample" / "drops.csv"
    jalons = [str(Path(sys.executable).with_name("jalons"))]
    sys.stdout.write("  The made-up State files its editions, in some minutes…\n")
    sys.stdout.flush()
    subprocess.run([*jalons, "sample", str(drops.parent)], check=True, stdout=subprocess.DEVNULL)
    replay = [*jalons, "replay", str(drops), "--home", str(HOME)]
    subprocess.run(replay, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _taken(browser: Browser, items: Sequence[PreviewItem]) -> Iterator[tuple[str, bytes]]:
    """By name, the pictures; twice as fine as they are shown."""
    # The terminal comes first on the page, and is no sight.
    with _opened(browser, preview_page([item for item in items if item.kind != "console"])) as page:
        yield "apercu", _small(page.screenshot())
        name = _card(items).title.split(" · ")[1]
        for kind in ("slack", "tchap"):
            article = page.locator(f"section.{kind} article", has_text=name).filter(has=page.locator("img")).first
            yield f"fiche-{kind}", _small(_of(page, article))
    with _opened(browser, _mail(_card(items))) as page:
        yield "courriel", _small(_of(page, page.locator("main")))


def _opened(browser: Browser, html: str) -> Page:
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2, color_scheme="light")
    page.set_content(html)
    return page


def _card(items: Sequence[PreviewItem]) -> Message:
    """The card of the project that the demo follows too."""
    cards = [card for item in items if item.kind == "mail" for card in item.thread if card.trend]
    return next(card for card in cards if any(link.address.endswith(f"#{PROJECT}") for link in card.links))


def _mail(message: Message) -> str:
    """The mail as a server is handed it, under its own headers, as a client shows both."""
    with FakeMail() as fake:
        server = MailServer("127.0.0.1", fake.port, "none")
        mail = Mail(
            server=server,
            sender="jalons@exemple.invalid",
            recipients=["pilotage-si@men.exemple.invalid"],
            name="mail",
            clock=lambda: NOW,
        )
        assert mail.send(message, Place()).state == "sent"
        (taken,) = fake.mails
    html = taken.get_body(("html",))
    assert html
    shown = html.get_content()
    for part in taken.walk():
        if part.get_content_type() == "image/png":
            data = base64.b64encode(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]
            shown = shown.replace(f"cid:{part['Content-ID'].strip('<>')}", f"data:image/png;base64,{data}")
    titles = {"From": "De", "To": "À", "Subject": "Objet"}
    headers = "".join(f"<div><b>{title}</b> {escape(str(taken[of]))}</div>" for of, title in titles.items())
    style = "main{width:760px;margin:14px}header{font:14px/1.7 system-ui,sans-serif;padding:4px 8px 14px}"
    style += "b{display:inline-block;width:58px;color:#5b5d66;font-weight:400}"
    return f"<style>{style}</style><main><header>{headers}</header>{shown}</main>"


def _of(page: Page, card: Locator) -> bytes:
    """The card with some room around it."""
    box = card.bounding_box()
    assert box
    clip: FloatRect = {
        "x": box["x"] - MARGIN,
        "y": box["y"] - MARGIN,
        "width": box["width"] + 2 * MARGIN,
        "height": box["height"] + 2 * MARGIN,
    }
    return page.screenshot(clip=clip, full_page=True)


def _small(picture: bytes) -> bytes:
    """The same in 256 colours, chosen so that an orange is not told as a red."""
    file = io.BytesIO()
    few = Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2)
    few.save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main())
